//! A history with every kind of event, as the engine decides it.

use std::collections::BTreeSet;
use std::time::Duration;

use indexmap::IndexMap;
use runwright::engine::{self, Input, Interrupted, Outstanding, Start};
use runwright::event::{
    ActionError, ActionResult, AttemptObserved, AttemptProgress, AttemptProgressed, CallReach, Cause, ChildEnded,
    Connection, DocumentIdentity, Environment, ErrorClass, Event, ExecutionResumed, Failure, FailureStage, FailureType,
    Launch, LocationsResolved, Mode, Observation, OnInterrupted, Origin, Recorded, ReportedError, Settings, Signal,
    SignalReceived, Status, TargetsResolved, TemplateFile,
};
use runwright::name::{ExecutionId, OutputName, StepExecutionId};
use runwright::redaction::{Pattern, Patterns, Secrets};
use runwright::runbook::Runbook;
use serde_json::json;

/// Every kind of event.
pub(super) const KINDS: [&str; 23] = [
    "ExecutionStarted",
    "StepKept",
    "ExecutionResumed",
    "StepStarted",
    "IterationStarted",
    "WaitStarted",
    "SignalReceived",
    "VariableUpdated",
    "AttemptStarted",
    "AttemptThrottled",
    "AttemptInterrupted",
    "AttemptEnded",
    "StepEnded",
    "CancelRequested",
    "CompleteRequested",
    "ExecutionEnded",
    "StepSkipped",
    "ChildStarted",
    "ChildEnded",
    "AttemptObserved",
    "AttemptProgressed",
    "TargetsResolved",
    "LocationsResolved",
];

pub(super) const RUNBOOK: &str = r#"
schemaVersion: "0.3"
parameters:
  Token: {type: String}
  Count: {type: Integer, default: 3}
variables:
  note: {type: String, default: "{{ automation:EXECUTION_ID }} {{ Count }}"}
outputs: [look.Status, work.Payload]
mainSteps:
  - name: look
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: look, InputPayload: {token: "{{ Token }}"}}
    outputs:
      - {Name: Status, Selector: $.status, Type: String}
      - {Name: Key, Selector: $.key, Type: String}
  - name: rest
    action: aws:sleep
    inputs: {Duration: PT2S}
  - name: write
    action: aws:updateVariable
    inputs: {Name: "variable:note", Value: "{{ look.Status }} {{ Token }}"}
  - name: ask
    action: aws:approve
    inputs: {Approvers: [operator], Message: "go on?"}
  - name: each
    action: aws:loop
    timeoutSeconds: 60
    inputs:
      Iterators: ["{{ look.Status }}", "{{ Token }}"]
      Steps:
        - name: one
          action: aws:invokeLambdaFunction
          inputs: {FunctionName: one, InputPayload: {item: "{{ each.CurrentIteratorValue }}"}}
  - name: work
    action: aws:invokeLambdaFunction
    maxAttempts: 3
    timeoutSeconds: 20
    onFailure: Continue
    inputs: {FunctionName: work, InputPayload: {status: "{{ look.Status }}", token: "{{ Token }}"}}
  - name: once
    action: aws:invokeLambdaFunction
    onFailure: Continue
    inputs: {FunctionName: once}
  - name: fleet
    action: aws:executeAutomation
    onFailure: Continue
    inputs:
      DocumentName: Restart
      TargetParameterName: Host
      Targets: [{Key: ParameterValues, Values: [web-1, "{{ Token }}", web-3, web-4]}]
      MaxErrors: "1"
  - name: found
    action: aws:executeAutomation
    onFailure: Continue
    inputs:
      DocumentName: Restart
      TargetParameterName: InstanceId
      Targets: [{Key: "tag:Stage", Values: [prod]}]
  - name: everywhere
    action: aws:executeAutomation
    onFailure: Continue
    inputs:
      DocumentName: Restart
      TargetLocations: [{Accounts: [ou-abcd-12345678], Regions: [eu-west-1, us-east-1]}]
  - name: left
    action: aws:sleep
    inputs: {Duration: PT1H}
  - name: settle
    action: aws:waitForAwsResourceProperty
    inputs: {Service: ec2, Api: DescribeVolumes, PropertySelector: "$.Volumes[0].State", DesiredValues: [available]}
  - name: build
    action: aws:createStack
    onFailure: Continue
    inputs: {StackName: "web-{{ Token }}", TemplateURL: "https://example.com/web.yaml"}
  - name: last
    action: aws:invokeLambdaFunction
    onCancel: step:tidy
    inputs: {FunctionName: last, InputPayload: {note: "{{ variable:note }}"}}
    isEnd: true
  - name: tidy
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: tidy}
"#;

