//! Why a signal was refused.

use crate::engine::SignalRejected;
use crate::event::Signal;
use crate::limits::COMMENT_CHARACTERS;
use crate::name::{ExecutionId, StepName};
use crate::store::Entry;

/// Why a signal was refused. Nothing is stored then, except where it was too late.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// The execution would not accept it as it is.
    #[error("{reason}")]
    Rejected {
        /// The execution.
        execution: ExecutionId,
        /// Why.
        reason: SignalRejected,
        /// A child of the execution that waits for a signal.
        waiting_child: Option<Box<Entry>>,
    },
    /// Another step than the one that was meant is current.
    #[error("step {meant} is not the current step, which is {current}")]
    OtherStep {
        /// The execution.
        execution: ExecutionId,
        /// The step that was meant.
        meant: String,
        /// The step that is current.
        current: StepName,
    },
    /// A signal that was stored before ends the wait.
    #[error("step {step} was already answered by {by}")]
    AlreadyAnswered {
        /// The execution.
        execution: ExecutionId,
        /// The step.
        step: StepName,
        /// The sender of that signal.
        by: String,
    },
    /// The step ended its wait before it received the signal.
    #[error("step {step} no longer waits for this{}", by.as_ref().map_or_else(String::new, |by| format!("; {by} answered it")))]
    TooLate {
        /// The execution.
        execution: ExecutionId,
        /// The step.
        step: StepName,
        /// The sender of the signal that ended the wait.
        by: Option<String>,
    },
    /// The comment is too long.
    #[error("the comment has more than {COMMENT_CHARACTERS} characters")]
    CommentTooLong,
    /// Only `StartStep` starts the steps that follow.
    #[error("only the signal {} starts the steps that follow", Signal::StartStep.as_str())]
    RestWithoutStart,
}
