//! Executions that outlive their process: resume, stop, redrive, rerun, detach, attach, locks.

use std::process::Child;

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

const STEPS: [&str; 3] = [
    "name: look, inputs: {FunctionName: echo, InputPayload: {found: 3}}, outputs: [{Name: Found, Selector: $.Payload.found, Type: Integer}]",
    "name: act, onCancel: 'step:tidy', inputs: {FunctionName: gate, InputPayload: {n: '{{ look.Found }}'}}, isEnd: true",
    "name: tidy, inputs: {FunctionName: echo}",
];

/// A runbook whose second step waits until `open` creates a file.
fn waiting() -> Situation {
    Situation::new().functions().runbook("", &STEPS)
}

/// Starts a run and waits until its second step runs.
fn started(situation: &Situation, more: &[&str]) -> Child {
    let mut arguments = vec!["run", "book.yaml", "--functions", "template.yaml"];
    arguments.extend(more);
    let child = situation.start(&arguments);
    situation.wait_for("code/waits");
    child
}

pub(super) fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How often the function was called.
fn calls(situation: &Situation) -> usize {
    std::fs::read_to_string(situation.path().join("code/calls")).unwrap().lines().count()
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
    situation.run(&["resume"]).assert(0, "", &["attempt 1 of 1 sent again", "book: Success"]);
    let resumed = "look Success, resumed, act interrupted, act sent again, act Success, Success";
    assert_eq!((situation.history("last").as_str(), calls(&situation)), (resumed, 2));
    situation.run(&["resume"]).assert(0, "", &["no interrupted executions"]);
    situation.run(&["resume", "last"]).assert(2, "", &["ID has ended: Success", "runwright rerun ID"]);
    assert_eq!(situation.history("last"), resumed);
}

#[test]
fn interrupted_call_is_not_retried_with_on_interrupted_fail() {
    let situation = waiting();
    kill(started(&situation, &["--on-interrupted", "ask"]));
    open(&situation);
    let ask = ["attempt 1 of step act", "runwright resume ID --on-interrupted retry", "fail"];
    situation.run(&["resume"]).assert(6, "", &ask);
    let fail = situation.run(&["resume", "last", "--on-interrupted", "fail", "--quiet"]);
    let remedy = "Check whether it ran, then redrive: from this step if it did not";
    fail.assert(1, "", &["step act: Failed", "Interrupted", "may have run", remedy, "book: Failed"]);
    let failed = "look Success, resumed, act Failed (Interrupted MayHaveRun), Failed";
    assert_eq!((situation.history("last").as_str(), calls(&situation)), (failed, 1));
}

#[test]
fn execution_stores_on_interrupted_only_if_the_user_chose_it() {
    let situation = Situation::new().functions().file("other.yaml", OTHER);
    let run = ["run", "other.yaml", "--functions", "template.yaml", "--quiet"];
    let stored = |situation: &Situation, more: &[&str]| {
        let ended = situation.run(&[&run[..], more].concat());
        assert_eq!(ended.status, Some(0), "{}", ended.text());
        let journal = situation.journal();
        let first = journal.events(&journal.find("last").unwrap().id, 0).unwrap().remove(0);
        serde_json::to_value(&first).unwrap()["launch"].get("on_interrupted").cloned()
    };
    let (without, flag) = (stored(&situation, &[]), stored(&situation, &["--on-interrupted", "retry"]));
    let situation = situation.file("runwright.toml", "on-interrupted = \"fail\"\n");
    let chosen = |policy| Some(serde_json::json!(policy));
    assert_eq!((without, flag, stored(&situation, &[])), (None, chosen("Retry"), chosen("Fail")));
}

