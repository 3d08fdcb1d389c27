//! How a threshold is written: `metric{filter} operator limit`.

use std::fmt;

use super::{Filter, FilterKey, LatencyClock, Metric, Operator, Threshold};
use crate::text::{Wrong, nearest, parse_duration, shown, split_number};
use crate::verdict::ThresholdOrigin;

const METRICS: &str = "p50 to p100 (such as p99.9), median, mean, min, max, error_rate, errors, requests, rps";
const CLOCKS: [&str; 5] = ["response", "service", "first_byte", "connect", "tls"];
const FILTERS: [&str; 3] = ["name", "method", "group"];
const OPERATORS: &str = "<, <=, >, >=, ==";
const WORDS: [&str; 9] = ["median", "mean", "avg", "min", "max", "error_rate", "errors", "requests", "rps"];

impl Threshold {
    /// The one that holds a scenario which names none: `error_rate < 1%`.
    pub fn default_limit() -> Self {
        Self {
            text: "error_rate < 1%".to_owned(),
            metric: Metric::ErrorRate,
            filter: Filter::default(),
            operator: Operator::Less,
            limit: 0.01,
            origin: ThresholdOrigin::Default,
            abort: None,
        }
    }

    /// Reads `metric{filter} operator limit`, such as `p99{name=/login} < 1s`. The filter may be left out; a value in it that holds
    /// any of `,{}"` is written in quotes. Never ends the test: see [`Threshold::abort`].
    ///
    /// # Errors
    /// [`Wrong`] with the part that is none, and what is allowed for it.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let (metric_text, after) = text.split_at(text.find(['{', '<', '>', '=', '!']).unwrap_or(text.len()));
        let metric_text = metric_text.trim();
        let metric = metric(metric_text, text)?;
        let (filter, after) = match after.strip_prefix('{') {
            Some(inside) => filter(inside, text)?,
            None => (Filter::default(), after),
        };
        let (operator, limit_text) = operator(after.trim_start(), text)?;
        let limit_text = limit_text.trim();
        let limit = limit(metric, limit_text, text)?;
        let limit_text: String = limit_text.split_whitespace().collect();
        let text = format!("{metric_text}{filter} {operator} {limit_text}");
        Ok(Self { text, metric, filter, operator, limit, origin: ThresholdOrigin::Given, abort: None })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// As in a threshold's text: `{method=GET,name=/login}`; nothing when empty.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, value)) in self.equals.iter().enumerate() {
            let key = match key {
                FilterKey::Name => "name",
                FilterKey::Method => "method",
                FilterKey::Group => "group",
            };
            write!(f, "{}{key}=", if i == 0 { '{' } else { ',' })?;
            if value.is_empty() || value.trim() != value || value.contains([',', '{', '}', '"', '\\']) {
                write!(f, "\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?;
            } else {
                f.write_str(value)?;
            }
        }
        if self.equals.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
        })
    }
}

fn metric(text: &str, whole: &str) -> Result<Metric, Wrong> {
    let (clock, name) = match text.split_once('.') {
        // `p99.9` holds a point too.
        Some((clock, name)) if !clock.starts_with('p') => (clock_named(clock, whole)?, name),
        _ => (None, text),
    };
    let of = clock.unwrap_or(LatencyClock::Response);
    let metric = match name {
        "median" => Some(Metric::Percentile(of, 50.0)),
        "mean" | "avg" => Some(Metric::Mean(of)),
        "min" => Some(Metric::Min(of)),
        "max" => Some(Metric::Max(of)),
        "error_rate" if clock.is_none() => Some(Metric::ErrorRate),
        "errors" if clock.is_none() => Some(Metric::Errors),
        "requests" if clock.is_none() => Some(Metric::Requests),
        "rps" if clock.is_none() => Some(Metric::RequestsPerSecond),
        _ => name.strip_prefix('p').and_then(percentile).map(|percent| Metric::Percentile(of, percent)),
    };
    metric.ok_or_else(|| {
        let problem = if name.is_empty() {
            format!("`{}` does not start with a metric", shown(whole))
        } else {
            format!("`{}` is no metric", shown(name))
        };
        let wrong = Wrong::new(problem).allowed(METRICS);
        match nearest(name, WORDS) {
            Some(near) if near != name => wrong.help(format!("did you mean `{near}`?")),
            Some(near) => wrong.help(format!(
                "`{near}` is no time; write it without `{}.`",
                shown(text.split('.').next().unwrap_or_default())
            )),
            None => wrong,
        }
    })
}

fn percentile(digits: &str) -> Option<f64> {
    split_number(digits).filter(|(percent, rest)| rest.is_empty() && *percent <= 100.0).map(|(percent, _)| percent)
}

