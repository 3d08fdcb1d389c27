//! A locustfile in a machine of its own.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use swarmgate_python::{
    Args, Fiber, HostCall, Kind, MAIN_MODULE, Module, Refusal, Resumed, Step, Value, Vm, VmLimits, intern,
};

use crate::asked::Ask;
use crate::engine::{Call, Report, Shared, answer_value};
use crate::files::is_python;
use crate::host::{Inhabited, World};
use crate::life::Life;
use crate::stats::Stats;
use crate::{modules, session};

/// What a test is run with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Goes before what the classes say.
    pub host: Option<String>,
    /// Only tasks with one of these tags.
    pub tags: Vec<String>,
    /// No tasks with one of these tags.
    pub exclude_tags: Vec<String>,
    /// What `environment.parsed_options` shows beside the host.
    pub users: u64,
}

/// Why a locustfile can't be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It has parts that can't work here.
    #[error("{} part(s) of the locustfile can't be run", .0.len())]
    Refused(Vec<Refusal>),
    /// Running it raised an exception, whose traceback this is.
    #[error("{0}")]
    Raised(String),
    /// It needs what is not there.
    #[error("{0}")]
    Unsupported(String),
    /// There is no class of users in it.
    #[error("no User class found: derive a class from HttpUser with at least one @task")]
    NoUsers,
}

/// A class of users.
#[derive(Clone, Debug)]
pub struct UserClass {
    /// Its name.
    pub name: String,
    /// Its share among the others.
    pub weight: f64,
    /// How many there are whatever the others; 0: as many as the weight says.
    pub fixed_count: u64,
    /// Where its requests go, where it says so.
    pub host: Option<String>,
    pub(crate) class: Value,
}

/// What a shape says for a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeTick {
    /// Users that there should be.
    pub users: f64,
    /// Users per second until then.
    pub spawn_rate: f64,
}

/// A locustfile, loaded. Its module's names are shared by all of its users.
pub struct Locustfile {
    pub(crate) vm: Vm,
    pub(crate) shared: Rc<RefCell<Shared>>,
    core: Rc<Module>,
    classes: Vec<UserClass>,
    shape: Option<Value>,
    pub(crate) life: Rc<Life>,
    /// Of users that wait between their tasks.
    pub(crate) spare: Vec<Fiber>,
    /// What was spawned as the file was loaded, and waits.
    begun: VecDeque<(u64, Fiber)>,
    ask: Ask,
}

/// A call that is to run beside the one that spawned it: gevent's greenlets, and threads, which with Locust are that.
#[derive(Debug)]
pub struct Spawned {
    /// Which it is.
    pub number: u64,
    pub(crate) what: SpawnedWork,
}

/// How far it is.
#[derive(Debug)]
pub(crate) enum SpawnedWork {
    ToStart(Value),
    Waits(Fiber),
}

/// What is done before and after the test may wait so often; its waits take no time, and there may be nothing that ends them.
const MOST_WAITS: usize = 100_000;