/// The first execution is cancelled after `look`; the second reuses it and runs the other steps.
pub(super) fn history() -> Vec<Recorded> {
    let document = runwright::document::read("every-event", RUNBOOK.as_bytes()).unwrap();
    let runbook = runwright::runbook::load(&document).runbook.unwrap();
    let at = |seconds: u64| "2026-01-02T03:04:05Z".parse::<jiff::Timestamp>().unwrap() + Duration::from_secs(seconds);

    let id = ExecutionId::new("00000000-0000-4000-8000-000000000001");
    let (mut first, _, _) = engine::start(&runbook, start(&runbook, id, Launch::default()), at(0)).unwrap();
    let looked = json!({"status": "stopped", "key": "k3y-k3y-k3y"});
    engine::decide(&runbook, &mut first, returned(looked), at(1)).unwrap();
    engine::decide(&runbook, &mut first, cancel(), at(2)).unwrap();
    let point = engine::restart_point(&first).unwrap();

    let origin = Origin::Redrive { of: first.id().clone(), from: point.from.clone() };
    let id = ExecutionId::new("00000000-0000-4000-8000-000000000002");
    let mut start = start(&runbook, id, launch(origin));
    start.reused = engine::carry_over(&first, &point);
    let secrets = Secrets::new(Patterns::new(["Token", "look.Key"].iter().filter_map(|it| Pattern::new(it)).collect()));
    let (mut execution, mut history, _) = engine::start(&runbook, start, at(60)).unwrap();
    secrets.rewrite(&runbook, &mut history);
    let inputs = [
        // rest
        (61, signal_all(Signal::StartStep)),
        (63, Input::TimerFired),
        // write
        (64, signal_all(Signal::StartStep)),
        // ask
        (65, signal_all(Signal::StartStep)),
        (66, signal_all(Signal::Approve)),
        // each: `one`, twice
        (66, signal_all(Signal::StartStep)),
        (66, signal_all(Signal::StartStep)),
        (66, returned(json!({"done": 1}))),
        (66, signal_all(Signal::StartStep)),
        (66, returned(json!({"done": 2}))),
        // work: throttled, interrupted, failed, timed out, done.
        (67, signal_all(Signal::StartStep)),
        (71, failed(ErrorClass::Throttled)),
        (72, Input::TimerFired),
        (80, resumed(Interrupted::Retry)),
        (81, failed(ErrorClass::Function)),
        (82, Input::TimerFired),
        (102, Input::TimerFired),
        (104, Input::TimerFired),
        (105, returned(json!({"done": true}))),
        // once: interrupted, and not resent.
        (106, signal_all(Signal::StartStep)),
        (107, resumed(Interrupted::Fail)),
        // fleet: one child, then two at once; a process ends; too many fail, and the last one does not start.
        (107, signal_all(Signal::StartStep)),
        (107, child_ended(0, Status::Success)),
        (107, child_ended(1, Status::Failed)),
        (107, resumed(Interrupted::Retry)),
        (107, child_ended(2, Status::Failed)),
        (107, failed(ErrorClass::Function)),
        // found: two targets, one of which has a secret in it.
        (107, signal_all(Signal::StartStep)),
        (107, resolved(&["i-1", "i-hunter2-hunter2"])),
        (107, child_ended(0, Status::Success)),
        (107, child_ended(1, Status::Success)),
        (107, returned(json!(null))),
        // everywhere: the accounts are looked up; the first pair fails, and the other one does not start.
        (107, signal_all(Signal::StartStep)),
        (107, located()),
        (107, child_ended(0, Status::Failed)),
        (107, failed(ErrorClass::Function)),
        // left: skipped.
        (108, signal_all(Signal::SkipStep)),
        // settle: waits, and sees a secret.
        (108, signal_all(Signal::StartStep)),
        (108, observed(1, Observation::Value("not hunter2-hunter2".to_owned()))),
        (108, returned(json!({"Volumes": [{"State": "available"}]}))),
        // build: a process ends after the stack is created, and its identifier has a secret.
        (108, signal_all(Signal::StartStep)),
        (
            108,
            progressed(AttemptProgress::Created {
                output: stack(),
                value: json!("stack/web-hunter2-hunter2"),
                hidden: false,
            }),
        ),
        (
            108,
            progressed(AttemptProgress::StopRequested {
                output: stack(),
                error: Some("no hunter2-hunter2".to_owned()),
            }),
        ),
        (108, resumed(Interrupted::Retry)),
        (108, returned(json!({"StackStatus": "CREATE_COMPLETE"}))),
        // last: completed, then cancelled.
        (109, signal_all(Signal::StartStep)),
        (110, Input::Complete { by: "operator".to_owned() }),
        (111, cancel()),
        // tidy: without a prompt.
        (112, returned(json!(null))),
    ];
    for (seconds, mut input) in inputs {
        if let Input::Signal { step_execution, received } = &mut input {
            *step_execution = engine::validate_signal(&execution, received).unwrap();
        }
        let mut events = engine::decide(&runbook, &mut execution, input, at(seconds)).unwrap();
        assert!(!events.is_empty(), "nothing happened after {seconds} s");
        secrets.rewrite(&runbook, &mut events);
        history.append(&mut events);
    }
    assert_eq!(engine::outstanding(&execution), Outstanding::Nothing);
    history
}