fn clock_named(clock: &str, whole: &str) -> Result<Option<LatencyClock>, Wrong> {
    match clock {
        "response" => Ok(Some(LatencyClock::Response)),
        "service" => Ok(Some(LatencyClock::Service)),
        "first_byte" => Ok(Some(LatencyClock::FirstByte)),
        "connect" => Ok(Some(LatencyClock::Connect)),
        "tls" => Ok(Some(LatencyClock::Tls)),
        _ => {
            let wrong = Wrong::new(format!("`{}`: `{}` is no time that is measured", shown(whole), shown(clock)));
            let wrong = wrong.allowed(CLOCKS.join(", "));
            Err(match nearest(clock, CLOCKS) {
                Some(near) => wrong.help(format!("did you mean `{near}`?")),
                None => wrong,
            })
        }
    }
}

/// The filter that `inside` starts with, and what follows its brace.
fn filter<'a>(inside: &'a str, whole: &str) -> Result<(Filter, &'a str), Wrong> {
    let bad =
        |problem: String| Wrong::new(problem).allowed("filters such as {name=/login}, {method=GET}, {group=checkout}");
    let mut filter = Filter::default();
    let mut rest = inside.trim_start();
    loop {
        let Some((key, after)) = rest.split_once('=') else {
            return Err(bad(format!("`{}`: the filter has no end", shown(whole))));
        };
        let key = match key.trim() {
            "name" => FilterKey::Name,
            "method" => FilterKey::Method,
            "group" => FilterKey::Group,
            other => {
                let wrong = bad(format!("`{}`: `{}` cannot be filtered by", shown(whole), shown(other)));
                return Err(match nearest(other, FILTERS) {
                    Some(near) => wrong.help(format!("did you mean `{near}`?")),
                    None => wrong,
                });
            }
        };
        let (value, after) = filter_value(after.trim_start())
            .ok_or_else(|| bad(format!("`{}`: the filter has no end", shown(whole))))?;
        if filter.equals.insert(key, value).is_some() {
            return Err(bad(format!("`{}`: the filter asks for the same twice", shown(whole))));
        }
        match after.trim_start().split_at_checked(1) {
            Some((",", after)) => rest = after,
            Some(("}", after)) => return Ok((filter, after)),
            _ => return Err(bad(format!("`{}`: the filter has no end", shown(whole)))),
        }
    }
}

/// A value up to `,` or `}`, or in quotes; and what follows it.
fn filter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Braces may lie in one another, so that `name=/items/${id}` needs no quotes.
        let mut depth = 0_usize;
        let end = text.char_indices().find(|(_, c)| match c {
            '{' => {
                depth += 1;
                false
            }
            '}' if depth > 0 => {
                depth -= 1;
                false
            }
            ',' => depth == 0,
            '}' => true,
            _ => false,
        });
        return end.map(|(at, _)| (text[..at].trim().to_owned(), &text[at..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

fn operator<'a>(text: &'a str, whole: &str) -> Result<(Operator, &'a str), Wrong> {
    let operators = [
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("==", Operator::Equal),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    let found = operators.iter().find_map(|(sign, operator)| text.strip_prefix(sign).map(|rest| (*operator, rest)));
    found.ok_or_else(|| {
        let wrong = Wrong::new(format!("`{}` compares with nothing", shown(whole))).allowed(OPERATORS);
        if text.starts_with('=') { wrong.help("did you mean `==`?") } else { wrong }
    })
}

fn limit(metric: Metric, text: &str, whole: &str) -> Result<f64, Wrong> {
    let within = |wrong: Wrong| Wrong { problem: format!("`{}`: {}", shown(whole), wrong.problem), ..wrong };
    let number = |text: &str| split_number(text).filter(|(_, rest)| rest.trim().is_empty()).map(|(number, _)| number);
    let bad =
        |allowed: &str| within(Wrong::new(format!("`{}` is no limit for this metric", shown(text))).allowed(allowed));
    match metric {
        Metric::Percentile(..) | Metric::Mean(_) | Metric::Min(_) | Metric::Max(_) => micros(text).map_err(within),
        Metric::ErrorRate => {
            let shares = "shares such as `1%`, `0.5%`, `0.01`";
            let share = match text.strip_suffix('%') {
                Some(percent) => {
                    number(percent.trim_end()).map(|percent| percent / 100.0).filter(|share| *share <= 1.0)
                }
                // A bare 1 may mean one percent or all.
                None => number(text).filter(|share| *share < 1.0),
            };
            share.ok_or_else(|| bad(shares))
        }
        Metric::Errors | Metric::Requests => {
            number(text).filter(|count| count.fract() == 0.0).ok_or_else(|| bad("whole numbers such as `0`, `1000`"))
        }
        Metric::RequestsPerSecond => number(text.strip_suffix("/s").unwrap_or(text))
            .ok_or_else(|| bad("numbers per second such as `50`, `50/s`")),
    }
}

/// A time in microseconds. One unit keeps fractions of a microsecond out of rounding; several are read as a length of time.
#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 microseconds")]
fn micros(text: &str) -> Result<f64, Wrong> {
    parse_duration(text).map(|time| time.0 as f64)
}
