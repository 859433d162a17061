//! What differs between two executions: parameters, runbook, the path taken, outputs, durations.

use std::collections::HashMap;

use console::measure_text_width;
use indexmap::IndexSet;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use similar::{DiffOp, TextDiff};

use super::{DisplayState, View, moment};
use crate::event::Status;
use crate::execution::{Execution, Phase, StepExecution};
use crate::limits::DIFFERENCE;
use crate::report::{HumanDuration, Palette, Symbols, one_line, output_line};

/// One of the two.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its events, folded.
    pub execution: &'a Execution,
    /// Its status.
    pub standing: &'a DisplayState,
    /// The text of its runbook, where it is kept.
    pub document: Option<&'a str>,
}

/// What differs, and what was compared. Its JSON form is stable; fields may be added.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HistoryComparison {
    /// Whether both have the same result: all but the durations.
    pub same: bool,
    left: Summary,
    right: Summary,
    parameters: Vec<Change>,
    /// Parameters that are redacted in a history, so that they cannot be compared.
    hidden_parameters: Vec<String>,
    /// The difference of the runbooks as a unified diff; none when they are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    path: Vec<Pair>,
    outputs: Vec<Change>,
    /// The duration of the right one divided by that of the left one.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    automation_execution_id: String,
    document_name: String,
    document_sha256: String,
    status: &'static str,
    start_time: Timestamp,
    /// In milliseconds; none while it has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    took: Option<u64>,
}

/// A value that is not the same on both sides; none on a side that does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    name: String,
    left: Option<Vec<String>>,
    right: Option<Vec<String>>,
}

/// Two runs of one step, or one run that the other side does not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    left: Option<Run>,
    right: Option<Run>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Run {
    step_name: String,
    status: &'static str,
    attempts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    took: Option<u64>,
}

impl HistoryComparison {
    /// Compares two executions.
    pub fn of(left: Side<'_>, right: Side<'_>) -> Self {
        let hidden: IndexSet<&str> =
            [left, right].iter().flat_map(|side| side.execution.started().hidden.iter().map(String::as_str)).collect();
        let parameters = |side: Side<'_>| -> Vec<(String, Vec<String>)> {
            let parameters = side.execution.parameters().iter().filter(|(name, _)| !hidden.contains(name.as_str()));
            parameters.map(|(name, value)| (name.to_string(), texts(value))).collect()
        };
        let outputs = |side: Side<'_>| -> Vec<(String, Vec<String>)> {
            let outputs = side.execution.ending().into_iter().flat_map(|ending| &ending.outputs);
            outputs.map(|(name, values)| (name.clone(), values.clone())).collect()
        };
        let parameters = changes(&parameters(left), &parameters(right));
        let outputs = changes(&outputs(left), &outputs(right));
        let document = documents(left, right);
        let path = path(left, right);
        let (first, second) = (summary(left), summary(right));
        let path_is_same = path.iter().all(Pair::is_same);
        Self {
            same: first.status == second.status
                && parameters.is_empty()
                && outputs.is_empty()
                && document.is_none()
                && path_is_same,
            ratio: ratio(first.took, second.took),
            left: first,
            right: second,
            parameters,
            hidden_parameters: hidden.into_iter().map(str::to_owned).collect(),
            document,
            path,
            outputs,
        }
    }

    /// The comparison as text.
    pub fn text(&self, view: &View) -> String {
        let palette = view.palette;
        let mut lines = Vec::new();
        for (sign, side) in [("-", &self.left), ("+", &self.right)] {
            let took = side.took.map_or_else(String::new, |took| format!(" in {}", human(took)));
            lines.push(format!(
                "{} {} {}{took}, started {}, {}",
                signed(palette, sign, &sign.repeat(3)),
                palette.strong(&one_line(&side.document_name)),
                side.status,
                moment(side.start_time, view),
                palette.faint(&side.automation_execution_id),
            ));
        }
        if let Some(ratio) = self.ratio {
            lines.push(format!("duration {}", times(ratio, palette)));
        }
        section(&mut lines, palette, "parameters", &self.parameters);
        for name in &self.hidden_parameters {
            lines.push(palette.faint(&format!("  {}: redacted, cannot be compared", one_line(name))));
        }
        match &self.document {
            None => lines.extend([String::new(), "runbook: identical".to_owned()]),
            Some(difference) => {
                lines.extend([String::new(), palette.strong("runbook")]);
                lines.extend(difference.lines().map(|line| {
                    let sign = line.get(..1).unwrap_or_default();
                    signed(palette, sign, &one_line(line))
                }));
            }
        }
        lines.extend([String::new(), palette.strong("path")]);
        lines.extend(self.path_lines(palette));
        section(&mut lines, palette, "outputs", &self.outputs);
        lines.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }

    fn path_lines(&self, palette: Palette) -> Vec<String> {
        let cell = |run: Option<&Run>| run.map(Run::cell).unwrap_or_default();
        let width =
            self.path.iter().map(|pair| measure_text_width(&cell(pair.left.as_ref()))).max().unwrap_or_default();
        let second = self.path.iter().map(|pair| measure_text_width(&cell(pair.right.as_ref()))).max().unwrap_or(0);
        let lines = self.path.iter().map(|pair| {
            let (left, right) = (cell(pair.left.as_ref()), cell(pair.right.as_ref()));
            let sign = match (&pair.left, &pair.right) {
                (Some(_), None) => "-",
                (None, Some(_)) => "+",
                (Some(_), Some(_)) | (None, None) if pair.is_same() => " ",
                (Some(_), Some(_)) | (None, None) => "~",
            };
            let ratio = pair.ratio.map(|ratio| times(ratio, palette)).unwrap_or_default();
            let line = format!("{sign} {left:<width$}  {right:<second$}  {ratio}");
            signed(palette, sign, line.trim_end())
        });
        lines.collect()
    }
}

