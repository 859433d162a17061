//! Why the inputs of a step cannot be used once they are resolved (spec 2.3). Each message is a sentence of the failure.

use crate::expression::{ConversionError, Unresolved};
use crate::limits::{APPROVERS, LOOP_ITERATIONS};
use crate::runbook::inputs::sleep::SleepProblem;

/// Why an input of a step cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The runbook does not declare an input that the history names.
    #[error("The step has no input {input}.")]
    Undeclared {
        /// The input.
        input: String,
    },
    /// A reference cannot be replaced by its value.
    #[error("Input {input}: {source}.")]
    Unresolved {
        /// The input.
        input: String,
        /// Why.
        source: Unresolved,
    },
    /// A condition refers to a value that was sensitive and is lost.
    #[error("Input {input} needs {reference}, which was sensitive and is not in the journal.")]
    Lost {
        /// The input.
        input: String,
        /// The reference.
        reference: String,
    },
    /// A duration or a moment of a sleep cannot be read.
    #[error("{0}.")]
    Sleep(#[from] SleepProblem),
    /// `Iterators` has a reference without a value.
    #[error("Iterators has to be a list. {unset}.")]
    ItemsUnset {
        /// The reference, and why it has no value.
        unset: String,
    },
    /// `Iterators` is not a list.
    #[error("Iterators is {found}, and has to be a list.")]
    NoItems {
        /// What it is.
        found: String,
    },
    /// `Iterators` is too long.
    #[error("Iterators has {found} items, and at most {LOOP_ITERATIONS} are allowed.")]
    TooManyItems {
        /// What it is.
        found: usize,
    },
    /// An item is not of the declared type.
    #[error("Item {position} of Iterators: {source}.")]
    Item {
        /// Its position, from 1.
        position: usize,
        /// Why.
        source: ConversionError,
    },
    /// `MaxIterations` has a reference without a value.
    #[error("MaxIterations has to be a number from 1 to {LOOP_ITERATIONS}. {unset}.")]
    MaxIterationsUnset {
        /// The reference, and why it has no value.
        unset: String,
    },
    /// `MaxIterations` is not a number, or out of range.
    #[error("MaxIterations is {found}, and has to be a number from 1 to {LOOP_ITERATIONS}.")]
    MaxIterations {
        /// What it is.
        found: String,
    },
    /// No approver is named.
    #[error("Approvers is empty.")]
    NoApprovers,
    /// An approver is a reference without a value.
    #[error("Approvers names {approver}, which is neither the name of a user nor an ARN.")]
    UnresolvedApprover {
        /// The text.
        approver: String,
    },
    /// Too many approvers are named.
    #[error("Approvers has {found} names, and at most {APPROVERS} are allowed.")]
    TooManyApprovers {
        /// What it is.
        found: usize,
    },
    /// `MinRequiredApprovals` is not a positive number.
    #[error("MinRequiredApprovals is {found}, and has to be a number of at least 1.")]
    RequiredApprovals {
        /// What it is.
        found: String,
    },
    /// More approvals are required than there are approvers.
    #[error("{required} approvals are required of {approvers} approvers.")]
    TooFewApprovers {
        /// The number that is required.
        required: u32,
        /// The number of approvers.
        approvers: usize,
    },
}
