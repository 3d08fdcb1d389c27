//! Numbers as a person reads them: three significant digits, a unit after a space, thousands apart.

use swarmgate_domain::Micros;

/// `1,234,567`.
pub fn count(value: u64) -> String {
    group_thousands(&value.to_string())
}

/// A time of one request: `850 µs`, `1.23 ms`, `12.3 s`.
pub fn latency(time: Micros) -> String {
    match time.0 {
        0 => "0 ms".to_owned(),
        us @ 1..1_000 => format!("{us} µs"),
        us @ 1_000..1_000_000 => format!("{} ms", three_digits(us as f64 / 1e3)),
        us => format!("{} s", three_digits(us as f64 / 1e6)),
    }
}

/// The same for columns of one unit: `1.23`, `12.3`, `1,230` milliseconds.
pub fn millis(time: Micros) -> String {
    three_digits(time.0 as f64 / 1e3)
}

/// The length of a test, to a tenth of a second: `5m`, `4m59.8s`.
pub fn duration(time: Micros) -> String {
    let tenth = 100_000;
    match time.0 {
        us if us < 10 * tenth => time.to_string(),
        us => Micros((us + tenth / 2) / tenth * tenth).to_string(),
    }
}

/// Test time: `0:05`, `12:30`, `1:02:03`, and `0:05.25` where it is no whole second.
pub fn test_time(time: Micros) -> String {
    let seconds = time.0 / 1_000_000;
    let fraction = match time.0 % 1_000_000 / 10_000 {
        0 => String::new(),
        hundredths => format!(".{hundredths:02}"),
    };
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}{fraction}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}{fraction}"),
    }
}

/// A point in time as ISO 8601 in UTC, to the millisecond; `None` when it lies beyond the calendar.
pub fn utc(time: Micros) -> Option<String> {
    let time = jiff::Timestamp::from_microsecond(i64::try_from(time.0).ok()?).ok()?;
    Some(format!("{time:.3}"))
}

/// A point in time for people, to the second: `2026-11-23 14:05:09 UTC`.
pub fn utc_for_people(time: Micros) -> Option<String> {
    let time = jiff::Timestamp::from_microsecond(i64::try_from(time.0).ok()?).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// How many per second: `0.05`, `41.2`, `1,235`.
pub fn rate(per_second: f64) -> String {
    three_digits(per_second)
}

/// A share of 0 to 1 as percent. Only what is all is `100 %`, and only what is nothing is `0 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent.is_nan() => "unknown".to_owned(),
        _ if percent == 0.0 || percent == 100.0 => format!("{percent:.0} %"),
        _ if percent > 0.0 && percent < 0.01 => "< 0.01 %".to_owned(),
        _ if percent > 99.99 && percent < 100.0 => "> 99.99 %".to_owned(),
        _ if (99.0..100.0).contains(&percent) => format!("{:.2} %", (percent * 100.0).floor() / 100.0),
        _ if percent >= 100.0 => format!("{percent:.0} %"),
        _ if percent >= 10.0 => format!("{percent:.1} %"),
        _ => format!("{percent:.2} %"),
    }
}

/// A size: `512 B`, `1.23 kB`, `4.5 MB`.
pub fn bytes(size: f64) -> String {
    match size {
        _ if size < 999.5 => format!("{size:.0} B"),
        _ if size < 999_500.0 => format!("{} kB", three_digits(size / 1e3)),
        _ if size < 999_500_000.0 => format!("{} MB", three_digits(size / 1e6)),
        _ => format!("{} GB", three_digits(size / 1e9)),
    }
}

/// `1 request`, `2 requests`.
pub fn counted(value: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(value), if value == 1 { singular } else { plural })
}

/// Three significant digits, and all of a whole number's.
fn three_digits(value: f64) -> String {
    match value {
        _ if value == 0.0 => "0".to_owned(),
        _ if value < 0.995 => {
            let text = format!("{value:.3}");
            if text == "0.000" { "< 0.001".to_owned() } else { text }
        }
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => group_thousands(&format!("{value:.0}")),
    }
}

fn group_thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        assert_eq!(count(1_234_567), "1,234,567");
        let latencies: Vec<_> =
            [0, 850, 1_234, 9_996, 12_340, 999_499, 2_013_000, 72_400_000].map(|us| latency(Micros(us))).into();
        assert_eq!(latencies, ["0 ms", "850 µs", "1.23 ms", "10.0 ms", "12.3 ms", "999 ms", "2.01 s", "72.4 s"]);
        let millis: Vec<_> = [0, 12, 1_234, 123_400, 2_013_400].map(|us| millis(Micros(us))).into();
        assert_eq!(millis, ["0", "0.012", "1.23", "123", "2,013"]);
        let sizes: Vec<_> = [0.0, 512.4, 1_234.0, 5_000_000.0].map(bytes).into();
        assert_eq!(sizes, ["0 B", "512 B", "1.23 kB", "5.00 MB"]);
    }

    #[test]
    fn nearly_all_is_not_all() {
        let shares: Vec<_> =
            [0.0, 0.000_001, 0.001_2, 0.123_4, 0.998_96, 0.999_99, 1.0, 1.2, f64::NAN].map(percent).into();
        assert_eq!(
            shares,
            ["0 %", "< 0.01 %", "0.12 %", "12.3 %", "99.89 %", "> 99.99 %", "100 %", "120 %", "unknown"]
        );
    }

    #[test]
    fn times_are_written_by_what_they_are() {
        assert_eq!(test_time(Micros(5_250_000)), "0:05.25");
        assert_eq!(test_time(Micros::from_secs(3_723)), "1:02:03");
        assert_eq!(duration(Micros(299_812_345)), "4m59.8s");
        assert_eq!(utc(Micros(1_795_000_000_123_456)).as_deref(), Some("2026-11-18T11:06:40.123Z"));
        assert_eq!(utc_for_people(Micros(1_795_000_000_123_456)).as_deref(), Some("2026-11-18 11:06:40 UTC"));
        assert_eq!(utc(Micros(u64::MAX)), None);
    }
}
