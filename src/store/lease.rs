//! Leases: which process owns an execution, and how ownership changes.

use std::fmt;
use std::os::fd::OwnedFd;

use jiff::Timestamp;

use super::{StoreError, Stored};
use crate::clock::{Clock, after};
use crate::event::{LeaveReason, Status};
use crate::limits::{FUNCTIONS_END, FUNCTIONS_END_NOTICE, FUNCTIONS_END_POLL};
use crate::name::ExecutionId;

/// Gives each execution to one process at a time.
pub trait Lease: Send + Sync + fmt::Debug {
    /// The id of this process, recorded once it owns an execution.
    fn process(&self) -> &str;

    /// Claims an execution that no process runs. Of several processes that try, one succeeds.
    fn claim<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim>;

    /// Claims an execution, also from this running process, which hands it over.
    fn claim_from<'a>(&'a self, execution: &'a ExecutionId, from: &'a str) -> Stored<'a, Claim>;

    /// Leaves an execution, with its children, for another process to resume. Without a reason it looks like a crash.
    /// Executions that this process does not own stay as they are.
    fn release<'a>(&'a self, execution: &'a ExecutionId, reason: Option<LeaveReason>) -> Stored<'a, ()>;

    /// Leaves every execution of this process, before it ends on an internal error.
    fn release_all(&self, reason: LeaveReason) -> Stored<'_, ()>;

    /// The interrupted children of this execution, the oldest first.
    fn orphaned_children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<ExecutionId>>;

    /// Claims the notification of an interruption: true for the first process that asks since the interruption, false
    /// for all others, and for an execution that is not interrupted.
    fn claim_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, bool>;

    /// Gives back the claim of a notification that this process could not send: the next process that finds the
    /// interruption can claim it.
    fn return_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, ()>;

    /// The lock for supervisors of local functions. After this process has ended, no other process resumes its
    /// executions until the supervisors have killed its functions. `None` where no other process could resume them, and
    /// where the lock cannot be created: then no process waits.
    fn functions_lock(&self) -> Option<OwnedFd>;
}

/// The result of an attempt to claim an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It belongs to this process now.
    Won,
    /// A running process owns it.
    Running {
        /// The process.
        owner: Owner,
    },
    /// Its process has ended, and local functions that it started are still ending.
    FunctionsRunning {
        /// The process id that the ended process had; 0 where it is not known.
        pid: u32,
    },
    /// It has ended.
    Ended(Status),
    /// No execution has this id.
    Unknown,
}

/// A process that runs an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its id in the store.
    pub id: String,
    /// Its process id on its machine.
    pub pid: u32,
    /// Its machine.
    pub host: String,
    /// When it claimed its first execution.
    pub since: Timestamp,
}

/// The name of this machine.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Like [`Lease::claim`], but waits a bounded time for functions of an ended process to end. Calls `report` with the id
/// of that process when this takes longer than a moment.
pub async fn claim_after_functions(
    lease: &dyn Lease,
    clock: &dyn Clock,
    execution: &ExecutionId,
    mut report: impl FnMut(u32),
) -> Result<Claim, StoreError> {
    let begun = clock.now();
    let mut is_reported = false;
    loop {
        let claim = lease.claim(execution).await?;
        let Claim::FunctionsRunning { pid } = claim else { return Ok(claim) };
        let now = clock.now();
        if now >= after(begun, FUNCTIONS_END) {
            return Ok(claim);
        }
        if now >= after(begun, FUNCTIONS_END_NOTICE) && !std::mem::replace(&mut is_reported, true) {
            report(pid);
        }
        clock.sleep_until(after(now, FUNCTIONS_END_POLL)).await;
    }
}
