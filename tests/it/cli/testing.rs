//! `runwright test`: case files, virtual time, reports, coverage, recording.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Outcome, Situation, without_ids};
use crate::journal_reads::ReadJournal as _;
use crate::support;

/// A runbook with everything that a case can test: retries, a branch, an approval, a step that is not executable here,
/// a tolerated timeout, a failure edge and a cancel edge.
const BOOK: &str = r#"schemaVersion: "0.3"
parameters:
  InstanceId: { type: String, allowedPattern: "^i-[0-9]+$" }
  Level: { type: Integer, default: 1 }
mainSteps:
  - name: lookup
    action: aws:invokeLambdaFunction
    maxAttempts: 3
    inputs: { FunctionName: find, InputPayload: { id: "{{ InstanceId }}" } }
    outputs: [{ Name: State, Selector: $.state, Type: String }]
  - name: decide
    action: aws:branch
    inputs:
      Choices:
        - { NextStep: ask, Variable: "{{ lookup.State }}", StringEquals: broken }
      Default: notify
  - name: ask
    action: aws:approve
    onFailure: step:notify
    inputs: { Approvers: [alice, bob], MinRequiredApprovals: 2 }
  - name: restart
    action: aws:executeAwsApi
    onCancel: step:notify
    inputs: { Service: ec2, Api: RebootInstances, InstanceIds: ["{{ InstanceId }}"] }
  - name: slow
    action: aws:invokeLambdaFunction
    onFailure: Continue
    inputs: { FunctionName: slow }
  - name: notify
    action: aws:invokeLambdaFunction
    isEnd: true
    inputs: { FunctionName: tell, InputPayload: { state: "{{ lookup.State }}" } }
outputs: [lookup.State]
"#;

const DEFAULTS: &str = "defaults:
  parameters: { InstanceId: i-1 }
  steps:
    notify: { payload: {} }
cases:
";

const GOOD: &str = "  - name: nothing to do
    steps:
      lookup:
        - { throttle: { after: 2s }, times: 2 }
        - { error: { type: Boom, message: it broke } }
        - { payload: { state: fine }, delay: 2s }
    expect:
      status: Success
      path: [lookup, decide, notify]
      steps:
        lookup: { attempts: 2, calls: 4, inputs: { InputPayload: { id: i-1 } }, outputs: { State: fine } }
        ask: { status: Pending }
      outputs: { lookup.State: fine }
      duration: 7s
  - name: approved by two
    steps:
      lookup: { payload: { state: broken } }
      restart: { result: {} }
      slow: { timeout: true }
    signals:
      - { step: ask, signal: approve, by: alice, after: 2h }
      - { step: ask, signal: approve, by: alice, after: 3h, taken: false }
      - { step: ask, signal: approve, by: bob, comment: fine, after: 2d }
    expect:
      path: [lookup, decide, ask, restart, slow, notify]
      steps: { slow: { status: TimedOut, failure: within 300 s } }
      duration: { atLeast: 2d, atMost: 2d 1h }
  - name: nobody approves for seven days
    steps:
      lookup: { payload: { state: broken } }
    expect:
      status: TimedOut
      failure: Not approved in time
      duration: 7d
      steps: { ask: { status: TimedOut }, notify: { status: Success, inputs: { InputPayload: { state: broken } } } }
  - name: stopped while it restarts
    steps:
      lookup: { payload: { state: broken } }
      restart: { timeout: true }
    signals:
      - { step: ask, signal: approve, by: alice }
      - { step: ask, signal: approve, by: bob }
    stop: { step: restart, after: 10s, by: carol }
    expect:
      status: Cancelled
      path: [lookup, decide, ask, restart, notify]
      steps: { restart: { status: Cancelled, failure: Stopped by carol } }
";

const BAD: &str = "  - name: differs in many ways
    steps:
      lookup: { payload: { state: broken } }
      restart: { result: {} }
    expect:
      status: Failed
      path: [lookup, decide, restart]
      outputs: { lookup.State: other }
      steps:
        lookup: { status: Failed, attempts: 3, inputs: { InputPayload: { id: i-2 } }, outputs: { State: whole } }
        slow: { status: Success }
      duration: { atMost: 1h }
      failure: something else
  - name: has no reply
    steps: {}
  - name: has too few replies
    steps:
      lookup: [{ error: { type: Boom } }, { error: again }]
  - name: has invalid signals
    steps:
      lookup: { payload: { state: broken } }
    signals:
      - { step: ask, signal: approve, by: mallory }
      - { step: ask, signal: reject, by: alice, comment: no, after: 1h, taken: false }
    stop: { after: 30d }
    expect: { status: Failed }
