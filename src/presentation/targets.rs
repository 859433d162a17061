//! The targets of a run, and the executions that steps started.

use crate::automation::{TARGETS_PARAMETER, TARGETS_STEP, TargetSummary};
use crate::event::Status;
use crate::report::{HumanDuration, Palette, one_line, short_id};
use crate::store::Entry;

/// Failed targets that the summary names.
const NAMED: usize = 20;

/// The results of all targets.
pub fn render_targets(summary: &TargetSummary) -> String {
    let hidden = summary.are_hidden;
    let mut text = format!(
        "{} {}{}: {} succeeded, {} failed",
        summary.total,
        if summary.total == 1 { "target" } else { "targets" },
        if hidden { " started" } else { "" },
        summary.succeeded,
        summary.failed.len()
    );
    text.push_str(&if hidden { "\n".to_owned() } else { format!(", {} not started\n", summary.not_started) });
    for target in summary.failed.iter().take(NAMED) {
        let name = one_line(&target.name).into_owned();
        text.push_str(&format!("  {name}  {}  {}\n", target.status, short_id(target.execution.as_str())));
    }
    if summary.failed.len() > NAMED {
        text.push_str(&format!("  and {} more\n", summary.failed.len() - NAMED));
    }
    if summary.succeeded < summary.total || (hidden && summary.status != Status::Success) {
        let id = short_id(summary.execution.as_str());
        // An execution that succeeded as a whole has no step that failed, and which of its targets did is unknown.
        let from =
            if hidden && summary.status == Status::Success { format!(" --from {TARGETS_STEP}") } else { String::new() };
        let again = if hidden { format!("{from} -p {TARGETS_PARAMETER}=file://FILE") } else { String::new() };
        text.push_str(&format!("to run the other targets again: runwright redrive {id}{again}\n"));
    }
    text
}

/// The executions that the steps of one started; empty when there are none.
pub fn render_children(children: &[Entry], palette: Palette) -> String {
    if children.is_empty() {
        return String::new();
    }
    let mut text = "\nchildren\n".to_owned();
    for child in children {
        let Some(parent) = &child.parent else { continue };
        let whose = match &parent.target {
            Some(target) => one_line(&target.name).into_owned(),
            None => parent.step.to_string(),
        };
        let took = child
            .ended_at
            .map(|at| format!(" in {}", HumanDuration::between(child.started_at, at)))
            .unwrap_or_default();
        let standing = child.status.ended().map_or_else(|| child.status.to_string(), |status| palette.status(status));
        let name = one_line(&child.document.name).into_owned();
        text.push_str(&format!("  {} {whose}: {name} {standing}{took}\n", child.id));
    }
    text
}
