//! The caller's identity in AWS.

use super::access::Access;
use super::error_response::describe_sdk_error;
use super::short_timeouts::with_short_timeouts;

/// Why it is unknown.
#[derive(Debug, thiserror::Error)]
#[error("cannot read your AWS identity (sts:GetCallerIdentity): {0}")]
pub struct UnknownIdentity(String);

impl Access {
    /// The ARN of the user or the assumed role whose credentials are used. STS requires no permission for it; its
    /// address can be set with `AWS_ENDPOINT_URL_STS`.
    pub async fn identity(&self) -> Result<String, UnknownIdentity> {
        let config = with_short_timeouts(self.sdk_config());
        let reply = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
        let reply = reply.map_err(|error| UnknownIdentity(describe_sdk_error(&error)))?;
        reply.arn.ok_or_else(|| UnknownIdentity("the reply has no ARN".to_owned()))
    }
}
