//! Resolution of references, and outputs of steps (spec 1.5, 2.5, 3).

use serde_json::{Value, json};

use super::situation::{Reply, Situation};
use crate::engine::NO_OUTPUT;
use crate::event::Status;

#[test]
fn outputs_flow_into_later_steps_typed_and_as_text() {
    let run = Situation::new(
        r"
parameters:
  Ids: {type: StringList}
  Count: {type: Integer, default: 3}
variables:
  Stage: {type: String, default: 'prod-{{ Count }}'}
mainSteps:
  - name: look
    outputs:
      - {Name: size, Selector: $.size, Type: Integer}
      - {Name: names, Selector: '$.names', Type: StringList}
      - {Name: missing, Selector: $.missing, Type: String}
  - name: use
    inputs:
      FunctionName: 'fn-{{ variable:Stage }}'
      InputPayload:
        size: '{{ look.size }}'
        names: ['{{ look.names }}', last]
        ids: '{{ Ids }}'
        text: 'at {{ global:REGION }} on {{ global:DATE_TIME }}, {{ look.size }} of {{ look.names }}'
        all: '{{ look.OutputPayload }}'
        id: '{{ automation:EXECUTION_ID }}'
outputs: [look.size, look.names, look.missing, look.Payload]
",
    )
    .parameter("Ids", json!(["i-1", "i-2"]))
    .parameter("Count", json!(3))
    .replies("look", [Reply::Returns(json!({"size": 5, "names": ["a", "b"]}))])
    .run();
    let inputs = run.execution.latest("use").unwrap().inputs.clone();
    assert_eq!(
        json!(&*inputs),
        json!({
            "FunctionName": "fn-prod-3",
            "InputPayload": {
                "size": 5,
                "names": ["a", "b", "last"],
                "ids": ["i-1", "i-2"],
                "text": "at eu-central-1 on 2026-01-02_03.04.06, 5 of [\"a\",\"b\"]",
                "all": "{\"size\":5,\"names\":[\"a\",\"b\"]}",
                "id": "00000000-0000-4000-8000-000000000000",
            },
        })
    );
    assert_eq!(
        json!(run.execution.ending().unwrap().outputs),
        json!({
            "look.size": ["5"],
            "look.names": ["a", "b"],
            "look.missing": [NO_OUTPUT],
            "look.Payload": ["{\"size\":5,\"names\":[\"a\",\"b\"]}"],
        })
    );
}

#[test]
fn unset_reference_is_sent_literally_and_the_step_runs() {
    let run = Situation::new(
        "{variables: {v: {type: String}}, mainSteps: [
          {name: a, nextStep: c, outputs: [{Name: x, Selector: $.x, Type: String}, {Name: none, Selector: $.none}]},
          {name: b, isEnd: true},
          {name: c, inputs: {FunctionName: f, InputPayload: {
            whole: '{{a.x}}', inside: 'x={{ a.x }} of {{ a.StatusCode }}', 'null': '{{ a.none }}',
            list: ['{{ a.x }}', '{{ b.Payload }}'], variable: '{{ variable:v }}'}}}]}",
    )
    .replies("a", [Reply::Returns(json!({"none": null}))])
    .run();
    let c = run.execution.latest("c").unwrap();
    let unset: Vec<String> = c.unset.iter().map(|unset| format!("{}: {unset}", unset.input)).collect();
    assert_eq!(
        (run.path().as_str(), json!(c.inputs["InputPayload"]), unset),
        (
            "a Success, c Success",
            json!({
                "whole": "{{a.x}}",
                "inside": "x={{ a.x }} of 200",
                "null": "{{ a.none }}",
                "list": ["{{ a.x }}", "{{ b.Payload }}"],
                "variable": "{{ variable:v }}",
            }),
            [
                "InputPayload: {{ a.x }} has no value: step a succeeded without output x",
                "InputPayload: {{ a.none }} has no value: step a succeeded without output none",
                "InputPayload: {{ b.Payload }} has no value: step b has not run",
                "InputPayload: {{ variable:v }} has no value: variable v was never set",
            ]
            .map(str::to_owned)
            .to_vec(),
        )
    );
}

