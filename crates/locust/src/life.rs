//! What of the classes in Python a life goes through: which task is next, and how long the wait is.

use std::rc::Rc;

use swarmgate_python::{Args, Instance, Module, Res, Sym, Value, Vm, intern};

use crate::waits::Wait;

/// Names and functions that lives need, and what plain ones are known by.
pub struct Life {
    state: Sym,
    task_set: Sym,
    queue: Sym,
    tasks: Sym,
    wait_time: Sym,
    running: Value,
    waiting: Value,
    /// `User.wait_time`: none at all.
    no_wait: Value,
    choice: Value,
    pub(crate) begin: Value,
    pub(crate) leave: Value,
    pub(crate) raised: Value,
    pub(crate) run_a_task: Value,
    pub(crate) pause: Value,
    pub(crate) time_is_over: Value,
}

/// What a user does next.
pub enum Task {
    /// This, with the user as its argument.
    Plain(Value),
    /// What Python makes of this; `None`: Python says what it is.
    Other(Value),
}

impl Life {
    /// Looks all of it up.
    ///
    /// # Errors
    /// Something is not there.
    pub fn new(vm: &mut Vm, core: &Module) -> Res<Self> {
        let choice = vm.import("random")?.and_then(|random| random.get(intern("choice")));
        let named = |name: &str| core.get(intern(name)).ok_or_else(|| vm.error("ImportError", format!("no {name}")));
        let text = |text: &str| Value::Str(intern(text).text());
        let no_wait = match named("User")? {
            Value::Class(class) => class.lookup(intern("wait_time")),
            _ => None,
        };
        Ok(Self {
            state: intern("_state"),
            task_set: intern("_taskset_instance"),
            queue: intern("_task_queue"),
            tasks: intern("tasks"),
            wait_time: intern("wait_time"),
            running: text("running"),
            waiting: text("waiting"),
            no_wait: no_wait.unwrap_or(Value::None),
            choice: choice.unwrap_or(Value::None),
            begin: named("_begin")?,
            leave: named("_leave")?,
            raised: named("_raised")?,
            run_a_task: named("_run_a_task")?,
            pause: named("_pause")?,
            time_is_over: named("_TimeIsOver")?,
        })
    }

    /// Whether the user was told to stop, by itself or by others.
    pub fn is_stopping(&self, user: &Instance) -> bool {
        matches!(user.attrs.borrow().get(self.state), Some(Value::Str(state)) if state.as_str() == "stopping")
    }

    /// Says that it waits now.
    pub fn set_waiting(&self, user: &Instance) {
        user.set(self.state, self.waiting.clone());
    }

    /// Says that it works now.
    pub fn set_running(&self, user: &Instance) {
        user.set(self.state, self.running.clone());
    }

    /// What is next: what was scheduled, or one of the tasks by chance.
    pub fn next_task(&self, vm: &mut Vm, user: &Rc<Instance>) -> Res<Task> {
        if let Some(Value::Instance(tasks)) = user.get(self.task_set)
            && !matches!(tasks.get(self.queue), Some(Value::List(queue)) if queue.borrow().is_empty())
        {
            return Ok(Task::Other(Value::None));
        }
        let tasks = user.get(self.tasks).or_else(|| user.class.lookup(self.tasks));
        let chosen = match &tasks {
            Some(Value::List(list)) if list.borrow().len() == 1 => list.borrow().first().cloned(),
            Some(all @ Value::List(list)) if !list.borrow().is_empty() => {
                Some(vm.call_sync(&self.choice, Args::of([all.clone()]))?)
            }
            _ => None,
        };
        Ok(match chosen {
            Some(task @ Value::Func(_)) => Task::Plain(task),
            Some(task) => Task::Other(task),
            None => Task::Other(Value::None),
        })
    }

    /// How long the wait is, in seconds; `None` where Python must say.
    pub fn wait(&self, vm: &mut Vm, user: &Instance) -> Res<Option<f64>> {
        if user.attrs.borrow().get(self.wait_time).is_some() {
            return Ok(None);
        }
        let found = user.class.lookup(self.wait_time);
        match (&found, &self.no_wait) {
            (Some(Value::Func(found)), Value::Func(none)) if Rc::ptr_eq(found, none) => Ok(Some(0.0)),
            (Some(found), _) => found.cast::<Wait>().map(|wait| wait.seconds(vm)).transpose(),
            (None, _) => Ok(None),
        }
    }

    /// The exception that ends whatever a user is at.
    ///
    /// # Errors
    /// It can't be made.
    pub fn over(&self, vm: &mut Vm) -> Res<Value> {
        vm.call_sync(&self.time_is_over, Args::default())
    }
}
