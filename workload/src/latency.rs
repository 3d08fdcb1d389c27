//! Seeded latency distributions: how long the server waits before it answers.

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The longest latency that can be asked for; a longer draw of an unbounded distribution is cut to it.
pub(crate) const MAX_LATENCY: Duration = Duration::from_secs(600);

/// Distributions with a name, for `/latency?profile=NAME`.
const PROFILES: [(&str, &str); 4] = [
    ("fast", "lognormal:median=5ms,sigma=0.4"),
    ("web", "lognormal:median=40ms,sigma=0.6"),
    ("slow", "lognormal:median=300ms,sigma=0.5"),
    ("tail", "bimodal:5ms,200ms,0.05"),
];

/// A distribution of latencies. Parsed from texts such as `constant:10ms`, `uniform:5ms..50ms`,
/// `lognormal:median=20ms,sigma=0.5`, `bimodal:5ms,200ms,0.05` (5 % take 200 ms), or the names `fast`, `web`, `slow`, `tail`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency(Shape);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Constant(Duration),
    Uniform {
        least: Duration,
        most: Duration,
    },
    /// `sigma` is the standard deviation of the natural logarithm.
    Lognormal {
        median: Duration,
        sigma: f64,
    },
    /// `often`, or `seldom` with the probability `share`.
    Bimodal {
        often: Duration,
        seldom: Duration,
        share: f64,
    },
}

/// A text that is no latency distribution; its message says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyError(String);

impl fmt::Display for LatencyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for LatencyError {}

impl Latency {
    /// Always the same latency.
    pub fn constant(latency: Duration) -> Self {
        Self(Shape::Constant(latency.min(MAX_LATENCY)))
    }

    /// The latency at the two independent draws `first` and `second`, both uniform in (0, 1].
    fn at(&self, first: f64, second: f64) -> Duration {
        let seconds = match self.0 {
            Shape::Constant(latency) => return latency,
            Shape::Uniform { least, most } => least.as_secs_f64() + first * (most - least).as_secs_f64(),
            Shape::Lognormal { median, sigma } => {
                let normal = (-2.0 * first.ln()).sqrt() * (TAU * second).cos(); // Box and Muller's transform
                median.as_secs_f64() * (sigma * normal).exp()
            }
            Shape::Bimodal { seldom, share, .. } if first <= share => return seldom,
            Shape::Bimodal { often, .. } => return often,
        };
        Duration::from_secs_f64(seconds.clamp(0.0, MAX_LATENCY.as_secs_f64()))
    }
}

impl FromStr for Latency {
    type Err = LatencyError;

    fn from_str(text: &str) -> Result<Self, LatencyError> {
        let spec = PROFILES.iter().find(|(name, _)| *name == text).map_or(text, |(_, spec)| spec);
        let (kind, parameters) = spec.split_once(':').unwrap_or((spec, ""));
        let shape = match kind {
            "constant" => duration(parameters).map(Shape::Constant),
            "uniform" => uniform(parameters),
            "lognormal" => lognormal(parameters),
            "bimodal" => bimodal(parameters),
            _ => None,
        };
        shape.map(Self).ok_or_else(|| {
            LatencyError(format!(
                "latency: {text:?} is no distribution, allowed are constant:10ms, uniform:5ms..50ms, \
                 lognormal:median=20ms,sigma=0.5, bimodal:5ms,200ms,0.05 (each up to 10m), fast, web, slow, tail"
            ))
        })
    }
}

fn uniform(parameters: &str) -> Option<Shape> {
    let (least, most) = parameters.split_once("..")?;
    let (least, most) = (duration(least)?, duration(most)?);
    (least <= most).then_some(Shape::Uniform { least, most })
}

fn lognormal(parameters: &str) -> Option<Shape> {
    let (median, sigma) = parameters.split_once(',')?;
    let median = duration(median.trim().strip_prefix("median=")?)?;
    let sigma: f64 = sigma.trim().strip_prefix("sigma=")?.parse().ok()?;
    (0.0..=5.0).contains(&sigma).then_some(Shape::Lognormal { median, sigma })
}

