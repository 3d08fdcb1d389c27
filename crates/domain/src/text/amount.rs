//! Lengths of time and rates, as people write them.

use super::wrong::{Wrong, shown};
use crate::time::Micros;

/// What a length of time is, for messages.
const TIMES: &str = "times such as `250ms`, `20s`, `1.5m`, `1h30m`";
/// What a rate is, for messages.
const RATES: &str = "rates such as `500/s`, `30/m`, `100/h`, or a number per second";

/// Reads a length of time: numbers with units, one after the other, such as `1h30m`. Units are `us`, `ms`, `s`, `m`, `h` and `d`.
///
/// # Errors
/// [`Wrong`] where a number has no unit, the unit is none, or the time is longer than 1,000 days.
pub fn parse_duration(text: &str) -> Result<Micros, Wrong> {
    const LONGEST: f64 = 1_000.0 * 86_400e6;
    let bad = |problem: String| Wrong::new(problem).allowed(TIMES);
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad("an empty text is no length of time".to_owned()));
    }
    let mut micros = 0.0;
    while !rest.is_empty() {
        let (number, after) = split_number(rest).ok_or_else(|| match rest.strip_prefix('-') {
            Some(_) => bad(format!("`{}` is negative", shown(text))),
            None => bad(format!("`{}` is no length of time", shown(text))),
        })?;
        let after = after.trim_start();
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let factor = match unit {
            "us" | "µs" => 1.0,
            "ms" => 1e3,
            "s" => 1e6,
            "m" | "min" => 60e6,
            "h" => 3_600e6,
            "d" => 86_400e6,
            "" => return Err(bad(format!("`{}` has no unit of time", shown(text)))),
            _ => return Err(bad(format!("`{}`: `{}` is no unit of time", shown(text), shown(unit)))),
        };
        micros += number * factor;
        rest = after.trim_start();
    }
    if micros > LONGEST {
        return Err(Wrong::new(format!("`{}` is too long", shown(text))).allowed("times up to `1000d`"));
    }
    Ok(Micros::from_secs_f64(micros / 1e6))
}

/// Reads a rate, and returns it per second: `500/s`, `30/m` (also `/min`), `100/h`; a number alone is per second.
///
/// # Errors
/// [`Wrong`] where it is no number of 0 or more, or the unit is none.
pub fn parse_rate(text: &str) -> Result<f64, Wrong> {
    let bad = |problem: String| Wrong::new(problem).allowed(RATES);
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err(bad(format!("`{}` is negative", shown(text))));
    }
    let (number, unit) = split_number(trimmed).ok_or_else(|| bad(format!("`{}` is no rate", shown(text))))?;
    let per_second = match unit.trim().strip_prefix('/').map(str::trim) {
        None if unit.trim().is_empty() => 1.0,
        Some("s") => 1.0,
        Some("m" | "min") => 60.0,
        Some("h") => 3_600.0,
        _ => return Err(bad(format!("`{}`: `{}` is no unit of a rate", shown(text), shown(unit.trim())))),
    };
    Ok(number / per_second)
}

/// The number that `text` starts with, digits with at most one point between them, and what follows it.
pub(crate) fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    // `1..5` is a range and not a number.
    let end = text[..end].find("..").unwrap_or(end);
    let (number, rest) = text.split_at(end);
    if !number.starts_with(|c: char| c.is_ascii_digit()) || number.ends_with('.') {
        return None;
    }
    number.parse().ok().filter(|n: &f64| n.is_finite()).map(|n| (n, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, micros) in [
            ("250us", 250),
            ("1.5ms", 1_500),
            ("20s", 20_000_000),
            ("5m", 300_000_000),
            ("1h30m", 5_400_000_000),
            (" 1m 1.5 s ", 61_500_000),
            ("2d", 172_800_000_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, problem) in [
            ("", "an empty text is no length of time"),
            ("30", "`30` has no unit of time"),
            ("-5s", "`-5s` is negative"),
            ("5 parsecs", "`5 parsecs`: `parsecs` is no unit of time"),
            ("5parsecs", "`5parsecs`: `parsecs` is no unit of time"),
            ("soon", "`soon` is no length of time"),
            ("1..5s", "`1..5s` has no unit of time"),
            ("1.s", "`1.s` is no length of time"),
            ("9999999d", "`9999999d` is too long"),
        ] {
            assert_eq!(parse_duration(text).unwrap_err().problem, problem, "{text}");
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the divisions are exact")]
    fn rates_are_per_second() {
        for (text, rate) in
            [("500/s", 500.0), ("30/m", 0.5), ("90/min", 1.5), ("3600/h", 1.0), ("7", 7.0), ("0.5/s", 0.5)]
        {
            assert_eq!(parse_rate(text).unwrap(), rate, "{text}");
        }
        for (text, problem) in [
            ("-1/s", "`-1/s` is negative"),
            ("5/day", "`5/day`: `/day` is no unit of a rate"),
            ("fast", "`fast` is no rate"),
        ] {
            assert_eq!(parse_rate(text).unwrap_err().problem, problem, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_a_time_is_shown_as_reads_back(millis in 0..10_000_000_000_u64) {
            let time = Micros::from_millis(millis);
            proptest::prop_assert_eq!(parse_duration(&time.to_string()), Ok(time));
        }
    }
}
