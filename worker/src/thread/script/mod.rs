//! Users written in Python: a locustfile on a load thread.
//!
//! [`ScriptHost`] is the locustfile in its machine, one for the thread; all its users share it, as with Locust. A user runs until it
//! asks for a wait or an exchange ([`life`]); an exchange is one request over the thread's connections ([`exchange`]), without
//! redirects and cookies: those are the script's. What the script counts goes to the recorder under names that come up as it
//! runs ([`names`]). What heads of answers say is read once for many of them ([`heads`]). What a script spawns, and what its listeners do at the end, is worked for as helpers, which are no users.

mod exchange;
mod heads;
mod life;
mod names;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use swarmgate_domain::{Micros, Script};
use swarmgate_locust::{
    Files, LoadError, LocustUser, Locustfile, Options, Spawned, UserStep, World, ask_again, shown_environment,
};
use swarmgate_python::VmLimits;
use swarmgate_service::ports::{EngineError, WantsEnd};

use super::recorder::Tally;
use crate::failure::Failure;
use crate::net::OriginId;
use crate::{clock, script_log};
use heads::Heads;
use names::Names;

pub use exchange::ScriptWire;
pub use life::work_for;

/// A locustfile and what its users share.
pub struct ScriptHost {
    file: RefCell<Locustfile>,
    names: RefCell<Names>,
    heads: Heads,
    /// Servers by what stands before the path in URLs: those whose certificates are not checked, and the others.
    origins: [RefCell<FxHashMap<String, OriginId>>; 2],
    /// Indices of the locustfile's classes: those with a fixed count, each as often as it says, then go the others by weight.
    fixed: Vec<usize>,
    weighted: Vec<(f64, usize)>,
    /// How the script wants the test to end.
    wants_end: RefCell<Option<WantsEnd>>,
    has_asked_to_stop: Cell<bool>,
    has_spawned: Cell<bool>,
    beginning: Cell<Told>,
    ending: Cell<Told>,
    /// The ids of helpers for what was spawned, with its numbers.
    spawned: RefCell<FxHashMap<u32, u64>>,
}

/// How far the listeners of an event are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is to come.
    ToCome,
    /// They are at it.
    Under,
    /// They are done.
    Over,
}

/// What a user of a script is, beside what every user is.
#[derive(Debug, Default)]
pub struct ScriptUser {
    python: LocustUser,
    part: Part,
    /// Whether it was started.
    started: bool,
    /// Requests that were answered and not counted yet, the latest last: the script counts each when it is done with it.
    uncounted: Vec<Uncounted>,
}

/// What somebody at work is.
#[derive(Debug, Default)]
enum Part {
    #[default]
    User,
    /// What is to be run beside the users.
    Spawned(Option<Spawned>),
    /// Tells the listeners that the test is over.
    Ending,
}

/// A request that was answered.
#[derive(Debug)]
struct Uncounted {
    tally: Tally,
    due: Micros,
    done: Micros,
    trouble: Option<Failure>,
}

