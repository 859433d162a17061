//! Executions that outlive their process: resume, stop, redrive, rerun, detach, attach, locks.

use std::process::Child;

use insta::assert_snapshot;

use crate::harness::{Outcome, Situation};

const STEPS: [&str; 3] = [
    "name: look, inputs: {FunctionName: echo, InputPayload: {found: 3}}, outputs: [{Name: Found, Selector: $.Payload.found, Type: Integer}]",
    "name: act, onCancel: 'step:tidy', inputs: {FunctionName: gate, InputPayload: {n: '{{ look.Found }}'}}, isEnd: true",
    "name: tidy, inputs: {FunctionName: echo}",
];

/// A runbook whose second step waits for a file: `open` makes it go on.
fn waiting() -> Situation {
    Situation::new().functions().runbook("", &STEPS)
}

/// Starts a run and waits until its second step is under way.
fn started(situation: &Situation, more: &[&str]) -> Child {
    let mut arguments = vec!["run", "book.yaml", "--functions", "template.yaml"];
    arguments.extend(more);
    let child = situation.start(&arguments);
    situation.wait_for("code/waits");
    child
}

/// Everything that came, without what differs from run to run: ids in short, processes and machines as well.
pub(super) fn told(outcome: &Outcome) -> String {
    let replacements = [
        (r"\b[0-9a-f]{8}\b", "ID"),
        (r"process \d+ on \S+", "process PID on HOST"),
        (r"pid \d+ on [^ )]+", "pid PID on HOST"),
        (r"resumed by operator on \S+", "resumed by operator on HOST"),
    ];
    replacements.iter().fold(outcome.told(), |text, (pattern, replacement)| {
        fancy_regex::Regex::new(pattern).unwrap().replace_all(&text, *replacement).into_owned()
    })
}

pub(super) fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Lets the function answer.
fn open(situation: &Situation) {
    std::fs::write(situation.path().join("code/open"), "").unwrap();
}

#[test]
fn killed_run_resumes_at_its_current_step() {
    let situation = waiting();
    kill(started(&situation, &[]));
    open(&situation);
    assert_snapshot!(told(&situation.run(&["resume"])));
    assert_snapshot!(told(&situation.run(&["resume"])));
    assert_snapshot!(told(&situation.run(&["resume", "last"])));
}

#[test]
fn interrupted_call_is_not_retried_with_on_interrupted_fail() {
    let situation = waiting();
    kill(started(&situation, &["--on-interrupted", "ask"]));
    open(&situation);
    assert_snapshot!(told(&situation.run(&["resume"])));
    assert_snapshot!(told(&situation.run(&["resume", "last", "--on-interrupted", "fail", "--quiet"])));
}

#[test]
fn next_run_reports_interrupted_executions_and_resumes_none() {
    let situation = waiting().file("other.yaml", OTHER);
    kill(started(&situation, &[]));
    open(&situation);
    let other = ["run", "other.yaml", "--functions", "template.yaml", "--quiet"];
    assert_snapshot!(told(&situation.run(&other)));
    let off = situation.run(&[&other[..], &["--recover", "off"]].concat());
    assert_eq!((off.status, off.stderr.contains("interrupted")), (Some(0), false), "{}", off.told());
    // A second one that was left.
    std::fs::remove_file(situation.path().join("code/open")).unwrap();
    std::fs::remove_file(situation.path().join("code/waits")).unwrap();
    kill(started(&situation, &["--recover", "off"]));
    open(&situation);
    let both = situation.run(&other);
    let word = "warning: interrupted executions: ID (book), ID (book); to resume them: `runwright resume`\n";
    assert!(told(&both).contains(word), "{}", both.told());
    let list = situation.run(&["executions", "list", "--status", "Interrupted", "--output", "csv"]);
    assert_eq!(list.stdout.matches(",Interrupted,").count(), 2, "{}", list.stdout);
    let resumed = situation.run(&["resume", "--quiet"]);
    assert_eq!(resumed.status, Some(0), "{}", resumed.told());
}

