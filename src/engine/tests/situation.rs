//! The harness of all tests of the engine: a runbook, the reply to each call, and the trace of the execution.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::engine::{
    EngineError, Input, Interrupted, Outstanding, RedrivePoint, Start, WaitReason, carry_over, decide, open, outline,
    outstanding, start,
};
use crate::event::{
    ActionError, ActionResult, AttemptProgress, CallReach, Cause, ChildEnded, DocumentIdentity, Environment,
    ErrorClass, Event, ExecutionResumed, Failure, FailureStage, FailureType, Launch, Mode, Next, Origin, Outcome,
    Recorded, Settings, Signal, SignalReceived, Status, StepReused,
};
use crate::execution::Execution;
use crate::name::{ExecutionId, OutputName, ParameterName, StepExecutionId};
use crate::runbook::{Action, Inputs, Runbook, Step};

/// The reply to one sending of a call.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// The function returns this, a second later.
    Returns(Value),
    /// The function fails, a second later.
    Fails,
    /// The service throttles the call; `Retry-After` in seconds.
    Throttled(Option<u64>),
    /// No reply arrives before the deadline.
    Silent,
    /// A cancel request arrives while the call is in flight.
    Cancelled,
    /// A cancel request arrives during the backoff after a failure.
    FailsThenCancelled,
    /// A complete request arrives while the call is in flight, which still gets a reply.
    CompletedThen(Box<Reply>),
    /// A signal is sent a second later. Only a step that waits for it accepts it.
    Signal(Signal, String),
}

/// A runbook and the replies to its calls.
pub(super) struct Situation {
    /// Its text, if it was parsed from one.
    pub(super) text: String,
    pub(super) runbook: Runbook,
    pub(super) parameters: IndexMap<ParameterName, Value>,
    pub(super) settings: Settings,
    pub(super) mode: Mode,
    pub(super) replies: HashMap<String, VecDeque<Reply>>,
    /// Whether no reply arrives at the deadline or later.
    pub(super) is_punctual: bool,
}

/// The result of a situation.
#[derive(Debug)]
pub(super) struct Outcomes {
    pub(super) events: Vec<Recorded>,
    pub(super) execution: Execution,
    /// Every call that was sent.
    sent: Vec<Sending>,
}

impl Situation {
    /// The runbook of a text; the steps may leave out `action` and `inputs`.
    pub(super) fn new(text: &str) -> Self {
        let runbook = read(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
        Self { text: text.to_owned(), ..Self::of(runbook, IndexMap::new()) }
    }

    /// A complete runbook.
    pub(super) fn of(runbook: Runbook, parameters: IndexMap<ParameterName, Value>) -> Self {
        Self {
            text: String::new(),
            runbook,
            parameters,
            settings: Settings {
                attempt_delays: [1_000, 2_000, 4_000].into(),
                throttle_delays: [1_000, 2_000, 4_000, 8_000].into(),
                throttle_window: 10_000,
                jitter: 0.0,
                long_invocations: false,
                result_limit: None,
                poll_interval: None,
                idempotency_token: false,
            },
            mode: Mode::Auto,
            replies: HashMap::new(),
            is_punctual: false,
        }
    }

    pub(super) fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// The replies to the sendings of a step, in order; a call without one returns `{}`.
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

    /// Runs to the end, and asserts that the state is the fold of the events, that events round-trip through JSON, and
    /// that a run interrupted after any append ends the same: once by replay alone, and once by a crash and a resume in
    /// another process.
    pub(super) fn run(self) -> Outcomes {
        let (outcomes, appends) = self.run_with_cuts(&[], ScriptedRun::replay);
        assert_eq!(Execution::replay(&outcomes.events).unwrap(), outcomes.execution);
        let stored = serde_json::to_string(&outcomes.events).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Recorded>>(&stored).unwrap(), outcomes.events, "{stored}");
        for cut in 1..appends {
            let (folded, _) = self.run_with_cuts(&[cut], ScriptedRun::replay);
            assert_eq!(folded.events, outcomes.events, "interrupted after append {cut}");
            let (resumed, _) = self.run_with_cuts(&[cut], ScriptedRun::crash_and_resume);
            resumed.assert_equal_except_crashes(&outcomes, &[cut]);
        }
        outcomes
    }