#[test]
fn unset_reference_in_a_typed_input_fails_the_step() {
    let steps = [
        ("{FunctionName: '{{ a.x }}'}", "`{{ a.x }}` is not the name of a function"),
        ("{FunctionName: f, LogType: '{{ a.x }}'}", "Input LogType has to be one of None, Tail."),
        ("{FunctionName: f, Payload: '{{ a.x }}'}", "`Payload` is not JSON"),
        ("{Duration: '{{ a.x }}'}", "`{{ a.x }}` is not an ISO 8601 duration"),
        ("{Approvers: '{{ a.x }}'}", "Input Approvers has to be a list."),
        (
            "{Approvers: ['{{ a.x }}', ann]}",
            "Approvers names {{ a.x }}, which is neither the name of a user nor an ARN.",
        ),
        (
            "{Approvers: [ann], MinRequiredApprovals: '{{ a.x }}'}",
            "Input MinRequiredApprovals has to be a whole number.",
        ),
        ("{Name: 'variable:n', Value: '{{ a.x }}'}", "Variable n is Integer, and Value is the text \"{{ a.x }}\"."),
        ("{Iterators: '{{ a.x }}', Steps: [{name: i}]}", "Iterators has to be a list."),
        (
            "{Iterators: [q], MaxIterations: '{{ a.x }}', Steps: [{name: i}]}",
            "MaxIterations has to be a number from 1 to 100.",
        ),
        ("{DocumentName: d, RuntimeParameters: '{{ a.x }}'}", "Input RuntimeParameters has to be a map."),
        ("{DocumentName: '{{ a.x }}'}", "`DocumentName` must be the name of a runbook or its ARN, and is `{{ a.x }}`"),
    ];
    for (inputs, why) in steps {
        let action = match inputs {
            _ if inputs.contains("Duration") => "aws:sleep",
            _ if inputs.contains("Approvers") => "aws:approve",
            _ if inputs.contains("variable:n") => "aws:updateVariable",
            _ if inputs.contains("Iterators") => "aws:loop",
            _ if inputs.contains("DocumentName") => "aws:executeAutomation",
            _ => "aws:invokeLambdaFunction",
        };
        let run = Situation::new(&format!(
            "{{variables: {{n: {{type: Integer}}}}, mainSteps: [
              {{name: a, outputs: [{{Name: x, Selector: $.x, Type: String}}]}},
              {{name: b, action: '{action}', onFailure: Continue, inputs: {inputs}}}]}}"
        ))
        .run();
        let b = run.execution.latest("b").unwrap();
        let failure = b.ending.as_ref().unwrap().failure.as_ref().unwrap();
        let reason = "{{ a.x }} has no value: step a succeeded without output x.";
        let says = failure.message.contains(why) && failure.message.ends_with(reason);
        assert_eq!(
            (run.path().as_str(), failure.stage.as_str(), b.attempts.len(), says),
            ("a Success, b Failed", "InputValidation", 0, true),
            "{inputs}: {}",
            failure.message
        );
    }
}

#[test]
fn invalid_inputs_fail_the_step_without_an_attempt() {
    let run = Situation::new("{mainSteps: [{name: a, inputs: {FunctionName: f, Payload: '{{ global:DATE }}'}}]}").run();
    let a = run.execution.latest("a").unwrap();
    assert_eq!((run.path().as_str(), a.attempts.len()), ("a Failed", 0));
}

#[test]
fn unconvertible_output_fails_the_step_after_the_call() {
    let run = Situation::new(
        "{mainSteps: [{name: a, maxAttempts: 3, outputs: [{Name: x, Selector: $.x, Type: Integer}]}], outputs: [a.x]}",
    )
    .replies("a", [Reply::Returns(json!({"x": "many"}))])
    .run();
    let a = run.execution.latest("a").unwrap();
    let failure = a.ending.as_ref().unwrap().failure.as_ref().unwrap();
    assert_eq!((run.path().as_str(), a.attempts.len(), failure.stage.as_str()), ("a Failed", 1, "PostVerification"));
}

