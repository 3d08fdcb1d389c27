//! What goes to the kernel and comes back from it, for all connections of a thread.

use std::io;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use io_uring::squeue::Entry;
use io_uring::types::{CancelBuilder, Fixed};
use io_uring::{IoUring, cqueue, opcode};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::buffers::{self, BufferId, Buffers};
use super::prefetch::prefetch;
use super::request::For;
use super::socket::{Piece, Sending, Socket};
use crate::program::usize_of;

/// How many requests to the kernel are gathered at most.
const QUEUE: u32 = 512;
/// How many completions lie ready at most, before the kernel keeps further ones elsewhere.
const COMPLETIONS: u32 = 8 << 10;
/// So many requests are handed over at once, though more are to come: the target has something to do meanwhile.
const HANDED_OVER: usize = 64;
/// So many completions are taken up at once, as with tokio's sockets.
const MOST_READY: usize = 64;
/// So many connections are known to the kernel by where they are here, which is quicker to look up than a file's number. The rest go by that.
const REGISTERED: u32 = 8 << 10;
/// So many completions are fetched at once.
const BATCH: usize = 32;
/// Longer requests are sent in parts.
const LONGEST_PART: usize = 64 << 10;
/// Memory to send from is kept for the next request where it is not larger.
const LARGEST_KEPT: usize = 4 << 10;
/// And so many of these are kept at most.
const MOST_KEPT: usize = 1 << 10;

/// All connections of a thread, and the kernel's two queues.
pub struct Traffic {
    uring: IoUring,
    /// Whether connections can be registered.
    registers: bool,
    buffers: Buffers,
    sockets: Vec<Option<Socket>>,
    free: Vec<u32>,
    /// Those who receive nothing any more, since there was no buffer.
    starved: Vec<u32>,
    /// Memory to send from.
    spare: Vec<Vec<u8>>,
    /// How large the task is that holds a connection.
    task_size: usize,
    /// Completions that are being looked at.
    batch: Vec<cqueue::Entry>,
    /// Requests that the kernel works on, but for cancellations.
    in_flight: usize,
}

impl Traffic {
    /// Nothing yet, and a file that becomes readable when something is complete. Who holds a connection is a task of `task_size` bytes.
    ///
    /// # Errors
    /// There is no io_uring, or none that is new enough.
    pub fn new(task_size: usize) -> io::Result<(Self, OwnedFd)> {
        let mut builder = IoUring::builder();
        // Completions are made when this thread asks for them, and not in the midst of something else.
        builder.setup_single_issuer().setup_defer_taskrun().setup_taskrun_flag().setup_submit_all();
        let uring = builder.setup_cqsize(COMPLETIONS).build(QUEUE)?;
        // The ring's own file wakes nobody for completions that are still to be made.
        let file = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        uring.submitter().register_eventfd(file.as_raw_fd())?;
        // Where there may not be so many, each goes by its number.
        let registers = uring.submitter().register_files_sparse(REGISTERED).is_ok();
        let buffers = Buffers::new(&uring.submitter())?;
        let traffic = Self {
            uring,
            registers,
            buffers,
            task_size,
            sockets: Vec::new(),
            free: Vec::new(),
            starved: Vec::new(),
            spare: Vec::new(),
            batch: Vec::with_capacity(BATCH),
            in_flight: 0,
        };
        Ok((traffic, file))
    }

