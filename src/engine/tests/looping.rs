//! `aws:loop` (spec 4.6). Every run is interrupted after each append, see [`Situation::run`].

use serde_json::{Value, json};

use super::situation::{Outcomes, Reply, Situation, returned};
use crate::engine::{Input, Interrupted, restart_point, restart_point_at};
use crate::event::Status;
use crate::name::StepName;

/// A loop over the items with these inner steps, and a step after it.
fn loop_over(items: &str, steps: &str) -> Situation {
    Situation::new(&format!(
        "{{mainSteps: [{{name: each, inputs: {{Iterators: {items}, Steps: [{steps}]}}}}, {{name: after}}]}}"
    ))
}

fn path_and_status(run: &Outcomes) -> (String, Status) {
    (run.path(), run.status())
}

const SHOWS_ITEM: &str = "{name: one, inputs: {FunctionName: f, InputPayload: {n: '{{ each.CurrentIteration }}', item: '{{ each.CurrentIteratorValue }}'}}}";

#[test]
fn for_each_repeats_steps_for_every_item() {
    let run = loop_over("[a, b]", SHOWS_ITEM).run();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s each: {"Iterators":["a","b"]}
    0s   iteration 1
    0s one: {"FunctionName":"f","InputPayload":{"n":1,"item":"a"}}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s   iteration 2
    1s one: {"FunctionName":"f","InputPayload":{"n":2,"item":"b"}}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s   Success -> after
    2s after: {"FunctionName":"f"}
    2s   attempt 1, until 302s
    3s   attempt 1 succeeded
    3s   Success
    3s Success
    "#);
}

