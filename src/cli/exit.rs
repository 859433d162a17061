//! The exit codes, the same for every command.

use std::process::ExitCode;

use crate::event::Status;

/// How the program ends. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The execution succeeded; the runbook is valid; the command did its work.
    Success = 0,
    /// The execution ended `Failed`; a function could not be invoked; a case of `test` failed.
    Failed = 1,
    /// The command line is wrong: an argument, a file that cannot be read, no region, no credentials.
    Usage = 2,
    /// The runbook, its parameters, its cases or the functions template are invalid.
    Invalid = 3,
    /// The execution ended `TimedOut`.
    TimedOut = 4,
    /// The execution was cancelled, or a second interrupt aborted it.
    Cancelled = 5,
    /// The execution waits for a user, continues in another process, or was left to be resumed after a termination.
    Unfinished = 6,
    /// The function that was to be invoked ran and failed (`FunctionError`).
    FunctionError = 7,
    /// Conflict: a lock is held, or another process owns the execution.
    Conflict = 8,
    /// The journal cannot be read or written.
    Journal = 9,
    /// An internal error.
    Internal = 70,
}

impl Exit {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::Success,
        Self::Failed,
        Self::Usage,
        Self::Invalid,
        Self::TimedOut,
        Self::Cancelled,
        Self::Unfinished,
        Self::FunctionError,
        Self::Conflict,
        Self::Journal,
        Self::Internal,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the code means, in a few words for the help.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Success => "Success: the execution, the check or the command succeeded",
            Self::Failed => {
                "Failed: the execution ended Failed, the function could not be invoked, or a case of `test` failed"
            }
            Self::Usage => "usage: a wrong argument, a file that cannot be read, no region or credentials",
            Self::Invalid => {
                "invalid: the runbook, its parameters or cases, the functions template or an exported execution"
            }
            Self::TimedOut => "TimedOut: the execution ended TimedOut",
            Self::Cancelled => {
                "Cancelled: by Ctrl-C, by `stop`, or by a termination with clean-up; or aborted by a second Ctrl-C"
            }
            Self::Unfinished => "not ended: waiting for approval, detached, or left to be resumed (SIGTERM)",
            Self::FunctionError => "the invoked function failed (invoke, functions invoke)",
            Self::Conflict => "conflict: the lock is held, or the execution belongs to another process",
            Self::Journal => "the journal cannot be read or written: disk full, no permission, a damaged file",
            Self::Internal => "internal error in Runwright",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Status> for Exit {
    fn from(status: Status) -> Self {
        match status {
            Status::Success => Self::Success,
            Status::Failed => Self::Failed,
            Status::TimedOut => Self::TimedOut,
            Status::Cancelled => Self::Cancelled,
            Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling => Self::Unfinished,
        }
    }
}
