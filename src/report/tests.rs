//! Output of each reporter for histories that are written by hand.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::clock::ManualClock;
use crate::event::*;
use crate::name::{ExecutionId, StepExecutionId, StepName};

/// Bytes that a reporter wrote.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A history under construction: each event some time after the one before.
pub(super) struct History {
    clock: ManualClock,
    now: Timestamp,
    pub(super) recorded: Vec<Recorded>,
}

pub(super) fn step(name: &str, max_attempts: u32, on_failure: &str, is_critical: bool) -> StepOutline {
    StepOutline {
        name: StepName::from(name),
        action: "aws:invokeLambdaFunction".to_owned(),
        parent: None,
        max_attempts,
        timeout_seconds: Some(300),
        on_failure: on_failure.to_owned(),
        is_critical,
        is_end: false,
        next_step: None,
        valid_next_steps: vec![],
    }
}

pub(super) fn failure(message: &str) -> Failure {
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
    failure.cause = Some(Box::new(Cause {
        class: ErrorClass::Function,
        code: None,
        http_status: Some(200),
        request_id: Some("8f5b0b6c-2f0e-4c56-9b8a-000000000001".to_owned()),
        progress: CallReach::Ran,
        retry_after: None,
        reported_error: Some(ReportedError {
            kind: "Unhandled".to_owned(),
            error_type: Some("KeyError".to_owned()),
            message: Some("'instance'\u{1b}[2J\u{7}".to_owned()),
            trace: vec![
                "File \"/var/task/app.py\", line 3, in handler".to_owned(),
                "  return event['instance']".to_owned(),
            ],
            payload: "{}".to_owned(),
        }),
        log_tail: Some("START RequestId: 8f5b\nlooking\tfor it\r\nEND RequestId: 8f5b\n".to_owned()),
        remedy: Some("Look at the function's log and correct its code.".to_owned()),
    }));
    failure
}

fn throttle() -> Failure {
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Throttling, "Rate exceeded.");
    failure.cause = Some(Box::new(Cause {
        class: ErrorClass::Throttled,
        code: Some("TooManyRequestsException".to_owned()),
        http_status: Some(429),
        request_id: None,
        progress: CallReach::NotRun,
        retry_after: Some(2_000),
        reported_error: None,
        log_tail: None,
        remedy: None,
    }));
    failure
}

impl History {
    pub(super) fn of(steps: Vec<StepOutline>) -> Self {
        let now: Timestamp = "2026-11-20T03:00:00Z".parse().unwrap();
        let mut history = Self { clock: ManualClock::at(now), now, recorded: vec![] };
        history.push(
            0,
            Event::ExecutionStarted(Arc::new(ExecutionStarted {
                format: FORMAT,
                execution: ExecutionId::from("4105a4fc-f944-11e6-9d32-0a4c2d5e6f70"),
                document: DocumentIdentity { name: "nightly-cleanup".to_owned(), sha256: "00".repeat(32) },
                parameters: IndexMap::new(),
                variables: IndexMap::new(),
                executed_by: "operator".to_owned(),
                environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
                settings: Settings {
                    attempt_delays: Arc::from([1_000]),
                    throttle_delays: Arc::from([1_000]),
                    throttle_window: 300_000,
                    jitter: 0.0,
                    long_invocations: false,
                    result_limit: None,
                    poll_interval: None,
                    idempotency_token: false,
                },
                seed: 7,
                outline: Arc::new(Outline { steps }),
                launch: Launch::default(),
                hidden: Vec::new(),
            })),
        );
        history
    }

    fn push(&mut self, after_millis: u64, event: Event) {
        self.clock.advance(Duration::from_millis(after_millis));
        self.now = crate::clock::after(self.now, Duration::from_millis(after_millis));
        let sequence = self.recorded.len() as u64;
        self.recorded.push(Recorded { sequence, at: self.now, event });
    }

    /// Adds any other event.
    pub(super) fn event(mut self, after_millis: u64, event: Event) -> Self {
        self.push(after_millis, event);
        self
    }

    pub(super) fn in_millis(&self, millis: u64) -> Timestamp {
        crate::clock::after(self.now, Duration::from_millis(millis))
    }

