//! What a runner does for a user of a script: lets it run to its next wait or exchange, and counts what it says.

use std::rc::Rc;

use swarmgate_domain::{ErrorKind, Micros};
use swarmgate_locust::{Report, UserStep};
use swarmgate_service::ports::WantsEnd;

use super::{Beginning, ScriptHost, ScriptUser, Uncounted};
use crate::failure::Failure;
use crate::script_log;
use crate::thread::Thread;
use crate::thread::recorder::Tally;
use crate::thread::request::Desk;
use crate::thread::runner::Rest;
use crate::thread::user::{Phase, User};

/// A longer text of a failure is cut off.
const LONGEST_FAILURE: usize = 300;

/// How often a user that came while `test_start` is being told of looks whether that is over.
const LOOKS_AGAIN: Micros = Micros(10_000);

/// Tells the listeners of `test_start`, on the time and over the connection of the first user: what they ask for is not counted, and
/// users only come after that. `Some`: the test was over before.
async fn begin_test(thread: &Rc<Thread>, host: &ScriptHost, desk: &mut Desk, user: &mut User) -> Option<Micros> {
    let mut listeners = ScriptUser::default();
    let mut now = thread.clock.now();
    let users = || thread.recorder.borrow().users();
    let mut step = host.resume(now, users(), |file| listeners.python.listen(file, "test_start"));
    loop {
        step = match counted(thread, host, &mut listeners, step) {
            UserStep::Exchange(exchange) => match desk.exchange(user, &mut listeners, &exchange, now).await {
                Ok((done, answer)) => {
                    now = done;
                    host.resume(now, users(), |file| listeners.python.answered(file, answer))
                }
                Err(cut) => return Some(cut.at),
            },
            // Nothing else is to be done meanwhile, so the wait need not be real.
            UserStep::Sleep(_) => host.resume(now, users(), |file| listeners.python.waited(file)),
            UserStep::Unsupported(reason) => {
                host.wants_end.borrow_mut().get_or_insert(WantsEnd::Fail { reason });
                thread.bell.ring_by(now);
                return None;
            }
            UserStep::Ended(why) => {
                let reason = format!("in a listener of test_start: {why}");
                host.wants_end.borrow_mut().get_or_insert(WantsEnd::Fail { reason });
                thread.bell.ring_by(now);
                return None;
            }
            UserStep::Gone | UserStep::Failed(_) => return None,
        };
    }
}