#[test]
fn next_run_reports_interrupted_executions_and_resumes_none() {
    let situation = waiting().file("other.yaml", OTHER);
    kill(started(&situation, &[]));
    open(&situation);
    let other = ["run", "other.yaml", "--functions", "template.yaml", "--quiet"];
    situation.run(&other).assert(
        0,
        "",
        &["interrupted execution: ID (book)", "`runwright resume`\n", "other: Success"],
    );
    assert_eq!(situation.history(&oldest(&situation)), "look Success");
    let off = situation.run(&[&other[..], &["--recover", "off"]].concat());
    assert_eq!((off.status, off.stderr.contains("interrupted")), (Some(0), false), "{}", off.text());
    // A second interrupted execution.
    std::fs::remove_file(situation.path().join("code/open")).unwrap();
    std::fs::remove_file(situation.path().join("code/waits")).unwrap();
    kill(started(&situation, &["--recover", "off"]));
    open(&situation);
    let both = situation.run(&other);
    both.assert(0, "", &["interrupted executions: ID (book), ID (book)", "`runwright resume`\n", "other: Success"]);
    let list = situation.run(&["executions", "list", "--status", "Interrupted", "--output", "csv"]);
    assert_eq!(list.stdout.matches(",Interrupted,").count(), 2, "{}", list.stdout);
    let resumed = situation.run(&["resume", "--quiet"]);
    assert_eq!(resumed.status, Some(0), "{}", resumed.text());
}

#[test]
fn next_run_resumes_interrupted_executions_with_recover_resume() {
    let situation = waiting().file("other.yaml", OTHER);
    kill(started(&situation, &[]));
    open(&situation);
    let other = ["run", "other.yaml", "--functions", "template.yaml", "--recover", "resume"];
    situation.run(&other).assert(0, "", &["in the background: ID (book)", "runwright attach ID", "other: Success"]);
    let oldest = oldest(&situation);
    situation.run(&["attach", &oldest, "--quiet"]).assert(0, "", &["book: Success"]);
    let resumed = "look Success, resumed, act interrupted, act sent again, act Success, Success";
    assert_eq!(situation.history(&oldest), resumed);
    let next = situation.run(&other);
    next.assert(0, "", &["other: Success"]);
    assert!(!next.stderr.contains("background"), "{}", next.text());
}

const OTHER: &str = "schemaVersion: \"0.3\"\nmainSteps:\n  - {name: a, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: echo}}\n";

fn oldest(situation: &Situation) -> String {
    let page = runwright::store::Page { before: None, limit: 100 };
    situation.journal().list(&runwright::store::Filter::default(), &page).unwrap().pop().unwrap().id.to_string()
}

#[test]
fn stop_from_another_terminal_cancels_with_clean_up() {
    let situation = waiting();
    let child = started(&situation, &[]);
    let reason = "cancelled by operator during step act; tidy ran to clean up";
    situation.run(&["stop", "last", "--quiet"]).assert(0, "", &["book: Cancelled", reason]);
    situation.end(child).assert(5, "", &["book: Cancelled", reason]);
    let cancelled = "look Success, cancel by operator, act Cancelled, tidy Success, Cancelled";
    assert_eq!(situation.history("last"), cancelled);
    situation.run(&["stop", "last"]).assert(2, "", &["ID has ended: Cancelled", "executions list --status InProgress"]);
}

#[test]
fn stop_of_type_complete_finishes_the_current_step() {
    let situation =
        Situation::new().functions().runbook("", &[STEPS[0], "name: act, inputs: {FunctionName: gate}", STEPS[2]]);
    let child = started(&situation, &["--quiet"]);
    let stop = situation.run(&["stop", "last", "--type", "Complete", "--no-wait"]);
    stop.assert(0, "", &["stop requested", "runwright attach ID"]);
    // The running process has received the request.
    situation.wait_until(|journal| {
        let id = &journal.find("last").unwrap().id;
        journal.events(id, 0).unwrap().iter().any(|recorded| recorded.event.kind() == "CompleteRequested")
    });
    open(&situation);
    situation.end(child).assert(0, "", &["book: Success", "2 of 3 steps run"]);
    // The signals in between did not send the call again.
    let completed = "look Success, complete by operator, act Success, Success";
    assert_eq!((situation.history("last").as_str(), calls(&situation)), (completed, 1));
}

#[test]
fn complete_after_a_crash_applies_on_interrupted() {
    let situation = waiting();
    kill(started(&situation, &["--on-interrupted", "fail"]));
    let stop = situation.run(&["stop", "last", "--type", "Complete", "--quiet"]);
    stop.assert(1, "", &["step act: Failed", "Interrupted", "may have run", "book: Failed"]);
    let failed = "look Success, resumed, act Failed (Interrupted MayHaveRun), Failed";
    assert_eq!((situation.history("last").as_str(), calls(&situation)), (failed, 1));
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
    ephemeral.assert(2, "", &["--lock", "--ephemeral", "help: ", "--ephemeral=false"]);
}