    pub(super) fn step(mut self, name: &str, function: &str) -> Self {
        self.push(
            1,
            Event::StepStarted(Arc::new(StepStarted {
                step: StepName::from(name),
                step_execution: StepExecutionId::from("1"),
                inputs: Arc::new(IndexMap::from([("FunctionName".to_owned(), json!(function))])),
                unset: vec![],
                hidden: Vec::new(),
            })),
        );
        self
    }

    pub(super) fn attempt(mut self, attempt: u32, sending: u32) -> Self {
        let deadline = Some(self.in_millis(300_001));
        self.push(1, Event::AttemptStarted(AttemptStarted { attempt, sending, deadline }));
        self
    }

    pub(super) fn throttled(mut self, attempt: u32) -> Self {
        let retry_at = self.in_millis(2_100);
        self.push(100, Event::AttemptThrottled(Arc::new(AttemptThrottled { attempt, failure: throttle(), retry_at })));
        self
    }

    pub(super) fn ended(mut self, after: u64, attempt: u32, outcome: Outcome, retry_in: Option<u64>) -> Self {
        let retry_at = retry_in.map(|wait| self.in_millis(after + wait));
        self.push(after, Event::AttemptEnded(Arc::new(AttemptEnded { attempt, outcome, retry_at })));
        self
    }

    pub(super) fn step_ended(mut self, status: Status, failure: Option<Failure>, next: Option<&str>) -> Self {
        self.push(
            0,
            Event::StepEnded(Arc::new(StepEnded {
                status,
                outputs: Arc::new(IndexMap::new()),
                document: None,
                failure,
                next: next.map_or(Next::End, |next| Next::Step(StepName::from(next))),
                hidden: Vec::new(),
            })),
        );
        self
    }

    pub(super) fn cancel(mut self) -> Self {
        let until = self.in_millis(121_000);
        self.push(1_000, Event::CancelRequested(CancelRequested { by: "an interrupt (Ctrl-C)".to_owned(), until }));
        self
    }

    pub(super) fn execution_ended(mut self, status: Status) -> Self {
        self.push(
            0,
            Event::ExecutionEnded(Arc::new(ExecutionEnded {
                status,
                outputs: IndexMap::from([("find.Count".to_owned(), vec!["3".to_owned()])]),
                failure_message: None,
            })),
        );
        self
    }

    fn report_to(&self, reporter: &mut dyn Reporter) -> Execution {
        let (first, rest) = self.recorded.split_first().unwrap();
        let mut execution = Execution::begin(first).unwrap();
        reporter.observe(&execution, first);
        for recorded in rest {
            execution.apply(recorded).unwrap();
            reporter.observe(&execution, recorded);
        }
        execution
    }

    fn plain(&self, verbose: bool) -> String {
        let screen = Screen::default();
        let clock = Arc::new(self.clock.clone());
        self.report_to(&mut Plain::new(Box::new(screen.clone()), Palette::PLAIN, clock, verbose));
        screen.text()
    }

    fn quiet(&self) -> String {
        let screen = Screen::default();
        self.report_to(&mut Quiet::new(Box::new(screen.clone()), Palette::PLAIN));
        screen.text()
    }
}

pub(super) const OK: Outcome = Outcome::Succeeded { request_id: None, notice: None };

/// Every kind of event but a cancel request: a retry, a throttle, a skipped step and a recovery.
pub(super) fn eventful() -> History {
    let why = failure("Step notify failed maximum allowed times. The function failed: KeyError: 'instance'");
    let late = Failure::new(FailureStage::Invocation, FailureType::Action, "No answer within 300 seconds.");
    let gone = Failure::new(FailureStage::InputValidation, FailureType::Action, "{{ find.Id }} has no value");
    History::of(vec![
        step("find", 3, "Abort", true),
        step("tag", 1, "Continue", false),
        step("notify", 2, "step:tidy", true),
        step("tidy", 1, "Abort", true),
    ])
    .step("find", "find-old-volumes")
    .attempt(1, 1)
    .ended(420, 1, Outcome::Failed { failure: failure("The function failed: KeyError: 'instance'") }, Some(1_200))
    .attempt(2, 1)
    .throttled(2)
    .attempt(2, 2)
    .ended(80, 2, OK, None)
    .step_ended(Status::Success, None, Some("tag"))
    .step("tag", "tag-volumes")
    .step_ended(Status::Failed, Some(gone), Some("notify"))
    .step("notify", "notify-team")
    .attempt(1, 1)
    .ended(300_000, 1, Outcome::TimedOut { failure: late }, Some(2_000))
    .attempt(2, 1)
    .ended(70, 2, Outcome::Failed { failure: why.clone() }, None)
    .step_ended(Status::Failed, Some(why), Some("tidy"))
    .step("tidy", "tidy-up")
    .attempt(1, 1)
    .ended(5, 1, OK, None)
    .step_ended(Status::Success, None, None)
    .execution_ended(Status::Failed)
}

