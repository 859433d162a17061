//! References that can be unset on some path to the step that needs them (spec 2.5, 3.4): outputs of steps that are skipped
//! or may have failed, and variables that no step set.
//!
//! Such a reference stays text, and most receivers can handle that: scripts test for it, APIs refuse it. It is reported
//! where the text names a resource that is deleted, stopped, started or waited for, and where the reference never has a
//! value.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::Reference;
use crate::limits::STEPS_WEIGHED;
use crate::name::{StepName, VariableName};
use crate::runbook::Action;
use crate::runbook::inputs::ControlAction;
use crate::runbook::load::{Place, Reader, ReferenceSite, Success};

use super::Names;
use super::graph::{Graph, How};
use super::reach::Reach;

/// Facts that hold on every path to a step.
#[derive(Clone, PartialEq)]
struct Certain {
    /// The steps that have run.
    ran: HashSet<usize>,
    /// The steps that have succeeded.
    succeeded: HashSet<usize>,
}

impl Certain {
    fn nothing() -> Self {
        Self { ran: HashSet::new(), succeeded: HashSet::new() }
    }

    /// After a step that ended like this.
    fn after(&self, step: usize, succeeded: bool) -> Self {
        let mut after = self.clone();
        after.ran.insert(step);
        if succeeded {
            after.succeeded.insert(step);
        }
        after
    }

    /// The facts that hold on both paths.
    fn meet(&self, other: &Self) -> Self {
        Self { ran: &self.ran & &other.ran, succeeded: &self.succeeded & &other.succeeded }
    }
}

pub(super) fn check(reader: &mut Reader<'_>, names: &Names<'_>, graph: &Graph, reach: &Reach) {
    if !reach.is_sound() || graph.len() > STEPS_WEIGHED {
        return;
    }
    let certain = certain(reader, graph);
    // An author who tests a value with a branch knows that it can be unset.
    let looked_at: HashSet<&StepName> = reader.used.iter().filter_map(|used| looked_at(reader, used)).collect();
    let mut problems = Vec::new();
    let mut reported = HashSet::new();
    for used in &reader.used {
        let Place::Step(user) = used.place else { continue };
        let Some(known) = certain.get(user).and_then(Option::as_ref) else { continue };
        let Some(outline) = reader.outlines.get(user) else { continue };
        // A comparison with an unset value is false.
        if has_conditions(outline.action).unwrap_or(true) {
            continue;
        }
        let does_harm = outline.acted_on.names(used.key);
        let problem = match &used.reference {
            Reference::StepOutput { step, output } if does_harm && !looked_at.contains(step) => {
                output_of(reader, graph, reach, used, user, known, (step, output.as_str()))
            }
            Reference::Variable(name) => variable(reader, names, used, user, known, name, does_harm),
            _ => None,
        };
        if reported.insert((user, used.reference.clone())) {
            problems.extend(problem);
        }
    }
    reader.diagnostics.extend(problems);
}

/// Whether an action evaluates conditions; `None` when it is not known.
fn has_conditions(action: Option<Action>) -> Option<bool> {
    Some(matches!(action?.control(), Some(ControlAction::Branch | ControlAction::Loop)))
}

fn looked_at<'r>(reader: &Reader<'_>, used: &'r ReferenceSite<'_>) -> Option<&'r StepName> {
    let Place::Step(user) = used.place else { return None };
    let is_condition = has_conditions(reader.outlines.get(user)?.action).unwrap_or(false);
    match &used.reference {
        Reference::StepOutput { step, .. } if is_condition => Some(step),
        _ => None,
    }
}

fn output_of(
    reader: &Reader<'_>,
    graph: &Graph,
    reach: &Reach,
    used: &ReferenceSite<'_>,
    user: usize,
    known: &Certain,
    (step, output): (&StepName, &str),
) -> Option<Diagnostic> {
    let index = graph.step(step.as_str())?;
    let outline = reader.outlines.get(index)?;
    let survives_failure = outline.action?.spec().outputs_after_failure.contains(&output);
    // A loop's outputs are those of its last iteration; a step that cannot have run is reported elsewhere.
    if outline.action == Some(Action::LOOP)
        || index == user
        || !reach.can_have_run(index, user)
        || known.succeeded.contains(&index)
        || (survives_failure && known.ran.contains(&index))
    {
        return None;
    }
    let name = reader.outlines.get(user).map_or("", |outline| outline.name.as_str());
    let (message, why) = if known.ran.contains(&index) {
        (format!("`{output}` has no value when `{step}` has failed"), "the execution continues after a failure")
    } else {
        (format!("some path leads to `{name}` without `{step}`, and `{output}` has no value then"), "may be skipped")
    };
    Some(
        Diagnostic::new(Code::UnsetValue, reader.document.span_within(used.node, used.name_at.clone()), message)
            .label(format!("`{name}` then receives the text of the reference"))
            .related(outline.name_at, why)
            .help(format!("check it with an `aws:branch` first, or route that path around `{name}`")),
    )
}

