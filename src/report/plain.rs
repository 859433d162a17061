//! Plain lines for pipes, logs and terminals that can do no more.
//!
//! One line an event, each beginning with the time since the start; details of an event follow in lines that begin with
//! `|`. The words are part of the interface: people grep for them.

use super::failure::{brief, details, shortened};
use super::observation::{is_new, observation, progress};
use super::steps::{
    attempts, counted, course, iteration, iterations, last, max_attempts, outline, subject, total,
    unset_warnings_before,
};
use super::target_lookup::targets_found;
use super::waiting::{asked, signalled, skipped, step};
use super::{HumanDuration, Output, Palette, ReportLogLine, Reporter, Verdict, one_line};
use crate::clock::{Clock, ContinuousClock};
use crate::event::{Event, ExecutionResumed, Failure, Outcome, Recorded, WaitKind};
use crate::execution::{Attempt, Execution, StepExecution};

/// Writes one line an event.
pub struct Plain {
    output: Output,
    palette: Palette,
    clock: ContinuousClock,
    verbose: bool,
    started_at: Option<jiff::Timestamp>,
    prefix: String,
}

impl Plain {
    /// Writes to `writer`; the clock is for log lines, which come between events. A verbose one reports every
    /// failed attempt in full, not only the last of a step.
    pub fn new(
        writer: Box<dyn std::io::Write + Send>,
        palette: Palette,
        clock: std::sync::Arc<dyn Clock>,
        verbose: bool,
    ) -> Self {
        let clock = ContinuousClock::new(clock);
        Self { output: Output::new(writer), palette, clock, verbose, started_at: None, prefix: String::new() }
    }

    /// Begins every line with this, where several executions share a place.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: format!("{} ", self.palette.faint(prefix)), ..self }
    }

    fn line(&mut self, at: jiff::Timestamp, text: &str, below: &[String]) {
        let since = self.started_at.map_or(0, |start| at.duration_since(start).as_millis().max(0));
        let stamp = format!("[{:>5}.{:03}s]", since / 1_000, since % 1_000);
        let prefix = &self.prefix;
        let mut lines = format!("{prefix}{} {text}\n", self.palette.faint(&stamp));
        for line in below {
            lines.push_str(&format!("{prefix}{:12}| {line}\n", ""));
        }
        self.output.write(lines.as_bytes());
    }
}