/// A wait whose property changes once, after an error, and that is still under way.
pub(super) fn polling() -> History {
    let mut wait = step("wait", 1, "Abort", true);
    "aws:waitForAwsResourceProperty".clone_into(&mut wait.action);
    let selector = "$.Reservations[0].Instances[0].State.Name";
    let started = StepStarted {
        step: StepName::from("wait"),
        step_execution: StepExecutionId::from("1"),
        inputs: Arc::new(IndexMap::from([("PropertySelector".to_owned(), json!(selector))])),
        unset: vec![],
        hidden: Vec::new(),
    };
    let saw = |polls, observed| {
        Event::AttemptObserved(Arc::new(AttemptObserved { attempt: 1, polls, observed, property: None }))
    };
    let value = |text: &str| Observation::Value(text.to_owned());
    History::of(vec![wait])
        .event(1, Event::StepStarted(Arc::new(started)))
        .attempt(1, 1)
        .event(200, saw(1, Observation::Error("ThrottlingException".to_owned())))
        .event(5_000, saw(2, value("pending\u{1b}[2J")))
        .event(180_000, saw(15, value("pending\u{1b}[2J")))
        .event(7_000, saw(16, value("running")))
}

pub(super) fn cancelled() -> History {
    History::of(vec![step("drain", 1, "Abort", true), step("restore", 1, "Abort", true)])
        .step("drain", "drain-node")
        .attempt(1, 1)
        .cancel()
        .ended(0, 1, Outcome::Cancelled, None)
        .step_ended(Status::Cancelled, None, Some("restore"))
        .step("restore", "restore-node")
        .attempt(1, 1)
        .ended(700, 1, OK, None)
        .step_ended(Status::Success, None, None)
        .execution_ended(Status::Cancelled)
}

/// Asserts that a text has lines with these parts, in this order.
pub(super) fn assert_lines(text: &str, parts: &[&str]) {
    let mut lines = text.lines();
    for part in parts {
        assert!(lines.any(|line| line.contains(part)), "no line with `{part}` at its place in:\n{text}");
    }
}

#[test]
fn plain_lines_show_what_polls_see_when_it_changes() {
    insta::assert_snapshot!(polling().plain(false));
}

#[test]
fn terminal_shows_what_polls_see_when_it_changes() {
    let history =
        polling().ended(3, 1, OK, None).step_ended(Status::Success, None, None).execution_ended(Status::Success);
    insta::assert_snapshot!(terminal_screen(&history));
}

#[test]
fn plain_lines_show_every_event() {
    insta::assert_snapshot!(eventful().plain(false));
}

#[test]
fn plain_lines_show_a_cancellation() {
    assert_lines(
        &cancelled().plain(false),
        &[
            "[    1.002s] cancel requested by an interrupt (Ctrl-C); at most 2m",
            "step drain attempt 1 of 1 abandoned",
            "step drain Cancelled in 1.0s",
            "step restore started: 2 of 2",
            "step restore Success",
            "[    1.704s] execution ended: nightly-cleanup: Cancelled in 1.7s, all 2 steps run",
            "restore ran",
        ],
    );
}

#[test]
fn quiet_shows_failures_and_the_result() {
    insta::assert_snapshot!(eventful().quiet());
}

#[test]
fn json_lines_equal_the_journal_events() {
    let history = eventful();
    let screen = Screen::default();
    history.report_to(&mut JsonLines::new(Box::new(screen.clone())));
    let read: Vec<Recorded> = screen.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, history.recorded);
}

