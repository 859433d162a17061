//! Compares the path of an execution with the path of its runbook as it is now: for a redrive with a runbook whose
//! steps have another order.
//!
//! Compares where each run of a step leads by the rules of spec 2.3, in the runbook of the execution and in the new
//! one. Whether a step itself has changed is a separate question ([`Step::is_same`](crate::runbook::Step::is_same)).

use std::collections::HashSet;

use super::flow;
use crate::event::{Next, Status};
use crate::execution::{Execution, StepExecution};
use crate::name::{OutputName, StepName};
use crate::runbook::{Inputs, OnCancel, Runbook};

/// A point where the two paths diverge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step after which they diverge; `None` at the start of the steps.
    pub after: Option<StepName>,
    /// The loop that has these steps.
    pub inside: Option<StepName>,
    /// Where the execution went.
    pub before: Next,
    /// Where the runbook leads now.
    pub now: Next,
}

/// Where the runbook `now` diverges from `before` on the path of the first `reused` runs of an execution. The step that
/// the last of them leads to belongs to the path.
pub fn divergences(execution: &Execution, before: &Runbook, now: &Runbook, reused: usize) -> Vec<Divergence> {
    let mut found = Vec::new();
    compare(&mut found, None, None, (first(before, None), first(now, None)));
    let runs = execution.runs();
    for (index, run) in runs.iter().enumerate().take(reused) {
        let inside = execution.parent(run).map(|(looping, _)| looping.step.clone());
        if matches!(before.step(run.step.as_str()).map(|step| &step.inputs), Some(Inputs::Loop(_))) {
            let first = |runbook| first(runbook, Some(&run.step));
            compare(&mut found, None, Some(run.step.clone()), (first(before), first(now)));
        }
        let Some(led) = next_after_run(before, run).zip(next_after_run(now, run)) else { continue };
        compare(&mut found, Some(run.step.clone()), inside.clone(), led.clone());
        // A skipped step has no run: the step that follows it belongs to the path too.
        let next_run = runs.get(index + 1..).into_iter().flatten().find(|next| next.parent == run.parent);
        let mut at = led.0;
        while let Next::Step(skipped) = &at
            && next_run.is_some_and(|next| next.step != *skipped)
        {
            let Some(led) = onwards(before, skipped).zip(onwards(now, skipped)) else { break };
            compare(&mut found, Some(skipped.clone()), inside.clone(), led.clone());
            at = led.0;
        }
    }
    found
}

/// How many of the runs of an execution come before a step that it has not run, on the path of the runbook as it is
/// now: after a step that failed, also where success would have led. `None` when no path leads there: the execution
/// took another branch.
pub(super) fn runs_before(execution: &Execution, now: &Runbook, step: &StepName) -> Option<usize> {
    let leads_there = |next: Option<Next>| next == Some(Next::Step(step.clone()));
    if leads_there(Some(first(now, None))) {
        return Some(0);
    }
    let runs = execution.runs();
    let outermost: Vec<usize> = (0..runs.len()).filter(|index| runs.get(*index).is_some_and(is_outermost)).collect();
    let run = |place: usize| runs.get(*outermost.get(place)?);
    let direct =
        (0..outermost.len()).find(|place| run(*place).is_some_and(|run| leads_there(next_after_run(now, run))));
    let further = || {
        (0..outermost.len()).rev().find(|place| {
            let is_last = place + 1 == outermost.len();
            let leaves_open = |run: &StepExecution| is_last || run.status() != Status::Success;
            run(*place).is_some_and(|run| leaves_open(run) && reachable(now, &run.step).contains(step))
        })
    };
    // A loop is carried over with the runs inside it.
    let place = direct.or_else(further)?;
    Some(outermost.get(place + 1).copied().unwrap_or(runs.len()))
}

fn is_outermost(run: &StepExecution) -> bool {
    run.parent.is_none()
}

/// A step that is carried over and that runs a second time after `from`, in the order of the runbook as it is now.
pub fn repeated_step(execution: &Execution, now: &Runbook, reused: usize, from: &StepName) -> Option<StepName> {
    let onwards = reachable(now, from);
    let reused = execution.runs().iter().take(reused).filter(|run| is_outermost(run));
    reused.map(|run| &run.step).find(|step| *step == from || onwards.contains(*step)).cloned()
}

fn compare(
    found: &mut Vec<Divergence>,
    after: Option<StepName>,
    inside: Option<StepName>,
    (before, now): (Next, Next),
) {
    let divergence = Divergence { after, inside, before, now };
    // A loop reaches the same step in each iteration.
    if divergence.before != divergence.now && !found.contains(&divergence) {
        found.push(divergence);
    }
}

/// The first step, of the runbook or of a loop.
fn first(runbook: &Runbook, looping: Option<&StepName>) -> Next {
    let steps = match looping.map(|looping| runbook.step(looping.as_str()).map(|step| &step.inputs)) {
        None => runbook.steps(),
        Some(Some(Inputs::Loop(looping))) => &looping.steps,
        Some(_) => return Next::End,
    };
    steps.first().map_or(Next::End, |(name, _)| Next::Step(name.clone()))
}

/// Where a run of a step leads in a runbook; `None` when the runbook has no such step, or the run has not ended.
fn next_after_run(runbook: &Runbook, run: &StepExecution) -> Option<Next> {
    let step = runbook.step(run.step.as_str())?;
    let ending = run.ending.as_ref()?;
    // A branch leads to the choice that it made; its conditions are not evaluated again.
    if matches!(step.inputs, Inputs::Branch(_)) && ending.outputs.contains_key(&OutputName::new("NextStep")) {
        return Some(ending.next.clone());
    }
    if ending.status == Status::Cancelled {
        return Some(match &step.on_cancel {
            OnCancel::Step(target) => Next::Step(target.clone()),
            OnCancel::Abort => Next::End,
        });
    }
    Some(flow::next_in_runbook(runbook, step, ending.status, false))
}

/// Where a skipped step leads.
fn onwards(runbook: &Runbook, step: &StepName) -> Option<Next> {
    Some(flow::next_in_runbook(runbook, runbook.step(step.as_str())?, Status::Success, false))
}

/// The steps of `mainSteps` that can follow a step.
fn reachable(runbook: &Runbook, from: &StepName) -> HashSet<StepName> {
    let mut reached = HashSet::new();
    let mut open = vec![from.clone()];
    while let Some(name) = open.pop() {
        let Some(step) = runbook.steps().get(&name) else { continue };
        let inner = match &step.inputs {
            Inputs::Loop(looping) => looping.steps.values().collect(),
            _ => Vec::new(),
        };
        let steps = std::iter::once(step).chain(inner);
        open.extend(steps.flat_map(|step| runbook.successors(step)).filter(|next| reached.insert(next.clone())));
    }
    reached
}
