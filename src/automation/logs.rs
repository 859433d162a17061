//! Reads the log lines of functions of an execution, while it runs or later.
//!
//! Lines of local functions are stored as they arrive. For functions in AWS the events carry the log tail of each
//! response.

use std::collections::HashSet;
use std::sync::Arc;

use super::Automation;
use super::error::AutomationError;
use super::watch::Commits;
use crate::event::Status;
use crate::execution::LogTailReader;
use crate::limits::FOLLOW_PAGE;
use crate::name::{ExecutionId, StepName};
use crate::store::{ExecutionState, Store, StoredLine};

/// Why no log lines follow any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEnd {
    /// The execution ended.
    Ended(Status),
    /// No process runs it.
    Interrupted,
    /// The journal no longer has it.
    Removed,
}

/// Some lines, or why there are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogBatch {
    /// At least one line, in the order of their times.
    Lines(Vec<StoredLine>),
    /// Nothing follows.
    End(LogEnd),
}

/// Reads the log of one execution in batches. Holds a page of events at a time, and the stored lines after it, whose
/// number per execution is bounded.
#[derive(Debug)]
pub struct LogReader {
    journal: Arc<dyn Store>,
    automation: Automation,
    /// The commits since the first wait for further lines.
    commits: Option<Commits>,
    execution: ExecutionId,
    /// The step whose lines are read; `None` for all.
    step: Option<String>,
    next_event: u64,
    last_line: u64,
    /// Stored lines that were written after the events so far.
    later: Vec<StoredLine>,
    /// The attempts with stored lines.
    stored: HashSet<(StepName, u32)>,
    tails: LogTailReader,
}

impl Automation {
    /// Reads the log of an execution, of one step alone or of all.
    pub fn log(&self, execution: &ExecutionId, step: Option<&str>) -> Result<LogReader, AutomationError> {
        let journal = self.shared_journal("logs")?;
        Ok(LogReader {
            journal,
            automation: self.clone(),
            commits: None,
            execution: execution.clone(),
            step: step.map(str::to_owned),
            next_event: 0,
            last_line: 0,
            later: Vec::new(),
            stored: HashSet::new(),
            tails: LogTailReader::default(),
        })
    }
}

impl LogReader {
    /// The next batch of available lines; empty when all were read.
    pub async fn read(&mut self) -> Result<Vec<StoredLine>, AutomationError> {
        let journal = &*self.journal;
        loop {
            // The events before the lines: a tail must not be read before the stored lines of its attempt are known.
            let events = journal.events_page(&self.execution, self.next_event, FOLLOW_PAGE).await?;
            for (number, line) in journal.log_lines(&self.execution, self.last_line).await? {
                self.last_line = number;
                self.stored.insert((line.step.clone(), line.attempt));
                self.later.push(line);
            }
            let is_last = u32::try_from(events.len()).is_ok_and(|length| length < FOLLOW_PAGE);
            let until = events.last().map(|event| event.at);
            let is_due = |line: &StoredLine| is_last || until.is_some_and(|until| line.at <= until);
            let (mut lines, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.later).into_iter().partition(is_due);
            self.later = later;
            for recorded in &events {
                self.next_event = recorded.sequence + 1;
                let is_stored = |step: &StepName, attempt| self.stored.contains(&(step.clone(), attempt));
                let Some(tail) = self.tails.read(recorded, &is_stored) else { continue };
                lines.extend(tail.text.lines().map(|text| StoredLine {
                    at: tail.at,
                    step: tail.step.clone(),
                    attempt: tail.attempt,
                    function: tail.function.clone(),
                    text: text.to_owned(),
                }));
            }
            if let Some(step) = &self.step {
                lines.retain(|line| line.step == *step.as_str());
            }
            lines.sort_by_key(|line| line.at);
            if is_last || !lines.is_empty() {
                return Ok(lines);
            }
        }
    }

    /// The next lines, as soon as there are some, or why nothing follows.
    pub async fn next(&mut self) -> Result<LogBatch, AutomationError> {
        loop {
            // Before anything is read, so that no commit is missed.
            let commits = || self.automation.commits(&self.journal);
            self.commits.get_or_insert_with(commits);
            // The status before the lines: lines written until then are read before the end is reported.
            let status = self.journal.entry(&self.execution).await?.map(|entry| entry.status);
            let lines = self.read().await?;
            if !lines.is_empty() {
                return Ok(LogBatch::Lines(lines));
            }
            match status {
                Some(ExecutionState::Ended(status)) => return Ok(LogBatch::End(LogEnd::Ended(status))),
                Some(ExecutionState::Interrupted) => return Ok(LogBatch::End(LogEnd::Interrupted)),
                None => return Ok(LogBatch::End(LogEnd::Removed)),
                Some(ExecutionState::Running(_) | ExecutionState::Queued) => {
                    if let Some(commits) = &mut self.commits {
                        commits.committed_or_late().await;
                    }
                }
            }
        }
    }
}
