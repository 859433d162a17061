//! The control-flow graph of the steps, and the check for cycles (spec 1.2).

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::limits::{CYCLE_STEPS_SHOWN, CYCLES_SHOWN};
use crate::name::StepName;
use crate::runbook::load::{Reader, StepFacts, Success, Target};

/// Steps as indices of the outlines, and the edges between them.
pub(super) struct Graph {
    by_name: HashMap<StepName, usize>,
    edges: Vec<Vec<Edge>>,
    /// Whether every jump leads to a step; if not, a missing edge proves nothing.
    pub(super) is_complete: bool,
}

/// An edge from one step to another.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) to: usize,
    at: Span,
    pub(super) how: How,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// The next in the list.
    Following,
    /// The first step of a loop.
    Enters,
    /// A key that names it.
    Jump(&'static str),
}

impl Graph {
    /// Connects the steps; reports jumps to missing steps.
    pub(super) fn new(reader: &mut Reader<'_>) -> Self {
        let mut by_name = HashMap::with_capacity(reader.outlines.len());
        let mut first_inner = HashMap::new();
        for (index, outline) in reader.outlines.iter().enumerate() {
            if !outline.name.as_str().is_empty() {
                by_name.entry(outline.name.clone()).or_insert(index);
            }
            if let Some(parent) = outline.parent {
                first_inner.entry(parent).or_insert(index);
            }
        }
        let mut graph = Self { by_name, edges: Vec::with_capacity(reader.outlines.len()), is_complete: true };
        let outlines = std::mem::take(&mut reader.outlines);
        for (index, outline) in outlines.iter().enumerate() {
            let mut edges = Vec::new();
            if let Some(&to) = first_inner.get(&index) {
                edges.push(Edge { to, at: outline.name_at, how: How::Enters });
            }
            // A branch with a `Default` continues like other steps only when it fails.
            let goes_on = !outline.always_chooses || outline.continues;
            match &outline.success {
                Success::Following if goes_on => {
                    if let Some(to) = outline.following {
                        edges.push(Edge { to, at: outline.name_at, how: How::Following });
                    }
                }
                Success::Step(target) if goes_on => edges.extend(graph.jump(reader, &outlines, index, target)),
                // Checked anyway, so that a wrong name is reported.
                Success::Step(target) => drop(graph.jump(reader, &outlines, index, target)),
                Success::Following | Success::End => {}
            }
            for target in &outline.choices {
                edges.extend(graph.jump(reader, &outlines, index, target));
            }
            // A failure goes there regardless of `isEnd` (spec 2.3).
            if let Some(target) = &outline.on_failure {
                edges.extend(graph.jump(reader, &outlines, index, target));
            }
            if let Some(target) = &outline.on_cancel {
                edges.extend(graph.jump(reader, &outlines, index, target));
            }
            graph.edges.push(edges);
        }
        reader.outlines = outlines;
        graph
    }

    /// The step of this name.
    pub(super) fn step(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The edges from a step.
    pub(super) fn from(&self, step: usize) -> &[Edge] {
        self.edges.get(step).map_or(&[], Vec::as_slice)
    }

    /// The number of steps.
    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }

