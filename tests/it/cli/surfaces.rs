//! The table "Coming from another tool" of `docs/reference.md`: each command replaces the tool beside it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::Situation;

/// The commands of the table, as a shell gets them.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md")).unwrap();
    let table = page.split_once("## Coming from another tool").unwrap().1.split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.rsplit_once(" | `").unwrap().1.trim_end_matches("` |").replace("\\|", "|")).collect()
}

#[test]
fn each_of_five_invocation_tools_has_an_equivalent_command() {
    let template = "Transform: AWS::Serverless-2016-10-31\nResources:\n  restart:\n    Type: AWS::Serverless::Function\n    \
                    Properties: {FunctionName: restart, Handler: restart, Runtime: provided.al2023, CodeUri: code/}\n";
    let situation = Situation::new()
        .functions()
        .file("template.yaml", template)
        .file("code/restart.sh", "printf '{\"got\": %s}' \"$(cat)\"\n")
        .file(
            "runbook.yaml",
            "schemaVersion: '0.3'\nparameters: {Host: {type: String}}\nmainSteps:\n  - name: restart\n    action: \
             aws:invokeLambdaFunction\n    inputs: {FunctionName: restart, InputPayload: {host: '{{ Host }}'}}\n\
             outputs: [restart.Payload]\n",
        );
    let program = Path::new(env!("CARGO_BIN_EXE_runwright")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let outcomes: Vec<(Option<i32>, String, String)> = commands()
        .iter()
        .map(|command| {
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(situation.path())
                .env_clear()
                .env("PATH", &path)
                .env("HOME", situation.path())
                .env("RUNWRIGHT_FUNCTIONS", situation.path().join("template.yaml"))
                .output()
                .unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (output.status.code(), text(output.stdout), text(output.stderr))
        })
        .collect();
    let reply = "{\"got\": {\"host\": \"web-1\"}}";
    let results: Vec<(Option<i32>, &str)> = outcomes.iter().map(|(code, out, _)| (*code, out.as_str())).collect();
    let [run, cli, action, task, ephemeral] = results.try_into().unwrap();
    assert_eq!(run, (Some(0), "restart.Payload = {\"got\": {\"host\":\"web-1\"}}\n"), "{outcomes:?}");
    assert_eq!(
        (cli, std::fs::read_to_string(situation.path().join("out.json")).unwrap().as_str()),
        ((Some(0), ""), reply)
    );
    assert_eq!(action, (Some(0), reply), "{outcomes:?}");
    assert!(outcomes[2].2.contains("START RequestId"), "the log is shown: {outcomes:?}");
    assert_eq!(task.0, Some(0), "{outcomes:?}");
    let exported = std::fs::read_to_string(situation.path().join("result.env")).unwrap();
    assert_eq!(exported, format!("RESULT={reply}\n"));
    let result: Value = serde_json::from_str(ephemeral.1).unwrap();
    assert_eq!((ephemeral.0, &result["Payload"]), (Some(0), &json!("{\"got\": {}}")), "{outcomes:?}");
}
