//! `executions export` and `executions import`

use std::fs;
use std::os::unix::fs::PermissionsExt;

use runwright::store::{LogStore as _, StoredLine};

use super::*;

fn exported(situation: &Situation, id: &str) -> String {
    let outcome = executions(situation, &["export", id, "-"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    outcome.stdout
}

fn import(situation: &Situation) -> CommandOutcome {
    executions(situation, &["import", "moved.json"])
}

#[test]
fn export_can_be_imported_on_another_machine() {
    let here = with_journal(&[failed(ONE, "2026-11-20T03:00:00Z"), interrupted(THREE, "2026-11-19T03:00:00Z")]);
    let journal = journal(&here);
    let line = StoredLine {
        at: "2026-11-20T03:00:01Z".parse().unwrap(),
        step: StepName::from("drain"),
        attempt: 1,
        function: "drain-node".to_owned(),
        text: "draining".to_owned(),
    };
    journal.log(&ExecutionId::from(ONE), vec![line]);
    drop(journal);
    for (id, expected) in [(ONE, "restart.yaml"), (THREE, "Interrupted")] {
        let there = Situation::new().file("moved.json", exported(&here, id));
        let taken = import(&there).text();
        assert_eq!(taken, "exit 0\n--- stderr\nimported execution ID into state");
        for command in ["show", "logs", "events"] {
            let same = [&here, &there].map(|situation| stable_text(&executions(situation, &[command, id])));
            assert_eq!(same[0], same[1]);
        }
        assert!(stable_text(&executions(&there, &["show", id])).contains(expected));
        assert_eq!(exported(&there, id), exported(&here, id));
    }
}

#[test]
fn repeated_import_succeeds_but_a_different_history_fails() {
    let here = with_journal(&[failed(ONE, "2026-11-20T03:00:00Z")]);
    let there = Situation::new().file("moved.json", exported(&here, ONE));
    import(&there);
    import(&there).assert(0, "", &["execution ID is already in the journal, unchanged\n"]);
    let other = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    fs::write(there.path().join("moved.json"), exported(&other, ONE)).unwrap();
    import(&there).assert(
        8,
        "",
        &["moved.json", "execution ID is here already, with another history", "--state-dir FOLDER"],
    );
    assert_eq!(exported(&there, ONE), exported(&here, ONE));
}

#[test]
fn changed_export_is_rejected_and_imports_nothing() {
    let here = with_journal(&[failed(ONE, "2026-11-20T03:00:00Z")]);
    let text = exported(&here, ONE);
    let rows: [(String, &[&str]); 4] = [
        (text.replacen("did not come back", "came back", 1), &["changed after it was exported", "SHA-256"]),
        (text.replacen("\"version\":1", "\"version\":2", 1), &["version 2", "up to 1", "0.1.0"]),
        (text[..text.len() / 2].to_owned(), &["not JSON, or it was cut off", "EOF", "`runwright executions export`"]),
        ("{}".to_owned(), &["not an exported execution", "`format`", "`runwright execution"]),
    ];
    for (text, texts) in rows {
        let there = Situation::new().file("moved.json", text);
        import(&there).assert(3, "", &[&["error: moved.json: "], texts].concat());
        assert!(!folder(&there).exists());
    }
}

#[test]
fn an_export_without_a_name_is_named_by_its_id() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    let export = executions(&situation, &["export", "last"]);
    export.assert(0, "", &["exported execution ID to ID.json\n"]);
    let file = fs::metadata(situation.path().join(format!("{ONE}.json"))).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600, "it has what functions got and gave");
}

#[test]
fn an_unknown_event_is_refused_with_the_version_that_is_needed() {
    let situation = with_journal(&[failed(ONE, "2026-11-20T03:00:00Z"), succeeded(THREE, "2026-11-19T03:00:00Z")]);
    let archive = exported(&situation, ONE);
    let file = folder(&situation).join("journal.db");
    let database = rusqlite::Connection::open(file).unwrap();
    let newer =
        "UPDATE events SET body = replace(body, '\"version\":\"0.1.0\"', '\"version\":\"9.1.0\"') WHERE sequence = 0";
    database.execute(newer, []).unwrap();
    let kind = "UPDATE events SET kind = 'ResourceCreated' WHERE kind = 'AttemptEnded' AND place IN \
                (SELECT max(place) FROM events WHERE kind = 'AttemptEnded')";
    database.execute(kind, []).unwrap();
    drop(database);
    let needs = "events of the kind ResourceCreated, which this version (0.1.0) does not know: it needs runwright 9.1.0 or newer";
    for command in [["executions", "show", "last"], ["redrive", "last", "-q"], ["attach", "last", "-q"]] {
        let refused = situation.run(&[&command[..], &["--state-dir", "state"]].concat());
        assert_eq!((refused.status, refused.stderr.contains(needs)), (Some(9), true), "{}", refused.text());
    }
    assert_eq!(executions(&situation, &["show", ONE]).status, Some(0), "other executions can be read");
    // Likewise in a file from another machine.
    let text = archive
        .replacen("\"AttemptEnded\"", "\"ResourceCreated\"", 1)
        .replace("\"program\":\"0.1.0\"", "\"program\":\"9.1.0\"");
    let there = Situation::new().file("moved.json", hashed(&text));
    let refused = import(&there);
    assert_eq!((refused.status, refused.stderr.contains(needs)), (Some(9), true), "{}", refused.text());
}

/// An exported file whose hash fits its content again.
fn hashed(text: &str) -> String {
    let mut content: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
    content.shift_remove("sha256");
    let hash = sha256(&Value::Object(content.clone()).to_string());
    content.insert("sha256".to_owned(), hash.into());
    Value::Object(content).to_string()
}
