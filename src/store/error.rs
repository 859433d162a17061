//! Why the store cannot write or read.

use std::path::PathBuf;

use crate::event::{Event, Recorded, UnreadableEvent};
use crate::name::ExecutionId;

/// Why events cannot be written or read. Cheap to clone: one fault may fail several appends that share a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A history begins with `ExecutionStarted`.
    #[error("the first event of an execution must be its start")]
    NoStart,
    /// Another process has appended to the execution.
    #[error(
        "cannot append event {found} to execution {execution}, which expects event {expected}: another process writes to it"
    )]
    Conflict {
        /// The execution.
        execution: ExecutionId,
        /// The expected number.
        expected: u64,
        /// The number given.
        found: u64,
    },
    /// Another process has claimed the execution.
    #[error("execution {execution} now belongs to another process")]
    NotOwner {
        /// The execution.
        execution: ExecutionId,
    },
    /// No such execution.
    #[error("there is no execution {execution}")]
    Unknown {
        /// The execution.
        execution: ExecutionId,
    },
    /// An execution with this id exists already.
    #[error("execution {execution} already exists in the journal")]
    AlreadyThere {
        /// The execution.
        execution: ExecutionId,
    },
    /// The disk is full, or the journal has reached its size limit.
    #[error("cannot extend the journal {}: no space left", file.display())]
    Full {
        /// The journal.
        file: PathBuf,
    },
    /// The system cannot read or write the file.
    #[error("cannot read or write the journal {}: {why}", file.display())]
    Disk {
        /// The journal.
        file: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// The journal is read-only.
    #[error("cannot write to the journal {}: the file, its folder or its file system is read-only", file.display())]
    ReadOnly {
        /// The journal.
        file: PathBuf,
    },
    /// The content of the file is corrupt.
    #[error("the journal {} is damaged: {why}", file.display())]
    Corrupt {
        /// The journal.
        file: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// Another process locks the file for too long.
    #[error("the journal {} has been locked by another process for more than {seconds} s", file.display())]
    Busy {
        /// The journal.
        file: PathBuf,
        /// How long this process waited.
        seconds: u64,
    },
    /// The path is not a folder.
    #[error("{} is not a folder", folder.display())]
    NotAFolder {
        /// The path.
        folder: PathBuf,
    },
    /// The user lacks a permission.
    #[error("cannot use {}: permission denied", path.display())]
    Permission {
        /// The file or folder.
        path: PathBuf,
    },
    /// A newer version of the program wrote it.
    #[error("the journal {} has schema version {found}, but this program supports versions up to {known}", file.display())]
    Newer {
        /// The journal.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Another kind of database, or no database.
    #[error("{} is not a Runwright journal", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// An event that cannot be read.
    #[error("cannot read event {sequence} of execution {execution}: {why}")]
    Event {
        /// The execution.
        execution: ExecutionId,
        /// Its number.
        sequence: u64,
        /// Why.
        why: String,
    },
    /// An event of a kind that this version does not know.
    #[error(
        "execution {execution} has events of the kind {kind}, which this version ({}) does not know: {}",
        env!("CARGO_PKG_VERSION"),
        needed_version(needed.as_deref())
    )]
    UnknownEvent {
        /// The execution.
        execution: ExecutionId,
        /// The number of the first such event.
        sequence: u64,
        /// The kind.
        kind: String,
        /// The version that wrote it, if earlier events record it.
        needed: Option<String>,
    },
    /// An event that has no JSON form.
    #[error("cannot write an event as JSON: {0}")]
    Unwritable(String),
    /// The writer thread has ended.
    #[error("the journal {} can no longer be written: {why}", file.display())]
    Stopped {
        /// The journal.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// Anything else.
    #[error("cannot use the journal {}: {why}", file.display())]
    Other {
        /// The journal.
        file: PathBuf,
        /// What SQLite or the system says.
        why: String,
    },
}

impl StoreError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Full { .. } => "free disk space, or raise the quota or the file size limit".to_owned(),
            Self::Disk { .. } => "check the disk, the quota and the file size limit".to_owned(),
            Self::ReadOnly { .. } => "make it writable, or use another folder: --state-dir FOLDER".to_owned(),
            Self::Corrupt { file, .. } => format!(
                "`runwright executions` shows the readable executions, and `sqlite3 {} .recover` extracts the rest; to start a \
                 new journal, move the file away",
                file.display()
            ),
            Self::Busy { .. } => {
                "stop the process that holds it (a backup, a database shell), or use another folder: --state-dir FOLDER"
                    .to_owned()
            }
            Self::NotAFolder { .. } | Self::Permission { .. } => "use another folder: --state-dir FOLDER".to_owned(),
            Self::Newer { .. } | Self::UnknownEvent { .. } => {
                "use the version of runwright that wrote it, or a newer one".to_owned()
            }
            Self::Foreign { file } => {
                format!("move {} away, or use another folder: --state-dir FOLDER", file.display())
            }
            Self::NotOwner { execution } => format!("follow it with `runwright attach {execution}`"),
            Self::NoStart
            | Self::Conflict { .. }
            | Self::Unknown { .. }
            | Self::AlreadyThere { .. }
            | Self::Event { .. }
            | Self::Unwritable(_)
            | Self::Stopped { .. }
            | Self::Other { .. } => return None,
        })
    }

    /// The error for an event that this version cannot read. `before`: the events before it, as far as they were read.
    pub(super) fn event(execution: &ExecutionId, sequence: u64, why: &UnreadableEvent, before: &[Recorded]) -> Self {
        let execution = execution.clone();
        match why {
            UnreadableEvent::Kind(kind) => {
                let needed = writing_version(before).map(ToOwned::to_owned);
                Self::UnknownEvent { execution, sequence, kind: kind.clone(), needed }
            }
            UnreadableEvent::Body { .. } => Self::Event { execution, sequence, why: why.to_string() },
        }
    }
}

/// The version of the program that wrote what follows these events: that of the last process that ran the execution.
pub(super) fn writing_version(events: &[Recorded]) -> Option<&str> {
    let version = events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::ExecutionStarted(started) => Some(started.launch.version.as_str()),
        Event::ExecutionResumed(resumed) => Some(resumed.version.as_str()),
        _ => None,
    });
    version.filter(|version| !version.is_empty())
}

/// The version that an unknown event needs, for a message.
pub(super) fn needed_version(needed: Option<&str>) -> String {
    match needed {
        Some(version) => format!("it needs runwright {version} or newer"),
        None => "it needs a newer runwright".to_owned(),
    }
}