    /// Runs to the end and calls `cut` after certain appends, the first of which is 1. Also returns the number of
    /// appends.
    pub(super) fn run_with_cuts<'s>(&'s self, cuts: &[usize], cut: fn(&mut ScriptedRun<'s>)) -> (Outcomes, usize) {
        let mut play = self.begin();
        let mut cuts = cuts.iter().peekable();
        loop {
            while cuts.next_if(|at| **at <= play.appends).is_some() {
                cut(&mut play);
            }
            if !play.apply_next_input() {
                let appends = play.appends;
                return (play.outcomes(), appends);
            }
        }
    }

    /// A step of this name, within a loop or not.
    pub(super) fn step(&self, name: &str) -> &Step {
        let within = self.runbook.steps().values().filter_map(|step| match &step.inputs {
            Inputs::Loop(looping) => looping.steps.get(name),
            _ => None,
        });
        self.runbook.steps().get(name).into_iter().chain(within).next().unwrap()
    }

    /// The runbook.
    pub(super) fn read(&self) -> &Runbook {
        &self.runbook
    }

    /// Starts the execution, with the events that are decided at once.
    pub(super) fn begin(&self) -> ScriptedRun<'_> {
        let (execution, events, _) = start(&self.runbook, self.start(Origin::New, Vec::new()), begins_at()).unwrap();
        self.scripted_run((execution, events))
    }

    /// Opens the execution without starting the first step.
    pub(super) fn open(&self) -> ScriptedRun<'_> {
        self.scripted_run(open(&self.runbook, self.start(Origin::New, Vec::new()), begins_at()).unwrap())
    }

    /// Redrives another execution from one of its steps.
    pub(super) fn redrive(&self, other: &Execution, point: &RedrivePoint) -> ScriptedRun<'_> {
        let origin = Origin::Redrive { of: other.id().clone(), from: point.from.clone() };
        let begin = self.start(origin, carry_over(other, point));
        let (execution, events, _) = start(&self.runbook, begin, begins_at()).unwrap();
        self.scripted_run((execution, events))
    }

    /// Replays a history from a journal.
    pub(super) fn history(&self, events: Vec<Recorded>) -> ScriptedRun<'_> {
        let now = events.last().unwrap().at;
        ScriptedRun { now, ..self.scripted_run((Execution::replay(&events).unwrap(), events)) }
    }

    fn scripted_run(&self, (execution, events): (Execution, Vec<Recorded>)) -> ScriptedRun<'_> {
        ScriptedRun {
            situation: self,
            replies: self.replies.clone(),
            asked: None,
            now: begins_at(),
            events,
            execution,
            appends: 1,
            sent: Vec::new(),
        }
    }

    fn start(&self, origin: Origin, reused: Vec<StepReused>) -> Start {
        Start {
            execution: ExecutionId::new("00000000-0000-4000-8000-000000000000"),
            document: DocumentIdentity { name: "test".to_owned(), sha256: String::new() },
            parameters: self.parameters.clone(),
            executed_by: "tester".to_owned(),
            environment: environment(),
            settings: self.settings.clone(),
            seed: 7,
            outline: outline(&self.runbook, self.settings.long_invocations),
            launch: Launch { origin, mode: self.mode, ..Launch::default() },
            reused,
        }
    }
}

pub(super) fn begins_at() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(super) fn environment() -> Environment {
    Environment { region: Some("eu-central-1".to_owned()), account_id: None, partition: "aws".to_owned() }
}

/// A run of a situation.
pub(super) struct ScriptedRun<'a> {
    situation: &'a Situation,
    replies: HashMap<String, VecDeque<Reply>>,
    /// The pending request. Like those in a store, it waits for whichever process resumes the execution.
    asked: Option<Input>,
    now: Timestamp,
    pub(super) events: Vec<Recorded>,
    pub(super) execution: Execution,
    appends: usize,
    sent: Vec<Sending>,
}

/// Step execution, attempt, sending.
type Sending = (StepExecutionId, u32, u32);

