//! One execution from its first step to its end (spec 2.2 to 2.5, 4.1, 5.1).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::event_lines::EventLine;
use super::values::{api_strings, convert_value, select_value};
use crate::engine::tests::situation::{Reply, Situation, begins_at, call_result, environment};
use crate::event::{ActionError, ActionResult, Environment, FailureStage, Settings};
use crate::name::{OutputName, ParameterName, StepName, VariableName};
use crate::runbook::{Action, DocumentOutput, Inputs, OnCancel, OnFailure, Runbook, Step};

/// Inputs that accept neither a string nor any value (4.1, 4.5, 4.6, 4.9).
const TYPED: [&str; 6] =
    ["Approvers", "MinRequiredApprovals", "InvocationType", "LogType", "RuntimeParameters", "Iterators"];

/// The result of an interpreted run.
pub(super) struct InterpretedRun {
    /// A line for every event.
    pub(super) lines: Vec<String>,
    /// The situations that occurred, and how often.
    pub(super) situations: BTreeMap<String, usize>,
}

/// The state of a run.
pub(super) struct Interpreter<'a> {
    pub(super) runbook: &'a Runbook,
    pub(super) settings: &'a Settings,
    pub(super) parameters: &'a IndexMap<ParameterName, Value>,
    pub(super) environment: Environment,
    pub(super) execution_id: String,
    pub(super) variables: IndexMap<VariableName, Value>,
    /// The result of the latest run of each step.
    pub(super) produced: HashMap<StepName, StepResult>,
    pub(super) now: Timestamp,
    script: HashMap<String, VecDeque<Reply>>,
    /// Cancels at the next call or wait.
    has_pending_cancel: bool,
    /// After a cancel: the end of the two minutes of its `onCancel` chain.
    pub(super) cancelled: Option<Timestamp>,
    pub(super) completing: bool,
    has_failed: bool,
    has_timed_out: bool,
    pub(super) result: InterpretedRun,
}

/// The result of a run of a step.
#[derive(Debug, Default)]
pub(super) struct StepResult {
    pub(super) outputs: IndexMap<OutputName, Value>,
    pub(super) document: Option<Value>,
    pub(super) has_succeeded: bool,
}

/// How a step ended.
#[derive(Debug)]
pub(super) enum StepEnd {
    Success,
    /// A branch chose this next step.
    Chose(StepName),
    Failed(FailureStage),
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The two minutes after a cancel were over.
    CutOff,
    /// It waited for a person when the execution was completed.
    Completed,
}

/// The successor of a step.
#[derive(Clone)]
pub(super) enum NextStep {
    To(StepName),
    /// The execution or the iteration ends.
    End,
    /// The execution ends, or the loop fails.
    Abort,
}

impl NextStep {
    pub(super) fn target(self) -> Option<StepName> {
        match self {
            Self::To(target) => Some(target),
            Self::End | Self::Abort => None,
        }
    }
}

/// The list that contains a step.
pub(super) struct StepList<'a> {
    pub(super) steps: &'a IndexMap<StepName, Step>,
    pub(super) is_inner: bool,
    /// A loop within the `onCancel` chain runs its steps in order.
    pub(super) began_after_cancel: bool,
}

impl<'a> StepList<'a> {
    fn outermost(steps: &'a IndexMap<StepName, Step>) -> Self {
        Self { steps, is_inner: false, began_after_cancel: false }
    }
}

/// How a loop ended.
pub(super) enum LoopEnd {
    Ended(StepEnd, StepResult),
    /// An inner step jumped to a step outside.
    Left(StepEnd, StepResult, StepName),
}

/// How one sending of a call, or a delay, ended.
pub(super) enum CallEnd {
    Answer(Reply),
    DeadlineReached,
    Cancelled,
    CutOff,
}

