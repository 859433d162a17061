//! The results of the targets of an execution (spec 5.4).

use super::error::AutomationError;
use super::supplied_targets::TargetsError;
use crate::event::{LaunchTargets, Status, TargetForm, TargetList};
use crate::execution::{AutomationExecution, Execution, ProgressCounters, StepExecutionSummary, target_names};
use crate::limits::TARGET_VALUES;
use crate::name::ExecutionId;
use crate::redaction::MASK;
use crate::runbook::inputs::execute_automation::{ChildRequest, LocationPair};
use crate::store::{Entry, ExecutionIndex, ExecutionState};

/// One target of an execution, and its child when it was started.
struct TargetState<'a> {
    name: String,
    child: Option<&'a Entry>,
}

/// The names of the targets of an execution, in order; where they are sensitive, of those that were started: the journal
/// does not have them, not even how many there were.
fn known_names(targets: &LaunchTargets, children: &[Entry]) -> Vec<String> {
    if targets.hidden {
        let started = children.iter().filter_map(|child| child.parent.as_ref()?.target.as_ref());
        let started = started.filter_map(|target| usize::try_from(target.index).ok()?.checked_add(1)).max();
        return vec![MASK.to_owned(); started.unwrap_or_default().min(TARGET_VALUES)];
    }
    target_names(targets)
}

/// The targets of a run, or the account–Region pairs of one over locations; none when it is neither.
struct RunTargets {
    targets: Option<LaunchTargets>,
    /// The pairs, as far as their accounts are known.
    pairs: Vec<LocationPair>,
}

impl RunTargets {
    fn of(execution: &Execution) -> Option<Self> {
        if let Some(targets) = execution.targets() {
            return Some(Self { targets: Some(targets.into_owned()), pairs: Vec::new() });
        }
        execution.started().launch.locations.as_ref()?;
        Some(Self { targets: None, pairs: pairs(execution).unwrap_or_default() })
    }

    fn states<'a>(&self, children: &'a [Entry]) -> Vec<TargetState<'a>> {
        let names = match &self.targets {
            Some(targets) => known_names(targets, children),
            None => self.pairs.iter().map(ToString::to_string).collect(),
        };
        target_states(names, children)
    }
}

/// The pairs of a run over locations, when their accounts are known.
fn pairs(execution: &Execution) -> Option<Vec<LocationPair>> {
    let run = execution.runs().last()?;
    let request = ChildRequest::from_resolved(|name| run.inputs.get(name)).ok()?;
    let locations = request.locations?;
    let resolved = run.last_attempt().and_then(|last| last.children.locations.clone());
    let accounts = resolved.map(|resolved| resolved.accounts.clone()).or_else(|| locations.accounts())?;
    Some(locations.pairs(&accounts).ok()?.into_iter().flatten().collect())
}

fn target_states(names: Vec<String>, children: &[Entry]) -> Vec<TargetState<'_>> {
    let child_of = |at: usize| {
        let is_of = |child: &&Entry| {
            let target = child.parent.as_ref().and_then(|parent| parent.target.as_ref());
            target.is_some_and(|target| usize::try_from(target.index) == Ok(at))
        };
        // The last attempt decides.
        children.iter().rev().find(is_of)
    };
    names.into_iter().enumerate().map(|(at, name)| TargetState { name, child: child_of(at) }).collect()
}

/// Whether the execution came from another journal, which kept the executions of its targets.
async fn is_imported(journal: &dyn ExecutionIndex, execution: &Execution) -> Result<bool, AutomationError> {
    Ok(journal.entry(execution.id()).await?.is_some_and(|entry| entry.is_imported))
}