impl ScriptedRun<'_> {
    /// Applies the next input; returns false if the execution has ended.
    fn apply_next_input(&mut self) -> bool {
        self.record_sending();
        let second = Duration::from_secs(1);
        let input = match (self.asked.take(), outstanding(&self.execution)) {
            (Some(asked), _) => asked,
            (None, Outstanding::Nothing) => return false,
            (None, Outstanding::Decision) => Input::TimerFired,
            (None, Outstanding::Wait { until, reason }) => match reason {
                WaitReason::Sleep { step }
                | WaitReason::Resume { step }
                | WaitReason::Approval { step, approval: _ } => {
                    let (step, run) = (step.step.clone(), step.id.clone());
                    self.next_wait_input(step.as_str(), run, until)
                }
                WaitReason::RetryDelay { .. } | WaitReason::ThrottleDelay { .. } | WaitReason::Start { .. } => {
                    self.now = self.now.max(until);
                    Input::TimerFired
                }
            },
            // The host reports each child first, and then the result of the attempt.
            (None, Outstanding::Children { attempt, running, .. }) if !running.is_empty() => {
                let status = if running[0] % 3 == 1 { Status::Failed } else { Status::Success };
                Input::ChildEnded(ChildEnded { attempt, target: running[0], status, failure: None })
            }
            (None, Outstanding::Attempt { step, deadline, .. } | Outstanding::Children { step, deadline, .. }) => {
                let (name, run) = (step.step.to_string(), step.id.clone());
                let replies = self.replies.entry(name.clone()).or_default();
                // A reply after the deadline does not arrive.
                let is_late =
                    self.situation.is_punctual && deadline.is_some_and(|deadline| self.now + second >= deadline);
                let reply = if is_late && !matches!(replies.front(), Some(Reply::Silent)) {
                    Reply::Silent
                } else {
                    replies.pop_front().unwrap_or_else(|| Reply::Returns(json!({})))
                };
                match reply {
                    Reply::Silent => {
                        self.now = self.now.max(deadline.expect("a silent call needs a deadline"));
                        Input::TimerFired
                    }
                    Reply::Cancelled => {
                        self.now += second;
                        cancel_input()
                    }
                    Reply::CompletedThen(reply) => {
                        replies.push_front(*reply);
                        Input::Complete { by: "tester".to_owned() }
                    }
                    Reply::Signal(signal, by) => {
                        self.now += second;
                        signal_input(run, signal, by)
                    }
                    Reply::FailsThenCancelled => {
                        self.now += second;
                        self.asked = Some(cancel_input());
                        Input::AttemptEnded(call_result(self.situation.step(&name), Reply::Fails))
                    }
                    reply @ (Reply::Returns(_) | Reply::Fails | Reply::Throttled(_)) => {
                        self.now += second;
                        Input::AttemptEnded(call_result(self.situation.step(&name), reply))
                    }
                }
            }
        };
        self.apply(input);
        true
    }

    /// The next input for a step that waits, before the end of its wait.
    fn next_wait_input(&mut self, step: &str, run: StepExecutionId, until: Timestamp) -> Input {
        let second = Duration::from_secs(1);
        while self.now + second < until {
            let Some(reply) = self.replies.get_mut(step).and_then(VecDeque::pop_front) else { break };
            match reply {
                Reply::Cancelled => {
                    self.now += second;
                    return cancel_input();
                }
                Reply::CompletedThen(reply) => {
                    self.replies.entry(step.to_owned()).or_default().push_front(*reply);
                    return Input::Complete { by: "tester".to_owned() };
                }
                Reply::Signal(signal, by) => {
                    self.now += second;
                    return signal_input(run, signal, by);
                }
                // These replies are for calls only.
                Reply::Returns(_) | Reply::Fails | Reply::FailsThenCancelled | Reply::Throttled(_) | Reply::Silent => {}
            }
        }
        self.now = self.now.max(until);
        Input::TimerFired
    }

    /// Decides, and stores the events.
    fn apply(&mut self, input: Input) {
        self.assert_restorable(&input);
        let events = decide(&self.situation.runbook, &mut self.execution, input, self.now).unwrap();
        self.appends += usize::from(!events.is_empty());
        self.events.extend(events);
    }

    /// Asserts that a decision can be undone, and that one that fails leaves the state as it was.
    fn assert_restorable(&mut self, input: &Input) {
        let before = self.execution.clone();
        for input in
            [input.clone(), Input::Resumed { resumed: resumed_by_other_process(), interrupted: Interrupted::Fail }]
        {
            let checkpoint = self.execution.checkpoint();
            if decide(&self.situation.runbook, &mut self.execution, input, self.now).is_ok() {
                self.execution.restore(checkpoint);
            }
            assert_eq!(self.execution, before);
        }
    }

    fn record_sending(&mut self) {
        if let Outstanding::Attempt { step, attempt, sending, .. }
        | Outstanding::Children { step, attempt, sending, .. } = outstanding(&self.execution)
        {
            let sending = (step.id.clone(), attempt, sending);
            if self.sent.last() != Some(&sending) {
                self.sent.push(sending);
            }
        }
    }

    /// Does nothing at a cut.
    pub(super) fn do_nothing(_: &mut Self) {}

    fn replay(&mut self) {
        self.execution = Execution::replay(&self.events).unwrap();
    }

    pub(super) fn crash_and_resume(&mut self) {
        self.crash(Interrupted::Retry);
    }

    pub(super) fn crash_and_fail(&mut self) {
        self.crash(Interrupted::Fail);
    }

    /// The process crashes after sending its calls, and another resumes at once.
    fn crash(&mut self, interrupted: Interrupted) {
        self.record_sending();
        self.replay();
        self.apply(Input::Resumed { resumed: resumed_by_other_process(), interrupted });
    }

    /// Applies a number of inputs.
    pub(super) fn after_inputs(mut self, turns: usize) -> Self {
        for _ in 0..turns {
            assert!(self.apply_next_input(), "the execution has ended");
        }
        self
    }

    /// Advances the time.
    pub(super) fn after_seconds(mut self, seconds: u64) -> Self {
        self.now += Duration::from_secs(seconds);
        self
    }

    /// The process crashes, and another resumes.
    pub(super) fn after_crash(mut self, interrupted: Interrupted) -> Self {
        self.crash(interrupted);
        self
    }

    /// Another process resumes from the events.
    pub(super) fn after_takeover(mut self, interrupted: Interrupted) -> Self {
        self.apply(Input::Resumed { resumed: resumed_by_other_process(), interrupted });
        self
    }

    /// The error of another process that tries to resume.
    pub(super) fn resume_error(mut self, interrupted: Interrupted) -> EngineError {
        let input = Input::Resumed { resumed: resumed_by_other_process(), interrupted };
        decide(&self.situation.runbook, &mut self.execution, input, self.now).unwrap_err().error
    }

    /// Supplies a secret that the journal redacts.
    pub(super) fn with_secret(mut self, name: &str, value: Value) -> Self {
        assert!(self.execution.reveal(name, value), "{name} is not redacted");
        self
    }

    pub(super) fn after_timer(mut self) -> Self {
        self.apply(Input::TimerFired);
        self
    }

    pub(super) fn after_cancel(mut self) -> Self {
        self.apply(cancel_input());
        self
    }

    pub(super) fn after_complete_request(mut self) -> Self {
        self.apply(Input::Complete { by: "tester".to_owned() });
        self
    }

    pub(super) fn end(mut self) -> Outcomes {
        while self.apply_next_input() {}
        self.outcomes()
    }

    pub(super) fn outcomes(self) -> Outcomes {
        Outcomes { events: self.events, execution: self.execution, sent: self.sent }
    }
}

