//! Which process owns an execution, and how it hands the execution over.

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
    /// This process as others see it, once it owns an execution.
    fn process(&self) -> &str;

    /// Takes an execution over that no process runs. Of several processes that try, one wins.
    fn claim<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim>;

    /// Takes an execution over, also from this living process, which hands it over.
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

    /// Returns the notification to the next process that finds the interruption: this one could not send it.
    fn return_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, ()>;

    /// The lock for supervisors of local functions, so that no process resumes an execution of this process after its
    /// death before they have killed its functions. `None` where no other process could resume it, and where the lock
    /// cannot be created: then no process waits.
    fn functions_lock(&self) -> Option<OwnedFd>;
}

/// What came of an attempt to claim an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It belongs to this process now.
    Won,
    /// A living process runs it.
    Running {
        /// Which.
        owner: Owner,
    },
    /// Its process is dead, and processes of local functions that it started are about to end.
    FunctionsRunning {
        /// The process id that the ended process had; 0 where it is not known.
        pid: u32,
    },
    /// It has ended.
    Ended(Status),
    /// There is none.
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

/// Like [`Lease::claim`], but waits a bounded time for functions of an ended process to end. Calls `tell` with the id of
/// that process when this takes longer than a moment.
pub async fn claim_after_functions(
    lease: &dyn Lease,
    clock: &dyn Clock,
    execution: &ExecutionId,
    mut tell: impl FnMut(u32),
) -> Result<Claim, StoreError> {
    let begun = clock.now();
    let mut is_told = false;
    loop {
        let claim = lease.claim(execution).await?;
        let Claim::FunctionsRunning { pid } = claim else { return Ok(claim) };
        let now = clock.now();
        if now >= after(begun, FUNCTIONS_END) {
            return Ok(claim);
        }
        if now >= after(begun, FUNCTIONS_END_NOTICE) && !std::mem::replace(&mut is_told, true) {
            tell(pid);
        }
        clock.sleep_until(after(now, FUNCTIONS_END_POLL)).await;
    }
}
