//! Access to AWS: the region, the caller's credentials, the endpoint and the connections.
//!
//! `--profile`, `--region` and `--endpoint-url` mean what they mean in the AWS CLI. No TLS is loaded before the first
//! `https` call.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::credentials::{self, Kept};
use super::http;
use super::role::{self, AssumeRoleError, RoleArn};
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

/// The caller's region and credentials, resolved.
#[derive(Debug, Clone)]
pub struct Access {
    shared: SdkConfig,
    /// All connections to AWS, so that one is used again and TLS is loaded once.
    connections: SharedHttpClient,
    endpoint_url: Option<String>,
    secrets: Secrets,
}

impl Access {
    /// Looks for a region and credentials where the AWS CLI does. Sends nothing to the services that steps call.
    pub async fn find(options: &ConnectOptions) -> Result<Self, ConnectError> {
        if let Some(url) = options.endpoint_url.as_ref().filter(|url| !is_address(url)) {
            return Err(ConnectError::Endpoint(url.clone()));
        }
        let connections = http::ByScheme::client();
        let bounded = http::bounded(connections.clone(), limits::AWS_SIGN_IN_REPLY_BYTES);
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(bounded);
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
        Ok(Self { shared, connections, endpoint_url: options.endpoint_url.clone(), secrets: options.secrets.clone() })
    }

    /// The region that calls go to.
    pub fn region(&self) -> Option<&str> {
        self.shared.region().map(Region::as_ref)
    }

    /// The configuration of every client of a service: region, the caller's credentials, and the endpoints of the
    /// profile and the environment.
    pub(crate) const fn sdk_config(&self) -> &SdkConfig {
        &self.shared
    }

    /// `--endpoint-url`: the address of the services that steps call, not of STS and sign-in.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }

    /// The connections to `http` and `https` addresses, for a client whose responses have at most this many bytes.
    pub(crate) fn http_client(&self, most_bytes: usize) -> SharedHttpClient {
        http::bounded(self.connections.clone(), most_bytes)
    }

    /// Access as a role, whose credentials are renewed when they expire. `session` names the caller: 2 to 64 letters,
    /// digits and `_+=,.@-`.
    pub async fn assume(&self, role: &RoleArn, session: &str) -> Result<Self, ConnectError> {
        let provider = role::assume(&self.shared, role, session, &self.secrets).await?;
        let shared = self.shared.clone().into_builder().credentials_provider(provider).build();
        Ok(Self { shared, ..self.clone() })
    }
}

/// Whether a text is an `http` or `https` address that calls can be sent to.
pub(crate) fn is_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<::http::Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    // The parser keeps an invalid port as text, and the connector would use 80 instead.
    let port = authority.as_str().rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    matches!(uri.scheme_str(), Some("http" | "https"))
        && !authority.host().is_empty()
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests;
