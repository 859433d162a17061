//! `runwright validate`

use crate::harness::Situation;

const GOOD: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: a
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: f}
";

const BAD: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: a
    action: aws:invokeLambdaFunction
    onFailure: step:nowhere
    onFailur: Continue
    inputs: {FunctionName: \"{{ Name }}\"}
";

const REGRETTED: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: a
    action: aws:invokeLambdaFunction
    timeoutSeconds: 900
    inputs: {FunctionName: f}
";

fn situation() -> Situation {
    Situation::new().file("good.yaml", GOOD).file("bad.yaml", BAD).file("regretted.yaml", REGRETTED)
}

#[test]
fn valid_file_is_reported_as_valid() {
    assert_eq!(situation().run(&["validate", "good.yaml"]).text(), "exit 0\n--- stderr\ngood.yaml is valid");
}

#[test]
fn all_problems_of_all_files_are_reported() {
    let outcome = situation().run(&["validate", "good.yaml", "bad.yaml", "missing.yaml", "regretted.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn validate_short_output() {
    let outcome = situation().run(&["validate", "--format", "short", "good.yaml", "bad.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn validate_github_annotations() {
    let outcome = situation().run(&["validate", "--format", "github", "bad.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn validate_json_output() {
    let outcome = situation().run(&["validate", "--format", "json", "bad.yaml", "missing.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn warnings_can_be_denied() {
    let situation = situation();
    let status = |arguments: &[&str]| situation.run(arguments).status;
    assert_eq!(status(&["validate", "regretted.yaml"]), Some(0));
    assert_eq!(status(&["validate", "regretted.yaml", "--deny-warnings"]), Some(3));
    assert_eq!(status(&["validate", "missing.yaml"]), Some(2));
    assert_eq!(status(&["validate", "missing.yaml", "bad.yaml"]), Some(3));
}

#[test]
fn standard_input_and_non_utf8_bytes() {
    let rows: [(&[u8], i32, &[&str]); 3] = [
        (GOOD.as_bytes(), 0, &[]),
        (b"schemaVersion: \xff\n", 3, &["invalid-utf8 <stdin>:1:16"]),
        (b"", 3, &["empty-document <stdin>:1:1"]),
    ];
    for (input, code, diagnostics) in rows {
        let outcome = Situation::new().input(input).run(&["validate", "-"]);
        let expected: Vec<_> = diagnostics.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!((outcome.status, outcome.diagnostics()), (Some(code), expected), "{}", outcome.text());
    }
}

#[test]
fn case_files_are_validated_as_case_files() {
    let situation = Situation::new()
        .file("good.yaml", GOOD)
        .file("good.test.yaml", "cases:\n  - name: a reply\n    steps: {a: {payload: 1}}\n")
        .file("wrong.test.yaml", "runbook: good.yaml\ncases:\n  - name: a reply\n    steps: {b: {payload: 1}}\n")
        .file("lost.test.yaml", "cases:\n  - name: a reply\n");
    let files = ["validate", "--format", "short", "good.yaml", "good.test.yaml", "wrong.test.yaml", "lost.test.yaml"];
    let outcome = situation.run(&files);
    let (position, message) = outcome.stdout.trim_end().split_once(": error[unknown-case-step]: ").unwrap();
    assert_eq!((position, message.contains("`b`"), message.lines().count()), ("wrong.test.yaml:4:13", true, 1));
    assert_eq!(outcome.status, Some(3));
    assert!(
        outcome.stderr.contains("error: lost.test.yaml has no runbook: there is no lost.yaml\n"),
        "{}",
        outcome.text()
    );
}