";

fn situation(cases: &[&str]) -> Situation {
    Situation::new().file("book.yaml", BOOK).file("book.test.yaml", format!("{DEFAULTS}{}", cases.concat()))
}

/// Masks ids and times; the durations of cases are virtual, so they stay.
fn stable_text(outcome: &Outcome) -> String {
    let status = outcome.status.map_or_else(|| "ended by a signal".to_owned(), |status| format!("exit {status}"));
    format!("{status}\n--- stdout\n{}--- stderr\n{}", outcome.stdout, outcome.stderr)
}

/// The cases of a report in JSON: each as its name, whether it passed, its status, its duration and the steps that ran.
fn cases(outcome: &Outcome) -> Vec<Value> {
    let report = outcome.json();
    let files = report["Files"].as_array().unwrap().iter();
    let cases = files.flat_map(|file| file["Cases"].as_array().unwrap());
    let path = |case: &Value| {
        let steps = case["Path"].as_array().unwrap().iter().map(|step| step.as_str().unwrap());
        steps.collect::<Vec<_>>().join(" ")
    };
    cases
        .map(|case| json!([case["Name"], case["Passed"], case["Status"], case["TookMilliseconds"], path(case)]))
        .collect()
}

/// The mismatches of a case in a report in JSON: each as its line, its subject, the expected and the actual value.
fn mismatches(outcome: &Outcome, case: usize) -> Vec<Value> {
    let report = outcome.json();
    let found = report["Files"][0]["Cases"][case]["Mismatches"].as_array().unwrap();
    found.iter().map(|it| json!([it["Line"], it["What"], it["Expected"], it["Actual"]])).collect()
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

#[test]
fn cases_pass_in_virtual_time() {
    let begun = runwright::clock::origin();
    let outcome = situation(&[GOOD]).run(&["test", "--format", "json"]);
    // More than nine days of virtual time.
    assert!(begun.elapsed() < Duration::from_mins(1));
    let expected = [
        json!(["nothing to do", true, "Success", 7_000, "lookup decide notify"]),
        json!(["approved by two", true, "Success", 2 * DAY + 5 * MINUTE, "lookup decide ask restart slow notify"]),
        json!(["nobody approves for seven days", true, "TimedOut", 7 * DAY, "lookup decide ask notify"]),
        json!(["stopped while it restarts", true, "Cancelled", 10_000, "lookup decide ask restart notify"]),
    ];
    assert_eq!((outcome.status, cases(&outcome), outcome.stderr.as_str()), (Some(0), expected.to_vec(), ""));
}

#[test]
fn cases_that_fail_show_the_difference() {
    assert_snapshot!(stable_text(&situation(&[GOOD, BAD]).run(&["test", "book.yaml"])));
}

#[test]
fn cases_can_set_environment_clock_variables_children_and_stops() {
    let book = r#"schemaVersion: "0.3"
parameters:
  Name: { type: String, default: "{{ automation:EXECUTION_ID }}" }
variables:
  Count: { type: Integer, default: 1 }
mainSteps:
  - name: where
    action: aws:executeScript
    inputs:
      { Runtime: python3.11, Handler: f, Script: "", InputPayload: { at: "{{ global:REGION }} {{ global:ACCOUNT_ID }} {{ global:DATE }}", name: "{{ Name }}" } }
    outputs: [{ Name: Count, Selector: $.Payload.count, Type: Integer }]
  - name: keep
    action: aws:updateVariable
    inputs: { Name: "variable:Count", Value: "{{ where.Count }}" }
  - name: rest
    action: aws:sleep
    inputs: { Duration: P3D }
  - name: child
    action: aws:executeAutomation
    maxAttempts: 2
    inputs: { DocumentName: other, RuntimeParameters: { Count: "{{ variable:Count }}" } }
  - name: ask
    action: aws:approve
    inputs: { Approvers: [tester, anna] }
  - name: last
    action: aws:pause
    inputs: {}
outputs: [child.Output]
"#;
    let case_file = r#"defaults:
  environment: { region: eu-central-1, accountId: "000000000001" }
  now: 2026-02-28T23:00:00Z
  noSelfApproval: true
  steps:
    where: { payload: { count: 7 } }
cases:
  - name: everything
    description: Values of the environment, variables, a child, who started it.
    parameters: { Name: me }
    steps:
      child: [{ failure: the child is away, delay: 1h }, { outputs: { Output: [one, two], Status: Success } }]
    signals:
      - { step: ask, signal: Approve, by: tester, taken: false }
      - { step: ask, signal: approve, by: anna, after: 1d }
      - { step: last, signal: RESUME }
    expect:
      steps:
        where: { inputs: { InputPayload: { at: eu-central-1 000000000001 2026-02-28, name: me } } }
        child: { calls: 2, inputs: { RuntimeParameters: { Count: 7 } }, outputs: { Output: [one, two] } }
        ask: { outputs: { ApprovalStatus: Approved } }
      variables: { Count: 7 }
      outputs: { child.Output: [one, two] }
      duration: { atLeast: 4d 1h, atMost: P4DT2H }
  - name: its own id
    now: 2026-03-01T00:00:00Z
    steps: { child: { serviceError: { code: AccessDeniedException, message: no } } }
    expect:
      status: Failed
      failure: AccessDeniedException
      steps:
        where:
          inputs:
            InputPayload: { at: eu-central-1 000000000001 2026-03-01, name: 00000000-0000-4000-8000-000000000000 }
  - name: ended after the child
    steps: { child: { outputs: { Output: [] }, delay: 1m } }
    stop: { step: child, after: 30s, type: complete }
    expect: { path: [where, keep, rest, child], steps: { ask: { status: Pending } }, duration: 72h 1m }
  - name: stopped at once
    steps: {}
    stop: { after: 1d }
    expect: { status: Cancelled, path: [where, keep, rest] }
  - name: a step that is stopped is the last
    steps: { where: { timeout: true } }
    signals: [{ step: where, signal: StopStep, by: anna, after: 5m }]
    expect: { status: Cancelled, duration: 5m, steps: { where: { status: Cancelled } } }
  - name: not all is needed
    allowUnused: true
    steps: { where: { error: bad }, child: { throttle: true } }
    expect: { status: Failed, failure: bad }
"#;
    let situation = Situation::new().file("book.yaml", book).file("book.test.yaml", case_file);
    let outcome = situation.run(&["test", "book.yaml", "--format", "json"]);
    let expected = [
        json!(["everything", true, "Success", 4 * DAY + HOUR + 1_000, "where keep rest child ask last"]),
        json!(["its own id", true, "Failed", 3 * DAY + 1_000, "where keep rest child"]),
        json!(["ended after the child", true, "Success", 3 * DAY + MINUTE, "where keep rest child"]),
        json!(["stopped at once", true, "Cancelled", DAY, "where keep rest"]),
        json!(["a step that is stopped is the last", true, "Cancelled", 5 * MINUTE, "where"]),
        json!(["not all is needed", true, "Failed", 0, "where"]),
    ];
    assert_eq!((outcome.status, cases(&outcome), outcome.stderr.as_str()), (Some(0), expected.to_vec(), ""));
}

const LOOP: &str = r#"schemaVersion: "0.3"
parameters:
  Hosts: { type: StringList, default: [a, b, c] }
mainSteps:
  - name: each
    action: aws:loop
    inputs:
      Iterators: "{{ Hosts }}"
      IteratorDataType: String
      Steps:
        - name: look
          action: aws:invokeLambdaFunction
          maxAttempts: 2
          onFailure: Continue
          isCritical: false
          inputs: { FunctionName: look, InputPayload: { host: "{{ each.CurrentIteratorValue }}" } }
          outputs: [{ Name: State, Selector: $.state, Type: String }]
        - name: decide
          action: aws:branch
          inputs: { Choices: [{ NextStep: ask, Variable: "{{ look.State }}", StringEquals: broken }] }
          isEnd: true
        - name: ask
          action: aws:approve
          inputs: { Approvers: [anna] }
        - name: mend
          action: aws:runCommand
          inputs: { DocumentName: mend, InstanceIds: [i-1] }
  - name: last
    action: aws:invokeLambdaFunction
    inputs: { FunctionName: last }
"#;

#[test]
fn loops_have_replies_signals_and_expectations_for_each_iteration() {
    let case_file = r#"cases:
  - name: the second host is broken
    steps:
      look:
        iterations:
          - { payload: { state: fine } }
          - [{ error: { type: Away } }, { payload: { state: broken }, delay: 1s }]
          - { error: { type: Gone } }
      mend: { iterations: [[], { outputs: { Status: Success } }] }
      last: { payload: {} }
    signals:
      - { step: ask, iteration: 2, signal: Approve, by: anna, after: 1h }
    expect:
      path: [each, "look[1]", "decide[1]", "look[2]", "decide[2]", "ask[2]", "mend[2]", "look[3]", "decide[3]", last]
      steps:
        look:
          - { inputs: { InputPayload: { host: a } }, outputs: { State: fine } }
          - { attempts: 2, inputs: { InputPayload: { host: b } } }
          - { status: Failed, attempts: 2, calls: 2 }
        mend: [{ status: Pending }, { status: Success }]
  - name: no reply for the third
    steps:
      look: { iterations: [{ payload: {} }, { payload: {} }] }
  - name: all the same
    parameters: { Hosts: [x, y] }
    steps:
      look: { payload: { state: fine } }
      last: { payload: {} }
    expect: { path: [each, "look[1]", "look[2]"], steps: { look: { outputs: { State: fine } }, decide: [{}, { status: Failed }] } }
"#;
    let situation = Situation::new().file("loop.yaml", LOOP).file("loop.test.yaml", case_file);
    let outcome = situation.run(&["test", "--coverage", "--format", "json"]);
    let second = "each look[1] decide[1] look[2] decide[2] ask[2] mend[2] look[3] decide[3] last";
    let expected = [
        json!(["the second host is broken", true, "Success", HOUR + 3_000, second]),
        json!(["no reply for the third", false, null, 0, "each look[1] decide[1] look[2] decide[2] look[3]"]),
        json!(["all the same", false, "Success", 0, "each look[1] decide[1] look[2] decide[2] last"]),
    ];
    assert_eq!((outcome.status, cases(&outcome)), (Some(1), expected.to_vec()));
    let third = &mismatches(&outcome, 1)[0];
    let subject = third[1].as_str().unwrap();
    assert!(subject.starts_with("step look (iteration 3)") && third[0] == 23, "{third}");
    let path = "each\nlook[1]\ndecide[1]\nlook[2]\ndecide[2]\nlast";
    assert_eq!(
        mismatches(&outcome, 2),
        [
            json!([29, "path", "each\nlook[1]\nlook[2]", path]),
            json!([29, "step decide (run 2), status", "Failed", "Success"])
        ]
    );
    assert_eq!(outcome.json()["Coverage"][0]["Percent"], 100);
}

#[test]
fn endless_wait_without_timeout_is_aborted() {
    let book = "schemaVersion: '0.3'\nmainSteps: [{name: tag, action: 'aws:createTags', inputs: {ResourceIds: [i-1], Tags: [{Key: a, Value: b}]}}]\n";
    let outcome = Situation::new()
        .file("tag.yaml", book)
        .file("tag.test.yaml", "cases:\n  - name: no answer\n    steps: { tag: { timeout: true } }\n")
        .run(&["test", "--format", "json"]);
    assert_eq!((outcome.status, cases(&outcome)), (Some(1), vec![json!(["no answer", false, null, 0, "tag"])]));
    let mismatch = &mismatches(&outcome, 0)[0];
    assert!(mismatch[0] == 3 && mismatch[1].as_str().unwrap().contains("step tag waits forever"), "{mismatch}");
}

#[test]
fn coverage_lists_reached_and_missed_points() {
    let situation = situation(&[GOOD]);
    let whole = situation.run(&["test", "book.test.yaml", "--coverage", "--format", "json"]);
    assert_eq!((whole.status, &whole.json()["Coverage"][0]["Percent"]), (Some(0), &json!(100)));
    let filtered = ["test", "--min-coverage", "75", "--filter", "NOTHING"];
    let one = situation.run(&[&filtered[..], &["--format", "json"]].concat());
    let coverage = one.json()["Coverage"][0].take();
    let points = coverage["Points"].as_array().unwrap().iter().filter(|point| point["Reached"] == false);
    let missed: Vec<Value> =
        points.map(|point| json!([point["Kind"], point["Step"], point["To"], point["Line"]])).collect();
    let expected = [
        json!(["Choice", "decide", "ask", 11]),
        json!(["Step", "ask", null, 17]),
        json!(["OnFailure", "ask", "notify", 17]),
        json!(["Step", "restart", null, 21]),
        json!(["OnCancel", "restart", "notify", 21]),
        json!(["Step", "slow", null, 25]),
        json!(["Continue", "slow", null, 25]),
    ];
    assert_eq!((one.status, &coverage["Percent"], missed), (Some(1), &json!(36), expected.to_vec()));
    assert!(one.stderr.contains("36 %") && one.stderr.contains("--min-coverage requires 75 %"), "{}", one.text());
    // The text output names the same points.
    let text = situation.run(&filtered).stdout;
    assert_eq!(
        (text.matches("not reached: ").count(), text.contains("coverage of book.yaml: 36 %")),
        (7, true),
        "{text}"
    );
}

#[test]
fn json_report_has_all_fields() {
    let outcome = situation(&[GOOD, BAD]).run(&["test", "--format", "json", "--coverage"]);
    assert_snapshot!(stable_text(&outcome));
}

#[test]
fn junit_has_a_suite_for_each_file() {
    let situation = situation(&[GOOD, BAD]);
    let outcome = situation.run(&["test", "--format", "junit", "--out", "report.xml", "--filter", "many ways"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), ""));
    assert!(outcome.stdout.ends_with("0 passed, 1 failed, 7 left out by --filter\n"), "{}", outcome.text());
    let report = std::fs::read_to_string(situation.path().join("report.xml")).unwrap();
    let mut reader = quick_xml::Reader::from_str(&report);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => break,
            event => drop(event.unwrap()),
        }
    }
    assert_snapshot!(report);
}

