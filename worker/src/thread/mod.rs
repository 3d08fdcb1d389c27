//! One load thread: its users, its sockets, its measurements, and nothing shared with the others.
//!
//! A user that waits is a few words in [`user`] and an entry of the [`wheel`]. When its wait is over, the [`driver`] hands it to
//! an idle [`runner`], a task that lives on and works for one user after another: so there are as many tasks as users at work,
//! not as there are users, and none is made for a request. The runner goes through the user's operations ([`steps`]), sends
//! its requests ([`request`], then [`way`], [`hop`], [`connecting`], [`exchange`], in HTTP/2 [`stream`]) and gives it back when it
//! must wait.

mod alarm;
mod connecting;
mod driver;
mod exchange;
mod group;
mod hop;
mod recorder;
mod request;
mod runner;
mod schedule;
mod script;
mod steps;
mod stream;
mod tunnel;
mod user;
mod way;
mod wheel;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::task::{Poll, Waker};

use rustls::ClientConfig;
use swarmgate_domain::{ConnectionReuse, EntryStats, Micros};

use crate::clock::Clock;
use crate::failure::Failure;
use crate::http::Inboxes;
use crate::net::{LocalPorts, Origins, Pool, Ring, SharedPool, Stream};
use crate::program::{Program, Rows};

pub use alarm::Alarm;
pub use driver::{Control, Ends, Order, Tools, drive};
#[cfg(feature = "parts")]
pub use recorder::Tally;
pub use recorder::{CpuDuty, Part, Recorder, ThreadTime};
pub use runner::TASK_SIZE;
pub use schedule::useful_threads;
pub use script::ScriptHost;
pub use wheel::Wheel;

use runner::Runners;
use user::{User, Users};

/// What a thread is given before it starts.
#[derive(Clone, Debug)]
pub struct Outfit {
    /// Which thread it is, and how many there are.
    pub index: u32,
    /// See [`Outfit::index`].
    pub count: u32,
    /// The scenario, compiled; the thread's own copy.
    pub program: Program,
    /// Where requests go, addresses looked up.
    pub origins: Origins,
    /// How TLS is spoken.
    pub tls: Option<Arc<ClientConfig>>,
    /// The same where any certificate will do, see [`OriginKey::unverified`](crate::net::OriginKey).
    pub unverified_tls: Option<Arc<ClientConfig>>,
    /// How many connections it may have open.
    pub connections: usize,
    /// Rows of the data sources.
    pub data: Rows,
    /// Which shard this is a part of, and how many shards there are.
    pub shard: u32,
    /// See [`Outfit::shard`].
    pub shards: u32,
    /// How many cores the process may use.
    pub cores: u64,
    /// How many shards share the process, and so its CPU time.
    pub sharers: u64,
    /// The local ports that connections may have, and the addresses they may come from; any where there are none.
    pub ports: (u16, u16),
    /// See [`Outfit::ports`].
    pub sources: Vec<IpAddr>,
    /// Whether an io_uring is used where there is one.
    pub io_uring: bool,
}

impl Outfit {
    /// Threads, of other shards too, begin at different ports, each at the start of its part of the range.
    fn local_ports(&self) -> LocalPorts {
        let (low, high) = self.ports;
        let sources = u32::try_from(self.sources.len()).unwrap_or(u32::MAX).max(1);
        let all = (u32::from(high.saturating_sub(low)) + 1).saturating_mul(sources);
        let parts = self.shards.max(1).saturating_mul(self.count.max(1));
        let start = u64::from(all) * u64::from(self.shard * self.count + self.index) / u64::from(parts);
        LocalPorts::new(self.ports, self.sources.clone(), u32::try_from(start).unwrap_or(0))
    }
}

