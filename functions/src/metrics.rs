//! Metrics: a line in CloudWatch's embedded metric format for each event, which becomes metrics without a call.

use serde_json::{Map, Value, json};
use swarmgate_service::ports::Clock;

use crate::counted::Requests;

/// Where they are found in CloudWatch, by function.
const NAMESPACE: &str = "Swarmgate";

/// What was measured while an event was handled.
pub(crate) struct Metrics {
    function: &'static str,
    values: Vec<(&'static str, &'static str, Value)>,
}

impl Metrics {
    pub fn new(function: &'static str) -> Self {
        Self { function, values: Vec::new() }
    }

    pub fn count(mut self, name: &'static str, count: impl Into<Value>) -> Self {
        self.values.push((name, "Count", count.into()));
        self
    }

    pub fn milliseconds(mut self, name: &'static str, time: swarmgate_domain::Micros) -> Self {
        self.values.push((name, "Milliseconds", (time.0 / 1_000).into()));
        self
    }

    pub fn requests(self, requests: Requests) -> Self {
        self.count("StoreReads", requests.reads)
            .count("StoreWrites", requests.writes)
            .count("StoreLists", requests.lists)
            .count("StoreConflicts", requests.conflicts)
            .count("StoreBusy", requests.busy)
    }

    /// Writes the line.
    #[expect(clippy::print_stdout, reason = "what a function prints is its log, where CloudWatch finds the metrics")]
    pub fn print(self, clock: &dyn Clock) {
        println!("{}", self.line(clock.now().0 / 1_000));
    }

    fn line(self, at_ms: u64) -> Value {
        let metric = |(name, unit, _): &(&str, &str, Value)| json!({ "Name": name, "Unit": unit });
        let metrics: Vec<_> = self.values.iter().map(metric).collect();
        let described = json!([{ "Namespace": NAMESPACE, "Dimensions": [["Function"]], "Metrics": metrics }]);
        let mut line = Map::new();
        line.insert("_aws".to_owned(), json!({ "Timestamp": at_ms, "CloudWatchMetrics": described }));
        line.insert("Function".to_owned(), self.function.into());
        line.extend(self.values.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_describes_its_metrics() {
        let line = Metrics::new("merge").count("Chunks", 3).line(1_795_487_400_000);
        assert_eq!(
            line,
            json!({
                "_aws": { "Timestamp": 1_795_487_400_000_u64, "CloudWatchMetrics": [{
                    "Namespace": "Swarmgate", "Dimensions": [["Function"]], "Metrics": [{ "Name": "Chunks", "Unit": "Count" }],
                }] },
                "Function": "merge",
                "Chunks": 3,
            })
        );
    }
}
