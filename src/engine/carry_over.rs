//! Where a redrive begins, and which results of the other execution it carries over.

use std::sync::Arc;

use crate::event::{Next, Status, StepEnded, StepReused};
use crate::execution::{Execution, StepExecution};
use crate::name::StepName;
use crate::runbook::Runbook;

use super::retrace::runs_before;

/// Where a redrive begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedrivePoint {
    /// How many runs of steps, from the first, are carried over.
    pub reused: usize,
    /// The first step to run again.
    pub from: StepName,
}

/// Where a redrive of an execution that did not succeed begins: at the first step that made it fail, else at the step
/// that would have been next. `None` when nothing is left to run.
pub fn restart_point(execution: &Execution) -> Option<RedrivePoint> {
    let runs = execution.runs();
    let outline = &execution.started().outline.steps;
    let counts = |run: &StepExecution| match run.status() {
        // The enclosing loop is redriven instead.
        Status::Cancelled | Status::InProgress | Status::Waiting | Status::Cancelling | Status::Pending
            if run.parent.is_some() =>
        {
            false
        }
        Status::Cancelled | Status::InProgress | Status::Waiting | Status::Cancelling | Status::Pending => true,
        Status::Failed | Status::TimedOut => execution.counts(run),
        Status::Success => false,
    };
    if let Some(reused) = runs.iter().position(counts) {
        // A loop is run again as a whole.
        let reused = runs.get(reused).and_then(|run| run.parent).map_or(reused, |parent| parent.run);
        return runs.get(reused).map(|run| RedrivePoint { reused, from: run.step.clone() });
    }
    let next = match runs.iter().rfind(|run| run.parent.is_none()) {
        Some(run) => run.ending.as_ref().map(|ending| ending.next.clone()),
        None => outline.first().map(|step| Next::Step(step.name.clone())),
    };
    match next {
        Some(Next::Step(from)) => Some(RedrivePoint { reused: runs.len(), from }),
        Some(Next::End) | None => None,
    }
}

/// Where a redrive from this step of `mainSteps` begins: at the latest run of the step, else after the runs that lead
/// to it in the runbook as it is now. `None` when no run leads to it: the step is on a branch that the execution did
/// not take. A loop is run again as a whole, so a redrive cannot begin inside one.
pub fn restart_point_at(execution: &Execution, now: &Runbook, step: &StepName) -> Option<RedrivePoint> {
    let ran = execution.runs().iter().rposition(|run| run.step == *step && run.parent.is_none());
    let reused = ran.or_else(|| runs_before(execution, now, step))?;
    Some(RedrivePoint { reused, from: step.clone() })
}

/// The results that a redrive from this point carries over.
pub fn carry_over(execution: &Execution, point: &RedrivePoint) -> Vec<StepReused> {
    // A loop that did not end is run again, so nothing inside it is carried over.
    let is_over = |run: &&StepExecution| execution.parent(run).is_none_or(|(looping, _)| looping.ending.is_some());
    let runs = execution.runs().iter().take(point.reused).filter(is_over);
    let ended = runs.filter_map(|run| Some((run, run.ending.as_ref()?)));
    let mut reused: Vec<StepReused> = ended
        .map(|(run, ending)| StepReused {
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
    if let Some(last) = reused.iter_mut().rfind(|reused| reused.iteration.is_none()) {
        last.ended = Arc::new(StepEnded { next: Next::Step(point.from.clone()), ..StepEnded::clone(&last.ended) });
    }
    reused
}
