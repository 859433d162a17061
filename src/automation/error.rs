//! Why an operation on executions failed.

use jiff::Timestamp;

use super::case_file_error::CaseFileError;
use super::control::Departure;
use super::import_error::ImportError;
use super::locations_error::LocationsError;
use super::organization::UnlistedAccounts;
use super::record_case_error::RecordCaseError;
use super::redrive_error::RedriveError;
use super::signal_error::SignalError;
use super::supplied_targets::TargetsError;
use crate::actions::LookupError;
use crate::aws::{ConnectError, ModelError, RoleArn, UnknownIdentity};
use crate::diagnostic::{Diagnostic, Source, summary};
use crate::engine::EngineError;
use crate::event::Status;
use crate::execution::InvalidHistory;
use crate::expression::Unresolved;
use crate::files::FileError;
use crate::local_lambda::TemplateErrors;
use crate::name::{ExecutionId, ParameterName, StepName, VariableName};
use crate::runbook::binding::{BindingProblem, ValueError};
use crate::runner::RunError;
use crate::runner::delays::DelayPolicyError;
use crate::scripts::{AttachmentError, InterpreterError, InvalidLocation};
use crate::store::{FindError, Owner, StoreError};
use crate::untrusted::one_line;

/// The origin of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleSource {
    /// The user who starts the execution.
    Caller,
    /// `assumeRole` of the document.
    Document,
}

/// An execution that this process left before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftExecution {
    /// Its id.
    pub id: ExecutionId,
    /// The name of its runbook.
    pub document: String,
    /// How it ended after all; `None` when it has not.
    pub ended: Option<Status>,
}

