//! The content of notifications.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::duration::HumanDuration;
use crate::event::{Status, WaitKind};
use crate::execution::{Execution, StepExecution};
use crate::limits::{NOTICE_PARAMETERS_BYTES, NOTICE_SUBJECT_CHARACTERS, NOTICE_TEXT_CHARACTERS};
use crate::untrusted::one_line;

/// The content of a notification.
pub(super) struct Message {
    /// For people.
    pub(super) text: String,
    /// For programs.
    pub(super) json: Value,
    /// What it is about: `for step ask`.
    pub(super) about: String,
}

/// The facts of a message.
struct Facts<'a> {
    event: &'static str,
    status: &'static str,
    step: Option<&'a StepExecution>,
    message: Option<String>,
    failure_message: Option<String>,
    approvers: Option<&'a [String]>,
    required: Option<u32>,
    waits_until: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    text: String,
    about: String,
}

impl Message {
    fn new(execution: &Execution, facts: Facts<'_>) -> Self {
        let started = execution.started();
        let json = json!({
            "event": facts.event,
            "executionId": execution.id().as_str(),
            "runbook": runbook(execution),
            "status": facts.status,
            "step": facts.step.map(|run| run.step.as_str()),
            "message": facts.message,
            "failureMessage": facts.failure_message,
            "parameters": parameters(execution),
            "approvers": facts.approvers,
            "required": facts.required,
            "startedBy": started.executed_by,
            "host": started.launch.host,
            "startedAt": execution.started_at(),
            "endedAt": facts.ended_at,
            "waitsUntil": facts.waits_until,
            "text": facts.text,
        });
        Self { text: facts.text, json, about: facts.about }
    }

    pub(super) fn of_end(execution: &Execution, event: &'static str) -> Self {
        let status = execution.status();
        let ending = execution.ending();
        let failure_message = ending.and_then(|ending| ending.failure_message.as_deref()).map(cut);
        let ended_at = execution.changed_at();
        let mut text = format!("{}: {status}\n", runbook(execution));
        if let Some(message) = &failure_message {
            text.push_str(&format!("\n{message}\n"));
        }
        let (id, short, started) = (execution.id(), execution.id().short(), execution.started());
        let took = HumanDuration::between(execution.started_at(), ended_at);
        text.push_str(&format!(
            "\nexecution {id}, started by {} on {}, ended after {took}\n\nrunwright executions show {short}\n",
            started.executed_by, started.launch.host
        ));
        let step = execution.runs().iter().rev().find(|run| run.status() == status && status != Status::Success);
        if step.is_some() {
            text.push_str(&format!("runwright redrive {short}\n"));
        }
        let facts = Facts {
            event,
            status: status.as_str(),
            step,
            message: None,
            failure_message,
            approvers: None,
            required: None,
            waits_until: None,
            ended_at: Some(ended_at),
            text,
            about: format!("of the end of the execution ({status})"),
        };
        Self::new(execution, facts)
    }

    pub(super) fn of_interruption(execution: &Execution) -> Self {
        let (id, short, started) = (execution.id(), execution.id().short(), execution.started());
        let step = execution.current().or_else(|| execution.looping());
        let place = step.map(|run| format!(" in step {}", run.step)).unwrap_or_default();
        let text = format!(
            "{}: interrupted{place}\n\nexecution {id}, started by {} on {}, has not ended, and no process runs it\n\nrunwright \
             resume {short}\nrunwright stop {short}\n",
            runbook(execution),
            started.executed_by,
            started.launch.host
        );
        let facts = Facts {
            event: "ExecutionInterrupted",
            status: "Interrupted",
            step,
            message: None,
            failure_message: None,
            approvers: None,
            required: None,
            waits_until: None,
            ended_at: None,
            text,
            about: format!("of the interruption of execution {short}"),
        };
        Self::new(execution, facts)
    }
}

/// The message for a step that waits for a person.
pub(super) struct WaitMessage {
    pub(super) message: Message,
    /// Of a mail.
    pub(super) subject: String,
    /// The ARN of the topic that the step names.
    pub(super) topic: Option<String>,
}

impl WaitMessage {
    /// None unless a step waits to be resumed or approved.
    pub(super) fn of(execution: &Execution) -> Option<Self> {
        let wait = execution.waits_for()?;
        let run = execution.current()?;
        let step = run.step.as_str();
        let id = execution.id().as_str();
        let short = execution.id().short();
        let started = execution.started();
        let (event, what, approval) = match &wait.wanted {
            WaitKind::Time | WaitKind::Start(_) => return None,
            WaitKind::Resume => ("StepWaiting", "waits to be resumed", None),
            WaitKind::Approval(approval) => ("ApprovalWaiting", "waits for approval", Some(approval)),
        };
        let subject: String = format!("{}: step {step} {what}", runbook(execution));
        let subject: String = subject.chars().take(NOTICE_SUBJECT_CHARACTERS).collect();
        let orders = match approval {
            Some(_) => format!("runwright signal {short} approve\nrunwright signal {short} reject --comment REASON"),
            None => format!("runwright signal {short} resume"),
        };
        let message = approval.and_then(|approval| approval.message.clone());
        let mut text = format!("{subject}\n");
        if let Some(message) = &message {
            text.push_str(&format!("\n{message}\n"));
        }
        if let Some(approval) = approval {
            let required = approval.required;
            let approvals = if required == 1 { "1 approval".to_owned() } else { format!("{required} approvals") };
            text.push_str(&format!("\nwaiting for {approvals} from: {}\n", approval.approvers.join(", ")));
        }
        text.push_str(&format!(
            "\nexecution {id}, started by {} on {}, waits until {}\n\n{orders}\n",
            started.executed_by, started.launch.host, wait.until
        ));
        let facts = Facts {
            event,
            status: Status::Waiting.as_str(),
            step: Some(run),
            message,
            failure_message: None,
            approvers: approval.map(|approval| approval.approvers.as_slice()),
            required: approval.map(|approval| approval.required),
            waits_until: Some(wait.until),
            ended_at: None,
            text,
            about: format!("for step {step}"),
        };
        let topic = run.inputs.get("NotificationArn").and_then(Value::as_str).filter(|topic| !topic.is_empty());
        Some(Self { message: Message::new(execution, facts), subject, topic: topic.map(ToOwned::to_owned) })
    }
}

fn runbook(execution: &Execution) -> String {
    one_line(&execution.started().document.name).into_owned()
}

/// A text from outside, cut to the limit.
fn cut(text: &str) -> String {
    text.chars().take(NOTICE_TEXT_CHARACTERS).collect()
}

/// The parameters as the journal has them: sensitive ones are masked. None when they are too long.
fn parameters(execution: &Execution) -> Option<IndexMap<&str, &Value>> {
    let parameters: IndexMap<&str, &Value> =
        execution.parameters().iter().map(|(name, value)| (name.as_str(), value)).collect();
    let size = serde_json::to_string(&parameters).map_or(usize::MAX, |text| text.len());
    (size <= NOTICE_PARAMETERS_BYTES).then_some(parameters)
}
