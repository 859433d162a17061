//! Renders results as JSON. The names of the fields are part of the interface.

use serde_json::{Value, json};

use super::{CaseResult, FileResult, KINDS, Results, percent};

pub(super) fn value(results: &Results) -> Value {
    let (passed, failed) = results.counts();
    let coverage: Vec<Value> = results
        .coverages()
        .iter()
        .map(|(runbook, coverage)| {
            let (reached, all) = coverage.counts(None);
            let kinds: serde_json::Map<String, Value> = KINDS
                .into_iter()
                .map(|kind| {
                    let (reached, all) = coverage.counts(Some(kind));
                    (format!("{kind:?}"), json!({ "Reached": reached, "All": all }))
                })
                .collect();
            json!({
                "Runbook": runbook,
                "Percent": percent(reached, all),
                "Reached": reached,
                "All": all,
                "Kinds": kinds,
                "Points": coverage.points,
            })
        })
        .collect();
    let mut value = json!({
        "Passed": passed,
        "Failed": failed,
        "LeftOut": results.left_out,
        "Files": results.files.iter().map(of_file).collect::<Vec<_>>(),
    });
    if !coverage.is_empty()
        && let Some(members) = value.as_object_mut()
    {
        members.insert("Coverage".to_owned(), Value::from(coverage));
    }
    value
}

fn of_file(file: &FileResult) -> Value {
    json!({
        "File": file.file,
        "Runbook": file.runbook,
        "Cases": file.cases.iter().map(of_case).collect::<Vec<_>>(),
    })
}

fn of_case(case: &CaseResult) -> Value {
    let mismatches: Vec<Value> = case
        .mismatches
        .iter()
        .map(|(mismatch, line)| {
            json!({
                "What": mismatch.what,
                "Line": line,
                "Expected": mismatch.expected,
                "Actual": mismatch.actual,
                "Because": mismatch.because,
                "Help": mismatch.help,
            })
        })
        .collect();
    let mut value = json!({
        "Name": case.name,
        "Line": case.line,
        "Passed": case.passed(),
        "Status": case.status.map(crate::event::Status::as_str),
        "Path": case.path,
        "TookMilliseconds": u64::try_from(case.took.as_millis()).unwrap_or(u64::MAX),
        "Mismatches": mismatches,
    });
    if !case.output.is_empty()
        && let Some(members) = value.as_object_mut()
    {
        members.insert("Output".to_owned(), json!(case.output));
    }
    value
}
