//! The result of an execution, and its reasons.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::failure::brief;
use super::steps::{counted, iteration_of, outline_near, total};
use super::{HumanDuration, Palette, escape_json, one_line};
use crate::event::{Next, Status};
use crate::execution::{Execution, Phase, StepExecution};
use crate::name::StepName;
use crate::untrusted::has_unsafe;

/// The result of an execution that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status of the whole.
    pub status: Status,
    /// How long it took.
    pub took: HumanDuration,
    /// How many different steps were reached, of how many.
    pub reached: (usize, usize),
    /// How many of those another execution ran.
    pub kept: usize,
    /// The reasons of the result, a sentence each, the deciding ones first; then the notices of successes.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// The verdict; none while the execution has not ended.
    pub fn of(execution: &Execution) -> Option<Self> {
        let Phase::Ended { at, ending } = execution.phase() else { return None };
        let reached: HashSet<&str> = execution.runs().iter().map(|run| run.step.as_str()).collect();
        let ran: HashSet<&str> =
            execution.runs().iter().filter(|run| !run.is_kept).map(|run| run.step.as_str()).collect();
        let kept = reached.len() - ran.len();
        let mut reasons = Vec::new();
        if ending.status == Status::Cancelled
            && let Some(cancel) = execution.cancel()
        {
            reasons.push(format!("cancelled by {}{}", one_line(&cancel.by), interrupted(execution)));
        }
        let mut deciding = Reasons::default();
        let mut passed_over = Reasons::default();
        for (index, run) in execution.runs().iter().enumerate() {
            match bad_end(execution, run, index) {
                Some(AttemptFailure::Deciding(reason)) => deciding.add(run, reason),
                Some(AttemptFailure::PassedOver(reason)) => passed_over.add(run, reason),
                None => {}
            }
        }
        reasons.extend(deciding.into_lines());
        if reasons.is_empty()
            && ending.status != Status::Success
            && let Some(message) = &ending.failure_message
        {
            reasons.push(one_line(message).into_owned());
        }
        reasons.extend(passed_over.into_lines());
        let mut notices = Reasons::default();
        for (run, notice) in execution.runs().iter().filter_map(|run| Some((run, run.notice()?))) {
            notices.add(run, format!("step {}: {}", run.step, one_line(notice)));
        }
        reasons.extend(notices.into_lines());
        Some(Self {
            status: ending.status,
            took: HumanDuration::between(execution.started_at(), *at),
            reached: (reached.len(), total(execution)),
            kept,
            reasons,
        })
    }

    /// The result in one line, without its reasons.
    pub fn headline(&self, name: &str, palette: Palette) -> String {
        let (reached, all) = self.reached;
        let steps = match (reached, all) {
            (reached, all) if self.kept > 0 => {
                format!("{} reused and {} of {}", self.kept, reached - self.kept, counted(all, "step"))
            }
            (1, 1) => "1 step".to_owned(),
            (reached, all) if reached == all => format!("all {all} steps"),
            (reached, all) => format!("{reached} of {}", counted(all, "step")),
        };
        format!("{}: {} in {}, {steps} run", palette.strong(&one_line(name)), palette.status(self.status), self.took)
    }
}

fn interrupted(execution: &Execution) -> String {
    let is_cancelled = |run: &&StepExecution| run.status() == Status::Cancelled;
    // A step inside of a loop is more specific than its loop, which ends after it.
    let inside = execution.runs().iter().filter(|run| run.parent.is_some()).find(is_cancelled);
    let run = inside.or_else(|| execution.runs().iter().find(is_cancelled));
    match run.and_then(|run| run.ending.as_ref().map(|ending| (run, ending))) {
        Some((run, ending)) => {
            let place = iteration_of(execution, run).map(|place| format!(", {place}")).unwrap_or_default();
            match &ending.next {
                Next::Step(next) => format!(" during step {}{place}; {next} ran to clean up (onCancel)", run.step),
                Next::End => format!(" during step {}{place}", run.step),
            }
        }
        None => String::new(),
    }
}

/// Reasons in their order; of a step inside a loop the first, and how often there was another.
#[derive(Default)]
struct Reasons<'a> {
    first: Vec<String>,
    inside: HashMap<&'a StepName, (usize, usize)>,
}

impl<'a> Reasons<'a> {
    fn add(&mut self, run: &'a StepExecution, reason: String) {
        if run.parent.is_some() {
            let (_, more) = match self.inside.entry(&run.step) {
                Entry::Vacant(place) => {
                    place.insert((self.first.len(), 0));
                    self.first.push(reason);
                    return;
                }
                Entry::Occupied(place) => place.into_mut(),
            };
            *more += 1;
        } else {
            self.first.push(reason);
        }
    }

    fn into_lines(mut self) -> Vec<String> {
        for (at, more) in self.inside.into_values().filter(|(_, more)| *more > 0) {
            if let Some(reason) = self.first.get_mut(at) {
                reason.push_str(&format!(" (and in {} more)", counted(more, "iteration")));
            }
        }
        self.first
    }
}

enum AttemptFailure {
    /// It decides the status of the execution.
    Deciding(String),
    /// It does not affect the result.
    PassedOver(String),
}

fn bad_end(execution: &Execution, run: &StepExecution, index: usize) -> Option<AttemptFailure> {
    let ending = run.ending.as_ref()?;
    if !matches!(ending.status, Status::Failed | Status::TimedOut) {
        return None;
    }
    let (_, outline) = outline_near(execution, run.step.as_str(), index)?;
    let what = ending.failure.as_ref().map(|failure| format!(": {}", brief(failure))).unwrap_or_default();
    let policy = &outline.on_failure;
    if run.parent.is_some() && policy == "Abort" {
        // Its loop ended with it, and has the reason.
        return None;
    }
    let place = iteration_of(execution, run).map(|place| format!(" in {place}")).unwrap_or_default();
    let step = format!("step {} ended {}{place}", run.step, ending.status);
    Some(match (policy.as_str(), outline.is_critical, &ending.next) {
        ("Abort", _, _) => {
            AttemptFailure::Deciding(format!("{step}, and the execution stopped (onFailure: Abort){what}"))
        }
        ("Continue", true, _) => AttemptFailure::Deciding(format!(
            "{step} and is critical, so the execution ends {} although it continued (onFailure: Continue){what}",
            ending.status
        )),
        (_, true, Next::Step(recovery)) => AttemptFailure::Deciding(format!(
            "{step} and is critical, so the execution ends {} although {recovery} ran to recover{what}",
            ending.status
        )),
        (_, true, Next::End) => AttemptFailure::Deciding(format!("{step} and is critical (onFailure: {policy}){what}")),
        (_, false, Next::Step(next)) => AttemptFailure::PassedOver(format!(
            "{step} and is not critical; {next} followed (onFailure: {policy}){what}"
        )),
        (_, false, Next::End) => {
            AttemptFailure::PassedOver(format!("{step} and is not critical (onFailure: {policy}){what}"))
        }
    })
}

/// One output of the document on one line, `name = value`: a single string that fits on one line as it is, everything
/// else as JSON.
pub fn output_line(name: &str, values: &[String]) -> String {
    let value = match values {
        [text] if !has_unsafe(text) => text.clone(),
        [text] => escape_json(&serde_json::Value::from(text.as_str()).to_string()).into_owned(),
        values => escape_json(&serde_json::Value::from(values).to_string()).into_owned(),
    };
    format!("{} = {value}", one_line(name))
}
