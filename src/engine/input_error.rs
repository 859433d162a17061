//! Why the inputs of a step cannot be used once they are resolved (spec 2.3). Each message is a sentence of the failure.

use crate::expression::{ConversionError, Unresolved};
use crate::limits::{APPROVERS, LOOP_ITERATIONS};
use crate::runbook::inputs::sleep::SleepProblem;

/// Why an input of a step cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    /// A reference cannot be replaced by its value.
    #[error("Input {input}: {source}.")]
    Unresolved { input: String, source: Unresolved },
    /// A duration or a moment of a sleep cannot be read.
    #[error("{0}.")]
    Sleep(#[from] SleepProblem),
    /// `Iterators` has a reference without a value.
    #[error("Iterators has to be a list. {unset}.")]
    ItemsUnset { unset: String },
    /// `Iterators` is not a list.
    #[error("Iterators is {found}, and has to be a list.")]
    NoItems { found: String },
    /// `Iterators` is too long.
    #[error("Iterators has {found} items, and at most {LOOP_ITERATIONS} are allowed.")]
    TooManyItems { found: usize },
    /// An item is not of the declared type.
    #[error("Item {position} of Iterators: {source}.")]
    Item { position: usize, source: ConversionError },
    /// `MaxIterations` has a reference without a value.
    #[error("MaxIterations has to be a number from 1 to {LOOP_ITERATIONS}. {unset}.")]
    MaxIterationsUnset { unset: String },
    /// `MaxIterations` is not a number, or out of range.
    #[error("MaxIterations is {found}, and has to be a number from 1 to {LOOP_ITERATIONS}.")]
    MaxIterations { found: String },
    /// No approver is named.
    #[error("Approvers is empty.")]
    NoApprovers,
    /// An approver is a reference without a value.
    #[error("Approvers names {approver}, which is neither the name of a user nor an ARN.")]
    UnresolvedApprover { approver: String },
    /// Too many approvers are named.
    #[error("Approvers has {found} names, and at most {APPROVERS} are allowed.")]
    TooManyApprovers { found: usize },
    /// `MinRequiredApprovals` is not a positive number.
    #[error("MinRequiredApprovals is {found}, and has to be a number of at least 1.")]
    RequiredApprovals { found: String },
    /// More approvals are required than there are approvers.
    #[error("{required} approvals are required of {approvers} approvers.")]
    TooFewApprovers { required: u32, approvers: usize },
}
