//! One execution environment: a process in a group of its own, its Runtime API and its log.
//!
//! However a sandbox ends, its whole process group ends with it: when the process exits by itself, when the sandbox is
//! dropped, and when the runtime goes down.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::log::ProcessLog;
use super::runtime_api::{Phase, RuntimeApi};

/// A started process.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) api: RuntimeApi,
    pub(super) log: Arc<ProcessLog>,
    /// Whether it has been given an event before.
    pub(super) used: bool,
    group: Group,
    follower: tokio::task::AbortHandle,
}

/// What to start.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<PathBuf>,
    pub(super) directory: PathBuf,
    pub(super) variables: std::collections::BTreeMap<String, std::ffi::OsString>,
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// The registry is closed: everything is being ended.
    #[error("local functions are being shut down")]
    Closed,
    /// The system refused.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl Sandbox {
    /// Starts the process. `log` reads from `output`'s other end.
    pub(super) fn start(
        launch: &Launch,
        api: RuntimeApi,
        log: ProcessLog,
        output: OwnedFd,
        registry: &Arc<Registry>,
    ) -> Result<Self, StartError> {
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.arguments)
            .current_dir(&launch.directory)
            .env_clear()
            .envs(&launch.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(output))
            .process_group(0)
            .kill_on_drop(true);
        let group = registry.start(&mut command, api.phase_sender())?;
        let log = Arc::new(log);
        let follower = {
            let log = Arc::clone(&log);
            tokio::spawn(async move { log.follow().await }).abort_handle()
        };
        Ok(Self { api, log, used: false, group, follower })
    }

    /// Whether the process is still there and waits for an event, as far as is known.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(*self.api.phase().borrow(), Phase::Waiting)
    }

    /// The process id, which is the id of its group too.
    pub(super) fn pid(&self) -> i32 {
        self.group.pid.as_raw_nonzero().get()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.group.kill();
        self.follower.abort();
    }
}

/// A process group that is ended with its owner.
#[derive(Debug, Clone)]
struct Group {
    pid: Pid,
    phase: watch::Receiver<Phase>,
}

impl Group {
    fn kill(&self) {
        // Once the process is reaped its number can be another's.
        if !matches!(*self.phase.borrow(), Phase::Exited(_)) {
            kill_group(self.pid);
        }
    }
}

fn kill_group(pid: Pid) {
    // The only way to fail is that nobody is left.
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
}

/// All processes that live, so that none is left behind.
#[derive(Debug, Default)]
pub(super) struct Registry {
    live: Mutex<Live>,
    next: AtomicU64,
    changed: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct Live {
    closed: bool,
    groups: HashMap<u64, Group>,
}

impl Registry {
    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>, command: &mut Command, phase: watch::Sender<Phase>) -> Result<Group, StartError> {
        // Held while the process is made: nothing starts unseen while everything is being ended.
        let mut live = self.live();
        if live.closed {
            return Err(StartError::Closed);
        }
        let child = command.spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let pid = pid.ok_or_else(|| std::io::Error::other("the new process has no id"))?;
        let group = Group { pid, phase: phase.subscribe() };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        live.groups.insert(number, group.clone());
        drop(live);
        tokio::spawn(wait(child, pid, phase, Arc::clone(self), number));
        Ok(group)
    }

    /// Ends every process and lets none start; returns when all are gone.
    pub(super) async fn close(&self) {
        self.kill_all();
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on no notice is missed, whether or not it is awaited.
            changed.as_mut().enable();
            if self.live().groups.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Ends every process and lets none start.
    pub(super) fn kill_all(&self) {
        let mut live = self.live();
        live.closed = true;
        for group in live.groups.values() {
            group.kill();
        }
    }

    /// How many processes there are.
    pub(super) fn count(&self) -> usize {
        self.live().groups.len()
    }
}

/// Waits for the end of a process, and takes the rest of its group with it.
async fn wait(mut child: Child, pid: Pid, phase: watch::Sender<Phase>, registry: Arc<Registry>, number: u64) {
    let guard = Leftovers { pid };
    let status = child.wait().await;
    drop(guard);
    phase.send_replace(Phase::Exited(match status {
        Ok(status) => describe(status),
        Err(error) => Some(error.to_string()),
    }));
    registry.live().groups.remove(&number);
    registry.changed.notify_waiters();
}

/// Kills a group when dropped: at the end of the process, or when the runtime goes down before it.
struct Leftovers {
    pid: Pid,
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        kill_group(self.pid);
    }
}

/// The end of a process in Lambda's words; none for exit status 0.
fn describe(status: ExitStatus) -> Option<String> {
    if let Some(code) = status.code() {
        return (code != 0).then(|| format!("exit status {code}"));
    }
    let signal = status.signal().unwrap_or_default();
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        _ => return Some(format!("signal: signal {signal}")),
    };
    let core = if status.core_dumped() { " (core dumped)" } else { "" };
    Some(format!("signal: {name}{core}"))
}
