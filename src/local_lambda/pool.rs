//! Assigns a process to each invocation: a warm one if available, else a new one, within the limits.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Options;
use super::environment::{self, Place};
use super::function::{Function, FunctionCode, Functions, Runtime, Version, missing_bootstrap};
use super::gate::PathRule;
use super::identifiers::Identifiers;
use super::interpreter::Interpreters;
use super::log::{LogLine, LogOrigin, ProcessLog};
use super::runtime_api::RuntimeApi;
use super::sandbox::{Launch, Registry, Sandbox, StartError};
use super::service_error::{ServiceError, ThrottleReason};
use super::workspace::Workspace;
use crate::limits;
use crate::path_search::is_executable;

/// All processes of all functions.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) options: Options,
    pub(super) identifiers: Identifiers,
    region: String,
    interpreters: Interpreters,
    workspace: Workspace,
    registry: Arc<Registry>,
    idle: Mutex<HashMap<Key, Vec<Idle>>>,
    slots: Arc<Semaphore>,
    reserved: HashMap<String, Arc<Semaphore>>,
    path: OsString,
    passed: Vec<(String, OsString)>,
    program: Option<PathBuf>,
}

type Key = (String, Version);

#[derive(Debug)]
struct Idle {
    sandbox: Sandbox,
    since: Timestamp,
}

/// The permission to run one invocation.
#[derive(Debug)]
pub(super) struct Slot {
    _machine: OwnedSemaphorePermit,
    _function: Option<OwnedSemaphorePermit>,
}

