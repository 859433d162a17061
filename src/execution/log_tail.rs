//! The log tails in events: for a function in AWS, Lambda returns the last lines that it wrote.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use crate::event::{Event, Failure, Outcome, Recorded};
use crate::name::StepName;

/// The log tail of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTail {
    /// When the response came.
    pub at: Timestamp,
    /// The step.
    pub step: StepName,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The function, if it is known.
    pub function: String,
    /// The lines.
    pub text: String,
}

/// Finds the log tails in the events of one execution, which must be passed in order. A tail is in the output
/// `LogResult`, or in the failure of an attempt.
#[derive(Debug, Clone)]
pub struct LogTailReader {
    step: StepName,
    function: String,
    attempt: u32,
    /// Whether the attempt's failure had the tail, which the outputs of the step then repeat.
    is_found: bool,
}

impl Default for LogTailReader {
    fn default() -> Self {
        Self { step: StepName::new(""), function: String::new(), attempt: 0, is_found: false }
    }
}

impl LogTailReader {
    /// The tail in an event. Skips attempts for which `is_stored` is true: their lines are stored already.
    pub fn read(&mut self, recorded: &Recorded, is_stored: &dyn Fn(&StepName, u32) -> bool) -> Option<LogTail> {
        let text = match &recorded.event {
            Event::StepStarted(started) => {
                self.step = started.step.clone();
                let name = started.inputs.get("FunctionName").and_then(serde_json::Value::as_str);
                name.unwrap_or_default().clone_into(&mut self.function);
                None
            }
            Event::AttemptStarted(started) => {
                self.attempt = started.attempt;
                self.is_found = false;
                None
            }
            Event::AttemptEnded(ended) => match &ended.outcome {
                Outcome::Failed { failure } | Outcome::TimedOut { failure } | Outcome::Interrupted { failure } => {
                    tail_of(failure)
                }
                Outcome::Succeeded { .. } | Outcome::Cancelled => None,
            },
            Event::StepEnded(ended) if !self.is_found => ended
                .outputs
                .get("LogResult")
                .and_then(serde_json::Value::as_str)
                .and_then(decoded)
                .or_else(|| ended.failure.as_ref().and_then(tail_of)),
            Event::StepEnded(_)
            | Event::ExecutionStarted(_)
            | Event::StepReused(_)
            | Event::ExecutionResumed(_)
            | Event::IterationStarted(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::AttemptThrottled(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptInterrupted(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => None,
        };
        let text = text.filter(|_| !is_stored(&self.step, self.attempt))?;
        self.is_found = true;
        let (step, function) = (self.step.clone(), self.function.clone());
        Some(LogTail { at: recorded.at, step, attempt: self.attempt, function, text })
    }
}

fn tail_of(failure: &Failure) -> Option<String> {
    failure.cause.as_ref().and_then(|cause| cause.log_tail.clone())
}

/// `LogResult` is base64 of UTF-8; anything else is not a log.
fn decoded(text: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
