//! Coverage: the steps, choices, failure edges and cancel edges of a runbook that its cases reach.

use std::collections::HashSet;

use serde::Serialize;

use crate::diagnostic::Source;
use crate::event::{Next, Status};
use crate::execution::Execution;
use crate::name::StepName;
use crate::runbook::{Inputs, OnCancel, OnFailure, Runbook, Step};

/// A point of a runbook that a case can reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Point {
    /// Its kind.
    pub kind: PointKind,
    /// The step, or the step that the edge leaves.
    pub step: StepName,
    /// The step that the edge leads to; `None` for a step, and for a branch without a true choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<StepName>,
    /// The line of the step in the runbook.
    pub line: usize,
    /// Whether a case reached it.
    pub reached: bool,
}

/// The kinds of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum PointKind {
    /// A step.
    Step,
    /// A choice of a branch, its `Default`, or no true choice. Choices that lead to the same step are one point.
    Choice,
    /// The edge of `onFailure: step:…`.
    OnFailure,
    /// Continuing after a failure: `onFailure: Continue`.
    Continue,
    /// The edge of `onCancel: step:…`.
    OnCancel,
}

impl Point {
    /// The point in words: `onFailure of verify -> noteFailure`.
    pub fn words(&self) -> String {
        let to = self.to.as_ref().map(|to| format!(" -> {to}")).unwrap_or_default();
        let step = &self.step;
        match self.kind {
            PointKind::Step => format!("step {step}"),
            PointKind::Choice if self.to.is_none() => format!("choice of {step}, none of them"),
            PointKind::Choice => format!("choice of {step}{to}"),
            PointKind::OnFailure => format!("onFailure of {step}{to}"),
            PointKind::Continue => format!("onFailure of {step}, Continue"),
            PointKind::OnCancel => format!("onCancel of {step}{to}"),
        }
    }
}

/// The points of a runbook, and whether each was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// In the order of the runbook.
    pub points: Vec<Point>,
}

impl Coverage {
    /// Coverage without any points reached. `source` is the runbook's text, for lines.
    pub fn of(runbook: &Runbook, source: &Source) -> Self {
        let points = super::read::steps(runbook).flat_map(|step| points(runbook, step, source)).collect();
        Self { points }
    }

    /// Adds the points that an execution has reached.
    pub fn add(&mut self, runbook: &Runbook, execution: &Execution) {
        let mut reached: HashSet<(PointKind, &str, Option<&str>)> = HashSet::new();
        for run in execution.runs() {
            let name = run.step.as_str();
            reached.insert((PointKind::Step, name, None));
            let Some(ending) = &run.ending else { continue };
            let to = match &ending.next {
                Next::Step(next) => Some(next.as_str()),
                Next::End => None,
            };
            let Some(step) = super::read::steps(runbook).find(|step| step.name == run.step) else { continue };
            let kind = match (ending.status, &step.inputs, &step.on_failure) {
                (Status::Success, Inputs::Branch(_), _) => PointKind::Choice,
                (Status::Failed | Status::TimedOut, _, OnFailure::Step(_)) => PointKind::OnFailure,
                (Status::Failed | Status::TimedOut, _, OnFailure::Continue) => PointKind::Continue,
                (Status::Cancelled, ..) => PointKind::OnCancel,
                _ => continue,
            };
            // A branch without a true choice continues like any other step.
            let chose = ending.outputs.contains_key("NextStep");
            let to = to.filter(|_| kind != PointKind::Continue && (kind != PointKind::Choice || chose));
            reached.insert((kind, name, to));
        }
        for point in &mut self.points {
            let to = point.to.as_ref().map(StepName::as_str);
            point.reached |= reached.contains(&(point.kind, point.step.as_str(), to));
        }
    }

    /// The number of reached points, and of all, of this kind or of all kinds.
    pub fn counts(&self, kind: Option<PointKind>) -> (usize, usize) {
        let of_kind = || self.points.iter().filter(|point| kind.is_none_or(|kind| kind == point.kind));
        (of_kind().filter(|point| point.reached).count(), of_kind().count())
    }

    /// Points that were not reached.
    pub fn missed(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| !point.reached)
    }
}

fn points(runbook: &Runbook, step: &Step, source: &Source) -> Vec<Point> {
    let line = source.position(step.places.name.start).line;
    let mut ways: Vec<(PointKind, Option<StepName>)> = vec![(PointKind::Step, None)];
    if let Inputs::Branch(branch) = &step.inputs {
        let choices = branch.choices.iter().map(|choice| Some(choice.next_step.clone()));
        ways.extend(choices.map(|to| (PointKind::Choice, to)));
        ways.push((PointKind::Choice, branch.default.clone()));
    }
    match &step.on_failure {
        OnFailure::Step(to) if can_fail(step) => ways.push((PointKind::OnFailure, Some(to.clone()))),
        OnFailure::Continue if can_fail(step) && !step.is_end => ways.push((PointKind::Continue, None)),
        OnFailure::Step(_) | OnFailure::Continue | OnFailure::Abort => {}
    }
    if let OnCancel::Step(to) = &step.on_cancel
        && runbook.steps().contains_key(to.as_str())
    {
        ways.push((PointKind::OnCancel, Some(to.clone())));
    }
    let mut seen = HashSet::new();
    ways.retain(|way| seen.insert(way.clone()));
    ways.into_iter().map(|(kind, to)| Point { kind, step: step.name.clone(), to, line, reached: false }).collect()
}

/// Whether a step can fail at all.
fn can_fail(step: &Step) -> bool {
    !matches!(step.inputs, Inputs::Branch(_))
}
