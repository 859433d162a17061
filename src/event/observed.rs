//! What an attempt that polls has seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the latest poll of an attempt saw. Recorded when it differs from what was recorded before, and otherwise from time
/// to time, so that the history of a long wait stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptObserved {
    /// The attempt.
    pub attempt: u32,
    /// The number of polls of this sending so far: a process that sends the attempt again counts from 1.
    pub polls: u32,
    /// What the latest of them saw.
    pub observed: Observation,
    /// The property that a value is of, where the inputs of the step do not name it: `StackStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
}

/// What a poll saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Observation {
    /// A value, as the action compares it; a long one is cut.
    Value(String),
    /// The code or the kind of an error: `ThrottlingException`, `connection error`.
    Error(String),
}

impl Observation {
    /// The value or the error.
    pub fn text(&self) -> &str {
        match self {
            Self::Value(text) | Self::Error(text) => text,
        }
    }

    /// The same with another text.
    #[must_use]
    pub fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Value(text) => Self::Value(change(text)),
            Self::Error(text) => Self::Error(change(text)),
        }
    }
}
