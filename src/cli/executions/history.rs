//! Finding an execution by what was typed, and reading its history.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::screen::Screen;
use crate::cli::state::{StateArgs, store_error};
use crate::clock::{Clock, SystemClock, after};
use crate::event::Recorded;
use crate::execution::Execution;
use crate::limits::{FOLLOW_LOOKS, FOLLOW_POLL, HISTORY_SHORTEST_ID};
use crate::name::ExecutionId;
use crate::report::history::{Standing, View};
use crate::report::{one_line, short_id};
use crate::store::{Entry, FindError, Journal, Shown};

/// An execution as it is kept: all its events, folded, and how it stands.
pub(super) struct History {
    pub(super) standing: Standing,
    pub(super) events: Vec<Recorded>,
    pub(super) execution: Execution,
}

impl History {
    /// Reads the history of an execution that was found.
    pub(super) fn read(journal: &Journal, entry: &Entry) -> Result<Self, CliError> {
        let events = journal.events(&entry.id, 0).map_err(|error| store_error(&error))?;
        let execution = Execution::replay(&events).map_err(|disorder| {
            CliError::new(Exit::Journal, format!("the history of execution {} is damaged: {disorder}", entry.id))
                .help("other executions can still be read: `runwright executions list`")
        })?;
        Ok(Self { standing: standing(entry), events, execution })
    }

    /// When the last thing happened that is kept.
    pub(super) fn last_event(&self) -> Timestamp {
        self.events.last().map_or_else(|| self.execution.started_at(), |last| last.at)
    }
}

/// The journal, where there must be one.
pub(super) fn journal(state: &StateArgs) -> Result<Arc<Journal>, CliError> {
    let none = || {
        let folder = state.folder()?;
        Err(CliError::usage(format!("there are no executions in {}", folder.display()))
            .help("`runwright run FILE` starts one; --state-dir names another folder"))
    };
    state.existing()?.map_or_else(none, Ok)
}

/// The execution that was meant: by its whole id, the beginning of one, or `last`.
pub(super) fn find(journal: &Journal, given: &str) -> Result<Entry, CliError> {
    if given.trim().is_empty() {
        return Err(CliError::usage("the id of the execution is empty").help("`last` is the newest one"));
    }
    journal.find(given).map_err(|error| {
        let told = CliError::usage(one_line(&error.to_string()));
        match &error {
            FindError::Ambiguous { count, newest, .. } => {
                let begun = newest.iter().map(|entry| {
                    let word = standing(entry).word();
                    format!("  {} {} {word}, started {}", entry.id, entry.document.name, entry.started_at)
                });
                let told = begun.fold(told.help("write more of the id:"), CliError::detail);
                let more = count.saturating_sub(u64::try_from(newest.len()).unwrap_or(u64::MAX));
                if more > 0 { told.detail(format!("  and {more} more")) } else { told }
            }
            FindError::None { near, .. } if near.is_empty() => {
                told.help("`runwright executions list` shows those that there are; `last` is the newest one")
            }
            FindError::None { .. } | FindError::Empty => match error.help() {
                Some(help) => told.help(help),
                None => told,
            },
            FindError::Store(error) => store_error(error),
        }
    })
}

/// How an execution stands, as it is shown.
pub(super) fn standing(entry: &Entry) -> Standing {
    match &entry.status {
        Shown::Ended(status) => Standing::Ended(*status),
        Shown::Running(status) => Standing::Running {
            status: *status,
            by: entry.owner.as_ref().map_or_else(
                || "another process".to_owned(),
                |owner| format!("process {} on {}", owner.pid, one_line(&owner.host)),
            ),
        },
        Shown::Queued => Standing::Queued { lock: entry.lock.clone().unwrap_or_default() },
        Shown::Interrupted => Standing::Interrupted { left: entry.left },
    }
}

/// As much of an id as names it, so that it can be typed: eight characters, or more where others begin so too.
pub(super) fn short<'a>(journal: &Journal, id: &'a str) -> &'a str {
    let lengths = (HISTORY_SHORTEST_ID..id.len()).filter_map(|length| id.get(..length));
    // A hyphen at the end only makes one wonder.
    let mut lengths = lengths.filter(|short| !short.ends_with('-'));
    lengths.find(|short| journal.find(short).is_ok()).unwrap_or(id)
}

/// How text on standard output is laid out.
pub(super) fn view(screen: Screen) -> View {
    View { palette: screen.results, width: Screen::width(), now: SystemClock.now(), zone: TimeZone::system() }
}

/// Waits until something was written to the journal, or for a while: that a process died is written nowhere. Others
/// write from their own processes, so the journal has to be looked at now and then.
pub(super) async fn changed(journal: &Journal) -> Result<(), CliError> {
    for _ in 0..FOLLOW_LOOKS {
        SystemClock.sleep_until(after(SystemClock.now(), FOLLOW_POLL)).await;
        if journal.changed().map_err(|error| store_error(&error))? {
            break;
        }
    }
    Ok(())
}

/// Why a follower leaves before the end.
pub(super) fn abandoned(id: &ExecutionId) -> String {
    let id = short_id(id.as_str());
    format!("nobody carries execution {id} on: `runwright resume {id}` does\n")
}
