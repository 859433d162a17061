//! Compares the path that an execution took with the path along which its runbook leads now: for an execution that is
//! started again with a runbook whose steps stand in another order.
//!
//! What is compared is where each run of a step leads by the rules of spec 2.3, in the runbook that the execution had and
//! in the one that it is to have. Whether a step itself has changed is another question
//! ([`Step::is_same`](crate::runbook::Step::is_same)).

use std::collections::HashSet;

use super::flow;
use crate::event::{Next, Status};
use crate::execution::{Execution, StepExecution};
use crate::name::{OutputName, StepName};
use crate::runbook::{Inputs, OnCancel, Runbook};

/// A place at which the two paths part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step after which they part; `None` at the beginning of the steps.
    pub after: Option<StepName>,
    /// The loop whose steps these are.
    pub inside: Option<StepName>,
    /// Where the execution was led.
    pub before: Next,
    /// Where the runbook leads now.
    pub now: Next,
}

/// Where the runbook `now` leads elsewhere than `before` did on the path of the first `kept` runs of an execution. The
/// step that the last of them leads to belongs to the path.
pub fn divergences(execution: &Execution, before: &Runbook, now: &Runbook, kept: usize) -> Vec<Divergence> {
    let mut found = Vec::new();
    compare(&mut found, None, None, (first(before, None), first(now, None)));
    let runs = execution.runs();
    for (index, run) in runs.iter().enumerate().take(kept) {
        let inside = execution.parent(run).map(|(looping, _)| looping.step.clone());
        if matches!(before.step(run.step.as_str()).map(|step| &step.inputs), Some(Inputs::Loop(_))) {
            let first = |runbook| first(runbook, Some(&run.step));
            compare(&mut found, None, Some(run.step.clone()), (first(before), first(now)));
        }
        let Some(led) = leads(before, run).zip(leads(now, run)) else { continue };
        compare(&mut found, Some(run.step.clone()), inside.clone(), led.clone());
        // Steps that somebody left out have no run: what follows them belongs to the path as well.
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

/// How many of the runs of an execution come before a step that it has not run, on the path along which the runbook leads
/// now: after a step that did not succeed, also where success would have led. `None` when no path leads there: the
/// execution took another branch.
pub(super) fn runs_before(execution: &Execution, now: &Runbook, step: &StepName) -> Option<usize> {
    let leads_there = |next: Option<Next>| next == Some(Next::Step(step.clone()));
    if leads_there(Some(first(now, None))) {
        return Some(0);
    }
    let runs = execution.runs();
    let outermost: Vec<usize> = (0..runs.len()).filter(|index| runs.get(*index).is_some_and(is_outermost)).collect();
    let run = |place: usize| runs.get(*outermost.get(place)?);
    let direct = (0..outermost.len()).find(|place| run(*place).is_some_and(|run| leads_there(leads(now, run))));
    let further = || {
        (0..outermost.len()).rev().find(|place| {
            let is_last = place + 1 == outermost.len();
            let leaves_open = |run: &StepExecution| is_last || run.status() != Status::Success;
            run(*place).is_some_and(|run| leaves_open(run) && reachable(now, &run.step).contains(step))
        })
    };
    // A loop is kept with the runs inside of it.
    let place = direct.or_else(further)?;
    Some(outermost.get(place + 1).copied().unwrap_or(runs.len()))
}

fn is_outermost(run: &StepExecution) -> bool {
    run.parent.is_none()
}

/// A step among those that are kept which runs a second time after `from`, by the order that the runbook has now.
pub fn repeated_step(execution: &Execution, now: &Runbook, kept: usize, from: &StepName) -> Option<StepName> {
    let onwards = reachable(now, from);
    let kept = execution.runs().iter().take(kept).filter(|run| is_outermost(run));
    kept.map(|run| &run.step).find(|step| *step == from || onwards.contains(*step)).cloned()
}

fn compare(
    found: &mut Vec<Divergence>,
    after: Option<StepName>,
    inside: Option<StepName>,
    (before, now): (Next, Next),
) {
    let divergence = Divergence { after, inside, before, now };
    // A loop comes to the same place in each iteration.
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
fn leads(runbook: &Runbook, run: &StepExecution) -> Option<Next> {
    let step = runbook.step(run.step.as_str())?;
    let ending = run.ending.as_ref()?;
    // A branch that chose leads to its choice; whether it would choose the same again is not asked.
    if matches!(step.inputs, Inputs::Branch(_)) && ending.outputs.contains_key(&OutputName::new("NextStep")) {
        return Some(ending.next.clone());
    }
    if ending.status == Status::Cancelled {
        return Some(match &step.on_cancel {
            OnCancel::Step(target) => Next::Step(target.clone()),
            OnCancel::Abort => Next::End,
        });
    }
    Some(flow::leads(runbook, step, ending.status, false))
}

/// Where a step leads that somebody left out.
fn onwards(runbook: &Runbook, step: &StepName) -> Option<Next> {
    Some(flow::leads(runbook, runbook.step(step.as_str())?, Status::Success, false))
}

/// The steps of `mainSteps` that can follow a step, whatever happens.
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
