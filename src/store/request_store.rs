//! Requests to executions that other processes run.

use std::fmt;

use jiff::Timestamp;

use super::Stored;
use crate::event::Signal;
use crate::name::{ExecutionId, StepExecutionId};

/// Stores requests for the process that runs an execution.
pub trait RequestStore: Send + Sync + fmt::Debug {
    /// Stores a request. The process that runs the execution polls for requests. An execution that has ended takes no
    /// signal; a request to stop it is stored as a record that it was made too late.
    fn request<'a>(&'a self, execution: &'a ExecutionId, request: Request) -> Stored<'a, ()>;

    /// The requests to an execution in order, each with its number.
    fn requests<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<(u64, Request)>>;

    /// At most `limit` requests with a greater number than `after`, in order, to all executions that this process runs.
    /// Requests from before a claim may have smaller numbers than others that were read already:
    /// [`RequestStore::requests`] has them.
    fn requests_after(&self, after: u64, limit: u32) -> Stored<'_, Vec<PostedRequest>>;
}

/// A request to an execution. A signal stays until the execution ends, a request to stop as long as the execution is
/// stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The request.
    pub kind: RequestKind,
    /// The requester.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The stored word of a [`Signal::StartStep`] that starts the steps that follow as well.
const START_REST: &str = "StartRest";

/// The kinds of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKind {
    /// Cancel the execution.
    Cancel,
    /// Complete it after the current step.
    Complete,
    /// Send a signal to the step that waits.
    Signal {
        /// What.
        signal: Signal,
        /// The run of the step that it is for.
        step_execution: StepExecutionId,
        /// The comment.
        comment: Option<String>,
        /// Whether the steps that follow start as well; only of [`Signal::StartStep`].
        rest: bool,
    },
}

impl RequestKind {
    /// The stored word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Cancel => "Cancel",
            Self::Complete => "Complete",
            Self::Signal { rest: true, .. } => START_REST,
            Self::Signal { signal, rest: false, .. } => signal.as_str(),
        }
    }

    /// Reads a stored word; `None` for a kind of a newer version.
    pub(super) fn read(word: &str, step_execution: Option<String>, comment: Option<String>) -> Option<Self> {
        match word {
            "Cancel" => return Some(Self::Cancel),
            "Complete" => return Some(Self::Complete),
            _ => {}
        }
        let rest = word == START_REST;
        let word = if rest { Signal::StartStep.as_str() } else { word };
        let signal = Signal::ALL.into_iter().find(|signal| signal.as_str() == word)?;
        Some(Self::Signal { signal, step_execution: StepExecutionId::new(step_execution?), comment, rest })
    }

    /// Whether it stops the execution.
    pub const fn is_stop(&self) -> bool {
        match self {
            Self::Cancel | Self::Complete => true,
            Self::Signal { .. } => false,
        }
    }
}

/// A request with the execution that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedRequest {
    /// Its number. Numbers grow in the order in which requests are stored.
    pub number: u64,
    /// The execution.
    pub execution: ExecutionId,
    /// The request.
    pub request: Request,
}
