//! Why the engine cannot decide.

use super::input_error::InputError;
use crate::event::Recorded;
use crate::execution::InvalidHistory;
use crate::runbook::binding::ValueError;

/// The input is invalid in the current state, or a start value is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// An attempt ended and none is in flight.
    #[error("an attempt ended, and none is in flight")]
    NoAttempt,
    /// The runbook has no step that the history names: it is not the runbook that the execution began with.
    #[error("the runbook has no step {0}, which the execution has reached")]
    UnknownStep(String),
    /// The engine decided on events that cannot follow the history.
    #[error("the decided events do not fit the history: {0}")]
    InvalidHistory(#[from] InvalidHistory),
    /// A step started, and the history ends before its first attempt or wait.
    #[error("the history ends within an append")]
    IncompleteHistory,
    /// An execution cannot be resumed without a value that the journal does not store.
    #[error("sensitive value is not stored and must be supplied again: {0}")]
    MissingSecret(#[source] InputError),
    /// A default of a variable has no value, or is not of its type. Not a fault of the host: the values that the
    /// default refers to are known only now.
    #[error("the default of the variable {name} cannot be used: {source}")]
    Variable {
        /// The variable.
        name: String,
        /// Why it cannot be resolved or converted.
        source: ValueError,
    },
}

/// A decision that failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Undecided {
    /// Why.
    #[source]
    pub error: EngineError,
    /// The events decided before the error, which the state does not include. Apply and append those that record
    /// something that has happened: the end of an attempt is a fact, even if nothing can be decided after it.
    pub decided: Vec<Recorded>,
}

impl From<Undecided> for EngineError {
    fn from(undecided: Undecided) -> Self {
        undecided.error
    }
}
