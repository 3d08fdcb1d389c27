//! Checks and captures, compiled: what is asked of an answer, and what is kept of it.

use std::cell::RefCell;

use regex::bytes::Regex;
use swarmgate_domain::{Capture, CaptureFrom, Check, ErrorKind, Expect, Micros, Part, Template};
use swarmgate_service::ports::Secrets;

use super::json::{self, Path};
use super::text::{Escape, MissingSecret, Text, Values};
use crate::failure::Failure;
use crate::http;

/// The longest body that is kept for checks and captures: 10 MiB.
pub const LONGEST_BODY: usize = 10 << 20;

/// An answer as checks and captures see it.
pub struct Answer<'a> {
    /// Of the final answer, redirects followed.
    pub status: u16,
    /// The head as received.
    pub head: &'a [u8],
    /// The body, decoded, where it was kept; or what is there instead, such as one longer than [`LONGEST_BODY`].
    pub body: Result<&'a [u8], &'static str>,
    /// Sent to last byte.
    pub service: Micros,
    /// For values found in JSON: its memory is used again.
    pub scratch: &'a RefCell<String>,
}

impl Answer<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        http::headers(self.head).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn find_json(&self, path: &Path, out: &mut String) -> json::Found {
        self.body.map_or(json::Found::NoJson, |body| path.find(body, out))
    }
}

/// A check, ready to be applied.
#[derive(Clone, Debug)]
pub struct CheckPlan {
    rule: Rule,
    /// What it asks, in words: `json $.ok: "true" expected`.
    words: String,
}

#[derive(Clone, Debug)]
enum Rule {
    Status(Vec<(u16, u16)>),
    Header(String, Wanted),
    Body(Wanted),
    Json(Path, Wanted),
    Time(Micros),
}

#[derive(Clone, Debug)]
enum Wanted {
    Present,
    Equals(Text),
    Contains(Text),
    Matches(Regex),
}

/// A check or a capture that can't be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadRule {
    /// A secret is missing.
    Secret(MissingSecret),
    /// A regular expression or a JSON path does not parse.
    Syntax(String),
}

impl From<MissingSecret> for BadRule {
    fn from(missing: MissingSecret) -> Self {
        Self::Secret(missing)
    }
}

impl CheckPlan {
    /// Compiles `check`.
    pub fn compile(check: &Check, secrets: &Secrets) -> Result<Self, BadRule> {
        let wanted = |expect| Wanted::compile(expect, secrets);
        let (rule, words) = match check {
            Check::Status(ranges) => {
                (Rule::Status(ranges.clone()), format!("status: {} expected", ranges_text(ranges)))
            }
            Check::Header { name, expect } => {
                (Rule::Header(name.clone(), wanted(expect)?), format!("header {name}: {}", expectation(expect)))
            }
            Check::Body(expect) => (Rule::Body(wanted(expect)?), format!("body: {}", expectation(expect))),
            Check::Json { path, expect } => {
                (Rule::Json(json_path(path)?, wanted(expect)?), format!("json {path}: {}", expectation(expect)))
            }
            Check::Time(limit) => (Rule::Time(*limit), format!("time: at most {limit} expected")),
        };
        Ok(Self { rule, words })
    }

    /// Whether it is on the status.
    pub fn is_on_status(&self) -> bool {
        matches!(self.rule, Rule::Status(_))
    }

    /// Whether it reads the body.
    pub fn reads_body(&self) -> bool {
        matches!(self.rule, Rule::Body(_) | Rule::Json(..))
    }

    /// Holds `answer` against what is expected.
    pub fn apply(&self, answer: &Answer<'_>, values: &mut Values<'_>) -> Result<(), Failure> {
        let found = match &self.rule {
            Rule::Status(ranges) => {
                if ranges.iter().any(|(low, high)| (*low..=*high).contains(&answer.status)) {
                    return Ok(());
                }
                return Err(self.failed(&format!("{} found", answer.status)));
            }
            Rule::Time(limit) => return if answer.service <= *limit { Ok(()) } else { Err(self.failed("")) },
            Rule::Header(name, wanted) => match answer.header(name) {
                None => Found::Nothing,
                Some(value) => wanted.look_in(value, values),
            },
            Rule::Body(wanted) => match answer.body {
                Err(what) => return Err(self.failed(&format!("{what} found"))),
                Ok(body) => match wanted {
                    Wanted::Present if body.is_empty() => Found::Nothing,
                    _ => wanted.look_in(body, values),
                },
            },
            Rule::Json(path, wanted) => {
                let mut text = answer.scratch.borrow_mut();
                match answer.find_json(path, &mut text) {
                    json::Found::NoJson => {
                        let what = answer.body.err().unwrap_or("no JSON");
                        return Err(self.failed(&format!("{what} found")));
                    }
                    json::Found::Nothing => Found::Nothing,
                    json::Found::Value => wanted.look_in(text.as_bytes(), values),
                }
            }
        };
        match found {
            Found::Wanted => Ok(()),
            Found::Other => Err(self.failed("another found")),
            Found::Nothing => Err(self.failed("nothing found")),
        }
    }

    fn failed(&self, found: &str) -> Failure {
        let separator = if found.is_empty() { "" } else { ", " };
        Failure::new(ErrorKind::CheckFailed, format!("{}{separator}{found}", self.words))
    }
}

