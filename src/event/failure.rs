//! Why something did not succeed, in the service's words (spec 5.5) and with what an operator needs beyond them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Why an attempt or a step did not succeed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// `FailureDetails.FailureStage`
    pub stage: FailureStage,
    /// `FailureDetails.FailureType`
    pub failure_type: FailureType,
    /// What happened, as sentences.
    pub message: String,
    /// `FailureDetails.Details`
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub details: IndexMap<String, Vec<String>>,
    /// What is known of the call that failed, when it was a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Cause>>,
}

impl Failure {
    /// A failure without a call behind it.
    pub fn new(stage: FailureStage, failure_type: FailureType, message: impl Into<String>) -> Self {
        Self { stage, failure_type, message: message.into(), details: IndexMap::new(), cause: None }
    }
}

/// Where in a step it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureStage {
    /// Inputs could not be resolved, or are wrong.
    InputValidation,
    /// Before the call.
    PreVerification,
    /// The call.
    Invocation,
    /// The result is not what was declared.
    PostVerification,
}

impl FailureStage {
    /// The service's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InputValidation => "InputValidation",
            Self::PreVerification => "PreVerification",
            Self::Invocation => "Invocation",
            Self::PostVerification => "PostVerification",
        }
    }
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureType {
    /// The action did not do its work.
    Action,
    /// The caller may not do this.
    Permission,
    /// Too many calls.
    Throttling,
    /// A check did not hold.
    Verification,
    /// A fault that is not the caller's.
    Internal,
}

impl FailureType {
    /// The service's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Action => "Action",
            Self::Permission => "Permission",
            Self::Throttling => "Throttling",
            Self::Verification => "Verification",
            Self::Internal => "Internal",
        }
    }
}

/// What is known of a call that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What kind of error it was.
    pub class: ErrorClass,
    /// The service's name of the error (`ResourceNotFoundException`), where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The HTTP status, where there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The service's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether the function may have run.
    pub progress: CallReach,
    /// How long the service asks to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What the function said of its own failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_error: Option<FunctionError>,
    /// The last of the function's log, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_tail: Option<String>,
    /// What to do about it, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Cause {
    /// A call that got this far and met this kind of error.
    pub fn new(class: ErrorClass, progress: CallReach) -> Self {
        Self {
            class,
            code: None,
            http_status: None,
            request_id: None,
            progress,
            retry_after: None,
            function_error: None,
            log_tail: None,
            remedy: None,
        }
    }
}

/// What kind of error a call met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorClass {
    /// The function ran and failed.
    Function,
    /// Too many calls.
    Throttled,
    /// A passing fault of the service, or of the way to it.
    Transient,
    /// The caller may not do this, or did not prove who it is.
    Permission,
    /// The function, its role, key, network or runtime is not set up so that it can run.
    Configuration,
    /// The request is not acceptable: its payload, a parameter, its size.
    Payload,
    /// No such function, version or alias.
    NotFound,
    /// The answer could not be read.
    Response,
    /// No answer in time.
    Timeout,
    /// The call could not be made: no region, no credentials, no address.
    Setup,
    /// The process that waited for the answer ended.
    Interrupted,
}

impl ErrorClass {
    /// A word for tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "Function",
            Self::Throttled => "Throttled",
            Self::Transient => "Transient",
            Self::Permission => "Permission",
            Self::Configuration => "Configuration",
            Self::Payload => "Payload",
            Self::NotFound => "NotFound",
            Self::Response => "Response",
            Self::Timeout => "Timeout",
            Self::Setup => "Setup",
            Self::Interrupted => "Interrupted",
        }
    }
}

/// How far a call got: what whoever repeats it must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallReach {
    /// The function did not run.
    NotRun,
    /// The function may have run, or may still be running.
    MayHaveRun,
    /// The function ran.
    Ran,
}

impl CallReach {
    /// A word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRun => "NotRun",
            Self::MayHaveRun => "MayHaveRun",
            Self::Ran => "Ran",
        }
    }
}

/// What a function said of its own failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionError {
    /// `Handled` or `Unhandled`, as the service named it.
    pub kind: String,
    /// `errorType` of the reply.
    pub error_type: Option<String>,
    /// `errorMessage` of the reply.
    pub message: Option<String>,
    /// The stack trace, a line each.
    pub trace: Vec<String>,
    /// The whole reply as it came.
    pub payload: String,
}