#[test]
fn every_problem_of_a_case_file_is_reported_at_its_position() {
    let wrong = "  - name: first
    step: {}
    steps:
      lookp: { payload: {} }
      decide: { payload: {} }
      ask: { payload: {} }
      restart: { payload: {} }
      lookup: [{ payload: {} }, { payload: {} }]
      slow: { payload: {}, error: no, delay: 5 }
      notify: { delay: 1 fortnight }
    signals: [{ step: lookup, signal: approve }, { step: ask, signal: approves }, { signal: approve }]
    stop: { step: nowhere, type: cancels }
    expect:
      status: Succes
      path: [lookup, decode]
      outputs: { lookup.Stat: x }
      steps: { lookup: { attempt: 1, inputs: { InputPayloads: 1 }, outputs: { Stat: 1 } } }
  - name: first
    parameters: { InstanceId: web-1, Lvel: 3 }
  - expect: {}
";
    let situation = situation(&[wrong]).file("other.test.json", "{\"cases\": []}").file("other.json", BOOK);
    let found = |outcome: Outcome| (outcome.status, outcome.diagnostics());
    let one = |text: &str| (Some(3), vec![text.to_owned()]);
    let expected = [
        "unknown-case-key book.test.yaml:7:5 -> steps",
        "unknown-case-step book.test.yaml:9:7 -> lookup",
        "unusable-reply book.test.yaml:10:15",
        "unusable-reply book.test.yaml:11:12",
        "invalid-value book.test.yaml:12:18 -> result",
        "unusable-reply book.test.yaml:13:33",
        "invalid-value book.test.yaml:14:13",
        "invalid-value book.test.yaml:14:46 -> 5s",
        "invalid-value book.test.yaml:15:15",
        "invalid-value book.test.yaml:15:24",
        "invalid-value book.test.yaml:16:23",
        "invalid-value book.test.yaml:16:71 -> Approve",
        "missing-key book.test.yaml:16:83 -> { step: approveStep, signal: Approve, by: alice }",
        "unknown-case-step book.test.yaml:17:19",
        "invalid-value book.test.yaml:19:15 -> Success",
        "unknown-case-step book.test.yaml:20:22 -> decide",
        "unknown-case-output book.test.yaml:21:18 -> lookup.State",
        "unknown-case-key book.test.yaml:22:26 -> attempts",
        "unknown-case-output book.test.yaml:22:48 -> InputPayload",
        "unknown-case-output book.test.yaml:22:79 -> State",
        "duplicate-case book.test.yaml:23:11",
        "case-parameter book.test.yaml:24:31",
        "case-parameter book.test.yaml:24:44 -> Level",
        "missing-key book.test.yaml:25:5",
    ];
    assert_eq!(found(situation.run(&["test", "book.yaml"])), (Some(3), expected.map(str::to_owned).to_vec()));
    assert_eq!(found(situation.run(&["test", "other.test.json"])), one("invalid-value other.test.json:1:11"));
    let third = situation.file("third.test.yaml", "cases: [").file("third.yaml", BOOK);
    assert_eq!(found(third.run(&["test", "third.test.yaml"])), one("syntax third.test.yaml:1:9"));
}

