//! One request over one connection, and its answer.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use swarmgate_domain::{ErrorKind, Micros};
use tokio::io::ReadBuf;

use super::recorder::Tally;
use super::runner::{Interrupt, Runner};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::http::{self, BadResponse, Inbox, Inboxes, Progress, Response};
use crate::net::Stream;
use crate::program::LONGEST_BODY;

/// How an exchange ended without an answer.
#[derive(Debug)]
pub enum Broken {
    /// The connection failed.
    Io(io::Error),
    /// The connection ended before a byte of the answer came.
    Closed,
    /// What came is no answer.
    Bad(BadResponse),
    /// It was given up.
    Interrupted(Interrupt),
}

/// The body of an answer, where a check or a capture reads it.
#[derive(Debug, Default)]
pub struct Body {
    bytes: Vec<u8>,
    wanted: bool,
    /// Why it is not there, if it is not.
    unreadable: Option<&'static str>,
}

impl Body {
    /// Forgets the last one; keeps the next one if it is `wanted`.
    pub fn reset(&mut self, wanted: bool) {
        self.bytes.clear();
        // A large body that came once must not take its room for ever.
        self.bytes.shrink_to(1 << 20);
        (self.wanted, self.unreadable) = (wanted, None);
    }

    /// The body.
    ///
    /// # Errors
    /// It was too long to be kept, or can't be decoded; to follow "found".
    pub fn kept(&self) -> Result<&[u8], &'static str> {
        match self.unreadable {
            None => Ok(&self.bytes),
            Some(why) => Err(why),
        }
    }

    /// Takes the body away; empty when it was too long to be kept.
    pub fn take_kept(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Undoes the codings that the answer's head names, where the body is wanted.
    pub fn decode(&mut self, head: &[u8]) {
        if !self.wanted || self.unreadable.is_some() {
            return;
        }
        let of_body = http::headers(head).filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let codings: Vec<_> = of_body.map(|(_, value)| value).collect();
        match http::decode(&self.bytes, &codings, LONGEST_BODY) {
            Ok(plain) => self.bytes = plain,
            Err(why) => self.unreadable = Some(why),
        }
    }

    /// Keeps a run of it, where it is wanted.
    pub fn take(&mut self, run: &[u8]) {
        if !self.wanted || self.unreadable.is_some() {
            return;
        }
        if self.bytes.len() + run.len() > LONGEST_BODY {
            self.unreadable = Some("longer than 10 MiB");
            self.bytes = Vec::new();
            return;
        }
        self.bytes.extend_from_slice(run);
    }
}

/// Sends a request and reads its answer.
pub struct Exchange<'a> {
    /// Told when to give up.
    pub runner: &'a Runner,
    /// Tells when bytes came.
    pub clock: Clock,
    /// The connection.
    pub stream: &'a mut Stream,
    /// The whole request.
    pub request: &'a [u8],
    /// The answer so far: fresh.
    pub response: &'a mut Response,
    /// What was read: empty. Holds the answer's head in the end.
    pub inbox: &'a mut Inbox,
    /// Where the inbox gets its memory.
    pub inboxes: &'a Inboxes,
    /// Where the body goes.
    pub body: &'a mut Body,
    /// What is counted.
    pub tally: &'a mut Tally,
    /// Bytes of the request that were written.
    pub written: usize,
    /// Whether bytes of the answer were read.
    pub received: bool,
    /// Whether all that was written is with the kernel.
    pub flushed: bool,
    /// Whether writing failed. The answer may be there all the same.
    pub write_failed: Option<io::Error>,
}

impl Exchange<'_> {
    /// Runs to the end of the answer; gives the time when its last byte was there.
    pub async fn run(&mut self) -> Result<Micros, Broken> {
        let result = poll_fn(|cx| self.poll(cx)).await;
        self.tally.sent_bytes += self.written as u64;
        self.tally.body_bytes += self.response.body_bytes();
        if let Some(head) = self.response.head() {
            self.tally.statuses.push(head.status);
        }
        result
    }

    /// Whether the connection can take another request.
    pub fn leaves_reusable(&self) -> bool {
        self.written == self.request.len() && self.response.leaves_reusable()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Micros, Broken>> {
        if let Some(interrupt) = self.runner.interrupt() {
            return Poll::Ready(Err(Broken::Interrupted(interrupt)));
        }
        // Not to wait for the write: a server may answer early and stop reading what is left of a body.
        if self.write_failed.is_none()
            && let Poll::Ready(Err(error)) = self.poll_write(cx)
        {
            self.write_failed = Some(error);
        }
        loop {
            self.inboxes.lend(self.inbox);
            let mut room = ReadBuf::new(self.inbox.room());
            match self.stream.poll_read(cx, &mut room) {
                Poll::Pending => {
                    if self.inbox.is_empty() {
                        self.inboxes.take_back(self.inbox);
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(self.broken(error))),
                Poll::Ready(Ok(())) => {}
            }
            let count = room.filled().len();
            let now = self.clock.now();
            if count == 0 {
                return Poll::Ready(self.ended(now));
            }
            self.received = true;
            self.inbox.fill(count);
            self.tally.received_bytes += count as u64;
            self.tally.first_byte.get_or_insert(now);
            match self.response.advance(self.inbox, |run| self.body.take(run)) {
                Ok(Progress::Done) => return Poll::Ready(Ok(now)),
                Ok(Progress::More) => {}
                Err(bad) => return Poll::Ready(Err(Broken::Bad(bad))),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.request.len() {
            match self.stream.poll_write(cx, &self.request[self.written..]) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => self.written += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
        if !self.flushed {
            match self.stream.poll_flush(cx) {
                Poll::Ready(Ok(())) => self.flushed = true,
                other => return other,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn ended(&mut self, now: Micros) -> Result<Micros, Broken> {
        if !self.received {
            return Err(self.write_failed.take().map_or(Broken::Closed, Broken::Io));
        }
        self.response.end().map(|()| now).map_err(Broken::Bad)
    }

    fn broken(&mut self, error: io::Error) -> Broken {
        Broken::Io(self.write_failed.take().filter(|_| !self.received).unwrap_or(error))
    }
}

impl Broken {
    /// As it is counted.
    pub fn as_failure(&self, timeout: Micros) -> Failure {
        match self {
            Self::Io(error) => Failure::of_exchange(error),
            Self::Closed => Failure::new(ErrorKind::Reset, "connection closed before an answer"),
            // The end of the connection is the network's or the server's doing, not a wrong answer.
            Self::Bad(BadResponse::CutShort) => {
                Failure::new(ErrorKind::Reset, "connection closed in the middle of an answer")
            }
            Self::Bad(bad) => Failure::new(ErrorKind::BadResponse, bad.words()),
            Self::Interrupted(_) => Failure::new(ErrorKind::Timeout, format!("no answer within {timeout}")),
        }
    }

    /// Whether the server may have closed the connection before it saw the request, as it may with one that was idle.
    pub fn may_be_stale(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Io(error) => matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::NotConnected
            ),
            Self::Bad(_) | Self::Interrupted(_) => false,
        }
    }
}
