//! Loops through the built program: what is seen of them, and what a killed process leaves.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::durable::told;
use crate::harness::Situation;

/// Calls each function of a list: `fail` fails, which is passed over.
const EACH: &str = "name: each, action: 'aws:loop', inputs: {Iterators: '{{ Functions }}', Steps: [\
    {name: call, action: 'aws:invokeLambdaFunction', onFailure: Continue, inputs: {FunctionName: '{{ each.CurrentIteratorValue }}', InputPayload: {n: '{{ each.CurrentIteration }}'}}}]}";

const AFTER: &str =
    "name: after, inputs: {FunctionName: echo, InputPayload: {last: '{{ each.CurrentIteratorValue }}'}}";

/// Of `runbook`, whose steps have an action already.
fn book(head: &str, steps: &[&str]) -> String {
    let steps: String = steps
        .iter()
        .map(|step| {
            if step.contains("action:") && step.find("action:") < step.find("inputs:") {
                format!("  - {{{step}}}\n")
            } else {
                format!("  - {{action: 'aws:invokeLambdaFunction', {step}}}\n")
            }
        })
        .collect();
    format!("schemaVersion: \"0.3\"\n{head}mainSteps:\n{steps}")
}

fn looping(functions: &str) -> Situation {
    let head = format!(
        "parameters: {{Functions: {{type: StringList, default: {functions}}}}}\noutputs: [each.CurrentIteration, after.Payload]\n"
    );
    Situation::new().functions().file("book.yaml", book(&head, &[EACH, AFTER]))
}

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

#[test]
fn a_loop_in_lines() {
    assert_snapshot!(told(&looping("[echo, fail, say]").run(&RUN)));
}

#[test]
fn loop_with_quiet_output() {
    assert_snapshot!(told(&looping("[echo, fail, say]").run(&[&RUN[..], &["--quiet"]].concat())));
}

