//! Finds the execution that a person names.

use std::fmt::Write as _;

use super::{Entry, ExecutionIndex, StoreError};
use crate::limits::{LIST_RECENT, LIST_SUGGESTIONS};
use crate::name::ExecutionId;

/// Finds an execution: by its id, by a unique prefix of it, or `last` for the newest.
pub async fn find_execution(index: &dyn ExecutionIndex, given: &str) -> Result<Entry, FindError> {
    if given == "last" {
        return index.newest().await?.ok_or(FindError::Empty);
    }
    let wanted = given.trim().to_lowercase();
    if let Some(entry) = index.entry(&ExecutionId::new(wanted.as_str())).await? {
        return Ok(entry);
    }
    let (count, mut newest) = index.with_prefix(&wanted, LIST_SUGGESTIONS).await?;
    match (count, newest.pop()) {
        (1, Some(entry)) => Ok(entry),
        (count, Some(entry)) => {
            newest.push(entry);
            Err(FindError::Ambiguous { given: given.to_owned(), count, newest })
        }
        (_, None) => {
            let near = near(&wanted, index.recent_ids(LIST_RECENT).await?);
            Err(FindError::None { given: given.to_owned(), near })
        }
    }
}

/// The ids that resemble this one.
fn near(wanted: &str, recent: Vec<ExecutionId>) -> Vec<ExecutionId> {
    let length = wanted.chars().count();
    let mut near: Vec<(usize, ExecutionId)> = recent
        .into_iter()
        .map(|id| {
            let beginning: String = id.as_str().chars().take(length).collect();
            (strsim::osa_distance(&beginning, wanted), id)
        })
        .filter(|(distance, _)| *distance <= 2 && *distance * 2 < length)
        .collect();
    near.sort();
    let shown = usize::try_from(LIST_SUGGESTIONS).unwrap_or(usize::MAX);
    near.into_iter().take(shown).map(|(_, id)| id).collect()
}

/// Why an execution cannot be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No id has this prefix.
    #[error("there is no execution {}", if given.trim().is_empty() { "with an empty id" } else { given })]
    None {
        /// The id or prefix given.
        given: String,
        /// Ids that look like it.
        near: Vec<ExecutionId>,
    },
    /// Several ids have this prefix.
    #[error("{given} matches {count} executions")]
    Ambiguous {
        /// The prefix given.
        given: String,
        /// How many.
        count: u64,
        /// The newest of them.
        newest: Vec<Entry>,
    },
    /// There are no executions.
    #[error("there are no executions yet")]
    Empty,
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::None { near, .. } if near.is_empty() => Some("`runwright executions list` shows them".to_owned()),
            Self::None { near, .. } => {
                let near: Vec<&str> = near.iter().map(ExecutionId::as_str).collect();
                Some(format!("did you mean {}?", near.join(" or ")))
            }
            Self::Ambiguous { newest, count, .. } => {
                let mut text = "use a longer prefix:".to_owned();
                for entry in newest {
                    let _ = write!(text, "\n  {} {} {}", entry.id, entry.document.name, entry.status);
                }
                let shown = u64::try_from(newest.len()).unwrap_or(u64::MAX);
                if *count > shown {
                    let _ = write!(text, "\n  and {} more", count - shown);
                }
                Some(text)
            }
            Self::Empty => Some("`runwright run FILE` starts one".to_owned()),
            Self::Store(error) => error.help(),
        }
    }
}