impl ScriptHost {
    /// Loads `script`; `users` is what the script sees as their number.
    ///
    /// # Errors
    /// [`EngineError`]: it can't be run here.
    pub fn load(script: &Script, users: u32) -> Result<Self, EngineError> {
        let bad = |reason: String, hint: &str| EngineError {
            attempted: format!("loading {}", script.main),
            reason,
            hint: hint.to_owned(),
        };
        let files = Files::new(script.files.iter().map(|(path, file)| (path.clone(), Arc::clone(&file.0))));
        let source = script.files.get(&script.main).map(|file| String::from_utf8_lossy(&file.0).into_owned());
        let source =
            source.ok_or_else(|| bad("it is not among the script's files".to_owned(), "start the test anew"))?;
        let options = Options {
            host: script.host.clone(),
            tags: script.tags.clone(),
            exclude_tags: script.exclude_tags.clone(),
            users: u64::from(users),
        };
        let loaded = Locustfile::load(&script.main, &source, world(files, script), &options, VmLimits::default());
        let file = loaded.map_err(|error| match error {
            LoadError::Refused(refusals) => {
                let all: Vec<_> = refusals.iter().map(ToString::to_string).collect();
                bad(all.join("; "), "`swarmgate validate` shows what to do about each")
            }
            LoadError::Raised(_) => bad(error.to_string(), "see that it loads with a Locust, too"),
            LoadError::Unsupported(_) | LoadError::NoUsers => bad(error.to_string(), "see docs/locustfiles.md"),
        })?;
        let wanted = |name: &str| script.classes.is_empty() || script.classes.iter().any(|class| class == name);
        let (mut fixed, mut weighted, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for (index, class) in file.classes().iter().enumerate().filter(|(_, class)| wanted(&class.name)) {
            let count = usize::try_from(class.fixed_count).unwrap_or(usize::MAX);
            if count > 0 {
                fixed.extend(std::iter::repeat_n(index, count.min(1 << 20)));
            } else if class.weight > 0.0 {
                sum += class.weight;
                weighted.push((sum, index));
            }
        }
        if fixed.is_empty() && weighted.is_empty() {
            let names: Vec<_> = file.classes().iter().map(|class| class.name.as_str()).collect();
            let reason = format!("no class of users is left to run, there are {}", names.join(", "));
            return Err(bad(reason, "name one of them, or none"));
        }
        Ok(Self {
            file: RefCell::new(file),
            names: RefCell::default(),
            heads: Heads::default(),
            origins: Default::default(),
            fixed,
            weighted,
            wants_end: RefCell::default(),
            has_asked_to_stop: Cell::new(false),
            has_spawned: Cell::new(false),
            beginning: Cell::new(Told::ToCome),
            ending: Cell::new(Told::ToCome),
            spawned: RefCell::default(),
        })
    }

    /// The class of user `number`; `None`: all classes have the users they want.
    fn class_of(&self, number: u32) -> Option<usize> {
        let number = crate::program::usize_of(number);
        if let Some(class) = self.fixed.get(number) {
            return Some(*class);
        }
        let sum = self.weighted.last()?.0;
        let place = crate::program::spread((number - self.fixed.len()) as u64) * sum;
        self.weighted.iter().find(|(until, _)| place < *until).or(self.weighted.last()).map(|(_, class)| *class)
    }

    /// Tells the listeners of an event of the test.
    ///
    /// # Errors
    /// What one of them needs and is not there, in words.
    pub fn fire(&self, event: &str) -> Result<(), String> {
        let mut file = self.file.borrow_mut();
        let arguments: &[&str] = if event == "spawning_complete" { &["user_count"] } else { &["environment"] };
        let told = file.fire(event, arguments).map_err(|error| format!("in a listener of {event}: {error}"));
        self.note_end(&file);
        told.inspect_err(|reason| script_log::error(reason))
    }

    /// How far the listeners are who are told that the test is over.
    pub fn ending(&self) -> Told {
        self.ending.get()
    }

    /// Who tells them, as somebody who may wait and ask for something.
    pub fn end(&self) -> ScriptUser {
        self.ending.set(Told::Under);
        ScriptUser { part: Part::Ending, ..ScriptUser::default() }
    }

    /// The helper with this id is gone.
    pub fn forget_helper(&self, id: u32) {
        self.spawned.borrow_mut().remove(&id);
    }

    /// The exit code that the script asked for.
    pub fn exit_code(&self) -> Option<i64> {
        self.file.borrow_mut().exit_code()
    }

    /// All users that are to come at the start are there.
    pub fn all_spawned(&self) {
        if self.beginning.get() == Told::Over
            && !self.has_spawned.replace(true)
            && let Err(reason) = self.fire("spawning_complete")
        {
            self.wants_end.borrow_mut().get_or_insert(WantsEnd::Fail { reason });
        }
    }

    /// How the script wants the test to end, once.
    pub fn take_end(&self) -> Option<WantsEnd> {
        self.wants_end.borrow_mut().take()
    }

    fn note_end(&self, file: &Locustfile) {
        if file.wants_stop() && !self.has_asked_to_stop.replace(true) {
            self.wants_end.borrow_mut().get_or_insert(WantsEnd::Stop);
        }
    }

    /// Runs a user on to where it waits.
    fn resume(&self, now: Micros, users: u64, act: impl FnOnce(&mut Locustfile) -> UserStep) -> UserStep {
        let mut file = self.file.borrow_mut();
        file.set_moment(now.as_secs_f64(), users);
        let step = act(&mut file);
        self.note_end(&file);
        step
    }
}

/// What a script sees of this machine: its own files, and the environment without the credentials of the machine.
fn world(files: Files, script: &Script) -> World {
    let monotonic = clock::Stopwatch::start();
    World {
        files,
        environment: shown_environment(std::env::vars()),
        arguments: [&["locust".to_owned()][..], &script.arguments].concat(),
        wall: Rc::new(clock::unix_nanos),
        monotonic: Rc::new(move || monotonic.nanos()),
        entropy: Rc::new(|| fastrand::u64(..)),
        log: script_log::sink(),
        ask: ask_again(&script.answers),
    }
}
