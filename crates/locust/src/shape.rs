//! A `LoadTestShape` as a curve of users: what it says for each second of the test, so that all workers follow the same one.

use swarmgate_domain::{CurvePoint, Micros, UserCurve};

use crate::load::ShapeTick;

/// A shape that never ends is followed for a day.
const LONGEST: u32 = 24 * 60 * 60;

/// The curve of a shape, whose `tick` is given the second and how many users there are then.
///
/// # Errors
/// What `tick` says, or that the shape ends at once; in words.
pub fn curve(mut tick: impl FnMut(u32, u64) -> Result<Option<ShapeTick>, String>) -> Result<UserCurve, String> {
    let mut users = 0.0_f64;
    let mut points = vec![CurvePoint { at: Micros::ZERO, value: 0.0 }];
    for second in 0..LONGEST {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
        let present = users as u64;
        let Some(tick) = tick(second, present)? else { break };
        let step = if tick.spawn_rate > 0.0 { tick.spawn_rate } else { f64::INFINITY };
        let wanted = tick.users.max(0.0);
        users = if wanted > users { (users + step).min(wanted) } else { (users - step).max(wanted) };
        points.push(CurvePoint { at: Micros::from_secs(u64::from(second) + 1), value: users });
    }
    if points.len() < 2 {
        return Err("the shape's tick() is None at the start: there is no load".to_owned());
    }
    UserCurve::new(straight(points)).map_err(|error| format!("the shape: {error}"))
}

/// The points without those that lie on the line between their neighbours.
fn straight(points: Vec<CurvePoint>) -> Vec<CurvePoint> {
    let mut kept: Vec<CurvePoint> = Vec::new();
    for point in points {
        if let [.., a, b] = kept[..] {
            let slope = |from: CurvePoint, to: CurvePoint| {
                (to.value - from.value) / to.at.saturating_since(from.at).as_secs_f64().max(1e-9)
            };
            if (slope(a, b) - slope(b, point)).abs() < 1e-9 {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_need_only_their_ends() {
        let point = |(at, value): (u64, f64)| CurvePoint { at: Micros::from_secs(at), value };
        let all = [(0, 0.0), (1, 5.0), (2, 10.0), (3, 10.0), (4, 10.0), (5, 0.0)].map(point);
        assert_eq!(straight(all.to_vec()), [(0, 0.0), (2, 10.0), (4, 10.0), (5, 0.0)].map(point));
    }
}
