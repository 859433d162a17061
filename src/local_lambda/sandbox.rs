//! One execution environment: a supervised process, its Runtime API and its log.
//!
//! However a sandbox ends, its process and all descendants end with it: when the process exits by itself, when the sandbox
//! is dropped, and when the runtime or this program ends.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Pid;
use tokio::sync::{oneshot, watch};

use super::log::ProcessLog;
use super::runtime_api::{Phase, RuntimeApi};
use crate::limits;
use crate::supervisor::{self, Killer, Program, ResourceLimits, Starting, Supervisor};

/// A started process.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) api: RuntimeApi,
    pub(super) log: Arc<ProcessLog>,
    /// Whether it has been given an event before.
    pub(super) used: bool,
    pid: Pid,
    _killer: KillOnDrop,
    follower: tokio::task::AbortHandle,
}

/// The program to start, and its environment.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<PathBuf>,
    pub(super) directory: PathBuf,
    pub(super) variables: BTreeMap<String, OsString>,
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// The registry is closed: all processes are being ended.
    #[error("local functions are being shut down")]
    Closed,
    /// The system refused.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl Sandbox {
    /// Starts the process. `log` reads from `output`'s other end.
    pub(super) async fn start(
        launch: &Launch,
        api: RuntimeApi,
        log: ProcessLog,
        output: OwnedFd,
        registry: &Arc<Registry>,
    ) -> Result<Self, StartError> {
        let program = Program {
            path: launch.program.clone(),
            arguments: launch.arguments.clone(),
            directory: launch.directory.clone(),
            variables: launch.variables.clone(),
            mark: "AWS_LAMBDA_LOG_STREAM_NAME",
            output,
            channel: None,
            limits: ResourceLimits::default(),
        };
        let (killer, started) = registry.start(program, api.phase_sender())?;
        let killer = KillOnDrop(killer);
        // Without a report, the runtime is shutting down.
        let pid = started.await.map_err(|_| StartError::Closed)??;
        let log = Arc::new(log);
        let follower = {
            let log = Arc::clone(&log);
            tokio::spawn(async move { log.follow().await }).abort_handle()
        };
        Ok(Self { api, log, used: false, pid, _killer: killer, follower })
    }

    /// Whether the process is running and waits for an event, as far as is known.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(*self.api.phase().borrow(), Phase::Waiting)
    }

    /// The process id.
    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Kills the process with its descendants, and waits until they have ended: the next invocation must not overlap
    /// with them.
    pub(super) async fn end(self) {
        let mut phase = self.api.phase();
        drop(self);
        let exited = phase.wait_for(|phase| matches!(phase, Phase::Exited(_)));
        // A process that has not ended by then is stuck in the kernel.
        let _ = tokio::time::timeout(Duration::from_secs(limits::SHUTDOWN_SECONDS), exited).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// Kills a process with its descendants when dropped.
#[derive(Debug)]
struct KillOnDrop(Killer);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// All running processes, so that none is left behind.
#[derive(Debug)]
pub(super) struct Registry {
    supervisor: Option<Supervisor>,
    live: Mutex<Live>,
    next: AtomicU64,
    changed: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct Live {
    closed: bool,
    processes: HashMap<u64, Killer>,
}

type Started = oneshot::Receiver<std::io::Result<Pid>>;

impl Registry {
    pub(super) fn new(supervisor: Option<Supervisor>) -> Self {
        Self { supervisor, live: Mutex::default(), next: AtomicU64::default(), changed: tokio::sync::Notify::new() }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>, program: Program, phase: watch::Sender<Phase>) -> Result<(Killer, Started), StartError> {
        // Held while the process starts: no unregistered process can start while all are being ended.
        let mut live = self.live();
        if live.closed {
            return Err(StartError::Closed);
        }
        let starting = supervisor::start(self.supervisor.as_ref(), program)?;
        let killer = starting.killer();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        live.processes.insert(number, killer.clone());
        drop(live);
        let (tell, started) = oneshot::channel();
        let registry = Arc::clone(self);
        tokio::spawn(async move {
            watch_over(starting, tell, phase).await;
            registry.live().processes.remove(&number);
            registry.changed.notify_waiters();
        });
        Ok((killer, started))
    }

    /// Ends every process and lets none start; returns when all have ended.
    pub(super) async fn close(&self) {
        self.kill_all();
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on no notice is missed, whether or not it is awaited.
            changed.as_mut().enable();
            if self.live().processes.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Ends every process and lets none start.
    pub(super) fn kill_all(&self) {
        let mut live = self.live();
        live.closed = true;
        for process in live.processes.values() {
            process.kill();
        }
    }

    /// How many processes there are.
    pub(super) fn count(&self) -> usize {
        self.live().processes.len()
    }
}

/// Waits for the start of a process, and for its end. Dropping it before that kills the process.
async fn watch_over(starting: Starting, tell: oneshot::Sender<std::io::Result<Pid>>, phase: watch::Sender<Phase>) {
    let running = match starting.started().await {
        Ok(running) => running,
        Err(error) => {
            // The caller may have stopped waiting.
            let _ = tell.send(Err(error));
            return;
        }
    };
    let _ = tell.send(Ok(running.pid()));
    let status = running.wait().await;
    phase.send_replace(Phase::Exited(match status {
        Ok(status) => describe(status),
        Err(error) => Some(error.to_string()),
    }));
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
