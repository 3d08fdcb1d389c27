//! One answer, read piece by piece as it comes.

use super::chunked::Chunked;
use super::head::{self, Framing, Head};
use super::inbox::Inbox;

/// How long the head may be, interim answers included: 64 KiB.
pub const LONGEST_HEAD: usize = 64 << 10;

/// Why what came is no HTTP/1.1 answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadResponse {
    /// It does not start with `HTTP/1.`.
    #[error("not HTTP/1.1")]
    NotHttp,
    /// No status from 100 to 999.
    #[error("bad status")]
    Status,
    /// A header line is none.
    #[error("bad header")]
    Header,
    /// More than 256 headers.
    #[error("more than 256 headers")]
    TooManyHeaders,
    /// More than [`LONGEST_HEAD`].
    #[error("head longer than 64 KiB")]
    LongHead,
    /// No number, or two numbers.
    #[error("bad content-length")]
    ContentLength,
    /// No hexadecimal number, or too large a one.
    #[error("bad chunk size")]
    ChunkSize,
    /// A chunk does not end where its size says.
    #[error("bad end of chunk")]
    ChunkEnd,
    /// A line between chunks, or the trailers, longer than 16 KiB.
    #[error("endless chunk line or trailers")]
    ChunkLine,
    /// The server changes to a protocol that nobody asked for.
    #[error("unasked switch of protocols")]
    Switch,
    /// The connection ended before the body did.
    #[error("body cut short")]
    CutShort,
}

impl BadResponse {
    pub(super) fn of_head(error: httparse::Error) -> Self {
        match error {
            httparse::Error::Version => Self::NotHttp,
            httparse::Error::Status => Self::Status,
            httparse::Error::TooManyHeaders => Self::TooManyHeaders,
            _ => Self::Header,
        }
    }

    /// As a constant text, for counting.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotHttp => "not HTTP/1.1",
            Self::Status => "bad status line",
            Self::Header => "bad header",
            Self::TooManyHeaders => "more than 256 headers",
            Self::LongHead => "head longer than 64 KiB",
            Self::ContentLength => "bad content-length",
            Self::ChunkSize => "bad chunk size",
            Self::ChunkEnd => "bad end of chunk",
            Self::ChunkLine => "endless chunk line or trailers",
            Self::Switch => "unasked switch of protocols",
            Self::CutShort => "body cut short",
        }
    }
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More must be read.
    More,
    /// It is complete.
    Done,
}

/// Reads one answer. The head stays at the front of the inbox until the answer is done; the body is taken out as it comes.
#[derive(Clone, Debug)]
pub struct Response {
    of_head: bool,
    head: Option<Head>,
    /// Bytes that were looked at in search of the head's end.
    searched: usize,
    interim_bytes: usize,
    chunked: Chunked,
    body_bytes: u64,
    done: bool,
    surplus: bool,
}

impl Response {
    /// An answer to a request; `of_head` says that its method was `HEAD`.
    pub fn new(of_head: bool) -> Self {
        Self {
            of_head,
            head: None,
            searched: 0,
            interim_bytes: 0,
            chunked: Chunked::default(),
            body_bytes: 0,
            done: false,
            surplus: false,
        }
    }

    /// An answer that came whole, in frames; its head lies in an inbox, in the form that HTTP/1.1 has.
    pub fn framed(head: Head) -> Self {
        Self { head: Some(head), done: true, ..Self::new(false) }
    }

    /// Reads on, after bytes were added to `inbox`. Gives the body's bytes, decoded, to `sink`.
    pub fn advance(&mut self, inbox: &mut Inbox, sink: impl FnMut(&[u8])) -> Result<Progress, BadResponse> {
        let head = match self.head {
            Some(head) => head,
            None => match self.find_head(inbox)? {
                Some(head) => *self.head.insert(head),
                None => return Ok(Progress::More),
            },
        };
        self.read_body(head, inbox, sink)
    }

    /// The connection ended, cleanly: whether the answer is complete thereby.
    pub fn end(&mut self) -> Result<(), BadResponse> {
        match self.head {
            Some(head) if self.done || head.framing == Framing::UntilClose => {
                self.done = true;
                Ok(())
            }
            _ => Err(BadResponse::CutShort),
        }
    }

    /// The head, when it is there.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Bytes of the body so far, as sent but for the framing of chunks.
    pub fn body_bytes(&self) -> u64 {
        self.body_bytes
    }

    /// Whether another request may follow on the connection, now that the answer is done.
    pub fn leaves_reusable(&self) -> bool {
        self.done && !self.surplus && self.head.is_some_and(|head| head.keeps_alive)
    }

    /// Finds the head behind any interim answers (1xx), which are dropped.
    fn find_head(&mut self, inbox: &mut Inbox) -> Result<Option<Head>, BadResponse> {
        loop {
            let bytes = inbox.bytes();
            // The whole head mostly comes at once. Where it does not, it is parsed again only when its end is there:
            // a head that comes byte by byte must not cost its length squared.
            let worth_parsing = self.searched == 0 || has_blank_line(bytes, self.searched);
            let first_look = self.searched == 0;
            self.searched = bytes.len();
            let head = if worth_parsing { head::parse(bytes, self.of_head)? } else { None };
            match head {
                None if first_look && !could_be_http(bytes) => return Err(BadResponse::NotHttp),
                None if self.interim_bytes + bytes.len() > LONGEST_HEAD => return Err(BadResponse::LongHead),
                None => return Ok(None),
                Some(head) if self.interim_bytes + head.length > LONGEST_HEAD => return Err(BadResponse::LongHead),
                Some(head) if head.status == 101 => return Err(BadResponse::Switch),
                Some(head) if head.status < 200 => {
                    self.interim_bytes += head.length;
                    inbox.discard_front(head.length);
                    self.searched = 0;
                    if inbox.bytes().is_empty() {
                        return Ok(None);
                    }
                }
                Some(head) => return Ok(Some(head)),
            }
        }
    }

    fn read_body(
        &mut self,
        head: Head,
        inbox: &mut Inbox,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<Progress, BadResponse> {
        let bytes = &inbox.bytes()[head.length..];
        let taken = match head.framing {
            Framing::None => {
                self.done = true;
                0
            }
            Framing::Length(length) => {
                let left = length - self.body_bytes;
                let run = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                sink(&bytes[..run]);
                self.body_bytes += run as u64;
                self.done = self.body_bytes == length;
                run
            }
            Framing::Chunked => {
                let mut data = 0;
                let taken = self.chunked.read(bytes, |run| {
                    data += run.len() as u64;
                    sink(run);
                })?;
                self.body_bytes += data;
                self.done = self.chunked.is_done();
                taken
            }
            Framing::UntilClose => {
                sink(bytes);
                self.body_bytes += bytes.len() as u64;
                bytes.len()
            }
        };
        // Bytes behind the end answer no request: the connection is not to be trusted with another.
        self.surplus = taken < bytes.len();
        inbox.truncate(head.length);
        Ok(if self.done { Progress::Done } else { Progress::More })
    }
}

fn could_be_http(bytes: &[u8]) -> bool {
    let start = b"HTTP/1.";
    let known = bytes.len().min(start.len());
    bytes[..known] == start[..known]
}

/// Whether a blank line, which ends a head, ends in what was added behind the first `searched` bytes.
fn has_blank_line(bytes: &[u8], searched: usize) -> bool {
    let from = searched.saturating_sub(3);
    memchr::memchr_iter(b'\n', &bytes[from..]).any(|at| {
        let rest = &bytes[from + at + 1..];
        rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
    })
}

#[cfg(test)]
mod tests;
