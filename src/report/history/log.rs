//! The log of an execution: what its functions wrote, with step and attempt.

use jiff::Timestamp;

use super::{View, moment};
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
