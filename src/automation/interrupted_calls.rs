//! Decides what becomes of calls that were in flight when their process ended, and finds out which of them a user has to
//! decide about.

use super::documents::{read_execution, read_recorded_runbook};
use super::error::AutomationError;
use crate::automation::children::{InterruptedCallPolicy, waits_for_children};
use crate::engine::{Interrupted, UncertainAttempt, uncertain_attempt};
use crate::event::OnInterrupted;
use crate::execution::Execution;
use crate::runbook::Runbook;
use crate::store::{ExecutionState, Store};

/// Decides about the calls in flight of all descendants of an execution whose user is to be asked.
pub(super) async fn decide_for_children(
    journal: &dyn Store,
    execution: &Execution,
    decisions: &mut InterruptedCallPolicy,
) -> Result<(), AutomationError> {
    if !waits_for_children(execution) {
        return Ok(());
    }
    for child in journal.children(execution.id()).await? {
        if child.status != ExecutionState::Interrupted {
            continue;
        }
        let child = read_execution(journal, &child.id).await?;
        Box::pin(decide_for_children(journal, &child, decisions)).await?;
        // The process that resumes the child applies the other policies.
        if decisions.chosen(&child) == Some(OnInterrupted::Ask) {
            let runbook = read_recorded_runbook(journal, &child).await?.runbook;
            let decision = decide_interrupted(&runbook, &child, decisions)?;
            decisions.of.insert(child.id().clone(), decision);
        }
    }
    Ok(())
}

/// Applies the decision for this execution, or the policy, to a call in flight. A user is asked only about a call that
/// may have run.
pub(super) fn decide_interrupted(
    runbook: &Runbook,
    execution: &Execution,
    decisions: &InterruptedCallPolicy,
) -> Result<Interrupted, AutomationError> {
    if let Some(decision) = decisions.of.get(execution.id()) {
        return Ok(*decision);
    }
    match decisions.chosen(execution) {
        Some(OnInterrupted::Retry) => Ok(Interrupted::Retry),
        Some(OnInterrupted::Fail) => Ok(Interrupted::Fail),
        Some(OnInterrupted::Ask) => match uncertain_attempt(runbook, execution) {
            Some(UncertainAttempt { step, attempt, operation }) => Err(AutomationError::DecisionRequired {
                execution: execution.id().clone(),
                step: step.step.clone(),
                attempt: attempt.number,
                operation,
                sent_at: attempt.sent_at,
            }),
            None => Ok(Interrupted::ByAction),
        },
        None => Ok(Interrupted::ByAction),
    }
}

#[cfg(test)]
mod tests;
