//! The targets of a run, and the executions that steps started.

use crate::automation::{TargetSummary, TargetsError};
use crate::event::{Status, TargetForm};
use crate::report::{HumanDuration, Palette, one_line, short_id};
use crate::store::Entry;

/// Failed targets that the summary names.
const NAMED: usize = 20;

/// The results of all targets.
pub fn render_targets(summary: &TargetSummary) -> String {
    let hidden = summary.hidden.is_some();
    let mut text = format!(
        "{} {}{}: {} succeeded, {} failed",
        summary.total,
        match (summary.is_over_locations, summary.total) {
            (false, 1) => "target",
            (false, _) => "targets",
            (true, 1) => "account–Region pair",
            (true, _) => "account–Region pairs",
        },
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
    // A run over locations has no redrive.
    if summary.is_over_locations {
        return text;
    }
    if summary.succeeded < summary.total || (hidden && summary.status != Status::Success) {
        let id = short_id(summary.execution.as_str());
        // Which of the targets failed is known, and their values are not.
        let again = summary.hidden.map(|form| format!(" {}", flag_of_file(form))).unwrap_or_default();
        text.push_str(&format!("to run the other targets again: runwright redrive {id}{again}\n"));
    }
    text
}

/// What to do about targets that cannot be run as requested.
pub fn targets_advice(error: &TargetsError) -> String {
    match error {
        TargetsError::Missing { form } => format!("supply them again: {}", flag_of_file(*form)),
        TargetsError::Fixed { execution, form } => {
            format!("start a new execution: `runwright rerun {} {}`", execution.short(), flag(*form))
        }
        TargetsError::NotOverTargets { .. } => "leave out --targets and --target-maps".to_owned(),
        TargetsError::Unknown { execution, form } => {
            format!("run selected targets again: `runwright rerun {} {}`", execution.short(), flag(*form))
        }
        TargetsError::NothingMatched { .. } => {
            "look them up again in a new execution: `runwright run FILE --targets Key=…,Values=…`".to_owned()
        }
        TargetsError::OtherForm { form, .. } => format!("write {}", flag(*form)),
    }
}

/// The flag that supplies targets of this form.
const fn flag(form: TargetForm) -> &'static str {
    match form {
        TargetForm::Values => "--targets a,b",
        TargetForm::Maps => "--target-maps FILE",
    }
}

/// Likewise with a file, which keeps them out of the list of processes.
const fn flag_of_file(form: TargetForm) -> &'static str {
    match form {
        TargetForm::Values => "--targets @FILE",
        TargetForm::Maps => "--target-maps FILE",
    }
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