impl Locustfile {
    /// Loads `source`, which is the file `name`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(
        name: &str,
        source: &str,
        world: World,
        options: &Options,
        limits: VmLimits,
    ) -> Result<Self, LoadError> {
        let refusals = crate::check::check(name, source, &world.files);
        if !refusals.is_empty() {
            return Err(LoadError::Refused(refusals));
        }
        // A word of the source or of a file with it: what they can't name, they can't ask for.
        let names_stats = source.contains("stats")
            || world
                .files
                .iter()
                .any(|(path, content)| is_python(path) && String::from_utf8_lossy(content).contains("stats"));
        let ask = Rc::clone(&world.ask);
        let mut vm = Vm::new(Box::new(Inhabited::new(world)), limits);
        vm.set_main_file(name);
        let shared = Rc::new(RefCell::new(Shared { host: options.host.clone(), ..Shared::default() }));
        shared.borrow_mut().options = parsed_options(options);
        shared.borrow_mut().stats = names_stats.then(|| Stats::starting(crate::stats::seconds(&vm)));
        vm.state.embedding = Some(Box::new(Rc::clone(&shared)));
        modules::install(&mut vm);
        let core = vm.import("_locust_core").map_err(|raise| failure(&mut vm, raise))?;
        let core = core.ok_or_else(|| LoadError::Raised("the classes of Locust did not load".to_owned()))?;
        session::install(&mut vm, &core, &shared).map_err(|raise| failure(&mut vm, raise))?;
        let life = Life::new(&mut vm, &core).map_err(|raise| failure(&mut vm, raise))?;
        let module = Rc::new(Module::new(MAIN_MODULE));
        vm.add_module(Rc::clone(&module));
        let function = vm.load_source(&module, name, source).map_err(|raise| failure(&mut vm, raise))?;
        let mut file = Self {
            vm,
            shared,
            core,
            classes: Vec::new(),
            shape: None,
            life: Rc::new(life),
            spare: Vec::new(),
            begun: VecDeque::new(),
            ask,
        };
        file.finish(&Value::Func(function), Args::default())?;
        file.find_classes(&module, options)?;
        file.fire("init", &["environment"])?;
        Ok(file)
    }

    /// Runs something to its end; waits count as over at once. What it spawned goes on meanwhile, where it waits for that.
    fn finish(&mut self, callee: &Value, args: Args) -> Result<Value, LoadError> {
        let mut fiber = Fiber::default();
        let mut step = self.vm.start(&mut fiber, callee, args);
        let mut spent = 0;
        for _ in 0..MOST_WAITS {
            spent += self.vm.spent();
            if spent > self.vm.limits().instructions {
                return Err(LoadError::Unsupported("more instructions than before a test are allowed".to_owned()));
            }
            match step {
                Step::Waits(HostCall::Sleep(_)) => {
                    self.go_on_with_spawned()?;
                    step = self.vm.resume(&mut fiber, Resumed::With(Value::None));
                }
                Step::Waits(HostCall::Other(call)) => step = self.ask(&mut fiber, call)?,
                Step::Returned(value) => return Ok(value),
                Step::Raised(exception) => return Err(LoadError::Raised(self.vm.traceback_text(&exception))),
                Step::Ended(fatal) => return Err(LoadError::Unsupported(fatal_text(&fatal))),
            }
        }
        Err(LoadError::Unsupported(format!("more than {MOST_WAITS} waits before the test, which take no time there")))
    }

    /// Goes on with the answer to a request that is sent where no user is.
    fn ask(&mut self, fiber: &mut Fiber, call: Box<dyn std::any::Any>) -> Result<Step, LoadError> {
        let Ok(call) = call.downcast::<Call>() else {
            return Err(LoadError::Unsupported("an unknown call of the host".to_owned()));
        };
        let Call { exchange, then } = *call;
        let answer = (self.ask)(&exchange)
            .map_err(|why| LoadError::Unsupported(format!("{why}, or run it with a real Locust: --engine locust")))?;
        Ok(match then {
            Some(then) => session::answered(&mut self.vm, fiber, exchange, then, answer),
            None => self.vm.resume(fiber, Resumed::With(answer_value(answer))),
        })
    }

    /// Starts what was spawned, and lets each go on to its next wait.
    fn go_on_with_spawned(&mut self) -> Result<(), LoadError> {
        let mut all: Vec<Spawned> = std::iter::from_fn(|| self.next_spawned()).collect();
        let killed = self.take_killed();
        all.retain(|spawned| !killed.contains(&spawned.number));
        for Spawned { number, what } in all {
            let (mut fiber, mut step) = match what {
                SpawnedWork::ToStart(callable) => {
                    let mut fiber = Fiber::default();
                    let step = self.vm.start(&mut fiber, &callable, Args::default());
                    (fiber, step)
                }
                SpawnedWork::Waits(mut fiber) => {
                    let step = self.vm.resume(&mut fiber, Resumed::With(Value::None));
                    (fiber, step)
                }
            };
            while let Step::Waits(HostCall::Other(call)) = step {
                step = self.ask(&mut fiber, call)?;
            }
            match step {
                Step::Waits(_) => self.begun.push_back((number, fiber)),
                Step::Returned(_) | Step::Raised(_) => {}
                Step::Ended(fatal) => return Err(LoadError::Unsupported(fatal_text(&fatal))),
            }
        }
        Ok(())
    }

    /// The next that was spawned and that nobody runs yet.
    pub fn next_spawned(&mut self) -> Option<Spawned> {
        if let Some((number, fiber)) = self.begun.pop_front() {
            return Some(Spawned { number, what: SpawnedWork::Waits(fiber) });
        }
        let (number, callable) = self.vm.state.spawned.pop_front()?;
        Some(Spawned { number, what: SpawnedWork::ToStart(callable) })
    }

    /// The numbers of those that are to stop.
    pub fn take_killed(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.vm.state.killed)
    }

    fn core(&self, name: &str) -> Value {
        self.core.get(intern(name)).unwrap_or(Value::None)
    }

    fn find_classes(&mut self, module: &Module, options: &Options) -> Result<(), LoadError> {
        let pair = |(name, value): (swarmgate_python::Sym, Value)| Value::tuple(vec![Value::Str(name.text()), value]);
        let names = Value::list(module.names().into_iter().map(pair).collect());
        let texts = |list: &[String]| Value::list(list.iter().map(|tag| Value::str(tag.clone())).collect());
        let find = self.core("_user_classes");
        let args =
            Args::of([names.clone(), Value::str(MAIN_MODULE), texts(&options.tags), texts(&options.exclude_tags)]);
        let found = self.finish(&find, args)?;
        let found = self.vm.collect(&found).map_err(|raise| failure(&mut self.vm, raise))?;
        for class in found {
            let mut number = |name: &str| match self.vm.attr(&class, intern(name)) {
                #[expect(clippy::cast_precision_loss, reason = "weights are small")]
                Ok(Value::Int(n)) => n as f64,
                Ok(Value::Float(x)) => x,
                _ => 0.0,
            };
            let (weight, fixed) = (number("weight"), number("fixed_count"));
            let host = self
                .vm
                .attr(&class, intern("host"))
                .ok()
                .and_then(|host| host.as_text().map(|text| text.as_str().to_owned()));
            let name = if let Value::Class(class) = &class { class.name.clone() } else { String::new() };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "counts are small, and negative ones are none"
            )]
            let fixed_count = fixed.max(0.0) as u64;
            self.classes.push(UserClass { name, weight, fixed_count, host, class });
        }
        if self.classes.is_empty() {
            return Err(LoadError::NoUsers);
        }
        let shape = self.core("_shape");
        let shape = self.finish(&shape, Args::of([names]))?;
        self.shape = Some(shape).filter(|shape| !shape.is_none());
        Ok(())
    }

    /// Its classes of users.
    pub fn classes(&self) -> &[UserClass] {
        &self.classes
    }

    /// Tells the listeners of an event of the test: `init`, `test_start`, `test_stop`, `spawning_complete`, `quitting`.
    ///
    /// # Errors
    /// It needs what is not there.
    pub fn fire(&mut self, event: &str, arguments: &[&str]) -> Result<(), LoadError> {
        let events = self.core("events");
        let hook = self.vm.attr(&events, intern(event)).map_err(|raise| failure(&mut self.vm, raise))?;
        let fire = self.vm.attr(&hook, intern("fire")).map_err(|raise| failure(&mut self.vm, raise))?;
        let environment = self.core("environment");
        let runner = self.vm.attr(&environment, intern("runner")).unwrap_or(Value::None);
        let mut args = Args::default();
        for name in arguments {
            let value = match *name {
                "runner" => runner.clone(),
                "user_count" => Value::Int(self.shared.borrow().user_count),
                _ => environment.clone(),
            };
            args.kw.push((intern(name), value));
        }
        if event == "init" {
            args.kw.push((intern("runner"), runner));
            args.kw.push((intern("web_ui"), Value::None));
        }
        self.finish(&fire, args).map(drop)
    }

    /// What tells the listeners of an event.
    pub(crate) fn teller(&self) -> Value {
        self.core("_fire_event")
    }

    /// What of the command line its listeners of `init_command_line_parser` did not take.
    pub fn untaken_arguments(&mut self) -> Vec<String> {
        let environment = self.core("environment");
        let untaken = self.vm.attr(&environment, intern("_untaken"));
        let untaken = untaken.and_then(|untaken| self.vm.collect(&untaken)).unwrap_or_default();
        untaken.iter().filter_map(|word| word.as_text().map(|text| text.as_str().to_owned())).collect()
    }

    /// The exit code that the locustfile asked for.
    pub fn exit_code(&mut self) -> Option<i64> {
        let environment = self.core("environment");
        match self.vm.attr(&environment, intern("process_exit_code")) {
            Ok(Value::Int(code)) => Some(code),
            _ => None,
        }
    }

    /// What the shape says at `seconds` of the test; `None`: there is no shape, or it says that the test is over.
    ///
    /// # Errors
    /// What it raises.
    pub fn tick(&mut self, seconds: f64, users: u64) -> Result<Option<ShapeTick>, LoadError> {
        let Some(shape) = self.shape.clone() else { return Ok(None) };
        self.set_moment(seconds, users);
        let tick = self.vm.attr(&shape, intern("tick")).map_err(|raise| failure(&mut self.vm, raise))?;
        let said = self.finish(&tick, Args::default())?;
        if said.is_none() {
            return Ok(None);
        }
        let parts = self.vm.collect(&said).map_err(|raise| failure(&mut self.vm, raise))?;
        let number = |value: Option<&Value>| match value {
            #[expect(clippy::cast_precision_loss, reason = "counts of users are small")]
            Some(Value::Int(n)) => *n as f64,
            Some(Value::Float(x)) => *x,
            _ => 0.0,
        };
        Ok(Some(ShapeTick { users: number(parts.first()), spawn_rate: number(parts.get(1)) }))
    }

    /// Whether it has a shape.
    pub fn has_shape(&self) -> bool {
        self.shape.is_some()
    }

    /// What was counted since the last time.
    pub fn reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.shared.borrow_mut().reports).into()
    }

    /// The first of what was counted and not taken yet.
    pub fn next_report(&mut self) -> Option<Report> {
        self.shared.borrow_mut().reports.pop_front()
    }

    /// Exceptions in tasks since the last time: the line, and the traceback.
    pub fn user_errors(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.shared.borrow_mut().user_errors)
    }

    /// Whether the locustfile asked for the test to end.
    pub fn wants_stop(&self) -> bool {
        self.shared.borrow().stop.is_some()
    }

    /// What `get_run_time()` and the number of users are now: seconds of the test, users of this machine.
    pub fn set_moment(&mut self, seconds: f64, users: u64) {
        let mut shared = self.shared.borrow_mut();
        shared.run_time = seconds;
        shared.user_count = i64::try_from(users).unwrap_or(i64::MAX);
    }
}

