//! Where the events of an execution are stored: in memory or in a journal. The only file outside of `store` that opens
//! one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::store::{Journal, MemoryStore, Store, StoreError};

/// Where the events of an execution are stored.
#[derive(Debug, Clone)]
pub enum Persistence {
    /// In memory, until the process ends. Nothing can be resumed, signalled or listed.
    Memory,
    /// In a journal on disk.
    Journal(OpenJournal),
}

/// The journal of a folder. Clones share it.
#[derive(Debug, Clone)]
pub struct OpenJournal {
    folder: PathBuf,
    store: Arc<dyn Store>,
}

impl OpenJournal {
    /// Opens the journal of a folder for writing. Creates both if necessary, accessible by the owner alone.
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self::of(folder, Journal::create(folder, Arc::new(SystemClock))?))
    }

    /// Opens the journal of a folder; `None` when there is none. Creates nothing. A read-only journal is opened for
    /// reading.
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, StoreError> {
        let journal = Journal::open_existing(folder, Arc::new(SystemClock))?;
        Ok(journal.map(|journal| Self::of(folder, journal)))
    }

    fn of(folder: &Path, journal: Journal) -> Self {
        Self::with_store(folder, Arc::new(journal))
    }

    /// The journal of a folder in a store that the caller has opened.
    pub fn with_store(folder: &Path, store: Arc<dyn Store>) -> Self {
        Self { folder: folder.to_owned(), store }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its store.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Its store, to be shared.
    pub fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }
}

impl Persistence {
    /// The journal; `None` when nothing is stored on disk.
    pub const fn journal(&self) -> Option<&OpenJournal> {
        match self {
            Self::Memory => None,
            Self::Journal(journal) => Some(journal),
        }
    }

    /// The store of the journal; `None` when nothing is stored on disk.
    pub(super) fn journal_store(&self) -> Option<&dyn Store> {
        self.journal().map(OpenJournal::store)
    }

    /// The store of one execution and its children.
    pub(super) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::Journal(journal) => journal.shared_store(),
        }
    }
}
