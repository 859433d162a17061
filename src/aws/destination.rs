//! Where a call goes: the endpoint of its service or the one that the user gives, with the bucket and the parameters that
//! are part of the host.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use serde_json::{Map, Value};

use super::api_operation::ApiOperation;
use super::configured_endpoint::{EndpointSetting, InvalidEndpoint, configured_endpoint, settings_id};
use super::endpoints::{EndpointError, EndpointVariant, Endpoints};
use super::host_prefix::{HostPrefixError, host_prefix, with_host_prefix};
use super::s3_address::{BucketError, s3_address};

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    /// The URL before the path of the request.
    pub(super) url: String,
    /// The Region of the signature.
    pub(super) signing_region: String,
    /// The name of the service in the signature.
    pub(super) signing_name: String,
    /// The start of the path that is part of the URL already: the bucket.
    pub(super) path_in_url: Option<String>,
}

/// Why a call has no destination.
#[derive(Debug, thiserror::Error)]
pub(super) enum DestinationError {
    /// There is no endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The given endpoint is none.
    #[error(transparent)]
    Given(#[from] InvalidEndpoint),
    /// A parameter cannot be part of the host.
    #[error(transparent)]
    HostPrefix(#[from] HostPrefixError),
    /// The bucket cannot be called.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The endpoint of several Regions is signed in another way.
    #[error("EndpointId is not supported: its requests are signed for several Regions, which this program does not do")]
    GlobalEndpoint,
}

/// The destination of a call.
pub(super) fn find_destination(
    endpoints: &Endpoints,
    api: &ApiOperation<'_>,
    parameters: &Map<String, Value>,
    region: &str,
    given: Option<String>,
    variant: EndpointVariant,
) -> Result<Destination, DestinationError> {
    if matches!(api.service, "events" | "sesv2") && parameters.contains_key("EndpointId") {
        return Err(DestinationError::GlobalEndpoint);
    }
    let is_given = given.is_some();
    let endpoint = if let Some(url) = given {
        endpoints.given(api.service, region, &url)
    } else {
        let prefix = &api.model.metadata.endpoint_prefix;
        endpoints.resolve_or_derive(api.service, prefix, api.name, region, variant)?
    };
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let mut url = endpoint.url.trim_end_matches('/').to_owned();
    if let Some(pattern) = &api.operation.endpoint.host_prefix {
        url = with_host_prefix(&url, &host_prefix(pattern, text)?);
    }
    let mut path_in_url = None;
    if api.service == "s3"
        && let Some(bucket) = text("Bucket")
    {
        url = s3_address(&url, is_given, api.name, bucket)?;
        path_in_url = Some(format!("/{bucket}"));
    }
    let signing_name = endpoint.signing_name.unwrap_or_else(|| api.model.metadata.signing_name().to_owned());
    Ok(Destination { url, signing_region: endpoint.signing_region, signing_name, path_in_url })
}

/// The endpoint that the user gives for a service: the option, else what the environment and the profile have.
pub(super) fn given_endpoint(
    service_id: &str,
    option: Option<&str>,
    config: &SdkConfig,
) -> Result<Option<String>, InvalidEndpoint> {
    let found = configured_endpoint(service_id, |setting| match setting {
        EndpointSetting::Option => option.map(str::to_owned),
        EndpointSetting::Variable(name) => std::env::var(name).ok(),
        EndpointSetting::ServicesSection(_) => {
            let id = settings_id(service_id);
            let key = ServiceConfigKey::builder().service_id(&id).profile("endpoint_url").env("AWS_ENDPOINT_URL");
            config.service_config()?.load_config(key.build().ok()?)
        }
        // The variable of all services was looked up before.
        EndpointSetting::Profile("endpoint_url") => config.endpoint_url().map(str::to_owned),
        // What the profile ignores, the configuration does not have.
        EndpointSetting::Profile(_) => None,
    })?;
    Ok(found.map(|found| found.url))
}
