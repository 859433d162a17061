//! What an attempt that waits has created.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::name::OutputName;

/// A step that an attempt has made before its end. Recorded before the attempt waits, so that a process which resumes the
/// execution goes on waiting instead of creating again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptProgressed {
    /// The attempt.
    pub attempt: u32,
    /// What happened.
    pub progress: AttemptProgress,
}

/// What happened to what an attempt creates or deletes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum AttemptProgress {
    /// It exists now, and the attempt waits for its end.
    Created {
        /// The output of the action that identifies it: `StackId`, `CommandId`.
        output: OutputName,
        /// The identifier, or several of them.
        value: Value,
        /// Whether the value was redacted before it was stored: then it is lost to a process that resumes the execution.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
    },
    /// The attempt is about to delete it: a process that resumes the execution deletes what is left of it, although it is
    /// found no more.
    Deleting {
        /// The name of what identifies it: `SnapshotIds`.
        output: OutputName,
        /// The identifier, or several of them.
        value: Value,
        /// Whether the value was redacted before it was stored: then it is lost to a process that resumes the execution.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
    },
    /// It was asked to stop, because the attempt is abandoned.
    StopRequested {
        /// The output of the action that identifies it.
        output: OutputName,
        /// Why the request was not accepted; `None` when it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}
