//! One request of a user from due to done: sent, followed where it is redirected, judged, counted.

use std::cell::RefCell;
use std::rc::Rc;

use swarmgate_domain::{ErrorKind, Micros};

use super::Thread;
use super::exchange::Body;
use super::recorder::Tally;
use super::runner::{Interrupt, Runner};
use super::script::ScriptWire;
use super::user::User;
use crate::failure::Failure;
use crate::http::{Inbox, Response};
use crate::program::{Answer, Message, RequestPlan};

/// What a runner works with, used again for each request.
pub struct Desk {
    pub(super) thread: Rc<Thread>,
    pub(super) runner: Rc<Runner>,
    /// How long connecting may take.
    pub(super) connect_timeout: Micros,
    /// When what is being done began: the present request, or the hop of it that a redirect asked for.
    pub(super) now: Micros,
    pub(super) inbox: Inbox,
    pub(super) body: Body,
    pub(super) tally: Tally,
    /// The present request, where it was rendered for this user.
    pub(super) message: Message,
    /// The present request as it is written, where it is not as it was rendered beforehand.
    pub(super) wire: Vec<u8>,
    /// What a script asked for last, as it is written.
    pub(super) script_wire: ScriptWire,
    /// The path of the present request; empty where it is part of what was rendered beforehand.
    pub(super) path: Vec<u8>,
    pub(super) cookie_line: Vec<u8>,
    /// Whether the user's present turn began with reading an answer: other answers may be there too.
    pub(super) has_read: bool,
    /// Values found in answers.
    found: RefCell<String>,
    captured: String,
}

/// The test was over before the request was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// When.
    pub at: Micros,
}

/// Why a request came to no answer.
pub enum Trouble {
    /// It failed.
    Failed(Failure),
    /// The test was over.
    Cut,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Desk {
    /// A desk for `runner`.
    pub fn new(thread: Rc<Thread>, runner: Rc<Runner>) -> Self {
        Self {
            connect_timeout: thread.connect_timeout,
            thread,
            runner,
            now: Micros::ZERO,
            inbox: Inbox::default(),
            body: Body::default(),
            tally: Tally::default(),
            message: Message::default(),
            wire: Vec::new(),
            script_wire: ScriptWire::default(),
            path: Vec::new(),
            cookie_line: Vec::new(),
            has_read: false,
            found: RefCell::default(),
            captured: String::new(),
        }
    }

    /// Whether the test is over, the grace time too.
    pub fn is_cut(&self) -> bool {
        self.runner.interrupt() == Some(Interrupt::Cut)
    }

    /// Waits until `at`, or until the test is over, the grace time too.
    pub(super) async fn rest_until(&self, at: Micros) {
        self.runner.set_deadline(&self.thread, at);
        let _: Result<(), _> = self.runner.unless_interrupted(std::future::pending()).await;
        self.runner.clear_deadline();
    }

    /// Sends a request of `user`, due at `user.due`, and counts what becomes of it. Gives the time it was done, when the user
    /// is free again.
    pub async fn request(&mut self, user: &mut User, index: usize, now: Micros) -> Result<Micros, Cut> {
        let thread = Rc::clone(&self.thread);
        let plan = &thread.program().requests[index];
        self.tally.clear();
        self.now = now;
        let result = self.follow(user, plan).await;
        let result = result.map(|(response, done)| (self.judge(user, plan, &response, done), done));
        thread.inboxes.take_back(&mut self.inbox);
        let (result, done) = match result {
            Ok(judged) => judged,
            Err(Trouble::Failed(failure)) => (Err(failure), thread.clock.now()),
            Err(Trouble::Cut) => {
                let at = thread.clock.now();
                if self.tally.was_sent() {
                    thread.recorder.borrow_mut().cut_off(plan.entry, &self.tally, at);
                }
                return Err(Cut { at });
            }
        };
        // What never got a connection was "sent" when that began: it has no other time.
        let sent = self.tally.sent.unwrap_or(now);
        thread.recorder.borrow_mut().request(plan.entry, user.due, &self.tally, sent, done, &result);
        if let Some(session) = &mut user.session {
            session.groups.iter_mut().for_each(|group| group.note(user.due, sent, done, result.is_err()));
        }
        let refused = matches!(&result, Err(failure) if failure.kind == ErrorKind::Refused);
        user.due = done + user.back_off(refused);
        Ok(done)
    }

    /// Sends the request, and again where answers redirect it, up to the last answer.
    async fn follow(&mut self, user: &mut User, plan: &RequestPlan) -> Result<(Response, Micros), Trouble> {
        let mut way = self.first_way(user, plan)?;
        loop {
            let (response, done) = self.hop(user, plan, &way).await?;
            let Some(next) = self.next_way(plan, &response, &way)? else { return Ok((response, done)) };
            if self.tally.redirects >= u64::from(plan.redirects) {
                return Err(Failure::new(ErrorKind::Redirect, format!("more than {} redirects", plan.redirects)).into());
            }
            self.tally.redirects += 1;
            self.now = done;
            way = next;
        }
    }

    /// Whether the answer is as it should be; keeps what is captured.
    fn judge(&mut self, user: &mut User, plan: &RequestPlan, response: &Response, done: Micros) -> Result<(), Failure> {
        let Some(head) = response.head() else { return Ok(()) };
        let as_expected = if head.status >= 400 && !plan.checks_status {
            Err(Failure::new(ErrorKind::Status, format!("status {}", head.status)))
        } else {
            Ok(())
        };
        if plan.checks.is_empty() && plan.captures.is_empty() {
            return as_expected;
        }
        if head.names_coding {
            self.body.decode(&self.inbox.bytes()[..head.length]);
        }
        let service = done.saturating_since(self.tally.sent.unwrap_or(done));
        let answer = Answer {
            status: head.status,
            head: &self.inbox.bytes()[..head.length],
            body: self.body.kept(),
            service,
            scratch: &self.found,
        };
        let unix_millis = self.thread.clock.unix_millis(done);
        let mut values = user.values(&self.thread.outfit.data, unix_millis);
        let checks = plan.checks.iter().map(|check| check.apply(&answer, &mut values));
        let mut result = checks.fold(as_expected, Result::and);
        for capture in &plan.captures {
            match capture.apply(&answer, &mut self.captured) {
                // The user's old value lends its memory to the next one.
                Ok(()) => std::mem::swap(&mut user.session().captures[capture.slot], &mut self.captured),
                Err(failure) => result = result.and(Err(failure)),
            }
        }
        result
    }
}
