//! Telling people that a step waits for them: the approval's `NotificationArn`, and what this machine is set up with.

use std::process::Stdio;

use clap::Args;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::error::tell;
use crate::event::Wanted;
use crate::execution::Execution;
use crate::lambda::{Access, post};
use crate::limits::{AWS_SIGN_IN, NOTICE_SUBJECT_CHARACTERS};
use crate::report::{one_line, short_id};

/// Whom to tell that somebody is waited for.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Waiting for somebody")]
pub(super) struct NotifyArgs {
    /// Post JSON to this address when a step waits for somebody
    #[arg(long, value_name = "URL")]
    pub(super) notify_webhook: Option<String>,
    /// Run this with `sh -c` when a step waits for somebody; it gets the JSON on its standard input
    #[arg(long, value_name = "COMMAND")]
    pub(super) notify_command: Option<String>,
}

impl NotifyArgs {
    /// The settings, as variables of the environment of a process that carries executions on.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let webhook = self.notify_webhook.as_deref().map(|url| ("RUNWRIGHT_NOTIFY_WEBHOOK", url));
        let command = self.notify_command.as_deref().map(|command| ("RUNWRIGHT_NOTIFY_COMMAND", command));
        webhook.into_iter().chain(command)
    }

    /// Tells everybody. What fails is told on this machine, and stops nothing.
    pub(super) async fn notify(&self, execution: &Execution, access: Option<&Access>) {
        let Some(notice) = Notice::of(execution) else { return };
        let topic = async {
            let Some(topic) = &notice.topic else { return };
            let Some(access) = access else {
                return warn(&notice.step, "NotificationArn: this execution has no AWS credentials to publish with");
            };
            if let Err(error) = access.publish(topic, &notice.subject, &notice.text).await {
                warn(&notice.step, &format!("NotificationArn: {error}"));
            }
        };
        let webhook = async {
            if let Some(url) = &self.notify_webhook
                && let Err(error) = post(url, notice.json.to_string()).await
            {
                // The address may be a secret itself.
                warn(&notice.step, &format!("--notify-webhook: {error}"));
            }
        };
        let command = async {
            if let Some(command) = &self.notify_command
                && let Err(why) = run(command, &notice.json).await
            {
                warn(&notice.step, &format!("--notify-command: {why}"));
            }
        };
        tokio::join!(topic, webhook, command);
    }
}

fn warn(step: &str, why: &str) {
    tell(&format!("warning: nobody was told that step {step} waits; {}\n", one_line(why)));
}

/// What is said.
struct Notice {
    step: String,
    topic: Option<String>,
    subject: String,
    text: String,
    json: Value,
}

impl Notice {
    /// None when nobody is waited for, or somebody who sits before it.
    fn of(execution: &Execution) -> Option<Self> {
        let wait = execution.waits_for()?;
        let run = execution.current()?;
        let step = run.step.to_string();
        let id = execution.id().as_str();
        let short = short_id(id);
        let started = execution.started();
        let (event, what, approval) = match &wait.wanted {
            Wanted::Time | Wanted::Start(_) => return None,
            Wanted::Resume => ("StepWaiting", "waits to be resumed", None),
            Wanted::Approval(approval) => ("ApprovalWaiting", "waits for approval", Some(approval)),
        };
        let runbook = one_line(&started.document.name).into_owned();
        let subject: String =
            format!("{runbook}: step {step} {what}").chars().take(NOTICE_SUBJECT_CHARACTERS).collect();
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
        let json = json!({
            "event": event,
            "executionId": id,
            "runbook": runbook,
            "step": step,
            "message": message,
            "approvers": approval.map(|approval| &approval.approvers),
            "required": approval.map(|approval| approval.required),
            "startedBy": started.executed_by,
            "host": started.launch.host,
            "waitsUntil": wait.until,
            "text": text,
        });
        let topic = run.inputs.get("NotificationArn").and_then(Value::as_str).filter(|topic| !topic.is_empty());
        Some(Self { topic: topic.map(ToOwned::to_owned), step, subject, text, json })
    }
}

/// Runs a command with JSON on its standard input; why it did not do its work.
async fn run(command: &str, json: &Value) -> Result<(), String> {
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read says itself what it thinks of it.
        let _ = stdin.write_all(format!("{json}\n").as_bytes()).await;
    }
    let ended = tokio::time::timeout(AWS_SIGN_IN, child.wait_with_output()).await;
    let ended = ended.map_err(|_| format!("it took longer than {} s", AWS_SIGN_IN.as_secs()))?;
    let ended = ended.map_err(|error| error.to_string())?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.lines().last().map(|line| format!(": {line}")).unwrap_or_default();
    Err(format!("{}{said}", ended.status))
}
