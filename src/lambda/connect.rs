//! Where the client gets its region, credentials, address and connections from.
//!
//! `--profile`, `--region` and `--endpoint-url` mean what they mean in the AWS CLI. For functions on this machine no
//! profile is read, no credentials are looked up and no TLS is loaded.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
use aws_sdk_lambda::config::{Config, SharedCredentialsProvider, StalledStreamProtectionConfig};
use aws_sdk_lambda::config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::LambdaClient;
use super::credentials::Watched;
use super::http;
use crate::masking::Secrets;

/// What a user says about where functions are.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--profile`
    pub profile: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// `--endpoint-url`
    pub endpoint_url: Option<String>,
    /// Learns every credential that is used.
    pub secrets: Secrets,
}

/// Why there is no way to the functions.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No region anywhere.
    #[error(
        "no region is set: give --region, set AWS_REGION, or set a region in the profile; or give --functions to run \
         functions on this machine"
    )]
    NoRegion,
    /// No credentials anywhere, or they could not be had.
    #[error("{0}")]
    Credentials(String),
    /// The address is not one.
    #[error("--endpoint-url {0:?} is not an http:// or https:// address")]
    Endpoint(String),
}

/// Connecting takes a moment, never longer; the SDK's own default.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// The region of local functions when none is given.
const LOCAL_REGION: &str = "us-east-1";

impl LambdaClient {
    /// A client for functions in AWS, or at another address that speaks its API.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ConnectError> {
        if let Some(url) = options.endpoint_url.as_ref().filter(|url| !is_address(url)) {
            return Err(ConnectError::Endpoint(url.clone()));
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http::ByScheme::client())
            .retry_config(RetryConfig::disabled());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &options.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &options.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let shared = loader.load().await;
        if shared.region().is_none() {
            return Err(ConnectError::NoRegion);
        }
        let provider = shared.credentials_provider().ok_or_else(|| ConnectError::Credentials(no_credentials(None)))?;
        let provider = Watched::provider(provider, &options.secrets);
        provider.provide_credentials().await.map_err(|error| {
            let profile = options.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok());
            ConnectError::Credentials(explain(&error, profile.filter(|name| !name.is_empty()).as_deref()))
        })?;
        let mut config = common(aws_sdk_lambda::config::Builder::from(&shared)).credentials_provider(provider);
        if options.endpoint_url.as_ref().is_some_and(|url| url.starts_with("http://")) {
            config = config.http_client(http::plain());
        }
        let region = shared.region().map(ToString::to_string);
        Ok(Self::new(config.build(), region))
    }

    /// A client for functions that a connector reaches without leaving this process.
    pub fn in_process(connector: SharedHttpClient, region: Option<&str>) -> Self {
        let region = region.unwrap_or(LOCAL_REGION);
        let config = common(Config::builder())
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(local_credentials()))
            .endpoint_url("http://functions.local")
            .http_client(connector)
            .build();
        Self::new(config, Some(region.to_owned()))
    }
}

/// Whether a text is an `http` or `https` address that calls can be sent to.
fn is_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<::http::Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    // A port that is none is kept as text by the parser, and the connector would take 80 for it.
    let port = authority.as_str().rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    matches!(uri.scheme_str(), Some("http" | "https"))
        && !authority.host().is_empty()
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// What every client has: no retries of its own, no limit of its own on how long a call takes.
fn common(config: aws_sdk_lambda::config::Builder) -> aws_sdk_lambda::config::Builder {
    config
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Requests to local functions are signed as always; nobody checks the signature.
fn local_credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "runwright")
}

fn no_credentials(profile: Option<&str>) -> String {
    let place = profile.map_or_else(String::new, |name| format!(" for the profile `{name}`"));
    format!("no AWS credentials were found{place}: {WHAT_TO_DO}")
}

const WHAT_TO_DO: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a --profile, or sign in (for an \
                          emulator any values will do); or give --functions to run functions on this machine";

fn explain(error: &CredentialsError, profile: Option<&str>) -> String {
    let detail = super::client::chain(error);
    match error {
        CredentialsError::CredentialsNotLoaded(_) => no_credentials(profile),
        CredentialsError::ProviderTimedOut(_) => format!("the AWS credentials did not come in time: {detail}"),
        CredentialsError::InvalidConfiguration(_) => format!("the AWS configuration cannot be used: {detail}"),
        _ => format!("the AWS credentials could not be had ({}); {WHAT_TO_DO}", detail.trim_end_matches('.')),
    }
}

#[cfg(test)]
mod tests;