#[test]
fn next_run_resumes_interrupted_executions_with_recover_resume() {
    let situation = waiting().file("other.yaml", OTHER);
    kill(started(&situation, &[]));
    open(&situation);
    let other = ["run", "other.yaml", "--functions", "template.yaml", "--recover", "resume"];
    assert_snapshot!(told(&situation.run(&other)));
    let attached = situation.run(&["attach", &oldest(&situation), "--quiet"]);
    assert_snapshot!(told(&attached));
    assert_snapshot!(told(&situation.run(&other)));
}

const OTHER: &str = "schemaVersion: \"0.3\"\nmainSteps:\n  - {name: a, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: echo}}\n";

fn oldest(situation: &Situation) -> String {
    let folder = situation.path().join(".local/state/runwright");
    let clock = std::sync::Arc::new(runwright::clock::SystemClock);
    let journal = runwright::store::Journal::open_existing(&folder, clock).unwrap().unwrap();
    let page = runwright::store::Page { before: None, limit: 100 };
    journal.list(&runwright::store::Filter::default(), &page).unwrap().pop().unwrap().id.to_string()
}

#[test]
fn a_stop_from_another_terminal_cancels_the_step_and_runs_its_clean_up() {
    let situation = waiting();
    let child = started(&situation, &[]);
    assert_snapshot!(told(&situation.run(&["stop", "last", "--quiet"])));
    assert_snapshot!(told(&situation.end(child)));
    assert_snapshot!(told(&situation.run(&["stop", "last"])));
}

#[test]
fn a_stop_of_type_complete_lets_the_step_finish() {
    let situation =
        Situation::new().functions().runbook("", &[STEPS[0], "name: act, inputs: {FunctionName: gate}", STEPS[2]]);
    let child = started(&situation, &["--quiet"]);
    assert_snapshot!(told(&situation.run(&["stop", "last", "--type", "Complete", "--no-wait"])));
    // Whoever carries it on has heard of it.
    situation.wait_until(|journal| {
        let id = &journal.find("last").unwrap().id;
        journal.events(id, 0).unwrap().iter().any(|recorded| recorded.event.kind() == "CompleteRequested")
    });
    open(&situation);
    assert_snapshot!(told(&situation.end(child)));
    // What came meanwhile did not send the call again.
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\n");
}

#[test]
fn complete_after_a_crash_applies_on_interrupted() {
    let situation = waiting();
    kill(started(&situation, &["--on-interrupted", "fail"]));
    assert_snapshot!(told(&situation.run(&["stop", "last", "--type", "Complete", "--quiet"])));
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\n");
}

#[test]
fn rerun_with_other_parameters_resolves_the_lock_again() {
    let head = "parameters: {Host: {type: String, default: web-1}}\n";
    let situation = Situation::new().functions().runbook(head, &["name: act, inputs: {FunctionName: echo}"]);
    let run = ["run", "book.yaml", "--functions", "template.yaml", "--quiet", "--lock", "restart-{{ Host }}"];
    assert_eq!(situation.run(&run).status, Some(0));
    assert_eq!(situation.run(&["rerun", "last", "--quiet", "-p", "Host=web-2"]).status, Some(0));
    let locks = situation.run(&["executions", "show", "last"]);
    assert!(locks.stdout.contains("restart-web-2"), "{}", locks.stdout);
    let ephemeral = situation.run(&[&run[..], &["--ephemeral"]].concat());
    assert_snapshot!(told(&ephemeral));
}

#[test]
fn sensitive_variable_prevents_resume_instead_of_a_wrong_branch() {
    let book = r#"schemaVersion: "0.3"
variables:
  g: {type: String, default: none}
mainSteps:
  - name: get
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: echo, InputPayload: {v: sesame-open}}
    outputs: [{Name: V, Selector: $.v, Type: String}]
  - name: keep
    action: aws:updateVariable
    inputs: {Name: "variable:g", Value: "{{ get.V }}"}
  - name: hold
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: gate}
  - name: choose
    action: aws:branch
    inputs: {Choices: [{NextStep: good, Variable: "{{ variable:g }}", StringEquals: sesame-open}], Default: bad}
  - {name: bad, action: "aws:invokeLambdaFunction", inputs: {FunctionName: fail}, isEnd: true}
  - {name: good, action: "aws:invokeLambdaFunction", inputs: {FunctionName: echo}}
