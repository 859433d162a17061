//! Many executions, a line each.

use std::fmt::Write;

use console::{measure_text_width, truncate_str};
use jiff::Timestamp;

use super::{DisplayState, View, age, moment};
use crate::report::{HumanDuration, one_line};

/// One execution in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As much of its id as is needed to name it.
    pub id: String,
    /// Its status.
    pub standing: DisplayState,
    /// The name of its runbook.
    pub runbook: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The step it is at, or why it ended so.
    pub about: String,
}

/// The widest column of runbooks. What is longer is cut.
const WIDEST_RUNBOOK: usize = 28;

/// Below this many columns the last one is not cut further: a terminal so narrow breaks lines anyway.
const LEAST_ABOUT: usize = 12;

/// The table, the rows in their order, with a head.
pub fn table(rows: &[Row], view: &View) -> String {
    let cells: Vec<[String; 6]> = rows.iter().map(|row| cells(row, view)).collect();
    let head = ["ID", "STATUS", "RUNBOOK", "STARTED", "TOOK", "STEP OR REASON"];
    let mut widths = head.map(measure_text_width);
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(measure_text_width(cell));
        }
    }
    let before: usize = widths.iter().take(5).map(|width| width + 2).sum();
    let about = view.width.saturating_sub(before).max(LEAST_ABOUT);
    let palette = view.palette;
    let mut text = String::new();
    let mut line = |painted: [String; 6]| {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(&painted).take(5) {
            let gap = width.saturating_sub(measure_text_width(cell)) + 2;
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', gap));
        }
        line.push_str(&truncate_str(&painted[5], about, "…"));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    };
    line(head.map(|name| palette.faint(name)));
    for (row, [id, status, runbook, started, took, about]) in rows.iter().zip(cells) {
        line([palette.strong(&id), row.standing.paint(palette, &status), runbook, started, took, about]);
    }
    text
}

fn cells(row: &Row, view: &View) -> [String; 6] {
    let started = format!("{} ({})", moment(row.started_at, view), age(row.started_at, view.now));
    let took = match (&row.standing, row.ended_at) {
        (_, Some(ended_at)) => HumanDuration::between(row.started_at, ended_at).to_string(),
        (DisplayState::Running { .. }, None) => HumanDuration::between(row.started_at, view.now).to_string(),
        // It is unknown how long it ran, or it does not run yet.
        (DisplayState::Ended(_) | DisplayState::Queued { .. } | DisplayState::Interrupted { .. }, None) => {
            "-".to_owned()
        }
    };
    let runbook = truncate_str(&one_line(&row.runbook), WIDEST_RUNBOOK, "…").into_owned();
    [
        row.id.clone(),
        row.standing.word().to_owned(),
        runbook,
        started,
        took,
        one_line(row.about.lines().next().unwrap_or_default()).into_owned(),
    ]
}
