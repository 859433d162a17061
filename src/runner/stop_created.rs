//! Stops what an attempt has created when the attempt is abandoned: at its deadline, and when its step or execution is
//! cancelled.
//!
//! It is asked to stop before the attempt ends: a process that is killed meanwhile finds the attempt as it was, and the
//! request to stop can be repeated.

use crate::actions::ActionRegistry;
use crate::clock::{Clock, after};
use crate::engine::{self, Input};
use crate::event::{AttemptProgress, AttemptProgressed};
use crate::execution::{Attempt, AttemptState, Execution, StepExecution};
use crate::limits::STOP_REQUEST;
use crate::runbook::Runbook;

/// Asks what the attempt in flight has created to stop, if `input` abandons the attempt and its action can be stopped.
/// Returns the outcome of the request, to be recorded first.
pub(super) async fn stop_created(
    actions: &ActionRegistry,
    clock: &dyn Clock,
    runbook: &Runbook,
    execution: &Execution,
    input: &Input,
) -> Option<Input> {
    let run = execution.current()?;
    let attempt = run.last_attempt().filter(|last| is_in_flight(last))?;
    let created = attempt.created.as_ref().filter(|created| created.resources.iter().all(|it| it.stop.is_none()))?;
    if !abandons(runbook, execution, input, clock) {
        return None;
    }
    let action = runbook.step(run.step.as_str())?.inputs.action();
    let stop = actions.stop(action, &created.identifiers())?;
    let late = after(clock.now(), STOP_REQUEST);
    let error = tokio::select! {
        biased;
        stopped = stop.request => stopped.err(),
        () = clock.sleep_until(late) => Some(format!("no answer within {} s", STOP_REQUEST.as_secs())),
    };
    let progress = AttemptProgress::StopRequested { output: stop.output, error };
    Some(Input::Progressed(AttemptProgressed { attempt: attempt.number, progress }))
}

const fn is_in_flight(attempt: &Attempt) -> bool {
    matches!(attempt.state, AttemptState::InFlight { .. })
}

/// Whether the attempt in flight would not be waited for any longer. The end of the attempt abandons nothing.
fn abandons(runbook: &Runbook, execution: &Execution, input: &Input, clock: &dyn Clock) -> bool {
    match input {
        Input::TimerFired | Input::Cancel { .. } | Input::Complete { .. } | Input::Signal { .. } => {}
        Input::AttemptEnded(_)
        | Input::TargetsResolved(_)
        | Input::LocationsResolved(_)
        | Input::ChildEnded(_)
        | Input::Observed(_)
        | Input::Progressed(_)
        | Input::Resumed { .. } => return false,
    }
    let mut trial = execution.clone();
    let decided = engine::decide(runbook, &mut trial, input.clone(), clock.now());
    decided.is_ok() && !trial.current().and_then(StepExecution::last_attempt).is_some_and(is_in_flight)
}
