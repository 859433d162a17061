//! Calls any AWS API, named as data: each call is sent once.

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime::client::orchestrator::operation::Operation as SdkOperation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::access::{Access, ConnectError, ConnectOptions};
use super::api_error::{timed_out, unanswered, unsent};
use super::api_operation::ApiOperation;
use super::call_error::CallError;
use super::composed_request::{CallPlace, ComposedRequest, UnsignedRequest, compose_request, is_unsigned};
use super::destination::given_endpoint;
use super::endpoints::EndpointVariant;
use super::error::UnknownApi;
use super::gate::{HoldRequest, SendPermit, hold_unpermitted};
use super::models::Models;
use super::names::find_operation;
use super::presigned_url::add_presigned_url;
use super::response::{ApiReply, evaluate_response};
use super::role_chain::RoleChain;
use super::schema::ServiceSchemas;
use super::signing::sign_request;
use super::validation::{ParameterProblem, ParameterValue, validate_parameters};
use crate::clock::{Clock, SystemClock};
use crate::event::ErrorClass;
use crate::limits;

/// Calls any AWS API.
#[derive(Debug, Clone)]
pub struct ApiClient {
    models: Arc<Models>,
    connection: Connection,
}

/// Where the credentials and the connections of a client come from.
#[derive(Debug, Clone)]
enum Connection {
    Ready(Arc<Access>),
    /// Looked for when the first call is made.
    Later {
        options: ConnectOptions,
        /// The roles to assume then.
        chain: Option<RoleChain>,
        found: Arc<OnceCell<Arc<Access>>>,
    },
    /// There is none, for this reason: every call fails before it is sent.
    Nowhere(Option<ConnectError>),
}

/// A call of an AWS API.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiRequest {
    /// The service, as a runbook names it.
    pub service: String,
    /// The operation, as a runbook names it.
    pub operation: String,
    /// The parameters.
    pub parameters: Map<String, Value>,
    /// The value of idempotency tokens that the author does not give.
    pub token: String,
}

