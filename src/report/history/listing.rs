//! Many executions for programs and spreadsheets.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use super::OriginSummary;
use crate::report::escape_json;

/// An execution in the JSON form: stable, fields may be added. Names are those of the service where it has them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedExecution<'a> {
    /// Its id.
    pub automation_execution_id: &'a str,
    /// The name of its runbook.
    pub document_name: &'a str,
    /// The hash of its runbook.
    pub document_sha256: &'a str,
    /// Its status, or `Queued`, or `Interrupted`.
    pub automation_execution_status: &'static str,
    /// When it started.
    pub execution_start_time: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<Timestamp>,
    /// Who started it.
    pub executed_by: &'a str,
    /// The step under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_step_name: Option<&'a str>,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<&'a str>,
    /// What it was started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginSummary>,
    /// Its labels.
    pub labels: &'a IndexMap<String, String>,
    /// How many events it has.
    pub events: u64,
    /// The lock that it runs under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<&'a str>,
    /// The execution whose step started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_automation_execution_id: Option<&'a str>,
    /// Its target, where a step started one for each target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<&'a str>,
    /// How its last process left it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_by: Option<&'static str>,
}

/// The executions as CSV, with a head.
pub fn csv(executions: &[ListedExecution<'_>]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "AutomationExecutionId",
        "DocumentName",
        "AutomationExecutionStatus",
        "ExecutionStartTime",
        "ExecutionEndTime",
        "ExecutedBy",
        "CurrentStepName",
        "FailureMessage",
        "Labels",
        "LeftBy",
    ])?;
    for execution in executions {
        // A map of texts always has a JSON form.
        let labels = serde_json::to_string(execution.labels).unwrap_or_default();
        let cells = [
            execution.automation_execution_id,
            execution.document_name,
            execution.automation_execution_status,
            &execution.execution_start_time.to_string(),
            &execution.execution_end_time.map(|at| at.to_string()).unwrap_or_default(),
            execution.executed_by,
            execution.current_step_name.unwrap_or_default(),
            execution.failure_message.unwrap_or_default(),
            if execution.labels.is_empty() { "" } else { &labels },
            execution.left_by.unwrap_or_default(),
        ];
        writer.write_record(cells.map(cell))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text that a spreadsheet would take for a formula becomes a text; what acts on terminals is escaped.
fn cell(text: &str) -> String {
    let text = escape_json(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']) {
        format!("'{text}")
    } else {
        text.into_owned()
    }
}
