//! A locustfile as a scenario: read with the files that it needs, checked and loaded once before the test, so that what is wrong is
//! said at once.

pub mod csv;
mod settings;
mod shape;

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use swarmgate_domain::{Overrides, Scenario, Script, ScriptFile};
use swarmgate_locust::{Files, LoadError, Locustfile, Options, UserClass, World, check};
use swarmgate_python::{Refusal, VmLimits};

use crate::args::{LoadArgs, LocustArgs};
use crate::exit::Failure;
use crate::input::{self, Loaded};

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

/// Loads a locustfile as it is loaded by each worker, at a time of day that `clock` moves; gives what it holds.
///
/// # Errors
/// [`Failure`]: why it can't be run.
pub fn load_file(source: &Source, options: &Options, clock: &Rc<Cell<u64>>) -> Result<Locustfile, Failure> {
    let (wall, monotonic) = (Rc::clone(clock), Rc::clone(clock));
    let world = World {
        files: source.files.clone(),
        environment: swarmgate_locust::shown_environment(std::env::vars()),
        arguments: vec!["locust".to_owned()],
        wall: Rc::new(move || wall.get()),
        monotonic: Rc::new(move || monotonic.get()),
        entropy: Rc::new(|| fastrand::u64(..)),
        // The workers load it once more, and say it then.
        log: Rc::new(|_, _, _| {}),
    };
    Locustfile::load(&source.main, &source.text, world, options, VmLimits::default()).map_err(|error| match error {
        LoadError::Refused(refusals) => Failure::inputs(refusals.iter().map(ToString::to_string).collect())
            .with_hint(Some("these lines can't be run here; all else of the locustfile can".to_owned())),
        error => Failure::input(format!("locustfile `{}`: {error}", source.main)),
    })
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
    let clock = Rc::new(Cell::new(input::unix_nanos()));
    let mut file = load_file(&source, &options, &clock)?;
    let classes = wanted(&file, &locust.classes)?;
    let target = overrides.target.clone().or_else(|| classes.iter().find_map(|class| class.host.clone()));
    let script = Script {
        main: source.main.clone(),
        files: source.files.iter().map(|(path, content)| (path.clone(), ScriptFile(content.clone()))).collect(),
        host: settings.flags.target.clone(),
        tags: settings.tags,
        exclude_tags: settings.exclude_tags,
        classes: locust.classes.clone(),
    };
    let name = source.main.trim_end_matches(".py").to_owned();
    let mut scenario = Scenario::of_script(name, script, target);
    let mut warnings = String::new();
    let overrides = match shape::curve(&mut file, &clock)? {
        None => Overrides {
            users: Some(overrides.users.unwrap_or(1)),
            // Locust's own default, not all at once.
            spawn_rate: Some(overrides.spawn_rate.unwrap_or(1.0)),
            ..overrides
        },
        Some(curve) => {
            scenario.loads[0].model = swarmgate_domain::LoadModel::Closed(curve);
            if overrides.users.is_some() || overrides.spawn_rate.is_some() {
                "note: the locustfile has a LoadTestShape, which says how many users there are: --users and --spawn-rate are left out"
                    .clone_into(&mut warnings);
            }
            Overrides { users: None, spawn_rate: None, ..overrides }
        }
    };
    let scenario = input::laid_over(&scenario, &overrides)?;
    Ok(Loaded { scenario, data: Vec::new(), source: source.text, warnings })
}

/// The classes that are to be run.
fn wanted<'f>(file: &'f Locustfile, names: &[String]) -> Result<Vec<&'f UserClass>, Failure> {
    let classes = file.classes();
    if let Some(unknown) = names.iter().find(|name| !classes.iter().any(|class| class.name == **name)) {
        let known: Vec<_> = classes.iter().map(|class| class.name.as_str()).collect();
        return Err(Failure::input(format!(
            "class `{unknown}`: there is none of this name, allowed are {}",
            known.join(", ")
        )));
    }
    Ok(classes.iter().filter(|class| names.is_empty() || names.contains(&class.name)).collect())
}