#[test]
fn a_loop_in_the_shape_of_the_service() {
    let outcome = looping("[echo, fail]").run(&[&RUN[..], &["--output", "json"]].concat());
    let execution: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let steps = execution["StepExecutions"].as_array().unwrap();
    let id = &steps[0]["StepExecutionId"];
    let parent = |iteration: u32, value: &str| json!({"StepExecutionId": id, "StepName": "each", "Action": "aws:loop", "Iteration": iteration, "IteratorValue": value});
    let found: Vec<Value> =
        steps.iter().map(|step| json!([step["StepName"], step["StepStatus"], step["ParentStepDetails"]])).collect();
    assert_eq!(
        found,
        [
            json!(["each", "Success", null]),
            json!(["call", "Success", parent(1, "echo")]),
            json!(["call", "Failed", parent(2, "fail")]),
            json!(["after", "Success", null]),
        ]
    );
    assert_eq!(steps[0]["Outputs"], json!({"CurrentIteration": ["2"], "CurrentIteratorValue": ["fail"]}));
    assert_eq!(steps[0]["Inputs"], json!({"Iterators": r#"["echo","fail"]"#}));
    assert_eq!(execution["Outputs"]["after.Payload"], json!([r#"{"last":"fail"}"#]));
}

#[test]
fn a_loop_of_every_type_of_item() {
    let types = ["String", "Integer", "Boolean", "StringMap"];
    let items = ["[a]", "[7]", "[true]", "[{k: v}]"];
    let steps: Vec<String> = types.iter().zip(items).map(|(name, items)| format!(
        "name: each{name}, action: 'aws:loop', inputs: {{IteratorDataType: {name}, Iterators: {items}, Steps: [\
         {{name: call{name}, action: 'aws:invokeLambdaFunction', inputs: {{FunctionName: echo, InputPayload: {{item: '{{{{ each{name}.CurrentIteratorValue }}}}'}}}}}}]}}"
    )).collect();
    let outputs = types.map(|name| format!("call{name}.Payload")).join(", ");
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let situation = Situation::new().functions().file("book.yaml", book(&format!("outputs: [{outputs}]\n"), &steps));
    let outcome = situation.run(&[&RUN[..], &["--quiet"]].concat());
    assert_snapshot!(outcome.stdout, @r#"
    callString.Payload = {"item":"a"}
    callInteger.Payload = {"item":7}
    callBoolean.Payload = {"item":true}
    callStringMap.Payload = {"item":{"k":"v"}}
    "#);
}

#[test]
fn loop_condition_is_evaluated_after_the_steps() {
    let steps = [
        "name: poll, action: 'aws:loop', inputs: {MaxIterations: 5, LoopCondition: {Variable: '{{ ask.FunctionError }}', StringEquals: Unhandled}, Steps: [\
         {name: ask, action: 'aws:invokeLambdaFunction', onFailure: Continue, inputs: {FunctionName: flaky}}]}",
    ];
    let situation = Situation::new().functions().file("book.yaml", book("outputs: [poll.CurrentIteration]\n", &steps));
    let outcome = situation.run(&[&RUN[..], &["--quiet"]].concat());
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "poll.CurrentIteration = 2\n"));
}

#[test]
fn history_collapses_successful_iterations() {
    let situation = looping("[echo, fail, echo, echo]");
    situation.run(&RUN);
    let outcome = situation.run(&["executions", "show", "last"]);
    let story = outcome
        .stdout
        .lines()
        .filter(|line| line.contains("aws:loop") || line.contains("inside not shown") || line.contains("iteration 2"));
    let story: Vec<&str> = story.map(|line| line.trim_start_matches([' ', '|'])).collect();
    assert_snapshot!(story.join("\n"), @r"
    step call ended Failed in iteration 2 of 4 (fail) of each and is not critical (onFailure: Continue): Boom: it broke
    │ aws:loop · 4 iterations
    │ aws:invokeLambdaFunction · iteration 2 of 4 (fail) of each · no step follows (onFailure: Continue, not critical)
    ");
    let full = situation.run(&["executions", "show", "last", "--full"]);
    assert_eq!(full.stdout.matches("aws:invokeLambdaFunction · iteration").count(), 4, "{}", full.stdout);
}

#[test]
fn killed_run_resumes_in_its_iteration() {
    let situation = looping("[echo, gate, echo]");
    let mut child = situation.start(&RUN);
    situation.wait_for("code/waits");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(situation.path().join("code/open"), "").unwrap();
    assert_snapshot!(told(&situation.run(&["resume"])));
    // The call was under way when the process died, and is sent again.
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\ncalled\n");
}

#[test]
fn redrive_restarts_the_whole_loop() {
    let steps = [EACH.replace("onFailure: Continue", "onFailure: Abort"), AFTER.to_owned()];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let head = "parameters: {Functions: {type: StringList, default: [echo, flaky]}}\n";
    let situation = Situation::new().functions().file("book.yaml", book(head, &steps));
    let told_of = |arguments: &[&str]| told(&situation.run(arguments));
    let all = [
        told_of(&[&RUN[..], &["--quiet"]].concat()),
        told_of(&["redrive", "last", "--from", "call"]),
        told_of(&["redrive", "last"]),
        told_of(&["redrive", "last", "--from", "after", "--quiet"]),
    ];
    assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_loop_in_a_plan() {
    assert_snapshot!(told(&looping("[echo, say]").run(&["plan", "book.yaml", "--functions", "template.yaml"])));
}

#[test]
fn a_loop_on_its_graph() {
    let situation = looping("[echo, fail]");
    situation.run(&RUN);
    let graph = situation.run(&["graph", "last"]);
    let marked = graph.stdout.lines().filter(|line| line.contains("2 iterations") || line.contains("2 runs"));
    assert_eq!(marked.count(), 2, "{}", graph.stdout);
}

#[test]
fn sensitive_items_are_redacted_everywhere() {
    let situation = looping("[echo]");
    let run = [&RUN[..], &["-p", "Functions=echo,say", "--sensitive", "Functions", "--output", "jsonl"]].concat();
    let outcome = situation.run(&run);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    let shown = situation.run(&["executions", "show", "last", "--full"]);
    for text in [&outcome.stdout, &outcome.stderr, &shown.stdout] {
        assert!(!text.contains("\"echo\"") && !text.contains("(say)"), "{text}");
    }
}

#[test]
fn killed_loop_over_sensitive_items_resumes_when_they_are_supplied_again() {
    let situation = looping("[echo]");
    let given = ["-p", "Functions=echo,gate,echo", "--sensitive", "Functions"];
    let mut child = situation.start(&[&RUN[..], &given[..]].concat());
    situation.wait_for("code/waits");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(situation.path().join("code/open"), "").unwrap();
    let outcome = situation.run(&["resume", "last", "-p", "Functions=echo,gate,echo", "--quiet"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\ncalled\n");
}
