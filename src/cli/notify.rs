//! Notifications: telling people that a step waits for them, that an execution ended, or that it was interrupted.
//!
//! A wait is told to the approval's `NotificationArn`; all of it to the webhook and the command of this machine, as far as
//! the execution asked for it ([`NotifyOn`]). A notification never fails an execution, and each takes
//! [`NOTIFICATION`] at most.

use std::process::Stdio;

use clap::Args;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::error::tell;
use crate::event::{NotifyEvent, NotifyOn, Status, Wanted};
use crate::execution::{Execution, StepExecution};
use crate::lambda::{Access, post};
use crate::limits::{NOTICE_PARAMETERS_BYTES, NOTICE_SUBJECT_CHARACTERS, NOTICE_TEXT_CHARACTERS, NOTIFICATION};
use crate::report::{Human, one_line, short_id};

/// Whom to notify.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyArgs {
    /// Post JSON to this address when a step waits for somebody, and when the execution fails (see --notify-on)
    #[arg(long, value_name = "URL")]
    pub(super) notify_webhook: Option<String>,
    /// Run this with `sh -c` when a step waits for somebody, and when the execution fails; it gets the JSON on its standard
    /// input
    #[arg(long, value_name = "COMMAND")]
    pub(super) notify_command: Option<String>,
}

/// What `--notify-on` is when nobody says anything.
const NOTIFY_ON: &str = "waiting,failed,timed-out";

/// What to notify of, of a new execution.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyOnArgs {
    /// What the webhook and the command are for: waiting, failed, timed-out, success, cancelled, interrupted
    #[arg(long, value_name = "EVENTS", default_value = NOTIFY_ON, value_parser = notify_on)]
    pub(super) notify_on: NotifyOn,
}

/// The same where an execution has said it before.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyOnInsteadArgs {
    /// What the webhook and the command are for, instead of what was said at the start: waiting, failed, timed-out,
    /// success, cancelled, interrupted
    #[arg(id = "notify_on_instead", long = "notify-on", value_name = "EVENTS", value_parser = notify_on)]
    notify_on: Option<NotifyOn>,
}

impl NotifyOnInsteadArgs {
    /// What is said here, or what the execution says.
    pub(super) fn over(&self, said: &NotifyOn) -> NotifyOn {
        self.notify_on.as_ref().unwrap_or(said).clone()
    }
}

/// `waiting,failed`
fn notify_on(text: &str) -> Result<NotifyOn, String> {
    let event = |word: &str| {
        let found = NotifyEvent::ALL.into_iter().find(|event| event.as_str() == word.trim());
        found.ok_or_else(|| {
            let words = NotifyEvent::ALL.map(NotifyEvent::as_str).join(", ");
            format!("`{}` is none of {words}", one_line(word.trim()))
        })
    };
    text.split(',').map(event).collect::<Result<Vec<_>, _>>().map(NotifyOn::new)
}

impl NotifyArgs {
    /// The settings, as variables of the environment of a process that carries executions on.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let webhook = self.notify_webhook.as_deref().map(|url| ("RUNWRIGHT_NOTIFY_WEBHOOK", url));
        let command = self.notify_command.as_deref().map(|command| ("RUNWRIGHT_NOTIFY_COMMAND", command));
        webhook.into_iter().chain(command)
    }

    /// Whether anybody would be told.
    pub(super) const fn is_set(&self) -> bool {
        self.notify_webhook.is_some() || self.notify_command.is_some()
    }

    /// Tells both at once. What fails is told on this machine, and stops nothing; false when anything failed.
    async fn send(&self, notice: &Notice) -> bool {
        let failed = |flag: &str, why: &str| {
            tell(&format!("{}; {flag}: {}\n", notice.undelivered, one_line(why)));
            false
        };
        let webhook = async {
            let Some(url) = &self.notify_webhook else { return true };
            // The address may be a secret itself.
            let sent = post(url, notice.json.to_string()).await;
            sent.map_or_else(|error| failed("--notify-webhook", &error.to_string()), |()| true)
        };
        let command = async {
            let Some(command) = &self.notify_command else { return true };
            run(command, &notice.json).await.map_or_else(|why| failed("--notify-command", &why), |()| true)
        };
        let (webhook, command) = tokio::join!(webhook, command);
        webhook && command
    }

    /// Tells that an execution was interrupted; false when somebody could not be told.
    pub(super) async fn send_interruption(&self, execution: &Execution) -> bool {
        self.send(&Notice::of_interruption(execution)).await
    }
}

/// Notifies people of one execution.
#[derive(Debug, Clone, Default)]
pub(super) struct Notifier {
    pub(super) to: NotifyArgs,
    pub(super) on: NotifyOn,
}

impl Notifier {
    /// Tells that a step waits for somebody, where one does.
    pub(super) async fn waiting(&self, execution: &Execution, access: Option<&Access>) {
        let Some(Wait { notice, subject, topic }) = Wait::of(execution) else { return };
        let publish = async {
            let Some(topic) = &topic else { return };
            let undelivered =
                |why: &str| tell(&format!("{}; NotificationArn: {}\n", notice.undelivered, one_line(why)));
            let Some(access) = access else {
                return undelivered("this execution has no AWS credentials to publish with");
            };
            if let Err(error) = access.publish(topic, &subject, &notice.text).await {
                undelivered(&error.to_string());
            }
        };
        let send = async {
            if self.on.contains(NotifyEvent::Waiting) {
                self.to.send(&notice).await;
            }
        };
        tokio::join!(publish, send);
    }

