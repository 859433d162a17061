//! Starting again from a step: what is kept of the execution before.

use std::sync::Arc;

use crate::event::{Next, Status, StepEnded, StepKept};
use crate::execution::{Execution, StepExecution};
use crate::name::StepName;
use crate::runbook::Runbook;

use super::retrace::runs_before;

/// Where an execution is started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedrivePoint {
    /// How many of its runs of steps are kept.
    pub kept: usize,
    /// The first step that is run again.
    pub from: StepName,
}

/// Where an execution that did not succeed is started again: at the first step that made it end so, else at the step
/// that it would have come to. None when there is nothing to start again.
pub fn restart_point(execution: &Execution) -> Option<RedrivePoint> {
    let runs = execution.runs();
    let outline = &execution.started().outline.steps;
    let counts = |run: &StepExecution| match run.status() {
        // The loop that it stands in counts in its place.
        Status::Cancelled | Status::InProgress | Status::Waiting | Status::Cancelling | Status::Pending
            if run.parent.is_some() =>
        {
            false
        }
        Status::Cancelled | Status::InProgress | Status::Waiting | Status::Cancelling | Status::Pending => true,
        Status::Failed | Status::TimedOut => execution.counts(run),
        Status::Success => false,
    };
    if let Some(kept) = runs.iter().position(counts) {
        // A loop is run again whole.
        let kept = runs.get(kept).and_then(|run| run.parent).map_or(kept, |parent| parent.run);
        return runs.get(kept).map(|run| RedrivePoint { kept, from: run.step.clone() });
    }
    let next = match runs.iter().rfind(|run| run.parent.is_none()) {
        Some(run) => run.ending.as_ref().map(|ending| ending.next.clone()),
        None => outline.first().map(|step| Next::Step(step.name.clone())),
    };
    match next {
        Some(Next::Step(from)) => Some(RedrivePoint { kept: runs.len(), from }),
        Some(Next::End) | None => None,
    }
}

/// Where an execution is started again with this step of `mainSteps`: at the latest run of it, else after the runs that lead
/// to it in the runbook as it is now. `None` when none does: the step is on a branch that the execution did not take. A loop
/// is run again whole: a step inside one is no place to start.
pub fn restart_point_at(execution: &Execution, now: &Runbook, step: &StepName) -> Option<RedrivePoint> {
    let ran = execution.runs().iter().rposition(|run| run.step == *step && run.parent.is_none());
    let kept = ran.or_else(|| runs_before(execution, now, step))?;
    Some(RedrivePoint { kept, from: step.clone() })
}

/// What is kept of an execution that is started again.
pub fn keep(execution: &Execution, point: &RedrivePoint) -> Vec<StepKept> {
    // Nothing is kept of a loop that did not end.
    let is_over = |run: &&StepExecution| execution.parent(run).is_none_or(|(looping, _)| looping.ending.is_some());
    let runs = execution.runs().iter().take(point.kept).filter(is_over);
    let ended = runs.filter_map(|run| Some((run, run.ending.as_ref()?)));
    let mut kept: Vec<StepKept> = ended
        .map(|(run, ending)| StepKept {
            step: run.step.clone(),
            step_execution: run.id.clone(),
            inputs: Arc::clone(&run.inputs),
            started_at: run.started_at,
            ended_at: ending.at,
            iteration: run.parent.map(|parent| parent.iteration),
            hidden: run.hidden.to_vec(),
            ended: ending.shared(),
        })
        .collect();
    if let Some(last) = kept.iter_mut().rfind(|kept| kept.iteration.is_none()) {
        last.ended = Arc::new(StepEnded { next: Next::Step(point.from.clone()), ..StepEnded::clone(&last.ended) });
    }
    kept
}
