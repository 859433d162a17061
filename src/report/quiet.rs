//! Prints only the result: one line, and all details of failures. During the run only waits for people are shown.

use super::plain::whole;
use super::steps::{iteration_of, unset_warnings_before};
use super::waiting::asked;
use super::{Output, Palette, Reporter, Verdict};
use crate::event::{Event, Recorded, Status};
use crate::execution::Execution;

/// Writes the result when the execution ends.
pub struct Quiet {
    output: Output,
    palette: Palette,
}

impl Quiet {
    /// Writes to `writer`.
    pub fn new(writer: Box<dyn std::io::Write + Send>, palette: Palette) -> Self {
        Self { output: Output::new(writer), palette }
    }
}

impl Reporter for Quiet {
    fn observe(&mut self, execution: &Execution, recorded: &Recorded) {
        match &recorded.event {
            Event::StepEnded(ended) => {
                let (Some(failure), Some(run)) = (&ended.failure, execution.ended_last()) else { return };
                if matches!(ended.status, Status::Failed | Status::TimedOut) {
                    let place = iteration_of(execution, run).map(|place| format!(" in {place}")).unwrap_or_default();
                    let mut text = format!(
                        "{} step {}: {}{place}\n",
                        self.palette.symbol(ended.status),
                        self.palette.strong(run.step.as_str()),
                        self.palette.status(ended.status)
                    );
                    for line in whole(failure, self.palette) {
                        text.push_str(&format!("  {line}\n"));
                    }
                    self.output.write(text.as_bytes());
                }
            }
            Event::AttemptStarted(started) => {
                let warnings = unset_warnings_before(execution, started, self.palette);
                if let (Some(run), false) = (execution.current(), warnings.is_empty()) {
                    let step = self.palette.strong(run.step.as_str());
                    for line in warnings {
                        self.output.write(format!("step {step}: {line}\n").as_bytes());
                    }
                }
            }
            Event::WaitStarted(wait) => {
                if let Some(lines) = asked(execution, wait) {
                    self.output.write(format!("{}\n", lines.join("\n")).as_bytes());
                }
            }
            Event::ExecutionEnded(_) => {
                if let Some(verdict) = Verdict::of(execution) {
                    let name = &execution.started().document.name;
                    let symbol = self.palette.symbol(verdict.status);
                    let mut text = format!("{symbol} {}\n", verdict.headline(name, self.palette));
                    for reason in &verdict.reasons {
                        text.push_str(&format!("  {reason}\n"));
                    }
                    self.output.write(text.as_bytes());
                }
            }
            Event::ExecutionStarted(_)
            | Event::StepReused(_)
            | Event::ExecutionResumed(_)
            | Event::StepStarted(_)
            | Event::IterationStarted(_)
            | Event::VariableUpdated(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::AttemptThrottled(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptInterrupted(_)
            | Event::AttemptEnded(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_) => {}
        }
    }

    fn hold(&mut self, is_held: bool) {
        self.output.hold(is_held);
    }

    fn close(&mut self) {
        self.output.hold(false);
    }
}
