//! Reporters: an execution as text for people and data for programs, event by event.
//!
//! Owns: what is shown of each event, live on a terminal, as plain lines, as JSON lines, and the result at the end.
//! Does not own: the JSON document of an execution (`execution::summary`), how unsafe text is escaped (`untrusted`), or
//! where the output goes (`cli` hands in the writers). Imports `name`, `event`, `execution`, `limits`, `untrusted` and
//! `clock`; never the engine or the runbook. Only the runner feeds it, through `cli`.
//!
//! A reporter is called inline after each event is durable: it must be quick, and it cannot fail. When its writer
//! is gone (a closed pipe), it writes nothing more and the execution continues.

mod child;

mod failure;
pub mod history;
mod jsonl;
mod junit;
mod observation;
mod palette;
mod plain;
mod quiet;
mod steps;
mod target_lookup;
mod terminal;
mod verdict;
mod waiting;
pub(crate) mod xml;

use std::sync::{Arc, Mutex, PoisonError};

use crate::event::Recorded;
use crate::execution::Execution;

pub use crate::duration::HumanDuration;
pub use jsonl::JsonLines;
pub use junit::junit;
pub use palette::{Palette, Symbols, style_length};
pub use plain::Plain;
pub use quiet::Quiet;
pub use terminal::Terminal;
pub use verdict::{Verdict, output_line};

pub use crate::untrusted::{escape_json, one_line, safe_lines};

/// The beginning of an execution's id: enough to name it among thousands.
pub fn short_id(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// A line that a function wrote while it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLogLine {
    /// The function.
    pub function: String,
    /// What it wrote, without the line end.
    pub text: String,
}

/// Reports an execution, event by event.
pub trait Reporter: Send {
    /// Called once for every event, in order, with the state after it.
    fn observe(&mut self, execution: &Execution, recorded: &Recorded);

    /// The same for an execution that a step started, or a step of such an execution, with its own state.
    fn child(&mut self, child: &Execution, recorded: &Recorded) {
        let _ = (child, recorded);
    }

    /// A line of a function's log, while the function runs. Lines come at any time between two events.
    fn log(&mut self, line: &ReportLogLine) {
        let _ = line;
    }

    /// A prompt is on the terminal, or no longer: nothing moves meanwhile, and reports follow after it.
    fn hold(&mut self, is_held: bool) {
        let _ = is_held;
    }

    /// Nothing follows, whether the execution ended or not: leaves the terminal as it was found.
    fn close(&mut self) {}
}

/// Several reporters as one, for the runner and for sources of log lines; clones are the same reporters.
#[derive(Clone, Default)]
pub struct Reports {
    reporters: Arc<Mutex<Vec<Box<dyn Reporter>>>>,
}

impl Reports {
    /// These reporters, called in this order.
    pub fn new(reporters: Vec<Box<dyn Reporter>>) -> Self {
        Self { reporters: Arc::new(Mutex::new(reporters)) }
    }

    fn each(&self, mut call: impl FnMut(&mut dyn Reporter)) {
        for reporter in self.reporters.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            call(reporter.as_mut());
        }
    }

    /// See [`Reporter::observe`].
    pub fn observe(&self, execution: &Execution, recorded: &Recorded) {
        self.each(|reporter| reporter.observe(execution, recorded));
    }

    /// See [`Reporter::child`].
    pub fn child(&self, child: &Execution, recorded: &Recorded) {
        self.each(|reporter| reporter.child(child, recorded));
    }

    /// See [`Reporter::log`].
    pub fn log(&self, line: &ReportLogLine) {
        self.each(|reporter| reporter.log(line));
    }

    /// See [`Reporter::hold`].
    pub fn hold(&self, is_held: bool) {
        self.each(|reporter| reporter.hold(is_held));
    }

    /// See [`Reporter::close`].
    pub fn close(&self) {
        self.each(|reporter| reporter.close());
    }
}

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}

/// A writer that stops at its first error: its reader is gone, and the execution continues.
struct Output {
    writer: Option<Box<dyn std::io::Write + Send>>,
    /// Output to write later, while a prompt is on the same terminal.
    held: Option<Vec<u8>>,
}

impl Output {
    fn new(writer: Box<dyn std::io::Write + Send>) -> Self {
        Self { writer: Some(writer), held: None }
    }

    /// Writes the bytes and flushes, so that readers see each event when it happens.
    fn write(&mut self, bytes: &[u8]) {
        if let Some(held) = &mut self.held {
            return held.extend_from_slice(bytes);
        }
        if let Some(writer) = &mut self.writer
            && writer.write_all(bytes).and_then(|()| writer.flush()).is_err()
        {
            self.writer = None;
        }
    }

    /// Buffers output while it is held.
    fn hold(&mut self, is_held: bool) {
        if is_held {
            self.held.get_or_insert_default();
        } else if let Some(held) = self.held.take() {
            self.write(&held);
        }
    }
}

#[cfg(test)]
mod tests;
