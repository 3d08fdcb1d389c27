//! Format specifications: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use num_bigint::BigInt;
use num_traits::Signed;

use super::{Raise, Res, Vm};
use crate::value::Value;

/// A specification, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// What fills up.
    pub fill: Option<char>,
    /// `<`, `>`, `^` or `=`.
    pub align: Option<char>,
    /// `+`, `-` or a space.
    pub sign: Option<char>,
    /// `#`.
    pub alternate: bool,
    /// The least width.
    pub width: usize,
    /// `,` or `_`.
    pub grouping: Option<char>,
    /// Digits.
    pub precision: Option<usize>,
    /// The type's letter.
    pub kind: Option<char>,
}

impl Spec {
    /// Takes a specification apart; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut spec = Self::default();
        let mut rest: Vec<char> = text.chars().collect();
        rest.reverse();
        let is_align = |c: &char| matches!(c, '<' | '>' | '^' | '=');
        if rest.len() >= 2 && is_align(&rest[rest.len() - 2]) {
            spec.fill = rest.pop();
            spec.align = rest.pop();
        } else if rest.last().is_some_and(|c| is_align(c)) {
            spec.align = rest.pop();
        }
        spec.sign = rest.pop_if(|c| matches!(c, '+' | '-' | ' '));
        spec.alternate = rest.pop_if(|c| *c == '#').is_some();
        if rest.pop_if(|c| *c == '0').is_some() && spec.align.is_none() {
            spec.fill = spec.fill.or(Some('0'));
            spec.align = Some('=');
        }
        spec.width = number(&mut rest)?.unwrap_or(0);
        spec.grouping = rest.pop_if(|c| matches!(c, ',' | '_'));
        if rest.pop_if(|c| *c == '.').is_some() {
            spec.precision = Some(number(&mut rest)??);
        }
        spec.kind = rest.pop();
        rest.is_empty().then_some(spec)
    }

    /// Fills a text up to the width.
    pub fn pad(&self, text: &str, default: char) -> String {
        let count = text.chars().count();
        let Some(missing) = self.width.checked_sub(count).filter(|n| *n > 0) else { return text.to_owned() };
        let fill = self.fill.unwrap_or(' ');
        let filled = |n: usize| fill.to_string().repeat(n);
        match self.align.unwrap_or(default) {
            '<' => format!("{text}{}", filled(missing)),
            '^' => format!("{}{text}{}", filled(missing / 2), filled(missing - missing / 2)),
            '=' => {
                let sign = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
                format!("{}{}{}", &text[..sign], filled(missing), &text[sign..])
            }
            _ => format!("{}{text}", filled(missing)),
        }
    }

    fn signed(&self, digits: String, negative: bool) -> String {
        match (negative, self.sign) {
            (true, _) => format!("-{digits}"),
            (false, Some('+')) => format!("+{digits}"),
            (false, Some(' ')) => format!(" {digits}"),
            _ => digits,
        }
    }

    fn grouped(&self, digits: &str, size: usize) -> String {
        let Some(separator) = self.grouping else { return digits.to_owned() };
        let (whole, rest) =
            digits.split_at(digits.find(|c: char| c == '.' || c == 'e' || c == '%').unwrap_or(digits.len()));
        let mut whole = whole.to_owned();
        if self.fill == Some('0') && self.align == Some('=') {
            // Zeros that fill up are grouped too.
            while separated(&whole, separator, size).len() + rest.len() < self.width {
                whole.insert(0, '0');
            }
            let grouped = separated(&whole, separator, size);
            let grouped = if grouped.len() + rest.len() > self.width && grouped.starts_with(separator) {
                grouped[1..].to_owned()
            } else {
                grouped
            };
            return format!("{grouped}{rest}");
        }
        format!("{}{rest}", separated(&whole, separator, size))
    }
}

