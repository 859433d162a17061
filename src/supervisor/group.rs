//! A program in a process group, for systems without a supervisor.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

use super::{Program, ResourceLimits};

/// A process group that is killed when dropped.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pid: Pid,
    is_over: Arc<AtomicBool>,
}

/// The leader of a group. The group is killed at the end of the leader, or when this is dropped before it.
#[derive(Debug)]
pub(super) struct Leader {
    child: Child,
    group: Group,
}

/// Starts the program as the leader of a group.
pub(super) fn start(program: Program) -> std::io::Result<Leader> {
    let child = Command::new(&program.path)
        .args(&program.arguments)
        .current_dir(&program.directory)
        .env_clear()
        .envs(&program.variables)
        .stdin(program.channel.map_or_else(Stdio::null, Stdio::from))
        .stdout(Stdio::from(program.output.try_clone()?))
        .stderr(Stdio::from(program.output))
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let pid = pid.ok_or_else(|| std::io::Error::other("the new process has no id"))?;
    limit(pid, program.limits)?;
    Ok(Leader { child, group: Group { pid, is_over: Arc::default() } })
}

/// Sets the limits of a process that has just started.
fn limit(pid: Pid, limits: ResourceLimits) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    for (resource, limit) in limits.set() {
        match rustix::process::prlimit(Some(pid), resource, limit) {
            // It has ended already.
            Ok(_) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Elsewhere a process can limit itself alone.
    #[cfg(not(target_os = "linux"))]
    let _ = (pid, limits);
    Ok(())
}

impl Leader {
    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    pub(super) fn pid(&self) -> Pid {
        self.group.pid
    }

    /// Waits for the end of the leader, and kills the rest of its group.
    pub(super) async fn wait(mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.group.kill();
        self.group.is_over.store(true, Ordering::Release);
    }
}

impl Group {
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        // Once the group has ended, its id can be reused.
        if !self.is_over.load(Ordering::Acquire) {
            // It can only fail because no process is left.
            let _ = rustix::process::kill_process_group(self.pid, signal);
        }
    }
}
