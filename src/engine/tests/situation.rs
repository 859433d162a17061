//! One voice for all tests of the engine: a runbook, what each call answers, and the trace of what came of it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::engine::{
    EngineError, Input, Interrupted, Outstanding, RedrivePoint, Start, carry_over, decide, open, outline, outstanding,
    start,
};
use crate::event::{
    ActionError, ActionResult, CallReach, Cause, DocumentIdentity, Environment, ErrorClass, Event, ExecutionResumed,
    Failure, FailureStage, FailureType, Launch, Mode, Next, Origin, Outcome, Recorded, Settings, Signal,
    SignalReceived, Status, StepReused,
};
use crate::execution::Execution;
use crate::name::{ExecutionId, OutputName, ParameterName, StepExecutionId};
use crate::runbook::{Action, Inputs, Runbook, Step};

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
    /// A cancel request arrives while the call is under way.
    Stopped,
    /// A cancel request arrives while the next attempt is waited for, after a failure.
    FailsThenStopped,
    /// A complete request arrives while the call is in flight, which still gets an answer.
    CompletedThen(Box<Reply>),
    /// A signal is sent a second later. Only a step that waits for it accepts it.
    Signal(Signal, String),
}

/// A runbook and what its calls answer.
pub(super) struct Situation {
    /// Its text, where it was read from one.
    pub(super) text: String,
    pub(super) runbook: Runbook,
    pub(super) parameters: IndexMap<ParameterName, Value>,
    pub(super) settings: Settings,
    pub(super) mode: Mode,
    pub(super) replies: HashMap<String, VecDeque<Reply>>,
    /// Whether nothing comes at the very end of what is waited for, or later.
    pub(super) is_punctual: bool,
}

/// What came of a situation.
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

    /// A whole runbook.
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
    /// written and read, and that a run that is cut after any append ends the same: one that is only folded again, and
    /// one whose process died there and that another takes over.
    pub(super) fn run(self) -> Outcomes {
        let (outcomes, appends) = self.play(&[], Play::is_folded_again);
        assert_eq!(Execution::replay(&outcomes.events).unwrap(), outcomes.execution);
        let stored = serde_json::to_string(&outcomes.events).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Recorded>>(&stored).unwrap(), outcomes.events, "{stored}");
        for cut in 1..appends {
            let (folded, _) = self.play(&[cut], Play::is_folded_again);
            assert_eq!(folded.events, outcomes.events, "cut after append {cut}");
            let (resumed, _) = self.play(&[cut], Play::dies_and_is_resumed);
            resumed.equals_but_for_deaths(&outcomes, &[cut]);
        }
        outcomes
    }

    /// Runs to the end and does something after certain appends, the first of which is 1; also the number of appends.
    pub(super) fn play<'s>(&'s self, cuts: &[usize], cut: fn(&mut Play<'s>)) -> (Outcomes, usize) {
        let mut play = self.begin();
        let mut cuts = cuts.iter().peekable();
        loop {
            while cuts.next_if(|at| **at <= play.appends).is_some() {
                cut(&mut play);
            }
            if !play.turn() {
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

    /// Starts, with what is decided at once.
    pub(super) fn begin(&self) -> Play<'_> {
        self.play_of(start(&self.runbook, self.start(Origin::New, Vec::new()), begins_at()).unwrap())
    }

    /// Starts without the first step.
    pub(super) fn open(&self) -> Play<'_> {
        self.play_of(open(&self.runbook, self.start(Origin::New, Vec::new()), begins_at()).unwrap())
    }

    /// Starts another execution again from one of its steps.
    pub(super) fn redrive(&self, other: &Execution, point: &RedrivePoint) -> Play<'_> {
        let origin = Origin::Redrive { of: other.id().clone(), from: point.from.clone() };
        self.play_of(start(&self.runbook, self.start(origin, carry_over(other, point)), begins_at()).unwrap())
    }

    /// Resumes from a history, as it is in a journal.
    pub(super) fn history(&self, events: Vec<Recorded>) -> Play<'_> {
        let now = events.last().unwrap().at;
        Play { now, ..self.play_of((Execution::replay(&events).unwrap(), events)) }
    }

    fn play_of(&self, (execution, events): (Execution, Vec<Recorded>)) -> Play<'_> {
        Play {
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

/// A situation on its way.
pub(super) struct Play<'a> {
    situation: &'a Situation,
    replies: HashMap<String, VecDeque<Reply>>,
    /// The pending requests. Like those in a store, they wait for whichever process resumes the execution.
    asked: Option<Input>,
    now: Timestamp,
    pub(super) events: Vec<Recorded>,
    pub(super) execution: Execution,
    appends: usize,
    sent: Vec<Sending>,
}

/// Run of a step, attempt, sending.
type Sending = (StepExecutionId, u32, u32);

