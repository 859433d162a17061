//! Runbooks without scripts start no interpreter, and look for none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::script;
use crate::harness::Situation;

/// Puts programs named like interpreters first on PATH. Each notes that it was started.
fn watched(situation: Situation) -> Situation {
    let here = situation.path().to_owned();
    let note = format!("#!/bin/sh\necho \"$0 $*\" >> '{}/started'\nexit 1\n", here.display());
    let names = ["python", "python3", "python3.10", "python3.11", "python3.12", "python3.13", "pwsh"];
    let situation = names.iter().fold(situation, |situation, name| {
        let file = format!("bin/{name}");
        let situation = situation.file(&file, &note);
        fs::set_permissions(situation.path().join(file), fs::Permissions::from_mode(0o755)).unwrap();
        situation
    });
    situation.env("PATH", &format!("{}/bin:/usr/bin:/bin", here.display()))
}

fn has_started_any(situation: &Situation) -> bool {
    situation.path().join("started").exists()
}

#[test]
fn runbook_without_scripts_starts_no_interpreter() {
    let cases = "cases:\n  - name: echoes\n    steps: {say: {payload: done}}\n    expect: {status: Success}\n";
    let situation = watched(Situation::new().functions().runbook("", &["name: say, inputs: {FunctionName: say}"]))
        .file("book.test.yaml", cases);
    let functions = ["--functions", "template.yaml"];
    let commands = [
        [&["run", "book.yaml"][..], &functions].concat(),
        [&["run", "book.yaml", "--ephemeral"][..], &functions].concat(),
        [&["plan", "book.yaml"][..], &functions].concat(),
        vec!["validate", "book.yaml"],
        vec!["test", "book.yaml"],
    ];
    for command in commands {
        let outcome = situation.run(&command);
        assert_eq!((outcome.status, has_started_any(&situation)), (Some(0), false), "{command:?}: {}", outcome.text());
    }
    let python = situation.path().join(".local/state/runwright/python");
    assert!(!python.exists(), "the answers of interpreters are not asked for");
}

/// The test above can fail: a script asks them.
#[test]
fn runbook_with_a_script_asks_the_interpreters_on_path() {
    let situation = watched(script("def main(events, context):\n    pass"));
    let outcome = situation.run(&["run", "book.yaml", "--python", "bin/python3"]);
    assert_eq!((outcome.status == Some(0), has_started_any(&situation)), (false, true), "{}", outcome.text());
}