impl Reporter for Plain {
    fn observe(&mut self, execution: &Execution, recorded: &Recorded) {
        self.clock.continue_from(recorded.at);
        self.started_at = Some(execution.started_at());
        let palette = self.palette;
        let (text, below) = match &recorded.event {
            Event::ExecutionStarted(started) => {
                let name = one_line(&started.document.name);
                let steps = counted(total(execution), "step");
                (format!("execution started: {}, {steps}, id {}", palette.strong(&name), started.execution), vec![])
            }
            Event::StepReused(kept) => {
                let step = palette.strong(kept.step.as_str());
                (format!("step {step} reused: {} in the previous execution", palette.status(kept.ended.status)), vec![])
            }
            Event::ExecutionResumed(resumed) => (resume(resumed), vec![]),
            Event::StepStarted(started) => {
                let place = outline(execution, started.step.as_str());
                let (place, action) = place.map_or((0, ""), |(place, outline)| (place, outline.action.as_str()));
                let subject = execution.current().and_then(subject).map(|name| format!(" {name}")).unwrap_or_default();
                let step = palette.strong(started.step.as_str());
                (format!("step {step} started: {place} of {}, {}{subject}", total(execution), one_line(action)), vec![])
            }
            Event::IterationStarted(started) => match execution.looping() {
                Some(run) => (format!("step {} {} started", run.step, iteration(run, started.iteration)), vec![]),
                None => return,
            },
            Event::AttemptStarted(started) => {
                let again = if started.sending > 1 { " sent again" } else { " started" };
                let deadline = started
                    .deadline
                    .map(|deadline| format!(", at most {}", HumanDuration::between(recorded.at, deadline)))
                    .unwrap_or_default();
                let below = unset_warnings_before(execution, started, palette);
                (format!("{}{again}{deadline}", attempt_of(execution, started.attempt)), below)
            }
            Event::AttemptThrottled(throttled) => {
                let wait = HumanDuration::between(recorded.at, throttled.retry_at);
                let text = format!(
                    "{} {}: {}; retry in {wait}",
                    attempt_of(execution, throttled.attempt),
                    palette.warn("throttled"),
                    brief(&throttled.failure),
                );
                (text, if self.verbose { whole(&throttled.failure, palette) } else { vec![] })
            }
            Event::WaitStarted(wait) => {
                let step = step(execution, wait);
                let wanted = match &wait.wanted {
                    WaitKind::Start(_) => {
                        let text = format!("step {step} waits to be started");
                        return self.line(recorded.at, &text, &asked(execution, wait).unwrap_or_default());
                    }
                    WaitKind::Time => "",
                    WaitKind::Resume => " to be resumed",
                    WaitKind::Approval(_) => " for approval",
                };
                let left = HumanDuration::between(recorded.at, wait.until);
                let text = format!("step {step} waits{wanted} {left}, until {:.0}", wait.until);
                (text, asked(execution, wait).unwrap_or_default())
            }
            Event::SignalReceived(received) => (signalled(execution, received), vec![]),
            Event::StepSkipped(told) => (skipped(told), vec![]),
            Event::VariableUpdated(updated) => {
                let value = shortened(&one_line(&updated.value.to_string()));
                (format!("variable {} = {value}", updated.name), vec![])
            }
            Event::AttemptObserved(seen) => match execution.current() {
                Some(run) if is_new(run) => (format!("step {}: {}", run.step, observation(run, seen)), vec![]),
                Some(_) | None => return,
            },
            Event::AttemptProgressed(progressed) => match execution.current() {
                Some(run) => (format!("step {}: {}", run.step, progress(&progressed.progress)), vec![]),
                None => return,
            },
            Event::TargetsResolved(resolved) => match execution.current() {
                Some(run) => (format!("step {}: {}", run.step, targets_found(run, resolved)), vec![]),
                None => return,
            },
            // A child shows its own events.
            Event::ChildStarted(_) | Event::ChildEnded(_) | Event::LocationsResolved(_) => return,
            Event::AttemptInterrupted(interrupted) => (
                format!(
                    "{} {}: its process ended; the call may have run",
                    attempt_of(execution, interrupted.attempt),
                    palette.warn("interrupted")
                ),
                vec![],
            ),
            Event::AttemptEnded(ended) => {
                let took =
                    execution.current().and_then(StepExecution::last_attempt).map(|last| took(last, recorded.at));
                let took = took.map(|took| format!(" after {took}")).unwrap_or_default();
                let how = match &ended.outcome {
                    Outcome::Succeeded { .. } => format!("succeeded{took}"),
                    Outcome::Failed { failure } => format!("{}{took}: {}", palette.error("failed"), brief(failure)),
                    Outcome::TimedOut { failure } => {
                        format!("{}{took}: {}", palette.error("timed out"), brief(failure))
                    }
                    Outcome::Cancelled => format!("{}{took}", palette.warn("abandoned")),
                    // The interruption was reported when it was found.
                    Outcome::Interrupted { .. } if was_interrupted(execution) => palette.warn("abandoned"),
                    Outcome::Interrupted { failure } => {
                        format!("{}: {}", palette.error("interrupted"), brief(failure))
                    }
                };
                let next = ended
                    .retry_at
                    .map(|at| format!("; next attempt in {}", HumanDuration::between(recorded.at, at)))
                    .unwrap_or_default();
                // The end of the step shows the last attempt in full.
                let below = match &ended.outcome {
                    Outcome::Failed { failure } | Outcome::TimedOut { failure }
                        if self.verbose && ended.retry_at.is_some() =>
                    {
                        whole(failure, palette)
                    }
                    Outcome::Succeeded { notice: Some(notice), .. } => noticed(notice, palette),
                    Outcome::Failed { .. }
                    | Outcome::TimedOut { .. }
                    | Outcome::Interrupted { .. }
                    | Outcome::Succeeded { notice: None, .. }
                    | Outcome::Cancelled => vec![],
                };
                (format!("{} {how}{next}", attempt_of(execution, ended.attempt)), below)
            }
            Event::StepEnded(ended) => {
                let Some(run) = execution.ended_last() else { return };
                let mut text = format!(
                    "step {} {} in {}",
                    palette.strong(run.step.as_str()),
                    palette.status(ended.status),
                    HumanDuration::between(run.started_at, recorded.at)
                );
                if !run.attempts.is_empty() {
                    text.push_str(&format!(" after {}", attempts(run.attempts.len())));
                }
                if let Some(iterations) = iterations(run) {
                    text.push_str(&format!(" after {iterations}"));
                }
                if let Some(course) = course(execution, run) {
                    text.push_str(&format!("; {course}"));
                }
                (text, ended.failure.as_ref().map(|failure| whole(failure, palette)).unwrap_or_default())
            }
            Event::CancelRequested(cancel) => {
                let left = HumanDuration::between(recorded.at, cancel.until);
                (format!("cancel requested by {}; at most {left} to clean up", one_line(&cancel.by)), vec![])
            }
            Event::CompleteRequested(complete) => {
                (format!("completion requested by {}: {}", one_line(&complete.by), last(execution)), vec![])
            }
            Event::ExecutionEnded(_) => match Verdict::of(execution) {
                Some(verdict) => {
                    let headline = verdict.headline(&execution.started().document.name, palette);
                    (format!("execution ended: {headline}"), verdict.reasons)
                }
                None => return,
            },
        };
        self.line(recorded.at, &text, &below);
    }

