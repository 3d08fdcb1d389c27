//! Settings from environment variables, for the processes that run in a cloud: every mistake at once, each with the variable, its value,
//! and what is allowed.
//!
//! [`Variables`] reads them one by one, and [`Variables::finish`] says what was wrong. The other functions read values of some kind.

use swarmgate_domain::{AllowedTargets, HostPattern, Micros, parse_duration};

/// Environment variables, and what is wrong with those read until now.
pub struct Variables<'v> {
    of: &'v dyn Fn(&str) -> Option<String>,
    mistakes: Vec<String>,
}

/// Everything that is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct EnvironmentError(Vec<String>);

/// A variable of this process; an empty one is as good as none.
pub fn of_this_process(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl<'v> Variables<'v> {
    /// The variables that `of` knows.
    pub fn new(of: &'v dyn Fn(&str) -> Option<String>) -> Self {
        Self { of, mistakes: Vec::new() }
    }

    /// Whether there is such a variable.
    pub fn has(&self, name: &str) -> bool {
        (self.of)(name).is_some()
    }

    /// The value of a variable that must be there; `None` after a mistake.
    pub fn needed<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if !self.has(name) {
            self.mistakes.push(format!("{name}: it is not set"));
        }
        self.maybe(name, parse)
    }

    /// The value of a variable, or `usual` where it is not there.
    pub fn or<T>(&mut self, name: &str, usual: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        self.maybe(name, parse).unwrap_or(usual)
    }

    /// The value of a variable that may be there.
    pub fn maybe<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = (self.of)(name)?;
        parse(&text).map_err(|problem| self.mistakes.push(format!("{name}: {problem}"))).ok()
    }

    /// `made`, unless something was wrong.
    ///
    /// # Errors
    /// [`EnvironmentError`]: every mistake.
    pub fn finish<T>(self, made: T) -> Result<T, EnvironmentError> {
        if self.mistakes.is_empty() { Ok(made) } else { Err(EnvironmentError(self.mistakes)) }
    }
}

/// Any text.
///
/// # Errors
/// Never.
pub fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// Hosts that may be loaded, by commas; `any` for any.
///
/// # Errors
/// What is no host, in words.
pub fn targets(text: &str) -> Result<AllowedTargets, String> {
    if text == "any" {
        return Ok(AllowedTargets::Any);
    }
    let pattern = |part: &str| part.trim().parse::<HostPattern>().map_err(|wrong| wrong.to_string());
    text.split(',').map(pattern).collect::<Result<_, _>>().map(AllowedTargets::Listed)
}

/// A whole number from 1.
///
/// # Errors
/// That it is none, in words.
pub fn count(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| format!("`{text}` is no count, allowed are whole numbers from 1"))
}

/// A time that is not zero, such as `5s`.
///
/// # Errors
/// That it is none, in words.
pub fn time(text: &str) -> Result<Micros, String> {
    let time = parse_duration(text).map_err(|wrong| wrong.to_string())?;
    if time > Micros::ZERO {
        Ok(time)
    } else {
        Err(format!("`{text}` is no time at all, allowed are times such as 5s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_at_once() {
        let of = |name: &str| match name {
            "COUNT" => Some("0".to_owned()),
            "TIME" => Some("soon".to_owned()),
            "HOSTS" => Some("shop.example, *.test:8080".to_owned()),
            _ => None,
        };
        let mut variables = Variables::new(&of);
        assert_eq!(variables.needed("NAME", text), None);
        assert_eq!(variables.or("COUNT", 7, count), 7);
        assert_eq!(variables.maybe("TIME", time), None);
        let hosts = variables.needed("HOSTS", targets).unwrap();
        assert!(hosts.check("http://a.test:8080/").is_ok() && hosts.check("http://other.example/").is_err());
        let error = variables.finish(()).unwrap_err().to_string();
        assert!(
            error.starts_with("NAME: it is not set; COUNT: `0` is no count, allowed are whole numbers from 1; TIME: "),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_there_has_its_usual_value() {
        let nothing = |_: &str| None;
        let mut variables = Variables::new(&nothing);
        let time = variables.or("TIME", Micros::SECOND, time);
        assert_eq!(variables.finish(time), Ok(Micros::SECOND));
    }
}
