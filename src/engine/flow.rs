//! Determines the next step (spec 2.3).

use crate::event::{Next, Status};
use crate::execution::Execution;
use crate::runbook::{OnCancel, OnFailure, Runbook, Step};

/// The step that follows `step`, which ended with `status`.
///
/// | status            | goes to                                                                                  |
/// |-------------------|------------------------------------------------------------------------------------------|
/// | Success           | `isEnd`: the end; else `nextStep`, else the next in the list, else the end               |
/// | Failed, TimedOut  | `step:X`: X, whatever `isEnd` says; Abort: the end; Continue: as after success           |
/// | Cancelled         | `onCancel`: the step, else the end                                                       |
///
/// While an execution is being cancelled only an explicit `nextStep` is followed: falling through to the next step in
/// the list would run ordinary work that the operator has just cancelled (spec 2.4). In a loop that runs for cleanup,
/// steps follow each other as usual.
///
/// Inside a loop the list is that of the loop, and its end is the end of the iteration.
pub(super) fn after_step(runbook: &Runbook, execution: &Execution, step: &Step, status: Status) -> Next {
    let is_inside = runbook.loop_of(step.name.as_str()).is_some();
    let is_being_stopped = if is_inside { execution.is_loop_stopped() } else { execution.cancel().is_some() };
    next_in_runbook(runbook, step, status, is_being_stopped)
}

/// The step that follows by the runbook alone.
pub(super) fn next_in_runbook(runbook: &Runbook, step: &Step, status: Status, is_being_stopped: bool) -> Next {
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
        // These statuses end nothing.
        Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling => Next::End,
    }
}
