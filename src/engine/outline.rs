//! The outline of a runbook: what readers of a history need to know of its steps.

use std::sync::Arc;

use crate::event::{Outline, StepOutline};
use crate::runbook::{OnFailure, Runbook, Step};

/// The effective timeout of one attempt in seconds: the declared one or the action's default, capped by the action's
/// maximum (spec 2.2). `long_invocations` raises the maximum of an action that has a greater one.
pub fn timeout_seconds(step: &Step, long_invocations: bool) -> Option<u64> {
    let action = step.inputs.action().spec();
    let ceiling = match action.long_ceiling_seconds {
        Some(long) if long_invocations => Some(long),
        Some(_) | None => action.ceiling_seconds,
    };
    let wanted = step.timeout_seconds.or(action.default_timeout_seconds);
    match (wanted, ceiling) {
        (Some(wanted), Some(ceiling)) => Some(wanted.min(ceiling)),
        (wanted, _) => wanted,
    }
}

/// The outline of a runbook.
pub fn outline(runbook: &Runbook, long_invocations: bool) -> Arc<Outline> {
    let steps = runbook
        .all_steps()
        .map(|step| StepOutline {
            name: step.name.clone(),
            action: step.inputs.action().as_str().to_owned(),
            parent: runbook.loop_of(step.name.as_str()).map(|outer| outer.name.clone()),
            max_attempts: step.max_attempts.get(),
            timeout_seconds: timeout_seconds(step, long_invocations),
            on_failure: match &step.on_failure {
                OnFailure::Abort => "Abort".to_owned(),
                OnFailure::Continue => "Continue".to_owned(),
                OnFailure::Step(target) => format!("step:{target}"),
            },
            is_critical: step.is_critical(),
            is_end: step.is_end,
            next_step: step.next_step.clone(),
            valid_next_steps: runbook.successors(step),
        })
        .collect();
    Arc::new(Outline { steps })
}
