//! Waiting for a lock.

use std::sync::Arc;

use super::Stops;
use crate::cli::Exit;
use crate::cli::error::{CliError, tell};
use crate::cli::state::store_error;
use crate::limits::LOCK_POLL;
use crate::name::ExecutionId;
use crate::report::{one_line, short_id};
use crate::store::{Journal, LockTurn, OnConflict};

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has the lock.
    Ours,
    /// It was asked to stop.
    Stopped,
    /// It is to be left: whoever resumes it waits again.
    Left,
    /// Another one has it, and was not to be waited for. The execution has been asked to stop.
    Refused {
        /// Which one.
        holder: ExecutionId,
    },
}

/// Waits until the execution has the lock, or until it is asked to stop. A place in the queue is told when it changes.
pub(super) async fn wait(
    journal: &Arc<Journal>,
    lock: &str,
    execution: &ExecutionId,
    on_conflict: OnConflict,
    stops: &Stops,
) -> Result<Turn, CliError> {
    let mut told = None;
    let mut ask = on_conflict;
    loop {
        let turn = journal.enqueue(lock, execution, ask).await.map_err(|error| store_error(&error))?;
        match turn {
            LockTurn::Held => return Ok(Turn::Ours),
            LockTurn::Refused { holder } => {
                stops.cancel.cancel(format!("lock {lock}, which {holder} holds"));
                return Ok(Turn::Refused { holder });
            }
            LockTurn::Waiting { holder, ahead } => {
                let place = (holder, ahead);
                if told.as_ref() != Some(&place) {
                    let (holder, ahead) = &place;
                    let others = match ahead {
                        0 | 1 => String::new(),
                        2 => ", 1 more is ahead".to_owned(),
                        more => format!(", {} more are ahead", more - 1),
                    };
                    tell(&format!(
                        "waiting for lock {}: number {ahead} in the queue, held by {holder}{others}\n",
                        one_line(lock)
                    ));
                    told = Some(place);
                }
            }
        }
        // Those in the way are asked to stop once.
        ask = OnConflict::Queue;
        tokio::select! {
            () = stops.cancelled.cancelled() => return Ok(Turn::Stopped),
            () = stops.cancelled.leaving() => return Ok(Turn::Left),
            () = tokio::time::sleep(LOCK_POLL) => {}
        }
    }
}

/// What tells of a refusal.
pub(super) fn refused(journal: &Journal, lock: &str, holder: &ExecutionId) -> CliError {
    // Its name is worth a look, no more.
    let name = journal.entry(holder).ok().flatten().map(|entry| format!(" ({})", one_line(&entry.document.name)));
    let short = short_id(holder.as_str());
    let name = name.unwrap_or_default();
    let message = format!("lock {} is held by {short}{name}: nothing has run", one_line(lock));
    CliError::new(Exit::Conflict, message)
        .help(format!("`runwright attach {short}` shows it; without --on-conflict reject this one waits"))
}
