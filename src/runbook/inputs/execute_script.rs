//! `aws:executeScript`: its runtimes, and checks of the combination of its inputs (spec 4.8, spec aws-actions 4).

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::request::TypedRequest;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::embedded;
use crate::runbook::inputs::ConstantInputs;
use crate::runbook::load::Constant;

/// The language of a script, and its version: the input `Runtime` (spec aws-actions 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScriptRuntime {
    /// `python3.11`
    Python {
        /// The minor version: 11.
        minor: u16,
    },
    /// `PowerShell 7.4`, and the older `PowerShell Core 6.0`.
    PowerShell {
        /// The text of the input.
        text: String,
    },
}

/// A value of `Runtime` that names no runtime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no runtime of scripts")]
pub struct UnknownScriptRuntime {
    text: String,
}

impl FromStr for ScriptRuntime {
    type Err = UnknownScriptRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownScriptRuntime> {
        let unknown = || UnknownScriptRuntime { text: text.to_owned() };
        if let Some(minor) = text.strip_prefix("python3.") {
            let is_number = minor.bytes().all(|byte| byte.is_ascii_digit());
            return minor.parse().ok().filter(|_| is_number).map(|minor| Self::Python { minor }).ok_or_else(unknown);
        }
        let version = text.strip_prefix("PowerShell Core ").or_else(|| text.strip_prefix("PowerShell "));
        let is_version = |version: &str| {
            version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match version {
            Some(version) if is_version(version) => Ok(Self::PowerShell { text: text.to_owned() }),
            Some(_) | None => Err(unknown()),
        }
    }
}

impl fmt::Display for ScriptRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python { minor } => write!(f, "python3.{minor}"),
            Self::PowerShell { text } => f.write_str(text),
        }
    }
}

/// The phase of a step that runs a script, as the messages of the service name it (spec aws-actions 1.3).
pub const PHASE: &str = "Poll action status for completion";

/// A script, and what it is called with.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptRequest {
    /// `Runtime`
    pub runtime: ScriptRuntime,
    /// `Handler`; PowerShell has none.
    pub handler: Option<String>,
    /// `InputPayload`: a map, or a list of maps.
    pub payload: Value,
    /// `Script`, verbatim.
    pub script: Option<String>,
    /// `Attachment`
    pub attachment: Option<String>,
}

/// Why inputs are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptRequestProblem {
    /// A required input has no value.
    #[error("the input {0} is required, and has no value")]
    Missing(&'static str),
    /// The runtime is unknown.
    #[error(transparent)]
    Runtime(#[from] UnknownScriptRuntime),
    /// There is nothing to run.
    #[error("the input Script or Attachment is required, and neither has a value")]
    NothingToRun,
    /// PowerShell has no handler.
    #[error("a PowerShell script takes no Handler: it is run from its first line")]
    HandlerOfPowerShell,
    /// The payload is neither a map nor a list.
    #[error("InputPayload must be a map or a list of maps")]
    Payload,
}

impl TypedRequest for ScriptRequest {
    type Problem = ScriptRequestProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ScriptRequestProblem> {
        let text = |name: &str| inputs.get(name).map(embedded).filter(|text| !text.is_empty());
        let runtime: ScriptRuntime = text("Runtime").ok_or(ScriptRequestProblem::Missing("Runtime"))?.parse()?;
        let (handler, attachment) = (text("Handler"), text("Attachment"));
        // An empty one is a script too: it has no handler.
        let script = inputs.get("Script").filter(|script| !script.is_null()).map(embedded);
        match (&runtime, &handler) {
            (ScriptRuntime::Python { .. }, None) => return Err(ScriptRequestProblem::Missing("Handler")),
            (ScriptRuntime::PowerShell { .. }, Some(_)) => return Err(ScriptRequestProblem::HandlerOfPowerShell),
            (ScriptRuntime::Python { .. }, Some(_)) | (ScriptRuntime::PowerShell { .. }, None) => {}
        }
        match (&runtime, &script, &attachment) {
            (_, None, None) => return Err(ScriptRequestProblem::NothingToRun),
            (ScriptRuntime::PowerShell { .. }, None, Some(_)) => return Err(ScriptRequestProblem::Missing("Script")),
            (_, Some(_), _) | (_, _, Some(_)) => {}
        }
        Ok(Self { runtime, handler, payload: payload(inputs.get("InputPayload"))?, script, attachment })
    }
}

/// The output `Payload` of a value that a script returned: its JSON text, and a text as it is (spec aws-actions 4.2).
pub fn payload_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The payload with its types; an empty map when there is none.
fn payload(given: Option<&Value>) -> Result<Value, ScriptRequestProblem> {
    match given {
        None | Some(Value::Null) => Ok(Value::Object(Map::new())),
        Some(value @ (Value::Object(_) | Value::Array(_))) => Ok(value.clone()),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(value),
            Ok(_) | Err(_) => Err(ScriptRequestProblem::Payload),
        },
        Some(Value::Bool(_) | Value::Number(_)) => Err(ScriptRequestProblem::Payload),
    }
}

/// Reports inputs with which the step can only fail.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    if let Some(runtime) = inputs.get("Runtime")
        && let Constant::Value(text) = Constant::text(inputs.template("Runtime"))
        && let Err(unknown) = text.parse::<ScriptRuntime>()
    {
        let known = "python3.10, python3.11, PowerShell 7.4, or an older version of these";
        inputs.report(
            Diagnostic::new(Code::InvalidValue, runtime.value.span, unknown.to_string())
                .help(format!("the runtimes of scripts are: {known}")),
        );
    }
    if inputs.get("Script").is_none() && inputs.get("Attachment").is_none() {
        inputs.report(
            Diagnostic::new(
                Code::MissingInput,
                inputs.span(),
                "`aws:executeScript` needs the input `Script` or `Attachment`",
            )
            .help("`Script` holds the script itself, `Attachment` names one of `files`"),
        );
    }
    if inputs.get("Handler").is_none()
        && let Some(runtime) = inputs.get("Runtime")
        && let Constant::Value(text) = Constant::text(inputs.template("Runtime"))
        && text.starts_with("python")
    {
        inputs.report(
            Diagnostic::new(Code::MissingInput, inputs.span(), "a Python script needs the input `Handler`")
                .related(runtime.value.span, "Python")
                .help("name the function of the script to call with the payload and a context"),
        );
    }
}
