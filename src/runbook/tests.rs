use std::fmt::Write as _;

use serde_json::json;

use crate::diagnostic::{Severity, Span};
use crate::document;
use crate::expression::ValueTemplate;
use crate::name::StepName;

use super::inputs::{Branch, Condition, Operator, Repeat, SleepUntil};
use super::{Action, Inputs, Loaded, OnCancel, OnFailure, Runbook, load, not_executable};

const ALL_ACTIONS: &str = include_str!("../../tests/it/all_actions.yaml");

impl Runbook {
    /// An invalid runbook, for tests of faults of this program: jumps to the removed step lead nowhere.
    pub(crate) fn without_step(&self, name: &str) -> Self {
        let mut broken = self.clone();
        broken.steps.shift_remove(name);
        broken
    }
}

fn loaded(text: &str) -> Loaded {
    load(&document::read("test", text.as_bytes()).unwrap())
}

/// Loads a runbook that has no problems.
fn load_valid(text: &str) -> Runbook {
    let loaded = loaded(text);
    assert_eq!(loaded.diagnostics, []);
    loaded.runbook.unwrap()
}

/// The problems of a text: `code line`, in the order of the file.
fn problems(text: &str) -> Vec<String> {
    let document = document::read("test", text.as_bytes()).unwrap();
    let line = |offset| document.source.position(offset).line;
    load(&document).diagnostics.iter().map(|problem| format!("{} {}", problem.code, line(problem.span.start))).collect()
}

/// A step in one line, which deletes a resource: its name, further keys, and the reference in its resource name.
type Line<'a> = (&'a str, &'a str, &'a str);

/// A runbook of one line a step, the first on line 3.
fn runbook_text(steps: &[Line<'_>]) -> String {
    let mut text = "schemaVersion: '0.3'\nmainSteps:\n".to_owned();
    for (name, keys, refers) in steps {
        let deleted = if refers.is_empty() { "a".to_owned() } else { format!("{{{{ {refers} }}}}") };
        let keys = if keys.is_empty() { String::new() } else { format!(", {keys}") };
        writeln!(
            text,
            "- {{name: {name}, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: delete_snapshot, SnapshotId: '{deleted}'}}, \
             outputs: [{{Name: Payload, Selector: $.x}}]{keys}}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn runbook_with_all_actions_is_loaded() {
    let runbook = load_valid(ALL_ACTIONS);
    let names: Vec<&str> = runbook.steps.keys().map(StepName::as_str).collect();
    assert_eq!(names, ["first", "each", "ask", "wait", "cleanUp"]);

    let first = &runbook.steps["first"];
    assert_eq!(first.max_attempts.get(), 3);
    assert_eq!(first.timeout_seconds, Some(60));
    assert_eq!(first.on_failure, OnFailure::Step("cleanUp".into()));
    assert_eq!(first.on_cancel, OnCancel::Step("cleanUp".into()));
    assert_eq!(first.declared_critical, Some(true));
    assert!(!first.is_end && runbook.steps["wait"].is_end);
    assert_eq!(first.inputs.action(), Action::INVOKE_LAMBDA_FUNCTION);
    let inputs: Vec<&String> = first.inputs.trees().keys().collect();
    assert_eq!(inputs, ["FunctionName", "LogType", "ClientContext", "Payload"]);
    assert_eq!(first.inputs.trees()["LogType"], ValueTemplate::Literal(json!("Tail")));

    let Inputs::Loop(each) = &runbook.steps["each"].inputs else { panic!("no loop") };
    assert!(matches!(&each.repeat, Repeat::ForEach { items, .. } if *items == ValueTemplate::text("{{ first.ids }}")));
    let inner: Vec<&str> = each.steps.keys().map(StepName::as_str).collect();
    assert_eq!(inner, ["note", "leave"]);
    let Inputs::Branch(Branch { choices, default: None, .. }) = &each.steps["leave"].inputs else {
        panic!("no branch")
    };
    let Condition::And(both) = &choices[0].condition else { panic!("no And") };
    let [Condition::Compare(more), Condition::Not(not)] = both.as_slice() else { panic!("{both:?}") };
    assert_eq!((more.operator, &more.value), (Operator::NumericGreater, &ValueTemplate::Literal(json!(3))));
    assert!(matches!(&**not, Condition::Compare(same) if same.operator == Operator::StringEquals));

    let Inputs::Sleep(wait) = &runbook.steps["wait"].inputs else { panic!("no sleep") };
    assert_eq!(
        (wait.until, wait.trees.get(&wait.input)),
        (SleepUntil::Duration, Some(&ValueTemplate::Literal(json!("PT10S"))))
    );
    assert_eq!(not_executable(&runbook), Vec::new());
    let names: Vec<&str> = runbook.all_steps().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["first", "each", "note", "leave", "ask", "wait", "cleanUp"]);
}

#[test]
fn json_runbook_loads_like_yaml() {
    let yaml = load_valid(&runbook_text(&[("a", "isEnd: 'TRUE', maxAttempts: '2'", "")]));
    let json = load_valid(
        r#"{"schemaVersion": "0.3", "mainSteps": [{"name": "a", "action": "aws:executeAwsApi",
            "inputs": {"Service": "ec2", "Api": "delete_snapshot", "SnapshotId": "a"}, "isEnd": true, "maxAttempts": 2}]}"#,
    );
    for runbook in [yaml, json] {
        let step = &runbook.steps["a"];
        assert_eq!((step.is_end, step.max_attempts.get()), (true, 2));
        assert_eq!(step.inputs.trees()["SnapshotId"], ValueTemplate::Literal(json!("a")));
    }
}