/// Runs a situation to its end.
pub(super) fn interpret(situation: &Situation) -> InterpretedRun {
    let mut interpreter = Interpreter {
        runbook: &situation.runbook,
        settings: &situation.settings,
        parameters: &situation.parameters,
        environment: environment(),
        execution_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        variables: IndexMap::new(),
        produced: HashMap::new(),
        now: begins_at(),
        script: situation.replies.clone(),
        has_pending_cancel: false,
        cancelled: None,
        completing: false,
        has_failed: false,
        has_timed_out: false,
        result: InterpretedRun { lines: Vec::new(), situations: BTreeMap::new() },
    };
    interpreter.run();
    interpreter.result
}

impl<'a> Interpreter<'a> {
    fn run(&mut self) {
        for (name, variable) in self.runbook.variables() {
            if let Some(Ok(value)) = variable.default.as_ref().map(|default| self.value(default)) {
                self.variables.insert(name.clone(), value);
            }
        }
        let variables = serde_json::json!(self.variables);
        self.add_line(|line| line.started(&variables));
        let mut at = self.runbook.steps().values().next();
        while let Some(step) = at {
            // The step selects its successor; a complete request ends the execution instead.
            let (_, leads) = self.step(step, &StepList::outermost(self.runbook.steps()));
            let next = leads.target().filter(|_| !self.is_to_complete());
            at = next.and_then(|next| self.runbook.steps().get(&next));
        }
        let status = match (self.cancelled, self.has_failed, self.has_timed_out) {
            (Some(_), _, _) => "Cancelled",
            (None, true, _) => "Failed",
            (None, false, true) => "TimedOut",
            (None, false, false) => "Success",
        };
        self.count_situation(&format!("an execution that ends {status}"));
        let outputs = self.runbook.outputs().iter().map(|output| self.document_output(output)).collect();
        self.add_line(|line| line.ended(status, &outputs, status != "Success"));
    }

    fn document_output(&self, output: &DocumentOutput) -> (String, Vec<String>) {
        let produced = self.produced.get(&output.step).filter(|produced| produced.has_succeeded);
        let value = produced.and_then(|produced| match (produced.outputs.get(&output.output), &produced.document) {
            (Some(value), _) => Some(api_strings(value)),
            (None, Some(document)) if output.output == *"OutputPayload" => Some(vec![document.to_string()]),
            (None, _) => None,
        });
        let none = || vec!["No output available yet because the step is not successfully executed".to_owned()];
        (format!("{}.{}", output.step, output.output), value.unwrap_or_else(none))
    }

    /// Whether a complete request ends the execution after the current step; a cancel has its own rules.
    pub(super) fn is_to_complete(&self) -> bool {
        self.completing && self.cancelled.is_none()
    }

    /// Runs one step, and returns its successor.
    pub(super) fn step(&mut self, step: &'a Step, place: &StepList<'a>) -> (StepEnd, NextStep) {
        self.count_situation(&format!(
            "{}{}",
            step.inputs.action(),
            if self.cancelled.is_some() { " after a cancel" } else { "" }
        ));
        let (how, produced) = match &step.inputs {
            Inputs::Loop(looping) => match self.repeat(step, looping) {
                LoopEnd::Ended(how, produced) => (how, produced),
                LoopEnd::Left(how, produced, target) => {
                    self.end_step(step, &how, produced, Some(&target));
                    return (how, NextStep::To(target));
                }
            },
            _ => self.act(step),
        };
        let leads = self.next_step(step, &how, place);
        self.end_step(step, &how, produced, leads.clone().target().as_ref());
        (how, leads)
    }

    /// Records the end of a step.
    pub(super) fn end_step(&mut self, step: &Step, how: &StepEnd, produced: StepResult, next: Option<&StepName>) {
        let (status, stage) = match how {
            StepEnd::Success | StepEnd::Chose(_) => ("Success", None),
            StepEnd::Failed(stage) => ("Failed", Some(*stage)),
            StepEnd::TimedOut => ("TimedOut", Some(FailureStage::Invocation)),
            StepEnd::Cancelled | StepEnd::CutOff | StepEnd::Completed => ("Cancelled", Some(FailureStage::Invocation)),
        };
        let stage_of = stage.map_or_else(String::new, |stage| format!(" at {}", stage.as_str()));
        self.count_situation(&format!("{} {status}{stage_of}", step.inputs.action()));
        self.add_line(|line| line.step_ended(status, &produced.outputs, stage, next));
        let produced = StepResult { has_succeeded: status == "Success", ..produced };
        self.produced.insert(step.name.clone(), produced);
    }

