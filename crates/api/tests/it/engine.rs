//! An engine that sends nothing, and measures the same in each interval.

use async_trait::async_trait;
use swarmgate_domain::{EntryName, EntryStats, GeneratorStats, Interval, Latency, Micros, Stats};
use swarmgate_local::SystemClock;
use swarmgate_service::ports::{Clock, EngineError, LoadEngine, LoadRun, MeasuredInterval, ShardSpec, UsersChange};

/// Requests in an interval of a shard.
pub const REQUESTS: u64 = 10;

/// An engine that sends nothing.
pub struct FakeEngine;

#[async_trait]
impl LoadEngine for FakeEngine {
    async fn prepare(&self, spec: ShardSpec) -> Result<Box<dyn LoadRun>, EngineError> {
        if spec.target.contains("unreachable") {
            return Err(EngineError {
                attempted: format!("looking up {}", spec.target),
                reason: "it has no address".to_owned(),
                hint: "see that the name is right".to_owned(),
            });
        }
        let users = spec.scenario.peak_users() / spec.shards;
        Ok(Box::new(FakeRun { end: spec.duration, users, next: Interval(0), start: Micros::ZERO, spec }))
    }
}

struct FakeRun {
    spec: ShardSpec,
    start: Micros,
    end: Micros,
    users: u32,
    next: Interval,
}

#[async_trait]
impl LoadRun for FakeRun {
    fn begin(&mut self, start: Micros) {
        self.start = start;
    }

    async fn next(&mut self) -> Option<MeasuredInterval> {
        let (interval, length) = (self.next, self.spec.interval);
        let from = interval.start(length);
        let to = interval.end(length).min(self.end);
        if from >= to {
            return None;
        }
        SystemClock.sleep((self.start + to).saturating_since(SystemClock.now())).await;
        self.next = interval.next();
        let stats = self.measured(to.saturating_since(from));
        Some(MeasuredInterval { interval, from, to, stats, saturation: Vec::new(), wants_end: None })
    }

    fn change_users(&mut self, change: UsersChange) {
        self.users = change.users / self.spec.shards;
    }

    fn stop(&mut self, at: Micros) {
        self.end = self.end.min(at);
    }
}

impl FakeRun {
    fn measured(&self, length: Micros) -> Stats {
        let mut entry = EntryStats::default();
        for _ in 0..REQUESTS {
            entry.succeeded.record(Latency { service: Micros(1_000), response: Micros(1_100) });
        }
        entry.statuses.insert(200, REQUESTS);
        let generator = GeneratorStats {
            user_micros: u64::from(self.users) * length.0,
            iterations_started: REQUESTS,
            iterations_finished: REQUESTS,
            cpu_micros: length.0 / 10,
            cpu_available_micros: length.0,
            ..GeneratorStats::default()
        };
        // The names of a script come up as it runs.
        let name = self.spec.scenario.names.first().cloned().unwrap_or_else(|| EntryName::request("GET", "/"));
        Stats { entries: [(name, entry)].into(), generator }
    }
}
