//! The steps of an execution.

use super::error::AutomationError;
use crate::diagnostic::suggestion;
use crate::execution::Execution;

/// Refuses a step that the runbook does not have, or that has not run.
pub fn ensure_step_ran(execution: &Execution, step: &str) -> Result<(), AutomationError> {
    let steps = &execution.started().outline.steps;
    if steps.iter().all(|outline| outline.name != *step) {
        let nearest = suggestion(step, steps.iter().map(|outline| outline.name.as_str()));
        return Err(AutomationError::UnknownStep { step: step.to_owned(), nearest: nearest.map(str::to_owned) });
    }
    if execution.latest(step).is_none() {
        return Err(AutomationError::StepNotRun { step: step.to_owned() });
    }
    Ok(())
}