"#;
    let situation = Situation::new().functions().file("book.yaml", book);
    kill(started(&situation, &["--sensitive", "get.V"]));
    open(&situation);
    assert_snapshot!(told(&situation.run(&["resume", "last"])));
    assert_eq!(situation.run(&["stop", "last", "--quiet"]).status, Some(0));
    assert_snapshot!(told(&situation.run(&["redrive", "last"])));
    assert_eq!(situation.run(&["redrive", "last", "--from", "get", "--quiet"]).status, Some(0));
}

#[test]
fn stop_after_a_crash_runs_the_clean_up_itself() {
    let situation = waiting();
    kill(started(&situation, &[]));
    assert_snapshot!(told(&situation.run(&["stop", "last"])));
}

#[test]
fn redrive_reuses_successful_steps_and_runs_the_failed_step() {
    let situation = Situation::new().functions().runbook(
        "",
        &[STEPS[0], "name: act, inputs: {FunctionName: fail, InputPayload: {n: '{{ look.Found }}'}}", STEPS[2]],
    );
    let first = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]);
    assert_eq!(first.status, Some(1));
    assert_snapshot!(told(&situation.run(&["redrive", "last"])));
    let mended = situation.runbook(
        "",
        &[STEPS[0], "name: act, inputs: {FunctionName: echo, InputPayload: {n: '{{ look.Found }}'}}", STEPS[2]],
    );
    assert_snapshot!(told(&mended.run(&["redrive", "last"])));
    assert_snapshot!(told(&mended.run(&["redrive", "last"])));
    assert_snapshot!(told(&mended.run(&["redrive", "last", "--from", "tydi"])));
}

#[test]
fn a_redrive_compares_the_order_of_the_steps_with_the_path_that_was_taken() {
    let [a, b, c, x] = ["a", "b", "c", "x"].map(|name| {
        let function = if name == "c" { "fail" } else { "echo" };
        format!("name: {name}, inputs: {{FunctionName: {function}}}")
    });
    let book = |situation: Situation, steps: &[&String]| {
        situation.runbook("", &steps.iter().map(|step| step.as_str()).collect::<Vec<_>>())
    };
    let situation = book(Situation::new().functions(), &[&a, &b, &c]);
    assert_eq!(situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]).status, Some(1));
    // A step is inserted: it is neither left out silently nor run in the place of what is kept.
    let inserted = book(situation, &[&a, &x, &b, &c]);
    assert_snapshot!(told(&inserted.run(&["redrive", "last"])));
    let of_inserted = |more: &[&str]| {
        let outcome = inserted.run(&[&["redrive", "last", "--json"][..], more].concat());
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap_or_default();
        let ran = document["StepExecutions"].as_array().into_iter().flatten();
        let ran: Vec<_> =
            ran.filter(|step| step["Attempts"].as_u64() > Some(0)).map(|step| step["StepName"].clone()).collect();
        (
            outcome.status,
            ran,
            outcome.stderr.contains("after a, the next is step x now and was step b; this is not run"),
        )
    };
    assert_eq!(of_inserted(&["--document", "book.yaml"]), (Some(1), vec!["c".into()], true));
    // Two steps change places, so that one that is kept would run again.
    let moved = book(inserted, &[&a, &c, &b]);
    for more in [&[][..], &["--document", "book.yaml"], &["--from", "c"]] {
        let refused = told(&moved.run(&[&["redrive", "last"][..], more].concat()));
        assert_snapshot!("reused_step_never_runs_twice", refused.replace("FOLDER/", ""));
    }
}

#[test]
fn a_redrive_does_not_start_on_a_branch_that_was_not_taken() {
    let text = "schemaVersion: \"0.3\"\nmainSteps:\n\
        - {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: one, Variable: a, StringEquals: a}], Default: two}}\n\
        - {name: one, action: 'aws:invokeLambdaFunction', nextStep: last, inputs: {FunctionName: fail}}\n\
        - {name: two, action: 'aws:sleep', inputs: {Duration: PT0S}}\n\
        - {name: last, action: 'aws:sleep', inputs: {Duration: PT0S}}\n";
    let situation = Situation::new().functions().file("book.yaml", text);
    assert_eq!(situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]).status, Some(1));
    assert_snapshot!(told(&situation.run(&["redrive", "last", "--from", "two"])));
    // What the step that failed would have led to is no other branch.
    assert_eq!(situation.run(&["redrive", "last", "--from", "last", "--quiet"]).status, Some(1));
}

