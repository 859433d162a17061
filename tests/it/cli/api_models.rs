//! `--aws-models`: models of AWS services in a folder of the user.

use std::fs;

use serde_json::{Value, json};

use crate::harness::Situation;

/// A runbook that calls a new service, and an API of EC2 that is not in the model in the program.
const BOOK: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: greet
    action: aws:executeAwsApi
    inputs: {Service: greetings, Api: list_greetings, Language: de}
  - name: other
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: ListGreetings, Languages: [de]}
";

const MODEL: &str = "models/greetings/2026-01-01/service-2.json";

fn model() -> Value {
    json!({
        "metadata": {"protocol": "json", "jsonVersion": "1.1", "endpointPrefix": "greetings", "signatureVersion": "v4"},
        "operations": {
            "ListGreetings": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "ListRequest"}},
        },
        "shapes": {
            "ListRequest": {"type": "structure", "required": ["Language"], "members": {"Language": {"shape": "Text"}}},
            "Text": {"type": "string"},
        },
    })
}

fn situation() -> Situation {
    let text = model().to_string();
    Situation::new().file("book.yaml", BOOK).file(MODEL, &text).file("models/ec2/2016-11-15/service-2.json", &text)
}

#[test]
fn a_folder_adds_a_service_and_replaces_one() {
    let situation = situation();
    let diagnostics = |arguments: &[&str]| situation.run(arguments).diagnostics();
    let without = diagnostics(&["validate", "book.yaml"]);
    let with = diagnostics(&["validate", "book.yaml", "--aws-models", "models"]);
    fs::write(situation.path().join("runwright.toml"), "aws-models = \"models\"\n").unwrap();
    let by_setting = diagnostics(&["validate", "book.yaml"]);
    let expected = ["invalid-api-parameter book.yaml:8:33", "invalid-api-parameter book.yaml:8:48 -> Language"];
    assert_eq!(
        (without, with, by_setting),
        (
            ["unknown-api book.yaml:5:23", "unknown-api book.yaml:8:33"].map(ToOwned::to_owned).to_vec(),
            expected.map(ToOwned::to_owned).to_vec(),
            expected.map(ToOwned::to_owned).to_vec(),
        )
    );
}

#[test]
fn a_folder_without_models_stops_every_command_at_once() {
    let situation = Situation::new()
        .runbook("", &["name: a, inputs: {FunctionName: echo}"])
        .file("book.test.yaml", "cases:\n- {name: one, expect: {status: Success}}\n")
        .file("empty/greetings/service-2.json", "{}");
    let ends = |folder: &str| {
        let commands: [&[&str]; 4] =
            [&["validate", "book.yaml"], &["plan", "book.yaml"], &["run", "book.yaml"], &["test", "book.test.yaml"]];
        commands.map(|command| {
            let outcome = situation.run(&[command, &["--aws-models", folder]].concat());
            (outcome.status, outcome.stdout, outcome.stderr)
        })
    };
    let help = "help: --aws-models takes a folder like `data` of botocore, the Python SDK\n";
    let refused = |message: &str| [(); 4].map(|()| (Some(2), String::new(), format!("error: {message}\n{help}")));
    assert_eq!(
        [ends("gone"), ends("book.yaml"), ends("empty")],
        [
            refused("folder gone of AWS service models cannot be listed: No such file or directory (os error 2)"),
            refused("folder book.yaml of AWS service models cannot be listed: Not a directory (os error 20)"),
            refused(
                "folder empty has no model of an AWS service: there is no SERVICE/VERSION/service-2.json or \
                 service-2.json.gz in it"
            ),
        ]
    );
}

#[test]
fn a_model_that_cannot_be_used_is_named_where_a_step_needs_it() {
    let messages = |change: &dyn Fn(Situation) -> Situation| {
        let situation = change(situation());
        let outcome = situation.run(&["validate", "--format", "short", "book.yaml", "--aws-models", "models"]);
        let first = outcome.stdout.lines().next().unwrap_or_default().to_owned();
        (outcome.status, first)
    };
    let pipe = |situation: Situation| {
        let path = situation.path().join(MODEL);
        fs::remove_file(&path).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        situation
    };
    let link = |situation: Situation| {
        let path = situation.path().join(MODEL);
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        situation
    };
    let dangling = |situation: Situation| {
        let mut model = model();
        model["operations"]["ListGreetings"]["input"]["shape"] = json!("Gone");
        situation.file(MODEL, model.to_string())
    };
    let problem = |what: &str| {
        (Some(0), format!("book.yaml:5:23: warning[unknown-api]: {MODEL}: the model of an AWS service {what}"))
    };
    assert_eq!(
        [
            messages(&|situation| situation.file(MODEL, "no JSON")),
            messages(&|situation| situation.file(MODEL, "[".repeat(100_000))),
            messages(&|situation| situation.file(MODEL, "{}".repeat(9_000_000))),
            messages(&dangling),
            messages(&pipe),
            messages(&link),
        ],
        [
            problem("is not valid JSON: expected ident at line 1 column 2"),
            problem("is not valid JSON: recursion limit exceeded at line 1 column 128"),
            problem("has more than 16777216 bytes"),
            problem("is not valid: operation ListGreetings refers to shape Gone, which the model does not have"),
            problem("cannot be read: it is not a regular file"),
            problem("cannot be read: it is not a regular file"),
        ]
    );
}

#[test]
fn an_execution_that_is_started_again_uses_the_recorded_folder() {
    let waiting = "schemaVersion: \"0.3\"\nmainSteps:\n- {name: a, action: 'aws:sleep', inputs: {Duration: PT0S}}\n";
    let situation = situation().file("sleep.yaml", waiting);
    let run = situation.run(&["run", "sleep.yaml", "--aws-models", "models"]);
    let shown = situation.run(&["executions", "show", "last"]).stdout.contains("AWS models  ");
    fs::rename(situation.path().join("models"), situation.path().join("moved")).unwrap();
    let gone = situation.run(&["rerun", "last"]);
    let replaced = situation.run(&["rerun", "last", "--aws-models", "moved"]);
    assert_eq!(
        (run.status, shown, gone.status, gone.stderr.contains("models of AWS service models cannot"), replaced.status),
        (Some(0), true, Some(2), true, Some(0)),
        "{}{}",
        gone.text(),
        replaced.text()
    );
}
