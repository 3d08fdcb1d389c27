//! Scalars by YAML 1.2's core schema: what is quoted is text, what is not may be a number, a boolean or nothing.

/// A scalar as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scalar {
    /// Escapes and quotes are resolved.
    pub text: String,
    /// Whether the writing makes it a text whatever it says (quotes, `|`, `>`, `!!str`).
    pub is_text: bool,
}

/// What a scalar is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    /// A number as JSON has it.
    Number(serde_json::Number),
    Text,
}

impl Resolved {
    /// In words.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text => "a text",
        }
    }
}

impl Scalar {
    /// What it is.
    pub fn resolved(&self) -> Resolved {
        if self.is_text {
            return Resolved::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
            "true" | "True" | "TRUE" => Resolved::Bool(true),
            "false" | "False" | "FALSE" => Resolved::Bool(false),
            text => number(text).map_or(Resolved::Text, Resolved::Number),
        }
    }
}

fn number(text: &str) -> Option<serde_json::Number> {
    let radix = |prefix: &str, radix| text.strip_prefix(prefix).map(|digits| u64::from_str_radix(digits, radix));
    if let Some(read) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return read.ok().map(Into::into);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let decimal = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    if !decimal {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse::<u64>().ok().map(Into::into).or_else(|| text.parse().ok().and_then(serde_json::Number::from_f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_the_core_schema_says() {
        let plain = |text: &str| Scalar { text: text.to_owned(), is_text: false }.resolved();
        assert_eq!(plain(""), Resolved::Null);
        assert_eq!(plain("true"), Resolved::Bool(true));
        assert_eq!(plain("yes"), Resolved::Text);
        for (text, json) in [
            ("12", "12"),
            ("-3", "-3"),
            ("+3", "3"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
        ] {
            assert_eq!(plain(text), Resolved::Number(serde_json::from_str(json).unwrap()), "{text}");
        }
        for text in ["1..5", "1.2.3", "5s", "-", ".", "e5", "0xZZ", "2024-01-01", "1e999"] {
            assert_eq!(plain(text), Resolved::Text, "{text}");
        }
        assert_eq!(Scalar { text: "12".to_owned(), is_text: true }.resolved(), Resolved::Text);
    }
}
