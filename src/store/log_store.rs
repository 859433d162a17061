//! The log lines of local functions.

use std::fmt;

use jiff::Timestamp;

use super::Stored;
use crate::limits::{LINE_BYTES, LINES};
use crate::name::{ExecutionId, StepName};

/// Stores the log lines of local functions.
pub trait LogStore: Send + Sync + fmt::Debug {
    /// Writes log lines of an execution, possibly with a delay: nothing waits for them. Drops lines beyond the bounds
    /// and shortens long ones, with a note in the last line. An execution that does not exist has none.
    fn log(&self, execution: &ExecutionId, lines: Vec<StoredLine>);

    /// At most `limit` lines of an execution after the one with this number, each with its number, which counts from 1.
    fn log_lines_page<'a>(
        &'a self,
        execution: &'a ExecutionId,
        after: u64,
        limit: u32,
    ) -> Stored<'a, Vec<(u64, StoredLine)>>;

    /// All lines of an execution after the one with this number.
    fn log_lines<'a>(&'a self, execution: &'a ExecutionId, after: u64) -> Stored<'a, Vec<(u64, StoredLine)>> {
        self.log_lines_page(execution, after, u32::MAX)
    }
}

/// A log line of a local function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// When it arrived.
    pub at: Timestamp,
    /// The step that invoked the function.
    pub step: StepName,
    /// The attempt.
    pub attempt: u32,
    /// The function.
    pub function: String,
    /// The line without its end.
    pub text: String,
}

/// The lines with their numbers after the last one of an execution, within the bounds of a store.
pub(super) fn number_lines(last: u64, lines: Vec<StoredLine>) -> impl Iterator<Item = (u64, StoredLine)> {
    (last + 1..=LINES).zip(lines).map(|(number, mut line)| {
        if number == LINES {
            "… further lines are not kept".clone_into(&mut line.text);
        }
        shorten(&mut line.text);
        (number, line)
    })
}

/// An imported line, within the bounds of a store. A line that was shortened before stays as it is.
pub(super) fn within_bounds(number: u64, mut line: StoredLine) -> Option<(u64, StoredLine)> {
    /// The note on a shortened line is shorter than this.
    const NOTE: usize = 64;
    if line.text.len() > LINE_BYTES + NOTE {
        shorten(&mut line.text);
    }
    (number <= LINES).then_some((number, line))
}

/// Shortens a line that is too long, with a note.
fn shorten(text: &mut String) {
    let whole = text.len();
    if whole > LINE_BYTES {
        text.truncate(text.floor_char_boundary(LINE_BYTES));
        text.push_str(&format!("… ({whole} bytes in all)"));
    }
}
