//! Access to AWS, and AWS APIs as data.
//!
//! Owns: the region, the caller's credentials and identity, roles, HTTP connections, the permits of prepared calls, and
//! what errors of all services have in common; the models of all AWS services, the names by which runbooks refer to
//! services and operations, the permissions that they need, and the check of a request against its model, in the words
//! of the Python SDK. Does not own: the Invoke API of Lambda (`lambda`), retries (`engine`), or which steps call an API
//! (`runbook`). Imports `event` for the cause of an error, `redaction` for secret credentials, `diagnostic` for
//! suggestions, and `files` to read models in a folder of the user.

mod access;
mod api_client;
mod api_error;
mod api_operation;
mod botocore_model;
mod call_error;
mod composed_request;
mod configured_endpoint;
mod connection_error;
mod credentials;
mod customs;
mod destination;
mod download;
mod endpoints;
mod error;
mod error_chain;
mod error_response;
mod gate;
mod host_prefix;
mod http;
mod identity;
mod invalid_model;
mod json_tree;
mod method_name;
mod model;
mod model_folder;
mod models;
mod moment;
mod names;
mod permissions;
mod presigned_url;
mod protocol;
mod protocol_name;
mod python_text;
mod request;
mod request_writer;
mod response;
mod response_reader;
mod role;
mod role_chain;
mod s3_address;
mod schema;
mod services_section;
mod short_timeouts;
mod signing;
mod stored_model;
mod validation;
mod webhook;

pub use access::{Access, ConnectError, ConnectOptions, SessionKeys};
pub use api_client::{ApiClient, ApiRequest, ReceivedResponse};
pub use api_error::api_error_of_code;
pub use api_operation::ApiOperation;
pub use call_error::CallError;
pub use composed_request::UnsignedRequest;
pub use configured_endpoint::{ConfiguredEndpoint, EndpointSetting, InvalidEndpoint, configured_endpoint, settings_id};
pub use download::{DownloadError, download_text};
pub use endpoints::{Endpoint, EndpointError, EndpointVariant, Endpoints, Partition};
pub use error::{ModelError, UnknownApi};
pub use gate::SendPermit;
pub use host_prefix::{HostPrefixError, host_prefix, with_host_prefix};
pub use identity::UnknownIdentity;
pub use invalid_model::{InvalidModel, ModelPart, UnusableModelFile};
pub use model::{
    Attributes, ErrorShape, HttpBinding, HttpChecksum, Location, Metadata, MomentFormat, Operation, OperationEndpoint,
    ServiceModel, Shape, ShapeKind, ShapeReference, XmlNamespace,
};
pub use models::Models;
pub use names::find_operation;
pub use permissions::{Permission, PermissionBasis, PermissionNeed, Permissions, has_dry_run};
pub use python_text::python_text;
pub use response::ApiReply;
pub use role::{AssumeRoleError, RoleArn, UnreachableAccount};
pub use role_chain::RoleChain;
pub use s3_address::{BucketError, s3_address};
pub use validation::{ParameterPath, ParameterProblem, ParameterValue, PathPart, UnknownValue, validate_parameters};
pub use webhook::{WebhookReply, WebhookRequest};

pub(crate) use access::is_address;
pub(crate) use connection_error::{never_connected, unusable_address};
pub(crate) use credentials::refresh_error;
pub(crate) use error_chain::error_chain;
pub(crate) use error_response::{body_excerpt, class_of_status, clock_skew, describe_sdk_error, retry_after};
pub(crate) use gate::{HoldRequest, hold_unpermitted};
pub(crate) use http::plain_http_client;
pub(crate) use short_timeouts::with_short_timeouts;

#[cfg(test)]
mod tests;