    /// The names of all steps.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(StepName::as_str)
    }

    fn jump(&mut self, reader: &mut Reader<'_>, outlines: &[StepFacts], from: usize, target: &Target) -> Option<Edge> {
        let name = target.name.as_str();
        let key = target.key;
        let parent_of = |index: usize| outlines.get(index).and_then(|outline| outline.parent);
        let Some(to) = self.step(name) else {
            self.is_complete = false;
            let mut diagnostic = Diagnostic::new(
                Code::UnknownStep,
                target.at,
                format!("`{key}` refers to the step `{name}`, which does not exist"),
            );
            let candidates = outlines.iter().map(|outline| outline.name.as_str()).filter(|name| !name.is_empty());
            if let Some(nearest) = reader.suggest.nearest(name, candidates) {
                diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
            } else if matches!(name, "Abort" | "Continue") {
                diagnostic = diagnostic.help(format!("write `{name}` without `step:`"));
            }
            reader.report(diagnostic);
            return None;
        };
        if let Some(inside) = parent_of(to)
            && parent_of(from) != Some(inside)
        {
            self.is_complete = false;
            let lead = outlines.get(inside).map_or("", |outline| outline.name.as_str());
            let help = if from == inside {
                format!("`{lead}` runs its steps by itself; `{key}` must refer to a step after the loop")
            } else {
                format!("only steps inside the loop can go to it; go to `{lead}` to start the loop")
            };
            let mut diagnostic = Diagnostic::new(
                Code::UnknownStep,
                target.at,
                format!("`{key}` refers to the step `{name}`, which is inside the loop `{lead}`"),
            )
            .help(help);
            if let Some(outline) = outlines.get(to) {
                diagnostic = diagnostic.related(outline.name_at, "inside the loop");
            }
            reader.report(diagnostic);
            return None;
        }
        Some(Edge { to, at: target.at, how: How::Jump(key) })
    }

    /// Reports the cycles that are reachable from the first step. Returns whether there are any.
    pub(super) fn report_cycles(&self, reader: &mut Reader<'_>) -> bool {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            Not,
            OnPath,
            Done,
        }
        let mut seen = vec![Seen::Not; self.len()];
        let mut cycles: Vec<Vec<(usize, Edge)>> = Vec::new();
        let mut found = 0_usize;
        // The path from the first step: each step with the number of its edges that were followed.
        let mut path: Vec<(usize, usize)> = Vec::new();
        if let Some(first) = seen.first_mut() {
            *first = Seen::OnPath;
            path.push((0, 0));
        }
        while let Some((step, looked_at)) = path.last_mut() {
            let step = *step;
            let Some(edge) = self.from(step).get(*looked_at) else {
                if let Some(seen) = seen.get_mut(step) {
                    *seen = Seen::Done;
                }
                path.pop();
                continue;
            };
            *looked_at += 1;
            match seen.get(edge.to) {
                Some(Seen::Not) => {
                    if let Some(seen) = seen.get_mut(edge.to) {
                        *seen = Seen::OnPath;
                    }
                    path.push((edge.to, 0));
                }
                Some(Seen::OnPath) => {
                    found += 1;
                    if found <= CYCLES_SHOWN {
                        let from = path.iter().position(|(on_path, _)| *on_path == edge.to).unwrap_or_default();
                        cycles.push(
                            path.iter()
                                .skip(from)
                                .filter_map(|(step, looked_at)| {
                                    Some((*step, self.from(*step).get(looked_at.checked_sub(1)?)?.clone()))
                                })
                                .collect(),
                        );
                    }
                }
                Some(Seen::Done) | None => {}
            }
        }
        for cycle in &cycles {
            reader.report(described(cycle, &reader.outlines));
        }
        found > 0
    }
}

/// The problem of a cycle: the edge that closes it, and the others as related positions.
fn described(cycle: &[(usize, Edge)], outlines: &[StepFacts]) -> Diagnostic {
    let name = |step: usize| outlines.get(step).map_or("", |outline| outline.name.as_str());
    let mut names: Vec<&str> = cycle.iter().map(|(step, _)| name(*step)).collect();
    names.extend(cycle.first().map(|(step, _)| name(*step)));
    if names.len() > CYCLE_STEPS_SHOWN {
        let tail = names.split_off(names.len() - 3);
        names.truncate(CYCLE_STEPS_SHOWN - 4);
        names.push("…");
        names.extend(tail);
    }
    let label = |step: usize, edge: &Edge| {
        let (from, to) = (name(step), name(edge.to));
        match edge.how {
            How::Following => format!("`{from}` continues with `{to}`, the next in the list"),
            How::Enters => format!("`{from}` begins with `{to}`"),
            How::Jump(key) => format!("`{key}` of `{from}` goes to `{to}`"),
        }
    };
    let message = format!("the steps form a cycle: {}", names.join(" → "));
    let Some((last, others)) = cycle.split_last() else {
        return Diagnostic::new(Code::Cycle, Span::default(), message);
    };
    let diagnostic = Diagnostic::new(Code::Cycle, last.1.at, message).label(label(last.0, &last.1));
    let shown = others.len().min(CYCLE_STEPS_SHOWN);
    let diagnostic = others
        .iter()
        .take(shown)
        .fold(diagnostic, |diagnostic, (step, edge)| diagnostic.related(edge.at, label(*step, edge)));
    diagnostic.help("steps must not form a cycle; to repeat steps, use `aws:loop` or `maxAttempts`")
}