#[test]
fn lost_sensitive_variable_fails_the_branch_instead_of_a_wrong_choice() {
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
    let resume = situation.run(&["resume", "last"]);
    resume.assert(1, "", &["Input Choices needs variable:g, which was sensitive and is not in the journal"]);
    let ran = "get Success, g = \"****\", keep Success, resumed, hold interrupted, hold sent again, hold Success, choose Failed \
               (Verification InputValidation), Failed";
    assert_eq!(situation.history("last"), ran);
    let redrive = situation.run(&["redrive", "last"]);
    redrive.assert(2, "", &["choose", "variable g", "sensitive", "step keep", "--from keep\n"]);
    assert_eq!(situation.run(&["redrive", "last", "--from", "get", "--quiet"]).status, Some(0));
}

#[test]
fn stop_after_a_crash_runs_the_clean_up_itself() {
    let situation = waiting();
    kill(started(&situation, &[]));
    let stop = situation.run(&["stop", "last"]);
    stop.assert(0, "", &["book: Cancelled", "cancelled by operator during step act; tidy ran to clean up"]);
    let cancelled =
        "look Success, resumed, act interrupted, cancel by operator, act Cancelled, tidy Success, Cancelled";
    assert_eq!((situation.history("last").as_str(), calls(&situation)), (cancelled, 1));
}

#[test]
fn redrive_reuses_successful_steps_and_runs_the_failed_step() {
    let situation = Situation::new().functions().runbook(
        "",
        &[STEPS[0], "name: act, inputs: {FunctionName: fail, InputPayload: {n: '{{ look.Found }}'}}", STEPS[2]],
    );
    let first = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]);
    assert_eq!(first.status, Some(1));
    situation.run(&["redrive", "last"]).assert(1, "", &["step look reused", "book: Failed", "Boom: it broke"]);
    assert_eq!(situation.history("last"), "look reused, act Failed (Function Ran), Failed");
    let mended = situation.runbook(
        "",
        &[STEPS[0], "name: act, inputs: {FunctionName: echo, InputPayload: {n: '{{ look.Found }}'}}", STEPS[2]],
    );
    mended.run(&["redrive", "last"]).assert(0, "", &["the runbook has changed", "step look reused", "book: Success"]);
    assert_eq!(mended.history("last"), "look reused, act Success, tidy Success, Success");
    let again = mended.run(&["redrive", "last"]);
    again.assert(2, "", &["ID succeeded", "no failed step", "--from STEP", "`runwright rerun`"]);
    let unknown = mended.run(&["redrive", "last", "--from", "tydi"]);
    unknown.assert(2, "", &["--from tydi", "no such step", "look, act, tidy\n"]);
}

#[test]
fn redrive_is_rejected_if_the_order_of_the_steps_has_changed() {
    let [a, b, c, x] = ["a", "b", "c", "x"].map(|name| {
        let function = if name == "c" { "fail" } else { "echo" };
        format!("name: {name}, inputs: {{FunctionName: {function}}}")
    });
    let book = |situation: Situation, steps: &[&String]| {
        situation.runbook("", &steps.iter().map(|step| step.as_str()).collect::<Vec<_>>())
    };
    let situation = book(Situation::new().functions(), &[&a, &b, &c]);
    assert_eq!(situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]).status, Some(1));
    // A step is inserted: it is neither omitted silently nor run instead of a reused step.
    let inserted = book(situation, &[&a, &x, &b, &c]);
    let refused = inserted.run(&["redrive", "last"]);
    let inserted_line = "\n+  - {action: 'aws:invokeLambdaFunction', name: x,";
    let [next, help] = ["after a, the next is step x now and was step b", "`--from x`"];
    refused.assert(
        3,
        "",
        &["the runbook has changed", inserted_line, next, help, "--document FOLDER/book.yaml", "--original"],
    );
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
    // Two steps are swapped, so that a reused step would run again.
    let moved = book(inserted, &[&a, &c, &b]);
    for more in [&[][..], &["--document", "book.yaml"], &["--from", "c"]] {
        let refused = moved.run(&[&["redrive", "last"][..], more].concat());
        refused.assert(3, "", &["step b is reused, but would run again after c", "`--from b`", "`--original`"]);
    }
}