fn parsed_options(options: &Options) -> Vec<(String, Value)> {
    let text = |text: &Option<String>| text.clone().map_or(Value::None, Value::str);
    let list = |tags: &[String]| Value::list(tags.iter().map(|tag| Value::str(tag.clone())).collect());
    vec![
        ("host".to_owned(), text(&options.host)),
        ("num_users".to_owned(), Value::Int(i64::try_from(options.users).unwrap_or(i64::MAX))),
        ("users".to_owned(), Value::Int(i64::try_from(options.users).unwrap_or(i64::MAX))),
        ("tags".to_owned(), list(&options.tags)),
        ("exclude_tags".to_owned(), list(&options.exclude_tags)),
        ("headless".to_owned(), Value::Bool(true)),
    ]
}

/// Why a fiber was ended, with its place.
pub fn fatal_text(fatal: &swarmgate_python::Fatal) -> String {
    let own = fatal.trace.iter().rev().find(|entry| !entry.file.starts_with('<'));
    let place = own.map(|entry| format!("{}:{}: ", entry.file, entry.line)).unwrap_or_default();
    let hint = match fatal.kind {
        Kind::Unsupported => "; run it with a real Locust: --engine locust",
        Kind::Instructions | Kind::Memory => "",
    };
    format!("{place}{}{hint}", fatal.message)
}

fn failure(vm: &mut Vm, raise: swarmgate_python::Raise) -> LoadError {
    match *raise.0 {
        swarmgate_python::RaiseKind::Exception(exception) => LoadError::Raised(vm.traceback_text(&exception)),
        swarmgate_python::RaiseKind::Fatal(fatal) => LoadError::Unsupported(fatal_text(&fatal)),
    }
}