#[test]
fn outputs_of_a_failed_call_reach_recovery_steps_only() {
    let run = Situation::new(
        "{mainSteps: [{name: a, onFailure: 'step:r'}, {name: r, inputs: {FunctionName: f, InputPayload: {why: '{{ a.FunctionError }}'}}}],
          outputs: [a.FunctionError]}",
    )
    .replies("a", [Reply::Fails])
    .run();
    let why = run.execution.latest("r").unwrap().inputs["InputPayload"]["why"].clone();
    let shown = run.execution.ending().unwrap().outputs["a.FunctionError"].clone();
    assert_eq!((why, shown, run.status()), (json!("Unhandled"), vec![NO_OUTPUT.to_owned()], Status::Failed));
}

#[test]
fn selectors_read_a_non_map_result_directly() {
    let run = Situation::new("{mainSteps: [{name: a, outputs: [{Name: it, Selector: $, Type: String}, {Name: none, Selector: $.x}]}], outputs: [a.it, a.none, a.OutputPayload]}")
        .replies("a", [Reply::Returns(Value::from("plain"))])
        .run();
    assert_eq!(
        json!(run.execution.ending().unwrap().outputs),
        json!({"a.it": ["plain"], "a.none": [NO_OUTPUT], "a.OutputPayload": ["\"plain\""]})
    );
}

#[test]
fn selector_without_matches_yields_unset_value_or_empty_list() {
    let run = Situation::new(
        "{mainSteps: [{name: a, outputs: [{Name: one, Selector: $..id, Type: String}, {Name: number, Selector: '$.items[?(@.k == 1)].n', Type: Integer},
          {Name: all, Selector: $..id, Type: StringList}, {Name: maps, Selector: '$.items[?(@.k == 1)]', Type: MapList}]}],
          outputs: [a.one, a.number, a.all, a.maps]}",
    )
    .replies("a", [Reply::Returns(json!({"items": []}))])
    .run();
    assert_eq!(
        (run.status(), json!(run.execution.ending().unwrap().outputs)),
        (Status::Success, json!({"a.one": [NO_OUTPUT], "a.number": [NO_OUTPUT], "a.all": [], "a.maps": []}))
    );
}

#[test]
fn null_result_is_a_result() {
    let run = Situation::new("{mainSteps: [{name: a}], outputs: [a.OutputPayload, a.Payload]}")
        .replies("a", [Reply::Returns(Value::Null)])
        .run();
    assert_eq!(
        json!(run.execution.ending().unwrap().outputs),
        json!({"a.OutputPayload": ["null"], "a.Payload": ["null"]})
    );
}

#[test]
fn variable_defaults_are_converted_to_their_types() {
    let run = Situation::new(
        r#"
parameters:
  Number: {type: Integer, default: 7}
variables:
  Map: {type: StringMap, default: '{"a": 1}'}
  Integer: {type: Integer, default: "5"}
  List: {type: StringList, default: '["x", "y"]'}
  Boolean: {type: Boolean, default: "true"}
  Maps: {type: MapList, default: '[{"a": 1}]'}
  Text: {type: String, default: '{{ Number }}'}
  Unset: {type: String}
mainSteps:
  - name: a
    inputs:
      FunctionName: f
      InputPayload:
        - '{{ variable:Map }}'
        - '{{ variable:Integer }}'
        - ['{{ variable:List }}']
        - '{{ variable:Boolean }}'
        - ['{{ variable:Maps }}']
        - '{{ variable:Text }}'
"#,
    )
    .parameter("Number", json!(7))
    .run();
    assert_eq!(
        run.execution.latest("a").unwrap().inputs["InputPayload"],
        json!([{"a": 1}, 5, ["x", "y"], true, [{"a": 1}], "7"])
    );
}
