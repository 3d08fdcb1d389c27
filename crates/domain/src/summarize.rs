//! Merged intervals become a summary, one after another, in memory that does not grow with the length of the test.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::capacity::Capacity;
use crate::coverage::Coverage;
use crate::histogram::Histogram;
use crate::ids::{Attempt, Interval, ShardId};
use crate::lifecycle::RunState;
use crate::merge::MergedInterval;
use crate::notes;
use crate::plan::Plan;
use crate::scenario::{EntryKind, EntryName};
use crate::stats::{EntryStats, Stats};
use crate::summary::{
    Distribution, EntrySummary, ExceptionSummary, FailureSummary, LoadSummary, Percentiles, Point, PointPercentiles,
    Quality, SUMMARY_FORMAT, Summary,
};
use crate::time::Micros;
use crate::verdict::{Evidence, ThresholdResult, judge};

/// How many chunks that can't be read are told one by one.
const MOST_UNREADABLE: usize = 8;

/// The most points of [`Summary::series`].
const MOST_POINTS: u32 = 600;

/// All that a report is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The numbers.
    pub summary: Summary,
    /// Every interval.
    pub intervals: Vec<Point>,
    /// The times of each point of [`Summary::series`].
    pub histograms: Vec<PointHistograms>,
}

/// All times of one point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointHistograms {
    /// Test time at which it starts.
    pub at: Micros,
    /// How long it is.
    pub length: Micros,
    /// Due to last byte.
    pub response: Histogram,
    /// Sent to last byte.
    pub service: Histogram,
}

/// Takes merged intervals in order, and makes [`Results`] of them.
#[derive(Clone, Debug)]
pub struct Summarizer {
    plan: Arc<Plan>,
    state: RunState,
    /// When the load ends or was to end, in test time: up to then each shard was to be measured.
    duration: Micros,
    /// Up to when it was measured: workers hear of an early end a little later, and what they sent until then counts.
    measured_to: Micros,
    /// So many intervals make a point of the series.
    intervals_a_point: u32,
    stats: Stats,
    coverage: Coverage,
    quality: Quality,
    attempts: BTreeMap<ShardId, Attempt>,
    intervals: Vec<Point>,
    series: Vec<Point>,
    histograms: Vec<PointHistograms>,
    point: Span,
    capacity: Capacity,
}

/// Some intervals, taken together.
#[derive(Clone, Debug, Default)]
struct Span {
    stats: Stats,
    measured: Micros,
    /// How long each shard was to measure in it.
    due: Micros,
    saturated: bool,
    from: Option<Micros>,
    to: Micros,
}

impl Summarizer {
    /// For the test of `plan` as it stands in `state`.
    pub fn new(plan: Arc<Plan>, state: RunState) -> Self {
        let duration = state.duration(plan.duration());
        let intervals = u32::try_from(duration.0.div_ceil(plan.interval.0)).unwrap_or(u32::MAX);
        Self {
            duration,
            measured_to: Micros::ZERO,
            intervals_a_point: intervals.div_ceil(MOST_POINTS).max(1),
            stats: Stats::default(),
            coverage: Coverage::new(plan.shards(), duration),
            quality: Quality { shards: plan.shards(), ..Quality::default() },
            plan,
            state,
            attempts: BTreeMap::new(),
            intervals: Vec::new(),
            series: Vec::new(),
            histograms: Vec::new(),
            point: Span::default(),
            capacity: Capacity::default(),
        }
    }

