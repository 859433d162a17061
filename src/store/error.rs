//! Why a store does not keep or give what it should.

use std::path::PathBuf;

use crate::event::{Event, Recorded, UnreadableEvent};
use crate::name::ExecutionId;

/// Why events could not be kept or read. Cheap to clone: one fault may fail several who wait for the same commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A history begins with `ExecutionStarted`.
    #[error("the first events of an execution do not begin with its start")]
    NoStart,
    /// Somebody else has written to the execution.
    #[error(
        "event {found} of execution {execution} was to be appended where event {expected} belongs: another process writes to it"
    )]
    Conflict {
        /// The execution.
        execution: ExecutionId,
        /// The number that belongs here.
        expected: u64,
        /// The number that was given.
        found: u64,
    },
    /// Another process has taken the execution over.
    #[error("execution {execution} is not carried on by this process any more: another one has taken it over")]
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
    /// An execution of this id is there already.
    #[error("execution {execution} is in the journal already")]
    AlreadyThere {
        /// The execution.
        execution: ExecutionId,
    },
    /// No room on the disk, or the journal has reached its limit.
    #[error("the journal {} cannot grow: there is no room", file.display())]
    Full {
        /// The journal.
        file: PathBuf,
    },
    /// The system could not read or write its bytes.
    #[error("the journal {} could not be read or written: {why}", file.display())]
    Disk {
        /// The journal.
        file: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// It can be read and not written.
    #[error("the journal {} cannot be written: it, its folder or its file system is read-only", file.display())]
    ReadOnly {
        /// The journal.
        file: PathBuf,
    },
    /// Its bytes are no longer those that were written.
    #[error("the journal {} is damaged: {why}", file.display())]
    Corrupt {
        /// The journal.
        file: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// Somebody holds it for too long.
    #[error("the journal {} is held by another process for longer than {seconds} s", file.display())]
    Busy {
        /// The journal.
        file: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// Its folder cannot be one.
    #[error("{} is no folder", folder.display())]
    NotAFolder {
        /// The folder, or what stands in its way.
        folder: PathBuf,
    },
    /// The user may not.
    #[error("{} may not be used: permission denied", path.display())]
    Permission {
        /// The file or folder.
        path: PathBuf,
    },
    /// A newer version of the program wrote it.
    #[error("the journal {} has version {found}, and this program knows versions up to {known}", file.display())]
    Newer {
        /// The journal.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// A database of something else, or none.
    #[error("{} is no journal of runwright", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// An event that cannot be read.
    #[error("event {sequence} of execution {execution} cannot be read: {why}")]
    Event {
        /// The execution.
        execution: ExecutionId,
        /// Which one.
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
        /// The number of the first one.
        sequence: u64,
        /// The kind.
        kind: String,
        /// The version that wrote it, as far as the events before it say.
        needed: Option<String>,
    },
    /// An event that has no JSON form.
    #[error("an event cannot be written as JSON: {0}")]
    Unwritable(String),
    /// The thread that writes has ended.
    #[error("the journal {} is not written any more: {why}", file.display())]
    Stopped {
        /// The journal.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// Anything else.
    #[error("the journal {} cannot be used: {why}", file.display())]
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
            Self::Full { .. } => {
                "make room on its disk, or raise the quota or the limit of the size of files".to_owned()
            }
            Self::Disk { .. } => "look at the disk, at quotas and at limits of the size of files".to_owned(),
            Self::ReadOnly { .. } => "make it writable, or use another folder: --state-dir FOLDER".to_owned(),
            Self::Corrupt { file, .. } => format!(
                "`runwright executions` shows what can still be read, and `sqlite3 {} .recover` saves what is left; move \
                 the file away and a new journal begins",
                file.display()
            ),
            Self::Busy { .. } => {
                "end what holds it (a backup, a database shell), or use another folder: --state-dir FOLDER".to_owned()
            }
            Self::NotAFolder { .. } | Self::Permission { .. } => "use another folder: --state-dir FOLDER".to_owned(),
            Self::Newer { .. } | Self::UnknownEvent { .. } => {
                "use the version of runwright that wrote it, or a newer one".to_owned()
            }
            Self::Foreign { file } => {
                format!("move {} away, or use another folder: --state-dir FOLDER", file.display())
            }
            Self::NotOwner { execution } => format!("`runwright attach {execution}` shows it"),
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

    /// An event of an execution that this version cannot read. `before`: the events before it, as far as they were read.
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

/// What an unknown event needs, for a message.
pub(super) fn needed_version(needed: Option<&str>) -> String {
    match needed {
        Some(version) => format!("it needs runwright {version} or newer"),
        None => "it needs a newer runwright".to_owned(),
    }
}