#[test]
fn redrive_is_rejected_if_a_reused_step_has_changed() {
    let act = "name: act, inputs: {FunctionName: fail, InputPayload: {n: '{{ look.Found }}'}}";
    let situation = Situation::new().functions().runbook("", &[STEPS[0], act]);
    situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]);
    let changed = situation.runbook(
        "",
        &["name: look, inputs: {FunctionName: echo, InputPayload: {found: 4}}, outputs: [{Name: Found, Selector: $.Payload.found, Type: Integer}]", act],
    );
    assert_snapshot!(told(&changed.run(&["redrive", "last"])));
    assert_eq!(changed.run(&["redrive", "last", "--document", "book.yaml", "--quiet"]).status, Some(1));
    assert_eq!(changed.run(&["redrive", "last", "--original", "--quiet"]).status, Some(1));
}

#[test]
fn rerun_starts_from_the_beginning_with_the_same_parameters() {
    let head = "parameters: {Name: {type: String}}\noutputs: [a.Payload]\n";
    let situation = Situation::new()
        .functions()
        .runbook(head, &["name: a, inputs: {FunctionName: echo, InputPayload: {name: '{{ Name }}'}}"]);
    situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet", "-p", "Name=x"]);
    assert_snapshot!(told(&situation.run(&["rerun", "last", "--quiet"])));
    assert_snapshot!(told(&situation.run(&["rerun", "last", "--quiet", "-p", "Name=y"])));
    assert_snapshot!(told(&situation.run(&["rerun", "last", "--quiet", "-p", "Nam=y"])));
}

#[test]
fn detached_run_continues_without_its_terminal() {
    let situation = waiting();
    let begun = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--detach"]);
    assert_snapshot!(told(&begun));
    situation.wait_for("code/waits");
    assert_snapshot!(told(&situation.run(&["resume", "last"])));
    let attached = situation.start(&["attach", "last"]);
    open(&situation);
    assert_snapshot!(told(&situation.end(attached)));
}

#[test]
fn background_log_is_rotated() {
    const LARGE: usize = 1 << 20;
    let text = "schemaVersion: '0.3'\nmainSteps: [{name: a, action: 'aws:sleep', inputs: {Duration: PT0.01S}}]\n";
    let situation = Situation::new().file("book.yaml", text);
    let state = situation.path().join("state");
    std::fs::create_dir(&state).unwrap();
    std::fs::write(state.join("background.log"), "x".repeat(LARGE)).unwrap();
    let detach = ["run", "book.yaml", "--detach", "--state-dir", "state"];
    let ended = [situation.run(&detach).status, situation.run(&["attach", "last", "--state-dir", "state"]).status];
    let size = |name: &str| std::fs::metadata(state.join(name)).map(|found| found.len()).ok();
    assert_eq!(
        (ended, size("background.log.1"), size("background.log")),
        ([Some(0), Some(0)], Some(LARGE as u64), Some(0))
    );
}

