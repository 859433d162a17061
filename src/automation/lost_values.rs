//! Sensitive values that the journal does not have, as observers are told of them.

use crate::name::StepName;

/// A reference of a step that is still to run, to a value that the journal does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostReference {
    /// The step.
    pub step: StepName,
    /// Its input.
    pub input: String,
    /// The reference, as written.
    pub reference: String,
    /// The step that produced the value, if it is the output of a step.
    pub source_step: Option<StepName>,
}

/// The result of an attempt to restore the outputs of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredOutputs {
    /// The step.
    pub step: StepName,
    /// What was called: `ssm GetParameter`.
    pub operation: String,
    /// Why the call has no result.
    pub failure: Option<String>,
}
