//! What the load asked for would take, by what workers did while they were the bottleneck.
//!
//! A user's time is its waits, its requests, and the time that its worker kept it: it was late, had no connection free, or saw the
//! answer late. Without the last it would come round more often: with users who spend the share `s` of their time so,
//! `1 / (1 - s)` times as often. That is the rate that was asked for. How much of a service time is the worker's is told by the
//! fast answers of the best interval. CPU time a request was measured, and with that rate it gives the cores that it takes.

use crate::histogram::Histogram;
use crate::scenario::EntryKind;
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
    /// User-seconds, and those of them that users waited for their worker.
    user_time: f64,
    waited: f64,
    requests: f64,
    /// Service times, added up.
    service: f64,
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
            waited: sum(&generator.lateness),
            starts_due: number(generator.starts_due),
            starts_dropped: number(generator.starts_dropped),
            cpu: seconds(generator.cpu_micros),
            cpu_available: seconds(generator.cpu_available_micros),
            ..Busy::default()
        };
        for entry in requests(stats) {
            busy.requests += number(entry.count());
            busy.waited += sum(&entry.pool_wait);
            busy.service += sum(&entry.succeeded.service);
        }
        if busy.requests > 0.0 && busy.cpu > 0.0 && busy.length > 0.0 {
            self.busy.push(busy);
        }
    }

    /// What the load takes that has `peak` users at most, over `shards` workers so far. `None`: nothing is known.
    pub fn needed(&self, peak: u32, shards: u32) -> Option<Needed> {
        let users = |busy: &Busy| busy.user_time / busy.length;
        let most = self.busy.iter().map(users).fold(0.0, f64::max);
        let mut all = Busy::default();
        for busy in self.busy.iter().filter(|busy| users(busy) >= FULL * most) {
            all.add(busy);
        }
        if all.requests == 0.0 {
            return None;
        }
        let is_open = all.starts_due > 0.0;
        let growth = if is_open {
            all.starts_due / (all.starts_due - all.starts_dropped).max(1.0)
        } else {
            let late = (all.service - all.requests * self.fast.unwrap_or(0.0)).max(0.0);
            let own = (all.user_time - all.waited - late).max(all.user_time / 1_000.0);
            // Who is still to come will ask for as much as those who are there.
            all.user_time / own * (f64::from(peak) / users(&all)).max(1.0)
        };
        let reached = all.requests / all.length;
        let asked = reached * growth.max(1.0);
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
        self.waited += other.waited;
        self.requests += other.requests;
        self.service += other.service;
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

fn sum(times: &Histogram) -> f64 {
    seconds(times.mean().map_or(0, |mean| mean.0.saturating_mul(times.count())))
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
    use super::*;
    use crate::scenario::EntryName;
    use crate::stats::GeneratorStats;

    /// A second of `users` users and `requests` requests, each wait ended `late_ms` late, on 2 cores fully used.
    fn second(users: u64, requests: u64, late_ms: u64) -> Stats {
        let mut generator = GeneratorStats { user_micros: users * 1_000_000, ..GeneratorStats::default() };
        (generator.cpu_micros, generator.cpu_available_micros) = (2_000_000, 2_000_000);
        let mut entry = EntryStats::default();
        entry.succeeded.count = requests;
        (0..requests).for_each(|_| generator.lateness.record(Micros::from_millis(late_ms)));
        let name = EntryName { kind: EntryKind::Request, method: "GET".into(), name: "/".into() };
        Stats { entries: [(name, entry)].into(), generator }
    }

    #[test]
    fn users_who_wait_for_their_worker_ask_for_more() {
        let mut capacity = Capacity::default();
        assert_eq!(capacity.needed(1_000, 1), None);
        // Half of the users are there: left out.
        capacity.add(&second(500, 100, 0), Micros::SECOND);
        // 1,000 users come round every 10 s in place of every 2.5 s: 8 s late each time.
        capacity.add(&second(1_000, 100, 7_500), Micros::SECOND);
        let needed = capacity.needed(1_000, 1).unwrap();
        assert!((needed.asked / 400.0 - 1.0).abs() < 0.01, "{needed:?}");
        // 2 cores for 100 requests/s: 8 for 400, and a quarter of each is to be free.
        assert_eq!((needed.reached.round(), needed.cores, needed.workers), (100.0, 2.0, 6.0));
        // As many users again are still to come.
        assert!((capacity.needed(2_000, 1).unwrap().asked / 800.0 - 1.0).abs() < 0.01);
    }

    #[test]
    fn answers_that_were_seen_late_are_the_workers_own() {
        let (mut capacity, name) = (Capacity::default(), second(1, 1, 0).entries.into_keys().next().unwrap());
        let answered = |users, ms: u64| {
            let mut stats = second(users, 100, 0);
            let service = &mut stats.entries.get_mut(&name).unwrap().succeeded.service;
            (0..100).for_each(|_| service.record(Micros::from_millis(ms)));
            stats
        };
        capacity.note_speed(&answered(100, 10));
        let slow = answered(1_000, 5_010);
        capacity.note_speed(&slow);
        capacity.add(&slow, Micros::SECOND);
        // 1,000 users come round every 10 s, of which 5 s are not the target's.
        assert!((capacity.needed(1_000, 1).unwrap().asked / 200.0 - 1.0).abs() < 0.01);
    }

    #[test]
    fn arrivals_that_were_left_out_were_asked_for() {
        let mut stats = second(10, 100, 0);
        (stats.generator.starts_due, stats.generator.starts_dropped) = (300, 200);
        let mut capacity = Capacity::default();
        capacity.add(&stats, Micros::SECOND);
        assert_eq!(capacity.needed(10, 1).map(|needed| needed.asked.round()), Some(300.0));
    }
}
