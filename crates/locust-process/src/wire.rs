//! The frames that the plugin writes, little-endian, each after a letter that says what it is:
//!
//! | letter | what follows |
//! | --- | --- |
//! | `N` | a name of requests: its number `u32`, lengths of type and name `u16`, both texts |
//! | `E` | a failure: its number `u32` from 1 on, lengths of the exception's class and its text `u16`, both texts |
//! | `R` | a request: name `u32`, test time at which it was reported `u64` (us), response time `f64` (ms), bytes `u64`, status `u16` or 0, failure `u32` or 0 |
//! | `A` | the request that comes next was redirected: status `u16` |
//! | `Y` | an exception that left a task: its number `u32`, lengths of what it says and its traceback `u16`, both texts |
//! | `X` | it came: test time `u64` (us), number `u32` |
//! | `T` | how things stand: test time `u64` (us), users `u32`, users started so far `u64`, CPU time so far `u64` (us), how late the timer was `i64` (us), below 0: no timer |
//! | `J` | anything else: length `u32`, a JSON object |

use serde::Deserialize;

/// What comes before the first frame: whatever wrote to the pipe before the plugin had it is passed over.
const MARK: &[u8] = b"\0swarmgate-locust-1\n";

/// No message of the plugin is longer.
const LONGEST_MESSAGE: usize = 8 * 1024 * 1024;

/// A frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Name { kind: String, name: String },
    Failure { class: String, text: String },
    Request(Request),
    Hop { status: u16 },
    Exception { message: String, traceback: String },
    Raised { at: u64, exception: u32 },
    Tick(Tick),
    Message(Message),
}

/// A request as Locust reports it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// The number of its name, by the order in which names came.
    pub name: u32,
    /// Test time at which it was reported, in microseconds.
    pub at: u64,
    /// No number where Locust was told none.
    pub milliseconds: f64,
    pub bytes: u64,
    /// 0: there was no answer, or it has none.
    pub status: u16,
    /// The number of its failure, by the order in which failures came, from 1 on; 0: none.
    pub failure: u32,
}

/// How things stand at a moment. All requests that were reported before it came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    pub at: u64,
    pub users: u32,
    pub started: u64,
    pub cpu: u64,
    /// `None`: it is no timer that fired.
    pub late: Option<u64>,
}

/// What is said now and then.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    Hello(Hello),
    Described {
        shape: Option<Preview>,
    },
    /// It waits for the start. Whether a shape says how many users there are.
    Ready {
        shape: bool,
    },
    /// All users are gone.
    Over {},
    /// The process ends. The exit code that the locustfile asked for.
    Exit {
        code: Option<i64>,
    },
}

/// What the locustfile holds, and by what it was read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Hello {
    pub locust: String,
    pub python: String,
    pub classes: Vec<UserClass>,
}

/// A class of users.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct UserClass {
    /// Its name.
    pub name: String,
    /// Where its requests go, where it says so.
    pub host: Option<String>,
    /// Its share among the others.
    pub weight: f64,
    /// How many there are whatever the others; 0: as many as the weight says.
    pub fixed_count: u64,
}

/// What a shape says second by second.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Preview {
    /// Users that there should be, users per second until then, and for how many seconds this holds.
    pub ticks: Vec<(f64, f64, u64)>,
    /// Why it can't be asked beforehand.
    pub trouble: Option<String>,
}

/// What came is no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what Locust's side of the pipe says can't be understood: {0}")]
pub struct Garbled(String);

/// Takes bytes as they come, and gives frames.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    read: usize,
    is_marked: bool,
}

impl Decoder {
    /// Takes what came.
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
        if !self.is_marked {
            let found = self.bytes.windows(MARK.len()).position(|window| window == MARK);
            self.is_marked = found.is_some();
            self.read = found.map_or(self.bytes.len().saturating_sub(MARK.len()), |at| at + MARK.len());
        }
    }

    /// The next whole frame; `None`: more bytes must come first.
    ///
    /// # Errors
    /// [`Garbled`]: nothing behind this can be understood.
    pub fn next(&mut self) -> Result<Option<Frame>, Garbled> {
        if !self.is_marked {
            return Ok(None);
        }
        let mut cursor = Cursor(&self.bytes[self.read..]);
        let before = cursor.0.len();
        let frame = match cursor.frame() {
            Ok(frame) => frame,
            Err(Short::Unfinished) => return Ok(None),
            Err(Short::Garbled(garbled)) => return Err(garbled),
        };
        self.read += before - cursor.0.len();
        Ok(Some(frame))
    }
}