enum Found {
    Wanted,
    Other,
    Nothing,
}

impl Wanted {
    fn compile(expect: &Expect, secrets: &Secrets) -> Result<Self, BadRule> {
        Ok(match expect {
            Expect::Present => Self::Present,
            Expect::Equals(text) => Self::Equals(Text::compile(text, Escape::Raw, secrets)?),
            Expect::Contains(text) => Self::Contains(Text::compile(text, Escape::Raw, secrets)?),
            Expect::Matches(pattern) => Self::Matches(regex(pattern)?),
        })
    }

    fn look_in(&self, bytes: &[u8], values: &mut Values<'_>) -> Found {
        let holds = match self {
            Self::Present => true,
            Self::Matches(regex) => regex.is_match(bytes),
            Self::Equals(text) => with_text(text, values, |text| text == bytes),
            Self::Contains(text) => with_text(text, values, |text| memchr::memmem::find(bytes, text).is_some()),
        };
        if holds { Found::Wanted } else { Found::Other }
    }
}

fn with_text(text: &Text, values: &mut Values<'_>, then: impl FnOnce(&[u8]) -> bool) -> bool {
    if let Some(fixed) = text.as_fixed() {
        return then(fixed);
    }
    let mut rendered = Vec::new();
    text.render(values, &mut rendered);
    then(&rendered)
}

/// A capture, ready to be applied.
#[derive(Clone, Debug)]
pub struct CapturePlan {
    /// Where the value is kept.
    pub slot: usize,
    from: Source,
    words: String,
}

#[derive(Clone, Debug)]
enum Source {
    Json(Path),
    Regex(Regex),
    Header(String),
    Cookie(String),
    Status,
}

impl CapturePlan {
    /// Compiles `capture`; `slot_name` is for messages.
    pub fn compile(capture: &Capture, slot_name: &str) -> Result<Self, BadRule> {
        let (from, place) = match &capture.from {
            CaptureFrom::Json(path) => (Source::Json(json_path(path)?), format!("json {path}")),
            CaptureFrom::Regex(pattern) => (Source::Regex(regex(pattern)?), format!("regex {pattern}")),
            CaptureFrom::Header(name) => (Source::Header(name.clone()), format!("header {name}")),
            CaptureFrom::Cookie(name) => (Source::Cookie(name.clone()), format!("cookie {name}")),
            CaptureFrom::Status => (Source::Status, "status".to_owned()),
        };
        let words = format!("capture {slot_name}: nothing found at {place}");
        Ok(Self { slot: usize::from(capture.slot.0), from, words })
    }

    /// Whether it reads the body.
    pub fn reads_body(&self) -> bool {
        matches!(self.from, Source::Json(_) | Source::Regex(_))
    }

    /// Writes the value, from `answer`, in place of what is in `out`.
    pub fn apply(&self, answer: &Answer<'_>, out: &mut String) -> Result<(), Failure> {
        out.clear();
        self.find(answer, out).ok_or_else(|| Failure::new(ErrorKind::CheckFailed, self.words.clone()))
    }

    fn find(&self, answer: &Answer<'_>, out: &mut String) -> Option<()> {
        match &self.from {
            Source::Json(path) => {
                if answer.find_json(path, out) != json::Found::Value {
                    return None;
                }
            }
            Source::Regex(regex) => {
                let groups = regex.captures(answer.body.ok()?)?;
                let found = groups.get(1).or_else(|| groups.get(0))?;
                out.push_str(&String::from_utf8_lossy(found.as_bytes()));
            }
            Source::Header(name) => out.push_str(&String::from_utf8_lossy(answer.header(name)?)),
            Source::Cookie(name) => {
                let cookies = http::headers(answer.head).filter(|(n, _)| n.eq_ignore_ascii_case("set-cookie"));
                let mut cookies = cookies.filter_map(|(_, value)| http::SetCookie::parse(value));
                out.push_str(&cookies.find(|cookie| cookie.name == *name)?.value);
            }
            Source::Status => out.push_str(itoa::Buffer::new().format(answer.status)),
        }
        Some(())
    }
}

fn regex(pattern: &str) -> Result<Regex, BadRule> {
    Regex::new(pattern).map_err(|error| BadRule::Syntax(error.to_string()))
}

fn json_path(path: &str) -> Result<Path, BadRule> {
    Path::parse(path).map_err(BadRule::Syntax)
}

fn ranges_text(ranges: &[(u16, u16)]) -> String {
    let one = |(low, high): &(u16, u16)| if low == high { low.to_string() } else { format!("{low}-{high}") };
    ranges.iter().map(one).collect::<Vec<_>>().join(" or ")
}

fn expectation(expect: &Expect) -> String {
    match expect {
        Expect::Present => "anything expected".to_owned(),
        Expect::Equals(text) => format!("{:?} expected", as_written(text)),
        Expect::Contains(text) => format!("{:?} in it expected", as_written(text)),
        Expect::Matches(pattern) => format!("a match of /{pattern}/ expected"),
    }
}

/// The template with `…` for what varies, so that all users' failures count as one; secrets are never shown.
fn as_written(template: &Template) -> String {
    template.0.iter().map(|part| if let Part::Text(text) = part { text } else { "…" }).collect()
}
