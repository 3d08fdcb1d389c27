//! What a summary says in sentences: the reason of the verdict, and what to do where data is in doubt.

use swarmgate_domain::{Doubt, Ended, FailureSummary, Summary, ThresholdOrigin, ThresholdOutcome, Verdict};

use crate::format;

/// Why the verdict is what it is, in one sentence.
pub fn verdict_reason(summary: &Summary) -> String {
    let thresholds = summary.thresholds.len() as u64;
    match &summary.verdict {
        Verdict::Pass => match thresholds {
            0 => "There is no threshold to breach, and the data is complete.".to_owned(),
            1 => "The threshold held, on complete data.".to_owned(),
            _ => format!("All {thresholds} thresholds held, on complete data."),
        },
        Verdict::Fail { breaches } => match breaches.as_slice() {
            [breach] => format!("A threshold was breached: {breach}."),
            _ => format!(
                "{} of {} were breached.",
                breaches.len(),
                format::counted(thresholds, "threshold", "thresholds")
            ),
        },
        Verdict::Inconclusive { doubts } => match doubts.as_slice() {
            [doubt] => format!("The data cannot tell: {doubt}."),
            _ => format!("The data cannot tell, for {} reasons.", doubts.len()),
        },
    }
}

/// What a reader can do about a doubt.
pub fn advice(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::NoData => {
            "Check that the target can be reached from the workers, and that the test is long enough for one request."
        }
        Doubt::Missing { .. } => {
            "See the gaps under data quality: a worker was lost or could not upload. Run the test again."
        }
        Doubt::Unreadable { .. } => {
            "Use the version of Swarmgate that wrote it where it is of another; else see who else writes into the bucket, and run again."
        }
        Doubt::Saturated { .. } => {
            "The times are too long by what the generator added. Use more workers, fewer users for each, or more CPU, and run again."
        }
        Doubt::LoadNotReached { .. } => {
            "Iterations took so long that the bound on users was reached. Allow more users, or ask for fewer starts per second."
        }
        Doubt::StoppedEarly { .. } => {
            "The numbers hold for the time until the stop. Let the test run to its end for a verdict."
        }
        Doubt::DidNotRun { .. } => "Remove the cause and start the test again.",
        Doubt::NothingMeasured { .. } => {
            "Compare the name in the threshold with the requests table: it must be equal to the letter."
        }
        Doubt::UsersEnded { .. } => {
            "Those users made no more requests. See that each loop of the locustfile waits or asks for something, and that no value grows for ever."
        }
        Doubt::ScriptExceptions { .. } => {
            "See the exceptions: the target answered what the locustfile does not expect, or the locustfile is wrong."
        }
        Doubt::ClockFaults { .. } => {
            "A machine's clock was set while the test ran. Let its time service settle, and run again."
        }
    }
}

/// Why the test ended, where it was not at its time.
pub fn early_end(ended: &Ended) -> Option<String> {
    match ended {
        Ended::Completed => None,
        Ended::Stopped => Some("Stopped before its time was over.".to_owned()),
        Ended::Aborted { threshold } => Some(format!("Ended by the threshold `{threshold}`.")),
        Ended::Failed { reason } => Some(format!("Could not go on: {reason}.")),
    }
}

/// The text as a sentence of its own: a capital first, a full stop last.
pub fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", rest.as_str())
}

/// `held`, `breached`, `no data`.
pub fn outcome(outcome: ThresholdOutcome) -> &'static str {
    match outcome {
        ThresholdOutcome::Held => "held",
        ThresholdOutcome::Breached => "breached",
        ThresholdOutcome::NoData => "no data",
    }
}

/// Whether nobody gave thresholds, so that the default ones judged.
pub fn only_defaults(summary: &Summary) -> bool {
    !summary.thresholds.is_empty() && summary.thresholds.iter().all(|t| t.origin == ThresholdOrigin::Default)
}

/// `connection refused: …`, and no more than the detail where it begins with the kind.
pub fn error(failure: &FailureSummary) -> String {
    let (kind, detail) = (failure.kind.label(), failure.detail.as_str());
    match detail {
        "" => kind.to_owned(),
        _ if detail.starts_with(kind) => detail.to_owned(),
        _ => format!("{kind}: {detail}"),
    }
}
