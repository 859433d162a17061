//! Connects to Lambda: resolves the region, credentials and endpoint, and builds clients.
//!
//! `--profile`, `--region` and `--endpoint-url` mean what they mean in the AWS CLI. For functions on this machine no
//! profile is read, no credentials are looked up and no TLS is loaded.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_lambda::config::{Config, SharedCredentialsProvider, StalledStreamProtectionConfig};
use aws_sdk_lambda::config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::credentials::{self, Kept};
use super::role::{self, AssumeRoleError, RoleArn};
use super::{LambdaClient, gate, http};
use crate::limits;
use crate::redaction::Secrets;

/// The user's options for the connection.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--profile`
    pub profile: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// `--endpoint-url`
    pub endpoint_url: Option<String>,
    /// Registers all credentials that are used.
    pub secrets: Secrets,
}

/// Why no client can be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No region anywhere.
    #[error(
        "no region is set: use --region, AWS_REGION or a region in the profile, or use --functions to run \
         functions on this machine"
    )]
    NoRegion,
    /// No credentials were found, or they could not be obtained.
    #[error("{0}")]
    Credentials(String),
    /// The role of the document or of `--assume-role` (spec 5.3).
    #[error("The defined assume role is unable to be assumed. {0}")]
    Role(#[from] AssumeRoleError),
    /// The endpoint is not an address.
    #[error("--endpoint-url {0:?} is not an http:// or https:// address")]
    Endpoint(String),
}

/// The default region of local functions.
const LOCAL_REGION: &str = "us-east-1";

/// The caller's region and credentials, resolved.
#[derive(Debug, Clone)]
pub struct Access {
    pub(super) shared: SdkConfig,
    endpoint_url: Option<String>,
    secrets: Secrets,
}

impl Access {
    /// Looks for a region and credentials where the AWS CLI does. Sends nothing to Lambda.
    pub async fn find(options: &ConnectOptions) -> Result<Self, ConnectError> {
        if let Some(url) = options.endpoint_url.as_ref().filter(|url| !is_address(url)) {
            return Err(ConnectError::Endpoint(url.clone()));
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http::ByScheme::client());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &options.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let shared = loader.load().await;
        if shared.region().is_none() {
            return Err(ConnectError::NoRegion);
        }
        let profile = options.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok());
        let profile = profile.filter(|name| !name.is_empty());
        let unavailable = |why: String| ConnectError::Credentials(why);
        let provider =
            shared.credentials_provider().ok_or_else(|| unavailable(credentials::none(profile.as_deref())))?;
        let first = provider
            .provide_credentials()
            .await
            .map_err(|error| unavailable(credentials::explain(&error, profile.as_deref())))?;
        let provider = SharedCredentialsProvider::new(Kept::new(provider, first, &options.secrets));
        let shared = shared.into_builder().credentials_provider(provider).build();
        Ok(Self { shared, endpoint_url: options.endpoint_url.clone(), secrets: options.secrets.clone() })
    }

    /// The region that calls go to.
    pub fn region(&self) -> Option<&str> {
        self.shared.region().map(Region::as_ref)
    }

    /// A client that acts as the caller.
    pub fn client(&self) -> LambdaClient {
        LambdaClient::new(self.config().build(), self.region().map(str::to_owned))
    }

    /// A client that acts as a role. It renews its credentials when they expire. `session` names the caller: 2 to 64
    /// letters, digits and `_+=,.@-`.
    pub async fn client_as(&self, role: &RoleArn, session: &str) -> Result<LambdaClient, ConnectError> {
        let provider = role::assume(&self.shared, role, session, &self.secrets).await?;
        let config = self.config().credentials_provider(provider);
        Ok(LambdaClient::new(config.build(), self.region().map(str::to_owned)))
    }

    fn config(&self) -> aws_sdk_lambda::config::Builder {
        let mut config = common(aws_sdk_lambda::config::Builder::from(&self.shared));
        // --endpoint-url is the address of Lambda only, not of STS and sign-in.
        if let Some(url) = &self.endpoint_url {
            config = config.endpoint_url(url);
        }
        let is_plain = self.endpoint_url.as_ref().is_some_and(|url| url.starts_with("http://"));
        let connections = match self.shared.http_client() {
            Some(shared) if !is_plain => shared.clone(),
            Some(_) | None => http::plain(),
        };
        config.http_client(gate::held(connections))
    }
}

impl LambdaClient {
    /// A client for functions in AWS, or at another address that speaks its API, as the caller.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ConnectError> {
        Ok(Access::find(options).await?.client())
    }

    /// A client that reaches nothing: every call fails before it is sent.
    pub fn nowhere() -> Self {
        Self::new(common(Config::builder()).behavior_version(BehaviorVersion::latest()).build(), None)
    }

    /// A client for functions that a connector reaches without leaving this process.
    pub fn in_process(connector: SharedHttpClient, region: Option<&str>) -> Self {
        let region = region.unwrap_or(LOCAL_REGION);
        let config = common(Config::builder())
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(local_credentials()))
            .endpoint_url("http://functions.local")
            .http_client(gate::held(connector))
            .build();
        Self::new(config, Some(region.to_owned()))
    }
}

/// Whether a text is an `http` or `https` address that calls can be sent to.
pub(super) fn is_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<::http::Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    // The parser keeps an invalid port as text, and the connector would use 80 instead.
    let port = authority.as_str().rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    matches!(uri.scheme_str(), Some("http" | "https"))
        && !authority.host().is_empty()
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// The configuration of every client: no retries and no timeout of the SDK's.
fn common(config: aws_sdk_lambda::config::Builder) -> aws_sdk_lambda::config::Builder {
    config
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(limits::AWS_CONNECT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Requests to local functions are signed too; the signature is not checked.
fn local_credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "runwright")
}

#[cfg(test)]
mod tests;
