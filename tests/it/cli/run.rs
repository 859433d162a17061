//! `runwright run`, with functions on this machine.

use runwright::store::{Filter, Page};
use serde_json::Value;

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

const LOCAL: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

fn run(situation: &Situation, more: &[&str]) -> crate::harness::Outcome {
    situation.run(&[&LOCAL[..], more].concat())
}

#[test]
fn outputs_are_printed_after_success() {
    let head = "parameters: {Who: {type: String}, Many: {type: StringList, default: [x, y]}}\n\
                outputs: [greet.Said, greet.Two, list.Payload]\n";
    let situation = Situation::new().functions().runbook(
        head,
        &[
            "name: greet, inputs: {FunctionName: echo, InputPayload: {who: '{{ Who }}', lines: \"a\\nb\"}}, \
             outputs: [{Name: Said, Selector: $.who, Type: String}, {Name: Two, Selector: $.lines, Type: String}]",
            "name: list, inputs: {FunctionName: echo, InputPayload: {all: '{{ Many }}', said: '{{ greet.Said }}'}}",
        ],
    );
    let outputs = "greet.Said = you\ngreet.Two = \"a\\nb\"\nlist.Payload = {\"all\":[\"x\",\"y\"],\"said\":\"you\"}\n";
    run(&situation, &["-p", "Who=you"]).assert(
        0,
        outputs,
        &["step greet Success", "step list Success", "book: Success"],
    );
    assert_eq!(situation.history("last"), "greet Success, list Success, Success");
}

#[test]
fn failure_is_reported_in_full_and_recovered_from() {
    let situation = Situation::new().functions().runbook(
        "",
        &[
            "name: try, maxAttempts: 2, onFailure: 'step:recover', inputs: {FunctionName: fail, LogType: Tail}",
            "name: skipped, inputs: {FunctionName: echo}",
            "name: recover, inputs: {FunctionName: echo}",
        ],
    );
    insta::assert_snapshot!(run(&situation, &["--retry-delay", "10ms", "--retry-jitter", "0"]).text());
    assert_eq!(situation.history("last"), "try attempt 2, try Failed (Function Ran), recover Success, Failed");
}

#[test]
fn quiet_prints_only_the_result() {
    let situation = Situation::new().functions().runbook(
        "",
        &["name: try, onFailure: Continue, inputs: {FunctionName: wild}", "name: rest, inputs: {FunctionName: echo}"],
    );
    insta::assert_snapshot!(run(&situation, &["--quiet"]).text());
}

#[test]
fn a_timeout_has_its_own_exit_code() {
    let situation =
        Situation::new().functions().runbook("", &["name: wait, timeoutSeconds: 1, inputs: {FunctionName: slow}"]);
    let outcome = run(&situation, &["--quiet"]);
    outcome.assert(4, "", &["step wait: TimedOut", "Timeout", "may still be running", "book: TimedOut"]);
    assert_eq!(situation.history("last"), "wait TimedOut (Timeout MayHaveRun), TimedOut");
}

#[test]
fn json_is_one_document_in_the_shape_of_the_service() {
    let situation = Situation::new().functions().runbook(
        "outputs: [again.Payload]\n",
        &["name: again, maxAttempts: 2, inputs: {FunctionName: flaky}", "name: b, inputs: {FunctionName: say}"],
    );
    let outcome = run(&situation, &["--output", "json", "--retry-delay", "1ms"]);
    assert_eq!(outcome.status, Some(0));
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let steps: Vec<_> = document["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (step["StepName"].as_str().unwrap(), step["StepStatus"].as_str().unwrap(), step["Attempts"].as_u64())
        })
        .collect();
    assert_eq!(steps, [("again", "Success", Some(2)), ("b", "Success", Some(1))]);
    assert_eq!(document["Outputs"], serde_json::json!({"again.Payload": ["{\"ok\": true}"]}));
    assert_eq!(document["ExecutedBy"], "operator");
    assert!(outcome.stderr.contains("execution ended: book: Success"));
}