fn bimodal(parameters: &str) -> Option<Shape> {
    let (often, rest) = parameters.split_once(',')?;
    let (seldom, share) = rest.split_once(',')?;
    let share: f64 = share.trim().parse().ok()?;
    let (often, seldom) = (duration(often)?, duration(seldom)?);
    (0.0..=1.0).contains(&share).then_some(Shape::Bimodal { often, seldom, share })
}

/// A duration such as `250us`, `1.5ms`, `2s` or `1m`, up to [`MAX_LATENCY`].
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let seconds_per_unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let seconds = number.parse::<f64>().ok()? * seconds_per_unit;
    (0.0..=MAX_LATENCY.as_secs_f64()).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// The server's sequence of draws. The n-th draw depends on the seed and n alone, so that as many requests to servers of
/// the same seed get the same set of latencies, whichever thread serves which of them.
#[derive(Debug)]
pub(crate) struct Draws {
    seed: u64,
    drawn: AtomicU64,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    pub(crate) fn draw(&self, latency: &Latency) -> Duration {
        let draw = self.drawn.fetch_add(1, Ordering::Relaxed);
        let uniform = |stream: u64| unit_interval(mix(mix(self.seed).wrapping_add(draw.wrapping_mul(2) + stream)));
        latency.at(uniform(0), uniform(1))
    }
}

/// The finalizer of SplitMix64: a bijection whose outputs for successive inputs look independent.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The upper 53 bits as a number in (0, 1]; never 0, whose logarithm is infinite.
fn unit_interval(bits: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit into the mantissa")]
    let numerator = ((bits >> 11) + 1) as f64;
    numerator / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted_draws(spec: &str, seed: u64, count: u32) -> Vec<f64> {
        let latency: Latency = spec.parse().unwrap();
        let draws = Draws::new(seed);
        let mut drawn: Vec<f64> = (0..count).map(|_| draws.draw(&latency).as_secs_f64() * 1e3).collect();
        drawn.sort_by(f64::total_cmp);
        drawn
    }

    /// Percentiles of 100,000 draws, in milliseconds, against what the distribution's formula says.
    #[track_caller]
    fn check(spec: &str, expected: &[(usize, f64)]) {
        let drawn = sorted_draws(spec, 7, 100_000);
        for &(percentile, expected_ms) in expected {
            let found = drawn[percentile * 1_000];
            assert!((found / expected_ms - 1.0).abs() < 0.02, "{spec}: p{percentile} is {found} ms, not {expected_ms}");
        }
    }

    #[test]
    fn draws_follow_the_distribution() {
        check("constant:10ms", &[(1, 10.0), (99, 10.0)]);
        check("uniform:5ms..50ms", &[(10, 9.5), (50, 27.5), (90, 45.5)]);
        // The normal distribution's 90th and 99th percentiles are 1.2816 and 2.3263 standard deviations.
        let at = |deviations: f64| 20.0 * (0.5 * deviations).exp();
        check("lognormal:median=20ms,sigma=0.5", &[(10, at(-1.2816)), (50, 20.0), (90, at(1.2816)), (99, at(2.3263))]);
        check("bimodal:5ms,200ms,0.05", &[(50, 5.0), (94, 5.0), (96, 200.0)]);
        check("tail", &[(94, 5.0), (96, 200.0)]);
    }

    #[test]
    fn a_seed_repeats_its_draws_and_another_does_not() {
        assert_eq!(sorted_draws("web", 1, 100), sorted_draws("web", 1, 100));
        assert_ne!(sorted_draws("web", 1, 100), sorted_draws("web", 2, 100));
    }

    #[test]
    fn what_is_no_distribution_is_named() {
        for bad in ["", "web2", "constant:", "constant:10", "constant:-1ms", "constant:11m", "uniform:5ms..1ms"] {
            let error = bad.parse::<Latency>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("latency: {bad:?} is no distribution, allowed are ")), "{error}");
        }
        for bad in ["lognormal:median=1ms", "lognormal:median=1ms,sigma=9", "bimodal:1ms,2ms,1.5", "bimodal:1ms,2ms"] {
            assert!(bad.parse::<Latency>().is_err(), "{bad}");
        }
    }
}
