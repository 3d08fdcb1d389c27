//! What happens when: the phases of a test, and what moves it from one to the next.
//!
//! Nothing here is done twice by being said twice: events say what *is* (all shards are over), the state says what is to be
//! done ([`RunState::duties`]), and whoever reads the state may do it, since each duty is repeatable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::summary::Ended;
use crate::time::Micros;
use crate::verdict::Verdict;

/// Where a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Accepted; its shards may not be queued yet.
    Pending,
    /// Workers are coming.
    Starting,
    /// Load is made.
    Running,
    /// The load is over, the results are added up.
    Merging,
    /// Over, with a report.
    Finished,
    /// Over since someone stopped it, with a report of what was measured.
    Stopped,
    /// Over since it could not run, with a report that says why.
    Failed,
}

impl Phase {
    /// Whether the test is over.
    pub fn is_over(self) -> bool {
        self >= Self::Finished
    }
}

/// The state of a test, as `state.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// Where it stands.
    pub phase: Phase,
    /// Since when, by the clock of who changed it.
    pub since: Micros,
    /// Test time 0: microseconds since the Unix epoch, by the store's clock.
    pub start: Option<Micros>,
    /// Why and when the load ends before its time.
    pub ending: Option<Ending>,
    /// What the first report said. Never changes.
    pub verdict: Option<Verdict>,
    /// The newest report; 0: none yet.
    pub revision: u32,
}

/// Why and when a load ends before its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Why.
    pub why: Ended,
    /// At which test time; 0 when it never started.
    pub at: Micros,
}

/// What became known.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Each shard is in its pool's queue.
    Queued,
    /// Test time 0 is fixed.
    Started {
        /// When.
        start: Micros,
    },
    /// The load is to end before its time.
    EndAsked {
        /// Why.
        why: Ended,
    },
    /// Each shard is done, or nobody runs it any more and its time is past.
    AllOver,
    /// A report lies in the store.
    Published {
        /// Which.
        revision: u32,
        /// What it says.
        verdict: Verdict,
    },
}

/// What is to be done in a state. Each may be done again and again, by several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Put every shard into its pool's queue.
    QueueShards,
    /// See to it that the pools have the workers that active tests need.
    ScaleFleet,
    /// Fix test time 0 when every worker is ready, or enough time has passed.
    StartWhenReady,
    /// Tell the workers of the ending.
    TellWorkers,
    /// Find out whether every shard is over.
    WatchShards,
    /// Make the report of everything that was uploaded.
    Publish,
}

impl RunState {
    /// The state of a test that was accepted at `now`.
    pub fn accepted(now: Micros) -> Self {
        Self { phase: Phase::Pending, since: now, start: None, ending: None, verdict: None, revision: 0 }
    }

    /// What is to be done.
    pub fn duties(&self) -> Vec<Duty> {
        let mut duties = match self.phase {
            Phase::Pending if self.ending.is_some() => vec![Duty::Publish],
            Phase::Pending => vec![Duty::QueueShards, Duty::ScaleFleet],
            Phase::Starting if self.ending.is_some() => vec![Duty::WatchShards],
            Phase::Starting => vec![Duty::ScaleFleet, Duty::StartWhenReady],
            Phase::Running => vec![Duty::ScaleFleet, Duty::WatchShards],
            Phase::Merging => vec![Duty::Publish],
            // Late chunks make a new revision.
            Phase::Finished | Phase::Stopped | Phase::Failed => vec![Duty::ScaleFleet, Duty::Publish],
        };
        if self.ending.is_some() && !self.phase.is_over() {
            duties.insert(0, Duty::TellWorkers);
        }
        duties
    }

    /// At which test time the load ends, of a test that was to last `planned`; 0 when it never started.
    pub fn duration(&self, planned: Micros) -> Micros {
        match (&self.start, &self.ending) {
            (None, _) => Micros::ZERO,
            (Some(_), Some(ending)) => ending.at.min(planned),
            (Some(_), None) => planned,
        }
    }

    /// Why the test ended, or will.
    pub fn ended(&self) -> Ended {
        self.ending.as_ref().map_or(Ended::Completed, |e| e.why.clone())
    }
}

/// Total: every phase has an answer to every event, so one that comes twice, late or never does no harm.
///
/// `now` is by the same clock as [`RunState::start`], near enough.
pub fn step(state: &RunState, event: &Event, now: Micros) -> RunState {
    let mut next = state.clone();
    match event {
        Event::Queued if state.phase == Phase::Pending => next.phase = Phase::Starting,
        Event::Started { start } if state.phase <= Phase::Starting => {
            next.phase = Phase::Running;
            next.start = Some(*start);
        }
        Event::EndAsked { why } if state.ending.is_none() && state.phase <= Phase::Running => {
            let at = state.start.map_or(Micros::ZERO, |start| now.saturating_since(start));
            next.ending = Some(Ending { why: why.clone(), at });
        }
        Event::AllOver if state.phase <= Phase::Running => next.phase = Phase::Merging,
        Event::Published { revision, verdict } => {
            if !state.phase.is_over() {
                next.phase = match state.ended() {
                    Ended::Completed | Ended::Aborted { .. } => Phase::Finished,
                    Ended::Stopped => Phase::Stopped,
                    Ended::Failed { .. } => Phase::Failed,
                };
            }
            next.verdict.get_or_insert_with(|| verdict.clone());
            next.revision = next.revision.max(*revision);
        }
        _ => {}
    }
    if next.phase != state.phase {
        next.since = now;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_events() -> Vec<Event> {
        vec![
            Event::Queued,
            Event::Started { start: Micros(50) },
            Event::EndAsked { why: Ended::Stopped },
            Event::AllOver,
            Event::Published { revision: 1, verdict: Verdict::Pass },
        ]
    }

    #[test]
    fn a_test_goes_through_its_phases() {
        let mut state = RunState::accepted(Micros(1));
        let mut phases = vec![state.phase];
        for event in all_events() {
            state = step(&state, &event, Micros(100));
            phases.push(state.phase);
        }
        assert_eq!(
            phases,
            [Phase::Pending, Phase::Starting, Phase::Running, Phase::Running, Phase::Merging, Phase::Stopped]
        );
        assert_eq!(state.ending, Some(Ending { why: Ended::Stopped, at: Micros(50) }));
    }

    #[test]
    fn no_order_of_events_goes_back_or_changes_a_verdict() {
        // Every sequence of six events, each drawn from all.
        for draw in 0..5_usize.pow(6) {
            let mut state = RunState::accepted(Micros(1));
            for place in 0..6 {
                let event = &all_events()[draw / 5_usize.pow(place) % 5];
                let next = step(&state, event, Micros(100));
                assert!(next.phase >= state.phase, "{event:?} took {state:?} back");
                assert!(state.verdict.is_none() || next.verdict == state.verdict);
                assert!(state.ending.is_none() || next.ending == state.ending);
                assert_eq!(step(&next, event, Micros(100)), next, "said twice, {event:?} did something twice");
                state = next;
            }
        }
    }

    #[test]
    fn an_over_test_cannot_be_stopped() {
        let over = RunState { phase: Phase::Finished, ..RunState::accepted(Micros(1)) };
        assert_eq!(step(&over, &Event::EndAsked { why: Ended::Stopped }, Micros(5)), over);
    }
}
