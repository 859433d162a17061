//! Redrives an execution: a new execution carries over the steps before the chosen one, and runs it and those after it.

use super::Automation;
use super::documents::{StoredRunbook, read_execution, read_recorded_runbook};
use super::error::AutomationError;
use super::observer::{Notice, Observer};
use super::redrive_error::{RedriveError, RunbookChange};
use super::restart::{RestartRequest, RunbookChoice, choose_runbook, start_request};
use super::sensitive_outputs::is_restorable;
use super::start::StartRequest;
use super::target_results::remaining_targets;
use super::targets::{TARGETS_STEP, runbook_of_started};
use crate::diagnostic::suggestion;
use crate::engine::{Divergence, RedrivePoint, divergences, repeated_step, restart_point, restart_point_at};
use crate::event::{Origin, Status, TargetList};
use crate::execution::{Execution, StepExecution};
use crate::expression::{Reference, ValueTemplate};
use crate::name::StepName;
use crate::runbook::Runbook;
use crate::store::{EventStore, ExecutionState};

/// A new execution that carries over steps of an old one.
#[derive(Debug)]
pub struct RedriveRequest {
    /// The first step to run again; `None` for the first one that made the execution fail.
    pub from: Option<String>,
    /// The old execution, and what differs now.
    pub restart: RestartRequest,
}

impl Automation {
    /// Plans a new execution from a step of an old one.
    pub async fn plan_redrive(
        &self,
        request: RedriveRequest,
        observer: &dyn Observer,
    ) -> Result<StartRequest, AutomationError> {
        let journal = self.journal("redrive")?;
        let RedriveRequest { from, mut restart } = request;
        let entry = journal.entry(&restart.execution).await?;
        let entry = entry.ok_or_else(|| AutomationError::Gone { execution: restart.execution.clone() })?;
        if !matches!(entry.status, ExecutionState::Ended(_)) {
            return Err(RedriveError::Unfinished { execution: entry.id, is_running: entry.owner.is_some() }.into());
        }
        let old = read_execution(journal, &restart.execution).await?;
        let choice = std::mem::replace(&mut restart.runbook, RunbookChoice::Original);
        let is_explicit = choice.is_explicit();
        let chosen = choose_runbook(choice, journal, &old, observer).await?;
        if old.started().launch.locations.is_some() {
            return Err(RedriveError::OverLocations { execution: old.id().clone() }.into());
        }
        if old.started().launch.is_over_targets() {
            if restart.targets.is_none() {
                restart.targets = remaining_targets(journal, &old).await?;
            }
            if restart.targets.as_ref().is_some_and(TargetList::is_empty) {
                return Err(RedriveError::TargetsSucceeded { execution: old.id().clone() }.into());
            }
            let point = find_targets_point(from.as_deref(), &old, &chosen.stored.runbook)?;
            let origin = Origin::Redrive { of: old.id().clone(), from: point.from.clone() };
            return start_request(restart, old, chosen, origin, Some(point), observer);
        }
        let from = from.as_deref();
        let point = find_point(from, &old, &chosen.stored.runbook)?;
        let change = Change { old: &old, now: &chosen.stored, point: &point, is_explicit, is_from: from.is_some() };
        change.ensure_steps_unchanged(journal, observer).await?;
        ensure_outputs_available(&old, &chosen.stored.runbook, &point)?;
        warn_of_kept_failures(&old, &point, observer);
        let origin = Origin::Redrive { of: old.id().clone(), from: point.from.clone() };
        start_request(restart, old, chosen, origin, Some(point), observer)
    }
}

/// The only step of an execution over targets. Targets may have failed although the execution succeeded.
fn find_targets_point(from: Option<&str>, old: &Execution, runbook: &Runbook) -> Result<RedrivePoint, RedriveError> {
    let started = old.started();
    let over_targets = started.launch.targets.as_ref().map(|targets| runbook_of_started(runbook, started, targets));
    find_point(from.or(Some(TARGETS_STEP)), old, over_targets.as_ref().unwrap_or(runbook))
}

/// Finds the step that runs first.
fn find_point(from: Option<&str>, old: &Execution, runbook: &Runbook) -> Result<RedrivePoint, RedriveError> {
    let execution = old.id().clone();
    let Some(name) = from else {
        return match restart_point(old) {
            Some(point) if runbook.steps().contains_key(point.from.as_str()) => Ok(point),
            Some(point) => Err(RedriveError::StepGone { step: point.from }),
            None => Err(RedriveError::NothingFailed { execution }),
        };
    };
    if runbook.steps().contains_key(name) {
        let step = StepName::from(name);
        return restart_point_at(old, runbook, &step).ok_or(RedriveError::BranchNotTaken { execution, step });
    }
    if let Some(looping) = runbook.loop_of(name) {
        return Err(RedriveError::StepInLoop { step: StepName::from(name), looping: looping.name.clone() });
    }
    Err(RedriveError::UnknownStep {
        step: name.to_owned(),
        nearest: suggestion(name, runbook.steps().keys().map(StepName::as_str)).map(ToOwned::to_owned),
        steps: runbook.steps().keys().cloned().collect(),
    })
}

