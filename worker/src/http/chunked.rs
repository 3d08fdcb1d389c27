//! The chunked coding (RFC 9112, 7.1), byte by byte between the data and in runs within it.

use super::response::BadResponse;

/// How long a line between two chunks may be, and all trailers together.
const LONGEST_LINES: usize = 16 << 10;

/// Reads a chunked body.
#[derive(Clone, Debug)]
pub struct Chunked {
    state: State,
    /// Bytes of the present chunk that are to come.
    left: u64,
    /// Bytes of the present line, or of all trailers.
    line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first digit of a size.
    SizeStart,
    Size,
    Extension,
    /// After the size line's CR.
    SizeEnd,
    Data,
    /// After the data: CR, then LF.
    DataEnd,
    DataEndLf,
    /// At the start of a trailer, or of the blank line that ends all.
    TrailerStart,
    Trailer,
    /// After the CR of the blank line.
    LastLf,
    Done,
}

impl Default for Chunked {
    fn default() -> Self {
        Self { state: State::SizeStart, left: 0, line: 0 }
    }
}

impl Chunked {
    /// Whether the last byte of the body was seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Reads `bytes`, gives runs of data to `sink`, and says how many bytes belonged to the body.
    pub fn read(&mut self, bytes: &[u8], mut sink: impl FnMut(&[u8])) -> Result<usize, BadResponse> {
        let mut at = 0;
        while at < bytes.len() && !self.is_done() {
            if self.state == State::Data {
                let rest = &bytes[at..];
                let run = usize::try_from(self.left).map_or(rest.len(), |left| left.min(rest.len()));
                sink(&rest[..run]);
                self.left -= run as u64;
                at += run;
                if self.left == 0 {
                    self.state = State::DataEnd;
                }
                continue;
            }
            self.step(bytes[at])?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<(), BadResponse> {
        self.line += 1;
        if self.line > LONGEST_LINES {
            return Err(BadResponse::ChunkLine);
        }
        self.state = match (self.state, byte) {
            (State::SizeStart | State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = u64::from((byte as char).to_digit(16).unwrap_or(0));
                if self.left >> 60 != 0 {
                    return Err(BadResponse::ChunkSize);
                }
                self.left = self.left << 4 | digit;
                State::Size
            }
            (State::Size | State::Extension, b'\r') => State::SizeEnd,
            // A bare LF ends a line where a sender forgot the CR, as for the lines of the head (2.2).
            (State::Size | State::Extension, b'\n') | (State::SizeEnd, b'\n') => self.begin_data(),
            (State::Size, b';' | b' ' | b'\t') | (State::Extension, _) => State::Extension,
            (State::DataEnd, b'\r') => State::DataEndLf,
            (State::DataEnd | State::DataEndLf, b'\n') => {
                self.line = 0;
                State::SizeStart
            }
            (State::TrailerStart, b'\r') => State::LastLf,
            (State::TrailerStart | State::LastLf, b'\n') => State::Done,
            (State::Trailer, b'\n') => State::TrailerStart,
            (State::TrailerStart | State::Trailer, _) => State::Trailer,
            (State::SizeStart | State::Size | State::SizeEnd, _) => return Err(BadResponse::ChunkSize),
            _ => return Err(BadResponse::ChunkEnd),
        };
        Ok(())
    }

    fn begin_data(&mut self) -> State {
        self.line = 0;
        if self.left == 0 { State::TrailerStart } else { State::Data }
    }
}
