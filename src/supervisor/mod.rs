//! Child processes that never outlive the program that started them, nor leave descendants behind.
//!
//! Owns: starting a program, its end, and the end of all of its descendants. Does not own: the program itself, and its
//! output. Imports `limits` alone. Used by `local_lambda` and `scripts`, and by `cli`, which names
//! the supervising program.
//!
//! ```text
//! engine ──── socket ──── supervisor (`runwright supervise`, a session of its own)
//!   │                        │ subreaper: an orphan of the program becomes its child
//!   └── reads the output     └── program (a process group of its own) ── children, daemons
//! ```
//!
//! On Linux each program has a supervisor: another process of the running executable. It starts the program and kills
//! all descendants when the program ends, when the engine asks for it, and when the engine ends for any reason: the
//! kernel then closes the engine's end of the socket. The supervisor reports how the program ended once no descendant
//! is left. When the supervisor itself is killed, the system kills the program (its parent death signal), and the
//! engine finds the other descendants by their session and by their environment.
//!
//! | to the supervisor | |
//! |---|---|
//! | environment of the program, once | length, with the channel of the program where it has one, then `NAME=value`, each with a NUL behind it |
//! | a byte | ask the program and its descendants to end (SIGTERM) |
//! | end of the stream | kill everything |
//!
//! | from the supervisor | |
//! |---|---|
//! | `Started` | process id of the program |
//! | `Failed` | error number of the system: the program could not be started, and this is the end |
//! | `Ended` | wait status of the program; no descendant is left |
//!
//! Descriptors: the program gets standard input (its channel, or `/dev/null`), standard output and standard error (one
//! pipe), and no other. The supervisor holds the lock of [`Supervisor::with_lock`] until it ends, so acquiring that lock proves that
//! no process of an ended engine is left.
//!
//! On other systems, and for users of the library that name no supervisor, a program has a process group: it is killed with
//! its group, but not when the engine is killed, and processes that left the group remain.

mod engine;
mod group;
#[cfg(target_os = "linux")]
mod process;
mod processes;
mod protocol;
mod resource_limits;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) use engine::{Killer, Running, Starting, start};
pub(crate) use resource_limits::ResourceLimits;

/// The running executable, also when its file was replaced or deleted.
const RUNNING_EXECUTABLE: &str = "/proc/self/exe";

/// The supervising program, and the lock that its processes hold.
#[derive(Debug, Clone)]
pub struct Supervisor {
    executable: PathBuf,
    lock: Option<Arc<OwnedFd>>,
}

impl Supervisor {
    /// The running program, which calls [`main`] first. `None` on systems without supervisors.
    pub fn of_this_program() -> Option<Self> {
        Self::of_program(RUNNING_EXECUTABLE)
    }

    /// Another program that calls [`main`] first: the executable `runwright`. `None` on systems without supervisors.
    pub fn of_program(executable: impl Into<PathBuf>) -> Option<Self> {
        let can_supervise = cfg!(target_os = "linux") && std::fs::exists(RUNNING_EXECUTABLE).is_ok_and(|exists| exists);
        can_supervise.then(|| Self { executable: executable.into(), lock: None })
    }

    /// Its processes hold this file, and so a lock on it, until all processes that they started have ended.
    #[must_use]
    pub fn with_lock(self, lock: OwnedFd) -> Self {
        Self { lock: Some(Arc::new(lock)), ..self }
    }
}

/// A program to start.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
    pub(crate) directory: PathBuf,
    /// All of its environment.
    pub(crate) variables: BTreeMap<String, OsString>,
    /// The variable whose value no other process has: descendants are found by it.
    pub(crate) mark: &'static str,
    /// Its standard output and standard error.
    pub(crate) output: OwnedFd,
    /// Its standard input: a socket to the engine. `/dev/null` when `None`.
    pub(crate) channel: Option<OwnedFd>,
    /// Its limits, and those of its descendants.
    pub(crate) limits: ResourceLimits,
}

/// Runs as the supervisor when the arguments and standard input request it; `None` for any other command. A supervising
/// program calls it first in `main`, before it opens a file or starts a thread.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    let command = arguments.next()?;
    #[cfg(target_os = "linux")]
    {
        match command.to_str()? {
            protocol::COMMAND => process::supervise(&arguments.next()?, arguments),
            protocol::LAUNCH_COMMAND => process::launch(&arguments.next()?, arguments),
            _ => None,
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = command;
        None
    }
}