/// A response as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl ApiClient {
    /// A client that acts as the caller, or as the role of the access.
    pub fn new(access: Access, models: Arc<Models>) -> Self {
        Self { models, connection: Connection::Ready(Arc::new(access)) }
    }

    /// A client that looks for a region and credentials when its first call is made.
    pub fn connecting_later(options: ConnectOptions, models: Arc<Models>) -> Self {
        Self { models, connection: Connection::Later { options, chain: None, found: Arc::default() } }
    }

    /// A client that calls in another account and Region, once its own looks for credentials. One that has looked for them
    /// already, or reaches nothing, stays as it is: see [`Access::assume_chain`].
    #[must_use]
    pub fn later_with_roles(&self, chain: RoleChain) -> Self {
        let connection = match &self.connection {
            Connection::Later { options, .. } => {
                Connection::Later { options: options.clone(), chain: Some(chain), found: Arc::default() }
            }
            other @ (Connection::Ready(_) | Connection::Nowhere(_)) => other.clone(),
        };
        Self { models: Arc::clone(&self.models), connection }
    }

    /// A client with the models of this program that reaches nothing: every call fails before it is sent, for this reason.
    pub fn nowhere(reason: Option<ConnectError>) -> Self {
        Self { models: Models::shared(), connection: Connection::Nowhere(reason) }
    }

    /// The request that a call in a Region would send, without its signature; for an endpoint of AWS.
    pub fn preview(&self, request: &ApiRequest, region: &str) -> Result<UnsignedRequest, CallError> {
        let call = Call::of(&self.models, request)?;
        let api = call.operation()?;
        check(&api, &request.parameters)?;
        let place = CallPlace { region: region.to_owned(), given: None, variant: EndpointVariant::default() };
        compose_request(&call.schemas, &api, request.parameters.clone(), &request.token, &place)
            .map(|composed| UnsignedRequest::from(&composed))
            .map_err(|error| unsent(ErrorClass::Setup, error.to_string()))
    }

    /// Reads a response to a request that was sent elsewhere, or recorded.
    pub fn read(&self, request: &ApiRequest, received: &ReceivedResponse) -> Result<ApiReply, CallError> {
        let call = Call::of(&self.models, request)?;
        let api = call.operation()?;
        let unusable = || unsent(ErrorClass::Setup, "The response has no valid status or headers.".to_owned());
        let status = StatusCode::try_from(received.status).map_err(|_| unusable())?;
        let mut response = HttpResponse::new(status, SdkBody::from(received.body.as_slice()));
        for (name, value) in &received.headers {
            response.headers_mut().try_append(name.clone(), value.clone()).map_err(|_| unusable())?;
        }
        evaluate_response(&call.schemas, &api, &response, SystemClock.time_of_day())
    }

    /// Prepares one call: while its future is polled, the request is checked, built, signed and held, and nothing of it
    /// is sent until the permit is granted. Then it takes at most [`limits::API_CALL`]. Dropping it abandons the call.
    pub fn prepare(
        &self,
        request: ApiRequest,
    ) -> (impl Future<Output = Result<ApiReply, CallError>> + Send + use<>, SendPermit) {
        let (held, permit) = HoldRequest::new();
        let client = self.clone();
        (async move { client.send(request, held).await }, permit)
    }

    /// Makes a call without a permit. For calls that no event records.
    pub async fn call(&self, request: ApiRequest) -> Result<ApiReply, CallError> {
        self.send(request, HoldRequest::permitted()).await
    }

    async fn send(&self, request: ApiRequest, held: HoldRequest) -> Result<ApiReply, CallError> {
        let call = Call::of(&self.models, &request)?;
        let api = call.operation()?;
        check(&api, &request.parameters)?;
        let access = self.access().await?;
        let now = SystemClock.time_of_day();
        let signed = sign(&call.schemas, &api, request.parameters, &request.token, &access).await?;
        let permitted = held.granted();
        let sending = exchange(&api, signed, held, access.http_client(limits::API_REPLY_BYTES));
        let mut sending = std::pin::pin!(sending);
        // The time of the call begins when it may be sent.
        let answered = tokio::select! {
            answered = &mut sending => answered,
            () = permitted => match tokio::time::timeout(limits::API_CALL, sending).await {
                Ok(answered) => answered,
                Err(_) => Err(timed_out(&api, limits::API_CALL)),
            },
        };
        evaluate_response(&call.schemas, &api, &answered?, now)
    }

    /// Reads an object of S3 with `GetObject`, which no step can call because its response streams. An object of more than
    /// `limit` bytes is an error, and so is one that is not read within [`limits::OBJECT_DOWNLOAD`].
    pub async fn read_object(&self, bucket: &str, key: &str, limit: usize) -> Result<Vec<u8>, CallError> {
        let schemas = self.models.schemas("s3").map_err(|unknown| unsent(ErrorClass::Setup, unknown_text(&unknown)))?;
        let model = schemas.model();
        let found = model.operations.get_key_value("GetObject");
        let (name, operation) =
            found.ok_or_else(|| unsent(ErrorClass::Setup, "The model of S3 has no operation GetObject.".to_owned()))?;
        let api = ApiOperation { service: "s3", model, name, operation };
        let text = |text: &str| Value::from(text);
        let parameters = Map::from_iter([("Bucket".to_owned(), text(bucket)), ("Key".to_owned(), text(key))]);
        let access = self.access().await?;
        let now = SystemClock.time_of_day();
        let signed = sign(&schemas, &api, parameters, "", &access).await?;
        let sending = exchange(&api, signed, HoldRequest::permitted(), access.http_client(limit));
        let answered = tokio::time::timeout(limits::OBJECT_DOWNLOAD, sending).await;
        let response = answered.map_err(|_| timed_out(&api, limits::OBJECT_DOWNLOAD))??;
        if response.status().as_u16() == 200 {
            return Ok(response.body().bytes().unwrap_or_default().to_vec());
        }
        let refused = evaluate_response(&schemas, &api, &response, now);
        let status = response.status().as_u16();
        Err(refused.err().unwrap_or_else(|| {
            unsent(ErrorClass::Setup, format!("S3 answered the request of an object with the status {status}."))
        }))
    }

    /// Where it calls, and as whom; `None` when it reaches nothing.
    pub async fn find_access(&self) -> Result<Option<Arc<Access>>, ConnectError> {
        match &self.connection {
            Connection::Ready(access) => Ok(Some(Arc::clone(access))),
            Connection::Later { options, chain, found } => {
                let find = || async {
                    let access = Access::find(options).await?;
                    match chain {
                        Some(chain) => access.assume_chain(chain).await.map(Arc::new),
                        None => Ok(Arc::new(access)),
                    }
                };
                let found = found.get_or_try_init(find).await;
                found.cloned().map(Some)
            }
            Connection::Nowhere(_) => Ok(None),
        }
    }

    pub(super) async fn access(&self) -> Result<Arc<Access>, CallError> {
        let refused = |error: ConnectError| unsent(ErrorClass::Setup, error.to_string());
        let unreachable = || unsent(ErrorClass::Setup, "There is no connection to AWS here.".to_owned());
        if let Connection::Nowhere(Some(error)) = &self.connection {
            return Err(refused(error.clone()));
        }
        self.find_access().await.map_err(refused)?.ok_or_else(unreachable)
    }
}