#[test]
fn items_have_the_declared_type() {
    let of_type = |data_type: &str, items: &str| {
        let text = format!(
            "{{mainSteps: [{{name: each, inputs: {{IteratorDataType: {data_type}, Iterators: {items}, Steps: [{SHOWS_ITEM}]}}}}]}}"
        );
        let run = Situation::new(&text).run();
        let inner = run.execution.runs().iter().filter(|run| run.parent.is_some());
        inner.map(|run| run.inputs["InputPayload"]["item"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(of_type("String", "[a, 1, true]"), [json!("a"), json!("1"), json!("true")]);
    assert_eq!(of_type("Integer", "[1, '2']"), [json!(1), json!(2)]);
    assert_eq!(of_type("Boolean", "[true, 'false']"), [json!(true), json!(false)]);
    assert_eq!(of_type("StringMap", r#"[{k: v}, '{"k": 2}']"#), [json!({"k": "v"}), json!({"k": 2})]);
}

#[test]
fn invalid_iterators_fail_the_loop() {
    let refused = |inputs: &str, parameter: Value| {
        let text = format!(
            "{{parameters: {{P: {{type: StringList}}}}, mainSteps: [{{name: each, inputs: {{{inputs}, Steps: [{{name: one}}]}}}}]}}"
        );
        let run = Situation::new(&text).parameter("P", parameter).run();
        assert_eq!(run.path(), "each Failed");
        run.execution.runs()[0].ending.as_ref().unwrap().failure.as_ref().unwrap().message.clone()
    };
    let messages = [
        refused("Iterators: '{{ P }}', IteratorDataType: Integer", json!(["1", "two"])),
        refused("Iterators: '{{ P }}'", json!(vec!["x"; 101])),
        refused("Iterators: '{{ P }}'", json!({"k": "v"})),
        refused("Iterators: [a], MaxIterations: '{{ P }}'", json!("many")),
        refused("Iterators: [a], MaxIterations: '{{ P }}'", json!(101)),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    Step fails when it is validating and resolving the step inputs. Item 2 of Iterators: the text "two" cannot become Integer.
    Step fails when it is validating and resolving the step inputs. Iterators has 101 items, and at most 100 are allowed.
    Step fails when it is validating and resolving the step inputs. Iterators is a map of 1 entry, and has to be a list.
    Step fails when it is validating and resolving the step inputs. MaxIterations is many, and has to be a number from 1 to 100.
    Step fails when it is validating and resolving the step inputs. MaxIterations is 101, and has to be a number from 1 to 100.
    "#);
}

#[test]
fn for_each_over_empty_list_runs_zero_iterations() {
    assert_eq!(
        path_and_status(&loop_over("[]", "{name: one}").run()),
        ("each Success, after Success".to_owned(), Status::Success)
    );
}

#[test]
fn for_each_iterates_over_a_referenced_list() {
    let text = format!(
        "{{parameters: {{P: {{type: StringList}}}}, mainSteps: [{{name: each, inputs: {{Iterators: '{{{{ P }}}}', Steps: [{SHOWS_ITEM}]}}}}]}}"
    );
    let run = |value: Value| Situation::new(&text).parameter("P", value).run().path();
    assert_eq!(run(json!(["a", "b"])), "each Success, one Success, one Success");
    assert_eq!(run(json!("a")), "each Success, one Success");
    assert_eq!(run(json!([])), "each Success");
}

#[test]
fn do_while_loop_evaluates_its_condition_after_each_iteration() {
    let text = "{mainSteps: [{name: poll, inputs: {LoopCondition: {Variable: '{{ ask.State }}', StringEquals: busy}, MaxIterations: 5, \
                Steps: [{name: ask, outputs: [{Name: State, Selector: $.state, Type: String}]}]}}, {name: after}]}";
    let busy = || Reply::Returns(json!({"state": "busy"}));
    let run = |replies: Vec<Reply>| path_and_status(&Situation::new(text).replies("ask", replies).run());
    let success =
        |count: usize| (format!("poll Success{}, after Success", ", ask Success".repeat(count)), Status::Success);
    // An output without a value makes the comparison false.
    assert_eq!(run(vec![]), success(1));
    assert_eq!(run(vec![busy(), busy(), Reply::Returns(json!({"state": "free"}))]), success(3));
    assert_eq!(run((0..9).map(|_| busy()).collect()), success(5), "reaching MaxIterations is not a failure");
}

#[test]
fn always_true_condition_stops_after_100_iterations() {
    let text = "{variables: {V: {type: String, default: x}}, mainSteps: [{name: poll, inputs: {LoopCondition: {Variable: '{{ variable:V }}', StringEquals: x}, \
                Steps: [{name: set, action: 'aws:updateVariable', inputs: {Name: 'variable:V', Value: x}}]}}]}";
    let run = Situation::new(text).run();
    assert_eq!((run.execution.runs().len(), run.status()), (101, Status::Success));
}

#[test]
fn max_iterations_limits_for_each() {
    let run = Situation::new(
        "{mainSteps: [{name: each, inputs: {Iterators: [a, b, c], MaxIterations: 2, Steps: [{name: one}]}}]}",
    )
    .run();
    assert_eq!(path_and_status(&run), ("each Success, one Success, one Success".to_owned(), Status::Success));
}

#[test]
fn is_end_in_a_loop_ends_the_iteration() {
    let steps = "{name: one, isEnd: true}, {name: two}";
    assert_eq!(
        path_and_status(&loop_over("[a, b]", steps).run()),
        ("each Success, one Success, one Success, after Success".to_owned(), Status::Success)
    );
}

/// The effect of each rule of an inner step that fails in the second of three iterations.
#[test]
fn inner_step_failure_follows_its_own_on_failure() {
    let rows = [
        ("", "each Failed, one Success, two Success, one Failed", Status::Failed),
        (
            "onFailure: Continue",
            "each Success, one Success, two Success, one Failed, two Success, one Success, two Success, after Success",
            Status::Success,
        ),
        (
            "onFailure: Continue, isCritical: true",
            "each Success, one Success, two Success, one Failed, two Success, one Success, two Success, after Success",
            Status::Failed,
        ),
        (
            "onFailure: Continue, isEnd: true",
            "each Success, one Success, one Failed, one Success, after Success",
            Status::Success,
        ),
        ("onFailure: Abort, isEnd: true", "each Failed, one Success, one Failed", Status::Failed),
        (
            "onFailure: 'step:three', isCritical: false",
            "each Success, one Success, two Success, one Failed, three Success, one Success, two Success, after Success",
            Status::Success,
        ),
        (
            "onFailure: 'step:other', isCritical: false",
            "each Success, one Success, two Success, one Failed, other Success",
            Status::Success,
        ),
        (
            "onFailure: 'step:other'",
            "each Success, one Success, two Success, one Failed, other Success",
            Status::Failed,
        ),
    ];
    for (attributes, path, status) in rows {
        let comma = if attributes.is_empty() { "" } else { ", " };
        let text = format!(
            "{{mainSteps: [{{name: each, inputs: {{Iterators: [a, b, c], Steps: [{{name: one{comma}{attributes}}}, {{name: two, isEnd: true}}, {{name: three}}]}}}}, \
             {{name: after, isEnd: true}}, {{name: other}}]}}"
        );
        let run = Situation::new(&text).replies("one", [Reply::Returns(json!({})), Reply::Fails]).run();
        assert_eq!(path_and_status(&run), (path.to_owned(), status), "{attributes}");
    }
}

#[test]
fn failed_loop_follows_its_on_failure_and_names_step_and_iteration() {
    let rows = [
        ("onFailure: Continue", ", after Success", Status::Success),
        ("onFailure: Continue, isCritical: true", ", after Success", Status::Failed),
        ("onFailure: 'step:other', isCritical: false", ", other Success", Status::Success),
        ("onFailure: Abort", "", Status::Failed),
    ];
    for (attributes, path, status) in rows {
        let text = format!(
            "{{mainSteps: [{{name: each, {attributes}, inputs: {{Iterators: [a, b], Steps: [{{name: one}}]}}}}, {{name: after, isEnd: true}}, {{name: other}}]}}"
        );
        let run = Situation::new(&text).replies("one", [Reply::Returns(json!({})), Reply::Fails]).run();
        assert_eq!(
            path_and_status(&run),
            (format!("each Failed, one Success, one Failed{path}"), status),
            "{attributes}"
        );
        let failure = run.execution.runs()[0].ending.as_ref().unwrap().failure.clone().unwrap();
        assert_eq!(failure.message, "Step one ended Failed in iteration 2. Function.");
    }
}

#[test]
fn inner_step_timeout_times_out_the_loop() {
    let run = loop_over("[a, b]", "{name: one}").replies("one", [Reply::Silent]).run();
    assert_eq!(path_and_status(&run), ("each TimedOut, one TimedOut".to_owned(), Status::TimedOut));
}

#[test]
fn inner_step_may_exit_the_loop_and_keeps_its_iteration_outputs() {
    let text = "{mainSteps: [{name: each, inputs: {Iterators: [a, b, c], Steps: [\
                {name: one, outputs: [{Name: Found, Selector: $.found, Type: Boolean}]}, \
                {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: use, Variable: '{{ one.Found }}', BooleanEquals: true}], Default: last}}, \
                {name: last}]}}, \
                {name: after, isEnd: true}, \
                {name: use, inputs: {FunctionName: f, InputPayload: {n: '{{ each.CurrentIteration }}', item: '{{ each.CurrentIteratorValue }}', found: '{{ one.Found }}'}}}]}";
    let replies = [json!({"found": false}), json!({"found": true})].map(Reply::Returns);
    let run = Situation::new(text).replies("one", replies).run();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s each: {"Iterators":["a","b","c"]}
    0s   iteration 1
    0s one: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> choose
    1s choose: {"Choices":[{"NextStep":"use","Variable":false,"BooleanEquals":true}],"Default":"last"}
    1s   Success -> last
    1s last: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s   iteration 2
    2s one: {"FunctionName":"f"}
    2s   attempt 1, until 302s
    3s   attempt 1 succeeded
    3s   Success -> choose
    3s choose: {"Choices":[{"NextStep":"use","Variable":true,"BooleanEquals":true}],"Default":"last"}
    3s   Success -> use
    3s   Success -> use
    3s use: {"FunctionName":"f","InputPayload":{"n":2,"item":"b","found":true}}
    3s   attempt 1, until 303s
    4s   attempt 1 succeeded
    4s   Success
    4s Success
    "#);
    assert_eq!(run.status(), Status::Success);
}

#[test]
fn references_in_a_loop_see_the_latest_iteration() {
    let steps = "{name: one, inputs: {FunctionName: f, InputPayload: {before: '{{ two.Payload }}'}}, onFailure: Continue}, {name: two}";
    let run = loop_over("[a, b]", steps).replies("two", [Reply::Returns(json!("first"))]).run();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s each: {"Iterators":["a","b"]}
    0s   iteration 1
    0s one: {"FunctionName":"f","InputPayload":{"before":"{{ two.Payload }}"}}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> two
    1s two: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s   iteration 2
    2s one: {"FunctionName":"f","InputPayload":{"before":"\"first\""}}
    2s   attempt 1, until 302s
    3s   attempt 1 succeeded
    3s   Success -> two
    3s two: {"FunctionName":"f"}
    3s   attempt 1, until 303s
    4s   attempt 1 succeeded
    4s   Success
    4s   Success -> after
    4s after: {"FunctionName":"f"}
    4s   attempt 1, until 304s
    5s   attempt 1 succeeded
    5s   Success
    5s Success
    "#);
}

#[test]
fn cancel_in_a_loop_ends_it_after_on_cancel_steps() {
    let run = |steps: &str| {
        let text = format!(
            "{{mainSteps: [{{name: each, inputs: {{Iterators: [a, b, c], Steps: [{steps}]}}}}, {{name: after, isEnd: true}}, {{name: outer, isEnd: true}}]}}"
        );
        let run = Situation::new(&text).replies("one", [Reply::Returns(json!({})), Reply::Cancelled]).run();
        assert_eq!(run.status(), Status::Cancelled);
        run.path()
    };
    assert_eq!(run("{name: one}, {name: two}"), "each Cancelled, one Success, two Success, one Cancelled");
    assert_eq!(run("{name: one, onCancel: 'step:outer'}"), "each Cancelled, one Success, one Cancelled, outer Success");
    assert_eq!(
        run("{name: one, onCancel: 'step:three'}, {name: two, isEnd: true}, {name: three}, {name: four}"),
        "each Cancelled, one Success, two Success, one Cancelled, three Success"
    );
    assert_eq!(
        run("{name: one, onCancel: 'step:three'}, {name: two, isEnd: true}, {name: three, nextStep: outer}"),
        "each Cancelled, one Success, two Success, one Cancelled, three Success, outer Success"
    );
}

#[test]
fn on_cancel_chain_may_contain_a_loop() {
    let text = "{mainSteps: [{name: work, onCancel: 'step:each'}, {name: other, isEnd: true}, \
                {name: each, inputs: {Iterators: [a, b], Steps: [{name: one}, {name: two}]}}, {name: after}]}";
    let run = Situation::new(text).replies("work", [Reply::Cancelled]).run();
    assert_eq!(
        path_and_status(&run),
        (
            "work Cancelled, each Success, one Success, two Success, one Success, two Success".to_owned(),
            Status::Cancelled
        )
    );
}

#[test]
fn loop_in_on_cancel_chain_ends_at_the_chain_deadline() {
    let text = "{mainSteps: [{name: work, onCancel: 'step:each'}, {name: other, isEnd: true}, \
                {name: each, inputs: {Iterators: [a, b], Steps: [{name: one}]}}]}";
    let run = Situation::new(text)
        .replies("work", [Reply::Cancelled])
        .replies("one", [Reply::Returns(json!({})), Reply::Silent])
        .run();
    insta::assert_snapshot!(run.trace(), @r#"
      0s started
      0s work: {"FunctionName":"f"}
      0s   attempt 1, until 300s
      1s stop asked for
      1s   attempt 1 abandoned
      1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> each
      1s each: {"Iterators":["a","b"]}
      1s   iteration 1
      1s one: {"FunctionName":"f"}
      1s   attempt 1, until 301s
      2s   attempt 1 succeeded
      2s   Success
      2s   iteration 2
      2s one: {"FunctionName":"f"}
      2s   attempt 1, until 302s
    121s   attempt 1 abandoned
    121s   Cancelled (The onCancel chain timed out after 120 s.)
    121s   Cancelled (Stopped by tester in iteration 2.)
    121s Cancelled
    "#);
}

#[test]
fn complete_request_ends_the_loop_after_the_inner_step() {
    let completed = || Reply::CompletedThen(Box::new(Reply::Returns(json!({}))));
    let run = loop_over("[a, b]", "{name: one}, {name: two}").replies("one", [completed()]).run();
    assert_eq!(path_and_status(&run), ("each Cancelled, one Success".to_owned(), Status::Success));
    // A loop that ends by itself is not cancelled.
    let run = loop_over("[a]", "{name: one}").replies("one", [completed()]).run();
    assert_eq!(path_and_status(&run), ("each Success, one Success".to_owned(), Status::Success));
}

#[test]
fn loop_timeout_covers_all_iterations() {
    let text = "{mainSteps: [{name: each, timeoutSeconds: 12, onFailure: 'step:late', inputs: {Iterators: [a, b, c], Steps: [\
                {name: one, onFailure: Continue}]}}, {name: after, isEnd: true}, {name: late}]}";
    let run = Situation::new(text).replies("one", [Reply::Returns(json!({})), Reply::Silent]).run();
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s each: {"Iterators":["a","b","c"]}
     0s   iteration 1, until 12s
     0s one: {"FunctionName":"f"}
     0s   attempt 1, until 300s
     1s   attempt 1 succeeded
     1s   Success
     1s   iteration 2, until 12s
     1s one: {"FunctionName":"f"}
     1s   attempt 1, until 301s
    12s   attempt 1 abandoned
    12s   Cancelled (The loop timed out. The action may still be running.)
    12s   TimedOut (The loop timed out after 12 s in iteration 2.) -> late
    12s late: {"FunctionName":"f"}
    12s   attempt 1, until 312s
    13s   attempt 1 succeeded
    13s   Success
    13s TimedOut
    "#);
    assert_eq!(run.status(), Status::TimedOut);
}

#[test]
fn resume_continues_in_the_current_iteration() {
    let situation = loop_over("[a, b]", SHOWS_ITEM);
    let end = situation.begin().after_inputs(1).after_crash(Interrupted::Retry).end();
    assert_eq!(end.path(), "each Success, one Success, one Success, after Success");
    let end = situation.begin().after_inputs(1).after_crash(Interrupted::Fail).end();
    assert_eq!(end.path(), "each Failed, one Success, one Failed");
}

#[test]
fn redacted_loop_items_are_resolved_again_after_resume() {
    let text = format!(
        "{{parameters: {{Secret: {{type: StringList}}}}, mainSteps: [{{name: each, inputs: {{Iterators: '{{{{ Secret }}}}', Steps: [{SHOWS_ITEM}]}}}}]}}"
    );
    let situation = Situation::new(&text).parameter("Secret", json!(["hunter2", "hunter3"]));
    let mut events = situation.begin().events;
    let secrets = crate::redaction::Secrets::new(crate::redaction::Patterns::new(
        crate::redaction::Pattern::new("Secret").into_iter().collect(),
    ));
    secrets.rewrite(situation.read(), &mut events);
    assert!(!serde_json::to_string(&events).unwrap().contains("hunter"));
    let end = situation
        .history(events)
        .with_secret("Secret", json!(["hunter2", "hunter3"]))
        .after_takeover(Interrupted::Retry)
        .end();
    let items = end.execution.runs().iter().filter(|run| run.parent.is_some());
    let items: Vec<_> = items.map(|run| run.inputs["InputPayload"]["item"].clone()).collect();
    assert_eq!(items, [json!("hunter2"), json!("hunter3")]);
}

#[test]
fn redrive_reuses_or_reruns_a_loop_as_a_whole() {
    let text = "{variables: {V: {type: String, default: none}}, mainSteps: [{name: first}, {name: each, inputs: {Iterators: [a, b], Steps: [\
                {name: set, action: 'aws:updateVariable', inputs: {Name: 'variable:V', Value: '{{ each.CurrentIteratorValue }}'}}, {name: one}]}}, \
                {name: after, inputs: {FunctionName: f, InputPayload: {v: '{{ variable:V }}', item: '{{ each.CurrentIteratorValue }}', one: '{{ one.Payload }}'}}}]}";
    let situation = Situation::new(text).replies("one", [Reply::Returns(json!(1)), Reply::Fails]);
    let first = situation.begin().end();
    let point = restart_point(&first.execution).unwrap();
    assert_eq!((point.reused, point.from.as_str()), (1, "each"));

    let situation = Situation::new(text)
        .replies("one", [Reply::Returns(json!(1)), Reply::Returns(json!(2))])
        .replies("after", [Reply::Fails]);
    let first = situation.begin().end();
    let point = restart_point(&first.execution).unwrap();
    assert_eq!((point.reused, point.from.as_str()), (6, "after"));
    let second = Situation::new(text).redrive(&first.execution, &point).end();
    insta::assert_snapshot!(second.trace(), @r#"
    0s started
    0s first kept Success
    0s each kept Success
    0s set kept Success
    0s one kept Success
    0s set kept Success
    0s one kept Success
    0s after: {"FunctionName":"f","InputPayload":{"v":"b","item":"b","one":"2"}}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s Success
    "#);
    assert_eq!(crate::execution::Execution::replay(&second.events).unwrap(), second.execution);
    assert_eq!(
        second.execution.parent(&second.execution.runs()[4]).map(|(run, at)| (run.step.as_str(), at)),
        Some(("each", 2))
    );
}

#[test]
fn redrive_reuses_nothing_of_an_unfinished_loop() {
    let situation = loop_over("[a, b]", "{name: one}");
    let open = situation.begin().after_inputs(1).outcomes();
    let point = restart_point_at(&open.execution, &situation.runbook, &StepName::from("after")).unwrap();
    assert_eq!(situation.redrive(&open.execution, &point).end().path(), "after Success");
}

#[test]
fn pause_in_a_loop_waits_in_its_iteration() {
    let situation = loop_over("[a, b]", "{name: wait, action: 'aws:pause', inputs: {}}");
    let play = situation.begin();
    assert_eq!(play.execution.status(), Status::Waiting);
    let end = play.after_seconds(604_800).after_timer().outcomes();
    assert_eq!(path_and_status(&end), ("each TimedOut, wait TimedOut".to_owned(), Status::TimedOut));
}

#[test]
fn summary_lists_every_step_run_with_its_iteration() {
    let run = loop_over("[a, b]", "{name: one}, {name: never}")
        .replies("one", [Reply::Returns(json!({})), Reply::Fails])
        .run();
    let summary = run.execution.summary();
    let steps: Vec<String> = summary
        .step_executions
        .iter()
        .map(|step| {
            let parent = step.parent_step_details.as_ref();
            let parent = parent.map(|it| format!(" in {} {} {:?}", it.step_name, it.iteration, it.iterator_value));
            format!("{} {}{}", step.step_name, step.step_status, parent.unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(steps.join("\n"), @r#"
    each Failed
    one Success in each 1 Some("a")
    never Success in each 1 Some("a")
    one Failed in each 2 Some("b")
    after Pending
    "#);
}

/// The engine ignores a reply that arrives after the loop has ended.
#[test]
fn late_reply_after_the_loop_is_ignored() {
    let situation = loop_over("[a, b]", "{name: one}");
    let run = situation.begin().after_inputs(2).outcomes();
    assert_eq!(run.path(), "each Success, one Success, one Success, after InProgress");
    let mut execution = run.execution;
    let now = run.events.last().unwrap().at;
    crate::engine::decide(situation.read(), &mut execution, Input::AttemptEnded(Ok(returned(json!({})))), now).unwrap();
    assert_eq!(execution.status(), Status::Success);
}
