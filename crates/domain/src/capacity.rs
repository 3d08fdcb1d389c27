//! What the load asked for would take, by what workers did while they were the bottleneck.
//!
//! How often a user of a closed load would come round follows from the scenario's think times and from how fast the target answers
//! when nobody keeps it: that times the users is the rate that was asked for. What users really waited tells less, since those
//! who wait longest were not counted yet. CPU time a request was measured, and with that rate it gives the cores that it takes.

use crate::histogram::Histogram;
use crate::scenario::{EntryKind, Load, LoadModel, Scenario, Step, ThinkAfter, ThinkTime, UserKind};
use crate::stats::{EntryStats, Stats};
use crate::time::Micros;

/// How much of its cores a worker may use and still be in time, with room for bursts.
const USEFUL_SHARE: f64 = 0.75;
/// Intervals with fewer users than this share of the most are left out: the load was still growing.
const FULL: f64 = 0.9;

/// The percentile of service time that counts as the target's own.
const FAST: f64 = 10.0;

/// What is known of the intervals in which a worker was the bottleneck.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capacity {
    busy: Vec<Busy>,
    /// The least fast service time of all intervals, in seconds.
    fast: Option<f64>,
}

/// One such interval.
#[derive(Clone, Copy, Debug, Default)]
struct Busy {
    /// In seconds.
    length: f64,
    /// User-seconds.
    user_time: f64,
    requests: f64,
    starts_due: f64,
    starts_dropped: f64,
    cpu: f64,
    cpu_available: f64,
}

/// What it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Needed {
    /// Requests per second that the load asked for, and that were reached.
    pub asked: f64,
    pub reached: f64,
    /// Cores of one worker.
    pub cores: f64,
    /// Such workers that are needed.
    pub workers: f64,
}

impl Capacity {
    /// Notes how fast answers came in some interval.
    pub fn note_speed(&mut self, stats: &Stats) {
        let mut service = Histogram::default();
        requests(stats).for_each(|entry| service.add(&entry.succeeded.service));
        if let Some(fast) = service.percentile(FAST).map(Micros::as_secs_f64) {
            self.fast = Some(self.fast.map_or(fast, |least| least.min(fast)));
        }
    }

    /// Adds an interval of `length` in which a worker was the bottleneck. Not the last one, in which requests are finished that are
    /// not asked for any more.
    pub fn add(&mut self, stats: &Stats, length: Micros) {
        let generator = &stats.generator;
        let mut busy = Busy {
            length: length.as_secs_f64(),
            user_time: seconds(generator.user_micros),
            starts_due: number(generator.starts_due),
            starts_dropped: number(generator.starts_dropped),
            cpu: seconds(generator.cpu_micros),
            cpu_available: seconds(generator.cpu_available_micros),
            ..Busy::default()
        };
        for entry in requests(stats) {
            busy.requests += number(entry.count());
        }
        if busy.requests > 0.0 && busy.cpu > 0.0 && busy.length > 0.0 {
            self.busy.push(busy);
        }
    }

    /// What `scenario` takes, which ran on `shards` workers so far. `None`: nothing is known.
    pub fn needed(&self, scenario: &Scenario, shards: u32) -> Option<Needed> {
        let users = |busy: &Busy| busy.user_time / busy.length;
        let most = self.busy.iter().map(users).fold(0.0, f64::max);
        let mut all = Busy::default();
        for busy in self.busy.iter().filter(|busy| users(busy) >= FULL * most) {
            all.add(busy);
        }
        if all.requests == 0.0 {
            return None;
        }
        let reached = all.requests / all.length;
        let asked = if all.starts_due > 0.0 {
            reached * all.starts_due / (all.starts_due - all.starts_dropped).max(1.0)
        } else {
            by_users(scenario, self.fast.unwrap_or(0.0)).max(reached)
        };
        let cores = all.cpu_available / all.length / f64::from(shards.max(1));
        let cores_needed = asked * (all.cpu / all.requests) / USEFUL_SHARE;
        // What was too much for so many workers takes one more at least.
        let workers = (cores_needed / cores.max(1.0)).ceil().max(f64::from(shards) + 1.0);
        Some(Needed { asked, reached, cores, workers })
    }
}

impl Busy {
    fn add(&mut self, other: &Self) {
        self.length += other.length;
        self.user_time += other.user_time;
        self.requests += other.requests;
        self.starts_due += other.starts_due;
        self.starts_dropped += other.starts_dropped;
        self.cpu += other.cpu;
        self.cpu_available += other.cpu_available;
    }
}

impl Needed {
    /// For the report.
    pub fn words(&self) -> String {
        format!(
            "The load asked for takes about {:.0} requests/s once all users are there; {:.0}/s were reached while the load generator was the bottleneck. \
             By the CPU time that a request took, about {:.0} workers of {:.0} cores each would be in time.",
            self.asked, self.reached, self.workers, self.cores
        )
    }
}

fn requests(stats: &Stats) -> impl Iterator<Item = &EntryStats> {
    stats.entries.iter().filter(|(name, _)| name.kind == EntryKind::Request).map(|(_, entry)| entry)
}

/// Requests per second of all closed loads at their peak, where an answer takes `fast` seconds.
fn by_users(scenario: &Scenario, fast: f64) -> f64 {
    let weights: f64 = scenario.kinds.iter().map(|kind| kind.weight).sum();
    let mixed: f64 = scenario.kinds.iter().map(|kind| by_user(kind, fast) * kind.weight / weights).sum();
    let of_load = |load: &Load| match &load.model {
        LoadModel::Closed(users) => {
            let kind = load.kind.and_then(|kind| scenario.kinds.get(usize::from(kind)));
            f64::from(users.peak()) * kind.map_or(mixed, |kind| by_user(kind, fast))
        }
        LoadModel::Open { .. } => 0.0,
    };
    scenario.loads.iter().map(of_load).sum()
}

