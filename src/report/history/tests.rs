//! Rendering of histories that are written by hand.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::event::{
    AttemptInterrupted, Event, ExecutionResumed, Next, Origin, Outcome, Recorded, StepEnded, StepReused,
};
use crate::execution::{Execution, LogTail, LogTailReader};
use crate::name::{ExecutionId, OutputName, ParameterName, StepExecutionId, StepName};
use crate::report::Symbols;
use crate::report::tests::{History, assert_lines, cancelled, eventful, failure, polling, step};

const OK: Outcome = Outcome::Succeeded { request_id: None, notice: None };

fn view(width: usize, symbols: Symbols) -> View {
    View {
        palette: Palette { colour: false, symbols },
        width,
        now: "2026-11-20T09:15:00Z".parse().unwrap(),
        zone: TimeZone::UTC,
    }
}

fn folded(recorded: &[Recorded]) -> Execution {
    Execution::replay(recorded).unwrap()
}

fn render_history(history: &History, standing: &DisplayState, detail: Detail<'_>, view: &View) -> String {
    let last = history.recorded.last().unwrap().at;
    show(&folded(&history.recorded), standing, last, &[], detail, view)
}

/// A start with every launch attribute.
fn launched(mut history: History) -> History {
    let Event::ExecutionStarted(started) = &mut history.recorded[0].event else {
        panic!("the history must begin with its start")
    };
    let started = Arc::make_mut(started);
    started.parameters = IndexMap::from([
        (ParameterName::from("Service"), json!("web\u{1b}[31m")),
        (ParameterName::from("Hosts"), json!(["a", "b"])),
    ]);
    started.launch.version = "0.1.0".to_owned();
    started.launch.host = "bastion".to_owned();
    started.launch.file = Some("/srv/nightly-cleanup.yaml".to_owned());
    started.launch.lock = Some("cleanup".to_owned());
    started.launch.labels = IndexMap::from([("ticket".to_owned(), "OPS-7".to_owned())]);
    history
}

fn interrupted() -> History {
    History::of(vec![
        step("drain", 1, "Abort", true),
        step("restart", 3, "Abort", true),
        step("undrain", 1, "Abort", true),
    ])
    .step("drain", "drain-node")
    .attempt(1, 1)
    .ended(4_000, 1, OK, None)
    .step_ended(Status::Success, None, Some("restart"))
    .step("restart", "restart-service")
    .attempt(1, 1)
    .ended(8_000, 1, Outcome::Failed { failure: failure("It broke.") }, Some(2_000))
    .attempt(2, 1)
}

fn resumed() -> History {
    let resume = ExecutionResumed { by: "ops".to_owned(), host: "bastion-2".to_owned(), version: "0.1.1".to_owned() };
    interrupted()
        .event(30_000, Event::ExecutionResumed(Arc::new(resume)))
        .event(1, Event::AttemptInterrupted(AttemptInterrupted { attempt: 2 }))
        .attempt(2, 2)
        .ended(6_000, 2, OK, None)
        .step_ended(Status::Success, None, Some("undrain"))
        .step("undrain", "undrain-node")
        .attempt(1, 1)
        .ended(3_000, 1, OK, None)
        .step_ended(Status::Success, None, None)
        .execution_ended(Status::Success)
}

#[test]
fn finished_execution_is_shown_with_timeline_bars() {
    let history = launched(eventful());
    insta::assert_snapshot!(render_history(
        &history,
        &DisplayState::Ended(Status::Failed),
        Detail::Brief,
        &view(110, Symbols::Unicode)
    ));
}

