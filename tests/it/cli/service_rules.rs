//! Rules of the service about the path of an execution and the inputs of a step (spec 2.3, 3.4).

use serde_json::{Value, json};

use crate::harness::{Outcome, Situation};

/// A step that ends the execution, unless it fails: then a recovery step runs.
const REPAIRED: [&str; 3] = [
    "name: check, isEnd: true, isCritical: false, onFailure: 'step:repair', inputs: {FunctionName: fail}",
    "name: skipped, inputs: {FunctionName: echo}",
    "name: repair, inputs: {FunctionName: echo, InputPayload: {why: '{{ check.FunctionError }}'}}",
];

/// A step whose output is not in the result, and one whose input refers to it.
const UNSET: [&str; 2] = [
    "name: one, inputs: {FunctionName: echo}, outputs: [{Name: Missing, Selector: $.missing, Type: String}]",
    "name: two, inputs: {FunctionName: echo, InputPayload: {value: '{{one.Missing}}', text: 'is {{ one.Missing }}'}}",
];

fn run(situation: &Situation, more: &[&str]) -> Outcome {
    situation.run(&[&["run", "book.yaml", "--functions", "template.yaml"][..], more].concat())
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn failing_is_end_step_follows_on_failure() {
    let situation = Situation::new().functions().runbook("", &REPAIRED);
    let outcome = run(&situation, &["--output", "json"]);
    let document = json(&outcome);
    let steps: Vec<_> = document["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["StepName"].clone(), step["StepStatus"].clone(), step["ValidNextSteps"].clone()))
        .collect();
    assert_eq!(
        (outcome.status, steps),
        (
            Some(0),
            vec![
                (json!("check"), json!("Failed"), json!(["repair"])),
                (json!("skipped"), json!("Pending"), json!(["repair"])),
                (json!("repair"), json!("Success"), json!([])),
            ]
        )
    );
}

#[test]
fn plan_and_graph_and_coverage_know_the_path_after_a_failing_end() {
    let cases = "cases:\n- {name: right, steps: {check: {payload: {}}}, expect: {path: [check]}}\n";
    let situation = Situation::new().functions().runbook("", &REPAIRED).file("book.test.yaml", cases);
    let plan = json(&situation.run(&["plan", "book.yaml", "--output", "json"]));
    let graph = situation.run(&["graph", "book.yaml", "--format", "dot"]).stdout;
    let coverage = situation.run(&["test", "book.test.yaml", "--coverage"]).stdout;
    assert_eq!(
        (
            plan["steps"][0]["next"].clone(),
            plan["steps"][1]["reachable"].clone(),
            graph.lines().filter(|line| line.contains("\"step check\" ->")).count(),
            coverage.lines().any(|line| line.contains("onFailure of check -> repair")),
        ),
        (json!({"success": [], "failure": "repair", "onFailure": "step:repair"}), json!(false), 2, true),
        "{plan:#}\n{graph}\n{coverage}"
    );
}

#[test]
fn unresolved_input_is_sent_literally_with_a_warning() {
    let situation = Situation::new().functions().runbook("outputs: [two.Payload]\n", &UNSET);
    let payload = "two.Payload = {\"value\":\"{{one.Missing}}\",\"text\":\"is {{ one.Missing }}\"}\n";
    run(&situation, &[]).assert(0, payload, &["two attempt 1 of 1 started", WARNING, "two Success", "book: Success"]);
    let shown = situation.run(&["executions", "show", "last"]).stdout;
    assert!(shown.contains(WARNING), "{shown}");
}

const WARNING: &str = "warning: InputPayload contains {{ one.Missing }} unresolved";

#[test]
fn quiet_run_warns_of_unresolved_input() {
    let situation = Situation::new().functions().runbook("", &UNSET);
    run(&situation, &["--quiet"]).assert(0, "", &["step two: ", WARNING, "book: Success"]);
}

#[test]
fn unresolved_function_name_fails_input_validation() {
    let steps = [UNSET[0], "name: two, inputs: {FunctionName: '{{ one.Missing }}'}"];
    let situation = Situation::new().functions().runbook("", &steps);
    run(&situation, &["--quiet"]).assert(
        1,
        "",
        &["step two: Failed", "`{{ one.Missing }}`", "has no value", "book: Failed"],
    );
    assert_eq!(situation.history("last"), "one Success, two Failed (Verification InputValidation), Failed");
}

#[test]
fn loop_with_next_step_inside_itself_is_rejected() {
    let loops = ["nextStep: inner", "onFailure: 'step:inner'"];
    let refused = loops.map(|leads| {
        let text = format!(
            "schemaVersion: '0.3'\nmainSteps:\n- name: each\n  action: aws:loop\n  {leads}\n  inputs:\n    Iterators: [a]\n    \
             Steps:\n    - {{name: inner, action: 'aws:sleep', inputs: {{Duration: PT0S}}}}\n"
        );
        let situation = Situation::new().file("loop.yaml", text);
        let run = situation.run(&["run", "loop.yaml"]);
        let first = run.stderr.lines().next().unwrap_or_default().to_owned();
        (run.status, first)
    });
    let error = |key: &str| {
        let text = format!("error[unknown-step]: `{key}` refers to the step `inner`, which is inside the loop `each`");
        (Some(3), text)
    };
    assert_eq!(refused, [error("nextStep"), error("onFailure")]);
}