impl Play<'_> {
    /// One input, whatever comes next; false when nothing does.
    fn turn(&mut self) -> bool {
        self.note_sending();
        let second = Duration::from_secs(1);
        let input = match (self.asked.take(), outstanding(&self.execution)) {
            (Some(asked), _) => asked,
            (None, Outstanding::Nothing) => return false,
            (None, Outstanding::Decision) => Input::TimerFired,
            (None, Outstanding::Wait { until }) => {
                let waits = self.execution.current().filter(|run| run.attempts.is_empty() && run.wait.is_some());
                if let Some((step, run)) = waits.map(|run| (run.step.clone(), run.id.clone())) {
                    self.hears(step.as_str(), run, until)
                } else {
                    self.now = self.now.max(until);
                    Input::TimerFired
                }
            }
            (None, Outstanding::Attempt { step, deadline, .. }) => {
                let (name, run) = (step.step.to_string(), step.id.clone());
                let replies = self.replies.entry(name.clone()).or_default();
                // What would come later than the call is waited for does not come.
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
                    Reply::Stopped => {
                        self.now += second;
                        stop()
                    }
                    Reply::CompletedThen(reply) => {
                        replies.push_front(*reply);
                        Input::Complete { by: "tester".to_owned() }
                    }
                    Reply::Signal(signal, by) => {
                        self.now += second;
                        says(run, signal, by)
                    }
                    Reply::FailsThenStopped => {
                        self.now += second;
                        self.asked = Some(stop());
                        Input::AttemptEnded(answered(self.situation.step(&name), Reply::Fails))
                    }
                    reply @ (Reply::Returns(_) | Reply::Fails | Reply::Throttled(_)) => {
                        self.now += second;
                        Input::AttemptEnded(answered(self.situation.step(&name), reply))
                    }
                }
            }
        };
        self.give(input);
        true
    }

    /// What reaches a step that waits, until the end of its wait.
    fn hears(&mut self, step: &str, run: StepExecutionId, until: Timestamp) -> Input {
        let second = Duration::from_secs(1);
        while self.now + second < until {
            let Some(reply) = self.replies.get_mut(step).and_then(VecDeque::pop_front) else { break };
            match reply {
                Reply::Stopped => {
                    self.now += second;
                    return stop();
                }
                Reply::CompletedThen(reply) => {
                    self.replies.entry(step.to_owned()).or_default().push_front(*reply);
                    return Input::Complete { by: "tester".to_owned() };
                }
                Reply::Signal(signal, by) => {
                    self.now += second;
                    return says(run, signal, by);
                }
                // No call is made.
                Reply::Returns(_) | Reply::Fails | Reply::FailsThenStopped | Reply::Throttled(_) | Reply::Silent => {}
            }
        }
        self.now = self.now.max(until);
        Input::TimerFired
    }

    /// Decides, and keeps what was decided.
    fn give(&mut self, input: Input) {
        let events = decide(&self.situation.runbook, &mut self.execution, input, self.now).unwrap();
        self.appends += usize::from(!events.is_empty());
        self.events.extend(events);
    }

    fn note_sending(&mut self) {
        if let Outstanding::Attempt { step, attempt, sending, .. } = outstanding(&self.execution) {
            let sending = (step.id.clone(), attempt, sending);
            if self.sent.last() != Some(&sending) {
                self.sent.push(sending);
            }
        }
    }

    /// Nothing happens.
    pub(super) fn goes_on(_: &mut Self) {}

    fn is_folded_again(&mut self) {
        self.execution = Execution::replay(&self.events).unwrap();
    }

    pub(super) fn dies_and_is_resumed(&mut self) {
        self.dies(Interrupted::Retry);
    }

    pub(super) fn dies_and_fails(&mut self) {
        self.dies(Interrupted::Fail);
    }

    /// The process dies after it sent what it was to send, and another takes over at once.
    fn dies(&mut self, interrupted: Interrupted) {
        self.note_sending();
        self.is_folded_again();
        self.give(Input::Resumed { resumed: resumed(), interrupted });
    }

    /// A number of inputs, whatever comes.
    pub(super) fn turns(mut self, turns: usize) -> Self {
        for _ in 0..turns {
            assert!(self.turn(), "the execution is over");
        }
        self
    }

    /// Time passes.
    pub(super) fn later(mut self, seconds: u64) -> Self {
        self.now += Duration::from_secs(seconds);
        self
    }

    /// The process dies, and another takes over.
    pub(super) fn resumed(mut self, interrupted: Interrupted) -> Self {
        self.dies(interrupted);
        self
    }

    /// Another process takes over what it has read.
    pub(super) fn taken_over(mut self, interrupted: Interrupted) -> Self {
        self.give(Input::Resumed { resumed: resumed(), interrupted });
        self
    }

    /// The error of another process that tries to resume.
    pub(super) fn refused(mut self, interrupted: Interrupted) -> EngineError {
        let input = Input::Resumed { resumed: resumed(), interrupted };
        decide(&self.situation.runbook, &mut self.execution, input, self.now).unwrap_err().error
    }

    /// Gives what the journal hides.
    pub(super) fn revealed(mut self, name: &str, value: Value) -> Self {
        assert!(self.execution.reveal(name, value), "{name} is not hidden");
        self
    }

    pub(super) fn woken(mut self) -> Self {
        self.give(Input::TimerFired);
        self
    }

    pub(super) fn stopped(mut self) -> Self {
        self.give(stop());
        self
    }

    pub(super) fn completed(mut self) -> Self {
        self.give(Input::Complete { by: "tester".to_owned() });
        self
    }

    pub(super) fn end(mut self) -> Outcomes {
        while self.turn() {}
        self.outcomes()
    }

    pub(super) fn outcomes(self) -> Outcomes {
        Outcomes { events: self.events, execution: self.execution, sent: self.sent }
    }
}

