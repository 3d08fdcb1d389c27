//! What a report must say, computed from the ledger the slow way: independent of the code under test.

use std::collections::BTreeMap;

use swarmgate_domain::{Ended, Gap, Interval, Micros, RunId};

use crate::ledger::{Counts, Measured};
use crate::world::World;

/// How many gaps a summary tells.
const MOST_GAPS: usize = 50;

/// What a report must say.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub counts: Counts,
    /// The sum of the serial numbers.
    pub serials: u64,
    /// How long there was load.
    pub lasted: Micros,
    pub coverage: f64,
    pub overlap: f64,
    pub silent: u32,
    pub gaps: Vec<Gap>,
    pub intervals: u32,
    pub intervals_saturated: u32,
    pub takeovers: u32,
    pub ended: Ended,
}

impl Expected {
    /// Of the report of all chunks that are in the store; `None` where these are not `chunks`.
    pub fn of(world: &World, run: &RunId, chunks: u64) -> Option<Self> {
        let (plan, state) = (world.watch.plans.get(run)?, world.state(run)?);
        let none = BTreeMap::new();
        let uploaded = world.ledger.uploaded.get(run).unwrap_or(&none);
        if uploaded.len() as u64 != chunks {
            return None;
        }
        let end = match (state.start, &state.ending) {
            (None, _) => Micros::ZERO,
            (Some(_), Some(ending)) => ending.at.min(plan.duration()),
            (Some(_), None) => plan.duration(),
        };
        let (mut counts, mut serials) = (Counts::default(), 0);
        let mut intervals: BTreeMap<Interval, bool> = BTreeMap::new();
        let mut attempts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut by_shard: BTreeMap<u32, Vec<&Measured>> = (0..plan.shards()).map(|shard| (shard, Vec::new())).collect();
        for chunk in uploaded.values() {
            let measured = world.ledger.by_serial(chunk.serial)?;
            counts.add(measured.counts);
            serials += chunk.serial;
            *intervals.entry(measured.interval).or_default() |= measured.saturated;
            let newest = attempts.entry(chunk.id.shard.0).or_default();
            *newest = (*newest).max(chunk.id.attempt.0);
            by_shard.entry(chunk.id.shard.0).or_default().push(measured);
        }
        let lasted = by_shard.values().flatten().map(|span| span.to).max().map_or(end, |last| last.max(end));
        let (mut measured, mut overlap, mut gaps) = (0_u64, 0_u64, Vec::new());
        for (shard, spans) in &by_shard {
            let time = ShardTime::of(spans, end);
            measured += time.measured;
            overlap += time.overlap;
            gaps.extend(time.gaps.iter().map(|(from, to)| Gap { shard: *shard, from_us: *from, to_us: *to }));
        }
        gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.to_us.0 - gap.from_us.0), gap.shard, gap.from_us));
        gaps.truncate(MOST_GAPS);
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        let share = |part: u64| if end.0 == 0 { 0.0 } else { part as f64 / (end.0 * u64::from(plan.shards())) as f64 };
        Some(Self {
            counts,
            serials,
            lasted,
            coverage: share(measured),
            overlap: share(overlap),
            silent: count(by_shard.values().filter(|spans| spans.is_empty()).count()),
            gaps,
            intervals: count(intervals.len()),
            intervals_saturated: count(intervals.values().filter(|saturated| **saturated).count()),
            takeovers: attempts.values().map(|newest| newest - 1).sum(),
            ended: state.ended(),
        })
    }

    /// Whether such data may be judged at all: complete, of a whole test, with a generator that was not the bottleneck.
    pub fn is_sound(&self) -> bool {
        self.coverage >= 0.999
            && self.intervals_saturated * 100 <= self.intervals
            && self.counts.total() > 0
            && matches!(self.ended, Ended::Completed | Ended::Aborted { .. })
    }

    /// `pass`, `fail` or `inconclusive`, by the one threshold that all simulated tests have.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
    pub fn verdict(&self) -> &'static str {
        match self.is_sound() {
            false => "inconclusive",
            true if (self.counts.failures() as f64) < 0.01 * self.counts.total() as f64 => "pass",
            true => "fail",
        }
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How a shard's time was measured.
struct ShardTime {
    measured: u64,
    overlap: u64,
    gaps: Vec<(Micros, Micros)>,
}

impl ShardTime {
    /// Cuts the time from 0 to `end` wherever a span begins or ends, and counts the spans over each piece.
    fn of(spans: &[&Measured], end: Micros) -> Self {
        let mut cuts: Vec<_> = spans.iter().flat_map(|span| [span.from.min(end), span.to.min(end)]).collect();
        cuts.extend([Micros::ZERO, end]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut time = Self { measured: 0, overlap: 0, gaps: Vec::new() };
        for piece in cuts.windows(2) {
            let (from, to) = (piece[0], piece[1]);
            let over = spans.iter().filter(|span| span.from <= from && to <= span.to).count() as u64;
            let length = to.0 - from.0;
            match over {
                0 => match time.gaps.last_mut() {
                    Some(gap) if gap.1 == from => gap.1 = to,
                    _ => time.gaps.push((from, to)),
                },
                _ => {
                    time.measured += length;
                    time.overlap += (over - 1) * length;
                }
            }
        }
        time
    }
}
