//! HTTP/2 connections: each user its own, up to a bound; beyond it users share them, and beyond what servers allow they wait in line.
//!
//! A connection belongs to whoever holds it, and is closed when nobody does. So that it answers the server while its users think,
//! a task of its own reads and writes; the bytes are counted in its [`Meter`].

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::Request;
use tokio::task::{AbortHandle, JoinSet};

use super::meter::{Greeting, Meter, Metered};
use super::origin::OriginId;

/// How much of one answer, and of all answers of a connection together, may be under way at a time: so much that a server never
/// waits for us to have read, and so little that a thousand connections do not fill the memory.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// As for HTTP/1.1.
const LONGEST_HEAD: u32 = 64 << 10;

/// The HTTP/2 connections of a thread.
#[derive(Debug)]
pub struct SharedPool {
    bound: usize,
    opening: Cell<usize>,
    open: RefCell<Vec<Open>>,
    /// Where in `open` the search for a connection with room goes on.
    turn: Cell<usize>,
    line: RefCell<VecDeque<Rc<Place>>>,
    tasks: RefCell<JoinSet<()>>,
}

#[derive(Debug)]
struct Open {
    life: Rc<Life>,
    connection: Weak<Shared>,
}

/// What a connection's task and those who hold it both know.
#[derive(Debug)]
struct Life {
    is_over: Cell<bool>,
    /// Its index in the pool's list.
    at: Cell<usize>,
}

/// An open connection. When nobody holds it any more, it is closed.
#[derive(Debug)]
pub struct Shared {
    /// Where it leads.
    pub origin: OriginId,
    /// Its bytes.
    pub meter: Rc<Meter>,
    send: SendRequest<Bytes>,
    /// Requests that are under way.
    streams: Cell<usize>,
    /// Whether no more requests are to go over it.
    is_retired: Cell<bool>,
    /// How many requests went over it.
    requests: Cell<u64>,
    life: Rc<Life>,
    pool: Rc<SharedPool>,
    task: AbortHandle,
}

/// The right to send a request over a connection. Dropping it lets another do so.
#[derive(Debug)]
pub struct Lane(Rc<Shared>);

/// The right to open a connection. Dropping it passes the right on.
#[derive(Debug)]
pub struct OpenPermit(Rc<SharedPool>);

/// What a user gets who needs a connection.
#[derive(Debug)]
pub enum Offer {
    /// Room on an open one.
    Lane(Lane),
    /// The right to open one.
    Permit(OpenPermit),
}

/// Whether one will do that others use too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Yes, where no other can be had.
    Allowed,
    /// No: each request is to have its own.
    Never,
}

/// A place in the line. Dropping it leaves the line.
#[derive(Debug)]
pub struct InLine(Rc<Place>);

#[derive(Debug)]
struct Place {
    origin: OriginId,
    sharing: Sharing,
    left: Cell<bool>,
    offer: RefCell<Option<Offer>>,
    waker: RefCell<Option<Waker>>,
}

impl SharedPool {
    /// A pool of at most `bound` open connections (1 or more).
    pub fn new(bound: usize) -> Rc<Self> {
        Rc::new(Self {
            bound: bound.max(1),
            opening: Cell::new(0),
            open: RefCell::default(),
            turn: Cell::new(0),
            line: RefCell::default(),
            tasks: RefCell::default(),
        })
    }

    /// How many connections are open, or about to be.
    pub fn open(&self) -> usize {
        self.open.borrow().len() + self.opening.get()
    }

    /// Room on a connection to `origin`, or the right to open one; `Err` with a place in the line where nothing can be had at once.
    pub fn request(self: &Rc<Self>, origin: OriginId, sharing: Sharing) -> Result<Offer, InLine> {
        let nobody_waits = self.line.borrow().iter().all(|place| place.left.get());
        if nobody_waits && let Some(offer) = self.offer(origin, sharing) {
            return Ok(offer);
        }
        let place = Rc::new(Place {
            origin,
            sharing,
            left: Cell::new(false),
            offer: RefCell::new(None),
            waker: RefCell::new(None),
        });
        self.line.borrow_mut().push_back(Rc::clone(&place));
        Err(InLine(place))
    }