#[test]
fn is_critical_default_depends_on_on_failure() {
    let runbook = load_valid(&runbook_text(&[
        ("a", "", ""),
        ("b", "onFailure: Continue", ""),
        ("c", "onFailure: 'step:e'", ""),
        ("d", "onFailure: Continue, isCritical: true", ""),
        ("e", "", ""),
    ]));
    let critical: Vec<bool> = runbook.steps.values().map(super::Step::is_critical).collect();
    assert_eq!(critical, [true, false, true, true, true]);
}

#[test]
fn backward_jumps_without_a_cycle_are_accepted() {
    assert_eq!(
        problems(&runbook_text(&[
            ("a", "nextStep: c", ""),
            ("b", "isEnd: true", "c.Payload"),
            ("c", "nextStep: b, onFailure: 'step:b'", "a.Payload"),
        ])),
        ["unset-value 4"]
    );
}

#[test]
fn cycles_are_found_through_every_kind_of_edge() {
    for way in ["nextStep: a", "onFailure: 'step:a'", "onCancel: 'step:a'"] {
        assert_eq!(problems(&runbook_text(&[("a", "", ""), ("b", way, "")])), ["cycle 4"], "{way}");
    }
    // A failing step goes to the named step, whatever `isEnd` is.
    assert_eq!(problems(&runbook_text(&[("a", "", ""), ("b", "isEnd: true, onFailure: 'step:a'", "")])), ["cycle 4"]);
}

