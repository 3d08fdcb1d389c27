//! What runs a locustfile: Swarmgate's own Python, or a Locust where that can't or is asked to.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use swarmgate_domain::ScriptAnswer;
use swarmgate_locust::{Held, LoadError, Locustfile, Options, ShapeTick, shape};
use swarmgate_locust_process::{
    Asked, Described, HOW_TO_INSTALL, LocustCommand, NotDescribed, NotInstalled, Preview, describe,
};

use super::{Source, load_file, refused};
use crate::args::{EngineArgs, EngineChoice};
use crate::exit::Failure;

/// A locustfile, loaded by what is to run it.
pub enum Chosen {
    /// By Swarmgate itself, with what came of the requests that it sent meanwhile.
    Native(Box<Locustfile>, Vec<ScriptAnswer>),
    /// By a Locust.
    Locust(ByLocust),
}

/// A locustfile as a Locust runs it.
#[derive(Debug)]
pub struct ByLocust {
    /// Which Locust.
    pub command: LocustCommand,
    /// What it says of the locustfile.
    pub described: Described,
    /// Why Swarmgate itself can't, a line each; empty where a Locust was asked for.
    pub why: Vec<String>,
}

impl ByLocust {
    /// What the report calls it.
    pub fn label(&self) -> String {
        format!("locust {} (Python {})", self.described.locust, self.described.python)
    }

    /// That a Locust runs the file, and why; `None` where it was asked for.
    pub fn note(&self) -> Option<String> {
        let lines: Vec<_> = self.why.iter().map(|line| format!("  {line}")).collect();
        let says = || format!("note: {} runs it, since the native engine can't:\n{}", self.label(), lines.join("\n"));
        (!lines.is_empty()).then(says)
    }

    /// What the locustfile holds. A shape that can't be asked beforehand is noted.
    ///
    /// # Errors
    /// The shape ends at once; in words.
    pub fn held(&self, notes: &mut Vec<String>) -> Result<Held, String> {
        let classes = self.described.classes.iter().map(|class| (class.name.clone(), class.host.clone())).collect();
        let curve = match &self.described.shape {
            None => None,
            Some(Preview { trouble: Some(trouble), .. }) => {
                notes.push(format!("note: the shape can't be asked before the test ({trouble}), so how long it lasts is not known: give --duration"));
                None
            }
            Some(Preview { ticks, .. }) => {
                let seconds = |(users, spawn_rate, seconds): &(f64, f64, u64)| {
                    std::iter::repeat_n(
                        ShapeTick { users: *users, spawn_rate: *spawn_rate },
                        usize::try_from(*seconds).unwrap_or(0),
                    )
                };
                let mut ticks = ticks.iter().flat_map(seconds);
                Some(shape::curve(|_, _| Ok(ticks.next()))?)
            }
        };
        Ok(Held { classes, curve })
    }
}

/// Loads the locustfile at `argument` by what is to run it.
///
/// # Errors
/// [`Failure`]: why it can't be run.
pub fn choose(
    argument: &str,
    source: &Source,
    options: &Options,
    asked: &Asked,
    args: &EngineArgs,
    clock: &Rc<Cell<u64>>,
) -> Result<Chosen, Failure> {
    if args.engine == EngineChoice::Locust {
        let command = args.find().map_err(|none| not_installed(&none))?;
        return by_locust(argument, command, asked, Vec::new()).map(Chosen::Locust);
    }
    let error = match load_file(source, options, &asked.arguments, clock) {
        Ok((file, asked)) => return Ok(Chosen::Native(Box::new(file), asked)),
        Err(error) => error,
    };
    let why = match &error {
        LoadError::Refused(refusals) => refusals.iter().map(ToString::to_string).collect(),
        LoadError::Unsupported(_) => vec![error.to_string()],
        // It may be that only the files beside it are seen here.
        LoadError::Raised(traceback) => vec![last_line(traceback)],
        LoadError::NoUsers => Vec::new(),
    };
    if args.engine == EngineChoice::Native || why.is_empty() {
        return Err(refused(source, error, args.engine));
    }
    match args.find() {
        Ok(command) => by_locust(argument, command, asked, why).map(Chosen::Locust),
        // Whoever named one wants to know that it is not there.
        Err(none @ NotInstalled::NotThere(_)) => Err(not_installed(&none)),
        Err(NotInstalled::Nowhere) => Err(refused(source, error, args.engine)),
    }
}

fn by_locust(argument: &str, command: LocustCommand, asked: &Asked, why: Vec<String>) -> Result<ByLocust, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::run(&error))?;
    match runtime.block_on(describe(&command, Path::new(argument), asked)) {
        Ok(described) => Ok(ByLocust { command, described, why }),
        Err(error) => {
            let mut messages: Vec<_> = why.iter().map(|why| format!("the native engine can't run it: {why}")).collect();
            messages.push(format!("locustfile `{argument}`: {error}"));
            let hint = match error {
                NotDescribed::Ended(_) => "see that it loads with `locust`, and that its packages are installed there",
                _ => HOW_TO_INSTALL,
            };
            Err(Failure::inputs(messages).with_hint(Some(hint.to_owned())))
        }
    }
}

fn not_installed(none: &NotInstalled) -> Failure {
    Failure::input(format!("--engine locust: {none}")).with_hint(Some(HOW_TO_INSTALL.to_owned()))
}

fn last_line(traceback: &str) -> String {
    traceback.trim_end().lines().last().unwrap_or_default().to_owned()
}