fn cancel_input() -> Input {
    Input::Cancel { by: "tester".to_owned() }
}

fn resumed_by_other_process() -> ExecutionResumed {
    ExecutionResumed { by: "other-process".to_owned(), host: "there".to_owned(), version: "1".to_owned() }
}

impl Outcomes {
    /// Asserts that crashes after these appends changed nothing but their own events.
    pub(super) fn assert_equal_except_crashes(&self, uncut: &Self, cuts: &[usize]) {
        assert_eq!(without_crashes(&self.events), without_crashes(&uncut.events), "crashes after the appends {cuts:?}");
        assert_eq!(Execution::replay(&self.events).unwrap(), self.execution, "crashes after the appends {cuts:?}");
        self.assert_only_recorded_sendings();
    }

    /// Asserts that every sending has its event, none was made twice, and every further one has a reason. Returns the
    /// number of sendings.
    pub(super) fn assert_only_recorded_sendings(&self) -> usize {
        let mut recorded = Vec::new();
        let mut run = None;
        let mut reason_for_another = false;
        for event in self.events.iter().map(|recorded| &recorded.event) {
            match event {
                Event::StepStarted(started) => run = Some(started.step_execution.clone()),
                Event::AttemptStarted(started) => {
                    assert!(started.sending == 1 || reason_for_another, "resent without a reason: {started:?}");
                    recorded.push((run.clone().unwrap(), started.attempt, started.sending));
                }
                _ => {}
            }
            reason_for_another = matches!(event, Event::AttemptThrottled(_) | Event::AttemptInterrupted(_))
                || (reason_for_another
                    && matches!(
                        event,
                        Event::ExecutionResumed(_) | Event::CompleteRequested(_) | Event::CancelRequested(_)
                    ));
        }
        let sent: HashSet<&Sending> = self.sent.iter().collect();
        assert_eq!(sent.len(), self.sent.len(), "a call was sent twice: {:?}", self.sent);
        let unrecorded: Vec<&Sending> = self.sent.iter().filter(|sending| !recorded.contains(*sending)).collect();
        assert_eq!(unrecorded, Vec::<&Sending>::new(), "sent without an event");
        self.sent.len()
    }

