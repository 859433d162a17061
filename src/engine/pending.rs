//! Pending signals to one step: sent, and not yet processed by any process.

use jiff::Timestamp;

use super::signals::{SignalRejected, validate_signal};
use super::{Input, decide};
use crate::event::SignalReceived;
use crate::execution::Execution;
use crate::name::StepExecutionId;
use crate::runbook::Runbook;

/// Why a signal would have no effect after those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LateSignal {
    /// The step no longer waits after the signals before.
    Answered {
        /// The sender of the last of them.
        by: String,
    },
    /// The step still waits, and no longer accepts this signal.
    Rejected(SignalRejected),
}

/// Whether a run of a step would still accept a signal after these pending ones, in order.
pub fn check_after(
    runbook: &Runbook,
    execution: &Execution,
    step_execution: &StepExecutionId,
    pending: Vec<SignalReceived>,
    received: &SignalReceived,
    now: Timestamp,
) -> Result<(), LateSignal> {
    let mut ahead = execution.clone();
    let mut last = None;
    for before in pending {
        if validate_signal(&ahead, &before).as_ref() != Ok(step_execution) {
            continue;
        }
        last = Some(before.by.clone());
        let input = Input::Signal { step_execution: step_execution.clone(), received: before };
        if decide(runbook, &mut ahead, input, now).is_err() {
            // The decision needs a value that is not stored: the process that runs the execution has it.
            return Ok(());
        }
    }
    let Some(by) = last else { return Ok(()) };
    match validate_signal(&ahead, received) {
        Ok(accepting) if accepting == *step_execution => Ok(()),
        Err(reason @ SignalRejected::AlreadyApproved { .. }) => Err(LateSignal::Rejected(reason)),
        Ok(_)
        | Err(
            SignalRejected::NothingWaits
            | SignalRejected::WrongSignal { .. }
            | SignalRejected::NotAnApprover { .. }
            | SignalRejected::NothingRuns
            | SignalRejected::SelfApproval { .. },
        ) => Err(LateSignal::Answered { by }),
    }
}
