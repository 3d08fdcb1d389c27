//! Whether a deployment works: each part is looked at, and what is wrong comes with how it is mended.
//!
//! [`examine`] looks at the store by itself; whatever else there is to look at, its adapter knows how (an [`Examiner`]). A part that works without
//! being asked leaves a mark when it has worked (`marks`): that it did says more than that it is set up.

mod marks;
mod store;

use std::pin::pin;

use async_trait::async_trait;
use futures_util::future::{Either, join_all, select};
use serde::{Deserialize, Serialize};
use swarmgate_domain::Micros;

use crate::ports::Ports;

pub use marks::{Mark, leave_mark, read_mark, send_probe, wait_for_mark};

/// How long a look may take: all of them together must fit into what a request may take.
const LOOK_TIME: Micros = Micros::from_secs(18);

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at, such as `store`.
    pub what: String,
    /// What was seen, in words.
    pub said: String,
    /// What that means.
    #[serde(flatten)]
    pub state: FindingState,
}

/// What a finding means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum FindingState {
    /// As it should be.
    Fine,
    /// As it may be, but it is good to know.
    Note,
    /// Not as it must be.
    Wrong {
        /// What to do about it: a command, where one does it.
        remedy: String,
    },
    /// It can't be told, because of what else is wrong.
    Unknown,
}

impl Finding {
    /// `what` is as it should be.
    pub fn fine(what: impl Into<String>, said: impl Into<String>) -> Self {
        Self { what: what.into(), said: said.into(), state: FindingState::Fine }
    }

    /// `what` is as it may be, but it is good to know.
    pub fn note(what: impl Into<String>, said: impl Into<String>) -> Self {
        Self { what: what.into(), said: said.into(), state: FindingState::Note }
    }

    /// `what` is not as it must be; `remedy` mends it.
    pub fn wrong(what: impl Into<String>, said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), said: said.into(), state: FindingState::Wrong { remedy: remedy.into() } }
    }

    /// `what` can't be told.
    pub fn unknown(what: impl Into<String>, said: impl Into<String>) -> Self {
        Self { what: what.into(), said: said.into(), state: FindingState::Unknown }
    }

    /// Whether something is to be done.
    pub fn is_wrong(&self) -> bool {
        matches!(self.state, FindingState::Wrong { .. })
    }
}

/// Looks at a part of a deployment.
#[async_trait]
pub trait Examiner: Send + Sync {
    /// What it looks at, as its findings say it.
    fn what(&self) -> String;

    /// Looks. What can't be looked at is a finding too.
    async fn examine(&self) -> Vec<Finding>;
}

/// Looks at the store, and at what `examiners` look at; in their order, the store first.
pub async fn examine(ports: &Ports, examiners: &[std::sync::Arc<dyn Examiner>]) -> Vec<Finding> {
    let store = store::StoreExaminer(ports);
    let all =
        std::iter::once(&store as &dyn Examiner).chain(examiners.iter().map(|examiner| &**examiner as &dyn Examiner));
    join_all(all.map(|examiner| within_time(ports, examiner))).await.into_iter().flatten().collect()
}

async fn within_time(ports: &Ports, examiner: &dyn Examiner) -> Vec<Finding> {
    let (looking, too_late) = (pin!(examiner.examine()), pin!(ports.clock.sleep(LOOK_TIME)));
    match select(looking, too_late).await {
        Either::Left((findings, _)) => findings,
        Either::Right(_) => vec![Finding::wrong(
            examiner.what(),
            format!("there is no answer within {LOOK_TIME}"),
            "see that it can be reached from here, then look again",
        )],
    }
}

/// An error and what caused it, in one line.
pub fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_read_as_they_are_written() {
        for finding in [
            Finding::fine("store", "it answers"),
            Finding::note("targets", "any"),
            Finding::wrong("queue", "there is none", "make one"),
            Finding::unknown("workers", "the cluster can't be reached"),
        ] {
            let text = serde_json::to_string(&finding).unwrap();
            assert_eq!(serde_json::from_str::<Finding>(&text).unwrap(), finding, "{text}");
        }
        let text = serde_json::to_string(&Finding::wrong("queue", "there is none", "make one")).unwrap();
        assert_eq!(text, r#"{"what":"queue","said":"there is none","state":"wrong","remedy":"make one"}"#);
    }
}
