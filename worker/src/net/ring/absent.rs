//! Where there is no io_uring: a ring that can't be made.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

/// Does nothing.
pub fn turn() {}

/// It can't.
pub fn has_ring() -> bool {
    false
}

/// There is none.
#[derive(Debug)]
pub enum Ring {}

/// There is none.
#[derive(Debug)]
pub enum RingStream {}

impl Ring {
    /// Fails.
    ///
    /// # Errors
    /// Always.
    pub fn start(_task_size: usize) -> io::Result<Rc<Self>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn adopt(self: &Rc<Self>, _: tokio::net::TcpStream) -> io::Result<RingStream> {
        match **self {}
    }
}

impl RingStream {
    /// Never called.
    pub fn poll_read(&mut self, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }

    /// Never called.
    pub fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match *self {}
    }

    /// Never called.
    pub fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        match *self {}
    }

    /// Never called.
    pub fn rest(&mut self) {
        match *self {}
    }

    /// Never called.
    pub fn is_usable(&self) -> bool {
        match *self {}
    }
}
