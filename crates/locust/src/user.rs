//! One user at work.
//!
//! The life of a user is of Rust: it begins, does a task, waits, does the next, and leaves. Only the task itself is a call of
//! Python, so who waits between two tasks holds no calls at all.

use std::rc::Rc;

use swarmgate_python::{Args, Fiber, HostCall, Instance, Kind, Raise, RaiseKind, Resumed, Step, Value};

use crate::engine::{Call, answer_value};
use crate::exchange::{Answer, AnswerError, Exchange};
use crate::life::Task;
use crate::load::{Locustfile, Spawned, SpawnedWork, fatal_text};
use crate::session;

/// More calls that nobody needs at the moment are not kept.
const MOST_SPARE: usize = 64;

/// A user whose calls never wait is ended after so many.
const MOST_CALLS: usize = 100_000;

/// A user.
#[derive(Debug, Default)]
pub struct LocustUser {
    stage: Stage,
    fiber: Fiber,
    user: Option<Rc<Instance>>,
    /// What it waits for, where that is an answer.
    call: Option<Box<Call>>,
}

/// What a user is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// It is made, and does what `on_start` says.
    #[default]
    Begin,
    /// A task.
    Task,
    /// A wait of which Python needs to know nothing.
    Wait,
    /// A wait that is a call of Python; whether it follows an error.
    Pause { after_error: bool },
    /// What becomes of an exception that left a task.
    Raised,
    /// What `on_stop` says.
    Leave,
    /// No user at all: a call that another one spawned.
    Spawned,
}

/// What a user asks for, or what became of it.
#[derive(Debug)]
pub enum UserStep {
    /// Nothing for so many seconds; then [`LocustUser::waited`].
    Sleep(f64),
    /// A request; then [`LocustUser::answered`].
    Exchange(Rc<Exchange>),
    /// It stopped of its own accord.
    Gone,
    /// An exception that nobody caught ended it: the traceback.
    Failed(String),
    /// It was ended for running too long or wanting too much memory.
    Ended(String),
    /// It needs what is not there: the test must not go on.
    Unsupported(String),
}

/// What to do next: look what a call came to, or tell the engine.
enum Next {
    Look(Step),
    Tell(UserStep),
}

impl LocustUser {
    /// Starts a user of the class at `class` of [`Locustfile::classes`].
    pub fn start(&mut self, file: &mut Locustfile, class: usize) -> UserStep {
        let Some(class) = file.classes().get(class).map(|class| class.class.clone()) else { return UserStep::Gone };
        let begin = file.life.begin.clone();
        let next = self.call(file, Stage::Begin, &begin, [class]);
        self.go_on(file, next)
    }

    /// Tells the listeners of an event, in place of a user's life: they may wait, and ask for something. Then it is gone.
    pub fn listen(&mut self, file: &mut Locustfile, event: &str) -> UserStep {
        let teller = file.teller();
        let next = self.call(file, Stage::Begin, &teller, [Value::str(event)]);
        self.go_on(file, next)
    }

    /// Runs what was spawned, in place of a user's life. Then it is gone.
    pub fn run_spawned(&mut self, file: &mut Locustfile, spawned: Spawned) -> UserStep {
        let next = match spawned.what {
            SpawnedWork::ToStart(callable) => self.call(file, Stage::Spawned, &callable, []),
            SpawnedWork::Waits(fiber) => {
                (self.stage, self.fiber) = (Stage::Spawned, fiber);
                Next::Look(file.vm.resume(&mut self.fiber, Resumed::With(Value::None)))
            }
        };
        self.go_on(file, next)
    }

    /// Its wait is over.
    pub fn waited(&mut self, file: &mut Locustfile) -> UserStep {
        let next = match (self.stage, self.user.clone()) {
            (Stage::Wait, Some(user)) => {
                if file.life.is_stopping(&user) {
                    self.leave(file)
                } else {
                    file.life.set_running(&user);
                    self.task(file, &user)
                }
            }
            _ => Next::Look(file.vm.resume(&mut self.fiber, Resumed::With(Value::None))),
        };
        self.go_on(file, next)
    }

    /// Its request is answered.
    pub fn answered(&mut self, file: &mut Locustfile, answer: Result<Answer, AnswerError>) -> UserStep {
        let call = self.call.take().map(|call| *call);
        let step = match call {
            Some(Call { exchange, then: Some(then) }) => {
                session::answered(&mut file.vm, &mut self.fiber, exchange, then, answer)
            }
            _ => file.vm.resume(&mut self.fiber, Resumed::With(answer_value(answer))),
        };
        self.go_on(file, Next::Look(step))
    }

    /// Its time is over: it stops now, whatever it is at, doing what `on_stop` says. No `except Exception` holds it up.
    pub fn stop(&mut self, file: &mut Locustfile) -> UserStep {
        self.call = None;
        let next = match self.stage {
            Stage::Wait => self.leave(file),
            Stage::Leave => return UserStep::Gone,
            _ => {
                let life = Rc::clone(&file.life);
                let raise = life.over(&mut file.vm).map_or_else(|raise| raise, Raise::exception);
                Next::Look(file.vm.resume(&mut self.fiber, Resumed::Raising(raise)))
            }
        };
        self.go_on(file, next)
    }