    /// Tells that the execution ended.
    pub(super) async fn ended(&self, execution: &Execution) {
        let (event, name) = match execution.status() {
            Status::Success => (NotifyEvent::Success, "ExecutionSucceeded"),
            Status::Failed => (NotifyEvent::Failed, "ExecutionFailed"),
            Status::TimedOut => (NotifyEvent::TimedOut, "ExecutionTimedOut"),
            Status::Cancelled => (NotifyEvent::Cancelled, "ExecutionCancelled"),
            Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling => return,
        };
        if self.to.is_set() && self.on.contains(event) {
            self.to.send(&Notice::of_end(execution, name)).await;
        }
    }
}

/// What is said.
struct Notice {
    text: String,
    json: Value,
    /// The beginning of what is said on this machine when somebody could not be told.
    undelivered: String,
}

/// What is the same in every notice, and what differs.
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
    undelivered: String,
}

impl Notice {
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
        Self { text: facts.text, json, undelivered: facts.undelivered }
    }

    fn of_end(execution: &Execution, event: &'static str) -> Self {
        let status = execution.status();
        let ending = execution.ending();
        let failure_message = ending.and_then(|ending| ending.failure_message.as_deref()).map(cut);
        let ended_at = execution.changed_at();
        let mut text = format!("{}: {status}\n", runbook(execution));
        if let Some(message) = &failure_message {
            text.push_str(&format!("\n{message}\n"));
        }
        let (id, short, started) = (execution.id(), short_id(execution.id().as_str()), execution.started());
        let took = Human::between(execution.started_at(), ended_at);
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
            undelivered: format!("warning: nobody was told that the execution ended {status}"),
        };
        Self::new(execution, facts)
    }

    fn of_interruption(execution: &Execution) -> Self {
        let (id, short, started) = (execution.id(), short_id(execution.id().as_str()), execution.started());
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
            undelivered: format!("warning: nobody was told that execution {short} was interrupted"),
        };
        Self::new(execution, facts)
    }
}

/// A step that waits for somebody.
struct Wait {
    notice: Notice,
    subject: String,
    topic: Option<String>,
}

impl Wait {
    /// None when nobody is waited for, or somebody who sits before it.
    fn of(execution: &Execution) -> Option<Self> {
        let wait = execution.waits_for()?;
        let run = execution.current()?;
        let step = run.step.as_str();
        let id = execution.id().as_str();
        let short = short_id(id);
        let started = execution.started();
        let (event, what, approval) = match &wait.wanted {
            Wanted::Time | Wanted::Start(_) => return None,
            Wanted::Resume => ("StepWaiting", "waits to be resumed", None),
            Wanted::Approval(approval) => ("ApprovalWaiting", "waits for approval", Some(approval)),
        };
        let subject: String = format!("{}: step {step} {what}", runbook(execution));
        let subject: String = subject.chars().take(NOTICE_SUBJECT_CHARACTERS).collect();
        let orders = match approval {
            Some(_) => format!("runwright signal {short} approve\nrunwright signal {short} reject --comment WHY"),
            None => format!("runwright signal {short} resume"),
        };
        let message = approval.and_then(|approval| approval.message.clone());
        let mut text = format!("{subject}\n");
        if let Some(message) = &message {
            text.push_str(&format!("\n{message}\n"));
        }
        if let Some(approval) = approval {
            let (required, all) = (approval.required, approval.approvers.len());
            text.push_str(&format!("\n{required} of {all} to approve: {}\n", approval.approvers.join(", ")));
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
            undelivered: format!("warning: nobody was told that step {step} waits"),
        };
        let topic = run.inputs.get("NotificationArn").and_then(Value::as_str).filter(|topic| !topic.is_empty());
        Some(Self { notice: Notice::new(execution, facts), subject, topic: topic.map(ToOwned::to_owned) })
    }
}

fn runbook(execution: &Execution) -> String {
    one_line(&execution.started().document.name).into_owned()
}

/// A text that a function may have written, as long as it may be.
fn cut(text: &str) -> String {
    text.chars().take(NOTICE_TEXT_CHARACTERS).collect()
}

/// The parameters as the journal has them: sensitive ones are masked. None where they would be most of the notice.
fn parameters(execution: &Execution) -> Option<IndexMap<&str, &Value>> {
    let parameters: IndexMap<&str, &Value> =
        execution.parameters().iter().map(|(name, value)| (name.as_str(), value)).collect();
    let size = serde_json::to_string(&parameters).map_or(usize::MAX, |text| text.len());
    (size <= NOTICE_PARAMETERS_BYTES).then_some(parameters)
}

/// Runs a command with JSON on its standard input; why it did not do its work.
async fn run(command: &str, json: &Value) -> Result<(), String> {
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // An interrupt that cancels the execution is not meant for whoever tells of it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdin = child.stdin.take();
    let work = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read says itself what it thinks of it.
            let _ = stdin.write_all(format!("{json}\n").as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let ended = tokio::time::timeout(NOTIFICATION, work).await;
    let ended = ended.map_err(|_| format!("it took longer than {} s", NOTIFICATION.as_secs()))?;
    let ended = ended.map_err(|error| error.to_string())?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.lines().last().map(|line| format!(": {line}")).unwrap_or_default();
    Err(format!("{}{said}", ended.status))
}