/// Why no frame could be read.
enum Short {
    Unfinished,
    Garbled(Garbled),
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn frame(&mut self) -> Result<Frame, Short> {
        let frame = match self.array::<1>()? {
            [b'N'] => {
                let (kind, name) = self.texts()?;
                Frame::Name { kind, name }
            }
            [b'E'] => {
                let (class, text) = self.texts()?;
                Frame::Failure { class, text }
            }
            [b'R'] => Frame::Request(Request {
                name: self.u32()?,
                at: self.u64()?,
                milliseconds: f64::from_le_bytes(self.array()?),
                bytes: self.u64()?,
                status: self.u16()?,
                failure: self.u32()?,
            }),
            [b'Y'] => {
                let (message, traceback) = self.texts()?;
                Frame::Exception { message, traceback }
            }
            [b'X'] => Frame::Raised { at: self.u64()?, exception: self.u32()? },
            [b'A'] => Frame::Hop { status: self.u16()? },
            [b'T'] => Frame::Tick(Tick {
                at: self.u64()?,
                users: self.u32()?,
                started: self.u64()?,
                cpu: self.u64()?,
                late: u64::try_from(i64::from_le_bytes(self.array()?)).ok(),
            }),
            [b'J'] => self.message()?,
            [other] => return Err(garbled(format!("a frame can't begin with {other}"))),
        };
        Ok(frame)
    }

    fn message(&mut self) -> Result<Frame, Short> {
        let length = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        if length > LONGEST_MESSAGE {
            return Err(garbled(format!("a message of {length} bytes")));
        }
        let body = self.bytes(length)?;
        let message = serde_json::from_slice(body);
        Ok(Frame::Message(message.map_err(|error| garbled(format!("{error} in {}", String::from_utf8_lossy(body))))?))
    }

    /// The number, which follows from the order, and two texts.
    fn texts(&mut self) -> Result<(String, String), Short> {
        self.u32()?;
        let (first, second) = (usize::from(self.u16()?), usize::from(self.u16()?));
        let mut text = |length| Ok(String::from_utf8_lossy(self.bytes(length)?).into_owned());
        Ok((text(first)?, text(second)?))
    }

    fn u16(&mut self) -> Result<u16, Short> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Short> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(u64::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Short::Unfinished)?;
        self.0 = rest;
        Ok(*array)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Short> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Short::Unfinished)?;
        self.0 = rest;
        Ok(bytes)
    }
}

fn garbled(why: String) -> Short {
    Short::Garbled(Garbled(why))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the plugin wrote, by Python's `struct`.
    const WRITTEN: &[u8] = b"printed\x00swarmgate-locust-1\nN\x00\x00\x00\x00\x03\x00\x01\x00GET/\
        E\x01\x00\x00\x00\x09\x00\x03\x00HTTPErrorbad\
        A\x2e\x01\
        R\x00\x00\x00\x00\x40\x42\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x3f\x07\x00\x00\x00\x00\x00\x00\x00\xf7\x01\x01\x00\x00\x00\
        T\x80\x84\x1e\x00\x00\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
        J\x1c\x00\x00\x00{\"ready\": {\"shape\": false} }";

    fn frames(chunks: &[&[u8]]) -> Result<Vec<Frame>, Garbled> {
        let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
        for chunk in chunks {
            decoder.take(chunk);
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    #[test]
    fn frames_are_what_the_plugin_wrote() {
        let request = Request { name: 0, at: 1_000_000, milliseconds: 1.5, bytes: 7, status: 503, failure: 1 };
        let expected = [
            Frame::Name { kind: "GET".into(), name: "/".into() },
            Frame::Failure { class: "HTTPError".into(), text: "bad".into() },
            Frame::Hop { status: 302 },
            Frame::Request(request),
            Frame::Tick(Tick { at: 2_000_000, users: 2, started: 3, cpu: 4, late: None }),
            Frame::Message(Message::Ready { shape: false }),
        ];
        assert_eq!(frames(&[WRITTEN]).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn where_bytes_are_cut_makes_no_difference(at in 0..=WRITTEN.len(), again in 0..=WRITTEN.len()) {
            let (a, b) = (at.min(again), at.max(again));
            prop_assert_eq!(frames(&[&WRITTEN[..a], &WRITTEN[a..b], &WRITTEN[b..]]), frames(&[WRITTEN]));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = frames(&[&bytes]);
        }
    }
}
