//! One voice for all tests of the engine: a runbook, what each call answers, and the trace of what came of it.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::engine::{Input, Outstanding, Start, decide, outline, outstanding, start};
use crate::event::{
    ActionError, ActionResult, Cause, DocumentIdentity, Environment, ErrorClass, Event, Failure, FailureStage,
    FailureType, Launch, Next, Outcome, Progress, Recorded, Settings, Status,
};
use crate::execution::Execution;
use crate::name::{ExecutionId, OutputName, ParameterName};
use crate::runbook::Runbook;

/// What one sending of a call answers.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// The function returned this, a second later.
    Returns(Value),
    /// The function failed, a second later.
    Fails,
    /// The call was refused because of its rate; `Retry-After` in seconds.
    Throttled(Option<u64>),
    /// Nothing comes until the deadline.
    Silent,
    /// Somebody asks to stop while the call is under way.
    Stopped,
    /// Somebody asks to stop while the next attempt is waited for, after a failure.
    FailsThenStopped,
}

/// A runbook and what its calls answer.
pub(super) struct Situation {
    runbook: Runbook,
    parameters: IndexMap<ParameterName, Value>,
    settings: Settings,
    replies: HashMap<String, VecDeque<Reply>>,
}

/// What came of a situation.
pub(super) struct Outcomes {
    pub(super) events: Vec<Recorded>,
    pub(super) execution: Execution,
}

impl Situation {
    /// The runbook of a text; the steps may leave out `action` and `inputs`.
    pub(super) fn new(text: &str) -> Self {
        Self {
            runbook: runbook(text),
            parameters: IndexMap::new(),
            settings: Settings {
                attempt_delays: [1_000, 2_000, 4_000].into(),
                throttle_delays: [1_000, 2_000, 4_000, 8_000].into(),
                throttle_window: 10_000,
                jitter: 0.0,
                long_invocations: false,
                result_limit: None,
                idempotency_token: false,
            },
            replies: HashMap::new(),
        }
    }

    /// What the sendings of a step answer, in their order; without any left, `{}` is returned.
    pub(super) fn replies(mut self, step: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.replies.insert(step.to_owned(), replies.into_iter().collect());
        self
    }

    pub(super) fn parameter(mut self, name: &str, value: Value) -> Self {
        self.parameters.insert(name.into(), value);
        self
    }

    pub(super) fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Runs to the end, and proves on the way that the state is the fold of the events, that events survive being
    /// written and read, and that a run that is cut after any append and resumed from the journal ends the same.
    pub(super) fn run(self) -> Outcomes {
        let (outcomes, appends) = self.play(None);
        assert_eq!(Execution::replay(&outcomes.events).unwrap(), outcomes.execution);
        let stored = serde_json::to_string(&outcomes.events).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Recorded>>(&stored).unwrap(), outcomes.events, "{stored}");
        for cut in 1..appends {
            let (resumed, _) = self.play(Some(cut));
            assert_eq!(resumed.events, outcomes.events, "cut after append {cut}");
        }
        outcomes
    }

    /// Runs to the end; with a cut, the state is thrown away after that many appends and folded from the events.
    fn play(&self, cut: Option<usize>) -> (Outcomes, usize) {
        let mut replies = self.replies.clone();
        let begin = Start {
            execution: ExecutionId::new("00000000-0000-4000-8000-000000000000"),
            document: DocumentIdentity { name: "test".to_owned(), sha256: String::new() },
            parameters: self.parameters.clone(),
            executed_by: "tester".to_owned(),
            environment: Environment {
                region: Some("eu-central-1".to_owned()),
                account_id: None,
                partition: "aws".to_owned(),
            },
            settings: self.settings.clone(),
            seed: 7,
            outline: outline(&self.runbook, self.settings.long_invocations),
            launch: Launch::default(),
            kept: Vec::new(),
        };
        let mut now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let (mut execution, mut events) = start(&self.runbook, begin, now).unwrap();
        let mut appends = 1;
        let second = Duration::from_secs(1);
        loop {
            if cut == Some(appends) {
                execution = Execution::replay(&events).unwrap();
            }
            let stop = Input::Cancel { by: "tester".to_owned() };
            let mut stop_next = false;
            let input = match outstanding(&execution) {
                Outstanding::Nothing => break,
                Outstanding::Decision => Input::Woken,
                Outstanding::Wait { until } => {
                    now = until;
                    Input::Woken
                }
                Outstanding::Attempt { step, deadline, .. } => {
                    let reply = replies.get_mut(step.step.as_str()).and_then(VecDeque::pop_front);
                    match reply.unwrap_or_else(|| Reply::Returns(json!({}))) {
                        Reply::Returns(value) => {
                            now += second;
                            Input::AttemptEnded(Ok(returned(value)))
                        }
                        Reply::Fails => {
                            now += second;
                            Input::AttemptEnded(Err(failed(ErrorClass::Function, None)))
                        }
                        Reply::FailsThenStopped => {
                            now += second;
                            stop_next = true;
                            Input::AttemptEnded(Err(failed(ErrorClass::Function, None)))
                        }
                        Reply::Throttled(wait) => {
                            now += second;
                            Input::AttemptEnded(Err(failed(ErrorClass::Throttled, wait)))
                        }
                        Reply::Silent => {
                            now = deadline.expect("a silent call needs a deadline");
                            Input::Woken
                        }
                        Reply::Stopped => {
                            now += second;
                            stop.clone()
                        }
                    }
                }
            };
            events.extend(decide(&self.runbook, &mut execution, input, now).unwrap());
            if stop_next {
                events.extend(decide(&self.runbook, &mut execution, stop, now).unwrap());
            }
            appends += 1;
        }
        (Outcomes { events, execution }, appends)
    }
}

