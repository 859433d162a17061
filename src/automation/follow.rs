//! Follows an execution of any process until it ends.
//!
//! A [`Follow`] is pulled, so a slow reader delays only itself. It holds a page of events of the execution and of each
//! of its running children, and their states.

mod children;
mod source;

use std::sync::Arc;

use super::Automation;
use super::error::AutomationError;
use super::observer::{FunctionLogLine, LineSource};
use super::watch::Commits;
use crate::event::Recorded;
use crate::execution::Execution;
use crate::limits::FOLLOW_PAGE;
use crate::name::ExecutionId;
use crate::store::{ExecutionState, LogStore, Store};
use children::Children;
use source::Source;

/// What a [`Follow`] reads next, with the state after it.
#[derive(Debug)]
pub enum FollowItem<'a> {
    /// An event of the execution.
    Event {
        /// The execution after it.
        execution: &'a Execution,
        /// The event.
        recorded: Recorded,
    },
    /// An event of an execution that one of its steps started, or a step of such an execution.
    ChildEvent {
        /// The child after it.
        child: &'a Execution,
        /// The event.
        recorded: Recorded,
    },
    /// A line that a local function wrote.
    LogLine(FunctionLogLine),
}

/// Why nothing follows any more.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowEnd {
    /// The execution ended.
    Ended(Box<Execution>),
    /// No process runs it.
    Interrupted,
    /// The journal no longer has it.
    Removed,
}

/// Follows an execution: its history first, then what happens.
#[derive(Debug)]
pub struct Follow {
    journal: Arc<dyn Store>,
    commits: Commits,
    execution: Source,
    /// None when children are not followed.
    children: Option<Children>,
    lines: Lines,
    stage: Stage,
    /// Something may have changed since the last round of reading.
    is_stale: bool,
}

/// How far a [`Follow`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Reading,
    /// The lines written until the end was noticed are still read.
    LastRound {
        is_removed: bool,
    },
    Over {
        is_removed: bool,
    },
}

/// The lines of local functions.
#[derive(Debug, Default)]
struct Lines {
    is_wanted: bool,
    /// The number of the last line that was read.
    after: u64,
    page: std::vec::IntoIter<(u64, FunctionLogLine)>,
}

/// An item without the state that it borrows.
enum Next {
    Event(Recorded),
    Child(usize, Recorded),
    Line(FunctionLogLine),
}

impl Automation {
    /// Follows an execution and its children from the start of its history. Dropping the value changes nothing.
    pub async fn follow(&self, execution: &ExecutionId) -> Result<Follow, AutomationError> {
        // Changes are watched before anything is read, so that no event is missed.
        let journal = self.shared_journal("follow")?;
        let commits = self.commits(&journal);
        if journal.entry(execution).await?.is_none() {
            return Err(AutomationError::Gone { execution: execution.clone() });
        }
        let mut follow = Follow {
            journal,
            commits,
            execution: Source::new(execution.clone()),
            children: Some(Children::default()),
            lines: Lines::default(),
            stage: Stage::Reading,
            is_stale: true,
        };
        follow.begin_round().await?;
        Ok(follow)
    }
}

impl Follow {
    /// Follows the execution alone.
    #[must_use]
    pub fn without_children(mut self) -> Self {
        self.children = None;
        self
    }

    /// Reads the lines of local functions as well.
    #[must_use]
    pub const fn with_log_lines(mut self) -> Self {
        self.lines.is_wanted = true;
        self
    }

