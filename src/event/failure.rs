//! Why an attempt or a step did not succeed: the service's classification (spec 5.5), and what an operator needs beyond
//! it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why an attempt or a step did not succeed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// `FailureDetails.FailureStage`
    pub stage: FailureStage,
    /// `FailureDetails.FailureType`
    pub failure_type: FailureType,
    /// The message, in sentences.
    pub message: String,
    /// `FailureDetails.Details`
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub details: IndexMap<String, Vec<String>>,
    /// Details of the call that failed; `None` when no call was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Cause>>,
}

impl Failure {
    /// A failure without a call.
    pub fn new(stage: FailureStage, failure_type: FailureType, message: impl Into<String>) -> Self {
        Self { stage, failure_type, message: message.into(), details: IndexMap::new(), cause: None }
    }
}

/// The stage of a step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FailureStage {
    /// Resolving the inputs: they could not be resolved, or are invalid.
    InputValidation,
    /// Before the call.
    PreVerification,
    /// The call.
    Invocation,
    /// Verification: the result is not what was declared.
    PostVerification,
}

impl FailureStage {
    /// The service's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InputValidation => "InputValidation",
            Self::PreVerification => "PreVerification",
            Self::Invocation => "Invocation",
            Self::PostVerification => "PostVerification",
        }
    }
}

/// The type of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FailureType {
    /// The action failed.
    Action,
    /// The caller lacks a permission.
    Permission,
    /// Too many calls.
    Throttling,
    /// Verification failed.
    Verification,
    /// An internal error of the service or of this program.
    Internal,
}

impl FailureType {
    /// The service's name.
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

/// Details of a call that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The class of the error.
    pub class: ErrorClass,
    /// The service's name of the error (`ResourceNotFoundException`), if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The HTTP status, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The service's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How far the call got.
    pub progress: CallReach,
    /// The delay that the service asks for, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The error that the function or script reported. Stored under its name from when only functions were called.
    #[serde(rename = "function_error", default, skip_serializing_if = "Option::is_none")]
    pub reported_error: Option<ReportedError>,
    /// The tail of the log of the function or script, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_tail: Option<String>,
    /// What to do about it, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Cause {
    /// A call that reached this far and met an error of this class.
    pub fn new(class: ErrorClass, progress: CallReach) -> Self {
        Self {
            class,
            code: None,
            http_status: None,
            request_id: None,
            progress,
            retry_after: None,
            reported_error: None,
            log_tail: None,
            remedy: None,
        }
    }
}

/// The class of an error of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ErrorClass {
    /// The Lambda function or the script ran, and reported an error.
    Function,
    /// Too many calls.
    Throttled,
    /// A transient fault of the service or of the network.
    Transient,
    /// The caller lacks a permission or failed to authenticate.
    Permission,
    /// The target of the call, or its role, key, network or runtime, is configured so that it cannot run.
    Configuration,
    /// The request is invalid: its payload, a parameter, or its size.
    Payload,
    /// The target of the call does not exist.
    NotFound,
    /// The response could not be parsed.
    Response,
    /// No response before the timeout.
    Timeout,
    /// The call could not be made: no region, no credentials, or no address.
    Setup,
    /// The process that waited for the response ended.
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

/// How far a call got: decides whether it is safe to repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CallReach {
    /// Nothing ran.
    NotRun,
    /// The target of the call may have run, or may still be running.
    MayHaveRun,
    /// It ran.
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

/// The error that a function or a script reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedError {
    /// `Handled` or `Unhandled`, as the service named it; [`OF_A_SCRIPT`](Self::OF_A_SCRIPT) of a script.
    pub kind: String,
    /// `errorType` of the reply.
    pub error_type: Option<String>,
    /// `errorMessage` of the reply.
    pub message: Option<String>,
    /// The stack trace, one line each.
    pub trace: Vec<String>,
    /// The whole reply as received.
    pub payload: String,
}

impl ReportedError {
    /// The kind of an error that a script reported.
    pub const OF_A_SCRIPT: &str = "Exception";
}
