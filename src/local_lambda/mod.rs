//! Lambda functions as processes on this machine: no account, no container.
//!
//! Owns: reading SAM and CloudFormation templates, the processes, the Runtime API they talk to, and the Invoke API that
//! callers talk to. Does not own: the SDK client (`lambda`), which reaches this room through [`LocalLambda::http_client`]
//! as it reaches the service, so that the code path of a local run is the code path of a real one. Imports `clock`,
//! `path_search`, `process_output`, `supervisor` and `limits` alone. Used by `cli`.
//!
//! ```text
//! caller ── api ── pool ── sandbox (log, runtime_api) ── supervisor ── the function's process
//!           │       └─ invocation: one event from START to REPORT
//!           └─ events: `Event` invocations and their two further tries
//! ```
//!
//! Invariants: no process outlives the [`LocalLambda`], nor the program when it is killed (see `supervisor`, also for
//! systems without one); a function inherits no descriptor but its three; a function gets the environment of Lambda and
//! not the caller's; whatever a function prints or answers, memory stays bounded; a caller that stops waiting does not
//! stop the function; no process of another user receives or answers an event (on Linux: `peer`; and by a path that
//! only the function's process knows, where its runtime client supports one: `gate`).
//!
//! Intended differences from Lambda: memory is not limited; a failed start is not retried; credentials are passed only
//! on request; `/opt`, `/var/task` and a read-only file system do not exist.

mod api;
mod bootstrap_client;
mod browser;
mod configuration;
mod connector;
mod environment;
mod events;
mod function;
mod gate;
mod hosts;
mod identifiers;
mod interpreter;
mod invocation;
mod log;
mod peer;
mod pool;
mod runtime_api;
mod sandbox;
mod serve;
mod service_error;
mod target;
mod template;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub use bootstrap_client::{BootstrapError, run_program};
pub use events::Drained;
pub use function::{Function, FunctionCode, FunctionIdentifier, Functions, Runtime, Version};
pub use hosts::{HostName, InvalidHostName};
pub use log::{LogLine, LogOrigin, LogSink};
pub use template::{TemplateErrors, TemplateOptions, TemplateProblem};

use self::events::Events;
use self::pool::Pool;
use crate::clock::{Clock, SystemClock};
use crate::limits;
use crate::supervisor::Supervisor;

/// How local functions are run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The seed of request ids.
    pub seed: u64,
    /// Receives every line that functions print.
    pub log: Option<LogSink>,
    /// Variables of the caller's environment that functions get; they get no others. Credentials are passed so:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    pub pass_environment: Vec<String>,
    /// The `PATH` for interpreters and tools; `None` means the caller's.
    pub path: Option<OsString>,
    /// The value of `RUNWRIGHT` for functions; `None` means the running program.
    pub program: Option<PathBuf>,
    /// The supervisor that starts functions, so that no function outlives this program, even when it is killed, and no
    /// descendant outlives its function. Without it a function has only a process group: it is killed with the group,
    /// not when this program is killed, and processes that leave the group remain. A program that calls
    /// [`crate::supervisor::main`] first uses [`Supervisor::of_this_program`]; others may name the executable
    /// `runwright`.
    pub supervisor: Option<Supervisor>,
    /// The concurrency limit over all functions.
    pub most_processes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            seed: identifiers::process_seed(),
            log: None,
            pass_environment: Vec::new(),
            path: None,
            program: None,
            supervisor: None,
            most_processes: limits::LOCAL_PROCESSES,
        }
    }
}

/// The local functions, ready to be invoked. Clones share the processes; dropping the last clone ends them.
#[derive(Debug, Clone)]
pub struct LocalLambda {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    functions: Functions,
    pool: Arc<Pool>,
    events: Arc<Events>,
    loaded: Timestamp,
}

impl LocalLambda {
    /// Nothing is started before the first invocation.
    pub fn new(functions: Functions, options: Options) -> Self {
        let loaded = options.clock.now();
        let pool = Arc::new(Pool::new(&functions, options));
        Self { inner: Arc::new(Inner { functions, pool, events: Arc::default(), loaded }) }
    }

    /// The functions.
    pub fn functions(&self) -> &Functions {
        &self.inner.functions
    }

    /// Process ids of the warm processes of a function that wait for an event.
    pub fn idle_processes(&self, function: &Function) -> Vec<i32> {
        self.inner.pool.idle_pids(function)
    }

    /// Ends processes that were idle for some minutes, as Lambda does. A long-running server calls it periodically.
    pub fn end_idle(&self) {
        self.inner.pool.end_idle();
    }

    /// Waits until every accepted `Event` has had its first attempt, at most `limit`, and returns their results.
    /// Pending retries are lost when the program ends.
    pub async fn drain(&self, limit: Duration) -> Drained {
        self.inner.events.drain(limit).await
    }

    /// Ends every process, and waits until they have ended (at most a few seconds). Running invocations return
    /// `Runtime.ExitError`; later ones are refused. Call it before `process::exit`; dropping the last clone does the
    /// same without waiting.
    pub async fn shutdown(&self) {
        let limit = Duration::from_secs(limits::SHUTDOWN_SECONDS);
        // A killed process that has not ended by then is stuck in the kernel; waiting longer would not help.
        let _ = tokio::time::timeout(limit, self.inner.pool.close()).await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Invocations without a waiting caller hold the pool too; they end with the last clone.
        self.pool.end_all();
    }
}
