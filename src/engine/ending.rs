//! Determines how an execution ends (spec 1.5, 2.3).

use indexmap::IndexMap;

use crate::event::{ExecutionEnded, Status};
use crate::execution::{Execution, StepExecution};
use crate::expression::output_texts;
use crate::runbook::Runbook;

/// The text that the service shows for an output without a value, even when the execution is `Success`.
pub const NO_OUTPUT: &str = "No output available yet because the step is not successfully executed";

/// Builds the last event.
pub(super) fn ending(runbook: &Runbook, execution: &Execution) -> ExecutionEnded {
    let bad = failed_steps(execution);
    let failed = bad.iter().find(|run| run.status() == Status::Failed);
    let (status, culprit) = match (execution.cancel(), failed, bad.first()) {
        (Some(_), _, _) => (Status::Cancelled, None),
        (None, Some(run), _) => (Status::Failed, Some(*run)),
        (None, None, Some(run)) => (run.status(), Some(*run)),
        (None, None, None) => (Status::Success, None),
    };
    let failure_message = match (execution.cancel(), culprit) {
        (Some(cancel), _) => Some(format!("Stopped by {}.", cancel.by)),
        (None, Some(run)) => Some(describe(run)),
        (None, None) => None,
    };
    ExecutionEnded { status, outputs: outputs(runbook, execution), failure_message }
}

/// The runs that make the execution fail.
fn failed_steps(execution: &Execution) -> Vec<&StepExecution> {
    let counts = |run: &&StepExecution| match run.status() {
        // A loop cancelled by `Complete` does not count as a failure, nor does a wait.
        Status::Cancelled if execution.complete().is_some() && run.iteration.is_some() => false,
        Status::Cancelled if execution.is_completed_wait(run) => false,
        // Unless the execution was cancelled, an operator stopped this step alone.
        Status::Failed | Status::TimedOut | Status::Cancelled => execution.counts(run),
        Status::Pending | Status::InProgress | Status::Waiting | Status::Success | Status::Cancelling => false,
    };
    execution.runs().iter().filter(counts).collect()
}

fn describe(run: &StepExecution) -> String {
    let failure = run.ending.as_ref().and_then(|ending| ending.failure.as_ref());
    match failure {
        Some(failure) => format!("Step {} ended {}. {}", run.step, run.status(), failure.message),
        None => format!("Step {} ended {}.", run.step, run.status()),
    }
}

fn outputs(runbook: &Runbook, execution: &Execution) -> IndexMap<String, Vec<String>> {
    runbook
        .outputs()
        .iter()
        .map(|output| {
            let value = execution
                .latest(output.step.as_str())
                .filter(|run| run.status() == Status::Success)
                .and_then(|run| run.output(output.output.as_str()));
            let shown = value.map_or_else(|| vec![NO_OUTPUT.to_owned()], |value| output_texts(&value));
            (format!("{}.{}", output.step, output.output), shown)
        })
        .collect()
}