#[test]
fn closed_output_silences_the_reporter() {
    struct ClosedOutput(Arc<Mutex<u32>>);
    impl Write for ClosedOutput {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            *self.0.lock().unwrap() += 1;
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let writes = Arc::new(Mutex::new(0));
    eventful().report_to(&mut JsonLines::new(Box::new(ClosedOutput(Arc::clone(&writes)))));
    assert_eq!(*writes.lock().unwrap(), 1);
}

#[test]
fn log_lines_appear_between_events_and_are_escaped() {
    let screen = Screen::default();
    let history = History::of(vec![step("find", 1, "Abort", true)]).step("find", "find-old-volumes");
    let mut plain = Plain::new(Box::new(screen.clone()), Palette::PLAIN, Arc::new(history.clock.clone()), false);
    history.report_to(&mut plain);
    history.clock.advance(Duration::from_millis(65_499));
    plain.log(&ReportLogLine {
        function: "find-old-volumes".to_owned(),
        text: "\u{1b}]0;owned\u{7} \u{202e}x".to_owned(),
    });
    insta::assert_snapshot!(screen.text().lines().last().unwrap(),
        @r"[   65.500s] log find-old-volumes: \u{1b}]0;owned\u{7} \u{202e}x");
}

/// The final output of the terminal reporter on a screen of 100 columns.
fn terminal_screen(history: &History) -> String {
    let screen = terminal::tests::Grid::new(100);
    let mut terminal = Terminal::on_terminal(
        Box::new(screen.clone()),
        || 100,
        Palette { colour: false, symbols: Symbols::Unicode },
        Arc::new(history.clock.clone()),
    );
    history.report_to(&mut terminal);
    terminal.close();
    screen.text()
}

#[test]
fn terminal_keeps_finished_steps_and_the_result() {
    insta::assert_snapshot!(terminal_screen(&eventful()));
}

/// A loop of a hundred items; its step fails at the 37th, and the loop continues.
fn loop_of_100_items() -> History {
    let mut each = step("each", 1, "Abort", true);
    "aws:loop".clone_into(&mut each.action);
    let greet = StepOutline { parent: Some(StepName::from("each")), ..step("greet", 1, "Continue", false) };
    let mut history = History::of(vec![each, greet, step("last", 1, "Abort", true)]);
    let items: Vec<String> = (1..=100).map(|item| format!("host-{item}")).collect();
    history.push(
        1,
        Event::StepStarted(Arc::new(StepStarted {
            step: StepName::from("each"),
            step_execution: StepExecutionId::from("loop"),
            inputs: Arc::new(IndexMap::from([("Iterators".to_owned(), json!(items))])),
            unset: vec![],
            hidden: Vec::new(),
        })),
    );
    for iteration in 1..=100 {
        history.push(1, Event::IterationStarted(IterationStarted { iteration, deadline: None }));
        let attempted = history.step("greet", "greet").attempt(1, 1);
        history = if iteration == 37 {
            let failed = Outcome::Failed { failure: failure("It broke.") };
            attempted.ended(20, 1, failed, None).step_ended(Status::Failed, Some(failure("It broke.")), None)
        } else {
            attempted.ended(20, 1, OK, None).step_ended(Status::Success, None, None)
        };
    }
    history
        .step_ended(Status::Success, None, Some("last"))
        .step("last", "say")
        .attempt(1, 1)
        .ended(9, 1, OK, None)
        .step_ended(Status::Success, None, None)
        .execution_ended(Status::Success)
}

#[test]
fn terminal_collapses_a_long_loop_and_keeps_its_failures() {
    let screen = terminal_screen(&loop_of_100_items());
    assert_lines(
        &screen,
        &[
            "✗ greet Failed 21ms · iteration 37 of 100 (host-37) of each",
            "Unhandled, KeyError",
            "✓ 1/3 each  Success   2.3s",
            "✓ 3/3 last  Success   10ms",
            "✓ nightly-cleanup: Success in 2.3s, all 3 steps run",
            "iteration 37 of 100 (host-37) of each",
        ],
    );
    assert_eq!(screen.matches("iteration").count(), 2, "{screen}");
}

#[test]
fn terminal_shows_a_cancellation() {
    assert_lines(
        &terminal_screen(&cancelled()),
        &[
            "cancelling, requested by an interrupt (Ctrl-C)",
            "⊘ 1/2 drain   Cancelled 1.0s",
            "✓ 2/2 restore Success   701ms",
            "⊘ nightly-cleanup: Cancelled in 1.7s, all 2 steps run",
        ],
    );
}

#[test]
fn verbose_shows_every_failed_attempt_in_full() {
    let (brief, verbose) = (eventful().plain(false), eventful().plain(true));
    assert_lines(
        &verbose,
        &[
            "step find attempt 1 of 3 failed after 420ms",
            "function error  Unhandled, KeyError",
            "File \"/var/task/app.py\", line 3, in handler",
            "request id      8f5b0b6c-2f0e-4c56-9b8a-000000000001",
            "step find attempt 2 of 3 throttled",
            "service error   TooManyRequestsException (HTTP 429)",
            "step notify attempt 1 of 2 timed out after 5m",
            "No answer within 300 seconds.",
            "step notify Failed in 5m after 2 attempts",
            "function error  Unhandled, KeyError",
        ],
    );
    let traces = |text: &str| text.matches("trace  ").count();
    assert_eq!((traces(&brief), traces(&verbose)), (1, 2));
}

#[test]
fn step_verdicts_depend_on_the_failure_policy() {
    let failed = |on_failure: &str, critical, next: Option<&str>, status, whole| {
        let execution = History::of(vec![step("a", 1, on_failure, critical), step("b", 1, "Abort", true)])
            .step("a", "f")
            .step_ended(status, Some(Failure::new(FailureStage::Invocation, FailureType::Action, "It broke.")), next)
            .execution_ended(whole)
            .report_to(&mut Quiet::new(Box::new(std::io::sink()), Palette::PLAIN));
        let verdict = Verdict::of(&execution).unwrap();
        format!("{}\n{}", verdict.headline("x", Palette::PLAIN), verdict.reasons.join("\n"))
    };
    let rendered = [
        failed("Abort", true, None, Status::Failed, Status::Failed),
        failed("Abort", false, None, Status::TimedOut, Status::TimedOut),
        failed("Continue", true, Some("b"), Status::Failed, Status::Failed),
        failed("Continue", false, Some("b"), Status::Failed, Status::Success),
        failed("step:b", true, Some("b"), Status::TimedOut, Status::TimedOut),
        failed("step:b", false, None, Status::Failed, Status::Success),
    ];
    insta::assert_snapshot!(rendered.join("\n"));
}

#[test]
fn durations_are_human_readable() {
    let rendered = [0, 7, 999, 1_000, 4_230, 9_999, 48_000, 60_000, 288_000, 3_600_000, 7_500_000, 273_600_000]
        .map(|millis| HumanDuration(Duration::from_millis(millis)).to_string());
    assert_eq!(rendered, ["0s", "7ms", "999ms", "1s", "4.2s", "9.9s", "48s", "1m", "4m 48s", "1h", "2h 05m", "3d 04h"]);
}

#[test]
fn each_output_is_one_line() {
    let rendered = [
        output_line("a.B", &["plain text = with \"quotes\"".to_owned()]),
        output_line("a.B", &["two\nlines\u{9b}31m".to_owned()]),
        output_line("a.B", &["x".to_owned(), "y".to_owned()]),
        output_line("a.B", &[]),
    ];
    assert_eq!(
        rendered,
        ["a.B = plain text = with \"quotes\"", "a.B = \"two\\nlines\\u009b31m\"", "a.B = [\"x\",\"y\"]", "a.B = []"]
    );
}

#[test]
fn long_untrusted_text_is_truncated() {
    let line = "é".repeat(crate::limits::REPORT_LINE_CHARS + 7);
    assert!(one_line(&line).ends_with("é … (7 more characters)"));
    let lines = safe_lines(&"x\n".repeat(crate::limits::REPORT_LINES + 3));
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (crate::limits::REPORT_LINES + 1, "… (3 more lines)"));
}