#[test]
fn jsonl_is_the_history() {
    let situation = Situation::new().functions().runbook("", &["name: a, inputs: {FunctionName: say}"]);
    let outcome = run(&situation, &["--output", "jsonl", "--show-logs"]);
    assert_eq!(outcome.status, Some(0));
    let kinds: Vec<String> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        ["ExecutionStarted", "StepStarted", "AttemptStarted", "AttemptEnded", "StepEnded", "ExecutionEnded"]
    );
    assert!(
        outcome.stderr.contains("log say: one\n") && outcome.stderr.contains("log say: two\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn parameters_come_from_files_and_from_the_command_line() {
    let head = "parameters: {A: {type: String}, B: {type: Integer}, C: {type: StringMap, default: {}}}\n";
    let situation = Situation::new()
        .functions()
        .file("p.json", "{\"A\": [\"from the file\"], \"B\": [\"1\"], \"C\": [\"{\\\"k\\\": \\\"v\\\"}\"]}")
        .runbook(
            head,
            &["name: a, inputs: {FunctionName: echo, InputPayload: {a: '{{ A }}', b: '{{ B }}', c: '{{ C }}'}}"],
        )
        .file("copy.yaml", "");
    let payload = |more: &[&str]| {
        let outcome = run(&situation, &[more, &["--output", "json"]].concat());
        let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
        document["StepExecutions"][0]["Outputs"]["Payload"][0].as_str().unwrap().to_owned()
    };
    let both = r#"{"a":"from the file","b":2,"c":{"k":"v"}}"#;
    assert_eq!(payload(&["--parameters", "file://p.json", "-p", "B=2"]), both);
    assert_eq!(payload(&["--parameters", "p.json", "-p", "B=2"]), both);
    assert_eq!(payload(&["--parameters", "{\"A\": \"x\", \"B\": 3}"]), r#"{"a":"x","b":3,"c":{}}"#);
}

#[test]
fn all_invalid_parameters_are_reported_before_the_run() {
    let head = "parameters: {Name: {type: String}, Count: {type: Integer}, Size: {type: String, default: s, allowedValues: [s, m]}}\n";
    let situation =
        Situation::new().functions().runbook(head, &["name: a, inputs: {FunctionName: echo}"]).file("broken.json", "{");
    let unknown = ["Undefined execution inputs: [Nam]", "`Name` instead of `Nam`"];
    let invalid =
        ["Missing required parameter: Name", "value supplied for Count", "\"many\"", "\"Size\" has value \"xl\""];
    run(&situation, &["-p", "Count=many", "-p", "Size=xl", "-p", "Nam=x"]).assert(
        3,
        "",
        &[&unknown[..], &invalid, &["4 problems with the parameters", "-p Name="]].concat(),
    );
    run(&situation, &["-p", "Count=1", "-p", "Count=2"]).assert(
        2,
        "",
        &["parameter Count is given twice", "-p Count=a,b"],
    );
    let broken = run(&situation, &["--parameters", "broken.json"]);
    broken.assert(3, "", &["cannot read the parameters in broken.json", "help: "]);
    assert_eq!(broken.diagnostics()[0], "syntax broken.json:1:1");
    assert_eq!(situation.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

#[test]
fn runbook_is_read_from_standard_input() {
    let book = "{\"schemaVersion\": \"0.3\", \"mainSteps\": [{\"name\": \"a\", \"action\": \"aws:invokeLambdaFunction\", \
                \"inputs\": {\"FunctionName\": \"echo\"}}]}";
    let situation = Situation::new().functions().env("RUNWRIGHT_FUNCTIONS", "template.yaml").input(book);
    let outcome = situation.run(&["run", "-", "--quiet"]);
    assert_eq!(outcome.text(), "exit 0\n--- stderr\n✓ stdin: Success in DURATION, 1 step run");
}

#[test]
fn run_mentions_warnings() {
    let situation =
        Situation::new().functions().runbook("", &["name: a, timeoutSeconds: 900, inputs: {FunctionName: say}"]);
    let outcome = run(&situation, &[]);
    let first = outcome.stderr.lines().next().unwrap_or_default();
    assert_eq!(first, "warning: book.yaml has 1 warning; to see them: `runwright validate book.yaml`");
}

#[test]
fn branch_sleep_and_variable_work_together() {
    let book = r#"schemaVersion: "0.3"
parameters:
  Count: {type: Integer, default: 3}
variables:
  note: {type: String, default: nothing}
outputs: [tell.Payload]
mainSteps:
  - name: look
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: echo, InputPayload: {count: "{{ Count }}"}}
    outputs: [{Name: Count, Selector: $.count, Type: Integer}]
  - name: choose
    action: aws:branch
    inputs:
      Choices:
        - {NextStep: many, Variable: "{{ look.Count }}", NumericGreater: 2}
      Default: tell
  - name: many
    action: aws:updateVariable
    inputs: {Name: "variable:note", Value: "{{ look.Count }} is many"}
  - name: rest
    action: aws:sleep
    inputs: {Duration: PT0.01S}
  - name: tell
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: echo, InputPayload: {note: "{{ variable:note }}"}}
"#;
    let situation = Situation::new().functions().file("book.yaml", book);
    let run = ["run", "book.yaml", "--functions", "template.yaml"];
    situation.run(&run).assert(
        0,
        "tell.Payload = {\"note\":\"3 is many\"}\n",
        &["step rest waits 10ms", "book: Success"],
    );
    let many = "look Success, choose Success, note = \"3 is many\", many Success, rest Success, tell Success, Success";
    assert_eq!(situation.history("last"), many);
    let few = situation.run(&[&run[..], &["-p", "Count=2", "--quiet"]].concat());
    few.assert(0, "tell.Payload = {\"note\":\"nothing\"}\n", &["book: Success", "3 of 5 steps run"]);
    assert_eq!(situation.history("last"), "look Success, choose Success, tell Success, Success");
}

#[test]
fn blocked_output_does_not_delay_the_execution() {
    let step = |number: usize| {
        format!("{{name: s{number}, action: 'aws:updateVariable', inputs: {{Name: 'variable:V', Value: x}}}}")
    };
    let items: Vec<String> = (0..100).map(|item| item.to_string()).collect();
    let steps: Vec<String> = (0..10).map(step).collect();
    let text = format!(
        "{{schemaVersion: '0.3', variables: {{V: {{type: String, default: a}}}}, mainSteps: [{{name: each, action: \
         'aws:loop', inputs: {{Iterators: [{}], Steps: [{}]}}}}]}}",
        items.join(", "),
        steps.join(", ")
    );
    let situation = Situation::new().file("book.yaml", text);
    // The pipes are not read, and are far smaller than the output.
    let child = situation.start(&["run", "book.yaml"]);
    situation.wait_until(|journal| {
        let found = journal.list(&Filter::default(), &Page::default()).unwrap();
        found.first().is_some_and(|entry| entry.status.ended().is_some())
    });
    let outcome = situation.end(child);
    let shown = outcome.stderr.lines().filter(|line| line.contains("step s")).count();
    assert_eq!((outcome.status, shown >= 1_000), (Some(0), true), "{shown} lines");
}
