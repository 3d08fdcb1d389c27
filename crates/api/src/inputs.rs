//! What is asked for when a test is started: from the body to a valid scenario.

use std::collections::BTreeMap;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use swarmgate_domain::{
    FieldMistake, Overrides, Scenario, ScenarioInputs, Severity, StoredName, Wrong, parse_duration, parse_rate,
    read_scenario,
};
use swarmgate_service::ports::Clock;

use crate::locustfile;
use crate::problem::{Kind, Mistake, Problem, cut, mistakes_of};

/// A test to be started.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "NewTest")]
pub(crate) struct StartBody {
    /// The text of a scenario (YAML), the name of a stored one, a URL to load, or a locustfile (`.py`) that `data` holds.
    #[schemars(with = "String", example = &"http://shop.example/", example = &"checkout", example = &"locustfile.py")]
    pub scenario: Option<String>,
    /// The base URL to load, instead of the scenario's.
    #[schemars(example = &"http://localhost:8080")]
    pub target: Option<String>,
    /// So many users at a time.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub users: Option<u32>,
    /// So many users start per second.
    #[schemars(with = "Option<RateText>")]
    pub spawn_rate: Option<RateText>,
    /// How long the load lasts.
    #[schemars(example = &"30s", example = &"5m")]
    pub duration: Option<String>,
    /// So many iterations start per second, whatever the answers.
    #[schemars(with = "Option<RateText>")]
    pub arrival_rate: Option<RateText>,
    /// Limits that the test is held against, beside those of the scenario.
    #[serde(default)]
    pub thresholds: Vec<String>,
    /// Run by so many workers, each with a part of the users; 1 without it.
    #[schemars(range(min = 1, max = 10_000))]
    pub workers: Option<u32>,
    /// The pools whose workers run it, sharing it by weight; all of them without it.
    #[serde(default)]
    pub pools: Vec<String>,
    /// The slice of time that results are gathered in.
    #[schemars(example = &"1s", example = &"5s")]
    pub interval: Option<String>,
    /// Values for variables of the scenario.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// The content of data files that the scenario names, or of a locustfile and the files that it needs, by their path from its folder.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
    /// What runs a locustfile: `auto` (Swarmgate itself, and a Locust where it can't and the workers have one), `native`, `locust`.
    #[schemars(example = &"auto")]
    pub engine: Option<String>,
    /// Users of these classes of a locustfile only.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Tasks of a locustfile with one of these tags only.
    #[serde(default)]
    pub tags: Vec<String>,
    /// No tasks of a locustfile with one of these tags.
    #[serde(default)]
    pub exclude_tags: Vec<String>,
}

/// A rate: a number per second, or a text such as `30/m`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum RateText {
    Number(f64),
    Text(String),
}

impl JsonSchema for RateText {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rate".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"], "examples": [10, "500/s"] })
    }
}

/// Where the text of a scenario comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScenarioSource {
    Url(String),
    Stored(StoredName),
    Text(String),
    /// The path of one of the files that were sent along.
    Locustfile(String),
}

impl ScenarioSource {
    /// What `text` is: a URL, a name, the path of a locustfile, or a scenario as a whole.
    pub fn of(text: String) -> Self {
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        match StoredName::new(text.trim()) {
            _ if is_url => Self::Url(text),
            _ if is_locustfile(&text) => Self::Locustfile(text),
            Ok(name) => Self::Stored(name),
            Err(_) => Self::Text(text),
        }
    }
}

/// Whether this is the name of a locustfile.
pub(crate) fn is_locustfile(text: &str) -> bool {
    text.ends_with(".py") && !text.contains('\n')
}

/// A scenario that is ready to run.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub scenario: Scenario,
    pub data: Vec<Vec<Vec<String>>>,
    pub source: String,
    pub warnings: Vec<Mistake>,
    /// What makes the load, where that is not the usual engine.
    pub engine: Option<String>,
}

/// Data files that were sent along or lie beside a stored scenario, and variables. What is in this process's environment is nobody else's business.
pub(crate) struct SentInputs<'a> {
    pub files: &'a BTreeMap<String, Bytes>,
    pub set: &'a BTreeMap<String, String>,
}

impl ScenarioInputs for SentInputs<'_> {
    fn data_file(&self, path: &str) -> Result<Vec<u8>, String> {
        let name = path.strip_prefix("./").unwrap_or(path);
        self.files.get(name).map(|bytes| bytes.to_vec()).ok_or_else(|| match self.files.len() {
            0 => "no data files were sent or stored with the scenario".to_owned(),
            _ => {
                let names = self.files.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("the data files with the scenario are {}", cut(&names))
            }
        })
    }

    fn environment(&self, _name: &str) -> Option<String> {
        None
    }

    fn set(&self) -> &BTreeMap<String, String> {
        self.set
    }
}

