//! Releases the terminal once it has hung up, so that the process continues without it.
//!
//! Every write to a terminal that hung up fails, and may stop the process if another session has the terminal now. So
//! each standard stream that is a terminal is replaced by `/dev/null`: progress is discarded, prompts end, files and
//! pipes stay as they are. Errors go to `background.log` beside the journal, like those of processes that never had a
//! terminal.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::fstat;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

use super::background_log;
use super::output::is_device;
use super::output::{tell, tell_in};
use crate::clock::{Clock, SystemClock};
use crate::name::ExecutionId;
use crate::report::{Reports, short_id};

/// Releases the terminal. `folder` is that of the journal, where there is one.
pub(super) fn leave_terminal(reports: &Reports, folder: Option<&Path>, execution: Option<&ExecutionId>) {
    let id = execution.map_or("", |id| short_id(id.as_str()));
    let stderr = io::stderr();
    if is_device(&stderr) && can_write(&stderr) {
        // Only the signal arrived: the terminal still exists, so release it for its user.
        reports.close();
        tell(&format!("the execution continues without this terminal; to follow it: `runwright attach {id}`\n"));
    }
    let Ok(nothing) = OpenOptions::new().read(true).write(true).open("/dev/null") else { return };
    if let Some(folder) = folder
        && is_device(&stderr)
        && !is_same_device(&stderr, &nothing)
        && let Ok(log) = background_log::open(folder)
    {
        tell_in(log);
        let (now, process) = (SystemClock.now(), std::process::id());
        tell(&format!("{now:.0} {id}: the terminal closed; process {process} continues without it\n"));
    }
    // If one cannot be replaced, writes to it fail, which does no harm.
    if is_device(&io::stdin()) {
        let _ = dup2_stdin(&nothing);
    }
    if is_device(&io::stdout()) {
        let _ = dup2_stdout(&nothing);
    }
    if is_device(&stderr) {
        let _ = dup2_stderr(&nothing);
    }
}

fn is_same_device(stream: &impl AsFd, nothing: &File) -> bool {
    matches!((fstat(stream), fstat(nothing)), (Ok(one), Ok(other)) if one.st_rdev == other.st_rdev)
}

/// Whether a write would neither fail nor block.
fn can_write(stream: &impl AsFd) -> bool {
    let mut looked = [PollFd::new(stream, PollFlags::OUT)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let answered = poll(&mut looked, Some(&at_once));
    answered == Ok(1) && looked.iter().all(|found| found.revents() == PollFlags::OUT)
}