/// The targets that did not succeed; `None` when the execution does not run over targets, or when they are sensitive: then
/// the caller supplies the targets to run.
pub(super) async fn remaining_targets(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
) -> Result<Option<TargetList>, AutomationError> {
    let Some(targets) = execution.targets().filter(|targets| !targets.hidden) else { return Ok(None) };
    if targets.list.is_empty() {
        return Err(TargetsError::NothingMatched { execution: execution.id().clone() }.into());
    }
    if is_imported(journal, execution).await? {
        return Err(TargetsError::Unknown { execution: execution.id().clone(), form: targets.list.form() }.into());
    }
    let children = journal.children(execution.id()).await?;
    let states = target_states(known_names(&targets, &children), &children);
    let is_open =
        |state: &TargetState<'_>| state.child.is_none_or(|child| child.status.ended() != Some(Status::Success));
    let mut is_open = states.iter().map(is_open);
    let mut list = targets.list.clone();
    match &mut list {
        TargetList::Values(values) => values.retain(|_| is_open.next().unwrap_or(true)),
        TargetList::Maps(maps) => maps.retain(|_| is_open.next().unwrap_or(true)),
    }
    Ok(Some(list))
}

/// Shows every target as a separate step in the summary of an execution, as the service does, and counts them.
pub async fn expand_targets(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
    summary: &mut AutomationExecution,
) -> Result<(), AutomationError> {
    let Some(run) = RunTargets::of(execution) else { return Ok(()) };
    if is_imported(journal, execution).await? {
        return Ok(());
    }
    let children = journal.children(execution.id()).await?;
    let Some(step) = summary.step_executions.last().cloned() else { return Ok(()) };
    let parameter = run.targets.as_ref().and_then(|targets| targets.parameter.as_ref());
    summary.step_executions = run
        .states(&children)
        .into_iter()
        .map(|TargetState { name, child }| StepExecutionSummary {
            execution_start_time: child.map(|child| child.started_at),
            execution_end_time: child.and_then(|child| child.ended_at),
            step_status: child.map_or(Status::Pending.as_str(), |child| child.status.as_str()),
            inputs: parameter.map(|parameter| (parameter.to_string(), name.clone())).into_iter().collect(),
            outputs: child.map(|child| ("ExecutionId".to_owned(), vec![child.id.to_string()])).into_iter().collect(),
            failure_message: child.and_then(|child| child.failure_message.clone()),
            failure_details: None,
            notice: None,
            attempts: usize::from(child.is_some()),
            step_execution_id: child.map(|child| child.id.to_string()),
            step_name: name,
            ..step.clone()
        })
        .collect();
    if let Some(fields) = &mut summary.target_fields {
        let statuses = summary.step_executions.iter().map(|step| step.step_status);
        fields.progress_counters = ProgressCounters::new(summary.step_executions.len(), statuses);
    }
    Ok(())
}

/// The results of the targets of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSummary {
    /// The execution.
    pub execution: ExecutionId,
    /// Its status.
    pub status: Status,
    /// Whether the targets are sensitive, and in which form they are supplied again: then only started ones are known.
    pub hidden: Option<TargetForm>,
    /// Whether the targets are account–Region pairs.
    pub is_over_locations: bool,
    /// How many targets there are.
    pub total: usize,
    /// How many succeeded.
    pub succeeded: usize,
    /// How many were not started.
    pub not_started: usize,
    /// Those that ended otherwise.
    pub failed: Vec<FailedTarget>,
}

/// A target that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTarget {
    /// Its name.
    pub name: String,
    /// Final status.
    pub status: ExecutionState,
    /// Its execution.
    pub execution: ExecutionId,
}

/// Summarizes the targets of an execution; none when it does not run over targets.
pub async fn summarize_targets(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
) -> Result<Option<TargetSummary>, AutomationError> {
    let Some(run) = RunTargets::of(execution) else { return Ok(None) };
    let children = journal.children(execution.id()).await?;
    let states = run.states(&children);
    let mut summary = TargetSummary {
        execution: execution.id().clone(),
        status: execution.status(),
        hidden: run.targets.as_ref().filter(|targets| targets.hidden).map(|targets| targets.list.form()),
        is_over_locations: run.targets.is_none(),
        total: states.len(),
        succeeded: 0,
        not_started: 0,
        failed: Vec::new(),
    };
    for TargetState { name, child } in states {
        match child.map(|child| (child, child.status.ended())) {
            None => summary.not_started += 1,
            Some((_, Some(Status::Success))) => summary.succeeded += 1,
            Some((child, Some(_))) => {
                let failed = FailedTarget { name, status: child.status, execution: child.id.clone() };
                summary.failed.push(failed);
            }
            Some((_, None)) => {}
        }
    }
    Ok(Some(summary))
}
