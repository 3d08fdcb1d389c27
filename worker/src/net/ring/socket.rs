//! What is known of a connection on the ring.

use std::collections::VecDeque;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::task::{Context, Waker};

use io_uring::squeue::Flags;
use io_uring::types::Fd;
use rustix::io::Errno;

use super::buffers::{BufferId, Buffers};
use super::prefetch::prefetch;

/// A connection, kept as long as somebody holds it or the kernel works for it.
pub struct Socket {
    tcp: TcpStream,
    /// Under which number it is registered with the ring.
    pub registered: Option<u32>,
    /// What came and was not read.
    pub came: VecDeque<Piece>,
    /// Nothing more comes: the other side ended it, or it failed.
    pub end: Option<Result<(), Errno>>,
    /// What the kernel is sending.
    pub sending: Option<Sending>,
    /// Nothing more can be sent.
    pub send_failed: Option<Errno>,
    /// Whether the kernel receives.
    pub is_receiving: bool,
    /// Whoever holds it waits until something comes.
    pub reads: bool,
    /// Whoever holds it waits until it may send on.
    pub writes: bool,
    /// Nobody asked for anything.
    pub is_idle: bool,
    /// Nobody holds it any more.
    pub is_closing: bool,
    waker: Option<Waker>,
}

/// Bytes in a buffer.
pub struct Piece {
    pub buffer: BufferId,
    pub from: usize,
    pub to: usize,
}

/// Bytes on their way to the kernel, and how many of them are there.
pub struct Sending {
    pub bytes: Vec<u8>,
    pub sent: usize,
}

impl Socket {
    /// A connection that was just opened.
    pub fn new(tcp: TcpStream, registered: Option<u32>) -> Self {
        Self {
            tcp,
            registered,
            came: VecDeque::new(),
            end: None,
            sending: None,
            send_failed: None,
            is_receiving: false,
            reads: false,
            writes: false,
            is_idle: false,
            is_closing: false,
            waker: None,
        }
    }

    /// Its file, open as long as this is there, and what kind of number that is.
    pub fn file(&self) -> (Fd, Flags) {
        let registered = self.registered.map(|number| (Fd(number.cast_signed()), Flags::FIXED_FILE));
        registered.unwrap_or((Fd(self.tcp.as_raw_fd()), Flags::empty()))
    }

    /// Whether the kernel works for it.
    pub fn is_busy(&self) -> bool {
        self.is_receiving || self.sending.is_some()
    }

    /// Whether it can be used for another request.
    pub fn is_usable(&self) -> bool {
        self.came.is_empty() && self.end.is_none() && self.sending.is_none() && self.send_failed.is_none()
    }

    /// Says that nothing more is sent.
    #[cfg(test)]
    pub fn end_sending(&self) {
        self.tcp.shutdown(std::net::Shutdown::Write).expect("it is open");
    }

    /// Forgets what was not read. Gives whether there was anything.
    pub fn discard(&mut self, buffers: &mut Buffers) -> bool {
        let had_some = !self.came.is_empty();
        self.came.drain(..).for_each(|piece| buffers.give(piece.buffer));
        had_some
    }

    /// Whoever polls is the one to be woken.
    pub fn remember(&mut self, cx: &Context<'_>) {
        if self.waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }

    /// Wakes whoever holds it. Its task takes `task_size` bytes: they come into the caches while others have their turn.
    pub fn wake(&self, task_size: usize) {
        if let Some(waker) = &self.waker {
            prefetch(waker.data().cast(), task_size);
            waker.wake_by_ref();
        }
    }

    /// Whom it wakes; it may be the last that keeps a task, so it is not to be dropped while anything is borrowed.
    pub fn take_waker(&mut self) -> Option<Waker> {
        self.waker.take()
    }
}
