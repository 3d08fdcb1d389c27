//! Which part of a test was measured: shard-time covered, covered twice, and missing.

use std::collections::BTreeMap;

use crate::chunk::Cover;
use crate::ids::ShardId;
use crate::summary::Gap;
use crate::time::Micros;

/// How many gaps are told one by one.
const MOST_GAPS: usize = 50;

/// Adds up covers, interval after interval. Memory: one span a shard.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    shards: u32,
    end: Micros,
    measured: u128,
    overlap: u128,
    /// Up to when each shard's time is accounted for, as measured or as gap.
    known_to: Vec<Micros>,
    heard: Vec<bool>,
    gaps: Vec<Gap>,
}

impl Coverage {
    /// For `shards` shards that were each to measure from 0 to `end` at most.
    pub fn new(shards: u32, end: Micros) -> Self {
        let count = shards as usize;
        Self {
            shards,
            end,
            measured: 0,
            overlap: 0,
            known_to: vec![Micros::ZERO; count],
            heard: vec![false; count],
            gaps: Vec::new(),
        }
    }

    /// Adds the covers of one interval, which is later than those added before. Gives the shard-time measured in it.
    pub fn add_interval(&mut self, covers: impl Iterator<Item = (ShardId, Cover)>) -> Micros {
        let mut by_shard: BTreeMap<ShardId, Vec<Cover>> = BTreeMap::new();
        for (shard, cover) in covers {
            by_shard.entry(shard).or_default().push(cover);
        }
        let before = self.measured;
        for (shard, mut covers) in by_shard {
            covers.sort_unstable();
            for cover in covers {
                self.add(shard, cover);
            }
        }
        Micros(u64::try_from(self.measured - before).unwrap_or(u64::MAX))
    }

    fn add(&mut self, shard: ShardId, cover: Cover) {
        let Some(index) = usize::try_from(shard.0).ok().filter(|i| *i < self.known_to.len()) else { return };
        self.heard[index] = true;
        let cover = cover.before(self.end);
        let known_to = self.known_to[index];
        if cover.from > known_to {
            self.gaps.push(Gap { shard: shard.0, from_us: known_to, to_us: cover.from });
        }
        let fresh = Cover { from: cover.from.max(known_to).min(cover.to), to: cover.to };
        self.measured += u128::from(fresh.length().0);
        self.overlap += u128::from((cover.length() - fresh.length()).0);
        self.known_to[index] = known_to.max(cover.to);
    }

    /// What all intervals together came to, where each shard was to measure from 0 to `due`.
    pub fn finish(mut self, due: Micros) -> CoverageSummary {
        for (shard, known_to) in (0..self.shards).zip(&self.known_to) {
            if *known_to < due {
                self.gaps.push(Gap { shard, from_us: *known_to, to_us: due });
            }
        }
        self.gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.to_us - gap.from_us), gap.shard, gap.from_us));
        self.gaps.truncate(MOST_GAPS);
        let due = u128::from(due.0) * u128::from(self.shards);
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        let share = |part: u128| if due == 0 { 0.0 } else { part as f64 / due as f64 };
        CoverageSummary {
            coverage: share(self.measured),
            overlap: share(self.overlap),
            shards_silent: u32::try_from(self.heard.iter().filter(|heard| !**heard).count()).unwrap_or(u32::MAX),
            gaps: self.gaps,
        }
    }
}

/// See [`Coverage::finish`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CoverageSummary {
    pub coverage: f64,
    pub overlap: f64,
    pub shards_silent: u32,
    pub gaps: Vec<Gap>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(covers: &[&[(u32, u64, u64)]], expected: (f64, f64, u32), gaps: &[(u32, u64, u64)]) {
        let mut coverage = Coverage::new(2, Micros(20));
        for interval in covers {
            let covers = interval
                .iter()
                .map(|(shard, from, to)| (ShardId(*shard), Cover { from: Micros(*from), to: Micros(*to) }));
            coverage.add_interval(covers);
        }
        let got = coverage.finish(Micros(20));
        assert_eq!((got.coverage, got.overlap, got.shards_silent), expected);
        let got: Vec<_> = got.gaps.iter().map(|g| (g.shard, g.from_us.0, g.to_us.0)).collect();
        assert_eq!(got, gaps);
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn what_is_covered_missing_or_covered_twice() {
        // two shards, 20 us each, in two intervals of 10
        check(&[&[(0, 0, 10), (1, 0, 10)], &[(0, 10, 20), (1, 10, 20)]], (1.0, 0.0, 0), &[]);
        check(&[&[(0, 0, 10), (1, 0, 10)], &[(0, 10, 20)]],              (0.75, 0.0, 0), &[(1, 10, 20)]);
        check(&[&[(0, 0, 10)], &[(0, 10, 20)]],                          (0.5, 0.0, 1), &[(1, 0, 20)]);
        check(&[&[(0, 0, 4), (0, 6, 10), (1, 0, 10)], &[(0, 10, 20), (1, 10, 20)]], (0.95, 0.0, 0), &[(0, 4, 6)]);
        check(&[&[(0, 0, 10), (0, 5, 10), (1, 0, 10)], &[(0, 10, 20), (1, 10, 20)]], (1.0, 0.125, 0), &[]);
        // what comes after the end counts for nothing
        check(&[&[(0, 0, 10), (1, 0, 10)], &[(0, 10, 25), (1, 10, 20)], &[(0, 25, 30)]], (1.0, 0.0, 0), &[]);
    }
}
