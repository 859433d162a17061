//! Loops through the built program: their output, and resuming after a kill.

use serde_json::{Value, json};

use crate::harness::Situation;

/// Calls each function of a list; the failure of `fail` is tolerated.
const EACH: &str = "name: each, action: 'aws:loop', inputs: {Iterators: '{{ Functions }}', Steps: [\
    {name: call, action: 'aws:invokeLambdaFunction', onFailure: Continue, inputs: {FunctionName: '{{ each.CurrentIteratorValue }}', InputPayload: {n: '{{ each.CurrentIteration }}'}}}]}";

const AFTER: &str =
    "name: after, inputs: {FunctionName: echo, InputPayload: {last: '{{ each.CurrentIteratorValue }}'}}";

/// Likewise for steps with an explicit action.
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
fn loop_runs_its_steps_for_each_item() {
    let situation = looping("[echo, fail, say]");
    let iterations = ["iteration 1 of 3 (echo)", "iteration 2 of 3 (fail)", "call Failed", "iteration 3 of 3 (say)"];
    let ends = ["each Success", "3 iterations", "book: Success", "iteration 2 of 3 (fail) of each and is not critical"];
    situation.run(&RUN).assert(0, OUTPUTS, &[&iterations[..], &ends].concat());
    let history = "each[1], call Success, each[2], call Failed (Function Ran), each[3], call Success, each Success, after Success, Success";
    assert_eq!(situation.history("last"), history);
}

const OUTPUTS: &str = "each.CurrentIteration = 3\nafter.Payload = {\"last\":\"say\"}\n";

#[test]
fn quiet_run_reports_failed_iterations() {
    let outcome = looping("[echo, fail, say]").run(&[&RUN[..], &["--quiet"]].concat());
    outcome.assert(
        0,
        OUTPUTS,
        &["step call: Failed in iteration 2 of 3 (fail) of each", "Boom: it broke", "book: Success"],
    );
    assert_eq!(outcome.stderr.matches("step call: ").count(), 1, "{}", outcome.text());
}

#[test]
fn loop_json_has_the_shape_of_the_service() {
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
fn loop_over_every_item_type() {
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
    let outputs = "callString.Payload = {\"item\":\"a\"}\ncallInteger.Payload = {\"item\":7}\n\
                   callBoolean.Payload = {\"item\":true}\ncallStringMap.Payload = {\"item\":{\"k\":\"v\"}}\n";
    outcome.assert(0, outputs, &["book: Success"]);
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
    let count = |text: &str| outcome.stdout.matches(text).count();
    let counts =
        ["aws:loop · 4 iterations", "· iteration 2 of 4 (fail) of each", "aws:invokeLambdaFunction · iteration"]
            .map(count);
    assert_eq!(counts, [1, 1, 1], "{}", outcome.stdout);
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
    let outputs = OUTPUTS.replace("say", "echo");
    situation.run(&["resume"]).assert(0, &outputs, &["iteration 2 of 3 (gate)", "sent again", "book: Success"]);
    let history = "each[1], call Success, each[2], resumed, call interrupted, call sent again, call Success, each[3], call Success, \
                   each Success, after Success, Success";
    assert_eq!(situation.history("last"), history);
    // The call was in flight when the process was killed, and is sent again.
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\ncalled\n");
}

#[test]
fn redrive_restarts_the_whole_loop() {
    let steps = [EACH.replace("onFailure: Continue", "onFailure: Abort"), AFTER.to_owned()];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let head = "parameters: {Functions: {type: StringList, default: [echo, flaky]}}\n";
    let situation = Situation::new().functions().file("book.yaml", book(head, &steps));
    let run = situation.run(&[&RUN[..], &["--quiet"]].concat());
    run.assert(1, "", &["step call: Failed in iteration 2 of 2 (flaky) of each", "step each: Failed", "book: Failed"]);
    let inside = situation.run(&["redrive", "last", "--from", "call"]);
    inside.assert(2, "", &["--from call", "inside the loop each", "--from each"]);
    let redrive = situation.run(&["redrive", "last"]);
    redrive.assert(0, "", &["iteration 1 of 2 (echo)", "iteration 2 of 2 (flaky)", "book: Success"]);
    let whole = "each[1], call Success, each[2], call Success, each Success, after Success, Success";
    assert_eq!(situation.history("last"), whole);
    let after = situation.run(&["redrive", "last", "--from", "after", "--quiet"]);
    after.assert(0, "", &["book: Success", "2 reused and 1 of 3 steps run"]);
}

#[test]
fn plan_counts_all_iterations_of_a_loop() {
    let situation = looping("[echo, say]");
    let plan = ["plan", "book.yaml", "--functions", "template.yaml"];
    let json = situation.run(&[&plan[..], &["--output", "json"]].concat()).json();
    let steps = json["steps"].as_array().unwrap().iter();
    let steps: Vec<Value> = steps.map(|step| json!([step["name"], step["worstCaseSeconds"]])).collect();
    let expected = [json!(["each", 600.0]), json!(["call", 300.0]), json!(["after", 300.0])];
    let worst = json!({"seconds": 900.0, "path": ["each", "after"]});
    assert_eq!((steps, &json["worstCase"]), (expected.to_vec(), &worst), "{json:#}");
    let text = situation.run(&plan).stdout;
    let shown =
        ["at most 2 iterations, 10m in total", "the iteration ends (onFailure: Continue", "15m through each > after"];
    assert_eq!(shown.map(|shown| text.contains(shown)), [true; 3], "{text}");
}

#[test]
fn graph_shows_iterations_of_a_loop() {
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