/// Why there is no process for an invocation.
#[derive(Debug)]
pub(super) enum Unready {
    /// The service would refuse the invocation.
    Refused(ServiceError),
    /// The function's own fault, reported as a function error of this type and message.
    Failed { kind: &'static str, message: String },
}

impl Pool {
    pub(super) fn new(functions: &Functions, options: Options) -> Self {
        let path = options.path.clone().or_else(|| std::env::var_os("PATH")).unwrap_or_default();
        let passed = options.pass_environment.iter();
        let passed = passed.filter_map(|name| Some((name.clone(), std::env::var_os(name)?))).collect();
        let program = options.program.clone().or_else(|| std::env::current_exe().ok());
        let reserved = functions.iter().filter_map(|function| {
            let places = usize::try_from(function.reserved_concurrency?).unwrap_or(usize::MAX);
            Some((function.logical_id.clone(), Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))))
        });
        Self {
            identifiers: Identifiers::new(options.seed),
            region: functions.region.clone(),
            interpreters: Interpreters::new(path.clone()),
            workspace: Workspace::default(),
            registry: Arc::new(Registry::new(options.supervisor.clone())),
            idle: Mutex::default(),
            slots: Arc::new(Semaphore::new(options.most_processes.clamp(1, limits::LOCAL_PROCESSES))),
            reserved: reserved.collect(),
            path,
            passed,
            program,
            options,
        }
    }

    /// The permission to run now, or why not.
    pub(super) fn slot_now(&self, function: &Function) -> Result<Slot, ServiceError> {
        let own = match self.reserved.get(&function.logical_id) {
            None => None,
            Some(places) => Some(
                Arc::clone(places)
                    .try_acquire_owned()
                    .map_err(|_| ServiceError::TooManyRequests(ThrottleReason::Reserved))?,
            ),
        };
        let machine = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| ServiceError::TooManyRequests(ThrottleReason::Machine))?;
        Ok(Slot { _machine: machine, _function: own })
    }

    /// Waits for the permission to run; `None` when the function may never run.
    pub(super) async fn slot_later(&self, function: &Function) -> Option<Slot> {
        let own = match self.reserved.get(&function.logical_id) {
            None => None,
            Some(_) if function.reserved_concurrency == Some(0) => return None,
            Some(places) => Some(Arc::clone(places).acquire_owned().await.ok()?),
        };
        let machine = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        Some(Slot { _machine: machine, _function: own })
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<Key, Vec<Idle>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process that waits for an event, or a new one.
    pub(super) async fn sandbox(&self, function: &Function, version: Version) -> Result<Sandbox, Unready> {
        let key = (function.logical_id.clone(), version);
        // The one used last is the warmest; those that ended meanwhile are dropped on the way.
        while let Some(idle) = self.idle().get_mut(&key).and_then(Vec::pop) {
            if idle.sandbox.is_waiting() {
                return Ok(idle.sandbox);
            }
        }
        self.make_room();
        self.start(function, version).await
    }

    /// Keeps a process for the next invocation.
    pub(super) fn keep(&self, function: &Function, version: Version, mut sandbox: Sandbox) {
        if !sandbox.is_waiting() {
            return;
        }
        sandbox.used = true;
        let since = self.options.clock.now();
        self.idle().entry((function.logical_id.clone(), version)).or_default().push(Idle { sandbox, since });
    }

    /// Ends the process that was idle longest when there are as many as there may be.
    fn make_room(&self) {
        if self.registry.count() < self.options.most_processes {
            return;
        }
        let mut all = self.idle();
        let oldest =
            all.iter().filter_map(|(key, pool)| Some((pool.first()?.since, key.clone()))).min_by_key(|(s, _)| *s);
        if let Some((_, key)) = oldest
            && let Some(pool) = all.get_mut(&key)
            && !pool.is_empty()
        {
            drop(pool.remove(0));
        }
    }

    /// Ends processes that were idle for a while.
    pub(super) fn end_idle(&self) {
        let now = self.options.clock.now();
        let limit = Duration::from_secs(limits::IDLE_PROCESS_SECONDS);
        for pool in self.idle().values_mut() {
            pool.retain(|idle| Duration::try_from(now.duration_since(idle.since)).unwrap_or_default() < limit);
        }
    }

    /// Ends every process; returns when all are gone.
    pub(super) async fn close(&self) {
        self.idle().clear();
        self.registry.close().await;
    }

    /// Ends every process without waiting for it.
    pub(super) fn end_all(&self) {
        self.registry.kill_all();
        self.idle().clear();
    }

    /// Process ids of the idle processes of a function.
    pub(super) fn idle_pids(&self, function: &Function) -> Vec<i32> {
        let all = self.idle();
        let of_function = all.iter().filter(|((id, _), _)| *id == function.logical_id);
        of_function.flat_map(|(_, pool)| pool.iter().map(|idle| idle.sandbox.pid())).collect()
    }

    fn warn(&self, function: &Function, text: &str) {
        tracing::warn!(function = %function.name, "{text}");
        if let Some(sink) = &self.options.log {
            sink.line(LogLine { function: &function.name, request_id: None, origin: LogOrigin::Platform, text });
        }
    }

    async fn start(&self, function: &Function, version: Version) -> Result<Sandbox, Unready> {
        let system = |error: std::io::Error| Unready::Refused(ServiceError::Service(error.to_string()));
        if let FunctionCode::Unavailable(reason) = &function.code {
            let message = format!("`{}` cannot run: {reason}", function.name);
            return Err(Unready::Refused(match function.runtime {
                Runtime::Unsupported(_) => ServiceError::InvalidRuntime(message),
                Runtime::Provided(_) | Runtime::Python(_) | Runtime::Node(_) => ServiceError::InvalidZipFile(message),
            }));
        }
        let runtime_directory = self.workspace.runtime_directory().map_err(system)?;
        let task_root = self.workspace.task_root(function).map_err(system)?;
        if !task_root.is_dir() {
            let reason = function.unavailable().unwrap_or_else(|| "its code is missing".to_owned());
            let message = format!("`{}` cannot run: {reason}", function.name);
            return Err(Unready::Refused(ServiceError::InvalidZipFile(message)));
        }
        let (program, arguments) = match &function.runtime {
            Runtime::Provided(_) => {
                let bootstrap = task_root.join("bootstrap");
                if !is_executable(&bootstrap) {
                    let hint = if bootstrap.is_file() {
                        format!("`{}` is not executable; run `chmod +x` on it", bootstrap.display())
                    } else {
                        missing_bootstrap(&task_root)
                    };
                    let message = format!("Couldn't find valid bootstrap(s): [{}]: {hint}", bootstrap.display());
                    return Err(Unready::Failed { kind: "Runtime.InvalidEntrypoint", message });
                }
                (bootstrap, Vec::new())
            }
            Runtime::Unsupported(identifier) => {
                let reason = function.unavailable().unwrap_or_else(|| format!("the runtime is `{identifier}`"));
                let message = format!("`{}` cannot run: {reason}", function.name);
                return Err(Unready::Refused(ServiceError::InvalidRuntime(message)));
            }
            runtime @ (Runtime::Python(_) | Runtime::Node(_)) => {
                let found = self.interpreters.find(runtime, |text| self.warn(function, text)).await;
                let program =
                    found.map_err(|error| Unready::Refused(ServiceError::InvalidRuntime(error.to_string())))?;
                let client = if matches!(runtime, Runtime::Python(_)) { "runtime.py" } else { "runtime.mjs" };
                (program, vec![runtime_directory.join(client)])
            }
        };
        let path_rule = match function.runtime {
            Runtime::Python(_) | Runtime::Node(_) => PathRule::Required,
            Runtime::Provided(_) | Runtime::Unsupported(_) => PathRule::RequiredOnceUsed,
        };
        let api = RuntimeApi::start(path_rule).await.map_err(system)?;
        let stream = self.identifiers.uuid().simple().to_string();
        let log_stream = format!("{}/[{version}]{stream}", self.options.clock.now().strftime("%Y/%m/%d"));
        let variables = environment::variables(
            function,
            version,
            &Place {
                region: &self.region,
                runtime_api: api.address(),
                task_root: &task_root,
                runtime_directory: &runtime_directory,
                path: &self.path,
                log_stream: &log_stream,
                program: self.program.as_deref(),
                passed: &self.passed,
            },
        );
        let (reading, writing) = std::io::pipe().map_err(system)?;
        let log = ProcessLog::new(reading.into(), &function.name, self.options.log.clone()).map_err(system)?;
        let launch = Launch { program, arguments, directory: task_root, variables };
        Sandbox::start(&launch, api, log, writing.into(), &self.registry).await.map_err(|error| match error {
            StartError::Closed => Unready::Refused(ServiceError::Service(error.to_string())),
            StartError::System(error) => Unready::Failed {
                kind: "Runtime.InvalidEntrypoint",
                message: format!("fork/exec {}: {error}", launch.program.display()),
            },
        })
    }
}