    fn act(&mut self, step: &'a Step) -> (StepEnd, StepResult) {
        match &step.inputs {
            Inputs::Branch(branch) => self.branch(step, branch),
            Inputs::Sleep(sleep) => self.sleep(step, sleep),
            Inputs::Pause(_) => self.pause(step),
            Inputs::Approve(_) => self.approve(step),
            Inputs::UpdateVariable(update) => self.update(step, update),
            _ => self.call(step),
        }
    }

    /// The successor of a step (2.3, 2.4).
    fn next_step(&mut self, step: &Step, how: &StepEnd, place: &StepList<'_>) -> NextStep {
        let onwards = |interpreter: &Self| {
            let at = place.steps.get_index_of(&step.name).unwrap();
            // After a cancel only `nextStep` is followed, and list order is not (2.4).
            let is_chain = interpreter.cancelled.is_some() && !place.began_after_cancel;
            let following = || place.steps.get_index(at + 1).filter(|_| !is_chain).map(|(name, _)| name.clone());
            step.next_step.clone().or_else(following).map_or(NextStep::End, NextStep::To)
        };
        match how {
            StepEnd::Success if step.is_end => NextStep::End,
            StepEnd::Success => onwards(self),
            StepEnd::Chose(step) => NextStep::To(step.clone()),
            StepEnd::Failed(_) | StepEnd::TimedOut => {
                let is_abort = step.on_failure == OnFailure::Abort;
                let is_continue = step.on_failure == OnFailure::Continue;
                let is_critical = step.declared_critical.unwrap_or(!is_continue);
                // An Abort within a loop fails the loop, and the rules of the loop apply (4.6).
                if (is_abort && !place.is_inner) || (is_critical && !is_abort) {
                    let is_timeout = matches!(how, StepEnd::TimedOut);
                    self.has_timed_out |= is_timeout;
                    self.has_failed |= !is_timeout;
                }
                let word = match &step.on_failure {
                    OnFailure::Abort => "Abort",
                    OnFailure::Continue => "Continue",
                    OnFailure::Step(_) => "step:",
                };
                let critical = if is_critical { "critical" } else { "not critical" };
                let end = if step.is_end { ", isEnd" } else { "" };
                let within = if place.is_inner { " within a loop" } else { "" };
                self.count_situation(&format!("onFailure {word}, {critical}{end}{within}"));
                match &step.on_failure {
                    OnFailure::Abort => NextStep::Abort,
                    OnFailure::Continue if step.is_end => NextStep::End,
                    OnFailure::Continue => onwards(self),
                    OnFailure::Step(target) => NextStep::To(target.clone()),
                }
            }
            StepEnd::Cancelled => match &step.on_cancel {
                OnCancel::Abort => NextStep::End,
                OnCancel::Step(target) => {
                    self.count_situation("onCancel step:");
                    NextStep::To(target.clone())
                }
            },
            StepEnd::Completed => NextStep::End,
            StepEnd::CutOff => {
                self.count_situation("an onCancel chain that reaches its deadline");
                NextStep::End
            }
        }
    }

