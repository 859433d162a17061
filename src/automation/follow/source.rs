//! Reads the events of one execution page by page, and folds them.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::automation::error::AutomationError;
use crate::event::Recorded;
use crate::execution::Execution;
use crate::limits::FOLLOW_PAGE;
use crate::name::ExecutionId;
use crate::store::EventStore;

#[derive(Debug)]
pub(super) struct Source {
    pub(super) id: ExecutionId,
    /// `None` before the first event.
    pub(super) state: Option<Execution>,
    page: VecDeque<Recorded>,
    /// Whether the last page was full: more events may be stored already.
    is_page_full: bool,
    /// The latest time of its events so far.
    latest: Timestamp,
}

impl Source {
    pub(super) const fn new(id: ExecutionId) -> Self {
        Self { id, state: None, page: VecDeque::new(), is_page_full: false, latest: Timestamp::MIN }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.status().is_terminal())
    }

    /// Reads the next page, when the previous one has been taken.
    pub(super) async fn read(&mut self, journal: &dyn EventStore) -> Result<(), AutomationError> {
        if self.page.is_empty() && !self.has_ended() {
            let from = self.state.as_ref().map_or(0, Execution::next_sequence);
            self.page = journal.events_page(&self.id, from, FOLLOW_PAGE).await?.into();
            self.is_page_full = u32::try_from(self.page.len()).is_ok_and(|length| length == FOLLOW_PAGE);
        }
        Ok(())
    }

    /// Reads the next page, when the previous one has been taken and was full.
    pub(super) async fn read_further(&mut self, journal: &dyn EventStore) -> Result<(), AutomationError> {
        if self.is_page_full { self.read(journal).await } else { Ok(()) }
    }

    /// The time of the next event. A clock that was set back must not change the order of events.
    pub(super) fn head(&self) -> Option<Timestamp> {
        self.page.front().map(|recorded| recorded.at.max(self.latest))
    }

    /// Folds the next event into the state.
    pub(super) fn take(&mut self) -> Result<Option<Recorded>, AutomationError> {
        let Some(recorded) = self.page.pop_front() else { return Ok(None) };
        let corrupt = |source| AutomationError::InvalidHistory { execution: self.id.clone(), source };
        match &mut self.state {
            Some(state) => state.apply(&recorded).map_err(corrupt)?,
            None => self.state = Some(Execution::begin(&recorded).map_err(corrupt)?),
        }
        self.latest = self.latest.max(recorded.at);
        Ok(Some(recorded))
    }
}
