//! Load over time: how many users there are, or how many starts a second, as straight lines between points.
//!
//! Each user and each arrival of a test has a number; a shard runs the numbers that are its own modulo the count of shards.
//! So shards need not talk to each other, and what they do adds up exactly to what was asked for.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Test time.
    pub at: Micros,
    /// Users, or starts per second; never negative.
    pub value: f64,
}

/// Straight lines between points in order of time; two points at one time are a step. Zero after the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Curve(Vec<CurvePoint>);

/// Why points make no curve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCurve {
    /// Nothing to draw.
    #[error("a curve needs two points at least")]
    TooShort,
    /// Time runs forward.
    #[error("the points of a curve must be in order of time, from 0")]
    OutOfOrder,
    /// Less than nothing, or not a number.
    #[error("the values of a curve must be 0 or more")]
    BadValue,
}

impl Curve {
    fn new(points: Vec<CurvePoint>) -> Result<Self, BadCurve> {
        if points.len() < 2 {
            return Err(BadCurve::TooShort);
        }
        if points[0].at != Micros::ZERO || points.windows(2).any(|w| w[0].at > w[1].at) {
            return Err(BadCurve::OutOfOrder);
        }
        if points.iter().any(|p| !p.value.is_finite() || p.value < 0.0) {
            return Err(BadCurve::BadValue);
        }
        Ok(Self(points))
    }

    fn duration(&self) -> Micros {
        self.0.last().map_or(Micros::ZERO, |p| p.at)
    }

    fn peak(&self) -> f64 {
        self.0.iter().map(|p| p.value).fold(0.0, f64::max)
    }

    /// The value just after `at`; 0 from the end on.
    fn value(&self, at: Micros) -> f64 {
        let after = self.0.partition_point(|p| p.at <= at);
        match (after.checked_sub(1).map(|i| self.0[i]), self.0.get(after)) {
            (Some(from), Some(to)) => from.value + (to.value - from.value) * fraction(from.at, to.at, at),
            _ => 0.0,
        }
    }
}

/// How far `at` lies between `from` and `to`, from 0 to 1.
fn fraction(from: Micros, to: Micros, at: Micros) -> f64 {
    at.saturating_since(from).as_secs_f64() / to.saturating_since(from).as_secs_f64().max(1e-9)
}

/// How many users there are, over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCurve(Curve);

impl UserCurve {
    /// Straight lines between `points`.
    ///
    /// # Errors
    /// [`BadCurve`]: fewer than two points, not in order of time from 0, or a value below 0.
    pub fn new(points: Vec<CurvePoint>) -> Result<Self, BadCurve> {
        Curve::new(points).map(Self)
    }

    /// From nobody to `users` at `spawn_rate` users per second, and then so many until `duration`.
    /// Where the ramp would take longer than the test, the test ends on the ramp.
    pub fn ramp(users: u32, spawn_rate: f64, duration: Micros) -> Self {
        Self(Curve(ramp_points(0.0, f64::from(users), spawn_rate, Micros::ZERO, duration)))
    }

    /// The points, in order of time.
    pub fn points(&self) -> &[CurvePoint] {
        &self.0.0
    }

    /// When the last user stops.
    pub fn duration(&self) -> Micros {
        self.0.duration()
    }

    /// The most users there are at any time.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
    pub fn peak(&self) -> u32 {
        self.0.peak().ceil() as u32
    }

    /// How many users there are just after `at`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
    pub fn users(&self, at: Micros) -> u32 {
        // User 0 is there as soon as the curve leaves zero, so a value between two whole numbers counts up.
        (self.0.value(at) - 1e-9).ceil().max(0.0) as u32
    }

    /// When user `number` is there: spans from start to stop, in order, not touching.
    ///
    /// It starts when the curve rises through its number, and stops when the curve falls back to it.
    pub fn spans(&self, number: u32) -> Vec<(Micros, Micros)> {
        let level = f64::from(number);
        let mut spans = Vec::new();
        let mut started = None;
        for line in self.0.0.windows(2) {
            let (from, to) = (line[0], line[1]);
            let crossing = |value_from: f64, value_to: f64| {
                let part = (level - value_from) / (value_to - value_from);
                from.at + Micros::from_secs_f64(to.at.saturating_since(from.at).as_secs_f64() * part)
            };
            match started {
                None if from.value > level => started = Some(from.at),
                None if to.value > level && to.at > from.at => started = Some(crossing(from.value, to.value)),
                _ => {}
            }
            if let Some(start) = started
                && to.value <= level
            {
                let stop = if from.value > level && to.at > from.at { crossing(from.value, to.value) } else { from.at };
                if stop > start {
                    spans.push((start, stop));
                }
                started = None;
            }
        }
        if let Some(start) = started
            && self.duration() > start
        {
            spans.push((start, self.duration()));
        }
        spans
    }

