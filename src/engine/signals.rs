//! The steps that wait for a person, pause and approve, and the signals to them (spec 4.4, 4.5, 5.2).

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::decision::{Decision, StepResult};
use super::error::EngineError;
use super::input_error::InputError;
use super::outline::timeout_seconds;
use super::retry::after;
use crate::event::{
    Approval, Event, Failure, FailureStage, FailureType, Signal, SignalReceived, Status, WaitKind, WaitStarted,
};
use crate::execution::{Execution, StepExecution};
use crate::expression::{Template, embedded, output_texts};
use crate::limits::APPROVERS;
use crate::name::{OutputName, StepExecutionId};
use crate::runbook::Step;
use crate::runbook::inputs::approve::{name, people};

/// Why a signal would have no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalRejected {
    /// No step waits for a person.
    #[error("no step waits for a signal")]
    NothingWaits,
    /// The step waits for another signal.
    #[error("step {step} waits for {wanted}")]
    WrongSignal {
        /// The step.
        step: String,
        /// The signals that it accepts.
        wanted: &'static str,
    },
    /// The sender is not an approver.
    #[error("{by} is not an approver of step {step}: {}", approvers.join(", "))]
    NotAnApprover {
        /// The step.
        step: String,
        /// The sender.
        by: String,
        /// The approvers.
        approvers: Vec<String>,
    },
    /// No step is running that could be stopped.
    #[error("no step is running")]
    NothingRuns,
    /// The sender has approved the step already.
    #[error("{by} has already approved step {step}; it waits for others")]
    AlreadyApproved {
        /// The step.
        step: String,
        /// The sender.
        by: String,
    },
    /// The user who started the execution must not approve it.
    #[error("{by} started the execution and must not approve it")]
    SelfApproval {
        /// The sender.
        by: String,
    },
}

/// Checks that the execution accepts a signal in its current state. Returns the run of the step that the signal is for.
pub fn validate_signal(execution: &Execution, received: &SignalReceived) -> Result<StepExecutionId, SignalRejected> {
    if received.signal == Signal::StopStep {
        return execution.current().map(|run| run.id.clone()).ok_or(SignalRejected::NothingRuns);
    }
    let wait = execution.waits_for().ok_or(SignalRejected::NothingWaits)?;
    if let WaitKind::Start(next) = &wait.wanted {
        return match received.signal {
            Signal::StartStep | Signal::SkipStep => Ok(next.step_execution.clone()),
            Signal::Approve | Signal::Reject | Signal::Resume | Signal::StopStep => {
                Err(SignalRejected::WrongSignal { step: next.step.to_string(), wanted: "`start-step` or `skip-step`" })
            }
        };
    }
    let run = execution.current().ok_or(SignalRejected::NothingWaits)?;
    let step = || run.step.to_string();
    let another = |wanted| SignalRejected::WrongSignal { step: step(), wanted };
    match (&wait.wanted, received.signal) {
        (WaitKind::Time | WaitKind::Start(_), _) => Err(SignalRejected::NothingWaits),
        (WaitKind::Resume, Signal::Resume) => Ok(run.id.clone()),
        (
            WaitKind::Resume,
            Signal::Approve | Signal::Reject | Signal::StartStep | Signal::SkipStep | Signal::StopStep,
        ) => Err(another("`resume`")),
        (WaitKind::Approval(_), Signal::Resume | Signal::StartStep | Signal::SkipStep | Signal::StopStep) => {
            Err(another("`approve` or `reject`"))
        }
        (WaitKind::Approval(approval), Signal::Approve | Signal::Reject) => {
            let by = &received.by;
            if !approval.approvers.iter().any(|approver| is_same(approver, by)) {
                let approvers = approval.approvers.clone();
                return Err(SignalRejected::NotAnApprover { step: step(), by: by.clone(), approvers });
            }
            if execution.started().launch.no_self_approval && is_same(by, &execution.started().executed_by) {
                return Err(SignalRejected::SelfApproval { by: by.clone() });
            }
            if received.signal == Signal::Approve && approved(run).any(|other| is_same(other, by)) {
                return Err(SignalRejected::AlreadyApproved { step: step(), by: by.clone() });
            }
            Ok(run.id.clone())
        }
    }
}