    /// A connection comes; gives where it is.
    pub fn add(&mut self, tcp: TcpStream) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            self.sockets.push(None);
            u32::try_from(self.sockets.len() - 1).expect("connections are fewer than files")
        });
        let is_registered = self.registers && at < REGISTERED && self.register(at, tcp.as_raw_fd()).is_ok();
        self.sockets[usize_of(at)] = Some(Socket::new(tcp, is_registered.then_some(at)));
        at
    }

    /// Has the kernel know a file by where its connection is; no file: by -1.
    fn register(&self, at: u32, file: RawFd) -> io::Result<usize> {
        self.uring.submitter().register_files_update(at, &[file])
    }

    /// A connection that is held, or that the kernel works for.
    pub fn socket(&mut self, at: u32) -> &mut Socket {
        self.socket_and_buffers(at).0
    }

    /// The same with what it received.
    pub fn socket_and_buffers(&mut self, at: u32) -> (&mut Socket, &mut Buffers) {
        let socket = self.sockets[usize_of(at)].as_mut();
        (socket.expect("it is forgotten when nobody holds it and the kernel is done with it"), &mut self.buffers)
    }

    /// From now on the kernel receives for a connection.
    pub fn receive(&mut self, at: u32) {
        let socket = self.socket(at);
        socket.is_receiving = true;
        let (file, flags) = socket.file();
        let entry = opcode::RecvMulti::new(file, buffers::GROUP).build().flags(flags);
        self.in_flight += 1;
        self.push(entry, For::Receiving(at));
    }

    /// Sends as many of these bytes as go at once, for a connection that is sending nothing; gives how many.
    pub fn send(&mut self, at: u32, bytes: &[u8]) -> usize {
        let part = &bytes[..bytes.len().min(LONGEST_PART)];
        let mut sending = Sending { bytes: self.spare.pop().unwrap_or_default(), sent: 0 };
        sending.bytes.clear();
        sending.bytes.extend_from_slice(part);
        self.send_rest(at, sending);
        part.len()
    }

    fn send_rest(&mut self, at: u32, sending: Sending) {
        // A socket that takes a part of it is tried again by the kernel.
        let flags = SendFlags::NOSIGNAL.bits() | RecvFlags::WAITALL.bits();
        let rest = &sending.bytes[sending.sent..];
        let length = u32::try_from(rest.len()).expect("parts are short");
        let socket = self.socket(at);
        let (file, kind) = socket.file();
        let entry = opcode::Send::new(file, rest.as_ptr(), length).flags(flags.cast_signed()).build().flags(kind);
        socket.sending = Some(sending);
        self.in_flight += 1;
        self.push(entry, For::Sending(at));
    }

    /// Nobody holds a connection any more: it is closed when the kernel is done with it, which is soon.
    pub fn close(&mut self, at: u32) {
        let (socket, buffers) = self.socket_and_buffers(at);
        socket.discard(buffers);
        socket.is_closing = true;
        if socket.is_busy() {
            self.cancel(at);
        }
        self.forget_if_over(at);
    }

    fn cancel(&mut self, at: u32) {
        let socket = self.socket(at);
        let requests = match socket.registered {
            Some(number) => CancelBuilder::fd(Fixed(number)),
            None => CancelBuilder::fd(socket.file().0),
        };
        self.push(opcode::AsyncCancel2::new(requests.all()).build(), For::Cancelling);
    }

    fn forget_if_over(&mut self, at: u32) {
        let socket = self.socket(at);
        if !socket.is_busy() {
            if socket.registered.is_some() {
                // The kernel keeps it open otherwise, until another comes in its place.
                let _ = self.register(at, -1);
            }
            self.sockets[usize_of(at)] = None;
            self.free.push(at);
        }
    }

    fn push(&mut self, entry: Entry, what_for: For) {
        let entry = entry.user_data(what_for.encode());
        loop {
            let mut queue = self.uring.submission();
            // SAFETY: the file and the bytes that it names are kept in `sockets`, and stay where they are, until it is complete.
            let has_room = unsafe { queue.push(&entry) }.is_ok();
            let length = queue.len();
            drop(queue);
            if !has_room || length >= HANDED_OVER {
                self.enter();
            }
            if has_room {
                return;
            }
        }
    }

    /// Hands over what is gathered, and lets the kernel complete what it can.
    fn enter(&mut self) {
        let queue = self.uring.submission();
        let has_reason = !queue.is_empty() || queue.taskrun() || queue.cq_overflow();
        drop(queue);
        if !has_reason {
            return;
        }
        match self.uring.submit() {
            Ok(_) => {}
            // The next turn does it.
            Err(error) if is_passing(&error) => {}
            Err(error) => panic!("io_uring failed, what it was to send is lost: {error}"),
        }
    }

    /// Hands over what is gathered and takes up what is complete, until somebody is woken or there is no more of either.
    pub fn turn(&mut self) {
        for at in std::mem::take(&mut self.starved) {
            let is_wanted = |socket: &Socket| !socket.is_receiving && !socket.is_closing;
            if self.sockets[usize_of(at)].as_ref().is_some_and(is_wanted) {
                self.receive(at);
            }
        }
        loop {
            self.enter();
            let has_woken = self.reap();
            let is_quiet = self.uring.submission().is_empty() && self.uring.completion().is_empty();
            if has_woken || is_quiet {
                return;
            }
        }
    }

    /// Takes up completions; gives whether somebody was woken.
    fn reap(&mut self) -> bool {
        let mut woken = 0;
        let mut batch = std::mem::take(&mut self.batch);
        while woken < MOST_READY {
            batch.extend(self.uring.completion().take(BATCH));
            if batch.is_empty() {
                break;
            }
            // With a thousand connections none of them is in a cache: all are on their way before the first is looked at.
            batch.iter().for_each(|done| self.fetch(For::decode(done.user_data())));
            for done in batch.drain(..) {
                let wakes = match For::decode(done.user_data()) {
                    For::Receiving(at) => self.received(at, &done),
                    For::Sending(at) => self.sent(at, done.result()),
                    For::Cancelling => false,
                };
                woken += usize::from(wakes);
            }
        }
        self.batch = batch;
        woken > 0
    }

    fn fetch(&self, done: For) {
        if let Some(socket) = done.place().and_then(|at| self.sockets.get(usize_of(at))) {
            prefetch(std::ptr::from_ref(socket).cast(), size_of::<Option<Socket>>());
        }
    }

    fn received(&mut self, at: u32, done: &cqueue::Entry) -> bool {
        let (result, goes_on) = (done.result(), cqueue::more(done.flags()));
        let buffer = cqueue::buffer_select(done.flags()).map(BufferId);
        self.in_flight -= usize::from(!goes_on);
        let (socket, buffers) = self.socket_and_buffers(at);
        socket.is_receiving = goes_on;
        let is_wanted = !socket.is_idle && !socket.is_closing;
        match (usize::try_from(result), buffer) {
            (Ok(length @ 1..), Some(buffer)) if is_wanted => {
                socket.came.push_back(Piece { buffer, from: 0, to: length });
            }
            (Ok(length), buffer) => {
                if let Some(buffer) = buffer {
                    buffers.give(buffer);
                }
                let is_first = socket.end.replace(Ok(())).is_none();
                // Bytes that nobody asked for: no more of them.
                if length > 0 && goes_on && is_first && !socket.is_closing {
                    self.cancel(at);
                }
            }
            (Err(_), _) => match Errno::from_raw_os_error(-result) {
                // Buffers come back when answers are read.
                // What is cancelled though it goes on was meant for the connection whose file had the number before.
                Errno::NOBUFS | Errno::INTR | Errno::AGAIN | Errno::CANCELED
                    if !socket.is_closing && socket.end.is_none() =>
                {
                    self.starved.push(at);
                    return false;
                }
                errno => _ = socket.end.get_or_insert(Err(errno)),
            },
        }
        self.wake(at, |socket| std::mem::take(&mut socket.reads))
    }

    fn sent(&mut self, at: u32, result: i32) -> bool {
        self.in_flight -= 1;
        let socket = self.socket(at);
        let mut sending = socket.sending.take().expect("it is kept until it is sent");
        match usize::try_from(result) {
            Ok(length) => {
                sending.sent += length;
                if length > 0 && sending.sent < sending.bytes.len() && !socket.is_closing {
                    self.send_rest(at, sending);
                    return false;
                }
            }
            Err(_) => {
                socket.send_failed = Some(Errno::from_raw_os_error(-result));
                // Who waits for an answer hears of it.
                socket.writes |= socket.reads;
            }
        }
        if sending.bytes.capacity() <= LARGEST_KEPT && self.spare.len() < MOST_KEPT {
            self.spare.push(sending.bytes);
        }
        self.wake(at, |socket| std::mem::take(&mut socket.writes))
    }

    /// Wakes whoever holds the connection, where `waits` says that it waits for this; or forgets it, where nobody does.
    fn wake(&mut self, at: u32, waits: impl FnOnce(&mut Socket) -> bool) -> bool {
        let task_size = self.task_size;
        let socket = self.socket(at);
        if socket.is_closing {
            self.forget_if_over(at);
            return false;
        }
        let wakes = waits(socket);
        if wakes {
            socket.wake(task_size);
        }
        wakes
    }
}

impl Drop for Traffic {
    /// The kernel must be done with our memory before it is given back.
    fn drop(&mut self) {
        if self.in_flight > 0 {
            self.push(opcode::AsyncCancel2::new(CancelBuilder::any()).build(), For::Cancelling);
        }
        self.sockets.iter_mut().flatten().for_each(|socket| socket.is_closing = true);
        while self.in_flight > 0 {
            match self.uring.submit_and_wait(1) {
                Err(error) if !is_passing(&error) => std::process::abort(),
                _ => _ = self.reap(),
            }
        }
        // Otherwise the kernel closes them some time after the ring is gone.
        let _ = self.uring.submitter().unregister_files();
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INTR | Errno::AGAIN | Errno::BUSY))
}