    pub(super) fn status(&self) -> Status {
        self.execution.status()
    }

    /// The names of the started steps, with their status.
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
                Event::IterationStarted(started) => {
                    let until = started.deadline.map_or_else(String::new, |at| format!(", until {}s", since(at)));
                    format!("  iteration {}{until}", started.iteration)
                }
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
                        Outcome::Cancelled => "abandoned",
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
                Event::StepReused(kept) => format!("{} kept {}", kept.step, kept.ended.status),
                Event::WaitStarted(wait) => format!("  waits until {}s", since(wait.until)),
                Event::StepSkipped(skipped) => format!("{} skipped by {}", skipped.step, skipped.by),
                Event::SignalReceived(received) => format!("  {} by {}", received.signal.as_str(), received.by),
                Event::VariableUpdated(updated) => format!("  {} = {}", updated.name, updated.value),
                Event::TargetsResolved(resolved) => format!("  targets {}", resolved.targets.join(", ")),
                Event::ChildStarted(started) => format!("  child {} started", started.target),
                Event::ChildEnded(ended) => format!("  child {} {}", ended.target, ended.status),
                Event::LocationsResolved(resolved) => format!("  accounts {:?}", resolved.accounts),
                Event::AttemptObserved(seen) => format!("  poll {} saw {}", seen.polls, seen.observed.text()),
                Event::AttemptProgressed(progressed) => match &progressed.progress {
                    AttemptProgress::Created { output, value, .. } => format!("  created {output} {value}"),
                    AttemptProgress::Deleting { output, value, .. } => format!("  deleting {output} {value}"),
                    AttemptProgress::StopRequested { output, error: None } => format!("  {output} asked to stop"),
                    AttemptProgress::StopRequested { output, error: Some(error) } => {
                        format!("  {output} not stopped: {error}")
                    }
                },
                Event::AttemptInterrupted(interrupted) => format!("  attempt {} interrupted", interrupted.attempt),
                Event::ExecutionEnded(ended) => format!("{}", ended.status),
            };
            let _ = writeln!(trace, "{line}");
        }
        trace
    }
}

