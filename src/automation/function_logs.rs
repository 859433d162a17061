//! Passes log lines of local functions and scripts to the observer and to the journal.
//!
//! While a step with sensitive outputs runs, its secrets are unknown: its lines are held until the attempt ends.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::observer::{FunctionLogLine, LineSource, Notice, Observer};
use crate::clock::{Clock, SystemClock};
use crate::event::{Event, Recorded};
use crate::execution::Execution;
use crate::limits::{HELD_LOG_BYTES, LINE_BYTES};
use crate::name::{ExecutionId, StepName};
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runner::EventPublisher;
use crate::store::{LogStore, StoredLine};

/// The log lines of one execution. Clones are the same.
#[derive(Clone)]
pub(super) struct FunctionLogs {
    observer: Arc<dyn Observer>,
    /// Publishes lines between the events of the execution.
    events: EventPublisher,
    secrets: Secrets,
    sensitive_steps: Arc<HashSet<StepName>>,
    held: Arc<Mutex<HeldLines>>,
    /// The current step.
    current: Arc<Mutex<Option<StepName>>>,
    writer: Option<LogWriter>,
}

/// Writes lines to the journal, with the attempt that they belong to.
#[derive(Clone)]
struct LogWriter {
    journal: Arc<dyn LogStore>,
    attempt: Arc<Mutex<Option<CurrentAttempt>>>,
}

#[derive(Clone)]
struct CurrentAttempt {
    execution: ExecutionId,
    step: StepName,
    number: u32,
}

#[derive(Default)]
struct HeldLines {
    is_holding: bool,
    lines: Vec<FunctionLogLine>,
    bytes: usize,
    dropped: usize,
}

impl LogWriter {
    fn begin_attempt(&self, execution: &ExecutionId, step: &StepName, number: u32) {
        let attempt = CurrentAttempt { execution: execution.clone(), step: step.clone(), number };
        *self.attempt.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempt);
    }

    fn write(&self, line: &FunctionLogLine) {
        let attempt = self.attempt.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(CurrentAttempt { execution, step, number }) = attempt {
            let at = SystemClock.now();
            let stored = |text: &str| {
                let (step, function, text) = (step.clone(), line.function.clone(), text.to_owned());
                StoredLine { at, step, attempt: number, function, text }
            };
            // Split here, where the text contains no secrets any more.
            self.journal.log(&execution, pieces(&line.text).map(stored).collect());
        }
    }
}

/// Splits a text into pieces that a line of the journal can hold; at least one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let (piece, more) = text.split_at(text.floor_char_boundary(LINE_BYTES));
        rest = Some(more).filter(|more| !more.is_empty());
        Some(piece)
    })
}

impl FunctionLogs {
    pub(super) fn new(
        observer: Arc<dyn Observer>,
        events: EventPublisher,
        secrets: Secrets,
        runbook: &Runbook,
        journal: Option<Arc<dyn LogStore>>,
    ) -> Self {
        let sensitive_steps = Arc::new(secrets.sensitive_steps(runbook));
        let writer = journal.map(|journal| LogWriter { journal, attempt: Arc::default() });
        Self { observer, events, secrets, sensitive_steps, held: Arc::default(), current: Arc::default(), writer }
    }

    /// Whether the observer or the journal takes these lines.
    pub(super) fn are_wanted(&self, source: LineSource) -> bool {
        self.writer.is_some() || self.observer.wants_log_lines(source)
    }

    /// Takes a line.
    pub(super) fn write(&self, line: FunctionLogLine) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.is_holding {
            drop(held);
            self.forward(line);
        } else if held.bytes + line.text.len() > HELD_LOG_BYTES {
            held.dropped += 1;
        } else {
            held.bytes += line.text.len();
            held.lines.push(line);
        }
    }

    /// Takes the current step of a resumed execution.
    pub(super) fn resume(&self, execution: &Execution) {
        *lock(&self.current) = execution.current().map(|run| run.step.clone());
    }

    /// Decides, with an event of this execution, whether lines are held. Called before the event is published.
    pub(super) fn observe(&self, execution: &ExecutionId, recorded: &Recorded) {
        let is_holding = match &recorded.event {
            Event::AttemptStarted(started) => {
                let current = lock(&self.current);
                if let (Some(writer), Some(step)) = (&self.writer, &*current) {
                    writer.begin_attempt(execution, step, started.attempt);
                }
                current.as_ref().is_some_and(|step| self.sensitive_steps.contains(step))
            }
            Event::StepStarted(started) => {
                *lock(&self.current) = Some(started.step.clone());
                return;
            }
            Event::AttemptThrottled(_)
            | Event::AttemptInterrupted(_)
            | Event::AttemptEnded(_)
            | Event::StepEnded(_) => false,
            Event::ExecutionStarted(_)
            | Event::StepReused(_)
            | Event::ExecutionResumed(_)
            | Event::IterationStarted(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => return,
        };
        let held = std::mem::replace(
            &mut *self.held.lock().unwrap_or_else(PoisonError::into_inner),
            HeldLines { is_holding, ..HeldLines::default() },
        );
        for line in held.lines {
            self.forward(line);
        }
        if held.dropped > 0 {
            self.observer.notice(&Notice::LogLinesDropped { count: held.dropped });
        }
    }

    fn forward(&self, line: FunctionLogLine) {
        let line = if self.secrets.is_active() {
            FunctionLogLine { text: self.secrets.text(&line.text).into_owned(), ..line }
        } else {
            line
        };
        if self.observer.wants_log_lines(line.source) {
            self.events.publish_line(&line);
        }
        if let Some(writer) = &self.writer {
            writer.write(&line);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
