//! Redrives: a new execution starts at a step of another one.

use serde_json::json;

use super::situation::{Outcomes, Reply, Situation};
use crate::engine::{divergences, repeated_step, restart_point, restart_point_at};
use crate::event::{Next, Status};
use crate::name::StepName;

/// The end of the first execution, its redrive point, and the end of the redrive if every step succeeds.
fn describe_redrive(text: &str, replies: &[(&str, &[Reply])]) -> String {
    let first = run_first(text, replies);
    match restart_point(&first.execution) {
        None => format!("{}: nothing to start again", first.status()),
        Some(point) => {
            let situation = Situation::new(text);
            let second = situation.redrive(&first.execution, &point).end();
            format!("{} from {}: {}, {}", first.status(), point.from, second.path(), second.status())
        }
    }
}

fn run_first(text: &str, replies: &[(&str, &[Reply])]) -> Outcomes {
    let situation = Situation::new(text);
    replies.iter().fold(situation, |situation, (step, replies)| situation.replies(step, replies.to_vec())).run()
}

#[test]
fn redrive_of_a_failed_execution_starts_at_the_failed_step() {
    let abort = "{mainSteps: [{name: a}, {name: b}, {name: c}]}";
    insta::assert_snapshot!(describe_redrive(abort, &[("b", &[Reply::Fails])]), @"Failed from b: a Success, b Success, c Success, Success");
    let critical =
        "{mainSteps: [{name: a, onFailure: Continue}, {name: b, onFailure: Continue, isCritical: true}, {name: c}]}";
    insta::assert_snapshot!(describe_redrive(critical, &[("a", &[Reply::Fails]), ("b", &[Reply::Fails])]), @"Failed from b: a Failed, b Success, c Success, Success");
    let recovery =
        "{mainSteps: [{name: a}, {name: b, onFailure: 'step:recover'}, {name: c, isEnd: true}, {name: recover}]}";
    insta::assert_snapshot!(describe_redrive(recovery, &[("b", &[Reply::Fails])]), @"Failed from b: a Success, b Success, c Success, Success");
    let sanitize = "{mainSteps: [{name: a, onFailure: 'step:recover', isCritical: false}, {name: b, isEnd: true}, {name: recover}]}";
    insta::assert_snapshot!(describe_redrive(sanitize, &[("a", &[Reply::Fails]), ("recover", &[Reply::Fails])]), @"Failed from recover: a Failed, recover Success, Success");
}

#[test]
fn redrive_of_a_timed_out_execution_starts_at_the_timed_out_step() {
    insta::assert_snapshot!(describe_redrive("{mainSteps: [{name: a}, {name: b}]}", &[("b", &[Reply::Silent])]), @"TimedOut from b: a Success, b Success, Success");
}

#[test]
fn redrive_of_a_cancelled_execution_starts_at_the_cancelled_step() {
    let text = "{mainSteps: [{name: a}, {name: b, onCancel: 'step:tidy'}, {name: c, isEnd: true}, {name: tidy}]}";
    insta::assert_snapshot!(describe_redrive(text, &[("b", &[Reply::Cancelled])]), @"Cancelled from b: a Success, b Success, c Success, Success");
}

#[test]
fn redrive_of_a_completed_execution_starts_at_the_next_step() {
    let reply = Reply::CompletedThen(Box::new(Reply::Returns(json!({}))));
    insta::assert_snapshot!(describe_redrive("{mainSteps: [{name: a}, {name: b}, {name: c}]}", &[("a", &[reply])]), @"Success from b: a Success, b Success, c Success, Success");
}

#[test]
fn redrive_of_a_successful_execution_has_no_start() {
    insta::assert_snapshot!(describe_redrive("{mainSteps: [{name: a}, {name: b}]}", &[]), @"Success: nothing to start again");
    let forgiven = "{mainSteps: [{name: a, onFailure: Continue}, {name: b}]}";
    insta::assert_snapshot!(describe_redrive(forgiven, &[("a", &[Reply::Fails])]), @"Success: nothing to start again");
}

