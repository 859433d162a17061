//! The statuses of executions and steps (spec 5.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One enum for both, as in the service; only the statuses of ordinary runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Status {
    /// Not reached. A step that is never reached keeps this status.
    Pending,
    /// Running.
    InProgress,
    /// Waits for a person.
    Waiting,
    /// Succeeded.
    Success,
    /// Timed out.
    TimedOut,
    /// Being cancelled.
    Cancelling,
    /// Cancelled.
    Cancelled,
    /// Failed.
    Failed,
}

impl Status {
    /// The service's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Waiting => "Waiting",
            Self::Success => "Success",
            Self::TimedOut => "TimedOut",
            Self::Cancelling => "Cancelling",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Failed",
        }
    }

    /// Whether the status is final.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Success | Self::TimedOut | Self::Cancelled | Self::Failed => true,
            Self::Pending | Self::InProgress | Self::Waiting | Self::Cancelling => false,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