#[test]
fn redrive_from_a_branch_not_taken_is_rejected() {
    let text = "schemaVersion: \"0.3\"\nmainSteps:\n\
        - {name: choose, action: 'aws:branch', inputs: {Choices: [{NextStep: one, Variable: a, StringEquals: a}], Default: two}}\n\
        - {name: one, action: 'aws:invokeLambdaFunction', nextStep: last, inputs: {FunctionName: fail}}\n\
        - {name: two, action: 'aws:sleep', inputs: {Duration: PT0S}}\n\
        - {name: last, action: 'aws:sleep', inputs: {Duration: PT0S}}\n";
    let situation = Situation::new().functions().file("book.yaml", text);
    assert_eq!(situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]).status, Some(1));
    let other = situation.run(&["redrive", "last", "--from", "two"]);
    other.assert(2, "", &["--from two", "ID took another branch", "`runwright rerun`"]);
    // A successor of the failed step is not on another branch.
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
    let refused = changed.run(&["redrive", "last"]);
    let difference = ["\n-  - {", "found: 3", "\n+  - {", "found: 4"];
    let choices = ["changed in reused steps: step look", "--document FOLDER/book.yaml", "--original", "--from look"];
    refused.assert(3, "", &[&difference[..], &choices].concat());
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
    let rerun = |more: &[&str]| situation.run(&[&["rerun", "last", "--quiet"], more].concat());
    rerun(&[]).assert(0, "a.Payload = {\"name\":\"x\"}\n", &["book: Success", "1 step run"]);
    rerun(&["-p", "Name=y"]).assert(0, "a.Payload = {\"name\":\"y\"}\n", &["book: Success", "1 step run"]);
    rerun(&["-p", "Nam=y"]).assert(2, "", &["no parameter Nam\n", "`Name`"]);
}

#[test]
fn detached_run_continues_without_its_terminal() {
    let situation = waiting();
    let begun = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--detach"]);
    begun.assert(0, "ID\n", &["runwright attach ID"]);
    situation.wait_for("code/waits");
    let resume = situation.run(&["resume", "last"]);
    resume.assert(8, "", &["ID is already running (pid PID on HOST)", "runwright attach ID"]);
    let attached = situation.start(&["attach", "last"]);
    open(&situation);
    let states = ["step look Success", "step act Success", "execution ended: book: Success"];
    situation.end(attached).assert(0, "", &states);
    assert_eq!(situation.history("last"), "look Success, act Success, Success");
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
    let missing = situation.run(&["resume"]);
    missing.assert(2, "", &["sensitive", "not stored", "runwright resume ID -p Password=file://FILE\n"]);
    let supplied = situation.run(&["resume", "last", "-p", "Password=file://secret", "--quiet"]);
    supplied.assert(0, "", &["book: Success", "1 step run"]);
    assert!(!supplied.stderr.contains("hunter"), "{}", supplied.text());
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
    refused.assert(8, "", &["lock restart-web-1 is held by ID (book)", "runwright attach ID", "--on-conflict queue"]);
    let free = situation.start(&[second.clone(), vec!["-p", "Host=web-2", "--quiet"]].concat());
    let waiting = situation.start(&second);
    situation.wait_until(|journal| journal.list(&queued(), &runwright::store::Page::default()).unwrap().len() == 1);
    open(&situation);
    let first = situation.end(first);
    first.assert(0, "", &["book: Success"]);
    assert!(!first.stderr.contains("waiting for lock"), "{}", first.text());
    let queued = ["waiting for lock restart-web-1", "number 1", "held by ID", "execution started", "book: Success"];
    situation.end(waiting).assert(0, "", &queued);
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
    assert!(second.stderr.contains("replaces it under lock restart"), "{}", second.stderr);
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
    none.assert(2, "", &["no executions in FOLDER/.local/state/runwright", "`runwright run FILE`", "--state-dir"]);
    unknown.assert(
        2,
        "",
        &["no execution zzzz in FOLDER/.local/state/runwright", "`runwright executions list`", "`last`"],
    );
}