/// Works for a user until it must wait.
pub async fn work_for(thread: &Rc<Thread>, host: &ScriptHost, desk: &mut Desk, id: u32, user: &mut User) -> Rest {
    let mut now = thread.clock.now();
    thread.note_lateness(id, user, now);
    match host.beginning.get() {
        Beginning::Over => {}
        Beginning::Under => {
            user.due = now + LOOKS_AGAIN;
            return Rest::Until(user.due);
        }
        Beginning::ToCome => {
            host.beginning.set(Beginning::Under);
            let over = begin_test(thread, host, desk, user).await;
            host.beginning.set(Beginning::Over);
            if let Some(at) = over {
                return Rest::Gone(at);
            }
            now = thread.clock.now();
            user.due = now;
        }
    }
    let mut as_of = user.due;
    let mut script = user.script.take().unwrap_or_default();
    let users = || thread.recorder.borrow().users();
    let mut step = None;
    loop {
        if desk.is_cut() {
            return Rest::Gone(now);
        }
        // Who is started or woken, or asks for something, when its time is over: its last steps are all it does.
        let is_over = user.phase == Phase::Working && as_of >= thread.users.borrow().stop_at(id);
        let waits = matches!(step, None | Some(UserStep::Sleep(_) | UserStep::Exchange(_)));
        if is_over && waits {
            if !script.started {
                return Rest::Gone(now);
            }
            user.phase = Phase::Stopping;
            let next = host.resume(now, users(), |file| script.python.stop(file));
            step = Some(counted(thread, host, &mut script, next));
            continue;
        }
        let next = match step.take() {
            None if !script.started => {
                let Some(class) = host.class_of(user.number) else { return Rest::Gone(now) };
                script.started = true;
                host.resume(now, users(), |file| script.python.start(file, class))
            }
            None => host.resume(now, users(), |file| script.python.waited(file)),
            Some(UserStep::Sleep(seconds)) if seconds > 0.0 => {
                user.due = user.due.max(now) + Micros::from_secs_f64(seconds);
                user.script = Some(script);
                return Rest::Until(user.due);
            }
            Some(UserStep::Sleep(_)) => host.resume(now, users(), |file| script.python.waited(file)),
            Some(UserStep::Exchange(exchange)) => match desk.exchange(user, &mut script, &exchange, now).await {
                Ok((done, answer)) => {
                    (now, as_of, user.due) = (done, done, done);
                    host.resume(now, users(), |file| script.python.answered(file, answer))
                }
                Err(cut) => return Rest::Gone(cut.at),
            },
            Some(UserStep::Gone) => return Rest::Gone(now),
            Some(UserStep::Failed(traceback)) => {
                script_log::error(&traceback);
                let message = traceback.trim_end().lines().next_back().unwrap_or_default().to_owned();
                thread.recorder.borrow_mut().script_exception(&message, &traceback, now);
                return Rest::Gone(now);
            }
            // The others may go on: it is this user that never waited, or wanted too much memory.
            Some(UserStep::Ended(why)) => {
                script_log::error(&format!("a user was ended: {why}"));
                thread.recorder.borrow_mut().user_ended(&why, now);
                return Rest::Gone(now);
            }
            // No user could do what the script says.
            Some(UserStep::Unsupported(reason)) => {
                host.wants_end.borrow_mut().get_or_insert(WantsEnd::Fail { reason });
                thread.bell.ring_by(now);
                return Rest::Gone(now);
            }
        };
        step = Some(counted(thread, host, &mut script, next));
        // Where nothing ever waits, the others must have their turn too.
        tokio::task::coop::consume_budget().await;
        now = thread.clock.now();
    }
}

/// Counts what the script said of its requests on the way to `step`.
fn counted(thread: &Thread, host: &ScriptHost, script: &mut ScriptUser, step: UserStep) -> UserStep {
    loop {
        let report = host.file.borrow_mut().next_report();
        let Some(report) = report else { break };
        count(thread, host, script, report);
    }
    let errors = host.file.borrow_mut().user_errors();
    for (message, traceback) in errors {
        thread.recorder.borrow_mut().script_exception(&message, &traceback, thread.clock.now());
    }
    if host.wants_end.borrow().is_some() {
        thread.bell.ring_by(thread.clock.now());
    }
    step
}

fn count(thread: &Thread, host: &ScriptHost, script: &mut ScriptUser, report: Report) {
    let mut recorder = thread.recorder.borrow_mut();
    let entry = host.names.borrow_mut().index(&report.method, &report.name, |name| recorder.add_name(name));
    let Uncounted { tally, due, done, trouble } = script.uncounted.pop().unwrap_or_else(|| {
        // The script measured something of its own.
        let done = thread.clock.now();
        let began = done.saturating_since(Micros::from_secs_f64(report.milliseconds.max(0.0) / 1e3));
        let tally = Tally { body_bytes: report.bytes, sent: Some(began), ..Tally::default() };
        Uncounted { tally, due: began, done, trouble: None }
    });
    let result = match report.failure {
        None => Ok(()),
        Some(text) => {
            let of_status = tally.statuses.last().is_some_and(|status| *status >= 400);
            let otherwise = if of_status { ErrorKind::Status } else { ErrorKind::CheckFailed };
            let kind = trouble.map_or(otherwise, |failure| failure.kind);
            let short = text.char_indices().nth(LONGEST_FAILURE).map_or(text.len(), |(at, _)| at);
            Err(Failure::new(kind, text[..short].to_owned()))
        }
    };
    recorder.request(entry, due, &tally, tally.sent.unwrap_or(due), done, &result);
}
