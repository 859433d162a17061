//! Lists executions.

use super::Automation;
use super::error::AutomationError;
use crate::limits::HISTORY_LONGEST_PAGE;
use crate::name::ExecutionId;
use crate::store::{Entry, Filter, Page};

/// A page of executions, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The executions.
    pub entries: Vec<Entry>,
    /// Whether another page follows: the one before the last of these.
    pub has_more: bool,
}

impl Automation {
    /// Lists the executions that match the filter.
    pub async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, AutomationError> {
        // One more than requested shows whether there is a next page.
        let page_and_one = Page { limit: page.limit.saturating_add(1), before: page.before.clone() };
        let mut entries = self.journal("list")?.list(filter, &page_and_one).await?;
        let has_more = entries.len() > page.limit;
        entries.truncate(page.limit);
        Ok(Listing { entries, has_more })
    }

    /// The execution that is resumed instead of this one: a child is resumed with its parent.
    pub async fn root(&self, entry: &Entry) -> Result<ExecutionId, AutomationError> {
        let journal = self.journal("list")?;
        let mut root = entry.id.clone();
        let mut parent = entry.parent.as_ref().map(|parent| parent.execution.clone());
        while let Some(above) = parent {
            parent = journal.entry(&above).await?.and_then(|entry| Some(entry.parent?.execution));
            root = above;
        }
        Ok(root)
    }
}

/// Why a text is not a number of executions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a number from 1 to {HISTORY_LONGEST_PAGE}")]
pub struct PageLimitError;

/// How many executions a page has at most.
pub fn read_page_limit(text: &str) -> Result<usize, PageLimitError> {
    match text.parse::<usize>() {
        Ok(number) if (1..=HISTORY_LONGEST_PAGE).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(PageLimitError),
    }
}
