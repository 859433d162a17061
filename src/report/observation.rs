//! What the polls of an attempt see.

use serde_json::Value;

use super::failure::shortened;
use super::one_line;
use crate::event::{AttemptObserved, AttemptProgress, Observation};
use crate::execution::{LatestObservation, StepExecution, identifier_text};
use crate::name::OutputName;

/// What a poll of a run of a step saw: `State is pending (poll 3)`.
pub(super) fn observation(run: &StepExecution, seen: &AttemptObserved) -> String {
    let AttemptObserved { attempt: _, polls, observed, property } = seen;
    let text = shortened(&one_line(observed.text()));
    match observed {
        Observation::Value(_) => {
            let property = property.clone().unwrap_or_else(|| selected_property(run));
            format!("{property} is {text} (poll {polls})")
        }
        Observation::Error(_) => format!("poll {polls} failed: {text}"),
    }
}

/// What an attempt has created or is about to delete, or that it was asked to stop: `created StackId arn:…`.
pub(super) fn progress(progress: &AttemptProgress) -> String {
    let named =
        |output: &OutputName, value: &Value| format!("{output} {}", shortened(&one_line(&identifier_text(value))));
    match progress {
        AttemptProgress::Created { output, value, hidden: _ } => format!("created {}", named(output, value)),
        AttemptProgress::Deleting { output, value, hidden: _ } => format!("deleting {}", named(output, value)),
        AttemptProgress::StopRequested { output, error: None } => format!("{output}: asked to stop"),
        AttemptProgress::StopRequested { output, error: Some(error) } => {
            format!("{output} could not be stopped: {}", shortened(&one_line(error)))
        }
    }
}

/// The property that a step waits for: the last name of its selector, with the one before it where it says little alone.
fn selected_property(run: &StepExecution) -> String {
    let selector = run.inputs.get("PropertySelector").and_then(Value::as_str).unwrap_or_default();
    let mut names = selector.rsplit(['.', ']', '[']).filter(|name| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    });
    match (names.next(), names.next()) {
        (Some(last @ ("Name" | "Code" | "Value")), Some(before)) => format!("{before}.{last}"),
        (Some(last), _) => last.to_owned(),
        (None, _) => "value".to_owned(),
    }
}

/// Whether the latest poll of a run of a step saw something else than what was recorded before: only then it is a line.
pub(super) fn is_new(run: &StepExecution) -> bool {
    run.last_attempt().and_then(|last| last.observed.as_ref()).is_some_and(LatestObservation::is_change)
}