/// Sends a signal to the waiting step.
fn signal_all(signal: Signal) -> Input {
    let received = SignalReceived::new(signal, "operator", Some("looks right".to_owned()));
    Input::Signal { step_execution: StepExecutionId::new(""), received }
}

pub(super) fn start(runbook: &Runbook, execution: ExecutionId, launch: Launch) -> Start {
    Start {
        execution,
        document: DocumentIdentity { name: "every-event".to_owned(), sha256: "0".repeat(64) },
        parameters: IndexMap::from([("Token".into(), json!("hunter2-hunter2")), ("Count".into(), json!(3))]),
        executed_by: "operator".to_owned(),
        environment: Environment {
            region: Some("eu-central-1".to_owned()),
            account_id: Some("123456789012".to_owned()),
            partition: "aws".to_owned(),
        },
        settings: Settings {
            attempt_delays: [1_000, 2_000].into(),
            throttle_delays: [1_000].into(),
            throttle_window: 60_000,
            jitter: 0.0,
            long_invocations: false,
            result_limit: Some(204_800),
            poll_interval: None,
            idempotency_token: true,
        },
        seed: 7,
        outline: engine::outline(runbook, false),
        launch,
        reused: Vec::new(),
    }
}

fn launch(origin: Origin) -> Launch {
    let text = |text: &str| Some(text.to_owned());
    Launch {
        version: "0.1.0".to_owned(),
        host: "host".to_owned(),
        folder: "/srv/runbooks".to_owned(),
        file: text("/srv/runbooks/every-event.yaml"),
        origin,
        connection: Connection {
            functions: Some(TemplateFile { file: "/srv/functions/template.yaml".to_owned(), sha256: "1".repeat(64) }),
            pass_env: vec!["STAGE".to_owned()],
            profile: text("ops"),
            region: text("eu-central-1"),
            endpoint_url: text("http://127.0.0.1:4566"),
            assume_role: text("arn:aws:iam::123456789012:role/operator"),
            // The recorded history lacks these, and is never rewritten.
            scripts: Box::default(),
            aws_models: None,
        },
        mode: Mode::Interactive,
        on_interrupted: Some(OnInterrupted::Ask),
        lock_template: text("restart-{{ Host }}"),
        no_self_approval: false,
        lock: text("restart-web"),
        given: vec!["Host".into()],
        labels: IndexMap::from([("ticket".to_owned(), "OPS-1".to_owned())]),
        sensitive: vec!["Token".to_owned(), "look.Key".to_owned()],
        // The recorded history lacks these: it is never rewritten.
        parent: None,
        documents: IndexMap::new(),
        ssm_parameters: IndexMap::new(),
        runbook_path: Vec::new(),
        attachments: Vec::new(),
        attachment_sums: IndexMap::new(),
        targets: None,
        locations: None,
        place: None,
        over_targets: false,
        notify_on: runwright::event::NotifyOn::default(),
    }
}

fn cancel() -> Input {
    Input::Cancel { by: "operator".to_owned() }
}

pub(super) fn resumed(interrupted: Interrupted) -> Input {
    let resumed = ExecutionResumed { by: "operator".to_owned(), host: "other".to_owned(), version: "0.1.0".to_owned() };
    Input::Resumed { resumed, interrupted }
}

