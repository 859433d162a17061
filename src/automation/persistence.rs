//! Where the events of an execution are stored: in memory or in a journal.

use std::sync::Arc;

use crate::store::{Journal, MemoryStore, Store};

/// Where the events of an execution are stored.
#[derive(Debug, Clone)]
pub enum Persistence {
    /// In memory, until the process ends. Nothing can be resumed, signalled or listed.
    Memory,
    /// In a journal on disk.
    Journal(Arc<Journal>),
}

impl Persistence {
    /// The journal; `None` when nothing is stored on disk.
    pub const fn journal(&self) -> Option<&Arc<Journal>> {
        match self {
            Self::Memory => None,
            Self::Journal(journal) => Some(journal),
        }
    }

    /// The store of one execution and its children.
    pub(super) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::Journal(journal) => Arc::clone(journal) as Arc<dyn Store>,
        }
    }
}
