//! What answers hold. Times that end in `_us` are lengths; points in time are microseconds since the Unix epoch.

use schemars::JsonSchema;
use serde::Serialize;
use swarmgate_domain::{Ended, LiveView, Micros, Phase, RunId, StoredName, Verdict};
use swarmgate_service::ports::UsersChange;
use swarmgate_service::{Baseline, Finding, FindingState, TestStatus, Watched};

use crate::problem::Mistake;

/// Where to go on from a test.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestLinks {
    /// How it stands.
    #[serde(rename = "self")]
    pub this: String,
    /// What is measured.
    pub live: String,
    /// Stops it, by `POST`.
    pub stop: String,
    /// Its report, once it is over.
    pub report: String,
}

impl TestLinks {
    pub fn of(base: &str, id: &RunId) -> Self {
        let this = format!("{base}/tests/{id}");
        Self { live: format!("{this}/live"), stop: format!("{this}/stop"), report: format!("{this}/report"), this }
    }
}

/// A test that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AcceptedTest")]
pub(crate) struct AcceptedView {
    /// Its id.
    pub id: RunId,
    /// Where to go on.
    pub links: TestLinks,
    /// What in the scenario may not do what was meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Mistake>,
}

/// How a test stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Test")]
pub(crate) struct TestView {
    /// Its id.
    pub id: RunId,
    /// The scenario's name.
    pub name: String,
    /// The base URL that is loaded.
    pub target: String,
    /// Where it stands.
    pub phase: Phase,
    /// When it came into this phase.
    pub since: Micros,
    /// When it was accepted.
    pub accepted_at: Micros,
    /// When the load began.
    pub started_at: Option<Micros>,
    /// How long the load is to last.
    pub planned_us: Micros,
    /// How long it lasts, where that was changed.
    pub ends_at_us: Option<Micros>,
    /// Workers.
    pub workers: u32,
    /// Why the load ended, or will, other than that its time was over.
    pub ended: Option<Ended>,
    /// Once there is a report.
    pub verdict: Option<Verdict>,
    /// The newest revision of the report; 0: there is none yet.
    pub revision: u32,
    /// Where to go on.
    pub links: TestLinks,
}

impl TestView {
    pub fn of(base: &str, test: TestStatus) -> Self {
        let (ends_at_us, ended) = test.state.ending.map(|ending| (ending.at, ending.why)).unzip();
        Self {
            links: TestLinks::of(base, &test.id),
            id: test.id,
            name: test.name,
            target: test.target,
            phase: test.state.phase,
            since: test.state.since,
            accepted_at: test.accepted_at,
            started_at: test.state.start,
            planned_us: test.planned_us,
            ends_at_us,
            workers: test.workers,
            ended,
            verdict: test.state.verdict,
            revision: test.state.revision,
        }
    }
}

/// Tests, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestList {
    /// One page of them.
    pub tests: Vec<TestView>,
    /// The next page, if there is one.
    pub next: Option<String>,
}

/// What a test measures.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LiveTest")]
pub(crate) struct WatchView {
    /// As `live.json`.
    #[serde(flatten)]
    pub view: LiveView,
    /// Its report, once there is one.
    pub report: Option<String>,
}

impl WatchView {
    pub fn of(base: &str, Watched { view, revision }: Watched) -> Self {
        Self { report: (revision > 0).then(|| TestLinks::of(base, &view.id).report), view }
    }
}

/// A change of users.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UsersChange")]
pub(crate) struct ChangeView {
    /// The test time from which it holds, on all workers.
    pub at_us: Micros,
    /// Users of the whole test.
    pub users: u32,
    /// Users per second, up or down.
    pub spawn_rate: f64,
}

impl From<UsersChange> for ChangeView {
    fn from(change: UsersChange) -> Self {
        Self { at_us: change.at, users: change.users, spawn_rate: change.spawn_rate }
    }
}

/// A stored scenario.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StoredScenario")]
pub(crate) struct ScenarioView {
    /// Its name.
    pub name: StoredName,
    /// Its text.
    pub link: String,
    /// What in it may not do what was meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Mistake>,
}

impl ScenarioView {
    pub fn of(base: &str, name: StoredName, warnings: Vec<Mistake>) -> Self {
        Self { link: format!("{base}/scenarios/{name}"), name, warnings }
    }
}

/// Stored scenarios, by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScenarioList {
    /// All of them.
    pub scenarios: Vec<ScenarioView>,
}

/// A stored data file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StoredFile")]
pub(crate) struct FileView {
    /// The scenario that it lies beside.
    pub scenario: StoredName,
    /// Its name, by which the scenario calls it.
    pub file: String,
    /// Its size.
    pub bytes: usize,
}

/// A test that others are compared with.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Baseline")]
pub(crate) struct BaselineView {
    /// The name.
    pub name: StoredName,
    /// The test.
    pub test: RunId,
    /// When it was made the baseline.
    pub set_at: Micros,
    /// Where to go on.
    pub links: TestLinks,
}

impl BaselineView {
    pub fn of(base: &str, name: StoredName, baseline: Baseline) -> Self {
        Self { name, links: TestLinks::of(base, &baseline.test), test: baseline.test, set_at: baseline.set_at }
    }
}

/// That it works.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// `ok`: the store answers.
    pub status: &'static str,
    /// The version of Swarmgate.
    pub version: &'static str,
}

/// What was found wherever it was looked.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Doctor")]
pub(crate) struct DoctorView {
    /// The version of Swarmgate.
    pub version: &'static str,
    /// What was found: the store first, then what comes to it.
    pub findings: Vec<FindingView>,
}

impl DoctorView {
    pub fn of(findings: Vec<Finding>) -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), findings: findings.into_iter().map(FindingView::from).collect() }
    }
}

/// What one look found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub(crate) struct FindingView {
    /// What was looked at.
    pub what: String,
    /// What was seen, in words.
    pub said: String,
    /// What that means.
    pub state: FindingWord,
    /// What to do about it, where it is wrong: a command, where one does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What a finding means.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FindingWord {
    /// As it should be.
    Fine,
    /// As it may be, but it is good to know.
    Note,
    /// Not as it must be.
    Wrong,
    /// It can't be told, because of what else is wrong.
    Unknown,
}

impl From<Finding> for FindingView {
    fn from(Finding { what, said, state }: Finding) -> Self {
        let (state, remedy) = match state {
            FindingState::Fine => (FindingWord::Fine, None),
            FindingState::Note => (FindingWord::Note, None),
            FindingState::Wrong { remedy } => (FindingWord::Wrong, Some(remedy)),
            FindingState::Unknown => (FindingWord::Unknown, None),
        };
        Self { what, said, state, remedy }
    }
}
