//! The interpreters of the runtimes of scripts.

use serde::Serialize;

use crate::automation::RuntimeChoice;
use crate::report::{Palette, one_line};
use crate::scripts::Interpreter;

/// The interpreter of a runtime in the JSON form: stable, fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedRuntime {
    runtime: String,
    /// Whether the scripts import boto3.
    boto3: bool,
    /// The program; `null` when there is none.
    program: Option<String>,
    /// The minor version of Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    minor: Option<u16>,
    /// Where it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    notices: Vec<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<&RuntimeChoice> for ListedRuntime {
    fn from(choice: &RuntimeChoice) -> Self {
        let found = choice.found.as_ref();
        let interpreter = found.ok().map(|found| &found.interpreter);
        let (program, minor) = match interpreter {
            Some(Interpreter::Python { program, minor }) => (Some(program), Some(*minor)),
            Some(Interpreter::PowerShell { program }) => (Some(program), None),
            None => (None, None),
        };
        Self {
            runtime: choice.runtime.to_string(),
            boto3: choice.needs_boto3,
            program: program.map(|program| program.display().to_string()),
            minor,
            source: found.ok().map(|found| found.source.to_string()),
            notices: found.map(|found| found.notices.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            error: found.err().map(ToString::to_string),
        }
    }
}

/// The interpreters as a table. Notices and errors are below their rows.
pub fn render_runtimes(listed: &[ListedRuntime], palette: Palette) -> String {
    if listed.is_empty() {
        return "the runbook has no scripts\n".to_owned();
    }
    let width = listed.iter().map(|row| row.runtime.chars().count()).max().unwrap_or_default().max(7);
    let head = format!("{:<width$}  {:<5}  {:<19}  PROGRAM", "RUNTIME", "BOTO3", "FROM");
    let mut text = format!("{}\n", palette.faint(&head));
    for row in listed {
        let boto3 = if row.boto3 { "yes" } else { "no" };
        let runtime = palette.strong(&format!("{:<width$}", one_line(&row.runtime)));
        let source = row.source.as_deref().unwrap_or("none");
        let program = row.program.as_deref().unwrap_or_default();
        let line = format!("{runtime}  {boto3:<5}  {source:<19}  {}", one_line(program));
        text.push_str(&format!("{}\n", line.trim_end()));
        for notice in &row.notices {
            text.push_str(&format!("  {}\n", palette.warn(&one_line(notice))));
        }
        if let Some(error) = &row.error {
            text.push_str(&format!("  {}\n", palette.error(&one_line(error))));
        }
    }
    text
}