#[test]
fn reference_warns_only_if_no_path_runs_the_step_before() {
    let cases: [(&[Line<'_>], &[&str]); 5] = [
        // Later in the list, but earlier on the path.
        (&[("a", "nextStep: c", ""), ("b", "isEnd: true", "c.Payload"), ("c", "nextStep: b", "")], &[]),
        // Later on every path.
        (&[("a", "", "b.Payload"), ("b", "", "")], &["reference-before-run 3"]),
        // The recovery step sees the steps before the failure, whichever step failed.
        (
            &[
                ("a", "onFailure: 'step:x'", ""),
                ("b", "onFailure: 'step:x'", ""),
                ("c", "isEnd: true", ""),
                ("x", "", "b.Payload"),
            ],
            // The step may not have run, or may have failed.
            &["unset-value 6"],
        ),
        // Two exclusive paths: neither step has run on the other path.
        (
            &[("a", "onFailure: 'step:y', nextStep: x", ""), ("x", "isEnd: true", "y.Payload"), ("y", "", "x.Payload")],
            &["reference-before-run 4", "reference-before-run 5"],
        ),
        // Unreachable.
        (
            &[("a", "nextStep: c", ""), ("b", "", ""), ("c", "", "b.Payload")],
            &["unreachable-step 4", "reference-before-run 5"],
        ),
    ];
    for (steps, expected) in cases {
        assert_eq!(problems(&runbook_text(steps)), expected, "{steps:?}");
    }
}

#[test]
fn loop_steps_may_reference_each_other_and_the_loop() {
    let text = "\
schemaVersion: '0.3'
mainSteps:
- name: each
  action: aws:loop
  inputs:
    LoopCondition: {Variable: '{{ two.StatusCode }}', NumericEquals: 200}
    Steps:
    - {name: one, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f, Payload: '{{ two.Payload }}'}}
    - {name: two, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: '{{ each.CurrentIteration }}'}}
    - {name: out, action: 'aws:invokeLambdaFunction', nextStep: last, inputs: {FunctionName: f}}
- {name: last, action: 'aws:deleteStack', inputs: {StackName: '{{ one.Payload }}'}}
";
    assert_eq!(problems(text), ["unset-value 11"]);
}

#[test]
fn invalid_jump_target_suppresses_follow_up_problems() {
    // The invalid jump suppresses problems about `c` and `d`.
    assert_eq!(
        problems(&runbook_text(&[
            ("a", "nextStep: x", ""),
            ("b", "isEnd: true", "c.Payload"),
            ("c", "", ""),
            ("d", "", "")
        ])),
        ["unknown-step 3"]
    );
}

#[test]
fn all_problems_are_reported_together() {
    let text = "\
schemaVersion: 1.0
parameters:
  a-b: {type: Strin}
mainSteps:
- {name: 1, action: 'aws:no', inputs: {x: '{{ p }}'}}
- {action: 'aws:sleep', inputs: {}, nextStep: q, isEnd: true}
outputs: [z.A, '{{ y }}']
";
    assert_eq!(
        problems(text),
        [
            "schema-version 1",
            "invalid-parameter-name 3",
            "unused-parameter 3",
            "unknown-type 3",
            "wrong-type 5",
            "unknown-action 5",
            "undeclared-parameter 5",
            "missing-step-name 6",
            "missing-input 6",
            "end-with-next-step 6",
            "unknown-step 6",
            "unknown-output-step 7",
            "invalid-output 7",
        ]
    );
}