/// The people who have approved a step.
fn approved(run: &StepExecution) -> impl Iterator<Item = &str> {
    let signals = run.wait.iter().flat_map(|wait| &wait.signals);
    signals.filter(|it| it.received.signal == Signal::Approve).map(|it| it.received.by.as_str())
}

/// Whether two texts name the same person: a user name matches an ARN that ends with it, and a role matches a session
/// that has assumed it.
fn is_same(one: &str, other: &str) -> bool {
    if acts_as(one, other) || acts_as(other, one) {
        return true;
    }
    one == other || name(one) == Some(other) || name(other) == Some(one)
}

/// Whether `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION` is a session of
/// `arn:aws:iam::123456789012:role/path/ROLE`.
fn acts_as(session: &str, role: &str) -> bool {
    let (session, role): (Vec<&str>, Vec<&str>) = (session.splitn(6, ':').collect(), role.splitn(6, ':').collect());
    match (session.as_slice(), role.as_slice()) {
        (["arn", partition, "sts", _, account, session], ["arn", other, "iam", _, owner, role]) => {
            let assumed = session.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
            let name = role.strip_prefix("role/").and_then(|rest| rest.rsplit('/').next());
            partition == other && account == owner && assumed.is_some() && assumed == name
        }
        _ => false,
    }
}

impl<'a> Decision<'a> {
    pub(super) fn pause(&mut self, step: &'a Step) -> Result<(), EngineError> {
        match self.begin_with_inputs(step)? {
            Some(_) => self.wait_for(step, WaitKind::Resume),
            None => Ok(()),
        }
    }

    pub(super) fn approve(&mut self, step: &'a Step) -> Result<(), EngineError> {
        let Some(inputs) = self.begin_with_inputs(step)? else { return Ok(()) };
        match approval(&inputs) {
            Ok(approval) => self.wait_for(step, WaitKind::Approval(approval)),
            Err(error) => self.refuse_inputs(step, &error.to_string()),
        }
    }

    fn wait_for(&mut self, step: &Step, wanted: WaitKind) -> Result<(), EngineError> {
        let seconds = timeout_seconds(step, self.execution.started().settings.long_invocations);
        let until = after(self.now, Duration::from_secs(seconds.unwrap_or(u64::from(u32::MAX))));
        self.record(Event::WaitStarted(Arc::new(WaitStarted { until, wanted })))
    }

