//! The identities of a test and its parts, as types that cannot be mixed up.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// One test, as its keys and links name it: 1 to 64 of `a-z`, `0-9`, `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct RunId(String);

impl RunId {
    /// Checks and takes `text` as an id.
    ///
    /// # Errors
    /// [`BadRunId`] with the text and what is allowed.
    pub fn new(text: impl Into<String>) -> Result<Self, BadRunId> {
        let text = text.into();
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-');
        if fits { Ok(Self(text)) } else { Err(BadRunId(text)) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no test id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("test id: `{0}` is not one, allowed are 1 to 64 of a-z, 0-9 and `-`, not starting with `-`")]
pub struct BadRunId(pub String);

impl TryFrom<String> for RunId {
    type Error = BadRunId;
    fn try_from(text: String) -> Result<Self, BadRunId> {
        Self::new(text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a stored scenario or baseline: 1 to 64 of `a-z`, `0-9`, `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct StoredName(String);

impl StoredName {
    /// Checks and takes `text` as a name.
    ///
    /// # Errors
    /// [`BadName`] with the text and what is allowed.
    pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
        let text = text.into();
        RunId::new(text).map(|id| Self(id.0)).map_err(|bad| BadName(bad.0))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no name of a stored thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("name: `{0}` is not one, allowed are 1 to 64 of a-z, 0-9 and `-`, not starting with `-`")]
pub struct BadName(pub String);

impl TryFrom<String> for StoredName {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        Self::new(text)
    }
}

impl From<StoredName> for String {
    fn from(name: StoredName) -> Self {
        name.0
    }
}

impl fmt::Display for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The index of a shard in its test, from 0.
    ShardId
}
number! {
    /// Which runner of a shard: 1 is the first, each that takes the shard over is one more.
    Attempt
}
number! {
    /// The index of a slice of test time, from 0; see [`Interval::start`].
    Interval
}

impl Interval {
    /// The interval that holds test time `at`, for intervals of `length`.
    pub fn holding(at: Micros, length: Micros) -> Self {
        Self(u32::try_from(at.0 / length.0.max(1)).unwrap_or(u32::MAX))
    }

    /// When this interval starts, in test time.
    pub fn start(self, length: Micros) -> Micros {
        Micros(u64::from(self.0).saturating_mul(length.0))
    }

    /// When this interval ends and the next one starts, in test time.
    pub fn end(self, length: Micros) -> Micros {
        self.start(length) + length
    }

    /// The one after this.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Who runs a shard: unique for a process and its start, such as a pod's name with a suffix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerId(pub String);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_only_what_a_key_may() {
        assert!(RunId::new("2026-11-23-a1").is_ok());
        for bad in ["", "A", "a/b", "..", "-a", "a b", &"x".repeat(65)] {
            assert!(RunId::new(bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn intervals_tile_time() {
        let length = Micros::from_secs(5);
        assert_eq!(Interval::holding(Micros::from_secs(5), length), Interval(1));
        assert_eq!(Interval(1).end(length), Interval(2).start(length));
    }
}