    /// Adds all groups of one interval; intervals come in order, those without data may be left out.
    pub fn add_interval(&mut self, interval: Interval, groups: &[MergedInterval]) {
        let covers = groups.iter().flat_map(MergedInterval::held).map(|(id, held)| (id.shard, held.cover));
        let measured = self.coverage.add_interval(covers);
        let saturated = groups.iter().any(|group| group.held().any(|(_, held)| held.saturated));
        self.quality.intervals += 1;
        self.quality.intervals_saturated += u32::from(saturated);
        let mut stats = Stats::default();
        for group in groups {
            stats.add(group.stats());
            self.quality.chunks += group.len() as u64;
            self.quality.clock_doubt_us = self.quality.clock_doubt_us.max(group.clock_doubt());
            for reason in group.saturation() {
                if !self.quality.saturation.contains(reason) {
                    self.quality.saturation.push(reason.clone());
                }
            }
            self.quality.chunks_unreadable += group.unreadable().len() as u64;
            for (id, why) in group.unreadable() {
                if self.quality.unreadable.len() < MOST_UNREADABLE {
                    let at = interval.start(self.plan.interval);
                    self.quality
                        .unreadable
                        .push(format!("shard {} from {at} on, attempt {}: {why}", id.shard.0, id.attempt.0));
                }
            }
            for (id, _) in group.held() {
                let latest = self.attempts.entry(id.shard).or_default();
                *latest = (*latest).max(id.attempt);
            }
        }
        let (from, end) = (interval.start(self.plan.interval), interval.end(self.plan.interval));
        let due_to = end.min(self.duration).max(from);
        let last = groups.iter().flat_map(|group| group.held().map(|(_, held)| held.cover.to)).max();
        let to = last.map_or(due_to, |last| due_to.max(last.min(end)));
        self.measured_to = self.measured_to.max(to);
        self.capacity.note_speed(&stats);
        if saturated && due_to < self.duration {
            self.capacity.add(&stats, to.saturating_since(from));
        }
        let span = Span { stats, measured, due: due_to - from, saturated, from: Some(from), to };
        self.intervals.push(span.point(self.plan.shards()).0);
        let same_point = self.point.from.is_some_and(|at| {
            Interval::holding(at, self.plan.interval).0 / self.intervals_a_point == interval.0 / self.intervals_a_point
        });
        if !same_point {
            self.close_point();
        }
        self.stats.add(&span.stats);
        self.point.add(span);
    }

    fn close_point(&mut self) {
        let span = std::mem::take(&mut self.point);
        if span.from.is_some() {
            let (point, histograms) = span.point(self.plan.shards());
            self.series.push(point);
            self.histograms.push(histograms);
        }
    }

    /// What was measured in all intervals together.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// How each threshold stands at test time `now`.
    pub fn thresholds(&self, now: Micros) -> Vec<ThresholdResult> {
        let lasted = self.lasted(now);
        self.plan.scenario.thresholds.iter().map(|t| t.measure(&self.stats, lasted)).collect()
    }

    /// How long there was load up to test time `now`: what rates are by.
    fn lasted(&self, now: Micros) -> Micros {
        now.min(self.duration).max(self.measured_to)
    }

    /// What the whole test came to, as revision `revision`.
    pub fn finish(self, revision: u32) -> Results {
        let end = self.duration;
        self.finish_at(revision, end)
    }

    /// What the test came to up to test time `now`.
    pub fn so_far(self, now: Micros) -> Results {
        let now = self.duration.min(now);
        self.finish_at(0, now)
    }

    fn finish_at(mut self, revision: u32, due: Micros) -> Results {
        self.close_point();
        let (thresholds, duration) = (self.thresholds(due), self.lasted(due));
        let Self { plan, state, stats, coverage, mut quality, attempts, capacity, .. } = self;
        let covered = coverage.finish(due);
        quality.coverage = covered.coverage;
        quality.overlap = covered.overlap;
        quality.shards_silent = covered.shards_silent;
        quality.gaps = covered.gaps;
        quality.takeovers = attempts.values().map(|latest| latest.0.saturating_sub(1)).sum();
        quality.lateness = Percentiles::of(&stats.generator.lateness);
        quality.cpu_share = share(stats.generator.cpu_micros, stats.generator.cpu_available_micros);
        quality.core_wait_share = share(stats.generator.core_wait_micros, stats.generator.thread_micros);
        let (total, requests, groups) = entries(&stats, duration);
        let (response, service) = (total.response(), total.service());
        quality.cut_off = total.cut_off;
        quality.clock_faults = total.clock_faults;
        quality.clamped = service.clamped() + response.clamped();
        let script = &stats.generator.script;
        quality.exceptions = script.exception_count();
        quality.exit_codes = script.exit_codes.keys().copied().collect();
        quality.users_ended = script.users_ended.iter().map(|(why, seen)| (why.clone(), seen.count)).collect();
        let verdict = judge(&Evidence {
            quality: &quality,
            ended: &state.ended(),
            duration,
            planned: plan.duration(),
            requests: total.count(),
            starts_due: stats.generator.starts_due,
            starts_dropped: stats.generator.starts_dropped,
            thresholds: &thresholds,
        });
        let mut summary = Summary {
            format: SUMMARY_FORMAT,
            id: plan.id.clone(),
            revision,
            first_verdict: state.verdict.clone().filter(|_| revision > 1),
            name: plan.scenario.name.clone(),
            description: plan.scenario.description.clone(),
            labels: plan.scenario.labels.clone(),
            target: plan.target.clone(),
            started_at: state.start,
            planned_us: plan.duration(),
            duration_us: duration,
            interval_us: plan.interval,
            ended: state.ended(),
            verdict,
            thresholds,
            load: load(&plan, &stats),
            distribution: Distribution::of(&response, &service),
            total: EntrySummary::of(&EntryName::request("", "Aggregated"), &total, duration),
            requests,
            groups,
            failures: FailureSummary::all(&stats),
            exceptions: ExceptionSummary::all(&stats),
            series: self.series,
            quality,
            notes: Vec::new(),
            scenario: plan.source.clone(),
            environment: plan.environment.clone(),
        };
        summary.notes = notes::notes(&summary);
        summary.notes.extend(notes::of_engine(&plan.scenario));
        let needed = capacity.needed(&plan.scenario, plan.shards());
        summary.notes.extend(needed.map(|needed| needed.words()));
        Results { summary, intervals: self.intervals, histograms: self.histograms }
    }
}