#[test]
fn unusable_case_files_are_explained() {
    let situation = Situation::new()
        .file("book.yaml", BOOK)
        .file("lonely.test.yaml", "cases: [{ name: a }]")
        .file("nameless.yaml", "cases: [{ name: a }]")
        .file("bad/bad.yaml", "schemaVersion: '0.3'\nmainSteps: []\n")
        .file("bad/bad.test.yaml", "cases: [{ name: a }]\n")
        .file("empty/readme.md", "");
    let rejected = |arguments: &[&str], texts: &[&str]| {
        situation.run(&[&["test"], arguments].concat()).assert(2, "", texts);
    };
    rejected(&["empty"], &["no case file in empty", "NAME.test.yaml", "--record last"]);
    rejected(&["book.yaml"], &["no book.test.yaml", "--record last"]);
    rejected(&["lonely.test.yaml"], &["no lonely.yaml", "`runbook: FILE`"]);
    rejected(&["nameless.yaml"], &["nameless.yaml", "`runbook: FILE`", "NAME.test.yaml"]);
    rejected(&["missing.test.yaml"], &["missing.test.yaml: there is no such file"]);
    rejected(&["--min-coverage", "101"], &["'101' for '--min-coverage", "0..=100"]);
    rejected(&["--record", "last", "--filter", "a"], &["'--record <ID>' cannot be used with '--filter"]);
    rejected(&["--record", "last"], &["no executions in FOLDER/.local/state/runwright"]);
    let invalid = situation.run(&["test", "bad"]);
    assert_eq!(
        (invalid.status, invalid.diagnostics()),
        (Some(3), vec!["missing-main-steps bad/bad.yaml:2:12".to_owned()])
    );
}