    /// The next item, as soon as there is one; none once nothing follows. Dropping the future loses no item.
    pub async fn next(&mut self) -> Result<Option<FollowItem<'_>>, AutomationError> {
        loop {
            if let Some(next) = self.advance().await? {
                return Ok(self.item(next));
            }
            if !self.wait().await? {
                return Ok(None);
            }
        }
    }

    /// The next item, when there is one now.
    pub async fn next_ready(&mut self) -> Result<Option<FollowItem<'_>>, AutomationError> {
        match self.advance().await? {
            Some(next) => Ok(self.item(next)),
            None => Ok(None),
        }
    }

    /// Waits until there may be more items, after [`Follow::next_ready`] had none; false once nothing follows.
    pub async fn wait(&mut self) -> Result<bool, AutomationError> {
        match self.stage {
            Stage::Over { .. } => return Ok(false),
            Stage::LastRound { is_removed } => {
                self.stage = Stage::Over { is_removed };
                return Ok(false);
            }
            Stage::Reading => {}
        }
        let status = self.journal.entry(&self.execution.id).await?.map(|entry| entry.status);
        let is_over = self.execution.has_ended() || matches!(status, None | Some(ExecutionState::Interrupted));
        if !is_over && !self.is_stale {
            self.commits.committed_or_late().await;
        }
        self.is_stale = true;
        self.begin_round().await?;
        if is_over {
            self.stage = Stage::LastRound { is_removed: status.is_none() };
        }
        Ok(true)
    }

    /// The execution after the last item; none before the first one.
    pub const fn execution(&self) -> Option<&Execution> {
        self.execution.state.as_ref()
    }

    /// Why nothing follows; `None` while more items may come.
    pub fn into_end(self) -> Option<FollowEnd> {
        let Stage::Over { is_removed } = self.stage else { return None };
        Some(match self.execution.state {
            Some(execution) if execution.status().is_terminal() => FollowEnd::Ended(Box::new(execution)),
            Some(_) | None if is_removed => FollowEnd::Removed,
            Some(_) | None => FollowEnd::Interrupted,
        })
    }

    /// Reads new events and lines.
    async fn begin_round(&mut self) -> Result<(), AutomationError> {
        let journal = &*self.journal;
        self.execution.read(journal).await?;
        if let Some(children) = &mut self.children {
            children.read(journal, &self.execution.id).await?;
        }
        self.is_stale = false;
        Ok(())
    }

    /// Takes the earliest event out of the pages. A taken event is returned without waiting, so that it is not lost
    /// when the future is dropped.
    async fn advance(&mut self) -> Result<Option<Next>, AutomationError> {
        let journal = &*self.journal;
        self.execution.read_further(journal).await?;
        let child = match &mut self.children {
            Some(children) => children.first(journal).await?,
            None => None,
        };
        match (self.execution.head(), child) {
            (Some(at), Some((child_at, child))) if child_at < at => self.take_child(child),
            (None, Some((_, child))) => self.take_child(child),
            (Some(_), _) => Ok(self.execution.take()?.map(Next::Event)),
            (None, None) => Ok(self.lines.next(journal, &self.execution.id).await?.map(Next::Line)),
        }
    }

    fn take_child(&mut self, child: usize) -> Result<Option<Next>, AutomationError> {
        let Some(children) = &mut self.children else { return Ok(None) };
        Ok(children.take(child)?.map(|recorded| Next::Child(child, recorded)))
    }

    /// `None` when the state is missing, which is so only before the first event.
    fn item(&self, next: Next) -> Option<FollowItem<'_>> {
        match next {
            Next::Event(recorded) => Some(FollowItem::Event { execution: self.execution.state.as_ref()?, recorded }),
            Next::Child(child, recorded) => {
                Some(FollowItem::ChildEvent { child: self.children.as_ref()?.state(child)?, recorded })
            }
            Next::Line(line) => Some(FollowItem::LogLine(line)),
        }
    }
}

impl Lines {
    async fn next(
        &mut self,
        journal: &dyn LogStore,
        execution: &ExecutionId,
    ) -> Result<Option<FunctionLogLine>, AutomationError> {
        if !self.is_wanted {
            return Ok(None);
        }
        if self.page.len() == 0 {
            let lines = journal.log_lines_page(execution, self.after, FOLLOW_PAGE).await?;
            let lines = lines.into_iter();
            let lines = lines.map(|(number, line)| {
                (number, FunctionLogLine { source: LineSource::Function, function: line.function, text: line.text })
            });
            self.page = lines.collect::<Vec<_>>().into_iter();
        }
        Ok(self.page.next().map(|(number, line)| {
            self.after = number;
            line
        }))
    }
}
