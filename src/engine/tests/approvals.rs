//! Steps that wait for a person: pause and approve (spec 4.4, 4.5).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::situation::Situation;
use crate::engine::{Input, SignalRejected, decide, validate_signal};
use crate::event::{Recorded, Signal, SignalReceived, Status};
use crate::execution::Execution;

const APPROVAL: &str =
    "{outputs: [ask.ApprovalStatus, ask.ApproverDecisions], mainSteps: [{name: ask, action: 'aws:approve',
  timeoutSeconds: 600, inputs: {Approvers: [ann, 'arn:aws:iam::123456789012:user/ops/bob', cid],
  MinRequiredApprovals: 2, Message: 'restart {{ global:REGION }}?'}}, {name: act}]}";

fn signal_received(signal: Signal, by: &str) -> SignalReceived {
    SignalReceived::new(signal, by, (by == "cid").then(|| "no".to_owned()))
}

/// An execution that waits, and the results of signals, each a second after the one before.
fn run_signals(text: &str, signals: &[SignalReceived]) -> (Execution, Vec<Result<(), SignalRejected>>) {
    let situation = Situation::new(text);
    let mut events: Vec<Recorded> = situation.begin().outcomes().events;
    let mut execution = Execution::replay(&events).unwrap();
    let run = execution.current().unwrap().id.clone();
    let mut now: Timestamp = events.last().unwrap().at;
    let mut answers = Vec::new();
    for received in signals {
        now += std::time::Duration::from_secs(1);
        answers.push(validate_signal(&execution, received).map(drop));
        let input = Input::Signal { step_execution: run.clone(), received: received.clone() };
        events.extend(decide(situation.read(), &mut execution, input, now).unwrap());
        assert_eq!(Execution::replay(&events).unwrap(), execution);
    }
    (execution, answers)
}

/// The status of a step of an execution.
fn step_status(execution: &Execution, step: &str) -> &'static str {
    execution.latest(step).map_or("not reached", |run| run.status().as_str())
}

#[test]
fn waiting_step_makes_the_execution_waiting() {
    let (execution, _) = run_signals(APPROVAL, &[]);
    assert_eq!(
        (execution.status(), step_status(&execution, "ask"), execution.current().unwrap().wait.clone().unwrap().until),
        (Status::Waiting, "Waiting", "2026-01-02T03:14:05Z".parse().unwrap())
    );
}

#[test]
fn minimum_number_of_distinct_approvers_approves_the_step() {
    let bob = "arn:aws:iam::123456789012:user/ops/bob";
    let approvals = ["ann", "ann", "stranger", "bob", bob].map(|by| signal_received(Signal::Approve, by));
    let (execution, answers) = run_signals(APPROVAL, &approvals);
    let answers: Vec<String> =
        answers.into_iter().map(|answer| answer.map_or_else(|why| why.to_string(), |()| "taken".to_owned())).collect();
    assert_eq!(
        answers,
        [
            "taken",
            "ann has already approved step ask; it waits for others",
            "stranger is not an approver of step ask: ann, arn:aws:iam::123456789012:user/ops/bob, cid",
            "taken",
            "no step waits for a signal"
        ]
    );
    let outputs = execution.latest("ask").unwrap();
    let decisions = outputs.output("ApproverDecisions").unwrap().into_owned();
    let who: Vec<&Value> = decisions.as_array().unwrap().iter().map(|decision| &decision["Approver"]).collect();
    assert_eq!(
        (
            step_status(&execution, "ask"),
            step_status(&execution, "act"),
            outputs.output("ApprovalStatus").unwrap().into_owned(),
            who
        ),
        ("Success", "InProgress", json!("Approved"), vec![&json!("ann"), &json!("bob")])
    );
}

#[test]
fn one_rejection_fails_the_step() {
    let (execution, _) =
        run_signals(APPROVAL, &[signal_received(Signal::Approve, "ann"), signal_received(Signal::Reject, "cid")]);
    let ask = execution.latest("ask").unwrap();
    assert_eq!(
        (execution.status(), ask.output("ApprovalStatus").unwrap().into_owned(), step_status(&execution, "act")),
        (Status::Failed, json!("Rejected"), "not reached")
    );
    assert_eq!(ask.output("ApproverDecisions").unwrap()[1]["Comment"], json!("no"));
}

#[test]
fn approval_without_decision_times_out() {
    let run = Situation::new(APPROVAL).run();
    let ending = run.execution.latest("ask").unwrap().ending.clone().unwrap();
    assert_eq!(
        (run.status().as_str(), ending.failure.as_ref().unwrap().message.as_str()),
        ("TimedOut", "Not approved in time: 0 of 2 approvals.")
    );
}

#[test]
fn pause_resumes_or_times_out_after_a_week() {
    let book = "{mainSteps: [{name: hold, action: 'aws:pause', inputs: {}}, {name: act}]}";
    let (execution, answers) =
        run_signals(book, &[signal_received(Signal::Approve, "ann"), signal_received(Signal::Resume, "ann")]);
    let wanted = SignalRejected::WrongSignal { step: "hold".to_owned(), wanted: "`resume`" };
    assert_eq!((step_status(&execution, "hold"), answers), ("Success", vec![Err(wanted), Ok(())]));
    let run = Situation::new(book).run();
    let waited = run.events.last().unwrap().at.duration_since(run.events[0].at).as_hours();
    assert_eq!((run.path().as_str(), run.status().as_str(), waited), ("hold TimedOut", "TimedOut", 7 * 24));
}

#[test]
fn approval_with_too_few_approvers_fails_its_step() {
    let refused = |inputs: &str| {
        let text = format!(
            "{{parameters: {{L: {{type: StringList, default: []}}, N: {{type: Integer, default: 3}}}},
              mainSteps: [{{name: ask, action: 'aws:approve', inputs: {inputs}}}]}}"
        );
        let run = Situation::new(&text).parameter("L", json!([])).parameter("N", json!(3)).run();
        run.execution.latest("ask").unwrap().ending.clone().unwrap().failure.as_ref().unwrap().message.clone()
    };
    let why = "Step fails when it is validating and resolving the step inputs. ";
    assert_eq!(
        [refused("{Approvers: '{{ L }}'}"), refused("{Approvers: [ann], MinRequiredApprovals: '{{ N }}'}")],
        [format!("{why}Approvers is empty."), format!("{why}3 approvals are required of 1 approvers.")]
    );
}
