//! What a user does next: everything of its flow but the requests themselves. Waits for nothing.

use std::rc::Rc;

use swarmgate_domain::{ConnectionReuse, Micros, ThinkAfter, ThinkTime};

use super::Thread;
use super::group::Group;
use super::user::{Model, Phase, User};
use crate::program::Op;

/// What is to be done for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this request; it is due at [`User::due`].
    Request(usize),
    /// Nothing before this test time.
    Sleep(Micros),
    /// Nothing any more.
    Gone,
}

/// How long an iteration takes at least that neither sends nor waits: without it the user would spin.
const EMPTY_ITERATION: Micros = Micros(1_000);

impl Thread {
    /// Goes through the user's operations to the next one that takes time. Whether its time is over is asked as of `as_of`:
    /// now, but for one who was just woken, when that was due. What was due before the end is done, however late the timer was.
    pub fn step(self: &Rc<Self>, id: u32, user: &mut User, as_of: Micros, now: Micros) -> Step {
        loop {
            let is_over = user.phase == Phase::Working && as_of >= self.users.borrow().stop_at(id);
            if is_over && !self.begin_stop(user, now) {
                return Step::Gone;
            }
            let kind = &self.program().kinds[usize::from(user.kind)];
            let here = user.next;
            user.next += 1;
            let wait = match &self.program().ops[crate::program::usize_of(here)] {
                Op::Request(index) => {
                    if std::mem::take(&mut user.think_pending) {
                        think(user, kind.think_time);
                    }
                    // It thinks, or backs off after its connection was refused.
                    if user.due > now {
                        user.next = here;
                        return Step::Sleep(user.due);
                    }
                    user.was_busy = true;
                    user.think_pending = kind.think_after == ThinkAfter::Request && user.phase == Phase::Working;
                    return Step::Request(*index);
                }
                Op::Think(time) => think(user, *time),
                Op::IterationEnd => match self.end_iteration(user, kind.think_time, now) {
                    Some(wait) => wait,
                    None => return Step::Gone,
                },
                Op::StopEnd => return Step::Gone,
                Op::StartEnd => {
                    user.next = kind.flow;
                    false
                }
                Op::IterationStart => {
                    self.begin_iteration(user, now);
                    false
                }
                op => {
                    self.move_on(op, user, now);
                    false
                }
            };
            if wait && user.due > now {
                user.was_busy = true;
                return Step::Sleep(user.due);
            }
        }
    }

    fn begin_iteration(&self, user: &mut User, now: Micros) {
        // The rows of the first iteration were picked when the user started: what it does at the start has them too.
        if user.iteration > 0 {
            self.pick_rows(user);
        }
        user.was_busy = false;
        self.recorder.borrow_mut().iteration_started(now);
    }

    /// Whether the user waits now; `None` when it is gone.
    fn end_iteration(&self, user: &mut User, think_time: ThinkTime, now: Micros) -> Option<bool> {
        self.recorder.borrow_mut().iteration_finished(now);
        user.iteration = user.iteration.wrapping_add(1);
        user.think_pending = false;
        if self.program().reuse == ConnectionReuse::PerIteration {
            self.close_connections(user);
        }
        if user.model != Model::Closed {
            return self.begin_stop(user, now).then_some(false);
        }
        user.next = self.program().kinds[usize::from(user.kind)].flow;
        let waits = think(user, think_time);
        if !user.was_busy && user.due <= now {
            user.due = now + EMPTY_ITERATION;
            return Some(true);
        }
        Some(waits)
    }

    /// Goes to what the user does at its end; `false` when that is nothing.
    fn begin_stop(&self, user: &mut User, now: Micros) -> bool {
        let Some(stop) = self.program().kinds[usize::from(user.kind)].stop else { return false };
        user.phase = Phase::Stopping;
        user.think_pending = false;
        user.next = stop;
        user.due = now;
        if let Some(session) = &mut user.session {
            session.groups.clear();
        }
        true
    }

    fn move_on(&self, op: &Op, user: &mut User, now: Micros) {
        match op {
            Op::GroupStart(entry) => user.session().groups.push(Group::new(*entry)),
            Op::GroupEnd => {
                if let Some(group) = user.session().groups.pop() {
                    self.recorder.borrow_mut().group(&group, now);
                }
            }
            Op::Choose(branches) => {
                let sum = branches.last().map_or(0.0, |(sum, _)| *sum);
                let drawn = user.rng.f64() * sum;
                if let Some((_, start)) = branches.iter().find(|(sum, _)| drawn < *sum).or(branches.last()) {
                    user.next = *start;
                }
            }
            Op::Jump(to) => user.next = *to,
            Op::RepeatStart(counter) => user.session().counters[*counter] = 0,
            Op::RepeatNext { counter, times, back } => {
                let done = &mut user.session().counters[*counter];
                *done += 1;
                if *done < *times {
                    user.next = *back;
                }
            }
            Op::Request(_) | Op::Think(_) | Op::StartEnd | Op::IterationStart | Op::IterationEnd | Op::StopEnd => {
                unreachable!("`step` handles what takes time")
            }
        }
    }
}

/// Moves the user's due time on by a wait; `false` when there is none.
///
/// Pacing goes by a grid from the user's start: who is late is due in the past, goes on at once, and its response time
/// counts from when it was due.
fn think(user: &mut User, time: ThinkTime) -> bool {
    match time {
        ThinkTime::None => return false,
        ThinkTime::Constant(wait) => user.due = user.due + wait,
        ThinkTime::Uniform { low, high } => {
            user.due = user.due + Micros(user.rng.u64(low.0..=high.0.max(low.0)));
        }
        ThinkTime::Pacing(period) => {
            user.pace = user.pace + period;
            user.due = user.pace;
        }
    }
    true
}
