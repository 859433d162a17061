//! Where an execution goes after a step (spec 2.3).

use crate::event::{Next, Status};
use crate::execution::Execution;
use crate::runbook::{OnCancel, OnFailure, Runbook, Step};

/// The step that follows `step` when it ended with `status`.
///
/// | status            | goes to                                                                                  |
/// |-------------------|------------------------------------------------------------------------------------------|
/// | Success           | `isEnd`: the end; else `nextStep`, else the next in the list, else the end               |
/// | Failed, TimedOut  | `step:X`: X, whatever `isEnd` says; Abort: the end; Continue: as after success           |
/// | Cancelled         | `onCancel`: the step, else the end                                                       |
///
/// While an execution is being stopped only an explicit `nextStep` is followed: falling through to the next step
/// in the list would run ordinary work that the operator has just asked to stop (spec 2.4). The steps of a loop that
/// runs to clean up follow each other as ever.
///
/// Inside a loop the list is that of the loop, and the end is that of the iteration.
pub(super) fn after_step(runbook: &Runbook, execution: &Execution, step: &Step, status: Status) -> Next {
    let is_inside = runbook.loop_of(step.name.as_str()).is_some();
    let is_being_stopped = if is_inside { execution.is_loop_stopped() } else { execution.cancel().is_some() };
    leads(runbook, step, status, is_being_stopped)
}

/// The same by the runbook alone.
pub(super) fn leads(runbook: &Runbook, step: &Step, status: Status, is_being_stopped: bool) -> Next {
    let onwards = || {
        if step.is_end {
            return Next::End;
        }
        let next = match &step.next_step {
            Some(next) => Some(next.clone()),
            None if is_being_stopped => None,
            None => runbook.step_after(&step.name).map(|next| next.name.clone()),
        };
        next.map_or(Next::End, Next::Step)
    };
    match status {
        Status::Cancelled => match &step.on_cancel {
            OnCancel::Step(target) => Next::Step(target.clone()),
            OnCancel::Abort => Next::End,
        },
        Status::Success => onwards(),
        Status::Failed | Status::TimedOut => match &step.on_failure {
            OnFailure::Abort => Next::End,
            OnFailure::Continue => onwards(),
            OnFailure::Step(target) => Next::Step(target.clone()),
        },
        // Not endings; nothing follows from them.
        Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling => Next::End,
    }
}