    /// Speaks HTTP/2 over a stream that was just opened by `permit`; its opener has the first lane.
    ///
    /// # Errors
    /// The stream failed.
    pub async fn begin(
        self: &Rc<Self>,
        permit: OpenPermit,
        origin: OriginId,
        stream: Metered,
    ) -> Result<Lane, h2::Error> {
        let meter = Rc::clone(&stream.meter);
        let mut builder = h2::client::Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(LONGEST_HEAD);
        let (send, connection) = builder.handshake::<_, Bytes>(stream).await?;
        let life = Rc::new(Life { is_over: Cell::new(false), at: Cell::new(0) });
        let work = work(connection, Rc::clone(&meter), Rc::downgrade(self), Rc::clone(&life));
        let task = self.tasks.borrow_mut().spawn_local(work);
        let connection = Rc::new(Shared {
            origin,
            meter,
            send,
            streams: Cell::new(0),
            is_retired: Cell::new(false),
            requests: Cell::new(0),
            life: Rc::clone(&life),
            pool: Rc::clone(self),
            task,
        });
        let mut open = self.open.borrow_mut();
        life.at.set(open.len());
        open.push(Open { life, connection: Rc::downgrade(&connection) });
        drop(open);
        // It counts as open already: the right to open it is used up, not passed on.
        drop(permit);
        Ok(Lane::on(&connection))
    }

    /// Panics if a connection's task panicked: what it counted is lost, and a wrong number is worse than a dead worker.
    pub fn assert_sound(&self) {
        let mut tasks = self.tasks.borrow_mut();
        while let Some(ended) = tasks.try_join_next() {
            if let Err(error) = ended
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }

    fn offer(self: &Rc<Self>, origin: OriginId, sharing: Sharing) -> Option<Offer> {
        if self.open() < self.bound {
            self.opening.set(self.opening.get() + 1);
            return Some(Offer::Permit(OpenPermit(Rc::clone(self))));
        }
        if sharing == Sharing::Allowed
            && let Some(shared) = self.find(|shared| shared.origin == origin && shared.has_room())
        {
            return Some(Offer::Lane(Lane::on(&shared)));
        }
        // One that leads elsewhere, or can't be used, must not be in the way for ever.
        let idle = self.find(|shared| shared.streams.get() == 0 && (shared.origin != origin || !shared.has_room()))?;
        self.opening.set(self.opening.get() + 1);
        let permit = OpenPermit(Rc::clone(self));
        idle.close();
        Some(Offer::Permit(permit))
    }

    /// The next connection, by turns, of which `fits` holds.
    fn find(&self, fits: impl Fn(&Shared) -> bool) -> Option<Rc<Shared>> {
        let open = self.open.borrow();
        for step in 0..open.len() {
            let at = (self.turn.get() + step) % open.len();
            if let Some(shared) = open[at].connection.upgrade()
                && fits(&shared)
            {
                self.turn.set((at + 1) % open.len());
                return Some(shared);
            }
        }
        None
    }

    /// A connection is over: it is forgotten, and somebody may open another.
    fn is_over(self: &Rc<Self>, life: &Life) {
        if life.is_over.replace(true) {
            return;
        }
        let mut open = self.open.borrow_mut();
        open.swap_remove(life.at.get());
        if let Some(moved) = open.get(life.at.get()) {
            moved.life.at.set(life.at.get());
        }
        drop(open);
        self.serve_line();
    }

    /// Gives those who wait in line what there is, first come, first served.
    fn serve_line(self: &Rc<Self>) {
        loop {
            let first = self.line.borrow_mut().pop_front();
            let Some(place) = first else { return };
            if place.left.get() {
                continue;
            }
            // Out of the line meanwhile: what is closed to make room serves the line too.
            match self.offer(place.origin, place.sharing) {
                Some(offer) => place.fill(offer),
                None => return self.line.borrow_mut().push_front(place),
            }
        }
    }
}

/// What a connection's task does: it reads and writes until the connection is over.
async fn work(
    mut connection: h2::client::Connection<Metered>,
    meter: Rc<Meter>,
    pool: Weak<SharedPool>,
    life: Rc<Life>,
) {
    let mut is_greeted = false;
    // How it ends is told to each of its requests, and by the meter.
    let _ = poll_fn(|cx| {
        let result = Pin::new(&mut connection).poll(cx);
        if !is_greeted && meter.greeting() != Greeting::None {
            is_greeted = true;
            // The server said how many requests it takes.
            if let Some(pool) = pool.upgrade() {
                pool.serve_line();
            }
        }
        result
    })
    .await;
    if let Some(pool) = pool.upgrade() {
        pool.is_over(&life);
    }
}

impl Shared {
    /// Whether new requests may still go over it. Where the server said that it ends it (`GOAWAY`), they may not.
    pub fn is_usable(&self) -> bool {
        let mut send = self.send.clone();
        !self.life.is_over.get()
            && !self.is_retired.get()
            && matches!(send.poll_ready(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())))
    }

