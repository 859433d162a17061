//! Builds Lambda clients: as the caller, as a role, for functions in this process, and for none.
//!
//! For functions on this machine no profile is read, no credentials are looked up and no TLS is loaded.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_lambda::config::{Builder, Config, SharedCredentialsProvider, StalledStreamProtectionConfig};
use aws_sdk_lambda::config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::client::LambdaClient;
use crate::aws::{Access, ConnectError, ConnectOptions, RoleArn, hold_unpermitted, plain_http_client};
use crate::limits;

/// The default region of local functions.
const LOCAL_REGION: &str = "us-east-1";

impl LambdaClient {
    /// A client for functions in AWS, or at another address that speaks its API, as the caller.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ConnectError> {
        Ok(Self::for_caller(&Access::find(options).await?))
    }

    /// A client that acts as the caller.
    pub fn for_caller(access: &Access) -> Self {
        Self::new(configure(access).build(), access.region().map(str::to_owned))
    }

    /// A client that acts as a role. It renews its credentials when they expire. `session` names the caller: 2 to 64
    /// letters, digits and `_+=,.@-`.
    pub async fn for_role(access: &Access, role: &RoleArn, session: &str) -> Result<Self, ConnectError> {
        Ok(Self::for_caller(&access.assume(role, session).await?))
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
            .http_client(hold_unpermitted(connector))
            .build();
        Self::new(config, Some(region.to_owned()))
    }
}

/// The configuration of a client that acts as the caller.
fn configure(access: &Access) -> Builder {
    let mut config = common(Builder::from(access.sdk_config()));
    if let Some(url) = access.endpoint_url() {
        config = config.endpoint_url(url);
    }
    let is_plain = access.endpoint_url().is_some_and(|url| url.starts_with("http://"));
    let connections = if is_plain {
        plain_http_client(limits::LAMBDA_REPLY_BYTES)
    } else {
        access.http_client(limits::LAMBDA_REPLY_BYTES)
    };
    config.http_client(hold_unpermitted(connections))
}

/// The configuration of every client: no retries and no timeout of the SDK's.
fn common(config: Builder) -> Builder {
    config
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(limits::AWS_CONNECT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Requests to local functions are signed too; the signature is not checked.
fn local_credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "runwright")
}
