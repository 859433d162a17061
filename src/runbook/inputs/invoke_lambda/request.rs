//! The request from resolved inputs, complete and checked before anything is sent.

use serde_json::{Map, Value};

use crate::limits;

use super::client_context::{self, ClientContextProblem, Custom};
use super::function_name::{FunctionName, FunctionNameProblem, check_qualifier};

/// A request to invoke a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvokeRequest {
    /// The function, with a qualifier when its name had one.
    pub function: FunctionName,
    /// The version or alias given beside the name; `None` when the name has it or there is none.
    pub qualifier: Option<String>,
    /// How it is invoked.
    pub invocation: Invocation,
    /// The JSON payload.
    pub payload: Vec<u8>,
}

/// How a function is invoked. A variant has the options that only it supports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Waits for the result.
    RequestResponse {
        /// Whether the response includes the last 4 KB of the log.
        log_tail: bool,
        /// Data about the caller, in base64.
        client_context: Option<String>,
    },
    /// Queues the call; the function gets no client context and the response has no log.
    Event,
    /// Only checks the permission.
    DryRun,
}

impl Invocation {
    /// The service's name for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::RequestResponse { .. } => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }
}

/// Why resolved inputs are not a valid request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputProblem {
    /// `FunctionName` is missing.
    #[error("`FunctionName` is missing; name the function to invoke")]
    NoFunctionName,
    /// An input is not a text.
    #[error("`{input}` must be a text, and is {found}")]
    NotText {
        /// The input.
        input: &'static str,
        /// What it is.
        found: String,
    },
    /// `FunctionName` or `Qualifier` is invalid.
    #[error(transparent)]
    FunctionName(#[from] FunctionNameProblem),
    /// `FunctionName` has one qualifier and `Qualifier` is another.
    #[error("`FunctionName` has the qualifier `{in_name}` and `Qualifier` is `{beside}`; remove one of them")]
    QualifierConflict {
        /// In the name.
        in_name: String,
        /// Beside it.
        beside: String,
    },
    /// An input is not one of its allowed values.
    #[error("`{input}` cannot be `{found}`; it is {possible}")]
    NotOneOf {
        /// The input.
        input: &'static str,
        /// Its value.
        found: String,
        /// The allowed values.
        possible: &'static str,
    },
    /// The client context is invalid.
    #[error(transparent)]
    ClientContext(#[from] ClientContextProblem),
    /// The payload is text and not JSON.
    #[error(
        "`Payload` is not JSON ({error}); {}", if *is_base64 {
            "it looks like base64 of JSON: give the JSON itself"
        } else {
            "if a value in it has quotes or line breaks, use `InputPayload`, which needs no escaping"
        }
    )]
    PayloadNotJson {
        /// What is wrong with it, with line and column.
        error: String,
        /// Whether it is JSON in base64, as some tools require it.
        is_base64: bool,
    },
    /// The payload is too large.
    #[error(
        "the payload has {bytes} bytes, and Lambda takes {limit} with `{invocation}`; hand large data over in a bucket and pass its name"
    )]
    PayloadTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
        /// The kind of invocation with this limit.
        invocation: &'static str,
    },
}