    fn child(&mut self, child: &Execution, recorded: &Recorded) {
        if let Some(line) = super::child::line(child, recorded, self.palette) {
            self.line(recorded.at, &line.text, &[]);
        }
    }

    fn log(&mut self, line: &ReportLogLine) {
        let text = format!("log {}: {}", one_line(&line.function), one_line(&line.text));
        self.line(self.clock.now(), &text, &[]);
    }

    fn hold(&mut self, is_held: bool) {
        self.output.hold(is_held);
    }

    fn close(&mut self) {
        self.output.hold(false);
    }
}

/// The process that runs an execution.
pub(super) fn resume(resumed: &ExecutionResumed) -> String {
    format!("execution resumed by {} on {}", one_line(&resumed.by), one_line(&resumed.host))
}

/// The message of a failure, then all that is known of it.
pub(super) fn whole(failure: &Failure, palette: Palette) -> Vec<String> {
    let mut lines = super::safe_lines(failure.message.trim());
    lines.extend(details(failure, palette));
    lines
}

/// The notice of a success.
pub(super) fn noticed(notice: &str, palette: Palette) -> Vec<String> {
    let lines = super::safe_lines(notice).into_iter().enumerate();
    lines.map(|(at, line)| if at == 0 { format!("{} {line}", palette.warn("note:")) } else { line }).collect()
}

/// Whether the last attempt of the current step was interrupted before.
fn was_interrupted(execution: &Execution) -> bool {
    let last = execution.current().and_then(StepExecution::last_attempt);
    last.is_some_and(|attempt| !attempt.interruptions.is_empty())
}

fn attempt_of(execution: &Execution, number: u32) -> String {
    match execution.current() {
        Some(run) => {
            format!("step {} attempt {number} of {}", run.step, max_attempts(execution, run.step.as_str()))
        }
        None => format!("attempt {number}"),
    }
}

/// How long an attempt took, waits after throttles included.
pub(super) fn took(attempt: &Attempt, at: jiff::Timestamp) -> HumanDuration {
    HumanDuration::between(attempt.started_at, at)
}