    /// This curve until `at`, and from there on towards `users` at `spawn_rate` users per second (up or down), to the old end.
    pub fn changed(&self, at: Micros, users: u32, spawn_rate: f64) -> Self {
        let duration = self.duration();
        if at >= duration {
            return self.clone();
        }
        let now = self.0.value(at);
        let mut points: Vec<_> = self.0.0.iter().copied().take_while(|p| p.at < at).collect();
        if at > Micros::ZERO {
            points.push(CurvePoint { at, value: now });
        }
        points.extend(ramp_points(now, f64::from(users), spawn_rate, at, duration));
        Self(Curve(points))
    }
}

fn ramp_points(from: f64, to: f64, rate: f64, start: Micros, end: Micros) -> Vec<CurvePoint> {
    let needed = Micros::from_secs_f64((to - from).abs() / rate);
    let room = end.saturating_since(start);
    let mut points = vec![CurvePoint { at: start, value: from }];
    if needed >= room {
        let reached = from + (to - from) * (room.as_secs_f64() / needed.as_secs_f64().max(1e-9));
        points.push(CurvePoint { at: end, value: reached });
    } else {
        points.push(CurvePoint { at: start + needed, value: to });
        points.push(CurvePoint { at: end, value: to });
    }
    points
}

/// How many iterations are started per second, over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RateCurve(Curve);

impl RateCurve {
    /// Straight lines between `points`.
    ///
    /// # Errors
    /// [`BadCurve`]: fewer than two points, not in order of time from 0, or a value below 0.
    pub fn new(points: Vec<CurvePoint>) -> Result<Self, BadCurve> {
        Curve::new(points).map(Self)
    }

    /// The same rate from the start to `duration`.
    pub fn constant(per_second: f64, duration: Micros) -> Self {
        let at = |at| CurvePoint { at, value: per_second };
        Self(Curve(vec![at(Micros::ZERO), at(duration)]))
    }

    /// The points, in order of time.
    pub fn points(&self) -> &[CurvePoint] {
        &self.0.0
    }

    /// When the last start is past.
    pub fn duration(&self) -> Micros {
        self.0.duration()
    }

    /// The highest rate, in starts per second.
    pub fn peak(&self) -> f64 {
        self.0.peak()
    }

    /// Starts per second just after `at`.
    pub fn rate(&self, at: Micros) -> f64 {
        self.0.value(at)
    }

    /// The times of arrivals `first`, `first + step`, `first + 2 * step`, … in test time, in order.
    ///
    /// Arrival `n` comes when the area under the curve reaches `n`: the first one at once.
    pub fn arrivals(&self, first: u64, step: u64) -> Arrivals<'_> {
        Arrivals { points: &self.0.0, line: 0, area_before: 0.0, next: first, step: step.max(1) }
    }

    /// How many arrivals there are before `at`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
    pub fn arrivals_before(&self, at: Micros) -> u64 {
        let mut area = 0.0;
        for line in self.0.0.windows(2) {
            let (from, to) = (line[0], line[1]);
            if to.at <= at {
                area += line_area(from, to);
            } else if from.at < at {
                let value = from.value + (to.value - from.value) * fraction(from.at, to.at, at);
                area += line_area(from, CurvePoint { at, value });
            }
        }
        (area - 1e-6).ceil().max(0.0) as u64
    }
}

fn line_area(from: CurvePoint, to: CurvePoint) -> f64 {
    (from.value + to.value) / 2.0 * to.at.saturating_since(from.at).as_secs_f64()
}

/// See [`RateCurve::arrivals`].
#[derive(Clone, Debug)]
pub struct Arrivals<'a> {
    points: &'a [CurvePoint],
    line: usize,
    area_before: f64,
    next: u64,
    step: u64,
}