#[test]
fn case_file_of_another_name_needs_its_runbook() {
    let situation = Situation::new()
        .file("books/book.yaml", BOOK)
        .file("cases/all.yaml", format!("runbook: ../books/book.yaml\n{DEFAULTS}{GOOD}"));
    let outcome = situation.run(&["test", "cases/all.yaml", "--filter", "nothing", "--format", "json"]);
    let expected = vec![json!(["nothing to do", true, "Success", 7_000, "lookup decide notify"])];
    assert_eq!((outcome.status, cases(&outcome), &outcome.json()["LeftOut"]), (Some(0), expected, &json!(3)));
}

/// Functions of the harness, run for real.
const REAL: &str = r#"schemaVersion: "0.3"
parameters:
  Host: { type: String }
  Day: { type: String, default: "{{ global:DATE }}" }
mainSteps:
  - name: flaky
    action: aws:invokeLambdaFunction
    maxAttempts: 3
    inputs: { FunctionName: flaky, InputPayload: { host: "{{ Host }}" } }
    outputs: [{ Name: Ok, Selector: $.ok, Type: Boolean }]
  - name: fail
    action: aws:invokeLambdaFunction
    onFailure: Continue
    inputs: { FunctionName: fail }
  - name: hang
    action: aws:invokeLambdaFunction
    timeoutSeconds: 1
    onFailure: step:decide
    isCritical: false
    inputs: { FunctionName: slow }
  - name: decide
    action: aws:branch
    inputs:
      Choices:
        - { NextStep: echo, Variable: "{{ flaky.Ok }}", BooleanEquals: true }
  - name: never
    action: aws:invokeLambdaFunction
    inputs: { FunctionName: echo }
  - name: echo
    action: aws:invokeLambdaFunction
    inputs: { FunctionName: echo, LogType: Tail, InputPayload: { day: "{{ Day }}", id: "{{ automation:EXECUTION_ID }}" } }
    outputs: [{ Name: Day, Selector: $.day, Type: String }]
