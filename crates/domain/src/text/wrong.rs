//! Why a value is not taken.

use std::fmt;

/// Why a value is not taken, and what would be. Shown as `0 is too few, allowed are 1 to 10000000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong with it, naming the value.
    pub problem: String,
    /// What is allowed, to follow the words "allowed are".
    pub allowed: Option<String>,
    /// What the user might do.
    pub help: Option<String>,
}

impl Wrong {
    /// A value with nothing to be said about what is allowed.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), allowed: None, help: None }
    }

    /// With what is allowed: a phrase that follows "allowed are".
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// With what the user might do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        self.allowed.iter().try_for_each(|allowed| write!(f, ", allowed are {allowed}"))
    }
}

/// How many characters of a value a message repeats.
const SHOWN_CHARS: usize = 60;

/// `text` as a message repeats it: control characters escaped, cut when it is long.
pub(crate) fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN_CHARS).flat_map(escape).collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        cut.push('…');
    }
    cut
}

fn escape(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        assert_eq!(shown("p95"), "p95");
        assert_eq!(shown("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(shown(&"x".repeat(1_000)).chars().count(), SHOWN_CHARS + 1);
    }

    #[test]
    fn a_wrong_value_says_what_is_allowed() {
        assert_eq!(Wrong::new("0 is too few").allowed("1 to 10").to_string(), "0 is too few, allowed are 1 to 10");
    }
}
