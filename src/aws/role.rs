//! Acting as a role: the document's `assumeRole` (spec 1.1, 5.3), through STS.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use super::credentials::{Kept, detail};
use super::short_timeouts::with_short_timeouts;
use crate::limits;
use crate::redaction::Secrets;

/// The ARN of an IAM role: `arn:PARTITION:iam::ACCOUNT:role/NAME`, with or without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn(Arc<str>);

impl RoleArn {
    /// Parses the ARN of a role.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let scheme = parts.next()?;
        let partition = parts.next()?;
        let service = parts.next()?;
        let region = parts.next()?;
        let account = parts.next()?;
        let name = parts.next()?.strip_prefix("role/")?;
        let is_partition = partition.starts_with("aws")
            && partition.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
        let is_account = account.len() == 12 && account.chars().all(|it| it.is_ascii_digit());
        let is_name = !name.is_empty()
            && !name.ends_with('/')
            && name.chars().all(|it| it.is_ascii_alphanumeric() || "_+=,.@-/".contains(it));
        let right = scheme == "arn"
            && is_partition
            && service == "iam"
            && region.is_empty()
            && is_account
            && is_name
            && text.len() <= limits::ROLE_ARN_CHARS;
        right.then(|| Self(text.into()))
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The role's credentials: obtained once here, and refreshed whenever they are about to expire.
///
/// `caller` is the configuration with the caller's own credentials, and the address of STS (`AWS_ENDPOINT_URL_STS`).
pub(super) async fn assume(
    caller: &SdkConfig,
    role: &RoleArn,
    session: &str,
    secrets: &Secrets,
) -> Result<Kept, AssumeRoleError> {
    let caller = with_short_timeouts(caller);
    let provider = AssumeRoleProvider::builder(role.as_str()).session_name(session).configure(&caller).build().await;
    match provider.provide_credentials().await {
        Ok(credentials) => Ok(Kept::new(SharedCredentialsProvider::new(provider), credentials, secrets)),
        Err(error) => Err(refused(&error, role)),
    }
}

/// Why a role could not be assumed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}; {remedy}, or use --assume-role '' to act as the caller", role.as_str())]
pub struct AssumeRoleError {
    role: RoleArn,
    detail: String,
    remedy: &'static str,
}

impl AssumeRoleError {
    /// The role.
    pub const fn role(&self) -> &RoleArn {
        &self.role
    }

    /// The error of STS, or of the credentials that the role was to be assumed with.
    pub fn detail(&self) -> &str {
        self.detail.trim_end_matches('.')
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// Whether STS refused it.
    pub fn is_denied(&self) -> bool {
        self.detail.contains("AccessDenied")
    }
}

/// Why there are no credentials in an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "account {account} cannot be reached: the role {} cannot be assumed ({}); {}",
    source.role().as_str(),
    source.detail(),
    account_remedy(source)
)]
pub struct UnreachableAccount {
    /// The account.
    pub account: String,
    /// Why the execution role cannot be assumed.
    pub source: AssumeRoleError,
}

fn account_remedy(source: &AssumeRoleError) -> &'static str {
    if source.is_denied() {
        "create the role in that account if there is none (ExecutionRoleName names another one), name the caller in its \
         trust policy, and allow the caller sts:AssumeRole on it"
    } else {
        source.remedy()
    }
}

fn refused(error: &CredentialsError, role: &RoleArn) -> AssumeRoleError {
    let detail = detail(error);
    let remedy = if detail.contains("AccessDenied") {
        "the caller needs sts:AssumeRole on the role, and the role's trust policy has to name the caller"
    } else if detail.contains("ExpiredToken") {
        "the caller's own credentials have expired: sign in again"
    } else {
        "check the role, the caller's credentials and the address of STS (AWS_ENDPOINT_URL_STS)"
    };
    AssumeRoleError { role: role.clone(), detail, remedy }
}

#[cfg(test)]
mod tests;
