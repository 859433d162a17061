//! Wrong command lines, help, and side effects that commands must not have.

use std::process::Stdio;

use crate::harness::Situation;

const STEP: &str = "name: a, inputs: {FunctionName: echo}";

#[test]
fn missing_command_prints_help() {
    let outcome = Situation::new().run(&[]);
    assert_eq!(outcome.status, Some(2));
    assert!(outcome.stderr.contains("Usage: runwright") && outcome.stdout.is_empty());
}

#[test]
fn help_and_version_are_results() {
    let situation = Situation::new();
    let help = situation.run(&["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""));
    assert!(help.stdout.contains("Exit codes:") && help.stdout.contains("Examples:"));
    let version = situation.run(&["--version"]);
    assert_eq!(version.text(), format!("exit 0\n--- stdout\nrunwright {}", env!("CARGO_PKG_VERSION")));
    for command in ["run", "invoke", "validate", "plan", "schema", "functions", "executions", "completions"] {
        let help = situation.run(&[command, "--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[test]
fn a_parameter_without_a_value_is_explained() {
    let outcome = Situation::new().run(&["run", "book.yaml", "-p", "Foo"]);
    outcome.assert(2, "", &["'Foo' for '--parameter <NAME=VALUE>'", "Foo=VALUE"]);
}

#[test]
fn invalid_flag_values_are_explained() {
    let situation = Situation::new();
    let rejected = |flags: &[&str], texts: &[&str]| {
        situation.run(&[&["run", "book.yaml"], flags].concat()).assert(2, "", texts);
    };
    rejected(&["--retry-delay", "5"], &["'5' for '--retry-delay <DURATION>'", "`5s`"]);
    rejected(&["--throttle-window", "2h"], &["'2h' for '--throttle-window <DURATION>'", "one hour"]);
    rejected(&["--max-result-size", "lots"], &["'lots' for '--max-result-size <SIZE>'", "`200KB`", "`none`"]);
    rejected(&["--retry-delay", "1m"], &["60s", "30s", "--retry-delay", "--retry-max-delay"]);
    rejected(
        &["--functions", "t.yaml", "--profile", "p"],
        &["'--functions <FILE>' cannot be used with '--profile <NAME>'"],
    );
}

#[test]
fn unreadable_files_are_reported_with_help() {
    let situation = Situation::new().runbook("", &[STEP]);
    std::fs::create_dir(situation.path().join("folder")).unwrap();
    let rejected = |arguments: &[&str], texts: &[&str]| situation.run(arguments).assert(2, "", texts);
    rejected(&["run", "missing.yaml"], &["missing.yaml: there is no such file", "help: "]);
    rejected(
        &["run", "no/such/folder.yaml"],
        &["no/such/folder.yaml: there is no such file", "folder no/such does not exist"],
    );
    rejected(&["plan", "folder"], &["folder: it is a folder", "help: "]);
    let template = ["run", "book.yaml", "--functions", "missing.yaml"];
    rejected(&template, &["missing.yaml: no such functions template", "--functions"]);
    let parameters = ["run", "book.yaml", "--parameters", "file://missing.json"];
    rejected(&parameters, &["missing.json: there is no such file", "help: "]);
}

#[test]
fn missing_region_error_suggests_a_nearby_template() {
    let situation = Situation::new().functions().runbook("", &[STEP]);
    let run = situation.run(&["run", "book.yaml"]);
    run.assert(2, "", &["no region is set", "--region", "AWS_REGION", "help: ", "--functions template.yaml\n"]);
}

#[test]
fn missing_credentials_are_reported() {
    let situation = Situation::new().runbook("", &[STEP]);
    let run = situation.run(&["run", "book.yaml", "--region", "eu-central-1"]);
    run.assert(2, "", &["no AWS credentials were found", "AWS_ACCESS_KEY_ID", "--profile", "--functions"]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let situation = Situation::new();
    for arguments in [["schema", "--color=never"], ["completions", "bash"], ["run", "--help"]] {
        let mut child = situation.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let outcome = situation.end(child);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn completions_and_schema_are_results() {
    let situation = Situation::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = situation.run(&["completions", shell]);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
        assert!(outcome.stdout.contains("validate"), "{shell}");
    }
    let schema: serde_json::Value = serde_json::from_str(&situation.run(&["schema"]).stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn tracing_is_written_to_standard_error_on_request() {
    let situation = Situation::new().env("RUNWRIGHT_LOG", "not=a=filter");
    let outcome = situation.run(&["schema"]);
    assert_eq!(outcome.status, Some(0));
    assert!(outcome.stderr.starts_with("warning: RUNWRIGHT_LOG is not a valid filter"), "{}", outcome.stderr);
}
