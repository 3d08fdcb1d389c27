//! Parameters of queries and forms, parsed with errors that name the parameter, its value and what is allowed.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The parameters of a query string or of a form body.
pub(crate) struct Parameters<'b> {
    encoded: &'b [u8],
}

impl<'b> Parameters<'b> {
    pub(crate) fn new(encoded: &'b [u8]) -> Self {
        Self { encoded }
    }

    /// The first value of that name, percent-decoded.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'b, str>> {
        url::form_urlencoded::parse(self.encoded).find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// A whole number, or `default` where the parameter is missing.
    ///
    /// # Errors
    /// A sentence that names the parameter, its value and what is allowed.
    pub(crate) fn whole(&self, name: &str, default: u64, allowed: RangeInclusive<u64>) -> Result<u64, String> {
        let Some(text) = self.text(name) else { return Ok(default) };
        whole(name, &text, allowed)
    }

    /// A duration in milliseconds, fractions allowed; `None` where the parameter is missing.
    ///
    /// # Errors
    /// A sentence that names the parameter, its value and what is allowed.
    pub(crate) fn millis(&self, name: &str, max: Duration) -> Result<Option<Duration>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let max_ms = max.as_millis();
        match text.parse::<f64>() {
            Ok(ms) if ms >= 0.0 && ms / 1_000.0 <= max.as_secs_f64() => Ok(Some(Duration::from_secs_f64(ms / 1_000.0))),
            _ => Err(format!("{name}: {text:?} is not allowed, allowed are 0 to {max_ms} ms, fractions too")),
        }
    }
}

/// Parses a whole number that must lie within `allowed`.
///
/// # Errors
/// A sentence that names what was parsed, its value and what is allowed.
pub(crate) fn whole(name: &str, text: &str, allowed: RangeInclusive<u64>) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if allowed.contains(&number) => Ok(number),
        _ => {
            let (least, most) = (allowed.start(), allowed.end());
            Err(format!("{name}: {text:?} is not allowed, allowed are whole numbers from {least} to {most}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn values_are_decoded_and_the_first_counts() {
        let parameters = Parameters::new(b"to=%2Fa+b&to=/c&empty");
        assert_eq!(parameters.text("to").as_deref(), Some("/a b"));
        assert_eq!(parameters.text("empty").as_deref(), Some(""));
        assert_eq!(parameters.text("other"), None);
    }

    #[test]
    fn durations_are_fractional_and_bounded() {
        let millis = |query: &'static str| Parameters::new(query.as_bytes()).millis("ms", MINUTE);
        assert_eq!(millis(""), Ok(None));
        assert_eq!(millis("ms=0.25"), Ok(Some(Duration::from_micros(250))));
        assert_eq!(millis("ms=60000"), Ok(Some(MINUTE)));
        for bad in ["ms=", "ms=-1", "ms=60001", "ms=NaN", "ms=inf", "ms=1e300", "ms=x"] {
            let error = millis(bad).unwrap_err();
            assert!(error.ends_with("is not allowed, allowed are 0 to 60000 ms, fractions too"), "{error}");
        }
    }

    #[test]
    fn whole_numbers_are_bounded() {
        let n = |query: &'static str| Parameters::new(query.as_bytes()).whole("n", 7, 1..=10);
        assert_eq!((n(""), n("n=10")), (Ok(7), Ok(10)));
        assert_eq!(n("n=11").unwrap_err(), "n: \"11\" is not allowed, allowed are whole numbers from 1 to 10");
        assert!(n("n=1.5").is_err() && n("n=-1").is_err() && n("n=").is_err());
    }
}
