//! Who may have a connection: each user its own, up to a bound; beyond it users wait in line.
//!
//! A user that thinks leaves its connection here and finds it again. When all connections that may be are open, the one that
//! was idle for longest goes to who needs one; when none is idle, users wait, first come, first served, and the next one that
//! becomes free is handed to the first in line, past its owner.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::connection::Connection;
use super::origin::OriginId;

const NONE: u32 = u32::MAX;

/// The connections of a thread.
#[derive(Debug)]
pub struct Pool {
    bound: usize,
    open: Cell<usize>,
    idle: RefCell<Idle>,
    line: RefCell<VecDeque<Rc<Place>>>,
}

/// Where a user's idle connection lies, if nobody else took it since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionKey {
    /// Where it leads.
    pub origin: OriginId,
    slot: u32,
    generation: u32,
}

/// The right to have a connection open. Dropping it passes the right on.
#[derive(Debug)]
pub struct Permit(Rc<Pool>);

/// What a user gets who needs a connection.
#[derive(Debug)]
pub enum Grant {
    /// An open one to where it wants to go.
    Open(Connection),
    /// The right to open one.
    Permit(Permit),
}

/// A place in the line. Dropping it leaves the line.
#[derive(Debug)]
pub struct Waiting(Rc<Place>);

#[derive(Debug)]
struct Place {
    origin: OriginId,
    left: Cell<bool>,
    grant: RefCell<Option<Grant>>,
    waker: RefCell<Option<Waker>>,
}

impl Pool {
    /// A pool of at most `bound` open connections (1 or more).
    pub fn new(bound: usize) -> Rc<Self> {
        let (idle, line) = (RefCell::new(Idle::default()), RefCell::new(VecDeque::new()));
        Rc::new(Self { bound: bound.max(1), open: Cell::new(0), idle, line })
    }

    /// How many connections are open, or about to be.
    pub fn open(&self) -> usize {
        self.open.get()
    }

    /// Takes out the connection that was left under `key`, if it is still there.
    pub fn take(&self, key: ConnectionKey) -> Option<Connection> {
        self.idle.borrow_mut().take(key)
    }

    /// A connection to `origin` or the right to open one; `Err` with a place in the line where none can be had at once.
    pub fn request(self: &Rc<Self>, origin: OriginId) -> Result<Grant, Waiting> {
        let nobody_waits = !self.has_line();
        if nobody_waits && self.open.get() < self.bound {
            return Ok(Grant::Permit(self.permit()));
        }
        let longest_idle = if nobody_waits { self.idle.borrow_mut().take_oldest() } else { None };
        match longest_idle {
            Some(connection) => Ok(self.fitted(connection, origin)),
            None => {
                let place = Rc::new(Place {
                    origin,
                    left: Cell::new(false),
                    grant: RefCell::new(None),
                    waker: RefCell::new(None),
                });
                self.line.borrow_mut().push_back(Rc::clone(&place));
                Err(Waiting(place))
            }
        }
    }

    /// Leaves an idle connection here. The key finds it again, unless it goes to the first who waits in line.
    pub fn leave(self: &Rc<Self>, mut connection: Connection) -> Option<ConnectionKey> {
        connection.rest();
        match self.first_in_line() {
            Some(place) => {
                let grant = self.fitted(connection, place.origin);
                place.fill(grant);
                None
            }
            None => Some(self.idle.borrow_mut().put(connection)),
        }
    }

    /// Whether users wait for a connection.
    pub fn has_line(&self) -> bool {
        self.line.borrow().iter().any(|place| !place.left.get())
    }

    fn permit(self: &Rc<Self>) -> Permit {
        self.open.set(self.open.get() + 1);
        Permit(Rc::clone(self))
    }

    /// `connection` if it leads to `origin`; otherwise it is closed, and its place given.
    fn fitted(self: &Rc<Self>, connection: Connection, origin: OriginId) -> Grant {
        if connection.origin == origin {
            return Grant::Open(connection);
        }
        // The permit is taken first, so that closing does not hand the place to somebody else.
        let permit = self.permit();
        drop(connection);
        Grant::Permit(permit)
    }

    fn first_in_line(&self) -> Option<Rc<Place>> {
        let mut line = self.line.borrow_mut();
        while let Some(place) = line.pop_front() {
            if !place.left.get() {
                return Some(place);
            }
        }
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let pool = &self.0;
        pool.open.set(pool.open.get() - 1);
        if pool.open.get() < pool.bound
            && let Some(place) = pool.first_in_line()
        {
            place.fill(Grant::Permit(pool.permit()));
        }
    }
}

impl Place {
    fn fill(&self, grant: Grant) {
        *self.grant.borrow_mut() = Some(grant);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl Waiting {
    /// The connection, when it is this user's turn.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Grant> {
        if let Some(grant) = self.0.grant.borrow_mut().take() {
            return Poll::Ready(grant);
        }
        *self.0.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.left.set(true);
        // A grant that came too late goes on to the next in line.
        let unused = self.0.grant.borrow_mut().take();
        drop(unused);
    }
}

/// Idle connections, listed from the one that is idle for longest.
#[derive(Debug)]
struct Idle {
    slots: Vec<Slot>,
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
}

#[derive(Debug)]
struct Slot {
    connection: Option<Connection>,
    generation: u32,
    older: u32,
    newer: u32,
}

impl Default for Idle {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), oldest: NONE, newest: NONE }
    }
}

impl Idle {
    fn put(&mut self, connection: Connection) -> ConnectionKey {
        let origin = connection.origin;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { connection: None, generation: 0, older: NONE, newer: NONE });
            u32::try_from(self.slots.len() - 1).expect("connections are fewer than file descriptors")
        });
        let older = std::mem::replace(&mut self.newest, slot);
        match older {
            NONE => self.oldest = slot,
            older => self.at(older).newer = slot,
        }
        let entry = self.at(slot);
        (entry.connection, entry.older, entry.newer) = (Some(connection), older, NONE);
        ConnectionKey { origin, slot, generation: entry.generation }
    }

    fn take(&mut self, key: ConnectionKey) -> Option<Connection> {
        let entry = self.at(key.slot);
        if entry.generation != key.generation {
            return None;
        }
        let connection = entry.connection.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        let (older, newer) = (entry.older, entry.newer);
        match older {
            NONE => self.oldest = newer,
            older => self.at(older).newer = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.at(newer).older = older,
        }
        self.free.push(key.slot);
        Some(connection)
    }

    fn take_oldest(&mut self) -> Option<Connection> {
        if self.oldest == NONE {
            return None;
        }
        let slot = self.oldest;
        let entry = self.at(slot);
        let origin = entry.connection.as_ref()?.origin;
        let generation = entry.generation;
        self.take(ConnectionKey { origin, slot, generation })
    }

    fn at(&mut self, slot: u32) -> &mut Slot {
        &mut self.slots[usize::try_from(slot).expect("a pointer has 32 bits or more")]
    }
}
