//! A scenario whose users are written in Python: a locustfile with the files that it needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::model::{
    Auth, ConnectionReuse, Cookies, HttpSettings, HttpVersion, Load, LoadModel, Scenario, ThinkAfter, ThinkTime,
    TlsTrust, UserKind,
};
use crate::curve::UserCurve;
use crate::threshold::Threshold;
use crate::time::Micros;

/// A locustfile as workers get it: they need nothing but this to run it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Which of the files is the locustfile.
    pub main: String,
    /// What runs it.
    #[serde(default)]
    pub engine: ScriptEngine,
    /// It and the files beside it that it needs, by their path from its folder: `users.csv`, `common/api.py`.
    pub files: BTreeMap<String, ScriptFile>,
    /// Where the users of all classes send their requests, whatever the classes say; as they say where it is `None`.
    #[serde(default)]
    pub host: Option<String>,
    /// Only tasks with one of these tags; all where there is none.
    pub tags: Vec<String>,
    /// No tasks with one of these tags.
    pub exclude_tags: Vec<String>,
    /// Only users of these classes; all where there is none.
    pub classes: Vec<String>,
    /// What the locustfile itself adds to the command line, as it was typed: `--my-flag`, `value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// What came of the requests that it sent as it was loaded, before the test: it is loaded once more by each worker, and they are sent
    /// but once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ScriptAnswer>,
}

/// A request that a locustfile sent as it was loaded, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptAnswer {
    /// In upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// What was sent.
    pub sent: Option<ScriptFile>,
    /// What came back.
    pub came: ScriptOutcome,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptOutcome {
    /// An answer.
    Answer {
        /// 100 to 599.
        status: u16,
        /// What stands beside it.
        reason: String,
        /// Names as sent, and values.
        headers: Vec<(String, String)>,
        /// Whole.
        body: ScriptFile,
    },
    /// None; in words.
    None {
        /// `timeout`, `connect_timeout`, `tls`, `refused`, `connection`.
        kind: String,
        /// Why.
        text: String,
    },
}

/// What runs the users of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptEngine {
    /// Swarmgate's own Python, in the worker.
    #[default]
    Native,
    /// A Locust, which the worker starts.
    Locust,
}

impl Script {
    /// How many bytes all files of a script may have together: they are part of the plan, which every worker reads.
    pub const LARGEST: u64 = 4 * 1024 * 1024;

    /// Whether `path` may be that of a file: below the locustfile's folder, and written in one way only.
    pub fn is_path(path: &str) -> bool {
        path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\']))
    }
}

/// The content of a file. In JSON it is base64, since it may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFile(pub Arc<[u8]>);

impl Serialize for ScriptFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for ScriptFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}

/// How long a locustfile is run where nobody says: Locust runs until it is stopped.
const UNTIL_STOPPED: Micros = Micros::from_secs(24 * 60 * 60);

impl Scenario {
    /// `script` with one user for a day, as Locust runs it where it is told nothing. The report is headed with `name`.
    pub fn of_script(name: String, script: Script, target: Option<String>) -> Self {
        // What the users of a script do is nowhere but in it.
        let user = UserKind {
            name: "user".to_owned(),
            weight: 1.0,
            think_time: ThinkTime::None,
            think_after: ThinkAfter::Iteration,
            on_start: Vec::new(),
            flow: Vec::new(),
            on_stop: Vec::new(),
        };
        let curve = UserCurve::ramp(1, 1.0, UNTIL_STOPPED);
        Self {
            name,
            description: None,
            labels: BTreeMap::new(),
            target,
            loads: vec![Load { name: "main".to_owned(), kind: None, model: LoadModel::Closed(curve) }],
            kinds: vec![user],
            script: Some(script),
            http: HttpSettings {
                headers: Vec::new(),
                auth: Auth::None,
                cookies: Cookies::Ignore,
                connections: ConnectionReuse::KeepAlive,
                connect_timeout: Micros::from_secs(60),
                tls: TlsTrust::Verify,
                version: HttpVersion::Http1,
                proxy: None,
            },
            data: Vec::new(),
            slots: 0,
            slot_names: Vec::new(),
            names: Vec::new(),
            thresholds: vec![Threshold::default_limit()],
            interval: None,
            grace: Micros::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_goes_through_a_plan_as_it_is() {
        let file = |bytes: &[u8]| ScriptFile(bytes.into());
        let script = Script {
            main: "locustfile.py".to_owned(),
            engine: ScriptEngine::Locust,
            files: [("locustfile.py", file(b"pass")), ("logo.png", file(&[0x89, 0, 0xff]))]
                .map(|(name, file)| (name.to_owned(), file))
                .into(),
            host: None,
            tags: vec!["fast".to_owned()],
            exclude_tags: Vec::new(),
            classes: Vec::new(),
            arguments: vec!["--flag".to_owned()],
            answers: vec![ScriptAnswer {
                method: "POST".to_owned(),
                url: "http://shop.example/login".to_owned(),
                sent: Some(file(b"{}")),
                came: ScriptOutcome::None { kind: "timeout".to_owned(), text: "no answer".to_owned() },
            }],
        };
        let scenario = Scenario::of_script("shop".to_owned(), script, None);
        let text = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
    }

    #[test]
    fn paths_stay_below_the_folder() {
        for path in ["locustfile.py", "data/users.csv", "a/..b", "ä.py"] {
            assert!(Script::is_path(path), "{path}");
        }
        for path in ["", "/etc/passwd", "../x", "a/../x", "a//b", "./a", "a/", "a\\b", "a\0b"] {
            assert!(!Script::is_path(path), "{path}");
        }
    }
}