outputs: [echo.Day, flaky.Ok]
"#;

#[test]
fn a_recorded_execution_is_a_case_that_passes() {
    let situation = Situation::new().functions().file("real.yaml", REAL);
    let run =
        ["run", "real.yaml", "-p", "Host=web-1", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"];
    assert_eq!(situation.run(&run).status, Some(0), "the execution succeeds");
    let shown = situation.run(&["test", "--record", "last"]);
    let first = situation.run(&["test", "--record", "last", "--case", "first", "--out", "real.test.yaml"]);
    let second = situation.run(&["test", "--record", "last", "--case", "second", "--out", "real.test.yaml"]);
    let again = situation.run(&["test", "--record", "last", "--case", "second", "--out", "real.test.yaml"]);
    let case = without_ids(&shown.stdout, situation.path());
    let day = fancy_regex::Regex::new(r"'?\b\d{4}-\d\d-\d\d\b'?").unwrap().replace_all(&case, "DAY").into_owned();
    let log = fancy_regex::Regex::new(r"LogResult: [A-Za-z0-9+/=]+").unwrap();
    assert_snapshot!(log.replace_all(&day, "LogResult: LOG"));
    assert_eq!((shown.status, shown.stderr.as_str()), (Some(0), ""));
    first.assert(0, "", &["recorded case `first` in real.test.yaml\n"]);
    second.assert(0, "", &["recorded case `second` in real.test.yaml\n"]);
    again.assert(2, "", &["real.test.yaml", "a case named `second` already", "--case NAME"]);
    let played = situation.run(&["test", "--coverage", "--format", "json"]);
    let case = |name: &str| json!([name, true, "Success", 2_000, "flaky fail hang decide echo"]);
    assert_eq!((played.status, cases(&played)), (Some(0), vec![case("first"), case("second")]));
    assert_eq!(played.json()["Coverage"][0]["Percent"], 80);
}

#[test]
fn recorded_case_is_added_to_a_handwritten_case_file() {
    let situation = situation(&[GOOD]).functions();
    let small = "schemaVersion: '0.3'\nmainSteps: [{name: hold, action: aws:pause, timeoutSeconds: 600, inputs: {}}]\n";
    let situation = situation.file("hold.yaml", small).file(
        "hold.test.yaml",
        "# Our cases.\ncases:\n    - name: resumed   # by hand\n      signals: [{ step: hold, signal: Resume, after: 4s }]",
    );
    let held = situation.start(&["run", "hold.yaml", "--functions", "template.yaml", "--quiet"]);
    situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
    assert_eq!(situation.run(&["signal", "last", "resume", "--comment", "on"]).status, Some(0));
    assert_eq!(situation.end(held).status, Some(0));
    let recorded = situation.run(&["test", "--record", "last", "--case", "from life", "--out", "hold.test.yaml"]);
    let text = std::fs::read_to_string(situation.path().join("hold.test.yaml")).unwrap();
    recorded.assert(0, "", &["recorded case `from life` in hold.test.yaml\n"]);
    // The existing cases keep their comments and indentation, which the new case adopts.
    let written = "# Our cases.\ncases:\n    - name: resumed   # by hand\n      signals: [{ step: hold, signal: Resume, after: 4s }]\n";
    let (_, signal) = text.strip_prefix(written).unwrap().split_once("      signals:\n").unwrap();
    let expected =
        "      - step: hold\n        signal: Resume\n        by: operator\n        comment: on\n      expect:\n";
    assert!(text[written.len()..].starts_with("    - name: from life\n") && signal.starts_with(expected), "{text}");
    let played = situation.run(&["test", "hold.yaml", "--format", "json"]);
    let case = |name: &str, took: u64| json!([name, true, "Success", took, "hold"]);
    assert_eq!((played.status, cases(&played)), (Some(0), vec![case("resumed", 4_000), case("from life", 0)]));
}

#[test]
fn every_sample_can_be_recorded_and_passes() {
    let root = support::root();
    let (runbooks, template) = (root.join("runbooks"), root.join("runbooks/functions/template.yaml"));
    let mut recorded = 0;
    for entry in std::fs::read_dir(&runbooks).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_sample = (name.ends_with(".yaml") || name.ends_with(".json")) && !name.contains(".test.");
        // Python and Node.js may be missing.
        if !is_sample || name == "log-digest.yaml" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Those that need AWS run against an emulator, in `peers`.
        if text.contains("Service: ") {
            continue;
        }
        let mut situation = Situation::new();
        // Runbooks are in one folder: some run others.
        for entry in std::fs::read_dir(&runbooks).unwrap() {
            let path = entry.unwrap().path();
            let beside = path.file_name().unwrap().to_str().unwrap();
            if path.is_file() && !beside.contains(".test.") {
                situation = situation.file(beside, std::fs::read(&path).unwrap());
            }
        }
        let own = format!("Folder={}", situation.path().display());
        let mut run = vec!["run", &name, "--functions", template.to_str().unwrap(), "--retry-delay", "0s", "--quiet"];
        if text.contains("  Folder:") {
            run.extend(["-p", &own]);
        }
        let running = situation.start(&run);
        if text.contains("aws:approve") {
            situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
            assert_eq!(situation.run(&["signal", "last", "approve"]).status, Some(0), "{name}");
        }
        assert!(matches!(situation.end(running).status, Some(0 | 1)), "{name}");
        let (stem, _) = name.rsplit_once('.').unwrap();
        let case_file = format!("{stem}.test.yaml");
        let made = situation.run(&["test", "--record", "last", "--out", &case_file]);
        let expected = format!("exit 0\n--- stderr\nrecorded case `as execution ID` in {case_file}");
        let id = fancy_regex::Regex::new(r"\b[0-9a-f]{8}\b").unwrap();
        assert_eq!(id.replace_all(&made.text(), "ID"), expected, "{name}");
        let played = situation.run(&["test", &name]);
        assert_eq!(played.status, Some(0), "{name}: {played:?}");
        recorded += 1;
    }
    assert!(recorded > 5, "{recorded} samples");
}

