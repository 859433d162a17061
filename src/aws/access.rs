//! Access to AWS: the region, the caller's credentials, the endpoint and the connections.
//!
//! `--profile`, `--region` and `--endpoint-url` mean what they mean in the AWS CLI. No TLS is loaded before the first
//! `https` call.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::credentials::{self, Kept};
use super::destination::given_endpoint;
use super::http;
use super::role::{self, AssumeRoleError, RoleArn, UnreachableAccount};
use super::services_section::services_with_settings;
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
    /// The execution role of another account (spec aws-actions 17).
    #[error(transparent)]
    Account(#[from] UnreachableAccount),
    /// The endpoint is not an address.
    #[error("--endpoint-url {0:?} is not an http:// or https:// address")]
    Endpoint(String),
}

/// Credentials as text.
#[derive(Clone)]
pub struct SessionKeys {
    /// The id of the access key.
    pub key_id: String,
    /// The secret access key.
    pub secret_key: String,
    /// The session token; `None` for the keys of a user.
    pub session_token: Option<String>,
}

/// Without the secrets.
impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionKeys").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The caller's region and credentials, resolved.
#[derive(Debug, Clone)]
pub struct Access {
    shared: SdkConfig,
    kept: Kept,
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
        let kept = Kept::new(provider, first, &options.secrets);
        let provider = SharedCredentialsProvider::new(kept.clone());
        let shared = shared.into_builder().credentials_provider(provider).build();
        Ok(Self {
            shared,
            kept,
            connections,
            endpoint_url: options.endpoint_url.clone(),
            secrets: options.secrets.clone(),
        })
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

    /// Keys for another program, which hold for this time if any do.
    pub async fn session_keys(&self, time: Duration) -> Result<SessionKeys, ConnectError> {
        let credentials = self.kept.lasting(time).await;
        let credentials = credentials.map_err(|error| ConnectError::Credentials(credentials::explain(&error, None)))?;
        Ok(SessionKeys {
            key_id: credentials.access_key_id().to_owned(),
            secret_key: credentials.secret_access_key().to_owned(),
            session_token: credentials.session_token().map(str::to_owned),
        })
    }

    /// The variables with which another program calls the endpoints that this access calls, beyond those of AWS.
    pub fn endpoint_variables(&self) -> BTreeMap<String, String> {
        let given = self.endpoint_url.clone();
        if let Some(url) = given {
            return BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), url)]);
        }
        let own =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut variables: BTreeMap<String, String> = own
            .filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL") || name == "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .collect();
        if let Some(url) = self.shared.endpoint_url() {
            variables.entry("AWS_ENDPOINT_URL".to_owned()).or_insert_with(|| url.to_owned());
        }
        for service in services_with_settings() {
            // An invalid one is reported when a step calls the service.
            let Ok(Some(url)) = given_endpoint(&service, None, &self.shared) else { continue };
            if variables.get("AWS_ENDPOINT_URL") != Some(&url) {
                variables.entry(format!("AWS_ENDPOINT_URL_{}", service.to_uppercase())).or_insert(url);
            }
        }
        variables
    }

    /// Access as a role, whose credentials are renewed when they expire. `session` names the caller: 2 to 64 letters,
    /// digits and `_+=,.@-`.
    pub async fn assume(&self, role: &RoleArn, session: &str) -> Result<Self, ConnectError> {
        let kept = role::assume(&self.shared, role, session, &self.secrets).await?;
        let provider = SharedCredentialsProvider::new(kept.clone());
        let shared = self.shared.clone().into_builder().credentials_provider(provider).build();
        Ok(Self { shared, kept, ..self.clone() })
    }

    /// The same credentials in another Region.
    pub(super) fn in_region(self, region: Region) -> Self {
        let shared = self.shared.clone().into_builder().region(region).build();
        Self { shared, ..self }
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
