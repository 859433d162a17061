//! What a `{{ … }}` can name (spec 3.1).

use crate::name::{OutputName, ParameterName, StepName, VariableName};

/// One reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `{{ Name }}`: an input parameter.
    Parameter(ParameterName),
    /// `{{ step.Output }}`: an output of a step that has finished.
    StepOutput {
        /// The step.
        step: StepName,
        /// The output.
        output: OutputName,
    },
    /// `{{ variable:name }}`: the current value of a variable.
    Variable(VariableName),
    /// `{{ global:… }}`
    Global(Global),
    /// `{{ automation:EXECUTION_ID }}`
    ExecutionId,
    /// `{{ ssm:name }}`: Parameter Store; in parameter defaults only.
    Ssm(String),
    /// `{{ global:X }}` or `{{ automation:X }}` with an X that the service does not have.
    UnknownSystem(String),
}

/// The system variables of `global:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Global {
    /// `yyyy-MM-dd`, UTC, when the referencing step is resolved.
    Date,
    /// `yyyy-MM-dd_HH.mm.ss`, UTC.
    DateTime,
    /// The region of the execution.
    Region,
    /// The account of the execution.
    AccountId,
    /// `aws`, `aws-cn`, …
    AwsPartition,
}
