//! The application: what people do with executions.
//!
//! Owns: one file per operation (start, resume, stop, …), with typed requests, results and errors; and the run of an
//! execution with its connection, children, lock, requests of other processes and notifications. Does not own: what
//! happens next (`engine`), the loop of one execution (`runner`), how anything is shown or asked (the edges). Nothing
//! here prints, exits, or knows a terminal. Only the edges (`cli`) call it.
//!
//! An edge watches a run as an [`Observer`], and controls it with a [`RunControl`]. The secrets of an execution belong to
//! its request: executions of one process do not share them.
//!
//! ```
//! use std::sync::Arc;
//!
//! use runwright::automation::{Automation, FollowEnd, FollowItem, IgnoreEvents, RunControl, SignalRequest, StartRequest};
//! use runwright::event::{Event, Signal};
//!
//! const RUNBOOK: &str = "
//! schemaVersion: '0.3'
//! mainSteps:
//!   - { name: ask, action: aws:approve, inputs: { Approvers: [anna] } }
//! outputs: [ask.ApprovalStatus]
//! ";
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let automation = Automation::open(folder.path())?;
//! let request = StartRequest::new("release.yaml", RUNBOOK, "operator")?;
//! let running = automation.start(request, RunControl::default(), Arc::new(IgnoreEvents)).await?;
//!
//! let mut follow = automation.follow(running.id()).await?;
//! while let Some(item) = follow.next().await? {
//!     if let FollowItem::Event { recorded, .. } = item
//!         && let Event::WaitStarted(_) = recorded.event
//!     {
//!         // From this process or from any other one that opens the folder.
//!         automation.signal(SignalRequest::new(running.id().clone(), Signal::Approve, "anna")).await?;
//!     }
//! }
//! let Some(FollowEnd::Ended(execution)) = follow.into_end() else { return Err("it was interrupted".into()) };
//! let ending = execution.ending().ok_or("it has not ended")?;
//! assert_eq!(ending.outputs["ask.ApprovalStatus"], ["Approved"]);
//! # running.close().await;
//! # Ok(())
//! # }
//! ```

mod account;
mod api_calls;
mod api_models;
mod assume_role;
mod attachments;
mod case_file_error;
mod case_files;
mod case_runs;
mod case_scripts;
mod child_runtime;
pub mod children;
mod connection;
mod control;
mod documents;
mod error;
mod event_watch;
mod export;
mod exports;
mod files;
mod follow;
mod function_logs;
mod get;
mod identity;
mod import;
mod import_error;
mod interpreters;
mod interrupted_calls;
mod invoke;
mod launch;
mod list;
mod local_processes;
mod locations;
mod locations_error;
mod lock_queue;
mod logs;
mod lost_values;
mod notifications;
mod observer;
mod organization;
mod parameter_store;
mod parameters;
mod persistence;
mod plan;
mod preflight;
mod prune;
mod record_case;
mod record_case_error;
mod recover;
mod redrive;
mod redrive_error;
mod requests;
mod rerun;
mod restart;
mod resume;
mod run;
mod run_source;
mod script_checks;
mod secret_parameters;
mod secrets;
mod sensitive_outputs;
mod setting_values;
mod signal;
mod signal_error;
mod start;
mod steps;
mod stop;
mod stored_parameters;
mod supplied_targets;
mod target_arguments;
mod target_lookup;
mod target_results;
mod targets;
mod tested_runbook;
mod validate;
mod waits;
mod watch;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::runner::EventStream;
use crate::store::{ChangeFeed, EventStore, Store};

pub use api_models::load_models;
pub use assume_role::resolve_role;
pub use attachments::{attachment_source, check_attachments};
pub use case_file_error::CaseFileError;
pub use case_files::find_case_files;
pub use case_runs::{CaseChoice, CasesRun, run_cases};
pub use case_scripts::CaseScriptOptions;
pub use connection::{
    absolute_path, environment, identify_template, load_functions, local_options, recorded_functions,
};
pub use control::{Departure, RunControl};
pub use documents::{StoredRunbook, read_executed_runbook, read_recorded_runbook, read_runbook, replay_history};
pub use error::{AutomationError, LeftExecution, RoleSource};
pub use exports::{Export, ExportError, ExportSyntaxError};
pub use files::{DocumentText, document_identity};
pub use follow::{Follow, FollowEnd, FollowItem};
pub use get::StoredExecution;
pub use identity::{aws_identity, system_user};
pub use import::{ImportRequest, ImportedExecution};
pub use import_error::ImportError;
pub use interpreters::{InterpreterOptions, RuntimeChoice, check_interpreters, offered_runtimes, script_runtimes};
pub use invoke::{CapturedReply, INVOKE_STEP, InvokeContext, InvokeOnce};
pub use launch::{local_launch, local_resumption, with_environment};
pub use list::{Listing, PageLimitError, read_page_limit};
pub use locations::{download_target_locations, have_alarms, parse_target_locations, resolve_locations};
pub use locations_error::LocationsError;
pub use logs::{LogBatch, LogEnd, LogReader};
pub use lost_values::{LostReference, RestoredOutputs};
pub use observer::{FunctionLogLine, IgnoreEvents, LineSource, Notice, Observer};
pub use organization::UnlistedAccounts;
pub use parameter_store::{ParameterStore, StoredKind, StoredParameter, StoredParameterFuture};
pub use parameters::{StartContext, bind_known_parameters, check_names, check_parameters, register_secrets};
pub use persistence::{OpenJournal, Persistence};
pub use plan::{
    ActionUse, CheckedPlan, CriticalPath, LocalFunctionState, NextSteps, ParameterOrigin, PermissionCheck, Plan,
    PlanRequest, PlannedFunction, PlannedLocations, PlannedLookup, PlannedParameter, PlannedStep, PlannedTargets,
    PreflightRequest, Principal, Repeats, RequiredAction, RequiredPermissions, UncoveredStep, plan_execution,
    plan_with_preflight,
};
pub use preflight::{FunctionCheck, FunctionVerdict, MissingPermission, Preflight};
pub use prune::{PrunePreview, PruneRequest};
pub use record_case::{CaseDoubt, RecordedCase};
pub use record_case_error::RecordCaseError;
pub use recover::{Interruption, InterruptionNotices, RecoveryGroups, RecoveryMode, group_interruptions};
pub use redrive::RedriveRequest;
pub use redrive_error::{RedriveError, RunbookChange};
pub use restart::{RestartRequest, RunbookChoice};
pub use resume::{ConnectionOverrides, ResumePlan, ResumeRequest, recorded_path};
pub use run::RunningExecution;
pub use run_source::RunContext;
pub use script_checks::{check_powershell, check_python_scripts, has_powershell};
pub use secrets::{SensitiveValues, execution_secrets, possible_secrets};
pub use setting_values::{
    SizeLimit, UnitError, parse_multiplier, parse_poll_interval, parse_share, parse_size_limit, parse_throttle_window,
};
pub use signal::{SignalOutcome, SignalRequest};
pub use signal_error::SignalError;
pub use start::{LabelError, Lock, StartRequest, read_label};
pub use steps::ensure_step_ran;
pub use stop::{StopPlan, StopType};
pub use supplied_targets::TargetsError;
pub use target_arguments::{
    AmountError, InvalidTargets, ReadTargetFile, TargetSource, parse_targets, read_max_concurrency, read_max_errors,
    read_target_type,
};
pub use target_lookup::LookupContext;
pub use target_results::{FailedTarget, TargetSummary, expand_targets, summarize_targets};
pub use targets::{TARGETS_STEP, TargetRequest, check_target_parameters};
pub use tested_runbook::{TestedRunbook, read_cases};
pub use validate::{Validation, validate_file, validate_runbook};
pub use waits::{CurrentWait, WaitTracker, Waiting};

