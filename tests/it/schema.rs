//! The JSON Schema: the committed file equals the generated one, and an independent validator accepts with it every
//! document that the loader accepts.

use runwright::{event, runbook, testing};

use crate::support;

#[test]
fn committed_schema_matches_the_generated_one() {
    let text = format!("{:#}\n", runbook::json_schema());
    support::compare(&support::root().join("schemas/runbook.schema.json"), &text).unwrap();
}

#[test]
fn accepted_public_runbooks_and_samples_validate_against_the_schema() {
    let validator = jsonschema::draft202012::new(&runbook::json_schema()).unwrap();
    let mut files = support::corpus().unwrap_or_default();
    for folder in ["tests/diagnostics", "runbooks"] {
        let Ok(entries) = std::fs::read_dir(support::root().join(folder)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let is_case_file = path.to_string_lossy().contains(".test.");
            if !is_case_file && path.extension().is_some_and(|ending| ending == "yaml" || ending == "json") {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    let refused: Vec<String> = files
        .iter()
        .filter_map(|(name, bytes)| {
            let read = support::read(name, bytes);
            let json = read.json.filter(|_| read.runbook.is_some())?;
            let errors: Vec<_> =
                validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
            (!errors.is_empty()).then(|| format!("{name}\n  {}", errors.join("\n  ")))
        })
        .collect();
    assert!(refused.is_empty(), "accepted by the loader and rejected by the schema:\n{}", refused.join("\n"));
}

#[test]
fn schema_rejects_invalid_runbooks() {
    let validator = jsonschema::draft202012::new(&runbook::json_schema()).unwrap();
    let step = |step: serde_json::Value| serde_json::json!({ "schemaVersion": "0.3", "mainSteps": [step] });
    let wrong = [
        step(serde_json::json!({ "name": "a b", "action": "aws:pause" })),
        step(serde_json::json!({ "name": "a", "action": "aws:invokeLambda", "inputs": {} })),
        step(serde_json::json!({ "name": "a", "action": "aws:invokeLambdaFunction", "inputs": {} })),
        step(serde_json::json!({ "name": "a", "action": "aws:pause", "onFailure": "continue" })),
        step(serde_json::json!({
            "name": "a", "action": "aws:invokeLambdaFunction",
            "inputs": { "FunctionName": "f", "LogType": "All" },
        })),
        step(serde_json::json!({
            "name": "a", "action": "aws:branch",
            "inputs": { "Choices": [{ "NextStep": "b", "Variable": "{{ a.b }}", "StringEqual": "x" }] },
        })),
    ];
    for document in wrong {
        assert!(!validator.is_valid(&document), "accepted: {document}");
    }
}

#[test]
fn committed_case_file_schema_matches_the_generated_one() {
    let text = format!("{:#}\n", testing::json_schema());
    support::compare(&support::root().join("schemas/case.schema.json"), &text).unwrap();
}

#[test]
fn sample_case_files_validate_against_their_schema() {
    let validator = jsonschema::draft202012::new(&testing::json_schema()).unwrap();
    let entries = std::fs::read_dir(support::root().join("runbooks")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().contains(".test."));
    let mut seen = 0;
    for path in paths {
        seen += 1;
        let document = runwright::document::read("", &std::fs::read(&path).unwrap()).unwrap().root.to_json();
        let errors: Vec<_> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {}", path.display(), errors.join("\n"));
    }
    assert!(seen > 0);
}

#[test]
fn case_file_schema_rejects_invalid_case_files() {
    let validator = jsonschema::draft202012::new(&testing::json_schema()).unwrap();
    let case = |case: serde_json::Value| serde_json::json!({ "cases": [case] });
    let wrong = [
        serde_json::json!({ "cases": [] }),
        serde_json::json!({ "case": [{ "name": "a" }] }),
        case(serde_json::json!({ "steps": {} })),
        case(serde_json::json!({ "name": "a", "step": {} })),
        case(serde_json::json!({ "name": "a", "steps": { "b": { "payload": 1, "failure": "c" } } })),
        case(serde_json::json!({ "name": "a", "steps": { "b": { "delay": "1s" } } })),
        case(serde_json::json!({ "name": "a", "signals": [{ "step": "b", "signal": "Approved" }] })),
        case(serde_json::json!({ "name": "a", "expect": { "status": "Pending" } })),
        case(serde_json::json!({ "name": "a", "run_scripts": "yes" })),
        case(serde_json::json!({ "name": "a", "endpoint": "localhost:4566" })),
    ];
    for document in wrong {
        assert!(!validator.is_valid(&document), "accepted: {document}");
    }
}

#[test]
fn committed_event_schema_matches_the_generated_one() {
    let text = format!("{:#}\n", event::json_schema());
    support::compare(&support::root().join("schemas/event.schema.json"), &text).unwrap();
}

#[test]
fn recorded_events_validate_against_their_schema() {
    let validator = jsonschema::draft202012::new(&event::json_schema()).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    let folder = support::root().join("tests/histories/format-2");
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(kind) = event.get("event").and_then(serde_json::Value::as_str) else { continue };
            kinds.insert(kind.to_owned());
            let errors: Vec<_> =
                validator.iter_errors(&event).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {}\n{line}", path.display(), errors.join("\n"));
        }
    }
    let declared = event::json_schema()["oneOf"].as_array().map(Vec::len);
    assert_eq!(declared, Some(kinds.len()), "{kinds:?}");
    let invalid = serde_json::json!({ "sequence": 0, "at": "2026-01-01T00:00:00Z", "event": "Unknown" });
    assert!(!validator.is_valid(&invalid));
}