fn separated(digits: &str, separator: char, size: usize) -> String {
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(size) {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

#[expect(clippy::option_option, reason = "no number, and a number that is too large, are different answers")]
fn number(rest: &mut Vec<char>) -> Option<Option<usize>> {
    let mut digits = String::new();
    while let Some(c) = rest.pop_if(|c| c.is_ascii_digit()) {
        digits.push(c);
    }
    if digits.is_empty() {
        return Some(None);
    }
    digits.parse().ok().filter(|n| *n < 1_000_000).map(Some)
}

/// A builtin value, formatted.
///
/// # Errors
/// The specification is none, or not one for this type.
pub fn format_value(vm: &mut Vm, value: &Value, text: &str) -> Res<String> {
    let Some(spec) = Spec::parse(text) else { return Err(vm.value_error("Invalid format specifier")) };
    match value {
        Value::Str(text) => {
            if spec.sign.is_some()
                || spec.align == Some('=') && spec.fill != Some('0')
                || !matches!(spec.kind, None | Some('s'))
            {
                return Err(wrong_kind(vm, &spec, "str"));
            }
            let shown: String = text.as_str().chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
            let mut spec = spec;
            if spec.align == Some('=') {
                spec.align = Some('<');
            }
            Ok(spec.pad(&shown, '<'))
        }
        Value::Bool(b) if spec.kind.is_none() => {
            let text = if *b { "True" } else { "False" };
            Ok(spec.pad(text, '<'))
        }
        Value::Bool(b) => format_value(vm, &Value::Int(i64::from(*b)), text),
        Value::Int(n) => match spec.kind {
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                #[expect(clippy::cast_precision_loss, reason = "Python formats the nearest float too")]
                let x = *n as f64;
                float(vm, x, &spec)
            }
            _ => integer(vm, &BigInt::from(*n), &spec),
        },
        Value::Big(n) => integer(vm, n, &spec),
        Value::Float(x) => float(vm, *x, &spec),
        _ => {
            let name = vm.type_name(value);
            Err(vm.type_error(format!("unsupported format string passed to {name}.__format__")))
        }
    }
}

fn wrong_kind(vm: &Vm, spec: &Spec, name: &str) -> Raise {
    match spec.kind {
        Some(kind) => vm.value_error(format!("Unknown format code '{kind}' for object of type '{name}'")),
        None => vm.value_error("Invalid format specifier"),
    }
}

fn integer(vm: &mut Vm, n: &BigInt, spec: &Spec) -> Res<String> {
    if spec.precision.is_some() {
        return Err(vm.value_error("Precision not allowed in integer format specifier"));
    }
    let size = if spec.kind.is_none_or(|kind| matches!(kind, 'd' | 'n')) { 3 } else { 4 };
    let magnitude = n.magnitude();
    let (digits, prefix) = match spec.kind {
        None | Some('d' | 'n') => (magnitude.to_string(), ""),
        Some('x') => (magnitude.to_str_radix(16), "0x"),
        Some('X') => (magnitude.to_str_radix(16).to_uppercase(), "0X"),
        Some('o') => (magnitude.to_str_radix(8), "0o"),
        Some('b') => (magnitude.to_str_radix(2), "0b"),
        Some('c') => {
            let c = u32::try_from(magnitude.clone()).ok().and_then(char::from_u32);
            return c
                .map(|c| spec.pad(&c.to_string(), '<'))
                .ok_or_else(|| vm.error("OverflowError", "%c arg not in range(0x110000)"));
        }
        _ => return Err(wrong_kind(vm, spec, "int")),
    };
    let digits = spec.grouped(&digits, size);
    let digits = if spec.alternate { format!("{prefix}{digits}") } else { digits };
    Ok(spec.pad(&spec.signed(digits, n.is_negative()), '>'))
}

fn float(vm: &mut Vm, x: f64, spec: &Spec) -> Res<String> {
    let magnitude = x.abs();
    let precision = spec.precision.unwrap_or(6);
    vm.charge(precision / 8)?;
    let digits = if !x.is_finite() {
        let text = if x.is_nan() { "nan" } else { "inf" };
        if spec.kind.is_some_and(char::is_uppercase) { text.to_uppercase() } else { text.to_owned() }
    } else {
        match spec.kind {
            Some('f' | 'F') => format!("{magnitude:.precision$}"),
            Some('%') => format!("{:.precision$}%", magnitude * 100.0),
            Some('e') => exponent(magnitude, precision),
            Some('E') => exponent(magnitude, precision).to_uppercase(),
            Some('g' | 'n') => general(magnitude, precision, spec.alternate),
            Some('G') => general(magnitude, precision, spec.alternate).to_uppercase(),
            None => match spec.precision {
                None => super::float_text(magnitude),
                Some(precision) => {
                    let text = general(magnitude, precision, spec.alternate);
                    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
                }
            },
            _ => return Err(wrong_kind(vm, spec, "float")),
        }
    };
    let digits = spec.grouped(&digits, 3);
    Ok(spec.pad(&spec.signed(digits, x.is_sign_negative() && !x.is_nan()), '>'))
}

fn exponent(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn general(x: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    if x == 0.0 {
        return "0".to_owned();
    }
    let scientific = exponent(x, precision - 1);
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if power < -4 || i64::from(power) >= i64::try_from(precision).unwrap_or(i64::MAX) {
        let (_, tail) = scientific.split_once('e').unwrap_or(("", "+00"));
        return format!("{}e{tail}", trim(digits));
    }
    let decimals = i64::try_from(precision).unwrap_or(6) - 1 - i64::from(power);
    let decimals = usize::try_from(decimals).unwrap_or(0);
    trim(&format!("{x:.decimals$}"))
}