impl Iterator for Arrivals<'_> {
    type Item = Micros;

    #[expect(clippy::cast_precision_loss, reason = "numbers of arrivals stay far below 2^53")]
    fn next(&mut self) -> Option<Micros> {
        loop {
            let (from, to) = (*self.points.get(self.line)?, *self.points.get(self.line + 1)?);
            let (area, wanted) = (line_area(from, to), self.next as f64 - self.area_before);
            // The end of a line belongs to the next one; the end of the last is the end of the test.
            if wanted < area - 1e-6 {
                self.next += self.step;
                return Some(from.at + Micros::from_secs_f64(seconds_to_area(from, to, wanted)));
            }
            self.area_before += area;
            self.line += 1;
        }
    }
}

/// After how many seconds the area under the line reaches `area`.
fn seconds_to_area(from: CurvePoint, to: CurvePoint, area: f64) -> f64 {
    let length = to.at.saturating_since(from.at).as_secs_f64();
    let slope = (to.value - from.value) / length;
    // from.value * t + slope / 2 * t^2 = area; this form of the root keeps its digits when the slope is small.
    let root = (from.value * from.value + 2.0 * slope * area).max(0.0).sqrt();
    if from.value + root > 0.0 { (2.0 * area / (from.value + root)).min(length) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Micros {
        Micros::from_secs(s)
    }

    #[test]
    fn a_ramp_spawns_one_user_after_another() {
        let curve = UserCurve::ramp(100, 1.0, secs(300));
        assert_eq!(curve.spans(0), [(secs(0), secs(300))]);
        assert_eq!(curve.spans(99), [(secs(99), secs(300))]);
        assert_eq!(curve.spans(100), []);
        assert_eq!((curve.users(secs(10)), curve.users(secs(200)), curve.users(secs(300))), (10, 100, 0));
        assert_eq!(curve.peak(), 100);
    }

    #[test]
    fn a_ramp_longer_than_the_test_ends_with_it() {
        let curve = UserCurve::ramp(1_000_000, 100.0, secs(60));
        assert_eq!(curve.peak(), 6_000);
        assert_eq!(curve.spans(5_999), [(Micros(59_990_000), secs(60))]);
    }

    #[test]
    fn a_user_comes_back_with_the_second_wave() {
        let point = |at, value| CurvePoint { at: secs(at), value };
        let curve =
            UserCurve::new(vec![point(0, 0.0), point(10, 10.0), point(20, 0.0), point(20, 5.0), point(30, 5.0)])
                .unwrap();
        assert_eq!(curve.spans(4), [(secs(4), secs(16)), (secs(20), secs(30))]);
        assert_eq!(curve.spans(5), [(secs(5), secs(15))]);
    }

    #[test]
    fn a_change_holds_from_its_time_on() {
        let curve = UserCurve::ramp(10, 10.0, secs(60)).changed(secs(20), 30, 2.0);
        assert_eq!((curve.users(secs(19)), curve.users(secs(25)), curve.users(secs(50))), (10, 20, 30));
        let down = curve.changed(secs(40), 5, 5.0);
        assert_eq!((down.users(secs(39)), down.users(secs(59))), (30, 5));
        assert_eq!(down.duration(), secs(60));
    }

    #[test]
    fn arrivals_come_at_the_rate_over_all_shards() {
        let point = |at, value| CurvePoint { at: secs(at), value };
        let curve = RateCurve::new(vec![point(0, 0.0), point(10, 100.0), point(20, 100.0), point(25, 0.0)]).unwrap();
        let all: Vec<_> = curve.arrivals(0, 1).collect();
        assert_eq!(all.len(), 500 + 1_000 + 250);
        assert_eq!(curve.arrivals_before(secs(25)), 1_750);
        assert_eq!(curve.arrivals_before(secs(10)), 500);
        assert!(all.is_sorted());
        let mut merged: Vec<_> = (0..7).flat_map(|shard| curve.arrivals(shard, 7)).collect();
        merged.sort_unstable();
        assert_eq!(merged, all);
    }

    #[test]
    fn bad_points_are_refused() {
        let point = |at, value| CurvePoint { at: secs(at), value };
        for (points, error) in [
            (vec![point(0, 1.0)], BadCurve::TooShort),
            (vec![point(1, 1.0), point(2, 1.0)], BadCurve::OutOfOrder),
            (vec![point(0, 1.0), point(2, 1.0), point(1, 1.0)], BadCurve::OutOfOrder),
            (vec![point(0, -1.0), point(2, 1.0)], BadCurve::BadValue),
            (vec![point(0, f64::NAN), point(2, 1.0)], BadCurve::BadValue),
        ] {
            assert_eq!(UserCurve::new(points), Err(error));
        }
    }
}
