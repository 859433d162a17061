//! Steps without a call: branch, sleep, pause, approve, updateVariable (spec 4.2 to 4.5, 4.7).

use std::collections::HashSet;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::interpreter::{CallEnd, Interpreter, StepEnd, StepResult, timeout};
use super::values::{api_strings, duration, embedded, fit_variable_value, moment};
use crate::engine::tests::situation::Reply;
use crate::event::{FailureStage, Signal};
use crate::name::OutputName;
use crate::runbook::inputs::{Branch, Sleep, SleepUntil, UpdateVariable};
use crate::runbook::{Inputs, Step};

const INVALID: StepEnd = StepEnd::Failed(FailureStage::InputValidation);

/// How a wait ended.
enum WaitEnd {
    Signal(Signal, String),
    TimedOut,
    Cancelled,
    CutOff,
    /// A complete request ended the step, which waited for a person.
    Completed,
}

impl Interpreter<'_> {
    pub(super) fn branch(&mut self, step: &Step, branch: &Branch) -> (StepEnd, StepResult) {
        // An unset reference does not fail the branch (3.4); the inputs show it as it is.
        let inputs = self.shown(&branch.trees);
        self.add_line(|line| line.reached(&step.name, &inputs));
        let chosen = branch.choices.iter().find(|choice| self.evaluate_condition(&choice.condition));
        match (chosen.map(|choice| &choice.next_step), &branch.default) {
            (Some(target), _) => {
                self.count_situation("a branch that chooses");
                (StepEnd::Chose(target.clone()), branch_result(target.as_str()))
            }
            (None, Some(target)) => {
                self.count_situation("a branch that takes its Default");
                (StepEnd::Chose(target.clone()), branch_result(target.as_str()))
            }
            (None, None) => {
                let how = match (step.is_end, &step.next_step) {
                    (true, _) => "ends",
                    (false, Some(_)) => "takes nextStep",
                    (false, None) => "falls through",
                };
                self.count_situation(&format!("a branch without a match that {how}"));
                (StepEnd::Success, StepResult::default())
            }
        }
    }

    pub(super) fn sleep(&mut self, step: &Step, sleep: &Sleep) -> (StepEnd, StepResult) {
        let inputs = match self.reached(step) {
            Ok(inputs) => inputs,
            Err(failed) => return failed,
        };
        let text = embedded(&inputs[&sleep.input]);
        let until = match sleep.until {
            SleepUntil::Duration => {
                duration(&text).map(|millis| self.now + std::time::Duration::from_millis(millis.unsigned_abs()))
            }
            SleepUntil::Timestamp => moment(&text),
        };
        let Some(until) = until else { return (INVALID, StepResult::default()) };
        self.count_situation(match sleep.until {
            SleepUntil::Duration => "a sleep for a duration",
            SleepUntil::Timestamp if until > self.now => "a sleep until a timestamp",
            SleepUntil::Timestamp => "a sleep until a past timestamp",
        });
        if until <= self.now {
            return (StepEnd::Success, StepResult::default());
        }
        self.add_line(|line| line.waits(until, "time"));
        loop {
            match self.next_wait_end(step, until) {
                WaitEnd::Signal(..) => {}
                WaitEnd::TimedOut => return (StepEnd::Success, StepResult::default()),
                WaitEnd::Cancelled => return (StepEnd::Cancelled, StepResult::default()),
                WaitEnd::CutOff => return (StepEnd::CutOff, StepResult::default()),
                WaitEnd::Completed => return (StepEnd::Completed, StepResult::default()),
            }
        }
    }

    pub(super) fn pause(&mut self, step: &Step) -> (StepEnd, StepResult) {
        if let Err(failed) = self.reached(step) {
            return failed;
        }
        let until = self.person_deadline(step);
        self.add_line(|line| line.waits(until, "Resume"));
        loop {
            match self.next_wait_end(step, until) {
                WaitEnd::Signal(Signal::Resume, by) => {
                    self.add_line(|line| line.signal("Resume", &by));
                    return (StepEnd::Success, StepResult::default());
                }
                WaitEnd::Signal(_, _) => {
                    self.count_situation("a rejected signal to a pause");
                }
                WaitEnd::TimedOut => return (StepEnd::TimedOut, StepResult::default()),
                WaitEnd::Cancelled => return (StepEnd::Cancelled, StepResult::default()),
                WaitEnd::CutOff => return (StepEnd::CutOff, StepResult::default()),
                WaitEnd::Completed => return (StepEnd::Completed, StepResult::default()),
            }
        }
    }

    pub(super) fn approve(&mut self, step: &Step) -> (StepEnd, StepResult) {
        let inputs = match self.reached(step) {
            Ok(inputs) => inputs,
            Err(failed) => return failed,
        };
        let approvers = inputs.get("Approvers").map(api_strings).unwrap_or_default();
        let approvers: Vec<String> = approvers.into_iter().filter(|approver| !approver.trim().is_empty()).collect();
        // An unresolved reference names no approver (3.4).
        if approvers.iter().any(|approver| approver.contains("{{")) {
            self.count_situation("an approver that is an unset reference");
            return (INVALID, StepResult::default());
        }
        let required =
            inputs.get("MinRequiredApprovals").map_or(Ok(1), |value| embedded(value).trim().parse::<usize>());
        // The list must have the required number of distinct approvers (4.5).
        let arns = approvers.iter().filter(|it| it.starts_with("arn:"));
        let named: HashSet<&str> = arns.clone().map(|arn| person(arn)).collect();
        let names = approvers.iter().filter(|it| !it.starts_with("arn:") && !named.contains(it.as_str()));
        let people: HashSet<&String> = arns.chain(names).collect();
        let required = match required {
            Ok(required) if (1..=people.len()).contains(&required) && approvers.len() <= 10 => required,
            Ok(_) | Err(_) => {
                self.count_situation("an approval with too few approvers");
                return (INVALID, StepResult::default());
            }
        };
        let until = self.person_deadline(step);
        self.add_line(|line| line.waits(until, &format!("{required} of {}", approvers.join(", "))));
        let mut approved: Vec<String> = Vec::new();
        let mut decisions: Vec<Value> = Vec::new();
        let (how, status) = loop {
            let (signal, by) = match self.next_wait_end(step, until) {
                WaitEnd::Signal(signal, by) => (signal, by),
                WaitEnd::TimedOut => break (StepEnd::TimedOut, "Waiting"),
                WaitEnd::Cancelled => return (StepEnd::Cancelled, StepResult::default()),
                WaitEnd::CutOff => return (StepEnd::CutOff, StepResult::default()),
                WaitEnd::Completed => return (StepEnd::Completed, StepResult::default()),
            };
            if signal == Signal::Resume {
                self.count_situation("a rejected signal to an approval");
                continue;
            }
            if !approvers.iter().any(|approver| is_same(approver, &by)) {
                self.count_situation("a signal of a person who is not an approver");
                continue;
            }
            if signal == Signal::Approve && approved.iter().any(|other| is_same(other, &by)) {
                self.count_situation("a second approval by one person");
                continue;
            }
            self.add_line(|line| line.signal(signal.as_str(), &by));
            decisions.push(json!({"Approver": by, "Decision": signal.as_str(), "DecisionTime": self.now}));
            if signal == Signal::Reject {
                self.count_situation("a rejection");
                break (StepEnd::Failed(FailureStage::Invocation), "Rejected");
            }
            approved.push(by);
            if approved.len() == required {
                self.count_situation(&format!("an approval by {required}"));
                break (StepEnd::Success, "Approved");
            }
        };
        let outputs = IndexMap::from([
            (OutputName::new("ApprovalStatus"), json!(status)),
            (OutputName::new("ApproverDecisions"), Value::Array(decisions)),
        ]);
        (how, StepResult { outputs, ..StepResult::default() })
    }

    pub(super) fn update(&mut self, step: &Step, update: &UpdateVariable) -> (StepEnd, StepResult) {
        let inputs = match self.reached(step) {
            Ok(inputs) => inputs,
            Err(failed) => return failed,
        };
        let declared = self.runbook.variables().get(&update.variable).map(|variable| variable.data_type);
        let value = inputs.get("Value").cloned().zip(declared).and_then(|(value, to)| fit_variable_value(value, to));
        let (Some(value), Some(declared)) = (value, declared) else { return (INVALID, StepResult::default()) };
        self.count_situation(&format!("a new value of a {declared}"));
        self.add_line(|line| line.variable(update.variable.as_str(), &value));
        self.variables.insert(update.variable.clone(), value);
        (StepEnd::Success, StepResult::default())
    }

    /// The deadline of a step that waits for a person.
    fn person_deadline(&self, step: &Step) -> Timestamp {
        let seconds = timeout(step.inputs.action(), step.timeout_seconds).unwrap_or_default();
        self.in_millis(seconds * 1_000)
    }

    /// How the wait of a step ends.
    fn next_wait_end(&mut self, step: &Step, until: Timestamp) -> WaitEnd {
        loop {
            if self.take_cancel_request() && self.cancel().is_some() {
                return WaitEnd::Cancelled;
            }
            let soon = self.in_millis(1_000);
            if self.is_over(soon, Some(until)) {
                break;
            }
            match self.take_reply(step) {
                None => break,
                Some(Reply::Signal(signal, by)) => {
                    self.now = soon;
                    return WaitEnd::Signal(signal, by);
                }
                Some(Reply::Cancelled) => {
                    self.now = soon;
                    if self.cancel().is_some() {
                        self.count_situation("a cancel of a waiting step");
                        return WaitEnd::Cancelled;
                    }
                }
                Some(Reply::CompletedThen(reply)) => {
                    let begins = self.request_completion();
                    self.push_back_reply(step, *reply);
                    // An approval and a pause end with the execution, and no clean-up runs (9.17).
                    if begins && !matches!(step.inputs, Inputs::Sleep(_)) {
                        self.count_situation("a wait for a person that a complete request ends");
                        return WaitEnd::Completed;
                    }
                }
                // These replies are for calls only.
                Some(
                    Reply::Returns(_) | Reply::Fails | Reply::FailsThenCancelled | Reply::Throttled(_) | Reply::Silent,
                ) => {}
            }
        }
        match self.advance_to(Some(until)) {
            CallEnd::CutOff => WaitEnd::CutOff,
            CallEnd::Answer(_) | CallEnd::DeadlineReached | CallEnd::Cancelled => WaitEnd::TimedOut,
        }
    }
}

fn branch_result(target: &str) -> StepResult {
    let outputs = IndexMap::from([(OutputName::new("NextStep"), json!(target))]);
    StepResult { outputs, ..StepResult::default() }
}

/// The user name of an approver: a user name matches the ARN that ends with it.
fn person(text: &str) -> &str {
    if text.starts_with("arn:") { text.rsplit('/').next().unwrap_or(text) } else { text }
}

fn is_same(approver: &str, by: &str) -> bool {
    approver == by || (approver.starts_with("arn:") != by.starts_with("arn:") && person(approver) == person(by))
}