#[test]
fn detached_run_receives_secrets_but_does_not_store_them() {
    let head = "parameters: {Password: {type: String}}\n";
    let steps = [
        "name: login, inputs: {FunctionName: gate, InputPayload: {password: '{{ Password }}'}}, outputs: [{Name: Got, Selector: $.Payload.password, Type: String}]",
    ];
    let situation = Situation::new().functions().runbook(head, &steps).file("secret", "hunter-twenty-two\n");
    let arguments = ["--sensitive", "Password", "-p", "Password=file://secret"];
    let mut detached = vec!["run", "book.yaml", "--functions", "template.yaml", "--detach"];
    detached.extend(arguments);
    assert_eq!(situation.run(&detached).status, Some(0));
    situation.wait_for("code/waits");
    open(&situation);
    let attached = situation.run(&["attach", "last", "--quiet"]);
    assert_eq!((attached.status, attached.stderr.contains("hunter")), (Some(0), false));
    let got = std::fs::read_to_string(situation.path().join("code/got")).unwrap();
    assert_eq!(got.trim(), r#"{"password":"hunter-twenty-two"}"#);
    let journal = std::fs::read(situation.path().join(".local/state/runwright/journal.db")).unwrap();
    assert!(!journal.windows(6).any(|bytes| bytes == b"hunter"));
}

#[test]
fn sensitive_values_must_be_supplied_again() {
    let head = "parameters: {Password: {type: String}}\n";
    let steps = ["name: login, inputs: {FunctionName: gate, InputPayload: {password: '{{ Password }}'}}"];
    let situation = Situation::new().functions().runbook(head, &steps).file("secret", "hunter-twenty-two\n");
    kill(started(&situation, &["--sensitive", "Password", "-p", "Password=file://secret"]));
    open(&situation);
    assert_snapshot!(told(&situation.run(&["resume"])));
    assert_snapshot!(told(&situation.run(&["resume", "last", "-p", "Password=file://secret", "--quiet"])));
    let got = std::fs::read_to_string(situation.path().join("code/got")).unwrap();
    assert_eq!(got.trim(), r#"{"password":"hunter-twenty-two"}"#);
}

#[test]
fn executions_with_the_same_lock_run_one_after_another() {
    let head = "parameters: {Host: {type: String, default: web-1}}\n";
    let situation = Situation::new().functions().runbook(head, &["name: act, inputs: {FunctionName: gate}"]);
    let lock = ["--lock", "restart-{{ Host }}"];
    let first = started(&situation, &lock);
    let mut second = vec!["run", "book.yaml", "--functions", "template.yaml"];
    second.extend(lock);
    let refused = situation.run(&[second.clone(), vec!["--on-conflict", "reject"]].concat());
    assert_snapshot!(told(&refused));
    let free = situation.start(&[second.clone(), vec!["-p", "Host=web-2", "--quiet"]].concat());
    let waiting = situation.start(&second);
    situation.wait_until(|journal| journal.list(&queued(), &runwright::store::Page::default()).unwrap().len() == 1);
    open(&situation);
    assert_snapshot!(told(&situation.end(first)));
    assert_snapshot!(told(&situation.end(waiting)));
    assert_eq!(situation.end(free).status, Some(0));
}

fn queued() -> runwright::store::Filter {
    runwright::store::Filter { statuses: vec!["Queued".to_owned()], ..Default::default() }
}

#[test]
fn crashed_holder_releases_its_lock_and_a_replaced_one_is_cancelled() {
    let situation = waiting();
    let lock = ["--lock", "restart", "--recover", "off"];
    kill(started(&situation, &lock));
    std::fs::remove_file(situation.path().join("code/waits")).unwrap();
    let second = started(&situation, &lock);
    let mut third = vec!["run", "book.yaml", "--functions", "template.yaml", "--on-conflict", "replace", "--quiet"];
    third.extend(lock);
    let third = situation.start(&third);
    let second = situation.end(second);
    assert!(second.stderr.contains("takes over lock restart"), "{}", second.stderr);
    assert_eq!(second.status, Some(5));
    open(&situation);
    assert_eq!(situation.end(third).status, Some(0));
}

#[test]
fn unknown_names_are_reported_with_suggestions() {
    let situation = Situation::new().functions().file("other.yaml", OTHER);
    let none = situation.run(&["attach", "last"]);
    let run = situation.run(&["run", "other.yaml", "--functions", "template.yaml", "--output", "json"]);
    let id = serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()["AutomationExecutionId"].clone();
    let id = id.as_str().unwrap();
    let mistyped = format!("{}{}", &id[..11], if id.ends_with('0') { '1' } else { '0' });
    let near = situation.run(&["attach", &mistyped[..7], "--quiet"]);
    assert_eq!(near.status, Some(0));
    let unknown = situation.run(&["attach", "zzzz"]);
    assert_snapshot!(format!("{}\n{}", told(&none), told(&unknown)));
}
