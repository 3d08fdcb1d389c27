//! Axes: from values to places, with ticks at values that a person would choose.

use crate::format;
use swarmgate_domain::Micros;

/// How values become places from 0 (left, bottom) to 1 (right, top).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Even steps.
    Linear { from: f64, to: f64 },
    /// Even factors; what is below `from` lies on it.
    Log { from: f64, to: f64 },
}

impl Scale {
    /// Where `value` lies; values beyond the ends lie on them.
    pub fn place(self, value: f64) -> f64 {
        let place = match self {
            Self::Linear { from, to } => (value - from) / (to - from),
            Self::Log { from, to } => (value.max(from) / from).ln() / (to / from).ln(),
        };
        place.clamp(0.0, 1.0)
    }
}

/// A scale with its ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub scale: Scale,
    pub ticks: Vec<Tick>,
}

/// A labelled place of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub place: f64,
    pub label: String,
}

/// From zero to a round value at or above `max`.
pub fn linear(max: f64, label: impl Fn(f64) -> String) -> Axis {
    let max = if max > 0.0 && max.is_finite() { max } else { 1.0 };
    let step = nice_step(max / 4.0);
    let steps = (max / step - 1e-9).ceil().max(1.0);
    let scale = Scale::Linear { from: 0.0, to: step * steps };
    let mut ticks = Vec::new();
    let mut index = 0.0;
    while index <= steps {
        ticks.push(Tick { place: index / steps, label: label(index * step) });
        index += 1.0;
    }
    Axis { scale, ticks }
}

/// Where the ticks of a logarithmic axis are 1, 2, 5, 10, …, and not 1, 10, …: up to this factor between its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FineUpTo(pub f64);

/// An upright axis has room for some twelve labels above each other.
pub const UPRIGHT: FineUpTo = FineUpTo(10_000.0);

/// A level axis has room for some seven beside each other.
pub const LEVEL: FineUpTo = FineUpTo(100.0);

/// From a round value at or below `min` to one at or above `max`, both above zero.
pub fn log(min: f64, max: f64, fine: FineUpTo, label: impl Fn(f64) -> String) -> Axis {
    let min = if min.is_finite() { min.max(1e-6) } else { 1.0 };
    let max = if max.is_finite() { max.max(min) } else { min };
    let steps = |factors: &'static [f64]| {
        let (low, high) = (min.log10().floor(), max.log10().ceil());
        let decades = std::iter::successors(Some(low), move |decade| (*decade < high).then_some(decade + 1.0));
        decades.flat_map(move |decade| factors.iter().map(move |factor| factor * 10_f64.powf(decade)))
    };
    let five: Vec<_> = steps(&[1.0, 2.0, 5.0]).collect();
    let from = five.iter().rev().copied().find(|v| *v <= min * (1.0 + 1e-9)).unwrap_or(min);
    let to = five.iter().copied().find(|v| *v >= max * (1.0 - 1e-9) && *v > from).unwrap_or(from * 10.0);
    let scale = Scale::Log { from, to };
    let factors: &[f64] = if to / from <= fine.0 * 1.01 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let ticks = steps(factors)
        .filter(|v| *v >= from * (1.0 - 1e-9) && *v <= to * (1.0 + 1e-9))
        .map(|value| Tick { place: scale.place(value), label: label(value) })
        .collect();
    Axis { scale, ticks }
}

/// Test time from zero to `end`, in about eight steps of whole seconds, minutes or hours.
pub fn test_time(end: Micros) -> Axis {
    const STEPS: [u64; 17] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];
    let end = end.max(Micros::SECOND);
    let step = STEPS.into_iter().find(|step| end.0 <= step * 8_000_000).unwrap_or(7 * 86_400);
    let scale = Scale::Linear { from: 0.0, to: end.as_secs_f64() };
    let ticks = (0..)
        .map(|index| Micros::from_secs(index * step))
        .take_while(|at| *at <= end)
        .map(|at| Tick { place: scale.place(at.as_secs_f64()), label: format::test_time(at) })
        .collect();
    Axis { scale, ticks }
}

/// A tick's time: `250 µs`, `1.5 s`.
pub fn latency_label(us: f64) -> String {
    match us {
        _ if us < 0.5 => "0".to_owned(),
        _ if us < 999.5 => format!("{} µs", short(us)),
        _ if us < 999_500.0 => format!("{} ms", short(us / 1e3)),
        _ => format!("{} s", short(us / 1e6)),
    }
}

/// A tick's number: `0`, `0.25`, `1,500`, `20k`.
pub fn number_label(value: f64) -> String {
    match value {
        _ if value >= 999_950.0 => format!("{}M", short(value / 1e6)),
        _ if value >= 9_999.5 => format!("{}k", short(value / 1e3)),
        _ => short(value),
    }
}

/// A tick's share: `0 %`, `2.5 %`.
pub fn share_label(share: f64) -> String {
    format!("{} %", short(share * 100.0))
}

/// Ticks are round numbers: what is behind the fourth decimal is noise.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The least of 1, 2, 2.5, 5 times a power of ten that is not below `least`.
fn nice_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * decade >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * decade
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> String {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    #[rustfmt::skip] // the columns are the point
    fn ticks_are_values_that_a_person_would_choose() {
        assert_eq!(labels(&linear(100.0,         number_label)), "0 | 25 | 50 | 75 | 100");
        assert_eq!(labels(&linear(41.3,          number_label)), "0 | 20 | 40 | 60");
        assert_eq!(labels(&linear(0.0,           number_label)), "0 | 0.25 | 0.5 | 0.75 | 1");
        assert_eq!(labels(&linear(61_234.0,      number_label)), "0 | 20k | 40k | 60k | 80k");
        assert_eq!(labels(&linear(2_013_000.0,   latency_label)), "0 | 1 s | 2 s | 3 s");
        assert_eq!(labels(&linear(0.013,         share_label)), "0 % | 0.5 % | 1 % | 1.5 %");
        assert_eq!(labels(&log(1_300.0, 41_000.0, UPRIGHT, latency_label)), "1 ms | 2 ms | 5 ms | 10 ms | 20 ms | 50 ms");
        assert_eq!(labels(&log(9.0, 2e6, UPRIGHT, latency_label)), "10 µs | 100 µs | 1 ms | 10 ms | 100 ms | 1 s");
        assert_eq!(labels(&log(1_300.0, 410_000.0, LEVEL, latency_label)), "1 ms | 10 ms | 100 ms");
        assert_eq!(labels(&log(1_000.0, 1_000.0, LEVEL, latency_label)), "1 ms | 2 ms");
        assert_eq!(labels(&test_time(Micros::from_secs(300))), "0:00 | 1:00 | 2:00 | 3:00 | 4:00 | 5:00");
        assert_eq!(labels(&test_time(Micros::from_secs(7))), "0:00 | 0:01 | 0:02 | 0:03 | 0:04 | 0:05 | 0:06 | 0:07");
    }

    #[test]
    fn values_beyond_the_ends_lie_on_them() {
        let (linear, log) = (Scale::Linear { from: 0.0, to: 10.0 }, Scale::Log { from: 1.0, to: 100.0 });
        assert_eq!([-1.0, 5.0, 11.0].map(|v| linear.place(v)), [0.0, 0.5, 1.0]);
        assert_eq!([0.0, 10.0, 1e3].map(|v| log.place(v)), [0.0, 0.5, 1.0]);
    }
}
