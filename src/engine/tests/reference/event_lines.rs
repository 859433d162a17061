//! Formats the events of an execution as lines that the reference interpreter writes too: without messages, ids and
//! details that only a call knows.

use std::fmt::Write as _;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::event::{Event, FailureStage, Next, Outcome, Recorded, WaitKind};
use crate::name::{OutputName, StepName};

/// The lines of the events of the engine.
pub(super) fn event_lines(events: &[Recorded]) -> Vec<String> {
    let begin = events[0].at;
    events.iter().map(|recorded| EventLine { begin, at: recorded.at }.of(&recorded.event)).collect()
}

/// Formats events of one moment.
#[derive(Clone, Copy)]
pub(super) struct EventLine {
    pub(super) begin: Timestamp,
    pub(super) at: Timestamp,
}

impl EventLine {
    fn of(self, event: &Event) -> String {
        match event {
            Event::ExecutionStarted(started) => self.started(&json!(started.variables)),
            Event::StepStarted(it) => self.reached(&it.step, &it.inputs),
            Event::IterationStarted(it) => self.iteration(it.iteration, it.deadline),
            Event::AttemptStarted(it) => self.sent(it.attempt, it.sending, it.deadline),
            Event::AttemptThrottled(it) => self.throttled(it.attempt, it.retry_at),
            Event::AttemptEnded(it) => {
                let outcome = match &it.outcome {
                    Outcome::Succeeded { .. } => "succeeded",
                    Outcome::Failed { .. } => "failed",
                    Outcome::TimedOut { .. } => "timed out",
                    Outcome::Cancelled => "was abandoned",
                    Outcome::Interrupted { .. } => "was interrupted",
                };
                self.attempt_ended(it.attempt, outcome, it.retry_at)
            }
            Event::WaitStarted(it) => {
                let wanted = match &it.wanted {
                    WaitKind::Time => "time".to_owned(),
                    WaitKind::Resume => "Resume".to_owned(),
                    WaitKind::Start(next) => format!("StartStep of {}", next.step),
                    WaitKind::Approval(approval) => {
                        format!("{} of {}", approval.required, approval.approvers.join(", "))
                    }
                };
                self.waits(it.until, &wanted)
            }
            Event::SignalReceived(it) => self.signal(it.signal.as_str(), &it.by),
            Event::VariableUpdated(it) => self.variable(it.name.as_str(), &it.value),
            Event::StepEnded(it) => {
                let next = match &it.next {
                    Next::Step(step) => Some(step),
                    Next::End => None,
                };
                let stage = it.failure.as_ref().map(|failure| failure.stage);
                self.step_ended(it.status.as_str(), &it.outputs, stage, next)
            }
            Event::CancelRequested(it) => self.cancel(it.until),
            Event::CompleteRequested(_) => self.complete(),
            Event::ExecutionEnded(it) => self.ended(it.status.as_str(), &it.outputs, it.failure_message.is_some()),
            Event::StepReused(_)
            | Event::StepSkipped(_)
            | Event::ExecutionResumed(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptInterrupted(_) => self.line("belongs to no execution that is run in one go"),
        }
    }

    fn line(self, what: &str) -> String {
        format!("{:>10} {what}", self.since(self.at))
    }

    fn since(self, at: Timestamp) -> f64 {
        at.duration_since(self.begin).as_secs_f64()
    }

    pub(super) fn started(self, variables: &Value) -> String {
        self.line(&format!("starts with {variables}"))
    }

    pub(super) fn reached(self, step: &StepName, inputs: &IndexMap<String, Value>) -> String {
        self.line(&format!("{step} {}", json!(inputs)))
    }

    pub(super) fn sent(self, attempt: u32, sending: u32, deadline: Option<Timestamp>) -> String {
        let mut line = format!("  attempt {attempt}.{sending}");
        if let Some(deadline) = deadline {
            let _ = write!(line, " until {}", self.since(deadline));
        }
        self.line(&line)
    }

    pub(super) fn throttled(self, attempt: u32, again: Timestamp) -> String {
        self.line(&format!("  attempt {attempt} throttled, again at {}", self.since(again)))
    }

    pub(super) fn attempt_ended(self, attempt: u32, outcome: &str, again: Option<Timestamp>) -> String {
        let again = again.map_or_else(String::new, |at| format!(", again at {}", self.since(at)));
        self.line(&format!("  attempt {attempt} {outcome}{again}"))
    }

    pub(super) fn iteration(self, iteration: u32, deadline: Option<Timestamp>) -> String {
        let deadline = deadline.map_or_else(String::new, |at| format!(" until {}", self.since(at)));
        self.line(&format!("  iteration {iteration}{deadline}"))
    }

    pub(super) fn waits(self, until: Timestamp, wanted: &str) -> String {
        self.line(&format!("  waits until {} for {wanted}", self.since(until)))
    }

    pub(super) fn signal(self, signal: &str, by: &str) -> String {
        self.line(&format!("  {signal} by {by}"))
    }

    pub(super) fn variable(self, name: &str, value: &Value) -> String {
        self.line(&format!("  {name} = {value}"))
    }

    pub(super) fn step_ended(
        self,
        status: &str,
        outputs: &IndexMap<OutputName, Value>,
        stage: Option<FailureStage>,
        next: Option<&StepName>,
    ) -> String {
        let stage = stage.map_or_else(String::new, |stage| format!(" at {}", stage.as_str()));
        let next = next.map_or("the end", StepName::as_str);
        self.line(&format!("  {status}{stage} {}, then {next}", json!(outputs)))
    }

    pub(super) fn cancel(self, until: Timestamp) -> String {
        self.line(&format!("cancel requested, until {}", self.since(until)))
    }

    pub(super) fn complete(self) -> String {
        self.line("complete requested")
    }

    pub(super) fn ended(self, status: &str, outputs: &IndexMap<String, Vec<String>>, has_failure: bool) -> String {
        let failure = if has_failure { "with a reason" } else { "without a reason" };
        self.line(&format!("{status} {} {failure}", json!(outputs)))
    }
}
