//! Notifications: a step waits for a person, an execution ended, or it was interrupted.
//!
//! Owns: the content of notifications, and the senders: a webhook, a command, the SNS topic of an approval
//! (`NotificationArn`). Does not own: when people are notified (`automation`), or access to AWS (`aws`). A
//! notification never fails an execution, and each takes [`NOTIFICATION`] at most.

mod delivery;
mod message;

use std::fmt;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::aws::Access;
use crate::event::{NotifyEvent, NotifyOn, Status};
use crate::execution::Execution;
use crate::limits::NOTIFICATION;
use crate::untrusted::one_line;
use delivery::{Unsent, post, publish};
use message::{Message, WaitMessage};

/// Where notifications go.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NotificationTargets {
    /// An address that takes JSON. It may be a secret itself.
    pub webhook: Option<String>,
    /// A command, run with `sh -c`, that gets the JSON on its standard input.
    pub command: Option<String>,
}

impl fmt::Debug for NotificationTargets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationTargets")
            .field("webhook", &self.webhook.is_some())
            .field("command", &self.command.is_some())
            .finish()
    }
}

/// How a notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The webhook.
    Webhook,
    /// The command.
    Command,
    /// The topic of an approval's `NotificationArn`.
    Topic,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Webhook => "--notify-webhook",
            Self::Command => "--notify-command",
            Self::Topic => "NotificationArn",
        })
    }
}

/// A notification that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("notification {about} failed; {channel}: {reason}")]
pub struct DeliveryFailure {
    /// What it was about: `for step ask`.
    pub about: String,
    /// How it was sent.
    pub channel: Channel,
    /// Why it failed.
    pub reason: String,
}

/// Why a command did not deliver a notification.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    System(#[from] std::io::Error),
    #[error("timed out after {} s", NOTIFICATION.as_secs())]
    Timeout,
    #[error("{status}{}", last_line.as_ref().map(|line| format!(": {line}")).unwrap_or_default())]
    Failed { status: std::process::ExitStatus, last_line: Option<String> },
}

impl NotificationTargets {
    /// Whether there is any.
    pub const fn is_set(&self) -> bool {
        self.webhook.is_some() || self.command.is_some()
    }

    /// Notifies people that an execution was interrupted.
    pub async fn interrupted(&self, execution: &Execution) -> Vec<DeliveryFailure> {
        self.send(&Message::of_interruption(execution)).await
    }

    /// Sends to both concurrently.
    async fn send(&self, message: &Message) -> Vec<DeliveryFailure> {
        let failure = |channel, reason: String| DeliveryFailure { about: message.about.clone(), channel, reason };
        let webhook = async {
            let sent: Result<(), Unsent> = post(self.webhook.as_ref()?, message.json.to_string()).await;
            sent.err().map(|error| failure(Channel::Webhook, error.to_string()))
        };
        let command = async {
            let sent = run_command(self.command.as_ref()?, &message.json).await;
            sent.err().map(|error| failure(Channel::Command, error.to_string()))
        };
        let (webhook, command) = tokio::join!(webhook, command);
        webhook.into_iter().chain(command).collect()
    }
}

/// Notifies people of one execution.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    /// Where notifications go.
    pub targets: NotificationTargets,
    /// What people are notified of.
    pub events: NotifyOn,
}

impl Notifier {
    /// Notifies people that a step waits for them, where one does.
    pub async fn waiting(&self, execution: &Execution, access: Option<&Access>) -> Vec<DeliveryFailure> {
        let Some(WaitMessage { message, subject, topic }) = WaitMessage::of(execution) else { return Vec::new() };
        let publish = async {
            let topic = topic.as_ref()?;
            let failure = |reason| DeliveryFailure { about: message.about.clone(), channel: Channel::Topic, reason };
            let Some(access) = access else {
                return Some(failure("the execution has no AWS credentials, which SNS requires".to_owned()));
            };
            let published = publish(access, topic, &subject, &message.text).await;
            published.err().map(|error| failure(error.to_string()))
        };
        let send = async {
            if self.events.contains(NotifyEvent::Waiting) { self.targets.send(&message).await } else { Vec::new() }
        };
        let (published, sent) = tokio::join!(publish, send);
        published.into_iter().chain(sent).collect()
    }

    /// Notifies people that the execution ended.
    pub async fn ended(&self, execution: &Execution) -> Vec<DeliveryFailure> {
        let (event, name) = match execution.status() {
            Status::Success => (NotifyEvent::Success, "ExecutionSucceeded"),
            Status::Failed => (NotifyEvent::Failed, "ExecutionFailed"),
            Status::TimedOut => (NotifyEvent::TimedOut, "ExecutionTimedOut"),
            Status::Cancelled => (NotifyEvent::Cancelled, "ExecutionCancelled"),
            Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling => return Vec::new(),
        };
        if self.targets.is_set() && self.events.contains(event) {
            self.targets.send(&Message::of_end(execution, name)).await
        } else {
            Vec::new()
        }
    }
}

/// Runs a command with JSON on its standard input.
async fn run_command(command: &str, json: &Value) -> Result<(), CommandError> {
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // An interrupt that cancels the execution is not meant for the command.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let stdin = child.stdin.take();
    let work = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read its input still decides by its exit code.
            let _ = stdin.write_all(format!("{json}\n").as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let ended = tokio::time::timeout(NOTIFICATION, work).await.map_err(|_| CommandError::Timeout)??;
    if ended.status.success() {
        return Ok(());
    }
    let last_line = String::from_utf8_lossy(&ended.stderr).lines().last().map(ToOwned::to_owned);
    Err(CommandError::Failed { status: ended.status, last_line })
}

/// Why a text is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not one of {}", one_line(.word), NotifyEvent::ALL.map(NotifyEvent::as_str).join(", "))]
pub struct UnknownEvent {
    /// What was written.
    pub word: String,
}

/// Reads `waiting,failed`.
pub fn read_notify_on(text: &str) -> Result<NotifyOn, UnknownEvent> {
    let event = |word: &str| {
        let word = word.trim();
        let found = NotifyEvent::ALL.into_iter().find(|event| event.as_str() == word);
        found.ok_or_else(|| UnknownEvent { word: word.to_owned() })
    };
    text.split(',').map(event).collect::<Result<Vec<_>, _>>().map(NotifyOn::new)
}