#[test]
fn sensitive_values_stay_masked_in_a_recorded_case() {
    let situation = Situation::new().functions().runbook(
        "parameters: {Token: {type: String}}\n",
        &["name: use, inputs: {FunctionName: echo, InputPayload: {token: '{{ Token }}'}}"],
    );
    let run = situation.run(&[
        "run",
        "book.yaml",
        "-p",
        "Token=correct-horse-battery",
        "--sensitive",
        "Token",
        "--functions",
        "template.yaml",
        "--quiet",
    ]);
    assert_eq!(run.status, Some(0));
    let recorded = situation.run(&["test", "--record", "last"]);
    assert!(!recorded.stdout.contains("correct-horse"), "{recorded:?}");
    assert!(recorded.stdout.starts_with("# Sensitive values are redacted (****)"), "{recorded:?}");
}

#[test]
fn sample_cases_pass_with_full_coverage() {
    let folder = support::root().join("runbooks");
    let outcome = Situation::new().run(&["test", &folder.to_string_lossy(), "--coverage", "--format", "json"]);
    let results: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let files = results["Files"].as_array().unwrap().iter();
    let failed: Vec<&Value> =
        files.flat_map(|file| file["Cases"].as_array().unwrap()).filter(|case| case["Passed"] != json!(true)).collect();
    let covered = results["Coverage"].as_array().unwrap().iter();
    let covered: Vec<(Option<&str>, Option<u64>)> = covered
        .map(|of| (of["Runbook"].as_str().and_then(|name| name.rsplit('/').next()), of["Percent"].as_u64()))
        .collect();
    let samples = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut samples: Vec<String> = samples
        .filter(|name| (name.ends_with(".yaml") || name.ends_with(".json")) && !name.contains(".test."))
        .collect();
    samples.sort();
    let all: Vec<(Option<&str>, Option<u64>)> = samples.iter().map(|name| (Some(name.as_str()), Some(100))).collect();
    assert_eq!((failed, covered, outcome.stderr.as_str()), (Vec::new(), all, ""));
}

#[test]
fn documented_output_matches() {
    let root = support::root();
    let output = std::process::Command::new(crate::harness::PROGRAM)
        .args(["test", "runbooks/restart-and-verify.yaml", "--coverage"])
        .current_dir(root)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .output()
        .unwrap();
    let page = std::fs::read_to_string(root.join("docs/testing.md")).unwrap();
    let shown = page.split("--coverage\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(&*String::from_utf8(output.stdout).unwrap()));
    let case = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = std::fs::read_to_string(root.join("runbooks/restart-and-verify.test.yaml")).unwrap();
    assert!(file.contains(case.trim_end()), "the case that is shown is in the file:\n{case}");
}
