//! The client context: JSON that is sent as base64 in a header (spec 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::limits::CLIENT_CONTEXT_BYTES;

/// Why a value is not a client context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientContextProblem {
    /// It is neither a map nor the text of one.
    #[error("`ClientContext` must be a map, the JSON text of a map, or that text in base64")]
    Form,
    /// It is too long.
    #[error("`ClientContext` has {0} bytes in base64, but Lambda accepts 3,583; pass large data in the payload")]
    Length(usize),
}

/// The base64 text of a client context given as a map, as JSON text, or as base64.
pub(super) fn encode(value: &Value) -> Result<String, ClientContextProblem> {
    let is_json_map = |text: &[u8]| matches!(serde_json::from_slice(text), Ok(Value::Object(_)));
    let encoded = match value {
        Value::Object(_) => STANDARD.encode(value.to_string()),
        Value::String(text) if is_json_map(text.as_bytes()) => STANDARD.encode(text),
        Value::String(text) => {
            let text = text.trim();
            let decoded = STANDARD.decode(text).map_err(|_| ClientContextProblem::Form)?;
            if !is_json_map(&decoded) {
                return Err(ClientContextProblem::Form);
            }
            text.to_owned()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return Err(ClientContextProblem::Form),
    };
    if encoded.len() > CLIENT_CONTEXT_BYTES { Err(ClientContextProblem::Length(encoded.len())) } else { Ok(encoded) }
}

/// The result of adding data to a client context under `custom`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Custom {
    /// It was added to the author's context.
    Added,
    /// The context already has a `custom`, which stays unchanged.
    IsTheAuthors,
    /// With it the context would have this many bytes in base64: more than Lambda accepts. The context is unchanged.
    TooLong(usize),
    /// This kind of invocation passes no client context to the function.
    NeverSeen,
}

/// Adds `custom` to an encoded context, or creates a context with it.
pub(super) fn add_custom(context: &mut Option<String>, custom: Map<String, Value>) -> Custom {
    let written = context.as_deref().and_then(|encoded| STANDARD.decode(encoded).ok());
    let mut members = match written.as_deref().map(serde_json::from_slice) {
        Some(Ok(Value::Object(members))) => members,
        Some(Ok(_) | Err(_)) | None => Map::new(),
    };
    if members.contains_key("custom") {
        return Custom::IsTheAuthors;
    }
    members.insert("custom".to_owned(), Value::Object(custom));
    let encoded = STANDARD.encode(Value::Object(members).to_string());
    if encoded.len() > CLIENT_CONTEXT_BYTES {
        return Custom::TooLong(encoded.len());
    }
    *context = Some(encoded);
    Custom::Added
}
