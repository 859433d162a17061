//! Checks that step names are unique, and which steps `onCancel` may lead to.

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::load::Reader;

use super::graph::Graph;

pub(super) fn duplicate_names(reader: &mut Reader<'_>, graph: &Graph) {
    let mut problems = Vec::new();
    for (index, outline) in reader.outlines.iter().enumerate() {
        if let Some(first) = graph.step(outline.name.as_str())
            && first != index
            && let Some(first) = reader.outlines.get(first)
        {
            problems.push(
                Diagnostic::new(
                    Code::DuplicateStepName,
                    outline.name_at,
                    format!("there is already a step `{}`", outline.name),
                )
                .related(first.name_at, "the first one")
                .help("names are unique in the whole runbook, steps inside loops included"),
            );
        }
    }
    reader.diagnostics.extend(problems);
}

pub(super) fn cancel_targets(reader: &mut Reader<'_>, graph: &Graph) {
    let mut problems = Vec::new();
    for outline in &reader.outlines {
        if let Some(target) = &outline.on_cancel
            && let Some(to) = graph.step(target.name.as_str()).and_then(|to| reader.outlines.get(to))
            && let Some(action) = to.action
            && !action.spec().is_cancel_target
        {
            problems.push(
                Diagnostic::new(
                    Code::CancelTarget,
                    target.at,
                    format!("`{}` is an `{action}` step, which may not run while cancelling", to.name),
                )
                .related(to.name_at, "the step")
                .help("after a cancel there are two minutes to clean up; choose a step that cleans up quickly"),
            );
        }
    }
    reader.diagnostics.extend(problems);
}
