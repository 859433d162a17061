//! Which steps of a valid runbook cannot be run: those of an added action that has no handler.

use crate::diagnostic::{Code, Diagnostic};

use super::{Inputs, Runbook, Step};

/// A problem for each step whose action is known and cannot be run, steps inside loops included. Empty when the
/// runbook can be run.
pub fn not_executable(runbook: &Runbook) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for step in runbook.steps.values() {
        check_step(step, &mut problems);
        if let Inputs::Loop(looping) = &step.inputs {
            looping.steps.values().for_each(|inner| check_step(inner, &mut problems));
        }
    }
    problems
}

fn check_step(step: &Step, problems: &mut Vec<Diagnostic>) {
    let action = step.inputs.action();
    if !action.spec().is_executable {
        problems.push(
            Diagnostic::new(
                Code::UnsupportedAction,
                step.places.action,
                format!("`{action}` is not supported, so the step `{}` cannot run", step.name),
            )
            .help("the runbook is valid: `validate` and `plan` work"),
        );
    }
}