#[test]
fn ten_thousand_steps_load_on_a_small_stack() {
    // Recursion over steps would overflow this stack.
    let load_it = || {
        let mut text = "schemaVersion: '0.3'\nmainSteps:\n".to_owned();
        for step in 0..10_000 {
            let refers = if step == 0 { "a".to_owned() } else { format!("{{{{s{}.Payload}}}}", step / 2) };
            writeln!(
                text,
                "- {{name: s{step}, action: 'aws:invokeLambdaFunction', inputs: {{FunctionName: f, Payload: '{refers}'}}}}"
            )
            .unwrap();
        }
        let loaded = loaded(&text);
        let errors = loaded.diagnostics.iter().filter(|problem| problem.severity() == Severity::Error).count();
        (errors, loaded.runbook.map(|runbook| runbook.steps.len()))
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(load_it).unwrap();
    assert_eq!(thread.join().unwrap(), (0, Some(10_000)));
}

#[test]
fn unreferenceable_name_is_reported() {
    let text = "schemaVersion: '0.3'
variables:
  my.var: {type: String}
  my-var_2: {type: String}
mainSteps:
- name: a
  action: aws:invokeLambdaFunction
  inputs: {FunctionName: f}
  outputs:
  - {Name: my.output, Selector: $.x}
  - {Name: my output, Selector: $.x}
  - {Name: my-output_2, Selector: $.x}
";
    assert_eq!(problems(text), ["no-effect 3", "no-effect 10", "no-effect 11"]);
}

#[test]
fn steps_are_equal_if_their_behaviour_is_equal() {
    let step = |keys: &str| {
        let text = format!(
            "schemaVersion: '0.3'\nmainSteps:\n- {{name: a, action: 'aws:executeAwsApi', isEnd: true, {keys}}}\n\
             - {{name: b, action: 'aws:sleep', inputs: {{Duration: PT1S}}}}\n"
        );
        loaded(&text).runbook.unwrap().steps["a"].clone()
    };
    let inputs = "inputs: {Service: ec2, Api: describe_images}";
    let outputs = "outputs: [{Name: First, Selector: $.x, Type: String}]";
    let first = step(&format!("{inputs}, {outputs}"));
    let same = [
        format!("{outputs}, {inputs}, description: in other words"),
        format!("{inputs}, {outputs}, maxAttempts: 1, onFailure: Abort, isCritical: true"),
    ];
    assert_eq!(same.map(|keys| first.is_same(&step(&keys))), [true, true]);
    let different = [
        inputs.to_owned(),
        format!("inputs: {{Service: ec2, Api: describe_tags}}, {outputs}"),
        format!("{inputs}, outputs: [{{Name: Other, Selector: $.x, Type: String}}]"),
        format!("{inputs}, outputs: [{{Name: First, Selector: $.y, Type: String}}]"),
        format!("{inputs}, outputs: [{{Name: First, Selector: $.x, Type: Integer}}]"),
        format!("{inputs}, {outputs}, maxAttempts: 2"),
        format!("{inputs}, {outputs}, timeoutSeconds: 5"),
        format!("{inputs}, {outputs}, onFailure: Continue, isCritical: true"),
        format!("{inputs}, {outputs}, onCancel: 'step:b'"),
        format!("{inputs}, {outputs}, isCritical: false"),
    ];
    assert_eq!(different.map(|keys| first.is_same(&step(&keys))), [false; 10]);
}

#[test]
fn references_to_other_runbooks_are_read_from_refused_documents_too() {
    let text = "\
schemaVersion: '0.3'
mainSteps:
- {name: a, action: 'aws:executeAutomation', nextStep: nowhere, inputs: {DocumentName: A, RuntimeParameters: {P: 1, Q: '{{ R }}'}}}
- {action: 'aws:executeAutomation', inputs: {DocumentName: 'arn:aws:ssm:::document/B', RuntimeParameters: '{{ P }}'}}
- name: c
  action: aws:loop
  inputs:
    Steps:
    - {name: d, action: 'aws:executeAutomation', inputs: {DocumentName: D, TargetParameterName: T}}
    - name: e
      action: aws:loop
      inputs: {Steps: [{name: f, action: 'aws:executeAutomation', inputs: {DocumentName: F, TargetMaps: []}}]}
- {name: g, action: 'aws:executeAutomation', inputs: {DocumentName: '{{ P }}'}}
";
    let loaded = loaded(text);
    assert!(loaded.runbook.is_none());
    let source = |span: Span| text.get(span.range()).unwrap();
    let described = loaded.children.iter().map(|child| {
        let parameters = child.parameters.iter().map(|parameter| {
            let value = parameter.value.as_ref().map(ToString::to_string);
            format!("{}={}", source(parameter.name_at), value.unwrap_or_else(|| source(parameter.value_at).to_owned()))
        });
        let target = child.target_parameter.as_ref().map(|(_, at)| source(*at).to_owned());
        let given: Vec<_> = parameters.chain(target).collect();
        let rest = if child.has_all_parameters { "" } else { " and others" };
        format!("{} {} {}{rest}", child.document, source(child.document_at), given.join(" "))
    });
    assert_eq!(
        described.collect::<Vec<_>>(),
        ["A A P=1 Q='{{ R }}'", "B 'arn:aws:ssm:::document/B'  and others", "D D T", "F F  and others"]
    );
}
