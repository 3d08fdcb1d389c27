//! What a runner does for a user of a script: lets it run to its next wait or exchange, and counts what it says.

use std::rc::Rc;

use swarmgate_domain::{ErrorKind, Micros};
use swarmgate_locust::{Report, UserStep};
use swarmgate_service::ports::WantsEnd;

use super::{Part, ScriptHost, ScriptUser, Told, Uncounted};
use crate::failure::Failure;
use crate::script_log;
use crate::thread::Thread;
use crate::thread::recorder::Tally;
use crate::thread::request::Desk;
use crate::thread::runner::Rest;
use crate::thread::user::{Model, Phase, User};

/// A longer text of a failure is cut off.
const LONGEST_FAILURE: usize = 300;

/// How often a user that came while `test_start` is being told of looks whether that is over.
const LOOKS_AGAIN: Micros = Micros(10_000);

/// A listener that waits more often than this waits for something that takes time.
const MOST_UNREAL_WAITS: u32 = 100;

/// Tells the listeners of an event, on the time and over the connection of `user`: what they ask for is not counted. `Some`: the test
/// was over before, the grace time too.
async fn tell(thread: &Rc<Thread>, host: &ScriptHost, desk: &mut Desk, user: &mut User, event: &str) -> Option<Micros> {
    let mut listeners = ScriptUser::default();
    let mut now = thread.clock.now();
    let (mut has_asked, mut waits) = (false, 0);
    let users = || thread.recorder.borrow().users();
    let mut step = host.resume(now, users(), |file| listeners.python.listen(file, event));
    loop {
        step = match counted(thread, host, &mut listeners, step) {
            UserStep::Exchange(exchange) => match desk.exchange(user, &mut listeners, &exchange, now).await {
                Ok((done, answer)) => {
                    (now, has_asked) = (done, true);
                    host.resume(now, users(), |file| listeners.python.answered(file, answer))
                }
                Err(cut) => return Some(cut.at),
            },
            UserStep::Sleep(seconds) => {
                waits += 1;
                // Where nothing else is to be done meanwhile, and nobody is asked again and again, the wait need not be real.
                let others = thread.helpers.get() > u32::from(user.model == Model::Helper);
                if has_asked || others || waits > MOST_UNREAL_WAITS {
                    desk.rest_until(now + Micros::from_secs_f64(seconds)).await;
                    now = thread.clock.now();
                }
                has_asked = false;
                if desk.is_cut() {
                    return Some(now);
                }
                host.resume(now, users(), |file| listeners.python.waited(file))
            }
            UserStep::Unsupported(reason) => return host.cannot(thread, event, reason, now),
            UserStep::Ended(why) => return host.cannot(thread, event, format!("in a listener of {event}: {why}"), now),
            UserStep::Gone | UserStep::Failed(_) => return None,
        };
    }
}

impl ScriptHost {
    /// A listener needs what is not there. Before the load that ends the test; after it, it is said.
    fn cannot(&self, thread: &Thread, event: &str, reason: String, now: Micros) -> Option<Micros> {
        if event == "test_start" {
            self.wants_end.borrow_mut().get_or_insert(WantsEnd::Fail { reason });
            thread.bell.ring_by(now);
        } else {
            script_log::error(&reason);
            thread.recorder.borrow_mut().script_exception(&reason, "", now);
        }
        None
    }
}

/// Tells the listeners who are to know that the test is over.
async fn end_test(thread: &Rc<Thread>, host: &ScriptHost, desk: &mut Desk, user: &mut User) -> Micros {
    for event in ["test_stopping", "test_stop", "quitting"] {
        if let Some(at) = tell(thread, host, desk, user, event).await {
            script_log::error(&format!("the listeners of {event} were given up: they took longer than the grace time"));
            host.ending.set(Told::Over);
            return at;
        }
    }
    host.ending.set(Told::Over);
    thread.clock.now()
}

/// Works for a user until it must wait.
pub async fn work_for(thread: &Rc<Thread>, host: &ScriptHost, desk: &mut Desk, id: u32, user: &mut User) -> Rest {
    let mut now = thread.clock.now();
    thread.note_lateness(id, user, now);
    if matches!(&user.script, Some(script) if matches!(script.part, Part::Ending)) {
        return Rest::Gone(end_test(thread, host, desk, user).await);
    }
    if user.model != Model::Helper {
        match host.beginning.get() {
            Told::Over => {}
            Told::Under => {
                user.due = now + LOOKS_AGAIN;
                return Rest::Until(user.due);
            }
            Told::ToCome => {
                host.beginning.set(Told::Under);
                start_spawned(thread, host);
                let over = tell(thread, host, desk, user, "test_start").await;
                host.beginning.set(Told::Over);
                if let Some(at) = over {
                    return Rest::Gone(at);
                }
                now = thread.clock.now();
                user.due = now;
            }
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
            None if !script.started
                && let Part::Spawned(spawned) = &mut script.part =>
            {
                let Some(spawned) = spawned.take() else { return Rest::Gone(now) };
                script.started = true;
                host.resume(now, users(), |file| script.python.run_spawned(file, spawned))
            }
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
    start_spawned(thread, host);
    if host.wants_end.borrow().is_some() {
        thread.bell.ring_by(thread.clock.now());
    }
    step
}

/// Sees to what was spawned meanwhile, and to what is to stop.
fn start_spawned(thread: &Thread, host: &ScriptHost) {
    loop {
        let spawned = host.file.borrow_mut().next_spawned();
        let Some(spawned) = spawned else { break };
        let (number, now) = (spawned.number, thread.clock.now());
        let id = thread.add_helper(ScriptUser { part: Part::Spawned(Some(spawned)), ..ScriptUser::default() }, now);
        host.spawned.borrow_mut().insert(id, number);
    }
    for killed in host.file.borrow_mut().take_killed() {
        let id = host.spawned.borrow().iter().find(|(_, number)| **number == killed).map(|(id, _)| *id);
        if let Some(id) = id {
            let now = thread.clock.now();
            thread.set_stop_at(id, now);
            thread.bell.ring_by(now);
        }
    }
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
