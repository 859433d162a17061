//! The children of a step with several targets: rate control decides when each of them starts (spec 5.4).

use std::sync::Arc;

use super::child_id::child_id;
use super::decision::Decision;
use super::error::EngineError;
use super::rate::{RateGroup, Tally, rate_groups};
use crate::event::{ChildEnded, ChildStarted, Event, LocationsResolved, Status, TargetsResolved};
use crate::execution::{AttemptChildren, AttemptState, Execution, StepExecution};
use crate::runbook::Action;
use crate::runbook::inputs::execute_automation::{ChildRequest, RequestedTargets};

impl Decision<'_> {
    /// Starts as many children of the attempt in flight as rate control allows; none when the step has no targets, or when
    /// they, or the accounts of its locations, are still to be looked up.
    pub(super) fn start_children(&mut self) -> Result<(), EngineError> {
        if self.step()?.inputs.action() != Action::EXECUTE_AUTOMATION {
            return Ok(());
        }
        let Some(run) = self.execution.current() else { return Ok(()) };
        let (Some(request), Some(last)) = (request(run), run.last_attempt()) else { return Ok(()) };
        let (attempt, step_execution) = (last.number, run.id.clone());
        let accounts = last.children.locations.as_ref().map(|resolved| resolved.accounts.as_slice());
        let groups = rate_groups(&request, accounts).unwrap_or_default();
        let targets: Vec<u32> = groups.iter().flat_map(|group| startable(group, &last.children)).collect();
        for target in targets {
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

    /// Records the accounts of the locations of the attempt in flight, once, and starts its first children.
    pub(super) fn locations_resolved(&mut self, resolved: LocationsResolved) -> Result<(), EngineError> {
        let is_awaited = self.execution.current().is_some_and(|run| {
            let in_flight = |state: &AttemptState| matches!(state, AttemptState::InFlight { .. });
            let attempt = run.last_attempt().filter(|last| in_flight(&last.state) && last.number == resolved.attempt);
            attempt.is_some() && awaits_accounts(self.execution, run)
        });
        if !is_awaited {
            return Ok(());
        }
        self.record(Event::LocationsResolved(Arc::new(resolved)))?;
        self.start_children()
    }
}

/// Whether an attempt in flight of this run waits for the accounts of its locations: none of its children starts before.
pub(super) fn awaits_accounts(execution: &Execution, run: &StepExecution) -> bool {
    let has_locations = run.inputs.contains_key("TargetLocations");
    let is_resolved = || run.last_attempt().is_some_and(|last| last.children.locations.is_some());
    // Other actions may have an input of this name.
    let outline = || execution.started().outline.steps.iter().find(|step| step.name == run.step);
    has_locations
        && !is_resolved()
        && outline().is_some_and(|step| step.action == Action::EXECUTE_AUTOMATION.as_str())
        && request(run).and_then(|request| request.locations).is_some_and(|locations| locations.need_lookup())
}

/// The request of a step, with its targets as they were looked up; `None` when its inputs ask for no child. Redacted targets
/// are unknown: their children cannot start.
fn request(run: &StepExecution) -> Option<ChildRequest> {
    let mut request = ChildRequest::from_resolved(|name| run.inputs.get(name)).ok()?;
    if let Some(RequestedTargets::LookedUp(lookup)) = &request.targets {
        let found = run.last_attempt()?.children.targets.as_ref().filter(|found| !found.hidden)?;
        request.targets = Some(RequestedTargets::Listed(lookup.clone().with_values(found.targets.clone())));
    }
    Some(request)
}

/// The targets of a group whose children may be started now.
fn startable(group: &RateGroup, children: &AttemptChildren) -> Vec<u32> {
    let is_own = |target: u32| usize::try_from(target).is_ok_and(|target| group.targets.contains(&target));
    let started = children.started.keys().filter(|target| is_own(**target)).count();
    let ended = || children.ended.iter().filter(|ended| is_own(ended.target));
    let succeeded = ended().filter(|ended| ended.status == Status::Success).count();
    let ended = ended().count();
    let tally = Tally { succeeded, failed: ended - succeeded, running: started.saturating_sub(ended) };
    let targets = group.targets.clone().filter_map(|target| u32::try_from(target).ok());
    let unstarted = targets.filter(|target| !children.started.contains_key(target));
    unstarted.take(group.rate.may_start(tally)).collect()
}
