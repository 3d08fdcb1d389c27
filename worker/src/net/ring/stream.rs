//! A connection on the ring, as its user has it.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

use super::Ring;

/// A connection on the ring of its thread. Dropping it closes it.
#[derive(Debug)]
pub struct RingStream {
    ring: Rc<Ring>,
    at: u32,
}

impl RingStream {
    pub(super) fn new(ring: Rc<Ring>, at: u32) -> Self {
        Self { ring, at }
    }

    /// Reads what came, or registers to be woken.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut traffic = self.ring.0.borrow_mut();
        let (socket, buffers) = traffic.socket_and_buffers(self.at);
        let room = buffer.remaining();
        while let Some(piece) = socket.came.front_mut().filter(|_| buffer.remaining() > 0) {
            let to = piece.to.min(piece.from + buffer.remaining());
            buffer.put_slice(buffers.bytes(piece.buffer, piece.from, to));
            piece.from = to;
            if piece.from == piece.to {
                buffers.give(piece.buffer);
                socket.came.pop_front();
            }
        }
        if buffer.remaining() < room {
            return Poll::Ready(Ok(()));
        }
        if let Some(end) = socket.end {
            return Poll::Ready(end.map_err(io::Error::from));
        }
        socket.reads = true;
        socket.remember(cx);
        if !socket.is_receiving {
            traffic.receive(self.at);
        }
        Poll::Pending
    }

    /// Takes bytes to be sent, or registers to be woken when more can be taken.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut traffic = self.ring.0.borrow_mut();
        let socket = traffic.socket(self.at);
        socket.is_idle = false;
        if let Some(errno) = socket.send_failed {
            return Poll::Ready(Err(errno.into()));
        }
        if socket.sending.is_some() {
            socket.writes = true;
            socket.remember(cx);
            return Poll::Pending;
        }
        Poll::Ready(Ok(traffic.send(self.at, bytes)))
    }

    /// Whether all that was taken is with the kernel. While it is not, who waits for something to read is woken only where sending fails.
    pub fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        let mut traffic = self.ring.0.borrow_mut();
        let socket = traffic.socket(self.at);
        match socket.send_failed {
            Some(errno) => Poll::Ready(Err(errno.into())),
            None if socket.sending.is_some() => Poll::Pending,
            None => Poll::Ready(Ok(())),
        }
    }

    /// Nothing is asked for until the next write: what comes meanwhile makes the connection unusable.
    pub fn rest(&mut self) {
        let mut traffic = self.ring.0.borrow_mut();
        let (socket, buffers) = traffic.socket_and_buffers(self.at);
        socket.is_idle = true;
        if socket.discard(buffers) {
            socket.end.get_or_insert(Ok(()));
        }
    }

    /// Whether it can take another request: nothing came that nobody asked for, nor did it end.
    pub fn is_usable(&self) -> bool {
        self.ring.0.borrow_mut().socket(self.at).is_usable()
    }
}

#[cfg(test)]
impl RingStream {
    /// Says that nothing more is sent.
    pub fn end_sending(&mut self) {
        self.ring.0.borrow_mut().socket(self.at).end_sending();
    }
}

impl Drop for RingStream {
    fn drop(&mut self) {
        let waker = self.ring.0.borrow_mut().socket(self.at).take_waker();
        self.ring.0.borrow_mut().close(self.at);
        drop(waker);
    }
}