    fn call<const N: usize>(&mut self, file: &mut Locustfile, stage: Stage, callee: &Value, args: [Value; N]) -> Next {
        self.stage = stage;
        Next::Look(file.vm.start(&mut self.fiber, callee, Args::of(args)))
    }

    fn go_on(&mut self, file: &mut Locustfile, mut next: Next) -> UserStep {
        let mut calls = 0;
        loop {
            calls += 1;
            if calls > MOST_CALLS {
                let why =
                    format!("more than {MOST_CALLS} tasks without a wait or a request: does each ask for the next?");
                return UserStep::Ended(why);
            }
            let step = match next {
                Next::Tell(told) => return told,
                Next::Look(step) => step,
            };
            next = match (step, self.stage) {
                (Step::Waits(HostCall::Sleep(seconds)), _) => Next::Tell(UserStep::Sleep(seconds)),
                (Step::Waits(HostCall::Other(call)), _) => Next::Tell(match call.downcast::<Call>() {
                    Ok(call) => {
                        let exchange = Rc::clone(&call.exchange);
                        self.call = Some(call);
                        UserStep::Exchange(exchange)
                    }
                    Err(_) => UserStep::Unsupported("an unknown call of the host".to_owned()),
                }),
                (Step::Ended(fatal), _) if fatal.kind == Kind::Unsupported => {
                    Next::Tell(UserStep::Unsupported(fatal_text(&fatal)))
                }
                (Step::Ended(fatal), _) => Next::Tell(UserStep::Ended(fatal_text(&fatal))),
                // What left it is said by whoever waits for it, or was logged.
                (Step::Returned(_) | Step::Raised(_), Stage::Spawned) => Next::Tell(UserStep::Gone),
                (step, stage) => match self.user.clone() {
                    Some(user) => self.after(file, stage, step, &user),
                    None => self.begun(file, step),
                },
            };
        }
    }

    /// A call that made the user is over.
    fn begun(&mut self, file: &mut Locustfile, step: Step) -> Next {
        match step {
            Step::Returned(Value::Instance(user)) => {
                self.user = Some(Rc::clone(&user));
                self.task(file, &user)
            }
            Step::Raised(exception) => Next::Tell(UserStep::Failed(file.vm.traceback_text(&exception))),
            _ => Next::Tell(UserStep::Gone),
        }
    }

    /// A call of the user's life is over.
    fn after(&mut self, file: &mut Locustfile, stage: Stage, step: Step, user: &Rc<Instance>) -> Next {
        match (stage, step) {
            (Stage::Task | Stage::Pause { after_error: false }, Step::Raised(exception)) => {
                let raised = file.life.raised.clone();
                self.call(file, Stage::Raised, &raised, [Value::Instance(Rc::clone(user)), exception])
            }
            (_, Step::Raised(exception)) => Next::Tell(UserStep::Failed(file.vm.traceback_text(&exception))),
            (Stage::Task, _) => self.wait(file, user, false),
            (Stage::Raised, Step::Returned(Value::Bool(true))) => self.wait(file, user, true),
            (Stage::Pause { .. }, _) | (Stage::Raised, Step::Returned(Value::Bool(false))) => self.task(file, user),
            (Stage::Raised | Stage::Begin | Stage::Leave | Stage::Wait | Stage::Spawned, _) => {
                Next::Tell(UserStep::Gone)
            }
        }
    }

    fn task(&mut self, file: &mut Locustfile, user: &Rc<Instance>) -> Next {
        let life = Rc::clone(&file.life);
        if life.is_stopping(user) {
            return self.leave(file);
        }
        if let Some(fiber) = file.spare.pop() {
            self.fiber = fiber;
        }
        match life.next_task(&mut file.vm, user) {
            Ok(Task::Plain(task)) => self.call(file, Stage::Task, &task, [Value::Instance(Rc::clone(user))]),
            Ok(Task::Other(task)) => {
                self.call(file, Stage::Task, &life.run_a_task, [Value::Instance(Rc::clone(user)), task])
            }
            Err(raise) => self.failed(raise),
        }
    }

    fn wait(&mut self, file: &mut Locustfile, user: &Rc<Instance>, after_error: bool) -> Next {
        let life = Rc::clone(&file.life);
        if life.is_stopping(user) {
            return self.leave(file);
        }
        match life.wait(&mut file.vm, user) {
            Ok(Some(seconds)) => {
                life.set_waiting(user);
                self.stage = Stage::Wait;
                if file.spare.len() < MOST_SPARE {
                    file.spare.push(std::mem::take(&mut self.fiber));
                } else {
                    self.fiber = Fiber::default();
                }
                Next::Tell(UserStep::Sleep(seconds.max(0.0)))
            }
            Ok(None) => {
                let user = Value::Instance(Rc::clone(user));
                self.call(file, Stage::Pause { after_error }, &life.pause, [user])
            }
            Err(raise) => self.failed(raise),
        }
    }

    fn leave(&mut self, file: &mut Locustfile) -> Next {
        let Some(user) = self.user.clone() else { return Next::Tell(UserStep::Gone) };
        let leave = file.life.leave.clone();
        self.call(file, Stage::Leave, &leave, [Value::Instance(user)])
    }

    fn failed(&mut self, raise: Raise) -> Next {
        self.stage = Stage::Task;
        Next::Look(match *raise.0 {
            RaiseKind::Exception(exception) => Step::Raised(exception),
            RaiseKind::Fatal(fatal) => Step::Ended(fatal),
        })
    }
}
