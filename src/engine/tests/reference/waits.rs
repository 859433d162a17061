//! Steps without a call: branch, sleep, pause, approve, updateVariable (spec 4.2 to 4.5, 4.7).

use std::collections::HashSet;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::interpreter::{Came, How, Produced, Reading, timeout};
use super::values::{duration, embedded, fitting, moment, texts};
use crate::engine::tests::situation::Reply;
use crate::event::{FailureStage, Signal};
use crate::name::OutputName;
use crate::runbook::inputs::{Branch, Sleep, SleepUntil, UpdateVariable};
use crate::runbook::{Inputs, Step};

const INVALID: How = How::Failed(FailureStage::InputValidation);

/// What reached a step that waits.
enum Reached {
    Signal(Signal, String),
    TimeIsUp,
    Cancelled,
    CutOff,
    /// A complete request ended the step, which waited for a person.
    Completed,
}

impl Reading<'_> {
    pub(super) fn branch(&mut self, step: &Step, branch: &Branch) -> (How, Produced) {
        // What has no value is no reason to fail (3.4); it is shown as what it is.
        let inputs = self.shown(&branch.trees);
        self.tell(|line| line.reached(&step.name, &inputs));
        let chosen = branch.choices.iter().find(|choice| self.holds(&choice.condition));
        match (chosen.map(|choice| &choice.next_step), &branch.default) {
            (Some(target), _) => {
                self.seen("a branch that chooses");
                (How::Chose(target.clone()), chose(target.as_str()))
            }
            (None, Some(target)) => {
                self.seen("a branch that takes its Default");
                (How::Chose(target.clone()), chose(target.as_str()))
            }
            (None, None) => {
                let how = match (step.is_end, &step.next_step) {
                    (true, _) => "ends",
                    (false, Some(_)) => "takes nextStep",
                    (false, None) => "falls through",
                };
                self.seen(&format!("a branch without a match that {how}"));
                (How::Success, Produced::default())
            }
        }
    }

    pub(super) fn sleep(&mut self, step: &Step, sleep: &Sleep) -> (How, Produced) {
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
        let Some(until) = until else { return (INVALID, Produced::default()) };
        self.seen(match sleep.until {
            SleepUntil::Duration => "a sleep for a time",
            SleepUntil::Timestamp if until > self.now => "a sleep until a moment",
            SleepUntil::Timestamp => "a sleep until a moment that has passed",
        });
        if until <= self.now {
            return (How::Success, Produced::default());
        }
        self.tell(|line| line.waits(until, "time"));
        loop {
            match self.hears(step, until) {
                Reached::Signal(..) => {}
                Reached::TimeIsUp => return (How::Success, Produced::default()),
                Reached::Cancelled => return (How::Cancelled, Produced::default()),
                Reached::CutOff => return (How::CutOff, Produced::default()),
                Reached::Completed => return (How::Completed, Produced::default()),
            }
        }
    }

    pub(super) fn pause(&mut self, step: &Step) -> (How, Produced) {
        if let Err(failed) = self.reached(step) {
            return failed;
        }
        let until = self.patience(step);
        self.tell(|line| line.waits(until, "Resume"));
        loop {
            match self.hears(step, until) {
                Reached::Signal(Signal::Resume, by) => {
                    self.tell(|line| line.signal("Resume", &by));
                    return (How::Success, Produced::default());
                }
                Reached::Signal(_, _) => {
                    self.seen("a signal that a pause does not want");
                }
                Reached::TimeIsUp => return (How::TimedOut, Produced::default()),
                Reached::Cancelled => return (How::Cancelled, Produced::default()),
                Reached::CutOff => return (How::CutOff, Produced::default()),
                Reached::Completed => return (How::Completed, Produced::default()),
            }
        }
    }

    pub(super) fn approve(&mut self, step: &Step) -> (How, Produced) {
        let inputs = match self.reached(step) {
            Ok(inputs) => inputs,
            Err(failed) => return failed,
        };
        let approvers = inputs.get("Approvers").map(texts).unwrap_or_default();
        let approvers: Vec<String> = approvers.into_iter().filter(|approver| !approver.trim().is_empty()).collect();
        // An unresolved reference names no person (3.4).
        if approvers.iter().any(|approver| approver.contains("{{")) {
            self.seen("an approver that is a reference without a value");
            return (INVALID, Produced::default());
        }
        let required =
            inputs.get("MinRequiredApprovals").map_or(Ok(1), |value| embedded(value).trim().parse::<usize>());
        // As many different people as are required must be able to approve (4.5).
        let arns = approvers.iter().filter(|it| it.starts_with("arn:"));
        let named: HashSet<&str> = arns.clone().map(|arn| person(arn)).collect();
        let names = approvers.iter().filter(|it| !it.starts_with("arn:") && !named.contains(it.as_str()));
        let people: HashSet<&String> = arns.chain(names).collect();
        let required = match required {
            Ok(required) if (1..=people.len()).contains(&required) && approvers.len() <= 10 => required,
            Ok(_) | Err(_) => {
                self.seen("an approval that nobody can give");
                return (INVALID, Produced::default());
            }
        };
        let until = self.patience(step);
        self.tell(|line| line.waits(until, &format!("{required} of {}", approvers.join(", "))));
        let mut approved: Vec<String> = Vec::new();
        let mut decisions: Vec<Value> = Vec::new();
        let (how, status) = loop {
            let (signal, by) = match self.hears(step, until) {
                Reached::Signal(signal, by) => (signal, by),
                Reached::TimeIsUp => break (How::TimedOut, "Waiting"),
                Reached::Cancelled => return (How::Cancelled, Produced::default()),
                Reached::CutOff => return (How::CutOff, Produced::default()),
                Reached::Completed => return (How::Completed, Produced::default()),
            };
            if signal == Signal::Resume {
                self.seen("a signal that an approval does not want");
                continue;
            }
            if !approvers.iter().any(|approver| is_same(approver, &by)) {
                self.seen("an approval by a stranger");
                continue;
            }
            if signal == Signal::Approve && approved.iter().any(|other| is_same(other, &by)) {
                self.seen("a second approval by the same");
                continue;
            }
            self.tell(|line| line.signal(signal.as_str(), &by));
            decisions.push(json!({"Approver": by, "Decision": signal.as_str(), "DecisionTime": self.now}));
            if signal == Signal::Reject {
                self.seen("a rejection");
                break (How::Failed(FailureStage::Invocation), "Rejected");
            }
            approved.push(by);
            if approved.len() == required {
                self.seen(&format!("an approval by {required}"));
                break (How::Success, "Approved");
            }
        };
        let outputs = IndexMap::from([
            (OutputName::new("ApprovalStatus"), json!(status)),
            (OutputName::new("ApproverDecisions"), Value::Array(decisions)),
        ]);
        (how, Produced { outputs, ..Produced::default() })
    }

    pub(super) fn update(&mut self, step: &Step, update: &UpdateVariable) -> (How, Produced) {
        let inputs = match self.reached(step) {
            Ok(inputs) => inputs,
            Err(failed) => return failed,
        };
        let declared = self.runbook.variables().get(&update.variable).map(|variable| variable.data_type);
        let value = inputs.get("Value").cloned().zip(declared).and_then(|(value, to)| fitting(value, to));
        let (Some(value), Some(declared)) = (value, declared) else { return (INVALID, Produced::default()) };
        self.seen(&format!("a new value of a {declared}"));
        self.tell(|line| line.variable(update.variable.as_str(), &value));
        self.variables.insert(update.variable.clone(), value);
        (How::Success, Produced::default())
    }

    /// When a step that waits for a person times out.
    fn patience(&self, step: &Step) -> Timestamp {
        let seconds = timeout(step.inputs.action(), step.timeout_seconds).unwrap_or_default();
        self.in_millis(seconds * 1_000)
    }

    /// What reaches a step that waits next.
    fn hears(&mut self, step: &Step, until: Timestamp) -> Reached {
        loop {
            if self.is_asked() && self.stop().is_some() {
                return Reached::Cancelled;
            }
            let soon = self.in_millis(1_000);
            if self.is_over(soon, Some(until)) {
                break;
            }
            match self.take_of(step) {
                None => break,
                Some(Reply::Signal(signal, by)) => {
                    self.now = soon;
                    return Reached::Signal(signal, by);
                }
                Some(Reply::Stopped) => {
                    self.now = soon;
                    if self.stop().is_some() {
                        self.seen("a stop of a step that waits");
                        return Reached::Cancelled;
                    }
                }
                Some(Reply::CompletedThen(reply)) => {
                    let begins = self.asks_to_complete();
                    self.give_back(step, *reply);
                    // An approval and a pause end with the execution, and nothing is cleaned up (9.17).
                    if begins && !matches!(step.inputs, Inputs::Sleep(_)) {
                        self.seen("a wait for somebody that a request to complete ends");
                        return Reached::Completed;
                    }
                }
                // No call is made.
                Some(
                    Reply::Returns(_) | Reply::Fails | Reply::FailsThenStopped | Reply::Throttled(_) | Reply::Silent,
                ) => {}
            }
        }
        match self.wakes(Some(until)) {
            Came::CutOff => Reached::CutOff,
            Came::Answer(_) | Came::DeadlineOver | Came::Cancelled => Reached::TimeIsUp,
        }
    }
}

fn chose(target: &str) -> Produced {
    let outputs = IndexMap::from([(OutputName::new("NextStep"), json!(target))]);
    Produced { outputs, ..Produced::default() }
}

/// The person that a text names: a user name matches the ARN that ends with it.
fn person(text: &str) -> &str {
    if text.starts_with("arn:") { text.rsplit('/').next().unwrap_or(text) } else { text }
}

fn is_same(approver: &str, by: &str) -> bool {
    approver == by || (approver.starts_with("arn:") != by.starts_with("arn:") && person(approver) == person(by))
}