    /// Applies a signal to a run of a step. A signal without effect is ignored: it may have been delivered before.
    pub(super) fn signal(&mut self, run: &StepExecutionId, received: SignalReceived) -> Result<(), EngineError> {
        if validate_signal(self.execution, &received).ok().as_ref() != Some(run) {
            return Ok(());
        }
        match received.signal {
            Signal::StartStep => return self.record(Event::SignalReceived(Arc::new(received))),
            Signal::SkipStep => return self.skip(received),
            Signal::StopStep => return self.stop_step(received),
            Signal::Approve | Signal::Reject | Signal::Resume => {}
        }
        let step = self.step()?;
        let signal = received.signal;
        let said = received.comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
        let rejected = format!("{} rejected it{said}.", received.by);
        self.record(Event::SignalReceived(Arc::new(received)))?;
        let wanted = self.execution.current().and_then(|run| Some(run.wait.as_ref()?.wanted.clone()));
        match (wanted, signal) {
            (Some(WaitKind::Approval(approval)), Signal::Approve) => {
                let given = self.execution.current().map_or(0, |run| approved(run).count());
                if u32::try_from(given).unwrap_or(u32::MAX) < approval.required {
                    return Ok(());
                }
                let outputs = self.decisions("Approved");
                self.end_step(step, Status::Success, StepResult { outputs, ..StepResult::default() })
            }
            (Some(WaitKind::Approval(_)), Signal::Reject) => {
                let outputs = self.decisions("Rejected");
                let failure = Some(Failure::new(FailureStage::Invocation, FailureType::Action, rejected));
                self.end_step(step, Status::Failed, StepResult { outputs, failure, ..StepResult::default() })
            }
            (Some(WaitKind::Resume), Signal::Resume) => self.end_step(step, Status::Success, StepResult::default()),
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Ends the wait of the current step: a sleep succeeds, and an approval or a pause times out.
    pub(super) fn wait_is_over(&mut self) -> Result<(), EngineError> {
        let step = self.step()?;
        let Some(wait) = self.execution.current().and_then(|run| run.wait.as_ref()) else { return Ok(()) };
        let (outputs, message) = match &wait.wanted {
            WaitKind::Time | WaitKind::Start(_) => return self.end_step(step, Status::Success, StepResult::default()),
            WaitKind::Resume => (IndexMap::new(), "Not resumed in time.".to_owned()),
            WaitKind::Approval(approval) => {
                let given = self.execution.current().map_or(0, |run| approved(run).count());
                let message = format!("Not approved in time: {given} of {} approvals.", approval.required);
                (self.decisions("Waiting"), message)
            }
        };
        let failure = Some(Failure::new(FailureStage::Invocation, FailureType::Action, message));
        self.end_step(step, Status::TimedOut, StepResult { outputs, failure, ..StepResult::default() })
    }

    /// The outputs of an approval (spec 4.5).
    fn decisions(&self, status: &str) -> IndexMap<OutputName, Value> {
        let signals = self.execution.current().and_then(|run| run.wait.as_ref()).map(|wait| wait.signals.as_slice());
        let decisions: Vec<Value> = signals
            .unwrap_or_default()
            .iter()
            .map(|it| {
                let mut decision = json!({
                    "Approver": it.received.by,
                    "Decision": it.received.signal.as_str(),
                    "DecisionTime": it.at,
                });
                if let (Some(comment), Some(entry)) = (&it.received.comment, decision.as_object_mut()) {
                    entry.insert("Comment".to_owned(), Value::from(comment.as_str()));
                }
                decision
            })
            .collect();
        IndexMap::from([
            (OutputName::new("ApprovalStatus"), Value::from(status)),
            (OutputName::new("ApproverDecisions"), Value::Array(decisions)),
        ])
    }
}

/// Reads the settings of an approval from resolved inputs.
fn approval(inputs: &IndexMap<String, Value>) -> Result<Approval, InputError> {
    let approvers: Vec<String> = inputs.get("Approvers").map(output_texts).unwrap_or_default();
    let approvers: Vec<String> = approvers.into_iter().filter(|approver| !approver.trim().is_empty()).collect();
    if approvers.is_empty() {
        return Err(InputError::NoApprovers);
    }
    if let Some(approver) = approvers.iter().find(|approver| Template::parse(approver).has_references()) {
        return Err(InputError::UnresolvedApprover { approver: approver.clone() });
    }
    if approvers.len() > APPROVERS {
        return Err(InputError::TooManyApprovers { found: approvers.len() });
    }
    let required = match inputs.get("MinRequiredApprovals").map(embedded) {
        None => 1,
        Some(text) => text
            .trim()
            .parse::<u32>()
            .ok()
            .filter(|required| *required > 0)
            .ok_or(InputError::RequiredApprovals { found: text })?,
    };
    // An approver who is named twice still approves once.
    let people = people(approvers.iter().map(String::as_str));
    if usize::try_from(required).unwrap_or(usize::MAX) > people {
        return Err(InputError::TooFewApprovers { required, approvers: people });
    }
    Ok(Approval { approvers, required, message: inputs.get("Message").map(embedded) })
}
