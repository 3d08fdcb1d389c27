//! Texts with values put in: `/items/${item.id}`.

use serde::{Deserialize, Serialize};

use super::model::SlotId;

/// A text in parts, in order. Neighbouring texts are one part, and no text is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(pub Vec<Part>);

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// As it is. Variables and environment values are already in it.
    Text(String),
    /// `${name}`: what the user captured; empty before it did.
    Captured(SlotId),
    /// `${source.column}`: of the user's row.
    Column {
        /// Index into the scenario's data sources.
        source: u16,
        /// Index into the source's columns.
        column: u16,
    },
    /// `${secret:name}`: found by the worker, never stored, never logged.
    Secret(String),
    /// `${user_id}`: the user's number in the test, from 0; unique over all workers.
    UserId,
    /// `${iteration}`: how many iterations this user finished.
    Iteration,
    /// `${random:1..100}`: a whole number, both ends included, drawn anew each time.
    Random {
        /// The lowest.
        low: u64,
        /// The highest.
        high: u64,
    },
    /// `${uuid}`: a random UUID (version 4), drawn anew each time.
    Uuid,
    /// `${timestamp_ms}`: milliseconds since the Unix epoch.
    TimestampMs,
}

impl Template {
    /// A template that is always this text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self(Vec::new()) } else { Self(vec![Part::Text(text)]) }
    }

    /// The text, where nothing in it varies.
    pub fn as_constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}