    /// A step with a call: attempts, throttles, timeouts (2.2).
    fn call(&mut self, step: &Step) -> (StepEnd, StepResult) {
        if let Err(failed) = self.reached(step) {
            return failed;
        }
        let action = step.inputs.action();
        let seconds = timeout(action, step.timeout_seconds);
        let mut produced = StepResult::default();
        let attempts = step.max_attempts.get();
        for attempt in 1..=attempts {
            let (outcome, outputs, asked) = match self.attempt(step, attempt, seconds) {
                AttemptEnd::Returned(result) => return self.extract_outputs(step, result),
                AttemptEnd::Failed(error) => {
                    ("failed", error.outputs, error.failure.cause.and_then(|cause| cause.retry_after).unwrap_or(0))
                }
                AttemptEnd::TimedOut => ("timed out", IndexMap::new(), 0),
                AttemptEnd::Cancelled => return (StepEnd::Cancelled, StepResult::default()),
                AttemptEnd::CutOff => return (StepEnd::CutOff, StepResult::default()),
            };
            produced.outputs = outputs;
            let is_last = attempt == attempts;
            // The project defines the delay (9.3), and the service may request a longer one.
            let wait = delay(&self.settings.attempt_delays, attempt).max(asked);
            let again = (!is_last).then(|| self.in_millis(wait));
            self.add_line(|line| line.attempt_ended(attempt, outcome, again));
            self.count_situation(&format!("an attempt that {outcome}{}", if is_last { ", the last" } else { "" }));
            let Some(again) = again else {
                let how =
                    if outcome == "failed" { StepEnd::Failed(FailureStage::Invocation) } else { StepEnd::TimedOut };
                return (how, produced);
            };
            match self.until(again) {
                CallEnd::Cancelled => return (StepEnd::Cancelled, StepResult::default()),
                CallEnd::CutOff => return (StepEnd::CutOff, StepResult::default()),
                CallEnd::Answer(_) | CallEnd::DeadlineReached => {}
            }
        }
        unreachable!("a step has at least one attempt")
    }

    /// One attempt with all its sendings. Records its own end unless another attempt may follow.
    fn attempt(&mut self, step: &Step, attempt: u32, seconds: Option<u64>) -> AttemptEnd {
        let mut throttled_at = None;
        for sending in 1.. {
            let deadline = seconds.map(|seconds| self.in_millis(seconds * 1_000));
            self.add_line(|line| line.sent(attempt, sending, deadline));
            match self.answer(step, deadline) {
                CallEnd::Answer(Reply::Throttled(after)) => {
                    // The window begins with the first throttle; every action but a script has one.
                    let since = *throttled_at.get_or_insert(self.now);
                    let wait = delay(&self.settings.throttle_delays, sending).max(after.unwrap_or(0) * 1_000);
                    let again = self.in_millis(wait);
                    let window = Duration::from_millis(self.settings.throttle_window);
                    if step.inputs.action().as_str() == "aws:executeScript" || again > since + window {
                        self.count_situation("a throttle that fails the attempt");
                        return AttemptEnd::Failed(call_result(step, Reply::Throttled(after)).unwrap_err());
                    }
                    self.count_situation("a throttle within the window");
                    self.add_line(|line| line.throttled(attempt, again));
                    match self.until(again) {
                        CallEnd::Cancelled => {
                            self.add_line(|line| line.attempt_ended(attempt, "was abandoned", None));
                            return AttemptEnd::Cancelled;
                        }
                        CallEnd::CutOff => {
                            self.add_line(|line| line.attempt_ended(attempt, "was abandoned", None));
                            return AttemptEnd::CutOff;
                        }
                        CallEnd::Answer(_) | CallEnd::DeadlineReached => {}
                    }
                }
                CallEnd::Answer(reply) => match call_result(step, reply) {
                    Ok(result) => {
                        self.add_line(|line| line.attempt_ended(attempt, "succeeded", None));
                        return AttemptEnd::Returned(result);
                    }
                    Err(error) => return AttemptEnd::Failed(error),
                },
                CallEnd::DeadlineReached => return AttemptEnd::TimedOut,
                CallEnd::Cancelled => {
                    self.add_line(|line| line.attempt_ended(attempt, "was abandoned", None));
                    return AttemptEnd::Cancelled;
                }
                CallEnd::CutOff => {
                    self.add_line(|line| line.attempt_ended(attempt, "was abandoned", None));
                    return AttemptEnd::CutOff;
                }
            }
        }
        unreachable!("a throttle window ends")
    }

