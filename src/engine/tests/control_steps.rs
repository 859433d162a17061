//! Branches, sleeps and variables (spec 4.2, 4.3, 4.7).

use serde_json::{Value, json};

use super::situation::{Reply, Situation};

/// The target of a branch with this condition, with the parameters `S` (a string), `N` (a number), `B`, `L` (a list)
/// and an unset output.
fn branch_target(condition: &str) -> String {
    let text = format!(
        "{{parameters: {{S: {{type: String}}, N: {{type: Integer}}, B: {{type: Boolean}}, L: {{type: StringList}}, M: {{type: StringMap}}}},
          mainSteps: [{{name: look, outputs: [{{Name: Gone, Selector: $.gone, Type: String}}]}},
          {{name: choose, action: 'aws:branch', inputs: {{Choices: [{{NextStep: yes, {condition}}}]}}, isEnd: true}},
          {{name: yes}}]}}"
    );
    let run = Situation::new(&text)
        .parameter("S", json!("Hello"))
        .parameter("N", json!(7))
        .parameter("B", json!(true))
        .parameter("L", json!(["one", "two"]))
        .parameter("M", json!({"a": "Hello"}))
        .run();
    run.path()
}

#[test]
fn every_operator_compares_like_the_service() {
    let rows = [
        ("Variable: '{{ S }}', StringEquals: Hello", true),
        ("Variable: '{{ S }}', StringEquals: hello", false),
        ("Variable: '{{ B }}', StringEquals: 'true'", true),
        ("Variable: '{{ S }}', EqualsIgnoreCase: hELLO", true),
        ("Variable: '{{ S }}', StartsWith: He", true),
        ("Variable: '{{ S }}', StartsWith: he", false),
        ("Variable: '{{ S }}', EndsWith: llo", true),
        ("Variable: '{{ S }}', Contains: ell", true),
        ("Variable: '{{ L }}', Contains: wo", true),
        ("Variable: '{{ L }}', Contains: three", false),
        ("Variable: '{{ N }}', NumericEquals: 7", true),
        ("Variable: '{{ N }}', NumericEquals: 7.0", true),
        ("Variable: '{{ N }}', NumericGreater: 6", true),
        ("Variable: '{{ N }}', NumericGreater: 7", false),
        ("Variable: '{{ N }}', NumericLesser: 7.5", true),
        ("Variable: '{{ N }}', NumericGreaterOrEquals: 7", true),
        ("Variable: '{{ N }}', NumericLesserOrEquals: 6", false),
        ("Variable: '{{ S }}', NumericEquals: 7", false),
        ("Variable: '{{ B }}', BooleanEquals: true", true),
        ("Variable: '{{ B }}', BooleanEquals: false", false),
        ("Variable: '{{ S }}', StringEquals: '{{ S }}'", true),
        // A map is not a string, and an unset reference has no value: no comparison with them is true, and its `Not`
        // is.
        ("Variable: '{{ M }}', Contains: Hello", false),
        ("Variable: '{{ look.Gone }}', StringEquals: ''", false),
        ("Not: {Variable: '{{ look.Gone }}', StringEquals: a}", true),
        ("And: [{Variable: '{{ S }}', StringEquals: Hello}, {Variable: '{{ N }}', NumericEquals: 8}]", false),
        ("Or: [{Variable: '{{ S }}', StringEquals: no}, {Not: {Variable: '{{ N }}', NumericEquals: 8}}]", true),
        (
            "And: [{Or: [{Variable: '{{ N }}', NumericEquals: 7}]}, {Not: {Not: {Variable: '{{ B }}', BooleanEquals: true}}}]",
            true,
        ),
    ];
    let wrong: Vec<_> = rows
        .iter()
        .filter(|(condition, holds)| {
            let path =
                if *holds { "look Success, choose Success, yes Success" } else { "look Success, choose Success" };
            branch_target(condition) != path
        })
        .collect();
    assert_eq!(wrong, Vec::<&(&str, bool)>::new());
}

#[test]
fn large_numbers_are_compared_digit_by_digit() {
    let run = Situation::new(
        "{parameters: {N: {type: Integer}}, mainSteps: [{name: choose, action: 'aws:branch', isEnd: true, inputs: {Choices: [
          {NextStep: yes, Variable: '{{ N }}', NumericGreater: 9007199254740992}]}}, {name: yes}]}",
    )
    .parameter("N", json!(9_007_199_254_740_993_i64))
    .run();
    assert_eq!(run.path(), "choose Success, yes Success");
}

/// The path of a branch without a true choice.
fn path_without_match(more: &str) -> String {
    let text = format!(
        "{{parameters: {{S: {{type: String}}}}, mainSteps: [{{name: choose, action: 'aws:branch', {more}}}, {{name: next}}, {{name: other, isEnd: true}}]}}"
    );
    Situation::new(&text).parameter("S", json!("no")).run().path()
}

#[test]
fn branch_without_true_choice_takes_default_or_end_or_next_step() {
    let choices = "Choices: [{NextStep: next, Variable: '{{ S }}', StringEquals: yes}]";
    assert_eq!(
        [
            path_without_match(&format!("inputs: {{{choices}, Default: other}}")),
            path_without_match(&format!("inputs: {{{choices}}}, isEnd: true")),
            path_without_match(&format!("inputs: {{{choices}}}, nextStep: other")),
            path_without_match(&format!("inputs: {{{choices}}}")),
        ],
        [
            "choose Success, other Success",
            "choose Success",
            "choose Success, other Success",
            "choose Success, next Success, other Success"
        ]
    );
}

