//! What a reader should know before trusting or comparing the numbers, in words.

use crate::scenario::{Scenario, ScriptEngine};
use crate::summary::Summary;
use crate::time::Micros;
use crate::verdict::ThresholdOrigin;

/// How much longer than the service time the 99th percentile of response time must be to be worth a word.
const STALL: Micros = Micros::from_millis(50);

/// What is to be known of numbers that are not the own engine's.
pub(crate) fn of_engine(scenario: &Scenario) -> Option<String> {
    let script = scenario.script.as_ref().filter(|script| script.engine == ScriptEngine::Locust)?;
    Some(format!(
        "Locust ran {}. It measures from just before a request is sent, and does not know when the request was due: both times here are service \
         times, so a target that stalls hides the requests that it kept from being sent. Connections, first bytes and bytes sent are not measured.",
        script.main
    ))
}

pub(crate) fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = Vec::new();
    let (response, service) = (summary.total.response.p99_us, summary.total.service.p99_us);
    if response > service + STALL && response.0 > service.0.saturating_mul(2) {
        let who =
            if summary.quality.intervals_saturated > 0 { "the target or the load generator" } else { "the target" };
        notes.push(format!(
            "Coordinated omission: the 99th percentile is {response} by response time (from when a request was due) but {service} by service time \
             (from when it was sent). Requests were due while {who} kept users waiting; a tool that measures service time alone would not show it."
        ));
    }
    if summary.revision > 1 {
        let first = summary.first_verdict.as_ref().map_or("none", |v| v.word());
        notes.push(format!(
            "Revision {}: data came after the verdict was given, and this report holds it. The verdict that was given is {first}; with all data it is {}.",
            summary.revision,
            summary.verdict.word()
        ));
    }
    if summary.thresholds.iter().any(|t| t.origin == ThresholdOrigin::Default) {
        notes.push(
            "No thresholds were given, so the default was used. Say what you expect, for example `p95 < 300ms`."
                .to_owned(),
        );
    }
    let quality = &summary.quality;
    if quality.takeovers > 0 {
        notes.push(format!(
            "Lost workers: shards were taken over {} times; what was not measured meanwhile is in the coverage.",
            quality.takeovers
        ));
    }
    if quality.cut_off > 0 {
        notes.push(format!("{} requests were still in flight when the grace time was over. They were given up: neither succeeded nor failed.", quality.cut_off));
    }
    if quality.exceptions > 0 {
        notes.push(format!(
            "Tasks were left by {} exceptions. Such a task made fewer requests than it was to make; see the exceptions.",
            quality.exceptions
        ));
    }
    if quality.clock_doubt_us > Micros::from_millis(100) {
        notes.push(format!("The clocks of workers may be off by up to {}: intervals of different workers may not be quite the same time.", quality.clock_doubt_us));
    }
    if quality.clamped > 0 {
        notes.push(format!("{} times were longer than an hour and are counted as an hour.", quality.clamped));
    }
    notes
}