impl Outcomes {
    pub(super) fn status(&self) -> Status {
        self.execution.status()
    }

    /// The names of the steps that were reached, with how they ended.
    pub(super) fn path(&self) -> String {
        let steps = self.execution.runs().iter().map(|run| format!("{} {}", run.step, run.status()));
        steps.collect::<Vec<_>>().join(", ")
    }

    /// Every event on a line, with the seconds since the start.
    pub(super) fn trace(&self) -> String {
        let begin = self.events[0].at;
        let since = |at: Timestamp| at.duration_since(begin).as_secs_f64();
        let mut trace = String::new();
        for recorded in &self.events {
            let _ = write!(trace, "{:>4}s ", since(recorded.at));
            let line = match &recorded.event {
                Event::ExecutionStarted(_) => "started".to_owned(),
                Event::StepStarted(started) => format!("{}: {}", started.step, json!(&*started.inputs)),
                Event::AttemptStarted(started) => {
                    let deadline = started.deadline.map_or_else(String::new, |at| format!(", until {}s", since(at)));
                    let again =
                        if started.sending > 1 { format!(", sending {}", started.sending) } else { String::new() };
                    format!("  attempt {}{again}{deadline}", started.attempt)
                }
                Event::AttemptThrottled(throttled) => {
                    format!("  attempt {} throttled, again at {}s", throttled.attempt, since(throttled.retry_at))
                }
                Event::AttemptEnded(ended) => {
                    let outcome = match &ended.outcome {
                        Outcome::Succeeded { .. } => "succeeded",
                        Outcome::Failed { .. } => "failed",
                        Outcome::TimedOut { .. } => "timed out",
                        Outcome::Cancelled => "given up",
                        Outcome::Interrupted { .. } => "interrupted",
                    };
                    let retry = ended.retry_at.map_or_else(String::new, |at| format!(", next at {}s", since(at)));
                    format!("  attempt {} {outcome}{retry}", ended.attempt)
                }
                Event::StepEnded(ended) => {
                    let next = match &ended.next {
                        Next::Step(step) => format!(" -> {step}"),
                        Next::End => String::new(),
                    };
                    let failure = ended.failure.as_ref().map_or_else(String::new, |it| format!(" ({})", it.message));
                    format!("  {}{failure}{next}", ended.status)
                }
                Event::CancelRequested(_) => "stop asked for".to_owned(),
                Event::CompleteRequested(_) => "completion asked for".to_owned(),
                Event::ExecutionResumed(resumed) => format!("resumed by {}", resumed.by),
                Event::StepKept(kept) => format!("{} kept {}", kept.step, kept.ended.status),
                Event::AttemptInterrupted(interrupted) => format!("  attempt {} interrupted", interrupted.attempt),
                Event::ExecutionEnded(ended) => format!("{}", ended.status),
            };
            let _ = writeln!(trace, "{line}");
        }
        trace
    }
}

/// What a call that returned `value` gives.
pub(super) fn returned(value: Value) -> ActionResult {
    let mut outputs = IndexMap::new();
    outputs.insert(OutputName::new("StatusCode"), json!(200));
    outputs.insert(OutputName::new("Payload"), Value::String(value.to_string()));
    ActionResult { outputs, document: Some(value), request_id: None, notice: None }
}

fn failed(class: ErrorClass, retry_after: Option<u64>) -> ActionError {
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, format!("{}.", class.as_str()));
    let mut cause = Cause::new(class, Progress::Ran);
    cause.retry_after = retry_after.map(|seconds| seconds * 1_000);
    failure.cause = Some(Box::new(cause));
    let outputs = IndexMap::from([(OutputName::new("FunctionError"), json!("Unhandled"))]);
    ActionError { failure, outputs }
}

/// The runbook of a text in which `schemaVersion`, and `action` and `inputs` of steps, may be left out.
fn runbook(text: &str) -> Runbook {
    let mut written: Value = serde_yaml::from_str(text).unwrap();
    let root = written.as_object_mut().unwrap();
    root.insert("schemaVersion".to_owned(), json!("0.3"));
    for step in root["mainSteps"].as_array_mut().unwrap() {
        let step = step.as_object_mut().unwrap();
        step.entry("action").or_insert_with(|| json!("aws:invokeLambdaFunction"));
        step.entry("inputs").or_insert_with(|| json!({"FunctionName": "f"}));
    }
    let document = crate::document::read("test", written.to_string().as_bytes()).unwrap();
    let loaded = crate::runbook::load(&document);
    loaded.runbook.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}
