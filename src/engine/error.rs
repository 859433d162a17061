//! Why the engine cannot decide.

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
    /// The engine made a history that cannot be.
    #[error("the history would not hold: {0}")]
    InvalidHistory(#[from] InvalidHistory),
    /// A step was begun and its history breaks off before anything came of it.
    #[error("the history breaks off within an append")]
    IncompleteHistory,
    /// An execution cannot be resumed without a value that its journal must not have.
    #[error("sensitive value is not stored and must be supplied again: {0}")]
    MissingSecret(String),
    /// A default of a variable has no value, or is not of its type. Not a fault of the host: what the default refers
    /// to is known only now.
    #[error("the default of the variable {name} cannot be used: {source}")]
    Variable {
        /// The variable.
        name: String,
        /// What cannot be resolved or converted.
        source: ValueError,
    },
}

/// A decision that broke off.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Undecided {
    /// Why.
    #[source]
    pub error: EngineError,
    /// The events up to there. The state is without them. Apply and append them like others where they record something
    /// that has happened: an attempt that has ended has ended, whatever cannot be decided after it.
    pub decided: Vec<Recorded>,
}

impl From<Undecided> for EngineError {
    fn from(undecided: Undecided) -> Self {
        undecided.error
    }
}