/// Requests per second of one user.
fn by_user(kind: &UserKind, fast: f64) -> f64 {
    let Round { requests, think } = round(&kind.flow);
    let pauses = if kind.think_after == ThinkAfter::Request { requests.max(1.0) } else { 1.0 };
    let busy = think + requests * fast;
    let cycle = match kind.think_time {
        ThinkTime::Pacing(period) => busy.max(period.as_secs_f64() * pauses),
        think_time => busy + mean(think_time) * pauses,
    };
    // An iteration that takes no time at all is no measure of anything.
    if cycle > 0.0 { requests / cycle } else { 0.0 }
}

/// What is done once in a round of the flow, on the average.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    requests: f64,
    /// Seconds of its own waits.
    think: f64,
}

fn round(steps: &[Step]) -> Round {
    let mut all = Round::default();
    for step in steps {
        let (times, part) = match step {
            Step::Request(_) => (1.0, Round { requests: 1.0, think: 0.0 }),
            Step::Group { steps, .. } => (1.0, round(steps)),
            Step::Repeat { times, steps } => (f64::from(*times), round(steps)),
            Step::Think(time) => (1.0, Round { requests: 0.0, think: mean(*time) }),
            Step::Choose(branches) => {
                let weights: f64 = branches.iter().map(|branch| branch.weight).sum();
                let mut part = Round::default();
                for branch in branches {
                    let one = round(&branch.steps);
                    part.requests += one.requests * branch.weight / weights;
                    part.think += one.think * branch.weight / weights;
                }
                (1.0, part)
            }
        };
        all.requests += times * part.requests;
        all.think += times * part.think;
    }
    all
}

/// In seconds.
fn mean(time: ThinkTime) -> f64 {
    match time {
        ThinkTime::None => 0.0,
        ThinkTime::Constant(time) | ThinkTime::Pacing(time) => time.as_secs_f64(),
        ThinkTime::Uniform { low, high } => f64::midpoint(low.as_secs_f64(), high.as_secs_f64()),
    }
}

fn seconds(micros: u64) -> f64 {
    number(micros) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::scenario::{EntryName, ScenarioInputs, read_scenario};
    use crate::stats::GeneratorStats;

    struct NoInputs(BTreeMap<String, String>);

    impl ScenarioInputs for NoInputs {
        fn data_file(&self, _: &str) -> Result<Vec<u8>, String> {
            Err("none".to_owned())
        }
        fn environment(&self, _: &str) -> Option<String> {
            None
        }
        fn set(&self) -> &BTreeMap<String, String> {
            &self.0
        }
    }

    fn scenario(text: &str) -> Scenario {
        read_scenario(text, "test", &NoInputs(BTreeMap::new())).map_err(|wrong| wrong.render(false)).unwrap().scenario
    }

    /// A second of `users` users and `requests` requests of 10 ms each, on 2 cores fully used.
    fn second(users: u64, requests: u64) -> Stats {
        let mut generator = GeneratorStats { user_micros: users * 1_000_000, ..GeneratorStats::default() };
        (generator.cpu_micros, generator.cpu_available_micros) = (2_000_000, 2_000_000);
        let mut entry = EntryStats::default();
        entry.succeeded.count = requests;
        (0..requests).for_each(|_| entry.succeeded.service.record(Micros::from_millis(10)));
        let name = EntryName::request("GET", "/");
        Stats { entries: [(name, entry)].into(), generator }
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn users_ask_for_what_their_flow_says() {
        let check = |flow: &str, expected: f64| {
            let text = format!("target: http://h\nload: {{ users: 100, duration: 1m }}\n{flow}");
            let asked = by_users(&scenario(&text), 0.5);
            assert!((asked / expected - 1.0).abs() < 0.01, "{asked}, not {expected}: {flow}");
        };
        //    flow                                                                               requests/s of 100 users
        check("think_time: 1s..4s\nflow: [ GET / ]",                                             100.0 / 3.0);
        check("think_time: 0s\nflow: [ GET /, GET /b ]",                                         200.0);
        check("think_time: 1s\nflow: [ GET /, repeat: { times: 3, flow: [ GET /b ] } ]",         400.0 / 6.0);
    }

    #[test]
    fn what_was_measured_says_how_many_workers() {
        let scenario =
            scenario("target: http://h\nload: { users: 1000, duration: 1m }\nthink_time: 2.49s\nflow: [ GET / ]");
        let mut capacity = Capacity::default();
        assert_eq!(capacity.needed(&scenario, 1), None);
        capacity.note_speed(&second(1_000, 100));
        // Half of the users are there: left out.
        capacity.add(&second(500, 20), Micros::SECOND);
        capacity.add(&second(1_000, 100), Micros::SECOND);
        let needed = capacity.needed(&scenario, 1).unwrap();
        assert!((needed.asked / 400.0 - 1.0).abs() < 0.01, "{needed:?}");
        // 2 cores for 100 requests/s: 8 for 400, and a quarter of each is to be free.
        assert_eq!((needed.reached.round(), needed.cores, needed.workers), (100.0, 2.0, 6.0));
    }

    #[test]
    fn arrivals_that_were_left_out_were_asked_for() {
        let mut stats = second(10, 100);
        (stats.generator.starts_due, stats.generator.starts_dropped) = (300, 200);
        let mut capacity = Capacity::default();
        capacity.add(&stats, Micros::SECOND);
        let scenario =
            scenario("target: http://h\nload: { arrival_rate: 300/s, duration: 1m, max_users: 10 }\nflow: [ GET / ]");
        assert_eq!(capacity.needed(&scenario, 1).map(|needed| needed.asked.round()), Some(300.0));
    }
}