#[test]
fn first_true_choice_wins_and_is_an_output() {
    let run = Situation::new(
        "{parameters: {S: {type: String}}, outputs: [choose.NextStep], mainSteps: [{name: choose, action: 'aws:branch', inputs: {Choices: [
          {NextStep: a, Variable: '{{ S }}', StringEquals: x}, {NextStep: b, Variable: '{{ S }}', StartsWith: y},
          {NextStep: a, Variable: '{{ S }}', StringEquals: yes}]}}, {name: a, isEnd: true}, {name: b}]}",
    )
    .parameter("S", json!("yes"))
    .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s choose: {"Choices":[{"NextStep":"a","Variable":"yes","StringEquals":"x"},{"NextStep":"b","Variable":"yes","StartsWith":"y"},{"NextStep":"a","Variable":"yes","StringEquals":"yes"}]}
   0s   Success -> b
   0s b: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s   attempt 1 succeeded
   1s   Success
   1s Success
"#
    );
    let outputs: Vec<_> = run.execution.ending().unwrap().outputs.values().flatten().cloned().collect();
    assert_eq!(outputs, ["b"]);
}

#[test]
fn sleep_ends_after_duration_or_at_timestamp() {
    let run = Situation::new(
        "{parameters: {D: {type: String}}, mainSteps: [{name: short, action: 'aws:sleep', inputs: {Duration: '{{ D }}'}},
          {name: moment, action: 'aws:sleep', inputs: {Timestamp: '2026-01-02T03:05:05Z'}},
          {name: past, action: 'aws:sleep', inputs: {Timestamp: '2020-01-02T03:05:05Z'}}]}",
    )
    .parameter("D", json!("PT10S"))
    .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s short: {"Duration":"PT10S"}
   0s   waits until 10s
  10s   Success -> moment
  10s moment: {"Timestamp":"2026-01-02T03:05:05Z"}
  10s   waits until 60s
  60s   Success -> past
  60s past: {"Timestamp":"2020-01-02T03:05:05Z"}
  60s   Success
  60s Success
"#
    );
}

#[test]
fn sleep_with_invalid_duration_fails_its_step() {
    let failure = |duration: Value| {
        let run = Situation::new("{parameters: {D: {type: String}}, mainSteps: [{name: a, action: 'aws:sleep', inputs: {Duration: '{{ D }}'}}]}")
            .parameter("D", duration)
            .run();
        let ending = run.execution.latest("a").unwrap().ending.clone().unwrap();
        ending
            .failure
            .as_ref()
            .unwrap()
            .message
            .replace("Step fails when it is validating and resolving the step inputs. ", "")
    };
    assert_eq!(
        [failure(json!("P1M")), failure(json!("P8D")), failure(json!("-PT1S"))],
        [
            "`P1M` has months or years, whose length differs; write days, hours, or `PT5M` for five minutes.",
            "`P8D` is not from 0 to 604,799 seconds.",
            "`-PT1S` is not from 0 to 604,799 seconds."
        ]
    );
}

#[test]
fn updated_variable_has_its_new_value_in_later_steps() {
    let run = Situation::new(
        "{variables: {v: {type: String, default: old}}, mainSteps: [
          {name: before, inputs: {FunctionName: f, InputPayload: {v: '{{ variable:v }}'}}, outputs: [{Name: X, Selector: $.x, Type: String}]},
          {name: set, action: 'aws:updateVariable', inputs: {Name: 'variable:v', Value: '{{ before.X }} and more'}},
          {name: after, inputs: {FunctionName: f, InputPayload: {v: '{{ variable:v }}'}}}]}",
    )
    .replies("before", [Reply::Returns(json!({"x": "new"}))])
    .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s before: {"FunctionName":"f","InputPayload":{"v":"old"}}
   0s   attempt 1, until 300s
   1s   attempt 1 succeeded
   1s   Success -> set
   1s set: {"Name":"variable:v","Value":"new and more"}
   1s   v = "new and more"
   1s   Success -> after
   1s after: {"FunctionName":"f","InputPayload":{"v":"new and more"}}
   1s   attempt 1, until 301s
   2s   attempt 1 succeeded
   2s   Success
   2s Success
"#
    );
}

#[test]
fn update_with_wrong_type_fails_and_keeps_the_variable() {
    let run = Situation::new(
        "{parameters: {N: {type: Integer}}, variables: {v: {type: String, default: old}}, mainSteps: [
          {name: set, action: 'aws:updateVariable', onFailure: Continue, inputs: {Name: 'variable:v', Value: '{{ N }}'}},
          {name: after, inputs: {FunctionName: f, InputPayload: {v: '{{ variable:v }}'}}}]}",
    )
    .parameter("N", json!(7))
    .run();
    assert_eq!(
        (run.path().as_str(), run.execution.latest("after").unwrap().inputs.get("InputPayload")),
        ("set Failed, after Success", Some(&json!({"v": "old"})))
    );
}
