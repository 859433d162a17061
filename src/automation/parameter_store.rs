//! Parameter Store, as the start of an execution reads it.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::aws::{ApiClient, ApiRequest, CallError};
use crate::clock::{Clock, SystemClock, after};
use crate::event::ErrorClass;
use crate::runbook::binding::ParameterStoreError;

/// The delays before a throttled read is repeated: many children may begin at once. A read changes nothing.
pub(super) const THROTTLE_DELAYS: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// A parameter of Parameter Store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredParameter {
    /// Its value; that of a `SecureString` is encrypted.
    pub value: String,
    /// Its type.
    pub kind: StoredKind,
}

/// The types of parameters of Parameter Store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// A text.
    String,
    /// Texts with commas between them.
    StringList,
    /// An encrypted text.
    SecureString,
}

/// The future of a read.
pub type StoredParameterFuture<'a> =
    Pin<Box<dyn Future<Output = Result<StoredParameter, ParameterStoreError>> + Send + 'a>>;

/// Reads parameters of Parameter Store, with the credentials of one execution.
pub trait ParameterStore: Send + Sync + std::fmt::Debug {
    /// The parameter of this name, which may end with `:` and a version or a label.
    fn read<'a>(&'a self, name: &'a str) -> StoredParameterFuture<'a>;
}

impl ParameterStore for ApiClient {
    fn read<'a>(&'a self, name: &'a str) -> StoredParameterFuture<'a> {
        Box::pin(async move {
            let mut delays = THROTTLE_DELAYS.into_iter();
            loop {
                let request = ApiRequest {
                    service: "ssm".to_owned(),
                    operation: "GetParameter".to_owned(),
                    parameters: Map::from_iter([
                        ("Name".to_owned(), json!(name)),
                        ("WithDecryption".to_owned(), json!(false)),
                    ]),
                    token: String::new(),
                };
                let error = match self.call(request).await {
                    Ok(reply) => return stored_parameter(&reply.result),
                    Err(error) => error,
                };
                match delays.next().filter(|_| error.cause.class == ErrorClass::Throttled) {
                    Some(delay) => SystemClock.sleep_until(after(SystemClock.now(), delay)).await,
                    None => return Err(read_error(&error, name)),
                }
            }
        })
    }
}

/// The parameter of a response.
fn stored_parameter(result: &Map<String, Value>) -> Result<StoredParameter, ParameterStoreError> {
    let parameter = result.get("Parameter").unwrap_or(&Value::Null);
    let kind = match parameter["Type"].as_str() {
        Some("StringList") => StoredKind::StringList,
        Some("SecureString") => StoredKind::SecureString,
        Some(_) | None => StoredKind::String,
    };
    match parameter["Value"].as_str() {
        Some(value) => Ok(StoredParameter { value: value.to_owned(), kind }),
        None => Err(ParameterStoreError::Call { message: "the response has no value".to_owned(), remedy: None }),
    }
}

/// Why a call returned no parameter.
fn read_error(error: &CallError, name: &str) -> ParameterStoreError {
    match (error.cause.class, error.cause.code.as_deref()) {
        (_, Some("ParameterNotFound")) => ParameterStoreError::NotFound,
        (_, Some("ParameterVersionNotFound")) => ParameterStoreError::VersionNotFound,
        (_, Some("AccessDeniedException" | "AccessDenied")) => ParameterStoreError::Call {
            message: sentence_part(&error.message),
            remedy: Some(format!("allow ssm:GetParameter on {name} in a policy of the execution's role or user")),
        },
        (_, _) => ParameterStoreError::Call {
            message: sentence_part(&error.message),
            remedy: error.cause.remedy.as_deref().map(sentence_part),
        },
    }
}

/// A sentence without its full stop.
fn sentence_part(sentence: &str) -> String {
    sentence.trim_end_matches('.').to_owned()
}