/// Why an operation on executions failed.
///
/// A variant has the facts; the edges add the advice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AutomationError {
    /// The journal cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal does not have the execution that was named.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The operation needs a journal.
    #[error("{operation} needs the journal, but this execution is stored in memory only")]
    JournalRequired {
        /// The operation.
        operation: &'static str,
    },
    /// There is no journal in the folder.
    #[error("there are no executions in {}", folder.display())]
    NoJournal {
        /// The folder.
        folder: std::path::PathBuf,
    },

    // -- the runbook and its functions ---------------------------------------------------------------------
    /// The journal does not have the text of the runbook.
    #[error("execution {execution}: its runbook is missing from the journal")]
    DocumentMissing {
        /// The execution.
        execution: ExecutionId,
    },
    /// The runbook in the journal is not valid for this version.
    #[error("the runbook {name}, as stored in the journal, is not valid for this version")]
    DocumentInvalid {
        /// Its name.
        name: String,
        /// Its text.
        source_text: Box<Source>,
        /// What is wrong with it.
        problems: Vec<Diagnostic>,
    },
    /// The history of an execution contradicts itself.
    #[error("execution {execution}: journal is corrupt: {source}")]
    InvalidHistory {
        /// The execution.
        execution: ExecutionId,
        /// The contradiction.
        source: InvalidHistory,
    },
    /// The functions template is not there.
    #[error("{file}: no such functions template")]
    TemplateMissing {
        /// The file.
        file: String,
        /// Whether an execution was started with it.
        is_recorded: bool,
    },
    /// The functions template cannot be read.
    #[error("{file}: {source}")]
    TemplateUnreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The functions template cannot be used.
    #[error("the functions template cannot be used")]
    TemplateInvalid(#[from] TemplateErrors),

    /// A script has no interpreter, or the private Python environment cannot be made.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),

    // -- files ---------------------------------------------------------------------------------------------
    /// A file cannot be read.
    #[error("{file}: {}", unreadable_message(source))]
    FileUnreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A folder cannot be read.
    #[error("{folder}: {source}")]
    FolderUnreadable {
        /// The folder.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// A runbook or a case file has errors.
    #[error("{} has {}", source_text.name(), summary(problems))]
    InvalidFile {
        /// Its text.
        source_text: Box<Source>,
        /// Every problem.
        problems: Vec<Diagnostic>,
    },
    /// A case file or its runbook cannot be found or used.
    #[error(transparent)]
    CaseFile(#[from] CaseFileError),
    /// A case cannot be made of an execution.
    #[error(transparent)]
    RecordCase(#[from] RecordCaseError),
    /// An exported execution cannot be imported.
    #[error("{file}: {source}")]
    Import {
        /// The file.
        file: String,
        /// Why.
        source: ImportError,
    },
    /// An execution has no JSON form.
    #[error("execution {execution} has no JSON form: {source}")]
    Export {
        /// The execution.
        execution: ExecutionId,
        /// Why.
        source: serde_json::Error,
    },
    /// An attachment of a script cannot be used.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// A place of attachments cannot be one.
    #[error(transparent)]
    AttachmentLocation(#[from] InvalidLocation),

    /// The models of AWS services cannot be read.
    #[error(transparent)]
    Models(#[from] ModelError),

    // -- the connection to AWS -----------------------------------------------------------------------------
    /// The connection to AWS cannot be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// AWS does not give the identity of the caller.
    #[error(transparent)]
    Identity(#[from] UnknownIdentity),
    /// The ARN of a role is not valid.
    #[error(
        "The format of the supplied assume role ARN isn't valid. {} is {text}",
        match given_by { RoleSource::Caller => "the role of the caller", RoleSource::Document => "assumeRole of the document" }
    )]
    InvalidRole {
        /// Its origin.
        given_by: RoleSource,
        /// The value.
        text: String,
    },
    /// `assumeRole` refers to something without a value.
    #[error("assumeRole of the document has no value: {0}")]
    RoleUnresolved(#[source] Unresolved),
    /// A role cannot be assumed without credentials.
    #[error("role {} cannot be assumed: {source}", role.as_str())]
    RoleUnreachable {
        /// The role.
        role: RoleArn,
        /// Why the connection to AWS cannot be set up.
        source: ConnectError,
    },
    /// The record of the account that an execution runs in is not valid.
    #[error("the journal has no valid role for account {account}")]
    InvalidPlace {
        /// The account.
        account: String,
    },
    /// A run cannot run in its locations.
    #[error(transparent)]
    Locations(#[from] LocationsError),
    /// The accounts of locations are not known.
    #[error(transparent)]
    Accounts(#[from] UnlistedAccounts),
    /// The execution began in another region: its calls would reach other functions.
    #[error("the execution was started in {began_in}, but its calls would now go to {now_in}")]
    OtherRegion {
        /// The execution.
        execution: ExecutionId,
        /// The region that it began in.
        began_in: String,
        /// The region of this process.
        now_in: String,
    },

    // -- parameters ----------------------------------------------------------------------------------------
    /// Parameters are missing or wrong.
    #[error("{} with the parameters", match problems.len() { 1 => "1 problem".to_owned(), count => format!("{count} problems") })]
    Parameters {
        /// All that is wrong.
        problems: Vec<BindingProblem>,
    },
    /// The runbook does not declare a parameter of this name.
    #[error("the runbook has no parameter {name}")]
    UnknownParameter {
        /// The name.
        name: String,
        /// The declared name that is nearest to it.
        nearest: Option<String>,
    },
    /// The parameter of a running execution cannot be changed.
    #[error("parameter {parameter} cannot be changed while the execution runs")]
    ParameterIsFixed {
        /// The execution.
        execution: ExecutionId,
        /// The parameter.
        parameter: String,
    },
    /// Sensitive parameters have to be supplied again.
    #[error(
        "{} sensitive, and sensitive values are not stored in the journal",
        if parameters.len() == 1 { "a parameter is" } else { "some parameters are" }
    )]
    SecretsMissing {
        /// The execution.
        execution: ExecutionId,
        /// The parameters.
        parameters: Vec<ParameterName>,
    },
    /// The sensitive default of a variable has no value any more.
    #[error("variable {variable} cannot be restored: {source}")]
    VariableUnavailable {
        /// The variable.
        variable: VariableName,
        /// Why.
        source: ValueError,
    },
    /// The runbook does not declare a parameter that is to get a target.
    #[error("the runbook has no parameter {} to receive a target", one_line(name))]
    UnknownTargetParameter {
        /// The name.
        name: String,
        /// The declared name that is nearest to it.
        nearest: Option<String>,
    },
    /// The targets of a run cannot be looked up in AWS.
    #[error("the targets by {} cannot be looked up: {source}", one_line(selector))]
    TargetLookup {
        /// How they are selected.
        selector: String,
        /// Why.
        source: Box<LookupError>,
    },
    /// Which type of resources the targets are is unknown.
    #[error(
        "neither the type nor the name of parameter {} says which type of resources the targets are",
        one_line(parameter)
    )]
    UnknownTargetType {
        /// The parameter that receives the target.
        parameter: String,
    },
    /// The key of the targets finds resources of another type than the chosen one.
    #[error("targets by {} are instances, and not of the type that was chosen", one_line(key))]
    OtherTargetType {
        /// The key.
        key: String,
    },
    /// The parameters of a target are missing or wrong.
    #[error("{source}")]
    Target {
        /// The number of the target, from 1.
        position: usize,
        /// How many targets there are.
        count: usize,
        /// The target; none when it is sensitive.
        target: Option<String>,
        /// What is wrong.
        source: Box<AutomationError>,
    },
    /// The targets of an execution cannot be run as requested.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// The timeout of an invocation is not a whole number of seconds.
    #[error("timeout must be a whole number of seconds, at least `1s`")]
    TimeoutNotWhole,
    /// The timeout of an invocation is longer than any function runs.
    #[error("timeout must be at most {minutes} minutes, the limit of Lambda")]
    TimeoutTooLong {
        /// The longest timeout.
        minutes: u64,
    },
    /// The runbook of one step that invokes a function is not valid.
    #[error("the runbook of one step is not valid: {}", problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    GeneratedRunbookInvalid {
        /// Its errors.
        problems: Vec<Diagnostic>,
    },

    /// The delays between attempts contradict each other.
    #[error(transparent)]
    Delays(#[from] DelayPolicyError),

    // -- running -------------------------------------------------------------------------------------------
    /// The name of the lock refers to something without a value.
    #[error("the lock has no name: {0}")]
    LockUnresolved(#[source] Unresolved),
    /// Another execution holds the lock, and this one does not wait for it.
    #[error("lock {lock} is held by {}{}; the execution did not start", holder.short(), document.as_ref().map_or_else(String::new, |name| format!(" ({name})")))]
    LockHeld {
        /// The lock.
        lock: String,
        /// The execution that holds it.
        holder: ExecutionId,
        /// The name of its runbook.
        document: Option<String>,
    },
    /// The runner failed.
    #[error("{source}")]
    Run {
        /// Why.
        source: RunError,
        /// The execution, where it is stored and can be resumed.
        stored: Option<ExecutionId>,
    },
    /// This process left the execution before its end.
    #[error("{}", left_message(*departure, execution.as_ref(), *is_in_flight))]
    Left {
        /// The execution; none when it has not begun.
        execution: Option<LeftExecution>,
        /// How it was left.
        departure: Departure,
        /// Whether a call was in flight.
        is_in_flight: bool,
    },
    /// The thread that calls observers cannot be started.
    #[error("the thread that shows executions cannot be started: {source}")]
    NoThread {
        /// Why.
        source: std::io::Error,
    },
    /// The task of an execution panicked or was aborted.
    #[error("internal error: the task of the execution was aborted: {source}")]
    Aborted {
        /// Why.
        source: tokio::task::JoinError,
    },

    /// The outcome of an execution was requested twice.
    #[error("internal error: the outcome of the execution was taken before")]
    OutcomeTaken,
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A signal was refused.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// The runbook of an execution has no step of this name.
    #[error("the runbook has no step {step}")]
    UnknownStep {
        /// The name.
        step: String,
        /// The step whose name is nearest to it.
        nearest: Option<String>,
    },
    /// The step has not run.
    #[error("step {step} did not run")]
    StepNotRun {
        /// The step.
        step: String,
    },

    // -- executions that exist -----------------------------------------------------------------------------
    /// The execution has ended.
    #[error("execution {execution} has ended: {status}")]
    HasEnded {
        /// The execution.
        execution: ExecutionId,
        /// How.
        status: Status,
    },
    /// The execution cannot be redriven or rerun.
    #[error(transparent)]
    Redrive(Box<RedriveError>),
    /// Another process runs the execution.
    #[error("execution {execution} is already running (pid {} on {})", owner.pid, owner.host)]
    AlreadyRunning {
        /// The execution.
        execution: ExecutionId,
        /// The process.
        owner: Owner,
    },
    /// Local functions of the ended process of the execution did not end: nothing is resumed beside them.
    #[error(
        "functions of the ended process {pid} did not end within {} s; did not resume execution {execution}",
        crate::limits::FUNCTIONS_END.as_secs()
    )]
    FunctionsRunning {
        /// The execution.
        execution: ExecutionId,
        /// The process.
        pid: u32,
    },
    /// The journal no longer has the execution.
    #[error("execution {execution} was removed")]
    Gone {
        /// The execution.
        execution: ExecutionId,
    },
    /// A child is resumed with its parent, which has not ended.
    #[error("execution {execution} is a child of step {step} of execution {parent}")]
    HasParent {
        /// The child.
        execution: ExecutionId,
        /// The parent.
        parent: ExecutionId,
        /// The step of the parent.
        step: StepName,
    },
    /// A call was in flight when the process ended, and a user has to decide what happens to it.
    #[error("attempt {attempt} of step {step}{}, sent at {sent_at:.0}, may have run", operation.as_ref().map_or_else(String::new, |operation| format!(" ({operation})")))]
    DecisionRequired {
        /// The execution.
        execution: ExecutionId,
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// The operation that it called, where its action names one.
        operation: Option<String>,
        /// When it was sent.
        sent_at: Timestamp,
    },
}

impl From<RedriveError> for AutomationError {
    fn from(error: RedriveError) -> Self {
        Self::Redrive(Box::new(error))
    }
}

impl AutomationError {
    /// The error of a runner that failed.
    pub(super) fn run(source: RunError, stored: Option<ExecutionId>) -> Self {
        Self::Run { source, stored }
    }

    /// Whether it is an internal error.
    pub const fn is_internal(&self) -> bool {
        match self {
            Self::Aborted { .. }
            | Self::OutcomeTaken
            | Self::NoThread { .. }
            | Self::Export { .. }
            | Self::GeneratedRunbookInvalid { .. } => true,
            Self::Run { source, .. } => match source {
                RunError::Engine(error) => !matches!(error, EngineError::MissingSecret(_)),
                RunError::Replay(_) => true,
                RunError::Store(_) | RunError::Start(_) | RunError::Left => false,
            },
            _ => false,
        }
    }
}

fn unreadable_message(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

fn left_message(departure: Departure, execution: Option<&LeftExecution>, is_in_flight: bool) -> String {
    let in_flight = if is_in_flight { "; an invoked function may still be running" } else { "" };
    match execution {
        None if departure.is_termination => "terminated before the execution began: nothing has run".to_owned(),
        Some(left) if departure.is_termination => {
            let short = left.id.short();
            format!("terminated: execution {short} ({}) is left to be resumed{in_flight}", left.document)
        }
        None | Some(_) => format!("interrupted{in_flight}"),
    }
}
