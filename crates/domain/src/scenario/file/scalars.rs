//! Single values of the file: texts, numbers, times, rates.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::context::{Context, wrong_sort};
use super::decode::Decode;
use crate::scenario::yaml::{Node, Resolved, Scalar};
use crate::text::{Wrong, parse_duration, parse_rate, shown};
use crate::time::Micros;

/// Declares how a type of one value is named and described in the schema.
macro_rules! scalar_schema {
    ([$($generics:tt)*] $type:ty, $name:expr, $schema:expr) => {
        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}
pub(crate) use scalar_schema;

/// The text of a scalar that is not empty, for types that are read from text. Reports anything else.
pub(crate) fn scalar_text<'n>(node: &'n Node, ctx: &mut Context, wanted: &str) -> Option<&'n str> {
    let text = node.as_scalar().map(|scalar| scalar.text.as_str());
    if text.is_none() {
        ctx.wrong(node, wrong_sort(node, wanted));
    }
    text
}

/// What `parse` makes of the text of `node`; what is wrong is reported.
pub(crate) fn parsed<T>(
    node: &Node,
    ctx: &mut Context,
    wanted: &str,
    parse: impl FnOnce(&str) -> Result<T, Wrong>,
) -> Option<T> {
    parse(scalar_text(node, ctx, wanted)?).map_err(|wrong| ctx.wrong(node, wrong)).ok()
}

/// A text; numbers and booleans are taken as they are written. `${…}` in it is put in later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text(pub String);

impl Decode for Text {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        scalar_text(node, ctx, "texts").map(|text| Self(text.to_owned()))
    }
}
scalar_schema!([] Text, "Text", json_schema!({ "type": ["string", "number", "boolean"] }));

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Count<const MIN: u64, const MAX: u64>(pub u64);

impl<const MIN: u64, const MAX: u64> Decode for Count<MIN, MAX> {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let allowed = format!("{MIN} to {MAX}");
        let whole = format!("whole numbers from {MIN} to {MAX}");
        let resolved = node.as_scalar().map(Scalar::resolved);
        let Some(Resolved::Number(number)) = resolved else {
            ctx.wrong(node, wrong_sort(node, &whole));
            return None;
        };
        let wrong = match (whole_number(&number), number.as_f64()) {
            (Some(value), _) if value < MIN => Wrong::new(format!("{value} is too few")).allowed(allowed),
            (Some(value), _) if value > MAX => Wrong::new(format!("{value} is too many")).allowed(allowed),
            (Some(value), _) => return Some(Self(value)),
            (None, Some(value)) if value < 0.0 => Wrong::new(format!("{number} is negative")).allowed(allowed),
            (None, Some(value)) if value.fract() != 0.0 => {
                Wrong::new(format!("{number} is not a whole number")).allowed(allowed)
            }
            (None, _) => Wrong::new(format!("{number} is too many")).allowed(allowed),
        };
        ctx.wrong(node, wrong);
        None
    }
}
scalar_schema!([const MIN: u64, const MAX: u64] Count<MIN, MAX>, format!("Count{MIN}To{MAX}"),
    json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX }));

impl<const MIN: u64, const MAX: u64> Count<MIN, MAX> {
    /// The number in 32 bits: `MAX` must fit.
    pub fn as_u32(self) -> u32 {
        const { assert!(MAX <= u32::MAX as u64) };
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

/// The value of a number that is whole, however it is written: `1e3` too.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and below 2^53, so that it fits")]
fn whole_number(number: &serde_json::Number) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let of_float = |value: f64| (value.fract() == 0.0 && (0.0..=EXACT).contains(&value)).then_some(value as u64);
    number.as_u64().or_else(|| number.as_f64().and_then(of_float))
}

/// A number larger than 0, the share of one thing among several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weight(pub f64);

impl Decode for Weight {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let wanted = "numbers larger than 0, 1000000 at most";
        let resolved = node.as_scalar().map(Scalar::resolved);
        let Some(Resolved::Number(number)) = resolved else {
            ctx.wrong(node, wrong_sort(node, wanted));
            return None;
        };
        let problem = match number.as_f64() {
            Some(value) if value > 0.0 && value <= 1e6 => return Some(Self(value)),
            Some(value) if value < 0.0 => format!("{number} is negative"),
            Some(0.0) => "0 is no weight".to_owned(),
            _ => format!("{number} is too large"),
        };
        ctx.wrong(node, Wrong::new(problem).allowed(wanted));
        None
    }
}
scalar_schema!([] Weight, "Weight", json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000 }));

