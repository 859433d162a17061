//! What the polls of an attempt see: what of it is recorded, and what is said of it when the attempt times out.

use std::sync::Arc;

use serde_json::Value;

use super::decision::Decision;
use super::error::EngineError;
use super::retry::after;
use crate::event::{AttemptObserved, Event, Observation};
use crate::execution::{Attempt, AttemptState, StepExecution};
use crate::expression::embedded;
use crate::limits::{OBSERVATION_INTERVAL, OBSERVED_CHARS};
use crate::runbook::inputs::aws_api::GUIDE;
use crate::runbook::inputs::{PolledProperty, Polling};

impl Decision<'_> {
    /// Records what a poll saw when it is new, when the latest record is old, and when it is the last before the deadline.
    pub(super) fn observed(&mut self, seen: AttemptObserved) -> Result<(), EngineError> {
        let Some(last) = self.execution.current().and_then(StepExecution::last_attempt) else { return Ok(()) };
        let AttemptState::InFlight { deadline, .. } = &last.state else { return Ok(()) };
        let seen = AttemptObserved { observed: seen.observed.map(shortened), ..seen };
        let is_due = last.observed.as_ref().is_none_or(|before| {
            before.seen.observed != seen.observed
                || after(before.at, OBSERVATION_INTERVAL) <= self.now
                || deadline.is_some_and(|deadline| deadline <= self.now)
        });
        let is_later = last.observed.as_ref().is_none_or(|before| before.seen.polls < seen.polls);
        if last.number == seen.attempt && is_later && is_due {
            self.record(Event::AttemptObserved(Arc::new(seen)))?;
        }
        Ok(())
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(OBSERVED_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// The failure message of an attempt that polled until its deadline (spec aws-actions 1.3).
pub(super) fn timeout_message(run: &StepExecution, polling: &Polling, limit: &str) -> String {
    let last = run.last_attempt();
    let (phase, cause) = match (early_phase(last, polling), &polling.property) {
        (Some((phase, cause)), _) => (phase, cause),
        (None, PolledProperty::Named(property)) => (polling.phase, cause_of_timeout(last, property, limit)),
        (None, PolledProperty::Selected) => (polling.phase, mismatch_at_timeout(run, limit)),
    };
    let remains = last.and_then(|last| last.created.as_ref()).map(|created| format!("{} ", created.describe_remains()));
    format!("Step timed out while step is {phase}. {cause}. {}{GUIDE}", remains.unwrap_or_default())
}

/// The phase and the cause, where the latest poll was one of an earlier phase.
fn early_phase(last: Option<&Attempt>, polling: &Polling) -> Option<(&'static str, String)> {
    let AttemptObserved { observed, property, .. } = &*last?.observed.as_ref()?.seen;
    let earlier = polling.earlier.as_ref().filter(|earlier| property.as_deref() == Some(earlier.property))?;
    Some((earlier.phase, (earlier.cause)(observed.text())))
}

/// Why an attempt that waits for what its action names has timed out.
fn cause_of_timeout(last: Option<&Attempt>, property: &str, limit: &str) -> String {
    match last.and_then(|last| last.observed.as_ref()).map(|last| &*last.seen) {
        None => format!("No poll was answered {limit}"),
        Some(AttemptObserved { polls, observed: Observation::Value(value), .. }) => {
            format!("{property} is still {value} after {} {limit}", counted_polls(*polls))
        }
        Some(AttemptObserved { polls, observed: Observation::Error(error), .. }) => {
            format!("The last of {} {limit} failed: {error}", counted_polls(*polls))
        }
    }
}

fn counted_polls(polls: u32) -> String {
    if polls == 1 { "1 poll".to_owned() } else { format!("{polls} polls") }
}

/// Why the property that the inputs of a step select had no desired value in time.
fn mismatch_at_timeout(run: &StepExecution, limit: &str) -> String {
    let cause = match run.last_attempt().and_then(|last| last.observed.as_ref()).map(|last| &*last.seen) {
        None => format!("No poll was answered {limit}"),
        Some(AttemptObserved { polls, observed, .. }) => {
            let polls = counted_polls(*polls);
            match observed {
                Observation::Value(value) => format!(
                    "Property value '{value}' from the API output is not in the desired values after {polls} {limit}"
                ),
                Observation::Error(error) => format!("The last of {polls} {limit} failed: {error}"),
            }
        }
    };
    let desired = match run.inputs.get("DesiredValues") {
        Some(Value::Array(values)) => values.iter().map(|value| format!("'{}'", embedded(value))).collect(),
        Some(value) => vec![format!("'{}'", embedded(value))],
        None => Vec::new(),
    };
    format!("{cause}. Desired values: [{}]", desired.join(", "))
}
