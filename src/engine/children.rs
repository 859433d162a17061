//! The children of a step with several targets: rate control decides when each of them starts (spec 5.4).

use std::sync::Arc;

use super::child_id::child_id;
use super::decision::Decision;
use super::error::EngineError;
use super::rate::{Rate, Tally};
use crate::event::{ChildEnded, ChildStarted, Event, Status, TargetsResolved};
use crate::execution::{AttemptChildren, AttemptState, StepExecution};
use crate::runbook::Action;
use crate::runbook::inputs::execute_automation::{ChildRequest, RequestedTargets, Targets};

impl Decision<'_> {
    /// Starts as many children of the attempt in flight as rate control allows; none when the step has no targets, or when
    /// they are still to be looked up.
    pub(super) fn start_children(&mut self) -> Result<(), EngineError> {
        if self.step()?.inputs.action() != Action::EXECUTE_AUTOMATION {
            return Ok(());
        }
        let Some(run) = self.execution.current() else { return Ok(()) };
        let (Some(rate), Some(last)) = (rate(run), run.last_attempt()) else { return Ok(()) };
        let (attempt, step_execution) = (last.number, run.id.clone());
        let first = last.children.started.len();
        let last = first.saturating_add(rate.may_start(tally(&last.children)));
        for target in first..last {
            let target = u32::try_from(target).unwrap_or(u32::MAX);
            let execution = child_id(self.execution.id(), &step_execution, attempt, Some(target));
            self.record(Event::ChildStarted(ChildStarted { attempt, target, execution }))?;
        }
        Ok(())
    }

    /// Records the targets that were looked up for the attempt in flight, and starts the first of their children. Targets that
    /// are recorded already stay.
    pub(super) fn targets_resolved(&mut self, resolved: TargetsResolved) -> Result<(), EngineError> {
        let last = self.execution.current().and_then(StepExecution::last_attempt);
        let is_awaited = last.is_some_and(|last| {
            let is_in_flight = matches!(last.state, AttemptState::InFlight { .. });
            let has_none = last.children.targets.is_none() && last.children.started.is_empty();
            last.number == resolved.attempt && is_in_flight && has_none
        });
        if !is_awaited {
            return Ok(());
        }
        self.record(Event::TargetsResolved(Arc::new(resolved)))?;
        self.start_children()
    }

    /// Records the end of a child. It may be reported more than once: a process that resumes the execution asks all of them
    /// for their results.
    pub(super) fn child_ended(&mut self, ended: ChildEnded) -> Result<(), EngineError> {
        let last = self.execution.current().and_then(StepExecution::last_attempt);
        let is_running = last.is_some_and(|last| {
            let is_in_flight = matches!(last.state, AttemptState::InFlight { .. });
            last.number == ended.attempt && is_in_flight && last.children.running().contains(&ended.target)
        });
        if !is_running {
            return Ok(());
        }
        self.record(Event::ChildEnded(Arc::new(ended)))?;
        self.start_children()
    }
}

/// The rate control of a step; `None` when it has no targets or none yet, or its inputs ask for no child.
fn rate(run: &StepExecution) -> Option<Rate> {
    let targets = targets(run)?;
    Some(Rate::new(targets.list.len(), targets.concurrency, targets.errors))
}

/// The targets of the latest attempt of a step. Redacted ones are unknown: their children cannot start.
fn targets(run: &StepExecution) -> Option<Targets> {
    match ChildRequest::from_resolved(|name| run.inputs.get(name)).ok()?.targets? {
        RequestedTargets::Listed(targets) => Some(targets),
        RequestedTargets::LookedUp(lookup) => {
            let found = run.last_attempt()?.children.targets.as_ref().filter(|found| !found.hidden)?;
            Some(lookup.with_values(found.targets.clone()))
        }
    }
}

fn tally(children: &AttemptChildren) -> Tally {
    let ended = children.ended.len();
    let succeeded = children.ended.iter().filter(|ended| ended.status == Status::Success).count();
    Tally { succeeded, failed: ended - succeeded, running: children.started.len().saturating_sub(ended) }
}
