//! A test as the API shows it.

use serde::Deserialize;
use swarmgate_domain::{Ended, Ending, Micros, Phase, RunId, RunState, Verdict};
use swarmgate_service::TestStatus;

/// What `GET /tests/{id}` answers, as far as it is shown here.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteTest {
    /// Its id.
    pub id: RunId,
    name: String,
    target: String,
    /// Where it stands.
    pub phase: Phase,
    since: Micros,
    accepted_at: Micros,
    started_at: Option<Micros>,
    planned_us: Micros,
    ends_at_us: Option<Micros>,
    workers: u32,
    ended: Option<Ended>,
    /// Once there is a report.
    pub verdict: Option<Verdict>,
    revision: u32,
}

/// What `GET /tests` answers.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteList {
    /// The newest first.
    pub tests: Vec<RemoteTest>,
}

/// What `POST /tests` answers.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteAccepted {
    /// The test's id.
    pub id: RunId,
}

impl From<RemoteTest> for TestStatus {
    fn from(test: RemoteTest) -> Self {
        let ending = test.ended.zip(test.ends_at_us).map(|(why, at)| Ending { why, at });
        Self {
            id: test.id,
            name: test.name,
            target: test.target,
            accepted_at: test.accepted_at,
            planned_us: test.planned_us,
            workers: test.workers,
            state: RunState {
                phase: test.phase,
                since: test.since,
                start: test.started_at,
                ending,
                verdict: test.verdict,
                revision: test.revision,
            },
        }
    }
}
