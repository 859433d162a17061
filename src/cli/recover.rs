//! Executions that a dead process left, found by whoever starts the next one.

use std::sync::Arc;

use super::background::{self, Handover};
use super::error::tell;
use super::keep::Recover;
use super::screen::Screen;
use super::state::store_error;
use super::stored;
use crate::event::OnInterrupted;
use crate::name::ExecutionId;
use crate::report::{one_line, short_id};
use crate::store::{Entry, Journal};

/// Whether an execution can be carried on without anybody: nothing in it is sensitive, and nobody is to be asked.
fn goes_on_alone(journal: &Journal, id: &ExecutionId) -> bool {
    // What cannot be read is not carried on.
    stored::launch(journal, id)
        .is_ok_and(|launch| launch.sensitive.is_empty() && !matches!(launch.on_interrupted, OnInterrupted::Ask))
}

/// Carries them on in the background, or tells of them. Nothing here stops the command that looks.
pub(super) fn recover(journal: &Arc<Journal>, how: Recover, quiet: bool, screen: Screen) {
    if how == Recover::Off {
        return;
    }
    let word = screen.errors.strong(&screen.errors.warn("warning:"));
    let entries = match journal.interrupted() {
        Ok(entries) => entries,
        Err(error) => {
            tell(&format!("{word} unfinished executions cannot be looked for: {}\n", store_error(&error)));
            return;
        }
    };
    // What needs somebody is left to somebody.
    let (alone, asked): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().filter(|entry| !entry.is_imported).partition(|entry| goes_on_alone(journal, &entry.id));
    let named = |entries: &[&Entry]| {
        let names =
            entries.iter().map(|entry| format!("{} ({})", short_id(entry.id.as_str()), one_line(&entry.document.name)));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut left = asked;
    match how {
        Recover::Resume if !alone.is_empty() => {
            let ids: Vec<&ExecutionId> = alone.iter().map(|entry| &entry.id).collect();
            let handover = Handover { sensitive: serde_json::Map::new(), is_begun: false, wait: false };
            match background::start(journal, &ids, &handover) {
                Ok(()) if quiet => {}
                Ok(()) => {
                    let first = short_id(alone.first().map_or("", |entry| entry.id.as_str()));
                    tell(&format!(
                        "carrying on in the background what a dead process left: {}; `runwright attach {first}` shows it\n",
                        named(&alone)
                    ));
                }
                Err(error) => tell(&format!("{word} {error}\n")),
            }
        }
        Recover::Resume => {}
        Recover::Tell | Recover::Off => left.extend(alone),
    }
    if !left.is_empty() && !quiet {
        tell(&format!("{word} a dead process left {}; `runwright resume` carries it on\n", named(&left)));
    }
}
