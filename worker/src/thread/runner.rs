//! Runners: tasks that work for one user after another.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use swarmgate_domain::Micros;
use tokio::task::JoinSet;

use super::Thread;
use super::request::Desk;
use super::script;
use super::steps::Step;
use super::user::User;

/// What a runner shares with the driver.
#[derive(Debug)]
pub struct Runner {
    id: u32,
    user: Cell<Option<u32>>,
    waker: RefCell<Option<Waker>>,
    deadline: Cell<Micros>,
    interrupt: Cell<Option<Interrupt>>,
}

/// Why what a runner waits for is not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// It took too long.
    Deadline,
    /// The test is over, the grace time too.
    Cut,
}

const NEVER: Micros = Micros(u64::MAX);

impl Runner {
    /// Says whom to work for.
    pub fn assign(&self, user: u32) {
        self.user.set(Some(user));
        self.wake();
    }

    /// Gives up at once, now and for all to come.
    pub fn cut(&self) {
        self.interrupt.set(Some(Interrupt::Cut));
        self.wake();
    }

    /// The driver looks at the deadline that was set at some time. Gives the one that holds, if it is still to come.
    pub fn check_deadline(&self, now: Micros) -> Option<Micros> {
        let deadline = self.deadline.get();
        if deadline == NEVER {
            return None;
        }
        if deadline > now {
            return Some(deadline);
        }
        if self.interrupt.get().is_none() {
            self.interrupt.set(Some(Interrupt::Deadline));
            self.wake();
        }
        None
    }

    /// What stops the present wait.
    pub fn interrupt(&self) -> Option<Interrupt> {
        self.interrupt.get()
    }

    /// Waits are over at `at`, from now on. Costs a comparison where the wheel looks earlier than that anyway.
    pub fn set_deadline(&self, thread: &Thread, at: Micros) {
        if self.interrupt.get() == Some(Interrupt::Deadline) {
            self.interrupt.set(None);
        }
        self.deadline.set(at);
        let mut wheel = thread.deadlines.borrow_mut();
        if wheel.at(self.id).is_none_or(|looks_at| looks_at > at) {
            wheel.insert(self.id, at);
            thread.bell.ring_by(at);
        }
    }

    /// Nothing is waited for.
    pub fn clear_deadline(&self) {
        self.deadline.set(NEVER);
        if self.interrupt.get() == Some(Interrupt::Deadline) {
            self.interrupt.set(None);
        }
    }

    /// `future`'s result, or why it was given up.
    pub async fn unless_interrupted<T>(&self, future: impl Future<Output = T>) -> Result<T, Interrupt> {
        let mut future = pin!(future);
        poll_fn(|cx| match self.interrupt.get() {
            Some(interrupt) => Poll::Ready(Err(interrupt)),
            None => future.as_mut().poll(cx).map(Ok),
        })
        .await
    }

    async fn assigned(&self) -> u32 {
        poll_fn(|cx| {
            if self.waker.borrow().is_none() {
                *self.waker.borrow_mut() = Some(cx.waker().clone());
            }
            self.user.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

/// All runners of a thread.
#[derive(Debug, Default)]
pub struct Runners {
    all: Vec<Rc<Runner>>,
    idle: Vec<Rc<Runner>>,
    tasks: JoinSet<()>,
}

impl Runners {
    /// A runner with nothing to do: the one that was at work last, whose memory is warm.
    pub fn take_idle(&mut self) -> Option<Rc<Runner>> {
        self.idle.pop()
    }

    /// A new runner.
    pub fn hire(thread: &Rc<Thread>) -> Rc<Runner> {
        let mut runners = thread.runners.borrow_mut();
        let runner = Rc::new(Runner {
            id: u32::try_from(runners.all.len()).expect("runners are fewer than users"),
            user: Cell::new(None),
            waker: RefCell::new(None),
            deadline: Cell::new(NEVER),
            interrupt: Cell::new(None),
        });
        runners.all.push(Rc::clone(&runner));
        runners.tasks.spawn_local(work(Rc::clone(thread), Rc::clone(&runner)));
        runner
    }

    /// How many have something to do.
    pub fn at_work(&self) -> usize {
        self.all.len() - self.idle.len()
    }

    /// The runner with this id.
    pub fn get(&self, id: u32) -> &Rc<Runner> {
        &self.all[crate::program::usize_of(id)]
    }

    /// Does something with each.
    pub fn each(&self, act: impl Fn(&Runner)) {
        self.all.iter().for_each(|runner| act(runner));
    }

    /// Panics if a runner panicked: its counts are lost, and a wrong number is worse than a dead worker.
    pub fn assert_sound(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = ended
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// How many bytes a runner's task takes, what stands before its future included.
pub const TASK_SIZE: usize = TASK_HEAD + size_of_future(&work);

/// tokio's head of a task.
const TASK_HEAD: usize = 64;

const fn size_of_future<A, B, F: Future>(_: &impl Fn(A, B) -> F) -> usize {
    size_of::<F>()
}

/// A runner's life.
async fn work(thread: Rc<Thread>, runner: Rc<Runner>) {
    let mut desk = Desk::new(Rc::clone(&thread), Rc::clone(&runner));
    loop {
        let id = runner.assigned().await;
        let lent = thread.users.borrow_mut().lend(id);
        desk.has_read = false;
        let mut user = lent.expect("the driver wakes only users who sleep");
        let rest = match &thread.script {
            None => work_for(&thread, &mut desk, id, &mut user).await,
            Some(host) => script::work_for(&thread, host, &mut desk, id, &mut user).await,
        };
        match rest {
            Rest::Until(at) => thread.put_to_sleep(id, user, at),
            Rest::Gone(now) => thread.dismiss(id, user, now),
        }
        runner.clear_deadline();
        thread.runners.borrow_mut().idle.push(Rc::clone(&runner));
    }
}

/// What becomes of a user for whom there is nothing to do now.
pub enum Rest {
    /// It goes on then.
    Until(Micros),
    /// It is gone since then.
    Gone(Micros),
}

/// Works for a user until it must wait.
async fn work_for(thread: &Rc<Thread>, desk: &mut Desk, id: u32, user: &mut User) -> Rest {
    let mut now = thread.clock.now();
    let mut as_of = user.due;
    thread.note_lateness(id, user, now);
    loop {
        if desk.is_cut() {
            return Rest::Gone(now);
        }
        match thread.step(id, user, as_of, now) {
            Step::Request(index) => match desk.request(user, index, now).await {
                Ok(done) => (now, as_of) = (done, done),
                Err(cut) => return Rest::Gone(cut.at),
            },
            Step::Sleep(at) => return Rest::Until(at),
            Step::Gone => return Rest::Gone(now),
        }
        // Where nothing ever waits, the others must have their turn too.
        tokio::task::coop::consume_budget().await;
    }
}