pub(super) fn observed(polls: u32, observed: Observation) -> Input {
    Input::Observed(AttemptObserved { attempt: 1, polls, observed, property: None })
}

pub(super) fn progressed(progress: AttemptProgress) -> Input {
    Input::Progressed(AttemptProgressed { attempt: 1, progress })
}

fn stack() -> OutputName {
    OutputName::new("StackId")
}

fn located() -> Input {
    Input::LocationsResolved(LocationsResolved { attempt: 1, accounts: vec![vec!["111111111111".to_owned()]] })
}

pub(super) fn resolved(targets: &[&str]) -> Input {
    let targets = targets.iter().map(|target| (*target).to_owned()).collect();
    let resource_type = Some("AWS::EC2::Instance".to_owned());
    Input::TargetsResolved(TargetsResolved { attempt: 1, resource_type, targets, hidden: false })
}

pub(super) fn child_ended(target: u32, status: Status) -> Input {
    let failure = (status == Status::Failed).then(|| {
        Failure::new(
            FailureStage::PreVerification,
            FailureType::Verification,
            "Runbook Restart refuses hunter2-hunter2.",
        )
    });
    Input::ChildEnded(ChildEnded { attempt: 1, target, status, failure })
}

pub(super) fn returned(document: serde_json::Value) -> Input {
    let outputs = IndexMap::from([
        (OutputName::new("StatusCode"), json!(200)),
        (OutputName::new("Payload"), json!(document.to_string())),
    ]);
    Input::AttemptEnded(Ok(ActionResult {
        outputs,
        document: Some(document),
        request_id: Some("00000000-0000-4000-8000-0000000000aa".to_owned()),
        notice: Some("Something to know.".to_owned()),
        secrets: Vec::new(),
        omits_document: false,
    }))
}

fn failed(class: ErrorClass) -> Input {
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, format!("{}.", class.as_str()));
    failure.details.insert("Hint".to_owned(), vec!["one".to_owned(), "two".to_owned()]);
    let mut cause = Cause::new(class, CallReach::Ran);
    cause.code = Some("Code".to_owned());
    cause.http_status = Some(200);
    cause.request_id = Some("00000000-0000-4000-8000-0000000000bb".to_owned());
    cause.log_tail = Some("line one\nline two with hunter2-hunter2\n".to_owned());
    cause.remedy = Some("Do something.".to_owned());
    cause.reported_error = Some(ReportedError {
        kind: "Unhandled".to_owned(),
        error_type: Some("ValueError".to_owned()),
        message: Some("no".to_owned()),
        trace: vec!["a.py line 1".to_owned()],
        payload: r#"{"errorType":"ValueError","errorMessage":"no"}"#.to_owned(),
    });
    failure.cause = Some(Box::new(cause));
    let outputs = IndexMap::from([(OutputName::new("FunctionError"), json!("Unhandled"))]);
    Input::AttemptEnded(Err(ActionError { failure, outputs }))
}

#[test]
fn history_contains_every_event_kind() {
    let history = history();
    // Add a new kind of event here, to `KINDS`, and to the history above.
    let place = |event: &Event| match event {
        Event::ExecutionStarted(_) => 0,
        Event::StepReused(_) => 1,
        Event::ExecutionResumed(_) => 2,
        Event::StepStarted(_) => 3,
        Event::IterationStarted(_) => 4,
        Event::WaitStarted(_) => 5,
        Event::SignalReceived(_) => 6,
        Event::VariableUpdated(_) => 7,
        Event::AttemptStarted(_) => 8,
        Event::AttemptThrottled(_) => 9,
        Event::AttemptInterrupted(_) => 10,
        Event::AttemptEnded(_) => 11,
        Event::StepEnded(_) => 12,
        Event::CancelRequested(_) => 13,
        Event::CompleteRequested(_) => 14,
        Event::ExecutionEnded(_) => 15,
        Event::StepSkipped(_) => 16,
        Event::ChildStarted(_) => 17,
        Event::ChildEnded(_) => 18,
        Event::AttemptObserved(_) => 19,
        Event::AttemptProgressed(_) => 20,
        Event::TargetsResolved(_) => 21,
        Event::LocationsResolved(_) => 22,
    };
    let happened: BTreeSet<&str> = history.iter().map(|recorded| KINDS[place(&recorded.event)]).collect();
    assert_eq!(happened, BTreeSet::from(KINDS));
    let text = serde_json::to_string(&history).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("k3y"), "{text}");
}
