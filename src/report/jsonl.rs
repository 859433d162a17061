//! One JSON object a line: each event as the journal keeps it.

use super::{Output, Reporter, escape_json};
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
        if let Ok(line) = serde_json::to_string(recorded) {
            let mut line = escape_json(&line).into_owned();
            line.push('\n');
            self.output.write(line.as_bytes());
        }
    }
}
