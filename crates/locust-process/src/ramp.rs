//! What one Locust of several is told, so that together they have the users that the curve asks for.

use swarmgate_domain::{Micros, ShardId, UserCurve};

/// What a Locust is told at a moment: to go towards so many users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// Test time.
    pub at: Micros,
    /// Users of this Locust.
    pub users: u32,
    /// Its users per second, up or down.
    pub rate: f64,
}

/// Whose part it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// It has the users whose number is this, modulo `shards`.
    pub shard: ShardId,
    /// How many parts there are.
    pub shards: u32,
}

impl Part {
    /// How many of the first `users` users are of this part.
    pub fn of(self, users: u32) -> u32 {
        users.saturating_sub(self.shard.0).div_ceil(self.shards.max(1))
    }

    /// The first user of this part from `number` on.
    fn first_from(self, number: u32) -> u32 {
        let behind = number % self.shards.max(1);
        number + (self.shard.0 + self.shards - behind) % self.shards.max(1)
    }
}

/// The users that are there at `at`, all at once, if there are any.
pub fn present(curve: &UserCurve, part: Part, at: Micros) -> Option<Order> {
    let users = part.of(curve.users(at));
    (users > 0).then(|| Order { at, users, rate: f64::from(users) })
}

/// How the curve goes on behind `from`: an order for each line that is not level.
pub fn changes(curve: &UserCurve, part: Part, from: Micros) -> Vec<Order> {
    let lines = curve.points().windows(2).filter(|line| line[1].at >= from && line[0].value != line[1].value);
    lines
        .filter_map(|line| {
            let (start, end) = (line[0].at.max(from), line[1].at);
            let length = end.saturating_since(line[0].at).as_secs_f64();
            let slope = (line[1].value - line[0].value) / length.max(1e-9);
            let value = line[0].value + slope * start.saturating_since(line[0].at).as_secs_f64();
            let users = part.of(whole(line[1].value));
            if length == 0.0 {
                // A step. That at the very start is what is present there.
                return (start > from).then(|| Order { at: start, users, rate: f64::from(users.max(1)) });
            }
            // Its first user that comes or goes is not that of the others.
            let first = if slope > 0.0 {
                f64::from(part.first_from(whole(value)))
            } else {
                f64::from(part.of(whole(value)).saturating_sub(1) * part.shards + part.shard.0)
            };
            let at = start + Micros::from_secs_f64((first - value) / slope);
            let rate = slope.abs() / f64::from(part.shards.max(1));
            (users != part.of(whole(value)) && at <= end).then_some(Order { at, users, rate })
        })
        .collect()
}

/// User 0 is there as soon as the curve leaves zero, so a value between two whole numbers counts up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
fn whole(value: f64) -> u32 {
    (value - 1e-9).ceil().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swarmgate_domain::CurvePoint;

    use super::*;

    fn part(shard: u32, shards: u32) -> Part {
        Part { shard: ShardId(shard), shards }
    }

    fn curve(points: &[(u64, f64)]) -> UserCurve {
        let point = |(at, value): &(u64, f64)| CurvePoint { at: Micros::from_secs(*at), value: *value };
        UserCurve::new(points.iter().map(point).collect()).unwrap()
    }

    fn check(points: &[(u64, f64)], shard: u32, shards: u32, from: u64, expected: &[(f64, u32, f64)]) {
        let orders = changes(&curve(points), part(shard, shards), Micros::from_secs(from));
        let got: Vec<_> = orders.iter().map(|order| (order.at.as_secs_f64(), order.users, order.rate)).collect();
        assert_eq!(got, expected, "{points:?}, {shard} of {shards}");
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn orders_follow_the_curve() {
        let ramp = [(0, 0.0), (10, 20.0), (30, 20.0)];
        //    curve                                shard  of  from   at, users, rate
        check(&ramp,                                   0,  1,    0, &[(0.0, 20, 2.0)]);
        check(&ramp,                                   0,  2,    0, &[(0.0, 10, 1.0)]);
        check(&ramp,                                   1,  2,    0, &[(0.5, 10, 1.0)]);
        check(&ramp,                                   0,  1,    5, &[(5.0, 20, 2.0)]);
        check(&ramp,                                   0,  1,   15, &[]);
        check(&[(0, 0.0), (1, 1.0), (9, 1.0)],         1,  2,    0, &[]);
        check(&[(0, 5.0), (9, 5.0)],                   0,  1,    0, &[]);
        check(&[(0, 5.0), (2, 5.0), (2, 8.0), (9, 8.0)], 0, 1,   0, &[(2.0, 8, 8.0)]);
        check(&[(0, 4.0), (4, 0.0), (9, 0.0)],         0,  2,    0, &[(2.0, 0, 0.5)]);
        check(&[(0, 4.0), (4, 0.0), (9, 0.0)],         1,  2,    0, &[(1.0, 0, 0.5)]);
    }

    #[test]
    fn who_takes_over_begins_with_the_users_that_are_there() {
        let ramp = curve(&[(0, 0.0), (10, 20.0), (30, 20.0)]);
        assert_eq!(present(&ramp, part(0, 2), Micros::ZERO), None);
        let at = Micros::from_secs(5);
        assert_eq!(present(&ramp, part(1, 2), at), Some(Order { at, users: 5, rate: 5.0 }));
    }

    proptest! {
        #[test]
        fn parts_add_up(users in 0_u32..10_000, shards in 1_u32..50) {
            prop_assert_eq!((0..shards).map(|shard| part(shard, shards).of(users)).sum::<u32>(), users);
        }

        #[test]
        fn the_last_order_leaves_each_part_its_users(
            values in prop::collection::vec(0_u32..50, 2..8), shards in 1_u32..5,
        ) {
            let points: Vec<_> = (0..).zip(&values).map(|(at, value)| (at * 10, f64::from(*value))).collect();
            let curve = curve(&points);
            let told = |shard| {
                let part = part(shard, shards);
                let first = present(&curve, part, Micros::ZERO);
                first.into_iter().chain(changes(&curve, part, Micros::ZERO)).last().map_or(0, |order| order.users)
            };
            prop_assert_eq!((0..shards).map(told).sum::<u32>(), values[values.len() - 1]);
        }
    }
}