use event_watch::ObserverThread;
use requests::RequestReader;
use watch::{ChangeWatch, Commits};

/// The executions of one journal, or of this process's memory. Clones share it. Its operations need a Tokio runtime,
/// always the same one.
#[derive(Debug, Clone)]
pub struct Automation {
    persistence: Persistence,
    requests: Arc<OnceLock<Arc<RequestReader>>>,
    events: Arc<OnceLock<EventStream>>,
    changes: Arc<Mutex<Option<ChangeWatch>>>,
    observers: Arc<OnceLock<Arc<ObserverThread>>>,
}

impl Automation {
    /// Operations on executions that are stored there.
    pub fn new(persistence: Persistence) -> Self {
        Self {
            persistence,
            requests: Arc::default(),
            events: Arc::default(),
            changes: Arc::default(),
            observers: Arc::default(),
        }
    }

    /// The executions of the journal in a folder. Creates both if necessary.
    pub fn open(folder: &Path) -> Result<Self, AutomationError> {
        Ok(Self::new(Persistence::Journal(OpenJournal::create(folder)?)))
    }

    /// Where executions are stored.
    pub const fn persistence(&self) -> &Persistence {
        &self.persistence
    }

    /// Reads an execution from the journal, without its secrets.
    pub async fn read(&self, execution: &ExecutionId) -> Result<Execution, AutomationError> {
        documents::read_execution(self.journal("read")?, execution).await
    }

    /// The journal, for an operation that needs one.
    fn journal(&self, operation: &'static str) -> Result<&dyn Store, AutomationError> {
        self.persistence.journal_store().ok_or(AutomationError::JournalRequired { operation })
    }

    /// Likewise, for a task that outlives the operation.
    fn shared_journal(&self, operation: &'static str) -> Result<Arc<dyn Store>, AutomationError> {
        let journal = self.persistence.journal().ok_or(AutomationError::JournalRequired { operation })?;
        Ok(journal.shared_store())
    }

    /// The event stream of the executions in this store: of a journal, one for all of them.
    fn events(&self, store: &Arc<dyn Store>) -> EventStream {
        let stream = || EventStream::new(Arc::clone(store) as Arc<dyn EventStore>);
        match &self.persistence {
            Persistence::Memory => stream(),
            Persistence::Journal(_) => self.events.get_or_init(stream).clone(),
        }
    }

    /// The thread on which observers are called, one for all executions.
    fn observer_thread(&self) -> Result<Arc<ObserverThread>, AutomationError> {
        if let Some(thread) = self.observers.get() {
            return Ok(Arc::clone(thread));
        }
        let started = Arc::new(ObserverThread::start().map_err(|source| AutomationError::NoThread { source })?);
        Ok(Arc::clone(self.observers.get_or_init(|| started)))
    }

    /// The commits to the journal from now on, by any process.
    fn commits(&self, journal: &Arc<dyn Store>) -> Commits {
        if let Persistence::Memory = self.persistence {
            return Commits::none();
        }
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        // A watch ends with the runtime that it was started on.
        if let Some(watch) = changes.as_ref().filter(|watch| watch.is_running()) {
            return watch.subscribe();
        }
        changes.insert(ChangeWatch::start(Arc::clone(journal) as Arc<dyn ChangeFeed>)).subscribe()
    }

    /// Reads the requests of other processes, once for all executions.
    fn requests(&self) -> Option<Arc<RequestReader>> {
        let journal = self.persistence.journal()?.shared_store();
        let start = || {
            let commits = self.commits(&journal);
            Arc::new(RequestReader::start(Arc::clone(&journal), commits))
        };
        Some(Arc::clone(self.requests.get_or_init(start)))
    }
}
