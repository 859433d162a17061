//! One JSON object a line: each event as the journal keeps it.

use super::{Output, Reporter};
use crate::event::Recorded;
use crate::execution::Execution;

/// Writes every event as one line of JSON, in the form that journals have (`event::FORMAT`).
pub struct JsonLines {
    output: Output,
}

impl JsonLines {
    /// Writes to `writer`.
    pub fn new(writer: Box<dyn std::io::Write + Send>) -> Self {
        Self { output: Output::new(writer) }
    }
}

impl Reporter for JsonLines {
    fn observe(&mut self, _: &Execution, recorded: &Recorded) {
        // Events hold only texts as keys and finite numbers, so they always have a JSON form.
        if let Ok(mut line) = serde_json::to_vec(recorded) {
            line.push(b'\n');
            self.output.write(&line);
        }
    }
}