    /// Extracts the declared outputs from the result of a call (2.5).
    fn extract_outputs(&mut self, step: &Step, result: ActionResult) -> (StepEnd, StepResult) {
        let mut produced = StepResult { outputs: result.outputs, document: result.document, has_succeeded: false };
        let Some(document) = &produced.document else { return (StepEnd::Success, produced) };
        for declared in &step.outputs {
            let Some(selector) = &declared.selector else { continue };
            let mut found = select_value(document, selector.as_str());
            let wrapped = serde_json::json!({ "Payload": document });
            // 9.5: `$` is the result of the function, and `$.Payload` finds it too. The service does the same for other
            // actions (2.5).
            if found.is_none() && selector.as_str().starts_with("$.Payload") {
                found = select_value(&wrapped, selector.as_str());
            }
            // A null is not a match (3.4).
            let Some(found) = found.filter(|found| !found.is_null()) else {
                self.count_situation("an output that stays unset");
                continue;
            };
            let Some(value) = convert_value(found, declared.data_type) else {
                return (StepEnd::Failed(FailureStage::PostVerification), produced);
            };
            produced.outputs.insert(declared.name.clone(), value);
        }
        (StepEnd::Success, produced)
    }

    /// Records that a step started with its inputs. The step has failed already if it lacks inputs, or if a typed input
    /// holds the text of an unset reference (3.4).
    pub(super) fn reached(&mut self, step: &Step) -> Result<IndexMap<String, Value>, (StepEnd, StepResult)> {
        let trees = step.inputs.trees();
        let inputs = self.resolved(trees);
        let shown = inputs.as_ref().cloned().unwrap_or_default();
        self.add_line(|line| line.reached(&step.name, &shown));
        let is_typed = |name: &String| TYPED.contains(&name.as_str());
        let fits = !trees.iter().any(|(name, tree)| is_typed(name) && self.is_unset(tree));
        inputs.ok().filter(|_| fits).ok_or((StepEnd::Failed(FailureStage::InputValidation), StepResult::default()))
    }

    /// How a sending of a call ends.
    fn answer(&mut self, step: &Step, deadline: Option<Timestamp>) -> CallEnd {
        loop {
            if std::mem::take(&mut self.has_pending_cancel)
                && let Some(cancelled) = self.cancel()
            {
                return cancelled;
            }
            let soon = self.in_millis(1_000);
            let is_silent = matches!(self.peek_reply(step), Some(Reply::Silent));
            if is_silent || self.is_over(soon, deadline) {
                if is_silent {
                    self.take_reply(step);
                }
                return self.advance_to(deadline);
            }
            let reply = self.take_reply(step).unwrap_or_else(|| Reply::Returns(serde_json::json!({})));
            match reply {
                Reply::CompletedThen(reply) => {
                    self.request_completion();
                    self.push_back_reply(step, *reply);
                }
                Reply::Cancelled => {
                    self.now = soon;
                    if let Some(cancelled) = self.cancel() {
                        return cancelled;
                    }
                }
                Reply::Signal(..) => self.now = soon,
                Reply::FailsThenCancelled => {
                    self.now = soon;
                    self.has_pending_cancel = true;
                    return CallEnd::Answer(Reply::Fails);
                }
                Reply::Returns(_) | Reply::Fails | Reply::Throttled(_) => {
                    self.now = soon;
                    return CallEnd::Answer(reply);
                }
                Reply::Silent => unreachable!("was taken"),
            }
        }
    }

    /// Waits before the next sending.
    fn until(&mut self, moment: Timestamp) -> CallEnd {
        if std::mem::take(&mut self.has_pending_cancel)
            && let Some(cancelled) = self.cancel()
        {
            self.count_situation("a cancel between two attempts");
            return cancelled;
        }
        self.advance_to(Some(moment))
    }

