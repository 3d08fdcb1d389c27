//! From what was typed to a valid scenario: files read, the environment asked, flags laid over.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use swarmgate_domain::{
    Diagnostics, FieldMistake, Micros, Overrides, Scenario, ScenarioInputs, parse_duration, parse_rate, read_scenario,
};
use swarmgate_locust_process::LocustCommand;

use crate::args::{LoadArgs, LocustArgs};
use crate::exit::Failure;
use crate::locustfile;

/// A scenario file larger than this is refused unread.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// A scenario that is ready to run.
#[derive(Debug)]
pub struct Loaded {
    /// With the flags laid over it.
    pub scenario: Scenario,
    /// The rows of its data sources.
    pub data: Vec<Vec<Vec<String>>>,
    /// As it was written.
    pub source: String,
    /// What may be meant otherwise, rendered; empty when nothing.
    pub warnings: String,
    /// The Locust that runs it, where the native engine does not.
    pub locust: Option<RunByLocust>,
}

/// Which Locust runs a locustfile.
#[derive(Debug)]
pub struct RunByLocust {
    /// Where it is installed.
    pub command: LocustCommand,
    /// What the report calls it.
    pub label: String,
    /// The locustfile.
    pub main: PathBuf,
}

/// Reads the scenario that `argument` names: a file, a locustfile, or a URL.
///
/// # Errors
/// [`Failure`] with every mistake of the file, or of the flags.
pub fn load(argument: &str, flags: &LoadArgs, locust: &LocustArgs) -> Result<Loaded, Failure> {
    if locustfile::is_locustfile(argument) {
        return locustfile::load(argument, flags, locust);
    }
    if let Some((flag, value)) = locust.first() {
        return Err(Failure::input(format!("{flag} `{value}`: goes with a locustfile, `{argument}` is none")));
    }
    if argument.starts_with("http://") || argument.starts_with("https://") {
        return load_url(argument, flags);
    }
    load_text(&read_text(Path::new(argument))?, argument, flags)
}

fn load_url(url: &str, flags: &LoadArgs) -> Result<Loaded, Failure> {
    if let Some((name, value)) = variables(&flags.set)?.first_key_value() {
        return Err(Failure::input(format!(
            "--set `{name}={value}`: a URL has no variables, a scenario file may have"
        )));
    }
    let scenario = Scenario::from_url(url).map_err(Failure::input)?;
    let scenario = with_flags(&scenario, flags)?;
    Ok(Loaded { scenario, data: Vec::new(), source: url.to_owned(), warnings: String::new(), locust: None })
}

/// Reads a scenario from `text`, the content of the file `origin`.
///
/// # Errors
/// [`Failure`] with every mistake of the text, or of the flags.
pub fn load_text(text: &str, origin: &str, flags: &LoadArgs) -> Result<Loaded, Failure> {
    let inputs = FolderInputs::new(Path::new(origin), variables(&flags.set)?);
    let read = read_scenario(text, origin, &inputs).map_err(|diagnostics| Failure::rendered(render(&diagnostics)))?;
    let warnings = if read.warnings.is_empty() { String::new() } else { render(&read.warnings) };
    let data = read.data.into_iter().map(|rows| rows.rows).collect();
    Ok(Loaded { scenario: with_flags(&read.scenario, flags)?, data, source: text.to_owned(), warnings, locust: None })
}

fn with_flags(scenario: &Scenario, flags: &LoadArgs) -> Result<Scenario, Failure> {
    scenario.with_overrides(&overrides(flags)?).map_err(mistakes)
}

/// What is wrong with what was typed.
pub fn mistakes(mistakes: Vec<FieldMistake>) -> Failure {
    let help: Vec<_> = mistakes.iter().filter_map(|mistake| mistake.wrong.help.clone()).collect();
    let messages = mistakes.iter().map(ToString::to_string).collect();
    Failure::inputs(messages).with_hint((!help.is_empty()).then(|| help.join("; ")))
}

/// Reads a scenario file as text.
///
/// # Errors
/// [`Failure`]: it can't be read, is too large, or is no text.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let cannot = |reason: String, hint: Option<&str>| {
        Failure::input(format!("scenario `{shown}`: {reason}")).with_hint(hint.map(str::to_owned))
    };
    let metadata = fs::metadata(path).map_err(|error| {
        cannot(error.to_string(), Some("give a scenario file, or a URL that starts with http:// or https://"))
    })?;
    if metadata.is_dir() {
        return Err(cannot("it is a folder".to_owned(), Some("give a scenario file in it")));
    }
    if metadata.len() > LARGEST_FILE {
        let reason = format!("its size is {} bytes, allowed are {LARGEST_FILE}", metadata.len());
        return Err(cannot(reason, Some("put rows of data into a CSV file beside it")));
    }
    let bytes = fs::read(path).map_err(|error| cannot(error.to_string(), None))?;
    String::from_utf8(bytes).map_err(|error| {
        cannot(format!("it is no UTF-8 text, byte {} is wrong", error.utf8_error().valid_up_to()), None)
    })
}

/// Mistakes as a terminal shows them.
pub fn render(diagnostics: &Diagnostics) -> String {
    use std::io::IsTerminal;
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    diagnostics.render(color)
}

/// Files beside a scenario, this process's environment, and the variables of `--set`.
pub struct FolderInputs {
    folder: PathBuf,
    set: BTreeMap<String, String>,
}

impl FolderInputs {
    /// For the scenario at `path`.
    pub fn new(path: &Path, set: BTreeMap<String, String>) -> Self {
        Self { folder: path.parent().map(Path::to_owned).unwrap_or_default(), set }
    }
}

impl ScenarioInputs for FolderInputs {
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(path);
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn set(&self) -> &BTreeMap<String, String> {
        &self.set
    }
}

/// The variables of `--set KEY=VALUE`.
///
/// # Errors
/// [`Failure`]: one without `=`.
pub fn variables(set: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Failure::input(format!("--set `{text}`: is no assignment, allowed is KEY=VALUE")))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    set.iter().map(pair).collect()
}

/// What the flags say, as values.
///
/// # Errors
/// [`Failure`]: one is no time or rate.
pub fn overrides(flags: &LoadArgs) -> Result<Overrides, Failure> {
    let time = |flag: &str, text: &Option<String>| {
        text.as_deref().map(|text| parse_duration(text).map_err(|wrong| flag_error(flag, text, &wrong))).transpose()
    };
    let rate = |flag: &str, text: &Option<String>| {
        text.as_deref().map(|text| parse_rate(text).map_err(|wrong| flag_error(flag, text, &wrong))).transpose()
    };
    Ok(Overrides {
        target: flags.target.clone(),
        users: flags.users,
        spawn_rate: rate("--spawn-rate", &flags.spawn_rate)?,
        duration: time("--duration", &flags.duration)?,
        arrival_rate: rate("--arrival-rate", &flags.arrival_rate)?,
        thresholds: flags.threshold.clone(),
        interval: time("--interval", &flags.interval)?,
    })
}

fn flag_error(flag: &str, value: &str, wrong: &impl std::fmt::Display) -> Failure {
    Failure::input(format!("{flag} `{value}`: {wrong}"))
}

/// The slice of time in which a test on this machine gathers its results.
pub fn interval(scenario: &Scenario) -> Micros {
    let is_long = scenario.duration() > Micros::from_secs(30 * 60);
    scenario.interval.unwrap_or(if is_long { Micros::from_secs(5) } else { Micros::SECOND })
}

/// Nanoseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "a locustfile may ask for the time of day while it is loaded")]
pub fn unix_nanos() -> u64 {
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    passed.map_or(0, |passed| u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX))
}
