//! Errors of the Invoke API itself, in the shapes of the service (spec section 7): the function did not run.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value as Json};

/// An error of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServiceError {
    /// No such function, version or alias; the ARN that was looked for.
    FunctionNotFound(String),
    /// Likewise for a version or an alias in a request about it.
    InvalidParameterValue(String),
    /// The payload is not JSON, or the client context is invalid.
    InvalidRequestContent(String),
    /// A member of the request violates the API model.
    Validation(String),
    /// The payload is too large.
    RequestTooLarge(String),
    /// Too many invocations at once.
    TooManyRequests(ThrottleReason),
    /// The runtime cannot be run here.
    InvalidRuntime(String),
    /// The code is missing or unusable.
    InvalidZipFile(String),
    /// A failure of this machine.
    Service(String),
    /// There is no such operation.
    UnknownOperation(String),
    /// Rejected for every caller.
    AccessDenied(String),
    /// The request did not arrive in time.
    RequestTimeout(String),
}

/// Why an invocation was throttled: a value of `Reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ThrottleReason {
    /// As many invocations run as this machine may have.
    Machine,
    /// As many invocations run as the function reserved.
    Reserved,
    /// The queue of events is full.
    Events,
}

impl ThrottleReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "ConcurrentInvocationLimitExceeded",
            Self::Reserved => "ReservedFunctionConcurrentInvocationLimitExceeded",
            Self::Events => "FunctionInvocationRateLimitExceeded",
        }
    }
}

impl ServiceError {
    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidParameterValue(_) | Self::InvalidRequestContent(_) | Self::Validation(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::AccessDenied(_) => StatusCode::FORBIDDEN,
            Self::FunctionNotFound(_) | Self::UnknownOperation(_) => StatusCode::NOT_FOUND,
            Self::RequestTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::RequestTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Service(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::InvalidRuntime(_) | Self::InvalidZipFile(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// The shape's name, for `X-Amzn-ErrorType`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::FunctionNotFound(_) => "ResourceNotFoundException",
            Self::InvalidParameterValue(_) => "InvalidParameterValueException",
            Self::InvalidRequestContent(_) => "InvalidRequestContentException",
            Self::Validation(_) => "ValidationException",
            Self::RequestTooLarge(_) => "RequestTooLargeException",
            Self::TooManyRequests(_) => "TooManyRequestsException",
            Self::InvalidRuntime(_) => "InvalidRuntimeException",
            Self::InvalidZipFile(_) => "InvalidZipFileException",
            Self::Service(_) => "ServiceException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::AccessDenied(_) => "AccessDeniedException",
            Self::RequestTimeout(_) => "RequestTimeoutException",
        }
    }

    /// The error message.
    pub(super) fn message(&self) -> String {
        match self {
            Self::FunctionNotFound(arn) => format!("Function not found: {arn}"),
            Self::InvalidParameterValue(message)
            | Self::InvalidRequestContent(message)
            | Self::Validation(message)
            | Self::RequestTooLarge(message)
            | Self::InvalidRuntime(message)
            | Self::InvalidZipFile(message)
            | Self::Service(message)
            | Self::UnknownOperation(message)
            | Self::AccessDenied(message)
            | Self::RequestTimeout(message) => message.clone(),
            Self::TooManyRequests(_) => "Rate Exceeded.".to_owned(),
        }
    }

    /// The member that holds the message: the model is inconsistent (spec section 7).
    fn message_member(&self) -> &'static str {
        match self {
            Self::InvalidParameterValue(_)
            | Self::InvalidRequestContent(_)
            | Self::Validation(_)
            | Self::RequestTooLarge(_)
            | Self::TooManyRequests(_)
            | Self::UnknownOperation(_)
            | Self::RequestTimeout(_) => "message",
            Self::FunctionNotFound(_)
            | Self::InvalidRuntime(_)
            | Self::InvalidZipFile(_)
            | Self::Service(_)
            | Self::AccessDenied(_) => "Message",
        }
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        let status = self.status();
        let mut body = Map::new();
        let kind = if status.is_server_error() { "Service" } else { "User" };
        body.insert("Type".to_owned(), Json::from(kind));
        body.insert(self.message_member().to_owned(), Json::from(self.message()));
        if let Self::TooManyRequests(reason) = self {
            body.insert("Reason".to_owned(), Json::from(reason.as_str()));
        }
        let mut response = Response::new(Bytes::from(Json::Object(body).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.name()));
        if let Self::TooManyRequests(_) = self {
            headers.insert("retry-after", HeaderValue::from_static("1"));
        }
        response
    }
}
