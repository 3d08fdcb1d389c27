//! A locustfile as a scenario: read with the files that it needs, checked and loaded once before the test, so that what is wrong is
//! said at once.

mod asked;
pub mod csv;
mod engine;
mod settings;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use swarmgate_domain::{Micros, Script, ScriptAnswer, ScriptEngine, ScriptFile};
use swarmgate_locust::{Files, Held, LoadError, Locustfile, Options, World, ask_again, check};
use swarmgate_locust_process::{Asked, HOW_TO_INSTALL};
use swarmgate_python::{Refusal, VmLimits};

use crate::args::{EngineChoice, LoadArgs, LocustArgs};
use crate::exit::Failure;
use crate::input::{self, Loaded, RunByLocust};

pub use engine::{Chosen, choose};
pub use settings::Settings;

/// Whether `argument` names a locustfile.
pub fn is_locustfile(argument: &str) -> bool {
    Path::new(argument).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("py"))
}

/// A locustfile with the files beside it that it needs.
pub struct Source {
    /// Its file's name.
    main: String,
    /// What it says.
    text: String,
    files: Files,
}

impl Source {
    /// The name of the locustfile, and the texts of all files by their names, as the API takes them.
    ///
    /// # Errors
    /// One is no text; in words.
    pub fn texts(&self) -> Result<(&str, BTreeMap<&str, String>), String> {
        let text = |(name, content): (&'_ String, &Arc<[u8]>)| {
            let text = String::from_utf8(content.to_vec());
            text.map_err(|_| format!("file `{name}`: it is no UTF-8 text, and the API takes no others"))
        };
        let files = self.files.iter().map(|(name, content)| Ok((name.as_str(), text((name, content))?)));
        Ok((&self.main, files.collect::<Result<_, String>>()?))
    }
}

