//! Archives are read back unchanged, and changed files are rejected.

use super::*;

const DOCUMENT: &str = "schemaVersion: '0.3'\nmainSteps: []\n";

fn archive() -> Archive {
    let started = serde_json::json!({
        "sequence": 0, "at": "2026-11-20T03:00:00.123456789Z", "event": "ExecutionStarted",
        "format": LATEST_FORMAT, "execution": "4105a4fc-f944-11e6-9d32-0a4c2d5e6f70",
        "document": {"name": "cleanup", "sha256": sha256(DOCUMENT.as_bytes())},
        "parameters": {"Service": "web", "Ratio": 0.1, "Many": [1, {"b": null, "a": "é\u{1}"}]},
        "variables": {}, "executed_by": "operator",
        "environment": {"region": null, "account_id": null, "partition": "aws"},
        "settings": {
            "attempt_delays": [1000], "throttle_delays": [1000], "throttle_window": 300_000, "jitter": 0.5,
            "long_invocations": false, "result_limit": null,
        },
        "seed": u64::MAX, "outline": {"steps": []},
    });
    let ended = serde_json::json!({
        "sequence": 1, "at": "2026-11-20T03:00:01Z", "event": "ExecutionEnded",
        "status": "Success", "outputs": {}, "failure_message": null,
    });
    Archive {
        program: "0.1.0".to_owned(),
        document: DOCUMENT.to_owned(),
        events: [started, ended].map(|event| serde_json::from_value(event).unwrap()).to_vec(),
        log: vec![ArchivedLine {
            at: "2026-11-20T03:00:00.5Z".parse().unwrap(),
            step: "find".to_owned(),
            attempt: 1,
            function: "find-old-volumes".to_owned(),
            text: "looking \"for\" it".to_owned(),
        }],
    }
}

/// Why a file is rejected.
fn refused(text: &str) -> String {
    Archive::read(text).unwrap_err().to_string()
}

/// The file with changed content and a matching hash.
fn rewritten(change: impl FnOnce(&mut Value)) -> String {
    let mut content: Value = serde_json::from_str(&archive().write().unwrap()).unwrap();
    change(&mut content);
    content.as_object_mut().unwrap().shift_remove("sha256");
    let sha256 = hash(&content);
    content["sha256"] = sha256.into();
    content.to_string()
}

#[test]
fn archive_is_read_back_unchanged() {
    let text = archive().write().unwrap();
    assert_eq!(Archive::read(&text).unwrap(), archive());
    // Re-formatting the file does not change its content.
    let content: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(Archive::read(&serde_json::to_string_pretty(&content).unwrap()).unwrap(), archive());
    assert_eq!(text.lines().count(), 14, "an event and a log line on a line each: {text}");
}

#[test]
fn one_changed_byte_is_detected() {
    let text = archive().write().unwrap();
    let tampered = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        refused(&text.replacen(from, to, 1)).split(':').next().unwrap().to_owned()
    };
    let changed = "it was changed after it was exported";
    assert_eq!(
        [
            tampered("operator", "operatos"),
            tampered("mainSteps", "mainStepz"),
            tampered("looking", "lookinG"),
            tampered("\"program\":\"0.1.0\"", "\"program\":\"0.1.1\""),
            tampered("\"sha256\":\"", "\"sha256\":\"0"),
            tampered("18446744073709551615", "18446744073709551614"),
        ],
        [changed; 6]
    );
}

#[test]
fn invalid_files_are_rejected() {
    let cut = archive().write().unwrap();
    let cut = cut.get(..cut.len() / 2).unwrap();
    assert!(refused(cut).starts_with("it is not JSON, or it was cut off: EOF"), "{}", refused(cut));
    let newer = "a newer program wrote it (9.9.9)";
    assert_eq!(
        [
            refused("{}"),
            refused("[1]"),
            rewritten_refused(|content| {
                content["version"] = 2.into();
                content["program"] = "9.9.9".into();
            }),
            rewritten_refused(|content| {
                content["events"][0]["format"] = 99.into();
                content["program"] = "9.9.9".into();
            }),
            rewritten_refused(|content| content["events"][1]["sequence"] = 7.into()),
            rewritten_refused(|content| content["events"] = serde_json::json!([])),
            rewritten_refused(|content| content["events"][1]["event"] = "Nothing".into()),
            rewritten_refused(|content| content["document"] = "other".into()).split(':').next().unwrap().to_owned(),
        ],
        [
            "it is not an exported execution: its `format` is not `runwright-execution`".to_owned(),
            "it is not an exported execution: its `format` is not `runwright-execution`".to_owned(),
            format!("the file has version 2, and this program knows up to 1: {newer}"),
            format!("its event format has version 99, and this program knows up to {LATEST_FORMAT}: {newer}"),
            "its events are not a valid history: event 7 found where event 1 is expected".to_owned(),
            "its events are not a valid history: the history does not begin with ExecutionStarted".to_owned(),
            "it has events of the kind Nothing, which this version (0.1.0) does not know: it needs runwright 0.1.0 or newer"
                .to_owned(),
            "its runbook is not the one that its events name".to_owned(),
        ]
    );
}

fn rewritten_refused(change: impl FnOnce(&mut Value)) -> String {
    refused(&rewritten(change))
}