    /// A lane of a usable connection, if the server allows one more.
    pub fn lane(self: &Rc<Self>) -> Option<Lane> {
        (self.streams.get() < self.most_streams()).then(|| Lane::on(self))
    }

    /// No more requests are to go over it; those under way may come to their end.
    pub fn retire(&self) {
        self.is_retired.set(true);
    }

    fn close(&self) {
        self.task.abort();
        self.pool.is_over(&self.life);
    }

    fn has_room(&self) -> bool {
        self.is_usable() && self.streams.get() < self.most_streams()
    }

    /// One, until the server said how many.
    fn most_streams(&self) -> usize {
        if self.meter.greeting() == Greeting::None { 1 } else { self.send.current_max_send_streams() }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

impl Lane {
    fn on(shared: &Rc<Shared>) -> Self {
        shared.streams.set(shared.streams.get() + 1);
        Self(Rc::clone(shared))
    }

    /// The connection it is on.
    pub fn connection(&self) -> &Rc<Shared> {
        &self.0
    }

    /// How many requests went over the connection so far.
    pub fn requests(&self) -> u64 {
        self.0.requests.get()
    }

    /// Sends a request; the answer is to come. Its bytes are on their way when the connection's task has its turn.
    ///
    /// # Errors
    /// The connection takes no more requests.
    pub fn send(&self, head: Request<()>, body: &Bytes) -> Result<ResponseFuture, h2::Error> {
        self.0.requests.set(self.0.requests.get() + 1);
        let mut send = self.0.send.clone();
        let (response, mut stream) = send.send_request(head, body.is_empty())?;
        if !body.is_empty() {
            // All at once: h2 keeps what the server's windows do not let through yet.
            stream.send_data(body.clone(), true)?;
        }
        Ok(response)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let shared = &self.0;
        shared.streams.set(shared.streams.get() - 1);
        if !shared.pool.line.borrow().is_empty() {
            // This is where the search finds room at once.
            shared.pool.turn.set(shared.life.at.get());
            shared.pool.serve_line();
        }
    }
}

impl Drop for OpenPermit {
    fn drop(&mut self) {
        self.0.opening.set(self.0.opening.get() - 1);
        self.0.serve_line();
    }
}

impl Place {
    fn fill(&self, offer: Offer) {
        *self.offer.borrow_mut() = Some(offer);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl InLine {
    /// The offer, when it is this user's turn.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Offer> {
        if let Some(offer) = self.0.offer.borrow_mut().take() {
            return Poll::Ready(offer);
        }
        *self.0.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for InLine {
    fn drop(&mut self) {
        self.0.left.set(true);
        // An offer that came too late goes on to the next in line.
        let unused = self.0.offer.borrow_mut().take();
        drop(unused);
    }
}
