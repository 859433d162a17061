//! Children of a step with targets: the events alone decide which children start.

use serde_json::json;

use super::situation::{ScriptedRun, Situation, begins_at};
use crate::engine::{Input, Interrupted, Outstanding, decide, outstanding};
use crate::event::{ChildEnded, Event, LocationsResolved, Status, TargetsResolved};
use crate::execution::Execution;

fn situation(inputs: &str) -> Situation {
    let values: Vec<String> = (0..9).map(|at| format!("h{at}")).collect();
    Situation::new(&format!(
        "{{mainSteps: [{{name: all, action: 'aws:executeAutomation', onFailure: Continue, inputs: {{DocumentName: Restart, \
         TargetParameterName: Host, Targets: [{{Key: ParameterValues, Values: {}}}], {inputs}}}}}]}}",
        json!(values)
    ))
}

/// The targets whose children run.
fn running(execution: &Execution) -> Vec<u32> {
    match outstanding(execution) {
        Outstanding::Children { running, .. } => running,
        Outstanding::Attempt { .. } | Outstanding::Wait { .. } | Outstanding::Decision | Outstanding::Nothing => {
            panic!("children are outstanding")
        }
    }
}

fn ended(target: u32, status: Status) -> Input {
    Input::ChildEnded(ChildEnded { attempt: 1, target, status, failure: None })
}

fn end(situation: &Situation, execution: &mut Execution, target: u32, status: Status) -> Vec<&'static str> {
    let events = decide(situation.read(), execution, ended(target, status), begins_at()).unwrap();
    events.iter().map(|recorded| recorded.event.kind()).collect()
}

#[test]
fn running_children_double_up_to_the_concurrency_limit() {
    let situation = situation("MaxConcurrency: 4");
    let mut execution = situation.begin().execution;
    assert_eq!(running(&execution), [0]);
    assert_eq!(end(&situation, &mut execution, 0, Status::Success), ["ChildEnded", "ChildStarted", "ChildStarted"]);
    assert_eq!(running(&execution), [1, 2]);
    assert_eq!(end(&situation, &mut execution, 2, Status::Success), ["ChildEnded", "ChildStarted"]);
    assert_eq!(end(&situation, &mut execution, 1, Status::Success).len(), 4);
    assert_eq!(running(&execution), [3, 4, 5, 6]);
}

#[test]
fn end_of_a_child_is_recorded_once() {
    let situation = situation("MaxConcurrency: 4");
    let mut execution = situation.begin().execution;
    end(&situation, &mut execution, 0, Status::Success);
    for target in [0, 7] {
        assert_eq!(end(&situation, &mut execution, target, Status::Failed), Vec::<&str>::new());
    }
    assert_eq!(running(&execution), [1, 2]);
}

#[test]
fn no_child_starts_after_too_many_errors() {
    let situation = situation("MaxConcurrency: 2, MaxErrors: 1");
    let mut execution = situation.begin().execution;
    end(&situation, &mut execution, 0, Status::Failed);
    assert_eq!(end(&situation, &mut execution, 1, Status::TimedOut), ["ChildEnded"]);
    assert_eq!(running(&execution), [2]);
    assert_eq!(end(&situation, &mut execution, 2, Status::Success), ["ChildEnded"]);
    assert_eq!(running(&execution), Vec::<u32>::new());
}

#[test]
fn process_that_resumes_continues_with_the_children_of_the_events() {
    let situation = situation("MaxConcurrency: 3");
    let mut play = situation.begin();
    for target in 0..3 {
        let events =
            decide(situation.read(), &mut play.execution, ended(target, Status::Success), begins_at()).unwrap();
        play.events.extend(events);
    }
    let before = running(&play.execution);
    let resumed = play.after_crash(Interrupted::Retry);
    assert_eq!((running(&resumed.execution), before), (vec![3, 4, 5], vec![3, 4, 5]));
    let sendings = resumed.events.iter().filter(|recorded| matches!(recorded.event, Event::AttemptStarted(_))).count();
    assert_eq!(sendings, 2);
}

#[test]
fn children_of_an_attempt_are_not_those_of_the_next() {
    let ids = |play: &ScriptedRun<'_>| -> Vec<String> {
        let started = play.events.iter().filter_map(|recorded| match &recorded.event {
            Event::ChildStarted(started) => Some(started.execution.to_string()),
            _ => None,
        });
        started.collect()
    };
    let step = "{mainSteps: [{name: all, action: 'aws:executeAutomation', maxAttempts: 2, inputs: {DocumentName: Restart, \
                TargetMaps: [{Host: [a]}]}}]}";
    let situation = Situation::new(step).replies("all", [super::situation::Reply::Fails]);
    let play = situation.begin().after_inputs(3);
    let ids = ids(&play);
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

