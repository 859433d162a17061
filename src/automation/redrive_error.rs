//! Why an execution cannot be redriven or rerun.

use crate::diagnostic::{Diagnostic, Source, summary};
use crate::engine::Divergence;
use crate::event::Next;
use crate::name::{ExecutionId, OutputName, ParameterName, StepName, VariableName};
use crate::untrusted::one_line;

/// Two texts of a runbook, to show how they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookChange {
    /// The runbook.
    pub name: String,
    /// Its text when the execution was started.
    pub before: String,
    /// Its text now.
    pub now: String,
}

/// Why an execution cannot be redriven or rerun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedriveError {
    /// The execution has not ended.
    #[error("{}", unfinished_message(execution, *is_running))]
    Unfinished {
        /// The execution.
        execution: ExecutionId,
        /// Whether a process runs it.
        is_running: bool,
    },
    /// The execution ran over locations.
    #[error("execution {} ran over accounts and Regions, and such a run cannot be redriven", execution.short())]
    OverLocations {
        /// The execution.
        execution: ExecutionId,
    },
    /// Every target of the execution succeeded.
    #[error("every target of execution {} succeeded: there are none to run again", execution.short())]
    TargetsSucceeded {
        /// The execution.
        execution: ExecutionId,
    },
    /// The runbook of an execution over targets cannot be chosen.
    #[error("an execution over targets runs again with the current file of its runbook, and with no other")]
    RunbookFixedByTargets,
    /// The file of the runbook is not valid any more.
    #[error("{} has {}", source_text.name(), summary(problems))]
    RunbookInvalid {
        /// Its text.
        source_text: Box<Source>,
        /// What is wrong with it.
        problems: Vec<Diagnostic>,
    },
    /// The runbook has actions that cannot be executed.
    #[error("{} has actions that are not supported yet", source_text.name())]
    NotExecutable {
        /// Its text.
        source_text: Box<Source>,
        /// The actions.
        problems: Vec<Diagnostic>,
    },
    /// The runbook does not have the step to start with.
    #[error("{}: the runbook has no such step", one_line(step))]
    UnknownStep {
        /// The step.
        step: String,
        /// The name that is nearest to it.
        nearest: Option<String>,
        /// The steps of the runbook.
        steps: Vec<StepName>,
    },
    /// The step to start with is inside a loop, which runs again as a whole.
    #[error("{step}: the step is inside the loop {looping}")]
    StepInLoop {
        /// The step.
        step: StepName,
        /// The loop.
        looping: StepName,
    },
    /// The step to start with is on a branch that the execution did not take.
    #[error("{step}: execution {} took another branch and never reaches this step", execution.short())]
    BranchNotTaken {
        /// The execution.
        execution: ExecutionId,
        /// The step.
        step: StepName,
    },
    /// The runbook no longer has the step that failed.
    #[error("the runbook no longer has step {step}")]
    StepGone {
        /// The step.
        step: StepName,
    },
    /// No step of the execution failed.
    #[error("execution {} succeeded: there is no failed step to run again", execution.short())]
    NothingFailed {
        /// The execution.
        execution: ExecutionId,
    },
    /// A step needs a sensitive output of a step that is carried over, which the journal does not have.
    #[error("step {step} needs {source_step}.{output}, which is sensitive and therefore not stored")]
    OutputLost {
        /// The step that needs it.
        step: StepName,
        /// The output.
        output: OutputName,
        /// The step that produced it.
        source_step: StepName,
    },
    /// A step needs the sensitive value of a variable that a carried-over step set.
    #[error(
        "step {step} needs the variable {variable}, which was sensitive when step {source_step} set it and is therefore \
         not stored"
    )]
    VariableLost {
        /// The step that needs it.
        step: StepName,
        /// The variable.
        variable: VariableName,
        /// The step that set it.
        source_step: StepName,
    },
    /// A step that is carried over would run a second time.
    #[error("step {step} is reused, but would run again after {from}: the order of the steps has changed")]
    StepRepeated {
        /// The step.
        step: StepName,
        /// The step to start with.
        from: StepName,
    },
    /// The path of the old execution leads elsewhere in the current runbook.
    #[error("the order of the reused steps has changed: {}", describe_divergence(divergence))]
    OrderChanged {
        /// Where the paths diverge.
        divergence: Box<Divergence>,
        /// The step to start with.
        from: StepName,
        /// How the runbook has changed.
        change: Box<RunbookChange>,
    },
    /// Steps that are carried over have changed.
    #[error(
        "the runbook has changed in reused steps: {} {}",
        if steps.len() == 1 { "step" } else { "steps" },
        steps.iter().map(StepName::as_str).collect::<Vec<_>>().join(", ")
    )]
    StepsChanged {
        /// The steps.
        steps: Vec<StepName>,
        /// How the runbook has changed.
        change: Box<RunbookChange>,
    },
    /// Sensitive parameters have to be supplied again.
    #[error("sensitive parameters are not stored in the journal")]
    SecretsMissing {
        /// The parameters.
        parameters: Vec<ParameterName>,
    },
}

fn unfinished_message(execution: &ExecutionId, is_running: bool) -> String {
    if is_running {
        format!("execution {execution} is still running and cannot be redriven")
    } else {
        format!("execution {execution} was interrupted and has not ended")
    }
}

/// Describes where two paths diverge.
pub(super) fn describe_divergence(divergence: &Divergence) -> String {
    let place = match (&divergence.after, &divergence.inside) {
        (Some(after), Some(looping)) => format!("after {after} of loop {looping}"),
        (Some(after), None) => format!("after {after}"),
        (None, Some(looping)) => format!("at the beginning of loop {looping}"),
        (None, None) => "at the beginning".to_owned(),
    };
    let named = |next: &Next| match next {
        Next::Step(step) => format!("step {step}"),
        Next::End if divergence.inside.is_some() => "the end of the iteration".to_owned(),
        Next::End => "the end".to_owned(),
    };
    format!("{place}, the next is {} now and was {}", named(&divergence.now), named(&divergence.before))
}