fn variable(
    reader: &Reader<'_>,
    names: &Names<'_>,
    used: &ReferenceSite<'_>,
    user: usize,
    known: &Certain,
    name: &VariableName,
    does_harm: bool,
) -> Option<Diagnostic> {
    let declared = names.variables.get(name)?;
    let mut setters = reader.updated.iter().filter(|(updated, _, _)| updated == name).map(|(_, _, step)| *step);
    if declared.default.is_some() || setters.clone().any(|step| known.succeeded.contains(&step)) {
        return None;
    }
    let step = reader.outlines.get(user).map_or("", |outline| outline.name.as_str());
    let message = if setters.next().is_none() {
        format!("the variable `{name}` has no default, and no step gives it a value")
    } else if does_harm {
        format!(
            "the variable `{name}` has no default, and some path leads to `{step}` on which no step gives it a value"
        )
    } else {
        return None;
    };
    Some(
        Diagnostic::new(Code::UnsetValue, reader.document.span_within(used.node, used.name_at.clone()), message)
            .label(format!("`{step}` then receives the text of the reference"))
            .help("give it a `default` where it is declared"),
    )
}

/// For each step the facts that are certain when it starts; `None` for an unreachable one.
fn certain(reader: &Reader<'_>, graph: &Graph) -> Vec<Option<Certain>> {
    let mut certain: Vec<Option<Certain>> = vec![None; graph.len()];
    if let Some(first) = certain.first_mut() {
        *first = Some(Certain::nothing());
    }
    // The facts only become fewer, so this terminates: with a pass for each jump back to an earlier line.
    let mut is_settled = false;
    while !is_settled {
        is_settled = true;
        for step in 0..graph.len() {
            for (to, known) in leaving(reader, graph, &certain, step) {
                let Some(place) = certain.get_mut(to) else { continue };
                let met = place.as_ref().map_or_else(|| known.clone(), |before| before.meet(&known));
                if place.as_ref() != Some(&met) {
                    *place = Some(met);
                    is_settled = false;
                }
            }
        }
    }
    certain
}

/// The successors of a step, with the facts that are certain there.
fn leaving(reader: &Reader<'_>, graph: &Graph, certain: &[Option<Certain>], step: usize) -> Vec<(usize, Certain)> {
    let (Some(Some(known)), Some(outline)) = (certain.get(step), reader.outlines.get(step)) else { return Vec::new() };
    let is_loop = outline.action == Some(Action::LOOP);
    let mut ways = Vec::new();
    for edge in graph.from(step) {
        let after_success = || {
            let mut after = known.after(step, true);
            if is_loop && outline.runs_once {
                let done = iterated(reader, graph, certain, step);
                after.ran.extend(done.ran);
                after.succeeded.extend(done.succeeded);
            }
            after
        };
        match edge.how {
            How::Jump("onFailure") => ways.push((edge.to, known.after(step, false))),
            How::Enters | How::Jump("onCancel") => ways.push((edge.to, known.clone())),
            How::Following | How::Jump("nextStep") => {
                ways.push((edge.to, after_success()));
                if outline.continues {
                    ways.push((edge.to, known.after(step, false)));
                }
            }
            How::Jump(_) => ways.push((edge.to, after_success())),
        }
    }
    ways
}

/// The facts that are certain at the end of an iteration.
fn iterated(reader: &Reader<'_>, graph: &Graph, certain: &[Option<Certain>], looping: usize) -> Certain {
    let mut all: Option<Certain> = None;
    for (index, outline) in reader.outlines.iter().enumerate().filter(|(_, outline)| outline.parent == Some(looping)) {
        let Some(Some(known)) = certain.get(index) else { continue };
        let goes_on = graph.from(index).iter().any(|edge| matches!(edge.how, How::Following | How::Jump("nextStep")));
        let is_last = matches!(outline.success, Success::End) || (!goes_on && !outline.always_chooses);
        if is_last {
            let known = known.after(index, !outline.continues);
            all = Some(all.map_or_else(|| known.clone(), |all| all.meet(&known)));
        }
    }
    all.unwrap_or_else(Certain::nothing)
}