fn stop() -> Input {
    Input::Cancel { by: "tester".to_owned() }
}

fn resumed() -> ExecutionResumed {
    ExecutionResumed { by: "other-process".to_owned(), host: "there".to_owned(), version: "1".to_owned() }
}

impl Outcomes {
    /// Proves that deaths of processes after these appends left no trace but their own.
    pub(super) fn equals_but_for_deaths(&self, uncut: &Self, cuts: &[usize]) {
        assert_eq!(without_deaths(&self.events), without_deaths(&uncut.events), "deaths after the appends {cuts:?}");
        assert_eq!(Execution::replay(&self.events).unwrap(), self.execution, "deaths after the appends {cuts:?}");
        self.sends_only_what_is_recorded();
    }

    /// Proves that each sending has its event, none was made twice, and that there is a reason for each further one.
    /// Returns how many were made.
    pub(super) fn sends_only_what_is_recorded(&self) -> usize {
        let mut recorded = Vec::new();
        let mut run = None;
        let mut reason_for_another = false;
        for event in self.events.iter().map(|recorded| &recorded.event) {
            match event {
                Event::StepStarted(started) => run = Some(started.step_execution.clone()),
                Event::AttemptStarted(started) => {
                    assert!(started.sending == 1 || reason_for_another, "sent again without a reason: {started:?}");
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
        assert_eq!(sent.len(), self.sent.len(), "something was sent twice: {:?}", self.sent);
        let unrecorded: Vec<&Sending> = self.sent.iter().filter(|sending| !recorded.contains(*sending)).collect();
        assert_eq!(unrecorded, Vec::<&Sending>::new(), "sent without an event");
        self.sent.len()
    }

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
                Event::StepReused(kept) => format!("{} kept {}", kept.step, kept.ended.status),
                Event::WaitStarted(wait) => format!("  waits until {}s", since(wait.until)),
                Event::StepSkipped(skipped) => format!("{} skipped by {}", skipped.step, skipped.by),
                Event::SignalReceived(received) => format!("  {} by {}", received.signal.as_str(), received.by),
                Event::VariableUpdated(updated) => format!("  {} = {}", updated.name, updated.value),
                Event::AttemptInterrupted(interrupted) => format!("  attempt {} interrupted", interrupted.attempt),
                Event::ExecutionEnded(ended) => format!("{}", ended.status),
            };
            let _ = writeln!(trace, "{line}");
        }
        trace
    }
}

/// The events as they would be had no process died: a sending after an interruption is the one before it.
fn without_deaths(events: &[Recorded]) -> Vec<Recorded> {
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

fn says(step_execution: StepExecutionId, signal: Signal, by: String) -> Input {
    Input::Signal { step_execution, received: SignalReceived::new(signal, by, None) }
}

/// The result of a call of a step, or why it failed.
pub(super) fn answered(step: &Step, reply: Reply) -> Result<ActionResult, ActionError> {
    match reply {
        Reply::Returns(value) if step.inputs.action() == Action::ExecuteAutomation => Ok(child(&value)),
        Reply::Returns(value) if step.inputs.action() == Action::ExecuteScript => {
            Ok(ActionResult { document: Some(json!({"Payload": value})), ..returned(value) })
        }
        Reply::Returns(value) => Ok(returned(value)),
        Reply::Throttled(after) => Err(failed(ErrorClass::Throttled, after)),
        Reply::Fails
        | Reply::FailsThenStopped
        | Reply::Silent
        | Reply::Stopped
        | Reply::CompletedThen(_)
        | Reply::Signal(..) => Err(failed(ErrorClass::Function, None)),
    }
}

/// What an execution that was run gives.
fn child(output: &Value) -> ActionResult {
    let document = json!({"ExecutionId": "child", "Status": "Success", "Output": [output.to_string()]});
    let outputs = document.as_object().unwrap().iter();
    let outputs = outputs.map(|(name, value)| (OutputName::new(name.as_str()), value.clone())).collect();
    ActionResult { outputs, document: Some(document), request_id: None, notice: None }
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

/// The runbook of a text in which `schemaVersion`, and `action` and `inputs` of steps, may be left out.
pub(super) fn read(text: &str) -> Result<Runbook, Vec<Diagnostic>> {
    let mut written: Value = serde_yaml::from_str(text).unwrap();
    let root = written.as_object_mut().unwrap();
    root.insert("schemaVersion".to_owned(), json!("0.3"));
    fill(&mut root["mainSteps"]);
    let document = crate::document::read("test", written.to_string().as_bytes()).unwrap();
    let loaded = crate::runbook::load(&document);
    loaded.runbook.ok_or(loaded.diagnostics)
}
