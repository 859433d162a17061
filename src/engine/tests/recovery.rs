//! Whether an interrupted attempt is sent again: by its action, by the policy, and by the state of the attempt.

use super::situation::{Reply, Situation};
use crate::engine::{Interrupted, uncertain_attempt};
use crate::event::Event;

/// A runbook with one step of this action.
fn step(action: &str, inputs: &str) -> Situation {
    Situation::new(&format!("{{mainSteps: [{{name: a, maxAttempts: 2, action: 'aws:{action}', inputs: {inputs}}}]}}"))
}

fn api(operation: &str) -> Situation {
    step("executeAwsApi", &format!("{{Service: ec2, Api: {operation}}}"))
}

/// What follows under `retry`, `fail` and without a choice of the user, and whether a user is asked.
fn recovery(situation: &Situation) -> (&'static str, &'static str, &'static str, bool) {
    let after = |policy| {
        let run = situation.begin().after_seconds(60).after_crash(policy).end();
        match run.assert_only_recorded_sendings() {
            1 => "fails",
            _ => "again",
        }
    };
    let asks = uncertain_attempt(&situation.runbook, &situation.begin().outcomes().execution).is_some();
    (after(Interrupted::Retry), after(Interrupted::Fail), after(Interrupted::ByAction), asks)
}

#[test]
fn action_decides_whether_an_interrupted_attempt_is_sent_again() {
    let property = "{Service: ec2, Api: DescribeInstances, PropertySelector: $.X, DesiredValues: [x]}";
    let child = step("executeAutomation", "{DocumentName: Other}");
    let situations = [
        ("describe", api("DescribeInstances")),
        ("run", api("RunInstances")),
        ("assert", step("assertAwsResourceProperty", property)),
        ("wait", step("waitForAwsResourceProperty", property)),
        ("state", step("changeInstanceState", "{InstanceIds: [i], DesiredState: stopped}")),
        ("stack", step("createStack", "{StackName: s, TemplateBody: t}")),
        ("child", child),
        ("script", step("executeScript", "{Runtime: python3.11, Handler: f, Script: x}")),
        ("command", step("runCommand", "{DocumentName: doc, InstanceIds: [i]}")),
        ("function", step("invokeLambdaFunction", "{FunctionName: f}")),
    ];
    let recovered: Vec<_> = situations.iter().map(|(name, situation)| (*name, recovery(situation))).collect();
    let repeated = ("again", "again", "again", false);
    let may_have_run = ("again", "fails", "fails", true);
    assert_eq!(
        recovered,
        [
            ("describe", repeated),
            ("run", may_have_run),
            ("assert", repeated),
            ("wait", repeated),
            ("state", repeated),
            ("stack", repeated),
            ("child", repeated),
            ("script", may_have_run),
            ("command", may_have_run),
            ("function", ("again", "fails", "again", true)),
        ]
    );
}

#[test]
fn interrupted_writing_call_fails_its_step_and_names_the_operation() {
    let run = api("RunInstances").begin().after_seconds(60).after_crash(Interrupted::ByAction).end();
    let remedy = run.events.iter().find_map(|recorded| match &recorded.event {
        Event::StepEnded(ended) => ended.failure.as_ref()?.cause.as_ref()?.remedy.clone(),
        _ => None,
    });
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s a: {"Service":"ec2","Api":"RunInstances"}
     0s   attempt 1, until 25s
    60s resumed by other-process
    60s   attempt 1 interrupted
    60s   Failed (The process that waited for the answer ended. The call ec2 RunInstances may have run, or may still be running.)
    60s Failed
    "#);
    let check = "Check whether it ran, then redrive: from this step if it did not, from a later one if it did.";
    assert_eq!(remedy.as_deref(), Some(check));
}

#[test]
fn operation_that_comes_from_a_reference_decides_by_its_value() {
    let classes = ["describe_instances", "terminate_instances"].map(|operation| {
        let text = "{parameters: {Op: {type: String}}, mainSteps: [
            {name: a, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: '{{ Op }}'}}]}";
        recovery(&Situation::new(text).parameter("Op", operation.into()))
    });
    assert_eq!(classes, [("again", "again", "again", false), ("again", "fails", "fails", true)]);
}

#[test]
fn attempt_that_a_process_gave_up_is_uncertain_for_the_next() {
    let abandoned = |situation: &Situation, policy| {
        let run = situation.begin().after_crash(Interrupted::Abandon);
        let asks = uncertain_attempt(&situation.runbook, &run.execution).is_some();
        (asks, run.after_crash(policy).end().assert_only_recorded_sendings())
    };
    let (reading, writing) = (api("ListTags"), api("StopInstances"));
    let policies = [Interrupted::Retry, Interrupted::Fail, Interrupted::ByAction];
    let recovered = policies.map(|policy| (abandoned(&reading, policy), abandoned(&writing, policy)));
    let again = (false, 2);
    assert_eq!(recovered, [(again, (true, 2)), (again, (true, 1)), (again, (true, 1))]);
}

#[test]
fn attempt_that_is_not_in_flight_is_certain() {
    let throttled = api("RunInstances").replies("a", [Reply::Throttled(None)]);
    let failed = api("RunInstances").replies("a", [Reply::Fails]);
    let asks = [&throttled, &failed].map(|situation| {
        let run = situation.begin().after_inputs(1);
        uncertain_attempt(&situation.runbook, &run.execution).is_some()
    });
    let ended = api("RunInstances");
    let ended = uncertain_attempt(&ended.runbook, &ended.begin().end().execution).is_some();
    assert_eq!((asks, ended), ([false, false], false));
}
