//! Shows an execution of any process on the terminal.

use super::error::CliError;
use super::exit::Exit;
use super::foreground::{self, View};
use super::output::tell;
use super::screen::Screen;
use super::signals;
use crate::automation::{Automation, Follow, FollowEnd, FollowItem};
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::report::{ReportLogLine, Reports, one_line};
use crate::store::ExecutionState;

/// How a watch ended.
pub(super) enum Watched {
    /// The execution ended.
    Ended(Box<Execution>),
    /// The person at the terminal interrupted the watch.
    Detached,
    /// No process runs the execution.
    Abandoned,
}

/// Shows an execution until it ends, or no process runs it. The first signal ends the watch and cancels nothing.
pub(super) async fn watch(
    automation: &Automation,
    id: &ExecutionId,
    view: &View,
    screen: Screen,
) -> Result<Watched, CliError> {
    let reports = Reports::new(foreground::reporters(view, screen));
    let entry = automation.entry(id).await?;
    if entry.status == ExecutionState::Queued {
        tell(&format!("waiting for lock {}\n", one_line(entry.lock.as_deref().unwrap_or_default())));
    }
    let signal = signals::any_signal()?;
    let mut follow = automation.follow(id).await?;
    if view.logs {
        follow = follow.with_log_lines();
    }
    let is_over = tokio::select! {
        biased;
        () = signal => Ok(false),
        shown = show_all(&mut follow, &reports) => shown.map(|()| true),
    };
    reports.close();
    if !is_over? {
        return Ok(Watched::Detached);
    }
    match follow.into_end() {
        Some(FollowEnd::Ended(execution)) => Ok(Watched::Ended(execution)),
        Some(FollowEnd::Removed) => Err(removed(id)),
        Some(FollowEnd::Interrupted) | None => Ok(Watched::Abandoned),
    }
}

async fn show_all(follow: &mut Follow, reports: &Reports) -> Result<(), CliError> {
    while let Some(item) = follow.next().await? {
        match item {
            FollowItem::Event { execution, recorded } => reports.observe(execution, &recorded),
            FollowItem::ChildEvent { child, recorded } => reports.child(child, &recorded),
            FollowItem::LogLine(line) => reports.log(&ReportLogLine { function: line.function, text: line.text }),
        }
    }
    Ok(())
}

/// Reports that an execution continues and is not shown any more.
pub(super) fn tell_detached(id: &ExecutionId) {
    tell(&format!("stopped watching; the execution continues: `runwright attach {}`\n", id.short()));
}

/// Reports why a watch ends before the execution does.
pub(super) fn tell_abandoned(id: &ExecutionId) {
    let id = id.short();
    tell(&format!("no process runs execution {id}; to resume it: `runwright resume {id}`\n"));
}

/// The error for an execution that was removed while it was watched.
pub(super) fn removed(id: &ExecutionId) -> CliError {
    CliError::new(Exit::Failed, format!("execution {id} was removed while it was followed"))
}