    /// Whether a moment is past a deadline, or past the two minutes of an `onCancel` chain.
    pub(super) fn is_over(&self, at: Timestamp, deadline: Option<Timestamp>) -> bool {
        deadline.into_iter().chain(self.cancelled).any(|end| at >= end)
    }

    /// Advances the time to a moment, or to the end of the two minutes of an `onCancel` chain.
    pub(super) fn advance_to(&mut self, moment: Option<Timestamp>) -> CallEnd {
        match (moment, self.cancelled) {
            (moment, Some(end)) if moment.is_none_or(|moment| moment >= end) => {
                self.now = self.now.max(end);
                CallEnd::CutOff
            }
            (Some(moment), _) => {
                self.now = self.now.max(moment);
                CallEnd::DeadlineReached
            }
            (None, _) => panic!("nothing to wait for"),
        }
    }

    /// Cancels the execution; a second request changes nothing.
    pub(super) fn cancel(&mut self) -> Option<CallEnd> {
        if self.cancelled.is_some() {
            self.count_situation("a second cancel");
            return None;
        }
        let until = self.in_millis(120_000);
        self.cancelled = Some(until);
        self.add_line(|line| line.cancel(until));
        Some(CallEnd::Cancelled)
    }

    /// Completes the execution after the current step. Returns whether this is the first request.
    pub(super) fn request_completion(&mut self) -> bool {
        let begins = self.cancelled.is_none() && !std::mem::replace(&mut self.completing, true);
        if begins {
            self.count_situation("a complete request");
            self.add_line(EventLine::complete);
        }
        begins
    }

    /// Takes a pending cancel request.
    pub(super) fn take_cancel_request(&mut self) -> bool {
        std::mem::take(&mut self.has_pending_cancel)
    }

    pub(super) fn peek_reply(&self, step: &Step) -> Option<&Reply> {
        self.script.get(step.name.as_str()).and_then(VecDeque::front)
    }

    pub(super) fn take_reply(&mut self, step: &Step) -> Option<Reply> {
        self.script.get_mut(step.name.as_str()).and_then(VecDeque::pop_front)
    }

    pub(super) fn push_back_reply(&mut self, step: &Step, reply: Reply) {
        self.script.entry(step.name.to_string()).or_default().push_front(reply);
    }

    pub(super) fn in_millis(&self, millis: u64) -> Timestamp {
        self.now + Duration::from_millis(millis)
    }

    pub(super) fn add_line(&mut self, line: impl FnOnce(EventLine) -> String) {
        let line = line(EventLine { begin: begins_at(), at: self.now });
        self.result.lines.push(line);
    }

    /// Counts a situation.
    pub(super) fn count_situation(&mut self, what: &str) {
        *self.result.situations.entry(what.to_owned()).or_default() += 1;
    }
}

/// How an attempt ended.
enum AttemptEnd {
    Returned(ActionResult),
    Failed(ActionError),
    TimedOut,
    Cancelled,
    CutOff,
}

/// The delay before retry `n`; further retries repeat the last one.
fn delay(delays: &[u64], n: u32) -> u64 {
    let place = (n as usize - 1).min(delays.len() - 1);
    delays[place]
}

/// The seconds of a timeout (2.2): the declared or the action's own, and never more than its maximum.
pub(super) fn timeout(action: Action, declared: Option<u64>) -> Option<u64> {
    let (default, most) = match action.as_str() {
        "aws:approve" | "aws:pause" => (Some(604_800), Some(2_592_000)),
        "aws:invokeLambdaFunction" => (Some(300), Some(300)),
        "aws:executeScript" => (Some(600), Some(600)),
        "aws:executeAwsApi" => (Some(25), Some(25)),
        "aws:changeInstanceState" | "aws:waitForAwsResourceProperty" => (Some(3_600), None),
        _ => (None, None),
    };
    let seconds = declared.or(default)?;
    Some(most.map_or(seconds, |most| seconds.min(most)))
}