#[test]
fn redrive_of_an_execution_cancelled_before_its_first_step_starts_at_the_beginning() {
    let situation = Situation::new("{mainSteps: [{name: a}, {name: b}]}");
    let first = situation.open().after_cancel().end();
    let point = restart_point(&first.execution).unwrap();
    let second = situation.redrive(&first.execution, &point).end();
    insta::assert_snapshot!(second.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> b
    1s b: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s Success
    "#);
}

#[test]
fn reused_steps_keep_ids_outputs_and_times() {
    let text = "{outputs: [a.Out, b.Payload], mainSteps: [
        {name: a, outputs: [{Name: Out, Selector: $.v, Type: String}]},
        {name: b, inputs: {FunctionName: f, InputPayload: {v: '{{ a.Out }}'}}}]}";
    let first = run_first(text, &[("a", &[Reply::Returns(json!({"v": "x"}))]), ("b", &[Reply::Fails])]);
    let point = restart_point(&first.execution).unwrap();
    let situation = Situation::new(text);
    let second = situation.redrive(&first.execution, &point).end();
    insta::assert_snapshot!(second.trace(), @r#"
    0s started
    0s a kept Success
    0s b: {"FunctionName":"f","InputPayload":{"v":"x"}}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s Success
    "#);
    let of = |run: &Outcomes, step: usize| {
        let run = &run.execution.runs()[step];
        (run.id.clone(), run.started_at, run.ending.as_ref().unwrap().at)
    };
    assert_eq!(of(&second, 0), of(&first, 0));
    assert_eq!(second.execution.ending().unwrap().outputs["a.Out"], ["x"]);
}