/// Reads the locustfile at `argument`.
///
/// # Errors
/// [`Failure`]: it or a file that it needs can't be read.
pub fn read(argument: &str) -> Result<Source, Failure> {
    let path = Path::new(argument);
    let text = input::read_text(path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As with Locust, modules and files are found from where the command is started, too.
    let root = std::env::current_dir().ok().filter(|root| is_above(root, folder));
    let files = Files::gather(folder, root.as_deref(), &name, Script::LARGEST)
        .map_err(|error| Failure::input(format!("locustfile `{argument}`: {error}")))?;
    Ok(Source { main: name, text, files })
}

/// Whether `folder` lies below `root`.
fn is_above(root: &Path, folder: &Path) -> bool {
    let (Ok(root), Ok(folder)) = (root.canonicalize(), folder.canonicalize()) else { return false };
    folder != root && folder.starts_with(root)
}

/// Everything in a locustfile that can't work here.
pub fn refusals(source: &Source) -> Vec<Refusal> {
    check(&source.main, &source.text, &source.files)
}

/// Loads a locustfile as it is loaded by each worker, at a time of day that `clock` moves; gives what it holds, and what came of the
/// requests that it sent meanwhile.
///
/// # Errors
/// [`LoadError`]: why it can't be run.
pub fn load_file(
    source: &Source,
    options: &Options,
    arguments: &[String],
    clock: &Rc<Cell<u64>>,
) -> Result<(Locustfile, Vec<ScriptAnswer>), LoadError> {
    let load = |ask| {
        let (wall, monotonic) = (Rc::clone(clock), Rc::clone(clock));
        let world = World {
            files: source.files.clone(),
            environment: swarmgate_locust::shown_environment(std::env::vars()),
            arguments: [&["locust".to_owned()][..], arguments].concat(),
            wall: Rc::new(move || wall.get()),
            monotonic: Rc::new(move || monotonic.get()),
            entropy: Rc::new(|| fastrand::u64(..)),
            // The workers load it once more, and say it then.
            log: Rc::new(|_, _, _| {}),
            ask,
        };
        Locustfile::load(&source.main, &source.text, world, options, VmLimits::default())
    };
    let (ask, asked) = asked::recorder();
    let file = load(ask)?;
    let asked = asked.take();
    if !asked.is_empty() {
        // As the workers will: better now than in the test.
        clock.set(clock.get() + 1_234_567_890);
        load(ask_again(&asked))?;
    }
    Ok((file, asked))
}

/// Why the native engine can't run a locustfile, and what can be done.
fn refused(source: &Source, error: LoadError, asked: EngineChoice) -> Failure {
    let or_locust = match asked {
        EngineChoice::Auto => format!("; or let a Locust run it: {HOW_TO_INSTALL}"),
        EngineChoice::Native | EngineChoice::Locust => "; or let a Locust run it: --engine locust".to_owned(),
    };
    match error {
        LoadError::Refused(refusals) => Failure::inputs(refusals.iter().map(ToString::to_string).collect())
            .with_hint(Some(format!("these lines can't be run here; all else of the locustfile can{or_locust}"))),
        error @ LoadError::Unsupported(_) => Failure::input(format!("locustfile `{}`: {error}", source.main))
            .with_hint(Some(format!("change what it names{or_locust}"))),
        error => Failure::input(format!("locustfile `{}`: {error}", source.main)),
    }
}

/// Of what neither the command nor the locustfile took, the names of classes.
fn classes_of(untaken: Vec<String>) -> Result<Vec<String>, Failure> {
    match untaken.iter().find(|word| word.starts_with('-')) {
        Some(option) => Err(Failure::input(format!("`{option}`: there is no such option")).with_hint(Some(
            "`swarmgate run --help` lists all; a locustfile adds others in a listener of init_command_line_parser"
                .to_owned(),
        ))),
        None => Ok(untaken),
    }
}

/// Reads the locustfile at `argument` as a scenario, with the flags and Locust's own settings laid over it.
///
/// # Errors
/// [`Failure`] with what is wrong with it, or with the flags.
pub fn load(argument: &str, flags: &LoadArgs, locust: &LocustArgs) -> Result<Loaded, Failure> {
    if let Some(set) = flags.set.first() {
        return Err(Failure::input(format!("--set `{set}`: a locustfile has no variables, set environment variables")));
    }
    let source = read(argument)?;
    let settings = Settings::find(Path::new(argument), flags, locust)?;
    let overrides = input::overrides(&settings.flags)?;
    let options = Options {
        host: settings.flags.target.clone(),
        tags: settings.tags.clone(),
        exclude_tags: settings.exclude_tags.clone(),
        users: u64::from(overrides.users.unwrap_or(1)),
    };
    let asked = Asked {
        users: overrides.users.unwrap_or(1),
        // Locust's own default, not all at once.
        spawn_rate: overrides.spawn_rate.unwrap_or(1.0),
        run_time: overrides.duration.map(Micros::as_secs_f64),
        host: options.host.clone(),
        arguments: locust.own.clone(),
    };
    let clock = Rc::new(Cell::new(input::unix_nanos()));
    let chosen = engine::choose(argument, &source, &options, &asked, &locust.engine, &clock)?;
    let bad = |reason: String| Failure::input(format!("locustfile `{argument}`: {reason}"));
    let (mut notes, mut classes, mut answers) = (Vec::new(), locust.classes.clone(), Vec::new());
    let (held, by_locust) = match chosen {
        Chosen::Native(mut file, asked) => {
            answers = asked;
            classes.extend(classes_of(file.untaken_arguments())?);
            (Held::of(&mut file, &clock, || true).map_err(bad)?, None)
        }
        Chosen::Locust(by_locust) => {
            notes.extend(by_locust.note());
            (by_locust.held(&mut notes).map_err(bad)?, Some(by_locust))
        }
    };
    let script = Script {
        main: source.main.clone(),
        engine: if by_locust.is_some() { ScriptEngine::Locust } else { ScriptEngine::Native },
        files: source.files.iter().map(|(path, content)| (path.clone(), ScriptFile(content.clone()))).collect(),
        host: settings.flags.target.clone(),
        tags: settings.tags,
        exclude_tags: settings.exclude_tags,
        classes,
        arguments: locust.own.clone(),
        answers,
    };
    if held.curve.is_some() && (overrides.users.is_some() || overrides.spawn_rate.is_some()) {
        notes.push("note: the locustfile has a LoadTestShape, which says how many users there are: --users and --spawn-rate are left out".to_owned());
    }
    let scenario = held.scenario(script, &overrides).map_err(input::mistakes)?;
    let locust = by_locust.map(|by| RunByLocust { label: by.label(), command: by.command, main: argument.into() });
    Ok(Loaded { scenario, data: Vec::new(), source: source.text, warnings: notes.join("\n"), locust })
}
