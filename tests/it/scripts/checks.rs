//! What `validate` says about the Python of inline scripts.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use runwright::automation::{DocumentText, check_python_scripts, load_models, validate_runbook};
use runwright::diagnostic::{Code, one_line};

use crate::harness::Situation;
use crate::support;

/// Whether there is a Python that knows the syntax of 3.11.
fn has_python() -> bool {
    let program = "import sys; sys.exit(sys.version_info < (3, 11))";
    let has = Command::new("python3").args(["-c", program]).status().is_ok_and(|status| status.success());
    if !has {
        eprintln!("SKIPPED: there is no python3 of version 3.11 or newer");
    }
    has
}

/// A runbook with one script of Python, written like this after `Script: `.
fn book(handler: &str, script: &str) -> String {
    format!(
        "schemaVersion: '0.3'\nmainSteps:\n  - name: run\n    action: aws:executeScript\n    inputs:\n      Runtime: \
         python3.11\n      Handler: {handler}\n      Script: {script}\n"
    )
}

/// The problems of the script.
fn problems(text: &str) -> Vec<String> {
    let outcome = Situation::new().file("book.yaml", text).run(&["validate", "book.yaml"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    outcome.diagnostics()
}

#[test]
fn problems_of_scripts_are_shown_where_they_are() {
    if !has_python() {
        return;
    }
    let scripts = "\
schemaVersion: '0.3'
mainSteps:
  - name: syntax
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |-
        def main(events, context):
          for host in events['hosts']
            print(host)
  - name: handler
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: mian
      Script: |-
        def main(events, context):
          return '{{{}}}'.format(events)
  - name: arguments
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      Script: |
        import os

        def main():
          return os.name
";
    let outcome = Situation::new().file("book.yaml", scripts).run(&["validate", "book.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn position_is_exact_in_every_form_of_text() {
    if !has_python() {
        return;
    }
    // The second `=` is wrong.
    let scripts = [
        ("|-\n        x = 1\n        y = = 2", "script-syntax book.yaml:10:13"),
        ("|+2\n        y = = 2\n\n", "script-syntax book.yaml:9:13"),
        ("\"x = 1\\ny = = 2\"", "script-syntax book.yaml:8:27"),
        ("'y = = 2'", "script-syntax book.yaml:8:20"),
        ("y = = 2", "script-syntax book.yaml:8:19"),
        (">-\n        x = 1\n\n        y = = 2", "script-syntax book.yaml:11:13"),
    ];
    let found = scripts.map(|(script, _)| problems(&book("print", script)).into_iter().next().unwrap_or_default());
    assert_eq!(found, scripts.map(|(_, expected)| expected.to_owned()));
    let json = "{\"schemaVersion\": \"0.3\", \"mainSteps\": [{\"name\": \"run\", \"action\": \"aws:executeScript\", \"inputs\":\n\
                {\"Runtime\": \"python3.11\", \"Handler\": \"x\",\n\"Script\": \"x = 1\\r\\ny = = 2\\n\"}}]}";
    assert_eq!(problems(json), ["script-syntax book.yaml:3:25"]);
}

#[test]
fn script_that_cannot_be_judged_is_passed_over() {
    if !has_python() {
        return;
    }
    let files = "files: {main.py: {}}\n";
    let silent = [
        book("main", "|\n        from library import *"),
        book("library.main", "import library"),
        book("'{{ global:REGION }}'", "import library"),
        book("main", "'def {{ global:REGION }}('"),
        book("main", "''\n      Attachment: main.py") + files,
        // This interpreter is older than the runtime.
        book("main", "'def main(:'").replace("python3.11", "python3.99"),
    ];
    for text in silent {
        assert_eq!(problems(&text), Vec::<String>::new(), "{text}");
    }
}

/// A `python3` that writes a file when it is started.
fn recording_python(situation: Situation, then: &str) -> Situation {
    let path = std::env::var("PATH").unwrap();
    let situation = situation.file("bin/python3", format!("#!/bin/sh\necho x >> started\n{then}\n"));
    let program = situation.path().join("bin/python3");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let bin = situation.path().join("bin").display().to_string();
    situation.env("PATH", &format!("{bin}:{path}"))
}

#[test]
fn python_is_started_once_and_only_for_python() {
    let plain = "schemaVersion: '0.3'\nmainSteps:\n  - {name: wait, action: aws:sleep, inputs: {Duration: PT1S}}\n";
    let situation = recording_python(Situation::new().file("plain.yaml", plain), "exit 1");
    assert_eq!(situation.run(&["validate", "plain.yaml"]).status, Some(0));
    assert!(!situation.path().join("started").exists());
    let situation = situation.file("one.yaml", book("main", "'def main(:'")).file("two.yaml", book("main", "x"));
    let outcome = situation.run(&["validate", "one.yaml", "plain.yaml", "two.yaml"]);
    assert_eq!((outcome.status, outcome.diagnostics()), (Some(0), Vec::new()), "no result, no problem");
    assert_eq!(std::fs::read_to_string(situation.path().join("started")).unwrap(), "x\n");
}

#[test]
fn nothing_is_checked_without_python() {
    let situation = Situation::new().file("book.yaml", book("main", "'def main(:'")).env("PATH", "/nowhere");
    let outcome = situation.run(&["validate", "book.yaml"]);
    assert_eq!(outcome.text(), "exit 0\n--- stderr\nbook.yaml is valid");
    let verbose = situation.run(&["-v", "validate", "book.yaml"]);
    assert!(verbose.stderr.contains("there is no `python3` on PATH"), "{}", verbose.text());
}

/// The page that shows three dots instead of each script.
const ABRIDGED: &str =
    "awsdocs__aws-systems-manager-user-guide__doc_source-automation-authoring-runbooks-scripted-example--block2.json";

/// The scripts of the corpus that are no valid Python, or lack their handler, besides those of [`ABRIDGED`], with the
/// reason.
const FAULTY_SCRIPTS: [(&str, &str); 1] = [(
    "awsdocs__aws-systems-manager-user-guide__doc_source-automation-action-executeScript--block1.yaml:21:13: \
     warning[script-syntax]: line 2 of the script is not valid Python, so the step can only fail: expected an indented \
     block after function definition on line 1",
    "the body of the function is not indented on the page",
)];

/// Scripts that a build fills in: `%%SCRIPT=common/parse_input.py%%`.
const FILLED_IN: &str = "%%SCRIPT=";

/// How many problems the scripts have that are filled in, and those of [`ABRIDGED`].
const EXPECTED: (usize, usize) = (203, 12);

#[test]
fn every_script_of_the_corpus_is_valid_or_a_known_fault() {
    let Some(files) = support::corpus() else { return };
    if !has_python() {
        return;
    }
    let models = load_models(None).unwrap();
    let texts = files.into_iter().map(|(name, bytes)| DocumentText { name, file: None, bytes });
    let mut validations: Vec<_> = texts.map(|text| validate_runbook(&text, None, &models)).collect();
    let scripts: usize = validations.iter().map(|validation| validation.scripts.len()).sum();
    assert!(scripts > 200, "only {scripts} scripts were found");
    check_python_scripts(&mut validations);
    let is_of_scripts = |code| matches!(code, Code::ScriptSyntax | Code::MissingHandler | Code::HandlerArguments);
    let (mut found, mut filled_in, mut abridged) = (Vec::new(), 0, 0);
    for validation in &validations {
        let problems = validation.diagnostics.iter().filter(|problem| is_of_scripts(problem.code));
        for problem in problems {
            let line = validation.source.position(problem.span.range().start.try_into().unwrap()).line;
            if validation.source.line(line).trim_start().starts_with(FILLED_IN) {
                filled_in += 1;
            } else if validation.source.name() == ABRIDGED {
                abridged += 1;
            } else {
                found.push(one_line(problem, &validation.source));
            }
        }
    }
    assert_eq!(found, FAULTY_SCRIPTS.map(|(problem, _)| problem));
    assert_eq!((filled_in, abridged), EXPECTED);
}

#[test]
fn missing_powershell_is_named_where_a_script_needs_it() {
    let text = book("main", "return 1").replace("python3.11", "PowerShell 7.4").replace("      Handler: main\n", "");
    let situation = Situation::new().file("book.yaml", text).env("PATH", "/nowhere");
    let checked = situation.run(&["validate", "book.yaml", "--format", "short"]);
    let planned = situation.run(&["plan", "book.yaml"]);
    let run = situation.run(&["run", "book.yaml"]);
    let said = "the runtime PowerShell 7.4 needs PowerShell 7, and no `pwsh` on PATH can be used; install it, or name it: \
                --pwsh PATH";
    assert_eq!(
        (checked.status, checked.stdout.as_str(), planned.status, planned.stderr, run.status, run.stderr),
        (
            Some(0),
            format!("book.yaml:6:16: warning[missing-interpreter]: {said}\n").as_str(),
            Some(2),
            format!("error: {said}\n"),
            Some(2),
            format!("error: {said}\n"),
        )
    );
}
