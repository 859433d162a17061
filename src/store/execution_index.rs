//! Lists executions.

use std::fmt;

use jiff::Timestamp;

use super::{Entry, ExecutionState, Stored};
use crate::limits::LIST_PAGE;
use crate::name::ExecutionId;

/// Lists and counts executions.
pub trait ExecutionIndex: Send + Sync + fmt::Debug {
    /// One execution.
    fn entry<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Entry>>;

    /// Executions, the newest first.
    fn list<'a>(&'a self, filter: &'a Filter, page: &'a Page) -> Stored<'a, Vec<Entry>>;

    /// The number of executions.
    fn count<'a>(&'a self, filter: &'a Filter) -> Stored<'a, u64>;

    /// The children of this execution, the oldest first.
    fn children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<Entry>>;

    /// Executions that have not ended and that no process runs, the oldest first. A child of an execution that has not
    /// ended is left out: it is resumed with its parent.
    fn interrupted(&self) -> Stored<'_, Vec<Entry>>;

    /// The execution that was stored last here, whatever its clock said, and that no step started; an imported one or a
    /// child only when there is no other.
    fn newest(&self) -> Stored<'_, Option<Entry>>;

    /// How many ids have this prefix, and at most `limit` of these executions, those that were stored last first. An
    /// empty prefix has none.
    fn with_prefix<'a>(&'a self, prefix: &'a str, limit: u32) -> Stored<'a, (u64, Vec<Entry>)>;

    /// The ids that were stored last, the newest first.
    fn recent_ids(&self, limit: u32) -> Stored<'_, Vec<ExecutionId>>;
}

/// Filters executions; all conditions must be true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these words ([`ExecutionState::as_str`]); empty for any.
    pub statuses: Vec<String>,
    /// The name of the runbook; `*` and `?` as in file names.
    pub runbook: Option<String>,
    /// Started then or later.
    pub since: Option<Timestamp>,
    /// Started before.
    pub until: Option<Timestamp>,
    /// With these parameters, a text as it is and anything else as JSON.
    pub parameters: Vec<(String, String)>,
    /// With these labels.
    pub labels: Vec<(String, String)>,
    /// By the user who started them.
    pub parents: Parents,
}

impl Filter {
    /// Whether one of the statuses is this one, or none is given.
    pub(super) fn accepts(&self, status: ExecutionState) -> bool {
        self.statuses.is_empty() || self.statuses.iter().any(|word| word == status.as_str())
    }
}

/// Whether the name of a runbook in a filter is a pattern.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// Filters executions by their parent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Parents {
    /// All.
    #[default]
    Any,
    /// Those that no step started.
    None,
    /// Those that a step of this execution started.
    Is(ExecutionId),
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Starts after this execution.
    pub before: Option<ExecutionId>,
    /// The maximum number.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { before: None, limit: LIST_PAGE }
    }
}