/// What a call needs of the models.
struct Call {
    service: String,
    schemas: Arc<ServiceSchemas>,
    operation: String,
}

impl Call {
    fn of(models: &Models, request: &ApiRequest) -> Result<Self, CallError> {
        let refused = |unknown: UnknownApi| unsent(ErrorClass::Setup, unknown_text(&unknown));
        let (service, model) = models.service(&request.service).map_err(refused)?;
        let operation = find_operation(service, &model, &request.operation).map_err(refused)?.name.to_owned();
        let schemas = models.schemas(service).map_err(refused)?;
        Ok(Self { service: service.to_owned(), schemas, operation })
    }

    fn operation(&self) -> Result<ApiOperation<'_>, CallError> {
        find_operation(&self.service, self.schemas.model(), &self.operation)
            .map_err(|unknown| unsent(ErrorClass::Setup, unknown_text(&unknown)))
    }
}

/// The text of an unknown API, with the name that is probably meant.
fn unknown_text(unknown: &UnknownApi) -> String {
    match unknown.nearest() {
        Some(nearest) => format!("{unknown}; did you mean {nearest}?"),
        None => unknown.to_string(),
    }
}

/// Checks the parameters as the Python SDK does before it sends anything: all problems at once, in its words.
fn check(api: &ApiOperation<'_>, parameters: &Map<String, Value>) -> Result<(), CallError> {
    let given: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), ParameterValue::Value(value))).collect();
    let problems = validate_parameters(api, &given);
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems.iter().map(ParameterProblem::to_string).collect();
    Err(unsent(ErrorClass::Payload, format!("Parameter validation failed:\n{}", lines.join("\n"))))
}

/// Builds and signs the request.
async fn sign(
    schemas: &ServiceSchemas,
    api: &ApiOperation<'_>,
    mut parameters: Map<String, Value>,
    token: &str,
    access: &Access,
) -> Result<ComposedRequest, CallError> {
    let failed = |why: &dyn std::fmt::Display| {
        unsent(ErrorClass::Setup, format!("{} of {} cannot be called: {why}", api.name, api.service))
    };
    let config = access.sdk_config();
    let service_id = api.model.metadata.service_id.as_deref().unwrap_or(api.service);
    let place = CallPlace {
        region: access.region().unwrap_or_default().to_owned(),
        given: given_endpoint(service_id, access.endpoint_url(), config).map_err(|error| failed(&error))?,
        variant: EndpointVariant {
            fips: config.use_fips().unwrap_or_default(),
            dual_stack: config.use_dual_stack().unwrap_or_default(),
        },
    };
    if is_unsigned(api) {
        return compose_request(schemas, api, parameters, token, &place).map_err(|error| failed(&error));
    }
    let provider = config.credentials_provider().ok_or_else(|| failed(&"there are no credentials"))?;
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|error| super::credentials::refresh_error(&error).unwrap_or_else(|| failed(&error)))?;
    let now: SystemTime = SystemClock.time_of_day().into();
    add_presigned_url(schemas, api, &mut parameters, token, &place, &credentials, now)
        .map_err(|error| failed(&error))?;
    let mut composed = compose_request(schemas, api, parameters, token, &place).map_err(|error| failed(&error))?;
    sign_request(&mut composed.http, &composed.scope, &credentials, now).map_err(|error| failed(&error))?;
    Ok(composed)
}

/// Sends a request and reads the whole response, whatever its status.
async fn exchange(
    api: &ApiOperation<'_>,
    request: ComposedRequest,
    held: HoldRequest,
    connections: SharedHttpClient,
) -> Result<HttpResponse, CallError> {
    let (host, path) = request.split_url();
    let mut request = request.http;
    let operation = SdkOperation::builder()
        .service_name(api.service.to_owned())
        .operation_name(api.name.to_owned())
        .http_client(hold_unpermitted(connections))
        .endpoint_url(&host)
        .no_auth()
        .no_retry()
        .timeout_config(TimeoutConfig::builder().connect_timeout(limits::AWS_CONNECT).build())
        .interceptor(held)
        .serializer(move |request: HttpRequest| Ok(request))
        .deserializer(copy_response)
        .build();
    request.set_uri(path).map_err(|error| unsent(ErrorClass::Setup, error.to_string()))?;
    operation.invoke(request).await.map_err(|error| unanswered(api, &error))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a deserializer")]
fn copy_response(response: &HttpResponse) -> Result<HttpResponse, OrchestratorError<ConnectorError>> {
    let mut copy = HttpResponse::new(response.status(), SdkBody::from(response.body().bytes().unwrap_or_default()));
    *copy.headers_mut() = response.headers().clone();
    Ok(copy)
}
