//! Executions that a dead process left, found by whoever starts the next one.

use std::sync::Arc;

use super::background::{self, Handover};
use super::error::tell;
use super::functions;
use super::interruptions::Interruptions;
use super::keep::Recover;
use super::notify::NotifyArgs;
use super::screen::Screen;
use super::signals::OnTerminate;
use super::state::store_error;
use crate::event::{Event, LeaveReason, OnInterrupted};
use crate::limits::{RECOVERED_NAMED, RECOVERED_TOGETHER};
use crate::name::ExecutionId;
use crate::report::{one_line, short_id};
use crate::store::{Entry, Journal};

/// How an execution can be carried on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Beside others, in one process.
    Together,
    /// In a process of its own: it may come upon what is sensitive.
    Alone,
    /// By somebody who is asked, or who gives sensitive values again.
    Asked,
}

fn way(journal: &Journal, id: &ExecutionId) -> Way {
    // What cannot be read is left to somebody.
    let Ok(Some(first)) = journal.beginning(id) else { return Way::Asked };
    let Event::ExecutionStarted(started) = &first.event else { return Way::Asked };
    let launch = &started.launch;
    match launch.on_interrupted {
        OnInterrupted::Ask => Way::Asked,
        OnInterrupted::Retry | OnInterrupted::Fail if !started.hidden.is_empty() => Way::Asked,
        OnInterrupted::Retry | OnInterrupted::Fail if launch.sensitive.is_empty() => Way::Together,
        OnInterrupted::Retry | OnInterrupted::Fail => Way::Alone,
    }
}

/// Resumes them in the background, or tells of them, and notifies those who asked for it. Nothing here stops the command
/// that looks.
pub(super) fn recover(
    journal: &Arc<Journal>,
    how: Recover,
    notify: &NotifyArgs,
    on_terminate: OnTerminate,
    screen: Screen,
) -> Option<Interruptions> {
    if how == Recover::Off {
        return None;
    }
    let word = screen.errors.strong(&screen.errors.warn("warning:"));
    let entries = match journal.interrupted() {
        Ok(entries) => entries,
        Err(error) => {
            tell(&format!("{word} unfinished executions cannot be looked for: {}\n", store_error(&error)));
            return None;
        }
    };
    // Before anybody resumes them: what runs again is no news.
    let interruptions = take_on(journal, &entries, notify);
    let (mut together, mut alone, mut left, mut failed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for entry in &entries {
        match (entry.is_resumed_unasked(), entry.left) {
            (true, _) if how == Recover::Tell => left.push(entry),
            (true, _) => match way(journal, &entry.id) {
                Way::Together => together.push(entry),
                Way::Alone => alone.push(entry),
                Way::Asked => left.push(entry),
            },
            (false, Some(LeaveReason::InternalError)) if !entry.is_imported => failed.push(entry),
            // Its user knows of it, or somebody may run what was imported where it came from.
            (false, _) => {}
        }
    }
    let groups = together.chunks(RECOVERED_TOGETHER).chain(alone.chunks(1));
    for group in groups {
        let ids: Vec<&ExecutionId> = group.iter().map(|entry| &entry.id).collect();
        let handover = Handover { sensitive: serde_json::Map::new(), begun_by: None, notify, on_terminate };
        match background::start(journal, &ids, &handover) {
            Ok(()) => {
                let first = short_id(group.first().map_or("", |entry| entry.id.as_str()));
                tell(&format!(
                    "carrying on in the background what a dead process left: {}; `runwright attach {first}` shows it\n",
                    named(group)
                ));
            }
            Err(error) => tell(&format!("{word} {} cannot be carried on: {error}\n", named(group))),
        }
    }
    if !left.is_empty() {
        let (what, them) = counted(&left);
        tell(&format!("{word} {what} {}; to resume {them}: `runwright resume`\n", named(&left)));
    }
    for entry in failed {
        let short = short_id(entry.id.as_str());
        tell(&format!(
            "{word} execution {} was interrupted by an internal error; to try it again: `runwright resume {short}`\n",
            named(&[entry])
        ));
    }
    interruptions
}

/// The interruptions that this process is to notify people of.
fn take_on(journal: &Arc<Journal>, entries: &[Entry], notify: &NotifyArgs) -> Option<Interruptions> {
    if entries.is_empty() || !notify.is_set() {
        return None;
    }
    let runtime = functions::runtime().ok()?;
    Some(runtime.block_on(Interruptions::claim(journal, &entries.iter().collect::<Vec<_>>(), notify)))
}

fn counted(entries: &[&Entry]) -> (&'static str, &'static str) {
    match entries {
        [_] => ("interrupted execution:", "it"),
        _ => ("interrupted executions:", "them"),
    }
}

fn named(entries: &[&Entry]) -> String {
    let names = entries.iter().take(RECOVERED_NAMED).map(|entry| {
        let terminated = if entry.left == Some(LeaveReason::Termination) { ", terminated" } else { "" };
        format!("{} ({}{terminated})", short_id(entry.id.as_str()), one_line(&entry.document.name))
    });
    let names = names.collect::<Vec<_>>().join(", ");
    match entries.len().saturating_sub(RECOVERED_NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