/// `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flag(pub bool);

impl Decode for Flag {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        match node.as_scalar().map(Scalar::resolved) {
            Some(Resolved::Bool(value)) => Some(Self(value)),
            _ => {
                ctx.wrong(node, wrong_sort(node, "true, false"));
                None
            }
        }
    }
}
scalar_schema!([] Flag, "Flag", json_schema!({ "type": "boolean" }));

/// What a length of time looks like.
pub(crate) const TIME_PATTERN: &str = r"^\s*([0-9]+(\.[0-9]+)?\s*(us|µs|ms|s|min|m|h|d)\s*)+$";

/// A length of time from `MIN` to `MAX` microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Time<const MIN: u64, const MAX: u64>(pub Micros);

impl<const MIN: u64, const MAX: u64> Time<MIN, MAX> {
    /// Reads `text`, and refuses what is out of range.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let time = parse_duration(text)?;
        let problem = match time.0 {
            us if us < MIN => "is too short",
            us if us > MAX => "is too long",
            _ => return Ok(Self(time)),
        };
        let allowed = format!("times from {} to {}", Micros(MIN), Micros(MAX));
        Err(Wrong::new(format!("`{}` {problem}", shown(text))).allowed(allowed))
    }
}

impl<const MIN: u64, const MAX: u64> Decode for Time<MIN, MAX> {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        parsed(node, ctx, "times such as `250ms`, `20s`, `1.5m`, `1h30m`", Self::parse)
    }
}
scalar_schema!([const MIN: u64, const MAX: u64] Time<MIN, MAX>, format!("Time{MIN}To{MAX}"),
    json_schema!({ "type": "string", "pattern": TIME_PATTERN, "examples": ["250ms", "20s", "1h30m"] }));

/// A rate per second, larger than 0; 0 is allowed where `MIN_ZERO` is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate<const ZERO: u8>(pub f64);

/// A rate that may be 0.
pub(crate) const ZERO_TOO: u8 = 0;
/// A rate that must be more than 0.
pub(crate) const POSITIVE: u8 = 1;

/// The highest rate, per second.
pub(crate) const MAX_RATE: f64 = 10_000_000.0;

impl<const ZERO: u8> Decode for Rate<ZERO> {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        parsed(node, ctx, "rates such as `500/s`, `30/m`", |text| {
            let rate = parse_rate(text)?;
            if rate > MAX_RATE {
                return Err(
                    Wrong::new(format!("`{}` is too fast", shown(text))).allowed(format!("rates up to {MAX_RATE}/s"))
                );
            }
            if rate == 0.0 && ZERO == POSITIVE {
                return Err(Wrong::new(format!("`{}` is too slow", shown(text))).allowed("rates of more than 0/s"));
            }
            Ok(Self(rate))
        })
    }
}
scalar_schema!([const ZERO: u8] Rate<ZERO>, format!("Rate{ZERO}"), json_schema!({
    "anyOf": [
        { "type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(/\s*(s|m|min|h))?\s*$" },
        { "type": "number", "minimum": 0, "maximum": MAX_RATE },
    ],
    "examples": ["500/s", "30/m", "100/h"],
}));

/// Declares one of several words, each with what it stands for.
macro_rules! words {
    ($type:ty, $name:literal, $($word:literal => $value:expr),+ $(,)?) => {
        impl $crate::scenario::file::decode::Decode for $crate::scenario::file::scalars::Word<$type> {
            fn decode(
                node: &$crate::scenario::yaml::Node,
                ctx: &mut $crate::scenario::file::context::Context,
            ) -> Option<Self> {
                let words = [$($word),+];
                $crate::scenario::file::scalars::parsed(node, ctx, &words.join(", "), |text| match text {
                    $($word => Ok(Self($value)),)+
                    _ => Err($crate::scenario::file::scalars::no_such_word(text, &words)),
                })
            }
        }
        $crate::scenario::file::scalars::scalar_schema!([] $crate::scenario::file::scalars::Word<$type>, $name,
            schemars::json_schema!({ "type": "string", "enum": [$($word),+] }));
    };
}
pub(crate) use words;

/// One of several words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Word<T>(pub T);

pub(crate) fn no_such_word(text: &str, words: &[&str]) -> Wrong {
    let wrong = Wrong::new(format!("`{}` is not allowed", shown(text))).allowed(words.join(", "));
    match crate::text::nearest(text, words.iter().copied()) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong,
    }
}
