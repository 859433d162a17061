//! One execution from its first step to its end (spec 2.2 to 2.5, 4.1, 5.1).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::facts::Line;
use super::values::{converted, selected, texts};
use crate::engine::tests::situation::{Reply, Situation, answered, begins_at, environment};
use crate::event::{ActionError, ActionResult, Environment, FailureStage, Settings};
use crate::name::{OutputName, ParameterName, StepName, VariableName};
use crate::runbook::{Action, DocumentOutput, Inputs, OnCancel, OnFailure, Runbook, Step};

/// Inputs of the steps here that are neither texts nor anything at all (4.1, 4.5, 4.6, 4.9).
const TYPED: [&str; 6] =
    ["Approvers", "MinRequiredApprovals", "InvocationType", "LogType", "RuntimeParameters", "Iterators"];

/// What a run of a runbook came to.
pub(super) struct Read {
    /// Everything that happened, a line each.
    pub(super) facts: Vec<String>,
    /// The situations that were met, and how often.
    pub(super) seen: BTreeMap<String, usize>,
}

/// A run under way.
pub(super) struct Reading<'a> {
    pub(super) runbook: &'a Runbook,
    pub(super) settings: &'a Settings,
    pub(super) parameters: &'a IndexMap<ParameterName, Value>,
    pub(super) environment: Environment,
    pub(super) execution_id: String,
    pub(super) variables: IndexMap<VariableName, Value>,
    /// What the latest run of each step left.
    pub(super) produced: HashMap<StepName, Produced>,
    pub(super) now: Timestamp,
    script: HashMap<String, VecDeque<Reply>>,
    /// Cancels as soon as there is a call or a wait to stop.
    asked: bool,
    /// When a stop was asked for: the end of the two minutes of its chain.
    pub(super) cancelled: Option<Timestamp>,
    pub(super) completing: bool,
    has_failed: bool,
    has_timed_out: bool,
    pub(super) read: Read,
}

/// What a run of a step left.
#[derive(Debug, Default)]
pub(super) struct Produced {
    pub(super) outputs: IndexMap<OutputName, Value>,
    pub(super) document: Option<Value>,
    pub(super) has_succeeded: bool,
}

/// How a step ended.
#[derive(Debug)]
pub(super) enum How {
    Success,
    /// A branch chose this step.
    Chose(StepName),
    Failed(FailureStage),
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The two minutes after a stop were over.
    CutOff,
    /// It waited for a person when the execution was completed.
    Completed,
}

/// Where a step leads.
#[derive(Clone)]
pub(super) enum Leads {
    To(StepName),
    /// To the end of the execution, or of the iteration.
    End,
    /// To the end of the execution, or to the failure of the loop.
    Abort,
}

impl Leads {
    pub(super) fn target(self) -> Option<StepName> {
        match self {
            Self::To(target) => Some(target),
            Self::End | Self::Abort => None,
        }
    }
}

/// The list in which a step stands.
pub(super) struct Place<'a> {
    pub(super) steps: &'a IndexMap<StepName, Step>,
    pub(super) is_inner: bool,
    /// A loop that is itself part of the chain of `onCancel` runs its steps one after the other.
    pub(super) began_after_stop: bool,
}

impl<'a> Place<'a> {
    fn outermost(steps: &'a IndexMap<StepName, Step>) -> Self {
        Self { steps, is_inner: false, began_after_stop: false }
    }
}

/// What came of a loop.
pub(super) enum Repeated {
    Ended(How, Produced),
    /// A step in it led to a step outside.
    Left(How, Produced, StepName),
}

/// What comes of one sending of a call, or of a delay.
pub(super) enum Came {
    Answer(Reply),
    DeadlineOver,
    Cancelled,
    CutOff,
}

/// Runs a situation to its end.
pub(super) fn interpret(situation: &Situation) -> Read {
    let mut reading = Reading {
        runbook: &situation.runbook,
        settings: &situation.settings,
        parameters: &situation.parameters,
        environment: environment(),
        execution_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        variables: IndexMap::new(),
        produced: HashMap::new(),
        now: begins_at(),
        script: situation.replies.clone(),
        asked: false,
        cancelled: None,
        completing: false,
        has_failed: false,
        has_timed_out: false,
        read: Read { facts: Vec::new(), seen: BTreeMap::new() },
    };
    reading.run();
    reading.read
}