/// The runbook of a redrive, and the runbook of the steps that are carried over.
struct Change<'a> {
    old: &'a Execution,
    now: &'a StoredRunbook,
    point: &'a RedrivePoint,
    /// The user chose the runbook, so a change is only a warning.
    is_explicit: bool,
    /// The user chose where to start, so earlier steps may be left out, with a warning.
    is_from: bool,
}

impl Change<'_> {
    /// Refuses a runbook that has changed before the redrive point: a changed step, which did not produce the reused
    /// outputs; an order in which the path of the old execution leads elsewhere; and, however the runbook was
    /// chosen, an order in which a step that is carried over would run a second time.
    async fn ensure_steps_unchanged(
        &self,
        journal: &dyn EventStore,
        observer: &dyn Observer,
    ) -> Result<(), AutomationError> {
        let Self { old, point, is_explicit, is_from, now: StoredRunbook { source, runbook } } = self;
        let before = read_recorded_runbook(journal, old).await?;
        if before.source.text() == source.text() {
            return Ok(());
        }
        if let Some(step) = repeated_step(old, runbook, point.reused, &point.from) {
            return Err(RedriveError::StepRepeated { step, from: point.from.clone() }.into());
        }
        let change = || {
            Box::new(RunbookChange {
                name: source.name().to_owned(),
                before: before.source.text().to_owned(),
                now: source.text().to_owned(),
            })
        };
        let parted = divergences(old, &before.runbook, runbook, point.reused);
        let (left_out, others): (Vec<Divergence>, Vec<Divergence>) =
            parted.into_iter().partition(|parted| *is_explicit || (*is_from && self.leads_on_to(parted)));
        for divergence in left_out {
            observer.notice(&Notice::OrderChanged { divergence });
        }
        if *is_explicit {
            return Ok(());
        }
        if let Some(divergence) = others.into_iter().next() {
            let (divergence, from) = (Box::new(divergence), point.from.clone());
            return Err(RedriveError::OrderChanged { divergence, from, change: change() }.into());
        }
        let kept = old.runs().iter().take(point.reused).map(|run| &run.step);
        let changed = kept.filter(|name| match (before.runbook.step(name.as_str()), runbook.step(name.as_str())) {
            (Some(before), Some(now)) => !before.is_same(now),
            (_, None) | (None, _) => true,
        });
        let steps: Vec<StepName> = changed.cloned().collect();
        if steps.is_empty() {
            return Ok(());
        }
        Err(RedriveError::StepsChanged { steps, change: change() }.into())
    }

    /// Whether the paths diverge right before the step that the user chose to start with.
    fn leads_on_to(&self, parted: &Divergence) -> bool {
        let last = self.old.runs().iter().take(self.point.reused).rfind(|run| run.parent.is_none());
        parted.inside.is_none() && parted.after.as_ref() == last.map(|run| &run.step)
    }
}

/// Refuses a redrive whose steps need a sensitive output of a step that is carried over.
fn ensure_outputs_available(old: &Execution, runbook: &Runbook, point: &RedrivePoint) -> Result<(), RedriveError> {
    let kept: Vec<&StepExecution> = old.runs().iter().take(point.reused).collect();
    let latest = |name: &str| kept.iter().rfind(|run| run.step == *name);
    for step in runbook.all_steps().filter(|step| latest(step.name.as_str()).is_none()) {
        for reference in step.inputs.trees().values().flat_map(ValueTemplate::references) {
            match reference {
                Reference::Variable(variable) => {
                    let sets = |run: &&&StepExecution| {
                        let set = run.inputs.get("Name").and_then(|name| name.as_str()?.strip_prefix("variable:"));
                        set == Some(variable.as_str()) && !run.hidden.is_empty()
                    };
                    if let Some(source) = kept.iter().rfind(sets) {
                        return Err(RedriveError::VariableLost {
                            step: step.name.clone(),
                            variable: variable.clone(),
                            source_step: source.step.clone(),
                        });
                    }
                }
                Reference::StepOutput { step: source, output } => {
                    if latest(source.as_str()).is_some_and(|run| run.hides(output.as_str()))
                        && !is_restorable(old, runbook, source.as_str())
                    {
                        return Err(RedriveError::OutputLost {
                            step: step.name.clone(),
                            output: output.clone(),
                            source_step: source.clone(),
                        });
                    }
                }
                Reference::Parameter(_)
                | Reference::ExecutionId
                | Reference::Global(_)
                | Reference::Ssm(_)
                | Reference::UnknownSystem(_) => {}
            }
        }
    }
    Ok(())
}

/// The failures of steps that are carried over fail the new execution too.
fn warn_of_kept_failures(old: &Execution, point: &RedrivePoint, observer: &dyn Observer) {
    let kept = old.runs().iter().take(point.reused);
    for run in kept.filter(|run| run.parent.is_none() || run.status() != Status::Cancelled) {
        let from = old.parent(run).map_or(&run.step, |(looping, _)| &looping.step).clone();
        let step = run.step.clone();
        match run.status() {
            Status::Cancelled => observer.notice(&Notice::CancelledStepKept { step, from }),
            status @ (Status::Failed | Status::TimedOut) if old.counts(run) => {
                observer.notice(&Notice::FailedStepKept { step, status, from });
            }
            _ => {}
        }
    }
}
