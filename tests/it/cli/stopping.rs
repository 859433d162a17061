//! Interrupts and terminations.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};

use runwright::event::{Event, LeaveReason};
use runwright::store::{Entry, ExecutionState};

use crate::harness::{Situation, without_ids};
use crate::journal_reads::ReadJournal as _;

/// A running command, and its standard error.
struct Running {
    child: Child,
    reader: BufReader<ChildStderr>,
    written: String,
}

impl Running {
    fn start(situation: &Situation, arguments: &[&str]) -> Self {
        let mut child = situation.start(arguments);
        let reader = BufReader::new(child.stderr.take().unwrap());
        Self { child, reader, written: String::new() }
    }

    /// Waits until it has written a line with `text`.
    fn until(&mut self, text: &str) {
        while !self.written.lines().any(|line| line.contains(text)) {
            let more = self.reader.read_line(&mut self.written).unwrap();
            assert!(more > 0, "it ended before it wrote {text:?}: {}", self.written);
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Its exit code, and its whole output.
    fn end(mut self) -> (Option<i32>, String) {
        self.reader.read_to_string(&mut self.written).unwrap();
        (self.child.wait().unwrap().code(), self.written)
    }
}

fn situation() -> Situation {
    Situation::new().functions().runbook(
        "",
        &[
            "name: wait, onCancel: 'step:tidy', isEnd: true, inputs: {FunctionName: slow}",
            "name: tidy, inputs: {FunctionName: echo}",
        ],
    )
}

/// A step whose function responds once there is a file `open`, and one after it.
fn gated() -> Situation {
    Situation::new()
        .functions()
        .runbook("", &["name: act, inputs: {FunctionName: gate}", "name: next, inputs: {FunctionName: say}"])
}

fn open(situation: &Situation) {
    std::fs::write(situation.path().join("code/open"), "").unwrap();
}

/// A runbook that calls nothing.
const OTHER: &str = "schemaVersion: '0.3'\nmainSteps: [{name: a, action: 'aws:sleep', inputs: {Duration: PT0.01S}}]\n";

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

fn entry(situation: &Situation) -> Entry {
    situation.journal().find("last").unwrap()
}

/// The kinds of the events so far.
fn kinds(situation: &Situation) -> Vec<&'static str> {
    situation.events("last").iter().map(|recorded| recorded.event.kind()).collect()
}

#[test]
fn interrupt_cancels_with_clean_up_and_so_does_sigterm_without_a_journal() {
    let (interrupt, terminated, hung_up) = ("an interrupt (Ctrl-C)", "a termination signal", "a closed terminal");
    let cancel = ["--on-terminate", "cancel"];
    let rows: [(&str, &[&str], Option<&str>, &str); 8] = [
        ("INT", &[], None, interrupt),
        ("INT", &["--ephemeral"], None, interrupt),
        ("TERM", &cancel, None, terminated),
        ("HUP", &cancel, None, hung_up),
        ("TERM", &["--ephemeral"], None, terminated),
        ("HUP", &["--ephemeral", "--on-terminate", "leave"], None, hung_up),
        // A CI machine cannot resume anything.
        ("TERM", &[], Some("true"), terminated),
        ("HUP", &[], Some("1"), hung_up),
    ];
    for (name, more, ci, by) in rows {
        let mut situation = situation();
        if let Some(ci) = ci {
            situation = situation.env("CI", ci);
        }
        let mut run = Running::start(&situation, &[&RUN[..], more].concat());
        run.until("attempt 1 of 1 started");
        run.signal(name);
        if name == "HUP" {
            // A shell repeats it; the clean-up continues.
            run.until("cancel requested");
            run.signal(name);
        }
        let (code, written) = run.end();
        assert_eq!(code, Some(5), "{name} {more:?}: {written}");
        let reason = format!("cancelled by {by} during step wait; tidy ran to clean up");
        assert!(written.contains("book: Cancelled") && written.contains(&reason), "{name} {more:?}: {written}");
        if !more.contains(&"--ephemeral") {
            let history = format!("cancel by {by}, wait Cancelled, tidy Success, Cancelled");
            assert_eq!(situation.history("last"), history, "{name} {more:?}");
        }
        let states = ["step wait Cancelled", "step tidy Success", "execution ended: book: Cancelled"];
        let found = states.map(|state| written.find(state));
        assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{name} {more:?}: {written}");
    }
}

#[test]
fn second_interrupt_aborts_and_the_execution_resumes_only_by_id() {
    let situation = Situation::new().functions().runbook(
        "",
        &[
            "name: wait, onCancel: 'step:tidy', isEnd: true, inputs: {FunctionName: slow}",
            "name: tidy, inputs: {FunctionName: gate}",
        ],
    );
    let situation = situation.file("other.yaml", OTHER);
    let mut run = Running::start(&situation, &RUN);
    run.until("attempt 1 of 1 started");
    run.signal("INT");
    run.until("step tidy attempt 1 of 1 started");
    run.signal("INT");
    let (code, written) = run.end();
    assert_eq!(code, Some(5), "{written}");
    let left = "error: interrupted; an invoked function may still be running\nhelp: to resume it: `runwright resume ";
    assert!(written.contains(left) && written.ends_with("; it is not resumed automatically\n"), "{written}");
    let found = entry(&situation);
    assert_eq!((found.status, found.left), (ExecutionState::Interrupted, Some(LeaveReason::User)));
    // Not by the next run, and not by a resume of all.
    let next = situation.run(&["run", "other.yaml", "--quiet", "--recover", "resume"]);
    assert_eq!((next.status, next.stderr.contains("interrupted")), (Some(0), false), "{}", next.text());
    let id = found.id.to_string();
    let shown = [
        situation.run(&["resume"]),
        situation.run(&["executions", "list", "--runbook", "book", "--output", "csv"]),
        situation.run(&["executions", "show", &id]),
        situation.run(&["executions", "list", "--runbook", "book"]),
    ];
    assert_eq!(situation.journal().entry(&found.id).unwrap(), Some(found));
    let shown = shown.map(|outcome| without_ids(&outcome.text(), situation.path()));
    assert!(
        shown[0].contains("not resumed automatically: ID (book) was aborted by its user with Ctrl-C"),
        "{}",
        shown[0]
    );
    assert!(shown[1].contains("Interrupted") && shown[1].ends_with(",User"), "{}", shown[1]);
    assert!(shown[2].contains("interrupted in step tidy (its user aborted it with Ctrl-C)"), "{}", shown[2]);
    assert!(shown[3].contains("tidy (aborted with Ctrl-C)"), "{}", shown[3]);
    open(&situation);
    // The clean-up continues.
    let resumed = situation.run(&["resume", &id, "--quiet"]);
    assert_eq!(resumed.status, Some(5), "{}", resumed.text());
}

#[test]
fn sigterm_waits_for_the_call_in_flight_and_leaves_the_execution_resumable() {
    let situation = gated();
    let mut run = Running::start(&situation, &RUN);
    situation.wait_for("code/waits");
    run.signal("TERM");
    run.until("terminated: nothing new is started");
    open(&situation);
    let (code, written) = run.end();
    let last = "help: to resume it: `runwright resume ID`\n";
    let written = without_ids(&written, situation.path());
    let is_left = written.contains("step act Success") && written.contains("ID (book) is left to be resumed");
    assert!(
        code == Some(6) && is_left && written.ends_with(last) && !written.contains("step next"),
        "{code:?}: {written}"
    );
    let found = entry(&situation);
    assert_eq!((found.status, found.left), (ExecutionState::Interrupted, Some(LeaveReason::Termination)));
    assert_eq!(kinds(&situation)[1..], ["StepStarted", "AttemptStarted", "AttemptEnded", "StepEnded"]);
    let shown = situation.run(&["executions", "list", "--output", "json"]).stdout;
    assert!(shown.contains(r#""LeftBy": "Termination""#), "{shown}");
    let resumed = situation.run(&["resume", "--quiet"]);
    assert_eq!(resumed.status, Some(0), "{}", resumed.text());
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\n");
}

#[test]
fn call_that_outlasts_sigterm_is_abandoned_as_interrupted() {
    let situation = gated();
    let run = Running::start(&situation, &[&RUN[..], &["--on-interrupted", "fail"]].concat());
    situation.wait_for("code/waits");
    let begun = runwright::clock::origin();
    run.signal("TERM");
    let (code, written) = run.end();
    let took = begun.elapsed().as_millis();
    assert!(code == Some(6) && (5_000..30_000).contains(&took), "{code:?} after {took} ms: {written}");
    assert!(written.contains("is left to be resumed; an invoked function may still be running"), "{written}");
    assert_eq!(kinds(&situation)[1..], ["StepStarted", "AttemptStarted"]);
    open(&situation);
    let resumed = situation.run(&["resume", "--quiet"]);
    assert_eq!(resumed.status, Some(1), "{}", resumed.text());
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\n");
}

#[test]
fn second_signal_after_sigterm_aborts() {
    for (second, reason) in [("TERM", LeaveReason::Termination), ("INT", LeaveReason::User)] {
        let situation = gated();
        let mut run = Running::start(&situation, &RUN);
        situation.wait_for("code/waits");
        run.signal("TERM");
        run.until("terminated: nothing new is started");
        let begun = runwright::clock::origin();
        run.signal(second);
        let (code, written) = run.end();
        assert!(code == Some(6) && begun.elapsed().as_secs() < 4, "{second} {code:?}: {written}");
        let found = entry(&situation);
        assert_eq!((found.status, found.left), (ExecutionState::Interrupted, Some(reason)));
    }
}

#[test]
fn sigterm_interrupts_a_waiting_execution_and_the_next_run_can_resume_it() {
    let wait = "schemaVersion: '0.3'\nmainSteps: [{name: hold, action: 'aws:pause', inputs: {}}]\n";
    let situation = Situation::new().file("book.yaml", wait).file("other.yaml", OTHER);
    let run = Running::start(&situation, &["run", "book.yaml", "--quiet"]);
    situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
    let id = entry(&situation).id;
    run.signal("TERM");
    let (code, written) = run.end();
    assert_eq!((code, written.contains("in flight")), (Some(6), false), "{written}");
    let notified = situation.run(&["run", "other.yaml", "--quiet"]);
    assert!(notified.stderr.contains("(book, terminated); to resume it: `runwright resume`"), "{}", notified.text());
    let status = || situation.journal().entry(&id).unwrap().unwrap().status;
    assert_eq!(status(), ExecutionState::Interrupted);
    let brought_back = situation.run(&["run", "other.yaml", "--quiet", "--recover", "resume"]);
    assert!(brought_back.stderr.contains("resuming in the background"), "{}", brought_back.text());
    situation.wait_until(|journal| journal.entry(&id).unwrap().unwrap().status.as_str() == "Waiting");
    assert_eq!(situation.run(&["signal", id.as_str(), "resume"]).status, Some(0));
    assert_eq!(situation.run(&["attach", id.as_str(), "--quiet"]).status, Some(0));
}

#[test]
fn sigterm_before_the_start_stores_nothing() {
    let situation = gated();
    let hold = Running::start(&situation, &[&RUN[..], &["--lock", "l"]].concat());
    situation.wait_for("code/waits");
    // A queued execution is stored, and queues again when it is resumed.
    let mut queued = Running::start(&situation, &[&RUN[..], &["--lock", "l"]].concat());
    queued.until("waiting for lock l");
    queued.signal("TERM");
    let (code, written) = queued.end();
    assert!(code == Some(6) && written.contains("is left to be resumed"), "{code:?} {written}");
    assert_eq!(kinds(&situation), ["ExecutionStarted"]);
    open(&situation);
    assert_eq!(hold.end().0, Some(0));
    assert_eq!(situation.run(&["resume", "--quiet"]).status, Some(0));
}

#[test]
fn execution_with_internal_error_resumes_only_by_id() {
    let situation = gated().file("other.yaml", OTHER);
    let run = situation.start(&[&RUN[..], &["--quiet"]].concat());
    situation.wait_for("code/waits");
    super::durable::kill(run);
    open(&situation);
    let database = situation.path().join(".local/state/runwright/journal.db");
    let word = "UPDATE executions SET left_by = 'InternalError'";
    assert_eq!(rusqlite::Connection::open(database).unwrap().execute(word, []), Ok(1));
    let reason = ["ID (book) was interrupted by an internal error", "`runwright resume ID`\n"];
    let next = situation.run(&["run", "other.yaml", "--quiet", "--recover", "resume"]);
    next.assert(0, "", &[&["warning: "], &reason[..], &["other: Success"]].concat());
    situation.run(&["resume", "--quiet"]).assert(0, "", &[&["not resumed automatically: "], &reason[..]].concat());
    let book = situation.journal().interrupted().unwrap().pop().unwrap();
    assert_eq!((book.status, book.left), (ExecutionState::Interrupted, Some(LeaveReason::InternalError)));
    assert_eq!(situation.run(&["resume", book.id.as_str(), "--quiet"]).status, Some(0));
}

#[test]
fn children_and_targets_are_interrupted_with_their_parent() {
    let child = "schemaVersion: '0.3'\nparameters: {Host: {type: String, default: none}}\nmainSteps:\n  - {name: act, action: \
                 'aws:invokeLambdaFunction', inputs: {FunctionName: gate}}\n  - {name: next, action: \
                 'aws:invokeLambdaFunction', inputs: {FunctionName: say}}\n";
    let parent = "schemaVersion: '0.3'\nmainSteps:\n  - {name: call, action: 'aws:executeAutomation', inputs: {DocumentName: \
                  child}}\n  - {name: after, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: say}}\n";
    let targets = ["--targets", "a,b,c", "--target-parameter", "Host", "--max-concurrency", "1"];
    let rows: [(&[&str], u64, &str); 2] = [
        (&["run", "parent.yaml"], 1, "AttemptStarted"),
        (&[&["run", "child.yaml"], &targets[..]].concat(), 3, "ChildStarted"),
    ];
    for (run, calls, last_event) in rows {
        let situation = Situation::new().functions().file("child.yaml", child).file("parent.yaml", parent);
        let mut running = Running::start(&situation, &[run, &["--functions", "template.yaml"]].concat());
        situation.wait_for("code/waits");
        running.signal("TERM");
        running.until("terminated: nothing new is started");
        open(&situation);
        let (code, written) = running.end();
        assert!(code == Some(6) && written.contains("is left to be resumed\n"), "{code:?} {written}");
        // One child was started; its call ended, and its next step did not start. Its parent waits for it.
        let journal = situation.journal();
        let parent = journal.find("last").unwrap();
        let children = journal.children(&parent.id).unwrap();
        let last = |entry: &Entry| journal.events(&entry.id, 0).unwrap().pop().map(|last| last.event.kind());
        let how = |entry: &Entry| (entry.status, entry.left);
        let left = (ExecutionState::Interrupted, Some(LeaveReason::Termination));
        assert_eq!((how(&parent), last(&parent)), (left, Some(last_event)));
        let found: Vec<_> = children.iter().map(|child| (how(child), last(child))).collect();
        assert_eq!(found, [(left, Some("StepEnded"))]);
        let resumed = situation.run(&["resume", "--quiet"]);
        assert_eq!(resumed.status, Some(0), "{}", resumed.text());
        let called = std::fs::read_to_string(situation.path().join("code/calls")).unwrap();
        assert_eq!(u64::try_from(called.lines().count()).unwrap(), calls, "nothing ran twice");
    }
}

#[test]
fn sigterm_to_a_background_process_leaves_its_execution_resumable() {
    let situation = gated();
    assert_eq!(situation.run(&[&RUN[..], &["--detach", "--quiet"]].concat()).status, Some(0));
    situation.wait_for("code/waits");
    let owner = entry(&situation).owner.unwrap();
    let sent = Command::new("kill").args(["-TERM", &owner.pid.to_string()]).status().unwrap();
    assert!(sent.success());
    open(&situation);
    situation.wait_until(|journal| journal.find("last").unwrap().status == ExecutionState::Interrupted);
    assert_eq!(entry(&situation).left, Some(LeaveReason::Termination));
    let is_answered = situation.events("last").iter().any(|recorded| matches!(recorded.event, Event::AttemptEnded(_)));
    let resumed = situation.run(&["resume", "--quiet"]);
    assert_eq!((resumed.status, is_answered), (Some(0), true), "{}", resumed.text());
}
