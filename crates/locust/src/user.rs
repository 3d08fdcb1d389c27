//! One user at work.

use swarmgate_python::{Args, Fiber, HostCall, Kind, Resumed, Step, Value, intern};

use crate::engine::{Answer, AnswerError, Exchange, answer_value};
use crate::load::{Locustfile, fatal_text};

/// A user: a suspended call of Python.
#[derive(Debug, Default)]
pub struct LocustUser {
    fiber: Fiber,
}

/// What a user asks for, or what became of it.
#[derive(Debug)]
pub enum UserStep {
    /// Nothing for so many seconds; then [`LocustUser::waited`].
    Sleep(f64),
    /// A request; then [`LocustUser::answered`].
    Exchange(Box<Exchange>),
    /// It stopped of its own accord.
    Gone,
    /// An exception that nobody caught ended it: the traceback.
    Failed(String),
    /// It was ended for running too long or wanting too much memory.
    Ended(String),
    /// It needs what is not there: the test must not go on.
    Unsupported(String),
}

impl LocustUser {
    /// Starts a user of the class at `class` of [`Locustfile::classes`].
    pub fn start(&mut self, file: &mut Locustfile, class: usize) -> UserStep {
        let Some(class) = file.classes().get(class).map(|class| class.class.clone()) else { return UserStep::Gone };
        let life = file.life();
        let step = file.vm.start(&mut self.fiber, &life, Args::of([class]));
        step_of(file, step)
    }

    /// Its wait is over.
    pub fn waited(&mut self, file: &mut Locustfile) -> UserStep {
        let step = file.vm.resume(&mut self.fiber, Resumed::With(Value::None));
        step_of(file, step)
    }

    /// Its request is answered.
    pub fn answered(&mut self, file: &mut Locustfile, answer: Result<Answer, AnswerError>) -> UserStep {
        let step = file.vm.resume(&mut self.fiber, Resumed::With(answer_value(answer)));
        step_of(file, step)
    }

    /// Its time is over: it stops now, whatever it is at, doing what `on_stop` says. No `except Exception` holds it up.
    pub fn stop(&mut self, file: &mut Locustfile) -> UserStep {
        let class = file.vm.import("_locust_core").ok().flatten().and_then(|core| core.get(intern("_TimeIsOver")));
        let Some(class) = class else { return UserStep::Gone };
        let raise = match file.vm.call_sync(&class, Args::default()) {
            Ok(exception) => swarmgate_python::Raise::exception(exception),
            Err(raise) => raise,
        };
        let step = file.vm.resume(&mut self.fiber, Resumed::Raising(raise));
        step_of(file, step)
    }

    /// How many bytes its calls take, about; what they refer to is not in it.
    pub fn held_bytes(&self) -> usize {
        self.fiber.held_bytes()
    }
}

fn step_of(file: &mut Locustfile, step: Step) -> UserStep {
    match step {
        Step::Waits(HostCall::Sleep(seconds)) => UserStep::Sleep(seconds),
        Step::Waits(HostCall::Other(call)) => match call.downcast::<Exchange>() {
            Ok(exchange) => UserStep::Exchange(exchange),
            Err(_) => UserStep::Unsupported("an unknown call of the host".to_owned()),
        },
        Step::Returned(_) => UserStep::Gone,
        Step::Raised(exception) => UserStep::Failed(file.vm.traceback_text(&exception)),
        Step::Ended(fatal) if fatal.kind == Kind::Unsupported => UserStep::Unsupported(fatal_text(&fatal)),
        Step::Ended(fatal) => UserStep::Ended(fatal_text(&fatal)),
    }
}
