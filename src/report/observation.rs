//! What the polls of an attempt see.

use super::failure::shortened;
use super::one_line;
use crate::event::{AttemptObserved, Observation};
use crate::execution::{LatestObservation, StepExecution};

/// What a poll of a run of a step saw: `State is pending (poll 3)`.
pub(super) fn observation(run: &StepExecution, seen: &AttemptObserved) -> String {
    let AttemptObserved { polls, observed, .. } = seen;
    let text = shortened(&one_line(observed.text()));
    match observed {
        Observation::Value(_) => format!("{} is {text} (poll {polls})", property(run)),
        Observation::Error(_) => format!("poll {polls} failed: {text}"),
    }
}

/// The property that a step waits for: the last name of its selector, with the one before it where it says little alone.
fn property(run: &StepExecution) -> String {
    let selector = run.inputs.get("PropertySelector").and_then(serde_json::Value::as_str).unwrap_or_default();
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
