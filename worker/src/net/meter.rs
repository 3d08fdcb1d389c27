//! A stream that counts its bytes, for connections that several requests share.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use swarmgate_domain::Micros;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Stream;
use crate::clock::Clock;
use crate::failure::Failure;

/// What is known of a connection's bytes.
#[derive(Debug)]
pub struct Meter {
    clock: Clock,
    read: Cell<u64>,
    written: Cell<u64>,
    /// How many of them are counted.
    read_taken: Cell<u64>,
    written_taken: Cell<u64>,
    last_read: Cell<Micros>,
    greeting: Cell<Greeting>,
    /// How reading or writing failed first.
    failed: RefCell<Option<Failure>>,
}

/// What the first bytes that came are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// Nothing came yet.
    None,
    /// An answer in HTTP/1.
    Http1,
    /// Anything else.
    Other,
}

impl Meter {
    /// Of a connection without any bytes so far.
    pub fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Self {
            clock,
            read: Cell::new(0),
            written: Cell::new(0),
            read_taken: Cell::new(0),
            written_taken: Cell::new(0),
            last_read: Cell::new(Micros::ZERO),
            greeting: Cell::new(Greeting::None),
            failed: RefCell::new(None),
        })
    }

    /// When bytes were read last.
    pub fn last_read(&self) -> Micros {
        self.last_read.get()
    }

    /// How many bytes were written in all.
    pub fn written(&self) -> u64 {
        self.written.get()
    }

    /// How many bytes were written and read since this was asked last: each is counted once, whatever requests they were for.
    pub fn take(&self) -> (u64, u64) {
        let (written, read) = (self.written.get(), self.read.get());
        (written - self.written_taken.replace(written), read - self.read_taken.replace(read))
    }

    /// What came first.
    pub fn greeting(&self) -> Greeting {
        self.greeting.get()
    }

    /// How the connection failed, if it did.
    pub fn failure(&self) -> Option<Failure> {
        self.failed.borrow().clone()
    }

    fn note_read(&self, bytes: &[u8]) {
        self.read.set(self.read.get() + bytes.len() as u64);
        self.last_read.set(self.clock.now());
        if self.greeting.get() == Greeting::None {
            self.greeting.set(if bytes.starts_with(b"HTTP/1") { Greeting::Http1 } else { Greeting::Other });
        }
    }

    fn note_failure(&self, error: &io::Error) {
        self.failed.borrow_mut().get_or_insert_with(|| Failure::of_exchange(error));
    }
}

/// The stream.
#[derive(Debug)]
pub struct Metered {
    /// Where the bytes go.
    pub stream: Stream,
    /// Where they are counted.
    pub meter: Rc<Meter>,
}

impl AsyncRead for Metered {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, meter } = self.get_mut();
        let before = buffer.filled().len();
        let result = stream.poll_read(cx, buffer);
        match &result {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => meter.note_read(&buffer.filled()[before..]),
            Poll::Ready(Err(error)) => meter.note_failure(error),
            _ => {}
        }
        result
    }
}

impl AsyncWrite for Metered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, meter } = self.get_mut();
        let result = stream.poll_write(cx, bytes);
        match &result {
            Poll::Ready(Ok(count)) => meter.written.set(meter.written.get() + *count as u64),
            Poll::Ready(Err(error)) => meter.note_failure(error),
            Poll::Pending => {}
        }
        result
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.poll_shutdown(cx)
    }
}