/// The events without those of crashes: a sending after an interruption becomes the one before it.
fn without_crashes(events: &[Recorded]) -> Vec<Recorded> {
    let mut kept: Vec<Recorded> = Vec::new();
    let mut interrupted = false;
    let mut throttles = 0;
    for recorded in events {
        let mut recorded = recorded.clone();
        match &mut recorded.event {
            Event::ExecutionResumed(_) => continue,
            Event::AttemptInterrupted(_) => {
                interrupted = true;
                continue;
            }
            Event::AttemptStarted(_) if interrupted => {
                interrupted = false;
                continue;
            }
            Event::AttemptStarted(started) if started.sending == 1 => throttles = 0,
            Event::AttemptStarted(started) => started.sending = throttles + 1,
            Event::AttemptThrottled(_) => throttles += 1,
            _ => {}
        }
        recorded.sequence = u64::try_from(kept.len()).unwrap();
        kept.push(recorded);
    }
    kept
}

fn signal_input(step_execution: StepExecutionId, signal: Signal, by: String) -> Input {
    Input::Signal { step_execution, received: SignalReceived::new(signal, by, None) }
}

/// The result of a call of a step, or its error.
pub(super) fn call_result(step: &Step, reply: Reply) -> Result<ActionResult, ActionError> {
    match reply {
        Reply::Returns(value) if step.inputs.action() == Action::EXECUTE_AUTOMATION => Ok(child(&value)),
        Reply::Returns(value) if step.inputs.action().as_str() == "aws:executeScript" => {
            Ok(ActionResult { document: Some(json!({"Payload": value})), ..returned(value) })
        }
        Reply::Returns(value) => Ok(returned(value)),
        Reply::Throttled(after) => Err(failed(ErrorClass::Throttled, after)),
        Reply::Fails
        | Reply::FailsThenCancelled
        | Reply::Silent
        | Reply::Cancelled
        | Reply::CompletedThen(_)
        | Reply::Signal(..) => Err(failed(ErrorClass::Function, None)),
    }
}

/// The outputs of a child execution.
fn child(output: &Value) -> ActionResult {
    let document = json!({"ExecutionId": "child", "Status": "Success", "Output": [output.to_string()]});
    let outputs = document.as_object().unwrap().iter();
    let outputs = outputs.map(|(name, value)| (OutputName::new(name.as_str()), value.clone())).collect();
    ActionResult { outputs, document: Some(document), ..ActionResult::default() }
}

/// The result of a call that returned `value`.
pub(super) fn returned(value: Value) -> ActionResult {
    let mut outputs = IndexMap::new();
    outputs.insert(OutputName::new("StatusCode"), json!(200));
    outputs.insert(OutputName::new("Payload"), Value::String(value.to_string()));
    ActionResult { outputs, document: Some(value), ..ActionResult::default() }
}

fn failed(class: ErrorClass, retry_after: Option<u64>) -> ActionError {
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, format!("{}.", class.as_str()));
    let mut cause = Cause::new(class, CallReach::Ran);
    cause.retry_after = retry_after.map(|seconds| seconds * 1_000);
    failure.cause = Some(Box::new(cause));
    let outputs = IndexMap::from([(OutputName::new("FunctionError"), json!("Unhandled"))]);
    ActionError { failure, outputs }
}

/// Steps without an action call a function; one with `Iterators` or `LoopCondition` is a loop.
fn fill(steps: &mut Value) {
    for step in steps.as_array_mut().unwrap() {
        let step = step.as_object_mut().unwrap();
        step.entry("inputs").or_insert_with(|| json!({"FunctionName": "f"}));
        if let Some(inner) = step["inputs"].get_mut("Steps") {
            fill(inner);
            step.entry("action").or_insert_with(|| json!("aws:loop"));
        }
        step.entry("action").or_insert_with(|| json!("aws:invokeLambdaFunction"));
    }
}

/// Parses a runbook in which `schemaVersion`, and `action` and `inputs` of steps, are optional.
pub(super) fn read(text: &str) -> Result<Runbook, Vec<Diagnostic>> {
    let mut written: Value = serde_yaml::from_str(text).unwrap();
    let root = written.as_object_mut().unwrap();
    root.insert("schemaVersion".to_owned(), json!("0.3"));
    fill(&mut root["mainSteps"]);
    let document = crate::document::read("test", written.to_string().as_bytes()).unwrap();
    let loaded = crate::runbook::load(&document);
    loaded.runbook.ok_or(loaded.diagnostics)
}