/// Reads the scenario in `text`, or makes that of a URL, and lays what the body says over it. All mistakes at once.
/// `stored` are the files beside a stored scenario; those in the body come in their place. `locust` is what the Locust of the workers is
/// called, where they have one.
pub(crate) fn load(
    source: &ScenarioSource,
    text: String,
    stored: BTreeMap<String, Bytes>,
    body: &StartBody,
    locust: Option<&str>,
    clock: &dyn Clock,
) -> Result<Loaded, Problem> {
    let mut mistakes = Vec::new();
    let overrides = overrides(body, &mut mistakes);
    let mut files = stored;
    files.extend(body.data.iter().map(|(name, text)| (name.clone(), text.clone().into())));
    if let ScenarioSource::Locustfile(main) = source {
        return match locustfile::load(main, &files, body, &overrides, locust, clock) {
            Ok(loaded) if mistakes.is_empty() => Ok(loaded),
            Ok(_) => Err(Problem::of(Kind::Invalid, mistakes)),
            Err(more) => Err(Problem::of(Kind::Invalid, [mistakes, more].concat())),
        };
    }
    mistakes.extend(locustfile::of_locustfiles_only(body));
    let read = match source {
        ScenarioSource::Url(url) => from_url(url, body),
        ScenarioSource::Stored(name) => from_text(&text, &format!("{name}.yaml"), &files, body),
        ScenarioSource::Text(_) | ScenarioSource::Locustfile(_) => from_text(&text, "scenario.yaml", &files, body),
    };
    match read {
        Err(of_scenario) => mistakes.extend(of_scenario),
        Ok((scenario, data, warnings)) => match scenario.with_overrides(&overrides) {
            Ok(scenario) if mistakes.is_empty() => {
                return Ok(Loaded { scenario, data, source: text, warnings, engine: None });
            }
            Ok(_) => {}
            Err(more) => mistakes.extend(more.into_iter().map(of_body)),
        },
    }
    Err(Problem::of(Kind::Invalid, mistakes))
}

type ReadParts = (Scenario, Vec<Vec<Vec<String>>>, Vec<Mistake>);

fn from_url(url: &str, body: &StartBody) -> Result<ReadParts, Vec<Mistake>> {
    let scenario = Scenario::from_url(url).map_err(|mistake| vec![of_body(mistake)])?;
    let needless = [("set", &body.set), ("data", &body.data)].into_iter().filter(|(_, given)| !given.is_empty());
    let mistakes: Vec<_> = needless
        .map(|(field, _)| Mistake::new(field, None, Wrong::new("a URL has none, the text of a scenario may have")))
        .collect();
    if mistakes.is_empty() { Ok((scenario, Vec::new(), Vec::new())) } else { Err(mistakes) }
}

fn from_text(
    text: &str,
    origin: &str,
    files: &BTreeMap<String, Bytes>,
    body: &StartBody,
) -> Result<ReadParts, Vec<Mistake>> {
    let inputs = SentInputs { files, set: &body.set };
    let read = read_scenario(text, origin, &inputs).map_err(|found| mistakes_of(&found, Severity::Error))?;
    let data = read.data.into_iter().map(|rows| rows.rows).collect();
    Ok((read.scenario, data, mistakes_of(&read.warnings, Severity::Warning)))
}

fn overrides(body: &StartBody, mistakes: &mut Vec<Mistake>) -> Overrides {
    let mut wrong =
        |field: &str, value: &str, wrong: Wrong| mistakes.push(Mistake::new(field, Some(cut(value)), wrong));
    let mut time = |field: &str, text: &Option<String>| {
        text.as_deref().and_then(|text| parse_duration(text).map_err(|error| wrong(field, text, error)).ok())
    };
    let (duration, interval) = (time("duration", &body.duration), time("interval", &body.interval));
    let mut rate = |field: &str, rate: &Option<RateText>| match rate {
        Some(RateText::Text(text)) => parse_rate(text).map_err(|error| wrong(field, text, error)).ok(),
        Some(RateText::Number(number)) => Some(*number),
        None => None,
    };
    Overrides {
        target: body.target.clone(),
        users: body.users,
        spawn_rate: rate("spawn_rate", &body.spawn_rate),
        duration,
        arrival_rate: rate("arrival_rate", &body.arrival_rate),
        thresholds: body.thresholds.clone(),
        interval,
    }
}

/// A mistake in the words of the body: those of the command differ in places.
pub(crate) fn of_body(mistake: FieldMistake) -> Mistake {
    let mut mistake = mistake;
    match mistake.field.as_str() {
        "threshold" => mistake.field = "thresholds".to_owned(),
        "url" => mistake.field = "scenario".to_owned(),
        "target" if mistake.value.is_none() => {
            mistake.wrong.help = Some("give `target` beside the scenario, or in it".to_owned());
        }
        _ => {}
    }
    mistake.into()
}