#[test]
fn ascii_timeline_on_a_narrow_terminal() {
    let view = view(60, Symbols::Ascii);
    let text = render_history(&cancelled(), &DisplayState::Ended(Status::Cancelled), Detail::Brief, &view);
    assert_lines(
        &text,
        &[
            "- nightly-cleanup Cancelled 4105a4fc",
            "took 1.7s",
            "- 1/2 drain       Cancelled      1.0s  |###########",
            "+ 2/2 restore     Success       701ms  |           ########",
            "find.Count = 3",
        ],
    );
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn interrupted_execution_is_not_shown_as_in_progress() {
    let history = interrupted();
    let text =
        render_history(&history, &DisplayState::Interrupted { left: None }, Detail::Brief, &view(110, Symbols::Ascii));
    assert!(!text.contains("InProgress"), "{text}");
    assert_lines(
        &text,
        &[
            "! nightly-cleanup Interrupted 4105a4fc",
            "to resume: runwright resume 4105a4fc",
            "+ 1/3 drain       Success        4.0s  |####################",
            "! 2/3 restart     Interrupted       -  |                    #######################################?",
            "attempt 1 of 3 failed 8s",
            "attempt 2 of 3 outcome unknown     |                                                           ?",
            ". not run yet: undrain",
        ],
    );
    let json =
        serde_json::to_value(summary(&folded(&history.recorded), &DisplayState::Interrupted { left: None })).unwrap();
    assert_eq!(
        [
            &json["AutomationExecutionStatus"],
            &json["StepExecutions"][1]["StepStatus"],
            &json["History"]["Attempts"][2]["Outcome"]
        ],
        [&json!("Interrupted"), &json!("Interrupted"), &json!("Unknown")]
    );
}

#[test]
fn timeline_marks_interruption_and_resume() {
    let text =
        render_history(&resumed(), &DisplayState::Ended(Status::Success), Detail::Brief, &view(110, Symbols::Ascii));
    assert_lines(
        &text,
        &[
            "+ nightly-cleanup Success 4105a4fc",
            "resumed     2026-11-20 03:00:42Z (6h ago) by ops on bastion-2 with version 0.1.1",
            "+ 2/3 restart     Success         44s  |    ##########???????????????????????????????????!######",
            "attempt 2 of 3 succeeded 36s       |              ???????????????????????????????????!######",
            "1 interruption",
            "+ 3/3 undrain     Success        3.0s",
        ],
    );
}

#[test]
fn running_step_is_shown_up_to_now() {
    let history = interrupted();
    let mut view = view(110, Symbols::Ascii);
    view.now = "2026-11-20T03:01:00Z".parse().unwrap();
    let standing = DisplayState::Running { status: Status::InProgress, by: "process 4711 on bastion".to_owned() };
    let text = render_history(&history, &standing, Detail::Brief, &view);
    assert_lines(
        &text,
        &[
            "> nightly-cleanup InProgress 4105a4fc",
            "process 4711 on bastion",
            "> 2/3 restart     InProgress      55s  |    ########################################################",
            "attempt 2 of 3 in flight 47s       |            ################################################",
            ". not run yet: undrain",
        ],
    );
}

/// A redrive with a reused first step, with inputs and outputs.
fn redriven() -> History {
    let mut history = History::of(vec![step("find", 1, "Abort", true), step("tag", 1, "Abort", true)]);
    let Event::ExecutionStarted(started) = &mut history.recorded[0].event else {
        panic!("the history must begin with its start")
    };
    let of = ExecutionId::from("9b2d7c1e-0000-4000-8000-000000000001");
    Arc::make_mut(started).launch.origin = Origin::Redrive { of, from: StepName::from("tag") };
    let at = history.recorded[0].at;
    let outputs = IndexMap::from([
        (OutputName::from("StatusCode"), json!(200)),
        (OutputName::from("Payload"), json!("{\"volumes\": [\"vol-1\", \"vol-2\"], \"note\": \"two\\nlines\"}")),
    ]);
    let ended = StepEnded {
        status: Status::Success,
        outputs: Arc::new(outputs),
        document: None,
        failure: None,
        next: Next::Step(StepName::from("tag")),
        hidden: Vec::new(),
    };
    history
        .event(
            0,
            Event::StepReused(Arc::new(StepReused {
                step: StepName::from("find"),
                step_execution: StepExecutionId::from("7"),
                inputs: Arc::new(IndexMap::from([("FunctionName".to_owned(), json!("find-old-volumes"))])),
                started_at: at,
                ended_at: at,
                iteration: None,
                hidden: Vec::new(),
                ended: Arc::new(ended),
            })),
        )
        .step("tag", "tag-volumes")
        .attempt(1, 1)
        .ended(500, 1, OK, None)
        .step_ended(Status::Success, None, None)
        .execution_ended(Status::Success)
}

#[test]
fn reused_steps_are_marked_and_step_details_are_complete() {
    let history = redriven();
    let view = view(110, Symbols::Ascii);
    let standing = DisplayState::Ended(Status::Success);
    let brief = render_history(&history, &standing, Detail::Brief, &view);
    let whole = render_history(&history, &standing, Detail::Step("find"), &view);
    assert_lines(
        &brief,
        &[
            "origin      redrive of 9b2d7c1e-0000-4000-8000-000000000001 from step tag",
            "+ 1/2 find        Success          0s",
            "reused",
            "out StatusCode=200, Payload={\"volumes\": [\"vol-1\", \"vol-2\"]",
            "+ 2/2 tag         Success       501ms  |############",
        ],
    );
    assert_lines(
        &whole,
        &[
            "+ 1/2 find",
            "reused",
            "FunctionName = find-old-volumes",
            "StatusCode = 200",
            "Payload =",
            "\"vol-1\",",
            "two\\nlines",
        ],
    );
    assert!(!whole.contains("2/2 tag"), "{whole}");
}

#[test]
fn table_truncates_long_cells_and_escapes_control_characters() {
    let row = |id: &str, standing, runbook: &str, ended: Option<&str>, about: &str| Row {
        id: id.to_owned(),
        standing,
        runbook: runbook.to_owned(),
        started_at: "2026-11-20T03:00:00Z".parse().unwrap(),
        ended_at: ended.map(|ended| ended.parse().unwrap()),
        about: about.to_owned(),
    };
    let rows = [
        row("4105a4fc", DisplayState::Interrupted { left: None }, "nightly-cleanup", None, "restart"),
        row("9b2d7c1e", DisplayState::Queued { lock: "web".to_owned() }, "再起動", None, "lock web"),
        row(
            "77aa00c1",
            DisplayState::Ended(Status::Failed),
            "a-runbook-whose-name-is-longer-than-any-table",
            Some("2026-11-20T03:05:02Z"),
            "step tag ended Failed\u{1b}[2J and the rest of a long sentence that nobody can read in a table\nmore",
        ),
    ];
    insta::assert_snapshot!(table(&rows, &view(110, Symbols::Unicode)));
}

#[test]
fn executions_are_compared_step_by_step() {
    let left = launched(eventful());
    let right = resumed();
    let (first, second) = (folded(&left.recorded), folded(&right.recorded));
    let side = |execution, standing, document| Side { execution, standing, document };
    let (failed, success) = (DisplayState::Ended(Status::Failed), DisplayState::Ended(Status::Success));
    let comparison = HistoryComparison::of(side(&first, &failed, None), side(&second, &success, None));
    insta::assert_snapshot!(comparison.text(&view(110, Symbols::Ascii)));
    let same = HistoryComparison::of(side(&first, &failed, None), side(&first, &failed, None));
    assert!(same.same);
    assert_lines(
        &same.text(&view(110, Symbols::Unicode)),
        &[
            "duration × 1.00",
            "parameters: identical",
            "find Success 603ms, 2 attempts  find Success",
            "outputs: identical",
        ],
    );
}

fn tail_lines(is_stored: &dyn Fn(&StepName, u32) -> bool) -> Vec<HistoryLine> {
    let mut tails = LogTailReader::default();
    let history = eventful().recorded;
    let found = history.iter().filter_map(|recorded| tails.read(recorded, is_stored));
    let lines = |tail: LogTail| {
        let line = |text: &str| HistoryLine {
            at: tail.at,
            step: tail.step.to_string(),
            attempt: tail.attempt,
            function: tail.function.clone(),
            text: text.to_owned(),
        };
        tail.text.lines().map(line).collect::<Vec<_>>()
    };
    found.flat_map(lines).collect()
}

#[test]
fn log_tails_are_shown_once() {
    let log = tail_lines(&|_, _| false);
    let kept = tail_lines(&|step, _| *step == *"tag");
    insta::assert_snapshot!(format!(
        "{}--- kept\n{}",
        log_text(&log, &view(80, Symbols::Ascii)),
        log_text(&kept, &view(80, Symbols::Ascii))
    ));
}

#[test]
fn ages_are_human_readable() {
    let now: Timestamp = "2026-11-20T09:15:00Z".parse().unwrap();
    let ages = [0, 1, 59, 60, 3_599, 3_600, 90_000, 172_800, 31_536_000, -120]
        .map(|seconds| age(now - jiff::SignedDuration::from_secs(seconds), now));
    assert_eq!(
        ages,
        ["just now", "1s ago", "59s ago", "1m ago", "59m ago", "1h ago", "25h ago", "2d ago", "365d ago", "in 2m"]
    );
}

#[test]
fn polls_are_shown_with_their_attempt() {
    let standing = DisplayState::Interrupted { left: None };
    let shown = render_history(&polling(), &standing, Detail::Brief, &view(100, Symbols::Unicode));
    let summary = serde_json::to_value(summary(&folded(&polling().recorded), &standing)).unwrap();
    let observation = json!({ "Value": "running", "Polls": 16, "ObservedTime": "2026-11-20T03:03:12.202Z" });
    assert_eq!(
        (
            shown.lines().filter(|line| line.contains("poll")).collect::<Vec<_>>(),
            &summary["StepExecutions"][0]["LastObservation"],
            &summary["History"]["Attempts"][0]["LastObservation"],
        ),
        (vec!["  │ State.Name is running (poll 16)"], &observation, &observation)
    );
}
