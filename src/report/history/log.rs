//! The log of an execution: what its functions wrote, with step and attempt.
//!
//! Functions of this machine wrote lines that were kept as they came. Of functions in AWS the events carry the tail
//! that Lambda answered with: as the output `LogResult`, or with the failure of an attempt.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use super::{View, moment};
use crate::event::{Event, Failure, Outcome, Recorded};
use crate::report::{escape_json, one_line};

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HistoryLine {
    /// When it was written; of a tail, when the answer came.
    pub at: Timestamp,
    /// The step.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The function, where it is known.
    pub function: String,
    /// What was written, without the line end.
    pub text: String,
}

/// The lines of the tails that events carry, in their order. An attempt of which there are kept lines is left out:
/// its tail has the same lines once more.
pub fn log_lines(events: &[Recorded], is_kept: &dyn Fn(&str, u32) -> bool) -> Vec<HistoryLine> {
    let mut lines = Vec::new();
    let mut step = String::new();
    let mut function = String::new();
    let mut attempt = 0;
    let mut told = false;
    for recorded in events {
        let tail = match &recorded.event {
            Event::StepStarted(started) => {
                started.step.as_str().clone_into(&mut step);
                let name = started.inputs.get("FunctionName").and_then(serde_json::Value::as_str);
                name.unwrap_or_default().clone_into(&mut function);
                None
            }
            Event::AttemptStarted(started) => {
                attempt = started.attempt;
                told = false;
                None
            }
            Event::AttemptEnded(ended) => match &ended.outcome {
                Outcome::Failed { failure } | Outcome::TimedOut { failure } | Outcome::Interrupted { failure } => {
                    tail_of(failure)
                }
                Outcome::Succeeded { .. } | Outcome::Cancelled => None,
            },
            // The outputs are those of the last attempt, whose failure may have told its tail already.
            Event::StepEnded(ended) if !told => ended
                .outputs
                .get("LogResult")
                .and_then(serde_json::Value::as_str)
                .and_then(decoded)
                .or_else(|| ended.failure.as_ref().and_then(tail_of)),
            Event::StepEnded(_)
            | Event::ExecutionStarted(_)
            | Event::StepKept(_)
            | Event::ExecutionResumed(_)
            | Event::IterationStarted(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::AttemptThrottled(_)
            | Event::AttemptInterrupted(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => None,
        };
        let Some(tail) = tail.filter(|_| !is_kept(&step, attempt)) else { continue };
        told = true;
        lines.extend(tail.lines().map(|text| HistoryLine {
            at: recorded.at,
            step: step.clone(),
            attempt,
            function: function.clone(),
            text: text.to_owned(),
        }));
    }
    lines
}

fn tail_of(failure: &Failure) -> Option<String> {
    failure.cause.as_ref().and_then(|cause| cause.log_tail.clone())
}

/// `LogResult` is base64 of UTF-8; something else in its place is no log.
fn decoded(text: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The lines as text: time, step and attempt, then what was written.
pub fn log_text(lines: &[HistoryLine], view: &View) -> String {
    let palette = view.palette;
    let mut text = String::new();
    for line in lines {
        let place = format!("{} {}", line.step, line.attempt);
        let stamp = palette.faint(&moment(line.at, view));
        text.push_str(&format!("{stamp} {} {}\n", palette.strong(&one_line(&place)), one_line(&line.text)));
    }
    text
}

impl HistoryLine {
    /// The line as one JSON object.
    pub fn json(&self) -> String {
        // Texts, a number and a time always have a JSON form.
        let text = serde_json::to_string(self).unwrap_or_default();
        escape_json(&text).into_owned()
    }
}