/// The state of a thread at work. Borrows are short: none is held while anything is waited for.
struct Thread {
    outfit: Outfit,
    clock: Clock,
    connect_timeout: Micros,
    users: RefCell<Users>,
    sleepers: RefCell<Wheel>,
    deadlines: RefCell<Wheel>,
    runners: RefCell<Runners>,
    recorder: RefCell<Recorder>,
    pool: Rc<Pool>,
    /// What speaks HTTP/2: instead of the other pool, where the scenario says so.
    shared: Rc<SharedPool>,
    local_ports: LocalPorts,
    inboxes: Inboxes,
    origins: RefCell<Origins>,
    /// How many rows this thread took of each data source that is read in sequence.
    rows_taken: RefCell<Vec<u64>>,
    /// Free places of each open load: ids of users who wait to be somebody new.
    parked: RefCell<Vec<Vec<u32>>>,
    bell: Bell,
    /// When the load ends, as far as is known.
    end: Cell<Micros>,
    /// How many there are of [`Model::Helper`](user::Model::Helper).
    helpers: Cell<u32>,
    /// Where users are written in Python.
    script: Option<ScriptHost>,
    ring: Option<Rc<Ring>>,
}

/// Wakes the driver earlier than it means to wake.
#[derive(Default)]
struct Bell {
    wakes_at: Cell<Micros>,
    has_rung: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Bell {
    /// Something is due at `at`.
    fn ring_by(&self, at: Micros) {
        if at < self.wakes_at.get() {
            self.wakes_at.set(at);
            self.has_rung.set(true);
            if let Some(waker) = &*self.waker.borrow() {
                waker.wake_by_ref();
            }
        }
    }

    /// Waits until it rings.
    async fn rung(&self) {
        poll_fn(|cx| {
            if self.has_rung.take() {
                return Poll::Ready(());
            }
            self.waker.borrow_mut().get_or_insert_with(|| cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Thread {
    fn new(
        outfit: Outfit,
        order: &Order,
        (script, ring): (Option<ScriptHost>, Option<Rc<Ring>>),
        clock: Clock,
        from: Micros,
        spent: Receiver<Vec<EntryStats>>,
    ) -> Self {
        let Order { scenario, interval, duration } = order;
        let entries = outfit.program.entries.len();
        let cpu = if outfit.index == 0 {
            CpuDuty::Process { cores: outfit.cores, sharers: outfit.sharers }
        } else {
            CpuDuty::Thread
        };
        Self {
            clock,
            connect_timeout: scenario.http.connect_timeout,
            users: RefCell::default(),
            sleepers: RefCell::default(),
            deadlines: RefCell::default(),
            runners: RefCell::default(),
            recorder: RefCell::new(Recorder::new(entries, *interval, *duration, from, cpu).reusing(spent)),
            pool: Pool::new(outfit.connections),
            shared: SharedPool::new(outfit.connections),
            local_ports: outfit.local_ports(),
            inboxes: Inboxes::default(),
            origins: RefCell::new(outfit.origins.clone()),
            rows_taken: RefCell::new(vec![0; outfit.program.picks.len()]),
            parked: RefCell::new(vec![Vec::new(); scenario.loads.len()]),
            bell: Bell::default(),
            end: Cell::new(*duration),
            helpers: Cell::new(0),
            script,
            ring,
            outfit,
        }
    }

    fn program(&self) -> &Program {
        &self.outfit.program
    }

    /// Moves a connection that is to serve many requests in clear text to the thread's io_uring, where there is one.
    fn on_ring(&self, stream: Stream) -> Result<Stream, Failure> {
        match (&self.ring, stream) {
            (Some(ring), Stream::Plain(tcp)) if self.program().reuse != ConnectionReuse::PerRequest => {
                ring.adopt(tcp).map(Stream::Ring).map_err(|error| Failure::of_connect(&error))
            }
            (_, stream) => Ok(stream),
        }
    }

    /// How many connections are open, or about to be.
    fn open_connections(&self) -> usize {
        self.pool.open() + self.shared.open()
    }

    /// Hands the user to a runner.
    fn wake_user(self: &Rc<Self>, id: u32) {
        self.sleepers.borrow_mut().remove(id);
        let idle = self.runners.borrow_mut().take_idle();
        let runner = idle.unwrap_or_else(|| Runners::hire(self));
        runner.assign(id);
    }

    /// Counts how late the user goes on. Who was woken to stop is late for nothing: at the end of a test that is everybody at once.
    fn note_lateness(&self, id: u32, user: &User, now: Micros) {
        let goes_on = user.phase == user::Phase::Stopping || user.due < self.users.borrow().stop_at(id);
        if user.due <= now && goes_on {
            self.recorder.borrow_mut().went_on(user.due, now);
        }
    }

    /// The user waits until `at`, or until its time is over.
    fn put_to_sleep(&self, id: u32, user: User, at: Micros) {
        let mut users = self.users.borrow_mut();
        let at = if user.phase == user::Phase::Stopping { at } else { at.min(users.stop_at(id)) };
        users.give_back(id, user);
        self.sleepers.borrow_mut().insert(id, at);
        self.bell.ring_by(at);
    }

    /// The user is gone. In an open load its place, with its connections, waits for the next arrival.
    fn dismiss(&self, id: u32, mut user: User, now: Micros) {
        if user.model != user::Model::Helper {
            self.recorder.borrow_mut().user_stopped(now);
        }
        match user.model {
            user::Model::Open(load) => {
                self.users.borrow_mut().give_back(id, user);
                self.parked.borrow_mut()[usize::from(load)].push(id);
            }
            user::Model::Closed => {
                self.close_connections(&mut user);
                self.users.borrow_mut().remove(id);
            }
            user::Model::Helper => {
                self.close_connections(&mut user);
                self.users.borrow_mut().remove(id);
                self.helpers.set(self.helpers.get() - 1);
                if let Some(script) = &self.script {
                    script.forget_helper(id);
                }
            }
        }
        // The driver may be waiting for the last user.
        self.bell.ring_by(now);
    }

    /// Somebody who works beside the users from `now` on.
    fn add_helper(&self, script: script::ScriptUser, now: Micros) -> u32 {
        let number = self.helpers.get();
        let mut user = User::new(self.program(), number, 0, user::Model::Helper, now, u64::from(number) | 1 << 63);
        user.script = Some(Box::new(script));
        self.helpers.set(number + 1);
        // What the end itself asks for is only given up with everything else.
        let stop_at = if now < self.end.get() { self.end.get() } else { Micros(u64::MAX) };
        let id = self.users.borrow_mut().add(user, stop_at);
        self.sleepers.borrow_mut().insert(id, now);
        self.bell.ring_by(now);
        id
    }

    fn close_connections(&self, user: &mut User) {
        for key in user.connections.drain(..) {
            drop(self.pool.take(key));
        }
        if let Some(session) = &mut user.session {
            session.shared.clear();
        }
    }

    /// Gives the user its rows: at its start, and again at each further iteration, but for the unique ones.
    fn pick_rows(&self, user: &mut User) {
        use swarmgate_domain::Pick;
        let picks = &self.program().picks;
        if picks.is_empty() {
            return;
        }
        let Outfit { index, count, shard, shards, .. } = self.outfit;
        let mut taken = self.rows_taken.borrow_mut();
        let (number, mut rng) = (user.number, user.rng.clone());
        let rows = &mut user.session().rows;
        rows.resize(picks.len(), 0);
        for ((row, (pick, length)), taken) in rows.iter_mut().zip(picks).zip(taken.iter_mut()) {
            *row = match pick {
                Pick::Unique => number % length,
                Pick::Random => rng.u32(0..*length),
                Pick::Sequential => {
                    // Shards take rows by turns, and the threads of a shard take the shard's rows by turns.
                    let turn = u64::from(shard) + u64::from(shards) * (u64::from(index) + u64::from(count) * *taken);
                    *taken += 1;
                    u32::try_from(turn % u64::from(*length)).expect("a remainder is less than its divisor")
                }
            };
        }
        user.rng = rng;
    }
}