impl<'a> Reading<'a> {
    fn run(&mut self) {
        for (name, variable) in self.runbook.variables() {
            if let Some(Ok(value)) = variable.default.as_ref().map(|default| self.value(default)) {
                self.variables.insert(name.clone(), value);
            }
        }
        let variables = serde_json::json!(self.variables);
        self.tell(|line| line.started(&variables));
        let mut at = self.runbook.steps().values().next();
        while let Some(step) = at {
            // A step says where the runbook leads; whoever asked to complete ends it there.
            let (_, leads) = self.step(step, &Place::outermost(self.runbook.steps()));
            let next = leads.target().filter(|_| !self.is_to_complete());
            at = next.and_then(|next| self.runbook.steps().get(&next));
        }
        let status = match (self.cancelled, self.has_failed, self.has_timed_out) {
            (Some(_), _, _) => "Cancelled",
            (None, true, _) => "Failed",
            (None, false, true) => "TimedOut",
            (None, false, false) => "Success",
        };
        self.seen(&format!("an execution that ends {status}"));
        let outputs = self.runbook.outputs().iter().map(|output| self.document_output(output)).collect();
        self.tell(|line| line.ended(status, &outputs, status != "Success"));
    }

    fn document_output(&self, output: &DocumentOutput) -> (String, Vec<String>) {
        let produced = self.produced.get(&output.step).filter(|produced| produced.has_succeeded);
        let value = produced.and_then(|produced| match (produced.outputs.get(&output.output), &produced.document) {
            (Some(value), _) => Some(texts(value)),
            (None, Some(document)) if output.output == *"OutputPayload" => Some(vec![document.to_string()]),
            (None, _) => None,
        });
        let none = || vec!["No output available yet because the step is not successfully executed".to_owned()];
        (format!("{}.{}", output.step, output.output), value.unwrap_or_else(none))
    }

    /// Whether nothing is to follow the current step: a stop has its own way of ending.
    pub(super) fn is_to_complete(&self) -> bool {
        self.completing && self.cancelled.is_none()
    }

    /// Runs one step, and says where it leads.
    pub(super) fn step(&mut self, step: &'a Step, place: &Place<'a>) -> (How, Leads) {
        self.seen(&format!("{}{}", step.inputs.action(), if self.cancelled.is_some() { " after a stop" } else { "" }));
        let (how, produced) = match &step.inputs {
            Inputs::Loop(looping) => match self.repeat(step, looping) {
                Repeated::Ended(how, produced) => (how, produced),
                Repeated::Left(how, produced, target) => {
                    self.ends(step, &how, produced, Some(&target));
                    return (how, Leads::To(target));
                }
            },
            _ => self.act(step),
        };
        let leads = self.leads_to(step, &how, place);
        self.ends(step, &how, produced, leads.clone().target().as_ref());
        (how, leads)
    }

    /// Notes the end of a step.
    pub(super) fn ends(&mut self, step: &Step, how: &How, produced: Produced, next: Option<&StepName>) {
        let (status, stage) = match how {
            How::Success | How::Chose(_) => ("Success", None),
            How::Failed(stage) => ("Failed", Some(*stage)),
            How::TimedOut => ("TimedOut", Some(FailureStage::Invocation)),
            How::Cancelled | How::CutOff | How::Completed => ("Cancelled", Some(FailureStage::Invocation)),
        };
        let stage_of = stage.map_or_else(String::new, |stage| format!(" at {}", stage.as_str()));
        self.seen(&format!("{} {status}{stage_of}", step.inputs.action()));
        self.tell(|line| line.step_ended(status, &produced.outputs, stage, next));
        let produced = Produced { has_succeeded: status == "Success", ..produced };
        self.produced.insert(step.name.clone(), produced);
    }

    fn act(&mut self, step: &'a Step) -> (How, Produced) {
        match &step.inputs {
            Inputs::Branch(branch) => self.branch(step, branch),
            Inputs::Sleep(sleep) => self.sleep(step, sleep),
            Inputs::Pause(_) => self.pause(step),
            Inputs::Approve(_) => self.approve(step),
            Inputs::UpdateVariable(update) => self.update(step, update),
            _ => self.call(step),
        }
    }

