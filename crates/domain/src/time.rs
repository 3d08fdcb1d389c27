//! Microseconds: the one unit of time in rules, chunks and reports.

use std::fmt;
use std::ops::{Add, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point in time or a length of time, in microseconds.
///
/// A point is counted from the Unix epoch (store time) or from the start of the test (test time); the name of the field says which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    /// No time at all; the start of the test.
    pub const ZERO: Self = Self(0);
    /// One second.
    pub const SECOND: Self = Self(1_000_000);

    /// `count` milliseconds.
    pub const fn from_millis(count: u64) -> Self {
        Self(count.saturating_mul(1_000))
    }

    /// `count` seconds.
    pub const fn from_secs(count: u64) -> Self {
        Self(count.saturating_mul(1_000_000))
    }

    /// `seconds` rounded to the microsecond; negative and NaN become zero, what is too large becomes the largest.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, as documented"
    )]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * 1e6).round() as u64)
    }

    /// In seconds; exact to the microsecond below 285 years.
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 microseconds the conversion is exact")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The time since `earlier`; `None` when `earlier` is later.
    pub fn since(self, earlier: Self) -> Option<Self> {
        self.0.checked_sub(earlier.0).map(Self)
    }

    /// The time since `earlier`; zero when `earlier` is later.
    pub fn saturating_since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Micros {
    type Output = Self;
    /// Saturates: a deadline at the end of time is as good as one past it.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Micros {
    type Output = Self;
    /// Saturates at zero: see [`Micros::since`] where the order is in doubt.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<std::time::Duration> for Micros {
    fn from(duration: std::time::Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }
}

impl From<Micros> for std::time::Duration {
    fn from(micros: Micros) -> Self {
        Self::from_micros(micros.0)
    }
}

/// As a person writes it: `250us`, `1.5ms`, `20s`, `5m`, `1h30m`.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        match us {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{us}us"),
            1_000..1_000_000 => write!(f, "{}ms", trimmed(us, 1_000)),
            1_000_000..60_000_000 => write!(f, "{}s", trimmed(us, 1_000_000)),
            _ => {
                let (hours, minutes, rest) = (us / 3_600_000_000, us / 60_000_000 % 60, us % 60_000_000);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                if rest > 0 {
                    write!(f, "{}s", trimmed(rest, 1_000_000))?;
                }
                Ok(())
            }
        }
    }
}

/// `value / unit` with at most three decimals and no trailing zeros.
fn trimmed(value: u64, unit: u64) -> String {
    let thousandths = value * 1_000 / unit;
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_a_person_writes_it() {
        for (us, text) in [
            (0, "0s"),
            (250, "250us"),
            (1_500, "1.5ms"),
            (20_000_000, "20s"),
            (300_000_000, "5m"),
            (5_400_000_000, "1h30m"),
            (61_500_000, "1m1.5s"),
        ] {
            assert_eq!(Micros(us).to_string(), text);
        }
    }

    #[test]
    fn a_time_before_is_no_time_since() {
        assert_eq!(Micros(5).since(Micros(7)), None);
        assert_eq!(Micros(7).since(Micros(5)), Some(Micros(2)));
    }
}