impl Span {
    fn add(&mut self, other: Self) {
        self.stats.add(&other.stats);
        self.measured = self.measured + other.measured;
        self.due = self.due + other.due;
        self.saturated |= other.saturated;
        self.from = self.from.or(other.from);
        self.to = other.to;
    }

    #[expect(clippy::cast_precision_loss, reason = "shares and means need no more than 53 bits")]
    fn point(&self, shards: u32) -> (Point, PointHistograms) {
        let at = self.from.unwrap_or_default();
        let length = self.to.saturating_since(at);
        let all = Requests::of(&self.stats);
        let generator = &self.stats.generator;
        let point = Point {
            at_us: at,
            length_us: length,
            count: all.count,
            failures: all.failures,
            users: if length == Micros::ZERO { 0.0 } else { generator.user_micros as f64 / length.0 as f64 },
            response: PointPercentiles::of(&all.response),
            service: PointPercentiles::of(&all.service),
            coverage: share(self.measured.0, self.due.0.saturating_mul(u64::from(shards))),
            saturated: self.saturated,
            cpu_share: share(generator.cpu_micros, generator.cpu_available_micros),
            lateness_p99_us: generator.lateness.percentile(99.0).unwrap_or_default(),
        };
        (point, PointHistograms { at, length, response: all.response, service: all.service })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// All requests of some stats together, groups left out.
struct Requests {
    count: u64,
    failures: u64,
    response: Histogram,
    service: Histogram,
}

impl Requests {
    fn of(stats: &Stats) -> Self {
        let mut all = Self { count: 0, failures: 0, response: Histogram::default(), service: Histogram::default() };
        for (_, entry) in stats.entries.iter().filter(|(name, _)| name.kind == EntryKind::Request) {
            all.count += entry.count();
            all.failures += entry.failed.count;
            for outcome in [&entry.succeeded, &entry.failed] {
                all.response.add(&outcome.response);
                all.service.add(&outcome.service);
            }
        }
        all
    }
}

/// All requests together, and each name of requests and of groups.
fn entries(stats: &Stats, duration: Micros) -> (EntryStats, Vec<EntrySummary>, Vec<EntrySummary>) {
    let mut total = EntryStats::default();
    let (mut requests, mut groups) = (Vec::new(), Vec::new());
    for (name, stats) in &stats.entries {
        let entry = EntrySummary::of(name, stats, duration);
        match name.kind {
            EntryKind::Request => {
                total.add(stats);
                requests.push(entry);
            }
            EntryKind::Group => groups.push(entry),
        }
    }
    (total, requests, groups)
}

fn load(plan: &Plan, stats: &Stats) -> LoadSummary {
    let generator = &stats.generator;
    LoadSummary {
        users_peak: plan.peak_users(),
        users_started: generator.users_started,
        iterations_started: generator.iterations_started,
        iterations_finished: generator.iterations_finished,
        starts_due: generator.starts_due,
        starts_dropped: generator.starts_dropped,
        connections_opened: generator.connections_opened,
    }
}