    /// Where a step leads (2.3, 2.4).
    fn leads_to(&mut self, step: &Step, how: &How, place: &Place<'_>) -> Leads {
        let onwards = |reading: &Self| {
            let at = place.steps.get_index_of(&step.name).unwrap();
            // After a stop only the `nextStep` chain is followed, which no other step falls into (2.4).
            let is_chain = reading.cancelled.is_some() && !place.began_after_stop;
            let following = || place.steps.get_index(at + 1).filter(|_| !is_chain).map(|(name, _)| name.clone());
            step.next_step.clone().or_else(following).map_or(Leads::End, Leads::To)
        };
        match how {
            How::Success if step.is_end => Leads::End,
            How::Success => onwards(self),
            How::Chose(step) => Leads::To(step.clone()),
            How::Failed(_) | How::TimedOut => {
                let is_abort = step.on_failure == OnFailure::Abort;
                let is_continue = step.on_failure == OnFailure::Continue;
                let is_critical = step.declared_critical.unwrap_or(!is_continue);
                // An Abort within a loop fails the loop, and counts by the rules of the loop (4.6).
                if (is_abort && !place.is_inner) || (is_critical && !is_abort) {
                    let is_timeout = matches!(how, How::TimedOut);
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
                self.seen(&format!("onFailure {word}, {critical}{end}{within}"));
                match &step.on_failure {
                    OnFailure::Abort => Leads::Abort,
                    OnFailure::Continue if step.is_end => Leads::End,
                    OnFailure::Continue => onwards(self),
                    OnFailure::Step(target) => Leads::To(target.clone()),
                }
            }
            How::Cancelled => match &step.on_cancel {
                OnCancel::Abort => Leads::End,
                OnCancel::Step(target) => {
                    self.seen("onCancel step:");
                    Leads::To(target.clone())
                }
            },
            How::Completed => Leads::End,
            How::CutOff => {
                self.seen("a chain of onCancel that is cut off");
                Leads::End
            }
        }
    }

    /// A step that calls something: attempts, throttles, timeouts (2.2).
    fn call(&mut self, step: &Step) -> (How, Produced) {
        if let Err(failed) = self.reached(step) {
            return failed;
        }
        let action = step.inputs.action();
        let seconds = timeout(action, step.timeout_seconds);
        let mut produced = Produced::default();
        let attempts = step.max_attempts.get();
        for attempt in 1..=attempts {
            let (outcome, outputs, asked) = match self.attempt(step, attempt, seconds) {
                Attempted::Returned(result) => return self.extracted(step, result),
                Attempted::Failed(error) => {
                    ("failed", error.outputs, error.failure.cause.and_then(|cause| cause.retry_after).unwrap_or(0))
                }
                Attempted::TimedOut => ("timed out", IndexMap::new(), 0),
                Attempted::Cancelled => return (How::Cancelled, Produced::default()),
                Attempted::CutOff => return (How::CutOff, Produced::default()),
            };
            produced.outputs = outputs;
            let is_last = attempt == attempts;
            // The delay is the project's own choice (9.3), and the service may ask for a longer one.
            let wait = delay(&self.settings.attempt_delays, attempt).max(asked);
            let again = (!is_last).then(|| self.in_millis(wait));
            self.tell(|line| line.answered(attempt, outcome, again));
            self.seen(&format!("an attempt that {outcome}{}", if is_last { ", the last" } else { "" }));
            let Some(again) = again else {
                let how = if outcome == "failed" { How::Failed(FailureStage::Invocation) } else { How::TimedOut };
                return (how, produced);
            };
            match self.until(again) {
                Came::Cancelled => return (How::Cancelled, Produced::default()),
                Came::CutOff => return (How::CutOff, Produced::default()),
                Came::Answer(_) | Came::DeadlineOver => {}
            }
        }
        unreachable!("a step has at least one attempt")
    }

    /// One attempt with all its sendings. It notes its own end unless another attempt may follow it.
    fn attempt(&mut self, step: &Step, attempt: u32, seconds: Option<u64>) -> Attempted {
        let mut throttled_at = None;
        for sending in 1.. {
            let deadline = seconds.map(|seconds| self.in_millis(seconds * 1_000));
            self.tell(|line| line.sent(attempt, sending, deadline));
            match self.answer(step, deadline) {
                Came::Answer(Reply::Throttled(after)) => {
                    // The window begins with the first throttle; every action but a script has one.
                    let since = *throttled_at.get_or_insert(self.now);
                    let wait = delay(&self.settings.throttle_delays, sending).max(after.unwrap_or(0) * 1_000);
                    let again = self.in_millis(wait);
                    let window = Duration::from_millis(self.settings.throttle_window);
                    if step.inputs.action() == Action::ExecuteScript || again > since + window {
                        self.seen("a throttle that uses the attempt up");
                        return Attempted::Failed(answered(step, Reply::Throttled(after)).unwrap_err());
                    }
                    self.seen("a throttle within the window");
                    self.tell(|line| line.throttled(attempt, again));
                    match self.until(again) {
                        Came::Cancelled => {
                            self.tell(|line| line.answered(attempt, "was given up", None));
                            return Attempted::Cancelled;
                        }
                        Came::CutOff => {
                            self.tell(|line| line.answered(attempt, "was given up", None));
                            return Attempted::CutOff;
                        }
                        Came::Answer(_) | Came::DeadlineOver => {}
                    }
                }
                Came::Answer(reply) => match answered(step, reply) {
                    Ok(result) => {
                        self.tell(|line| line.answered(attempt, "succeeded", None));
                        return Attempted::Returned(result);
                    }
                    Err(error) => return Attempted::Failed(error),
                },
                Came::DeadlineOver => return Attempted::TimedOut,
                Came::Cancelled => {
                    self.tell(|line| line.answered(attempt, "was given up", None));
                    return Attempted::Cancelled;
                }
                Came::CutOff => {
                    self.tell(|line| line.answered(attempt, "was given up", None));
                    return Attempted::CutOff;
                }
            }
        }
        unreachable!("a throttle window ends")
    }

    /// Takes declared outputs from what a call returned (2.5).
    fn extracted(&mut self, step: &Step, result: ActionResult) -> (How, Produced) {
        let mut produced = Produced { outputs: result.outputs, document: result.document, has_succeeded: false };
        let Some(document) = &produced.document else { return (How::Success, produced) };
        for declared in &step.outputs {
            let Some(selector) = &declared.selector else { continue };
            let mut found = selected(document, selector.as_str());
            let wrapped = serde_json::json!({ "Payload": document });
            // 9.5: `$` is the result of the function, and `$.Payload` finds it too. Other actions were seen with it (2.5).
            if found.is_none() && selector.as_str().starts_with("$.Payload") {
                found = selected(&wrapped, selector.as_str());
            }
            // A null is no match (3.4).
            let Some(found) = found.filter(|found| !found.is_null()) else {
                self.seen("an output that stays unset");
                continue;
            };
            let Some(value) = converted(found, declared.data_type) else {
                return (How::Failed(FailureStage::PostVerification), produced);
            };
            produced.outputs.insert(declared.name.clone(), value);
        }
        (How::Success, produced)
    }

    /// Notes that a step was reached with its inputs; without them it has failed already, and so it has when the text of a
    /// reference stands where the input has a type of its own (3.4).
    pub(super) fn reached(&mut self, step: &Step) -> Result<IndexMap<String, Value>, (How, Produced)> {
        let trees = step.inputs.trees();
        let inputs = self.resolved(trees);
        let shown = inputs.as_ref().cloned().unwrap_or_default();
        self.tell(|line| line.reached(&step.name, &shown));
        let is_typed = |name: &String| TYPED.contains(&name.as_str());
        let fits = !trees.iter().any(|(name, tree)| is_typed(name) && self.is_unset(tree));
        inputs.ok().filter(|_| fits).ok_or((How::Failed(FailureStage::InputValidation), Produced::default()))
    }

    /// What a sending of a call is answered.
    fn answer(&mut self, step: &Step, deadline: Option<Timestamp>) -> Came {
        loop {
            if std::mem::take(&mut self.asked)
                && let Some(cancelled) = self.stop()
            {
                return cancelled;
            }
            let soon = self.in_millis(1_000);
            let is_silent = matches!(self.next_of(step), Some(Reply::Silent));
            if is_silent || self.is_over(soon, deadline) {
                if is_silent {
                    self.take_of(step);
                }
                return self.wakes(deadline);
            }
            let reply = self.take_of(step).unwrap_or_else(|| Reply::Returns(serde_json::json!({})));
            match reply {
                Reply::CompletedThen(reply) => {
                    self.asks_to_complete();
                    self.give_back(step, *reply);
                }
                Reply::Stopped => {
                    self.now = soon;
                    if let Some(cancelled) = self.stop() {
                        return cancelled;
                    }
                }
                Reply::Signal(..) => self.now = soon,
                Reply::FailsThenStopped => {
                    self.now = soon;
                    self.asked = true;
                    return Came::Answer(Reply::Fails);
                }
                Reply::Returns(_) | Reply::Fails | Reply::Throttled(_) => {
                    self.now = soon;
                    return Came::Answer(reply);
                }
                Reply::Silent => unreachable!("was taken"),
            }
        }
    }

    /// A delay before the next sending.
    fn until(&mut self, moment: Timestamp) -> Came {
        if std::mem::take(&mut self.asked)
            && let Some(cancelled) = self.stop()
        {
            self.seen("a stop between two attempts");
            return cancelled;
        }
        self.wakes(Some(moment))
    }

    /// Whether a moment is past a deadline, or past the two minutes of a chain of `onCancel`.
    pub(super) fn is_over(&self, at: Timestamp, deadline: Option<Timestamp>) -> bool {
        deadline.into_iter().chain(self.cancelled).any(|end| at >= end)
    }

    /// Time passes until a moment, or until the two minutes of a chain of `onCancel` are over.
    pub(super) fn wakes(&mut self, moment: Option<Timestamp>) -> Came {
        match (moment, self.cancelled) {
            (moment, Some(end)) if moment.is_none_or(|moment| moment >= end) => {
                self.now = self.now.max(end);
                Came::CutOff
            }
            (Some(moment), _) => {
                self.now = self.now.max(moment);
                Came::DeadlineOver
            }
            (None, _) => panic!("waits for nothing"),
        }
    }

    /// Cancels the execution; a second request changes nothing.
    pub(super) fn stop(&mut self) -> Option<Came> {
        if self.cancelled.is_some() {
            self.seen("a second stop");
            return None;
        }
        let until = self.in_millis(120_000);
        self.cancelled = Some(until);
        self.tell(|line| line.cancel(until));
        Some(Came::Cancelled)
    }

    /// Completes the execution after the current step. Whether this is the first request.
    pub(super) fn asks_to_complete(&mut self) -> bool {
        let begins = self.cancelled.is_none() && !std::mem::replace(&mut self.completing, true);
        if begins {
            self.seen("a request to complete");
            self.tell(Line::complete);
        }
        begins
    }

    /// Whether a stop was asked for meanwhile.
    pub(super) fn is_asked(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }

    pub(super) fn next_of(&self, step: &Step) -> Option<&Reply> {
        self.script.get(step.name.as_str()).and_then(VecDeque::front)
    }

    pub(super) fn take_of(&mut self, step: &Step) -> Option<Reply> {
        self.script.get_mut(step.name.as_str()).and_then(VecDeque::pop_front)
    }

    pub(super) fn give_back(&mut self, step: &Step, reply: Reply) {
        self.script.entry(step.name.to_string()).or_default().push_front(reply);
    }

    pub(super) fn in_millis(&self, millis: u64) -> Timestamp {
        self.now + Duration::from_millis(millis)
    }

    pub(super) fn tell(&mut self, line: impl FnOnce(Line) -> String) {
        let line = line(Line { begin: begins_at(), at: self.now });
        self.read.facts.push(line);
    }

    /// Counts a situation.
    pub(super) fn seen(&mut self, what: &str) {
        *self.read.seen.entry(what.to_owned()).or_default() += 1;
    }
}

/// How an attempt ended.
enum Attempted {
    Returned(ActionResult),
    Failed(ActionError),
    TimedOut,
    Cancelled,
    CutOff,
}

/// The delay before repetition `n`; the last one repeats.
fn delay(delays: &[u64], n: u32) -> u64 {
    let place = (n as usize - 1).min(delays.len() - 1);
    delays[place]
}

/// The seconds of a timeout (2.2): the declared or the action's own, and never more than its maximum.
pub(super) fn timeout(action: Action, declared: Option<u64>) -> Option<u64> {
    let (default, most) = match action {
        Action::Approve | Action::Pause => (Some(604_800), Some(2_592_000)),
        Action::InvokeLambdaFunction => (Some(300), Some(300)),
        Action::ExecuteScript => (Some(600), Some(600)),
        Action::ExecuteAwsApi => (Some(25), Some(25)),
        Action::ChangeInstanceState | Action::WaitForAwsResourceProperty => (Some(3_600), None),
        _ => (None, None),
    };
    let seconds = declared.or(default)?;
    Some(most.map_or(seconds, |most| seconds.min(most)))
}