#[test]
fn redrive_of_a_redrive_reuses_steps_of_both_runs() {
    let text = "{mainSteps: [{name: a}, {name: b}, {name: c}]}";
    let first = run_first(text, &[("b", &[Reply::Fails])]);
    let failing = Situation::new(text).replies("c", [Reply::Fails]);
    let second = failing.redrive(&first.execution, &restart_point(&first.execution).unwrap()).end();
    let point = restart_point(&second.execution).unwrap();
    let situation = Situation::new(text);
    let third = situation.redrive(&second.execution, &point).end();
    insta::assert_snapshot!(format!("{}\n{}", second.trace(), third.trace()), @r#"
    0s started
    0s a kept Success
    0s b: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> c
    1s c: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 failed
    2s   Failed (Function.)
    2s Failed

    0s started
    0s a kept Success
    0s b kept Success
    0s c: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s Success
    "#);
}

#[test]
fn redrive_starts_at_a_chosen_or_unreached_step() {
    let text = "{mainSteps: [{name: a, onFailure: Continue, isCritical: true}, {name: b}, {name: c}, {name: d}]}";
    let first = run_first(text, &[("a", &[Reply::Fails]), ("c", &[Reply::Fails])]);
    let situation = Situation::new(text);
    let from = |step: &str| {
        let point = restart_point_at(&first.execution, &situation.runbook, &StepName::new(step)).unwrap();
        let second = situation.redrive(&first.execution, &point).end();
        format!("{}: {} kept; {}, {}", step, point.reused, second.path(), second.status())
    };
    // Reused results apply: a failure of a critical step stays one.
    let all = ["a", "b", "c", "d"].map(from).join("\n");
    insta::assert_snapshot!(all, @r"
    a: 0 kept; a Success, b Success, c Success, d Success, Success
    b: 1 kept; a Failed, b Success, c Success, d Success, Failed
    c: 2 kept; a Failed, b Success, c Success, d Success, Failed
    d: 3 kept; a Failed, b Success, c Failed, d Success, Failed
    ");
}

#[test]
fn redriven_execution_resumes_after_a_crash() {
    let text = "{mainSteps: [{name: a}, {name: b}, {name: c}]}";
    let first = run_first(text, &[("b", &[Reply::Silent])]);
    let situation = Situation::new(text);
    let point = restart_point(&first.execution).unwrap();
    let uncut = situation.redrive(&first.execution, &point).end();
    assert_eq!(uncut.status(), Status::Success);
    for turns in 0..2 {
        let mut play = situation.redrive(&first.execution, &point).after_inputs(turns);
        play.crash_and_resume();
        play.end().assert_equal_except_crashes(&uncut, &[turns]);
    }
}

#[test]
fn redrive_at_an_unreached_step_requires_a_path_to_it() {
    let choose = "{name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: x, Variable: a, StringEquals: a}], Default: y}}";
    let text = format!(
        "{{mainSteps: [{{name: a}}, {choose}, {{name: x, onFailure: 'step:tidy'}}, {{name: join, nextStep: tidy}}, \
         {{name: y, nextStep: join}}, {{name: tidy}}]}}"
    );
    let first = run_first(&text, &[("x", &[Reply::Fails])]);
    assert_eq!(first.path(), "a Success, choose Success, x Failed, tidy Success");
    let situation = Situation::new(&text);
    let kept = ["x", "join", "y", "tidy"].map(|step| {
        let point = restart_point_at(&first.execution, &situation.runbook, &StepName::from(step));
        point.map(|point| point.reused)
    });
    // `join` follows x if x is repaired by hand; the branch did not choose `y`.
    assert_eq!(kept, [Some(2), Some(3), None, Some(3)]);
}

#[test]
fn redrive_compares_changed_step_order_with_the_recorded_path() {
    let book = |steps: &str| Situation::new(&format!("{{mainSteps: [{steps}]}}")).runbook;
    let looping = |inner: &str| {
        format!("{{name: a}}, {{name: each, inputs: {{Iterators: [p, q], Steps: [{inner}]}}}}, {{name: c}}")
    };
    let flat = "{name: a}, {name: b}, {name: c}";
    let in_words = |next: Next| match next {
        Next::Step(step) => step.to_string(),
        Next::End => "the end".to_owned(),
    };
    // Before, now, and where the paths diverge: the steps that a redrive reuses of an execution whose step c failed.
    let rows = [
        (flat.to_owned(), flat.to_owned(), ""),
        (flat.to_owned(), "{name: a}, {name: x}, {name: b}, {name: c}".to_owned(), "a: b, now x"),
        (flat.to_owned(), "{name: x}, {name: a}, {name: b}, {name: c}".to_owned(), "start: a, now x"),
        (flat.to_owned(), "{name: a}, {name: b}, {name: x}, {name: c}".to_owned(), "b: c, now x"),
        (flat.to_owned(), "{name: a}, {name: b}, {name: c}, {name: x}".to_owned(), ""),
        (flat.to_owned(), "{name: b}, {name: a}, {name: c}".to_owned(), "start: a, now b; a: b, now c; b: c, now a"),
        (flat.to_owned(), "{name: a, nextStep: b}, {name: x, isEnd: true}, {name: b}, {name: c}".to_owned(), ""),
        (looping("{name: i}, {name: j}"), looping("{name: i}, {name: x}, {name: j}"), "i in each: j, now x"),
        (looping("{name: i}, {name: j}"), looping("{name: x}, {name: i}, {name: j}"), "start in each: i, now x"),
        (looping("{name: i}, {name: j}"), looping("{name: i}, {name: j}, {name: x}"), "j in each: the end, now x"),
    ];
    for (before, now, expected) in rows {
        let first = run_first(&format!("{{mainSteps: [{before}]}}"), &[("c", &[Reply::Fails])]);
        let point = restart_point(&first.execution).unwrap();
        let parted =
            divergences(&first.execution, &book(&before), &book(&now), point.reused).into_iter().map(|parted| {
                let inside = parted.inside.map(|looping| format!(" in {looping}")).unwrap_or_default();
                let after = parted.after.map_or("start".to_owned(), |step| step.to_string());
                format!("{after}{inside}: {}, now {}", in_words(parted.before), in_words(parted.now))
            });
        assert_eq!(parted.collect::<Vec<_>>().join("; "), expected, "{before} then {now}");
    }
}

#[test]
fn redrive_finds_reused_step_that_would_run_twice() {
    let text = "{mainSteps: [{name: a}, {name: b}, {name: c}]}";
    let first = run_first(text, &[("c", &[Reply::Fails])]);
    let point = restart_point(&first.execution).unwrap();
    let repeated =
        ["{name: a}, {name: b}, {name: c}", "{name: c}, {name: a}, {name: b}", "{name: a}, {name: c}, {name: b}"].map(
            |steps| {
                let now = Situation::new(&format!("{{mainSteps: [{steps}]}}")).runbook;
                repeated_step(&first.execution, &now, point.reused, &point.from)
            },
        );
    assert_eq!(repeated, [None, Some("a".into()), Some("b".into())]);
}