impl Pair {
    fn is_same(&self) -> bool {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => left.step_name == right.step_name && left.status == right.status,
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }
}

impl Run {
    fn of(run: &StepExecution, standing: &DisplayState) -> Self {
        let ended = run.ending.as_ref();
        Self {
            step_name: run.step.to_string(),
            status: ended.map_or(standing.word(), |ending| ending.status.as_str()),
            attempts: run.attempts.len(),
            took: ended.map(|ending| millis(run.started_at, ending.at)),
        }
    }

    fn cell(&self) -> String {
        let took = self.took.map(|took| format!(" {}", human(took))).unwrap_or_default();
        let attempts = if self.attempts > 1 { format!(", {} attempts", self.attempts) } else { String::new() };
        format!("{} {}{took}{attempts}", self.step_name, self.status)
    }
}

fn summary(side: Side<'_>) -> Summary {
    let started = side.execution.started();
    Summary {
        automation_execution_id: started.execution.to_string(),
        document_name: started.document.name.clone(),
        document_sha256: started.document.sha256.clone(),
        status: side.standing.word(),
        start_time: side.execution.started_at(),
        took: match side.execution.phase() {
            Phase::Ended { at, .. } => Some(millis(side.execution.started_at(), *at)),
            Phase::Between(_) | Phase::InStep => None,
        },
    }
}

/// A value as the service shows it: a text for each item of a list.
fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![text(value)],
    }
}

fn changes(left: &[(String, Vec<String>)], right: &[(String, Vec<String>)]) -> Vec<Change> {
    let index = |side: &[(String, Vec<String>)]| -> HashMap<String, Vec<String>> { side.iter().cloned().collect() };
    let (on_left, on_right) = (index(left), index(right));
    let names: IndexSet<&String> = left.iter().chain(right).map(|(name, _)| name).collect();
    names
        .into_iter()
        .filter(|name| on_left.get(*name) != on_right.get(*name))
        .map(|name| Change { name: name.clone(), left: on_left.get(name).cloned(), right: on_right.get(name).cloned() })
        .collect()
}

fn documents(left: Side<'_>, right: Side<'_>) -> Option<String> {
    let (first, second) = (&left.execution.started().document, &right.execution.started().document);
    if first.sha256 == second.sha256 {
        return None;
    }
    let (Some(old), Some(new)) = (left.document, right.document) else {
        return Some(format!(
            "SHA-256 {} and {}; at least one of the texts is not stored\n",
            first.sha256, second.sha256
        ));
    };
    let difference = TextDiff::configure().timeout(DIFFERENCE).diff_lines(old, new);
    Some(difference.unified_diff().header(&one_line(&first.name), &one_line(&second.name)).to_string())
}

/// The runs of steps side by side: runs of the same step share a line as far as their order allows.
fn path(left: Side<'_>, right: Side<'_>) -> Vec<Pair> {
    let runs =
        |side: Side<'_>| -> Vec<Run> { side.execution.runs().iter().map(|run| Run::of(run, side.standing)).collect() };
    let (left, right) = (runs(left), runs(right));
    let names = |runs: &[Run]| -> Vec<String> { runs.iter().map(|run| run.step_name.clone()).collect() };
    let (old, new) = (names(&left), names(&right));
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
    let difference = TextDiff::configure().timeout(DIFFERENCE).diff_slices(&old, &new);
    let one = |runs: &[Run], at: usize| runs.get(at).cloned();
    let mut pairs = Vec::new();
    for operation in difference.ops() {
        let (of_left, of_right) = (operation.old_range(), operation.new_range());
        match operation {
            DiffOp::Equal { .. } => pairs.extend(of_left.zip(of_right).map(|(old, new)| {
                let (left, right) = (one(&left, old), one(&right, new));
                let took = |run: &Option<Run>| run.as_ref().and_then(|run| run.took);
                let ratio = ratio(took(&left), took(&right));
                Pair { left, right, ratio }
            })),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                pairs.extend(of_left.map(|at| Pair { left: one(&left, at), right: None, ratio: None }));
                pairs.extend(of_right.map(|at| Pair { left: None, right: one(&right, at), ratio: None }));
            }
        }
    }
    pairs
}

fn section(lines: &mut Vec<String>, palette: Palette, name: &str, changes: &[Change]) {
    lines.push(String::new());
    if changes.is_empty() {
        lines.push(format!("{name}: identical"));
        return;
    }
    lines.push(palette.strong(name));
    for change in changes {
        for (sign, values) in [("-", &change.left), ("+", &change.right)] {
            if let Some(values) = values {
                lines.push(signed(palette, sign, &format!("{sign} {}", output_line(&change.name, values))));
            }
        }
    }
}

/// A line in the colour of its sign.
fn signed(palette: Palette, sign: &str, line: &str) -> String {
    match sign {
        "-" => palette.error(line),
        "+" => palette.by_status(Status::Success, line),
        "~" => palette.warn(line),
        _ => line.to_owned(),
    }
}

fn times(ratio: f64, palette: Palette) -> String {
    match palette.symbols {
        Symbols::Unicode => format!("× {ratio:.2}"),
        Symbols::Ascii => format!("x {ratio:.2}"),
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

fn human(millis: u64) -> HumanDuration {
    HumanDuration(std::time::Duration::from_millis(millis))
}

/// The second divided by the first; none where that is meaningless.
#[expect(clippy::cast_precision_loss, reason = "a ratio is shown with two digits")]
fn ratio(first: Option<u64>, second: Option<u64>) -> Option<f64> {
    match (first?, second?) {
        (0, _) => None,
        (first, second) => Some(second as f64 / first as f64),
    }
}