impl InvokeRequest {
    /// Builds the request from resolved inputs; `input` returns the value of an input by its name.
    ///
    /// `InputPayload` wins over `Payload`; with neither the payload is `{}`. `LogType` and `ClientContext` apply to
    /// `RequestResponse` only and are omitted otherwise, as Lambda does.
    pub fn from_resolved<'v>(input: impl Fn(&str) -> Option<&'v Value>) -> Result<Self, InputProblem> {
        let input = |name: &str| input(name).filter(|value| !value.is_null());
        let text = |name: &'static str| input(name).map(|value| as_text(name, value)).transpose();

        let function = FunctionName::parse(&text("FunctionName")?.ok_or(InputProblem::NoFunctionName)?)?;
        let qualifier = match text("Qualifier")?.filter(|qualifier| !qualifier.is_empty()) {
            Some(beside) => {
                check_qualifier(&beside)?;
                match function.qualifier() {
                    Some(in_name) if in_name != beside => {
                        return Err(InputProblem::QualifierConflict { in_name: in_name.to_owned(), beside });
                    }
                    Some(_) => None,
                    None => Some(beside),
                }
            }
            None => None,
        };
        let log_tail = match text("LogType")?.as_deref() {
            None | Some("" | "None") => false,
            Some("Tail") => true,
            Some(found) => {
                let found = found.to_owned();
                return Err(InputProblem::NotOneOf { input: "LogType", found, possible: "`None` or `Tail`" });
            }
        };
        let client_context = match input("ClientContext") {
            Some(Value::String(text)) if text.is_empty() => None,
            Some(value) => Some(client_context::encode(value)?),
            None => None,
        };
        let invocation = match text("InvocationType")?.as_deref() {
            None | Some("" | "RequestResponse") => Invocation::RequestResponse { log_tail, client_context },
            Some("Event") => Invocation::Event,
            Some("DryRun") => Invocation::DryRun,
            Some(found) => {
                let found = found.to_owned();
                let possible = "`RequestResponse`, `Event` or `DryRun`";
                return Err(InputProblem::NotOneOf { input: "InvocationType", found, possible });
            }
        };
        let payload = payload(input("InputPayload"), input("Payload"))?;
        let limit = match invocation {
            Invocation::RequestResponse { .. } | Invocation::DryRun => limits::LAMBDA_SYNC_PAYLOAD_BYTES,
            Invocation::Event => limits::LAMBDA_ASYNC_PAYLOAD_BYTES,
        };
        if payload.len() > limit {
            let invocation = invocation.as_str();
            return Err(InputProblem::PayloadTooLarge { bytes: payload.len(), limit, invocation });
        }
        Ok(Self { function, qualifier, invocation, payload })
    }

    /// Adds data under `custom` of the client context, unless the author sets `custom`.
    pub fn add_custom(&mut self, custom: Map<String, Value>) -> Custom {
        match &mut self.invocation {
            Invocation::RequestResponse { client_context, .. } => client_context::add_custom(client_context, custom),
            Invocation::Event | Invocation::DryRun => Custom::NeverSeen,
        }
    }
}

fn payload(typed: Option<&Value>, text: Option<&Value>) -> Result<Vec<u8>, InputProblem> {
    match (typed, text) {
        (Some(Value::String(text)), _) | (None, Some(Value::String(text))) => {
            if text.trim().is_empty() {
                return Ok(b"{}".to_vec());
            }
            match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => Ok(text.clone().into_bytes()),
                Err(error) => {
                    Err(InputProblem::PayloadNotJson { error: error.to_string(), is_base64: is_base64_json(text) })
                }
            }
        }
        (Some(value), _) | (None, Some(value)) => serde_json::to_vec(value)
            .map_err(|error| InputProblem::PayloadNotJson { error: error.to_string(), is_base64: false }),
        (None, None) => Ok(b"{}".to_vec()),
    }
}

/// Whether a text is JSON in base64, which some tools require.
pub(super) fn is_base64_json(text: &str) -> bool {
    use base64::Engine as _;
    // Tools break base64 into lines.
    let joined: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD
        .decode(joined)
        .is_ok_and(|bytes| serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok())
}

/// A text; numbers and booleans count as theirs (`Qualifier: 3`).
fn as_text(input: &'static str, value: &Value) -> Result<String, InputProblem> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Array(items) => match items.as_slice() {
            // A list of one string means the string (spec 9, choice 11a).
            [Value::String(text)] => Ok(text.clone()),
            _ => Err(InputProblem::NotText { input, found: format!("a list of {}", items.len()) }),
        },
        Value::Object(_) => Err(InputProblem::NotText { input, found: "a map".to_owned() }),
        Value::Null => Err(InputProblem::NotText { input, found: "nothing".to_owned() }),
    }
}
