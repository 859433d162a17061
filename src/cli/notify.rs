//! `--notify-webhook`, `--notify-command` and `--notify-on`.

use clap::Args;

use crate::event::NotifyOn;
use crate::notify::{NotificationTargets, read_notify_on};

/// Where notifications go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyArgs {
    /// Post JSON to this URL when a step waits for approval or a signal, and when the execution fails (see --notify-on)
    #[arg(long, value_name = "URL")]
    pub(super) notify_webhook: Option<String>,
    /// Run this command with `sh -c` for the same events, with the JSON on its standard input
    #[arg(long, value_name = "COMMAND")]
    pub(super) notify_command: Option<String>,
}

/// The default of `--notify-on`.
const NOTIFY_ON: &str = "waiting,failed,timed-out";

/// The events to notify of, for a new execution.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyOnArgs {
    /// When to notify: waiting, failed, timed-out, success, cancelled, interrupted
    #[arg(long, value_name = "EVENTS", default_value = NOTIFY_ON, value_parser = read_notify_on)]
    pub(super) notify_on: NotifyOn,
}

/// The same for an execution that exists: overrides the events chosen at its start.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Notifications")]
pub(super) struct NotifyOnInsteadArgs {
    /// When to notify, instead of the events chosen at the start: waiting, failed, timed-out, success, cancelled,
    /// interrupted
    #[arg(id = "notify_on_instead", long = "notify-on", value_name = "EVENTS", value_parser = read_notify_on)]
    notify_on: Option<NotifyOn>,
}

impl NotifyOnInsteadArgs {
    /// The events chosen here; none keeps those of the start.
    pub(super) fn chosen(&self) -> Option<NotifyOn> {
        self.notify_on.clone()
    }
}

impl NotifyArgs {
    /// The settings, as environment variables of a process that runs executions.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let webhook = self.notify_webhook.as_deref().map(|url| ("RUNWRIGHT_NOTIFY_WEBHOOK", url));
        let command = self.notify_command.as_deref().map(|command| ("RUNWRIGHT_NOTIFY_COMMAND", command));
        webhook.into_iter().chain(command)
    }

    /// Where notifications go.
    pub(super) fn targets(&self) -> NotificationTargets {
        NotificationTargets { webhook: self.notify_webhook.clone(), command: self.notify_command.clone() }
    }
}
