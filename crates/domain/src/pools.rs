//! Which pool runs how many shards of a test.

use serde::{Deserialize, Serialize};

use crate::plan::PoolShare;

/// A pool with its weight among those that share tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightedPool {
    /// The pool.
    pub name: String,
    /// Its part of the workers, by the sum of all weights; 0: only when it is asked for alone.
    pub weight: u32,
}

/// Shares `shards` among `pools` by weight, to the whole shard: what is left over by rounding down goes to the largest remainders, the
/// first pool first. Pools that get none are left out; where all weights are 0 the first pool runs everything.
pub fn share_by_weight(shards: u32, pools: &[WeightedPool]) -> Vec<PoolShare> {
    let whole: u64 = pools.iter().map(|pool| u64::from(pool.weight)).sum();
    let share = |pool: &WeightedPool, shards: u32| PoolShare { pool: pool.name.clone(), shards };
    if whole == 0 {
        return pools.first().map(|pool| share(pool, shards)).into_iter().collect();
    }
    let exact = |pool: &WeightedPool| u64::from(shards) * u64::from(pool.weight);
    let floor = |pool: &WeightedPool| u32::try_from(exact(pool) / whole).expect("a part is no more than the whole");
    let mut shares: Vec<_> = pools.iter().map(|pool| share(pool, floor(pool))).collect();
    let left = shards - shares.iter().map(|share| share.shards).sum::<u32>();
    let mut by_remainder: Vec<_> = (0..pools.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(exact(&pools[*index]) % whole));
    for index in by_remainder.into_iter().take(left as usize) {
        shares[index].shards += 1;
    }
    shares.retain(|share| share.shards > 0);
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares(shards: u32, weights: &[u32]) -> Vec<(String, u32)> {
        let pool = |(index, weight): (usize, &u32)| WeightedPool { name: format!("p{index}"), weight: *weight };
        let pools: Vec<_> = weights.iter().enumerate().map(pool).collect();
        share_by_weight(shards, &pools).into_iter().map(|share| (share.pool, share.shards)).collect()
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn shards_go_by_weight() {
        let check = |shards, weights: &[u32], expected: &[(&str, u32)]| {
            let expected: Vec<_> = expected.iter().map(|(name, shards)| ((*name).to_owned(), *shards)).collect();
            assert_eq!(shares(shards, weights), expected);
        };
        check( 5, &[1],       &[("p0", 5)]);
        check( 5, &[3, 2],    &[("p0", 3), ("p1", 2)]);
        check(10, &[1, 1, 1], &[("p0", 4), ("p1", 3), ("p2", 3)]);
        check( 1, &[1, 9],    &[("p1", 1)]);
        check( 4, &[0, 2],    &[("p1", 4)]);
        check( 4, &[0],       &[("p0", 4)]);
        check( 4, &[],        &[]);
    }

    proptest! {
        #[test]
        fn no_shard_is_lost_and_none_is_off_by_more_than_one(shards in 1_u32..10_000, weights in prop::collection::vec(0_u32..1_000, 1..8)) {
            let given = shares(shards, &weights);
            prop_assert_eq!(given.iter().map(|(_, shards)| shards).sum::<u32>(), shards);
            let whole: u32 = weights.iter().sum();
            for (name, got) in given.iter().filter(|_| whole > 0) {
                let weight = weights[name[1..].parse::<usize>().unwrap()];
                let exact = f64::from(shards) * f64::from(weight) / f64::from(whole);
                prop_assert!((f64::from(*got) - exact).abs() < 1.0, "{} of {}", got, exact);
            }
        }
    }
}