/// A step whose targets are looked up.
fn looked_up() -> Situation {
    Situation::new(
        "{mainSteps: [{name: all, action: 'aws:executeAutomation', inputs: {DocumentName: Restart, \
         TargetParameterName: InstanceId, Targets: [{Key: 'tag:Stage', Values: [prod]}]}}]}",
    )
}

fn resolved(attempt: u32, targets: &[&str]) -> Input {
    let targets = targets.iter().map(|target| (*target).to_owned()).collect();
    Input::TargetsResolved(TargetsResolved { attempt, resource_type: None, targets, hidden: false })
}

#[test]
fn children_start_once_their_targets_are_recorded() {
    let situation = looked_up();
    let mut execution = situation.begin().execution;
    let kinds = |execution: &mut Execution, input: Input| -> Vec<&'static str> {
        let events = decide(situation.read(), execution, input, begins_at()).unwrap();
        events.iter().map(|recorded| recorded.event.kind()).collect()
    };
    assert!(matches!(outstanding(&execution), Outstanding::Attempt { .. }));
    assert_eq!(kinds(&mut execution, resolved(2, &["i-1"])), Vec::<&str>::new());
    assert_eq!(kinds(&mut execution, resolved(1, &["i-1", "i-2", "i-3"])), ["TargetsResolved", "ChildStarted"]);
    assert_eq!(running(&execution), [0]);
    assert_eq!(kinds(&mut execution, resolved(1, &["i-9"])), Vec::<&str>::new());
    assert_eq!(end(&situation, &mut execution, 0, Status::Success), ["ChildEnded", "ChildStarted", "ChildStarted"]);
    assert_eq!(running(&execution), [1, 2]);
}

#[test]
fn process_that_resumes_has_the_targets_that_were_recorded() {
    let situation = looked_up();
    let mut play = situation.begin();
    play.events
        .extend(decide(situation.read(), &mut play.execution, resolved(1, &["i-1", "i-2"]), begins_at()).unwrap());
    let resumed = play.after_crash(Interrupted::Retry);
    let targets = resumed.execution.current().unwrap().last_attempt().unwrap().children.targets.clone();
    assert_eq!(
        (running(&resumed.execution), targets.unwrap().targets.clone()),
        (vec![0], vec!["i-1".to_owned(), "i-2".to_owned()])
    );
}

/// A step with two locations of two and three pairs, of which the first location has an organizational unit.
fn located(first: &str) -> Situation {
    Situation::new(&format!(
        "{{mainSteps: [{{name: all, action: 'aws:executeAutomation', onFailure: Continue, inputs: {{DocumentName: Restart, \
         TargetLocations: [{{Accounts: [{first}], Regions: [a, b]}}, {{Accounts: ['333333333333'], Regions: [a, b, c], \
         TargetLocationMaxConcurrency: 2, TargetLocationMaxErrors: 1}}]}}}}]}}"
    ))
}

#[test]
fn locations_run_at_the_same_time_under_their_own_rate_control() {
    let situation = located("'111111111111'");
    let mut execution = situation.begin().execution;
    assert_eq!(running(&execution), [0, 2]);
    assert_eq!(end(&situation, &mut execution, 2, Status::Failed), ["ChildEnded", "ChildStarted", "ChildStarted"]);
    assert_eq!(running(&execution), [0, 3, 4]);
    // The first location tolerates no error; the second one goes on.
    assert_eq!(end(&situation, &mut execution, 0, Status::Failed), ["ChildEnded"]);
    assert_eq!(running(&execution), [3, 4]);
}

#[test]
fn accounts_are_awaited_and_recorded_once_before_any_child_starts() {
    let situation = located("ou-abcd-12345678");
    let mut execution = situation.begin().execution;
    let awaits = |execution: &Execution| match outstanding(execution) {
        Outstanding::Children { awaits_accounts, running, .. } => (awaits_accounts, running),
        other => panic!("{other:?}"),
    };
    assert_eq!(awaits(&execution), (true, vec![]));
    let listed = |account: &str| {
        let accounts = vec![vec![account.to_owned()], vec!["333333333333".to_owned()]];
        Input::LocationsResolved(LocationsResolved { attempt: 1, accounts })
    };
    let mut take = |input: Input| -> Vec<&str> {
        let events = decide(situation.read(), &mut execution, input, begins_at()).unwrap();
        events.iter().map(|recorded| recorded.event.kind()).collect()
    };
    assert_eq!(take(listed("111111111111")), ["LocationsResolved", "ChildStarted", "ChildStarted"]);
    assert_eq!(take(listed("222222222222")), Vec::<&str>::new());
    assert_eq!(awaits(&execution), (false, vec![0, 2]));
    let recorded = execution.current().unwrap().last_attempt().unwrap().children.locations.clone().unwrap();
    assert_eq!(recorded.accounts[0], ["111111111111"]);
}
