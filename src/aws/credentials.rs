//! AWS credentials: kept until they are about to expire, and why there are none.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::ErrorMetadata;
use tokio::sync::Mutex;

use super::call_error::CallError;
use super::error_chain::{error_chain, find_cause};
use crate::clock::{Clock, SystemClock};
use crate::event::{CallReach, Cause, ErrorClass};
use crate::limits;
use crate::redaction::Secrets;

/// A provider that keeps its credentials until they are about to expire, so that a credential process or STS is not
/// called for each request. Registers all credentials as secrets before it returns them.
/// Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Kept(Arc<Provider>);

#[derive(Debug)]
struct Provider {
    source: SharedCredentialsProvider,
    current: Mutex<Current>,
    secrets: Secrets,
}

#[derive(Debug)]
struct Current {
    credentials: Credentials,
    /// They were just obtained, so that there are no better ones.
    are_new: bool,
}

impl Kept {
    pub(super) fn new(source: SharedCredentialsProvider, first: Credentials, secrets: &Secrets) -> Self {
        register(&first, secrets);
        let current = Mutex::new(Current { credentials: first, are_new: true });
        Self(Arc::new(Provider { source, current, secrets: secrets.clone() }))
    }

    /// Credentials that hold for this time, or the longest that there are.
    pub(super) async fn lasting(&self, time: Duration) -> Result<Credentials, CredentialsError> {
        let Provider { source, current, secrets } = &*self.0;
        // Calls that come meanwhile wait for the same credentials.
        let mut current = current.lock().await;
        if !std::mem::take(&mut current.are_new) && !hold_for(&current.credentials, time) {
            let credentials = source.provide_credentials().await?;
            register(&credentials, secrets);
            current.credentials = credentials;
        }
        Ok(current.credentials.clone())
    }
}

/// Whether credentials still hold for a time.
fn hold_for(credentials: &Credentials, time: Duration) -> bool {
    let now: SystemTime = SystemClock.time_of_day().into();
    credentials.expiry().is_none_or(|expiry| expiry > now + time)
}

fn register(credentials: &Credentials, secrets: &Secrets) {
    secrets.register_credential(credentials.secret_access_key());
    if let Some(token) = credentials.session_token() {
        secrets.register_credential(token);
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.lasting(limits::CREDENTIALS_RENEWAL))
    }
}

const WHAT_TO_DO: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a --profile, or sign in (for an \
                          emulator any values work), or use --functions to run functions locally";

/// No credentials anywhere.
pub(super) fn none(profile: Option<&str>) -> String {
    format!("no AWS credentials were found{}: {WHAT_TO_DO}", of(profile))
}

fn of(profile: Option<&str>) -> String {
    profile.map_or_else(String::new, |name| format!(" for the profile `{name}`"))
}

/// Why credentials could not be obtained, and what to do.
pub(super) fn explain(error: &CredentialsError, profile: Option<&str>) -> String {
    let detail = detail(error);
    let login = || profile.map_or_else(|| "aws sso login".to_owned(), |name| format!("aws sso login --profile {name}"));
    if let CredentialsError::CredentialsNotLoaded(_) = error {
        // Adds why a profile has no credentials; the general message already says that no source had any.
        return match profile.and(about_profile(&detail)) {
            Some(why) => format!("{} ({why})", none(profile)),
            None => none(profile),
        };
    }
    // The instance metadata is the last source: no other one had credentials.
    if let Some(imds) = find_cause::<ImdsError>(error) {
        return format!(
            "no AWS credentials were found{}, and the instance metadata of this machine has none ({}): {WHAT_TO_DO}",
            of(profile),
            error_chain(imds).trim_end_matches('.')
        );
    }
    if detail.contains("external process") {
        return format!(
            "the credential process returned no AWS credentials{}: run the command of `credential_process` by hand to see \
             why ({detail})",
            of(profile)
        );
    }
    if detail.contains("feature(s) enabled: sso") {
        return format!(
            "the profile{} signs in through IAM Identity Center (SSO), which this build of runwright does not support: build \
             it with the feature `sso`, or run `aws configure export-credentials --format env` and set what it prints",
            profile.map_or_else(String::new, |name| format!(" `{name}`"))
        );
    }
    if detail.contains("SSO") || detail.contains("UnauthorizedException") {
        return format!(
            "the sign-in through IAM Identity Center (SSO) is missing or has expired{}: run `{}` and try again \
             ({detail})",
            of(profile),
            login()
        );
    }
    if std::env::var_os("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() || detail.contains("WebIdentity") {
        return format!(
            "the web identity returned no AWS credentials{}: check the token file, the role's trust policy and the address \
             of STS ({detail})",
            of(profile)
        );
    }
    match error {
        CredentialsError::ProviderTimedOut(_) => {
            format!("the AWS credentials did not come in time{}: {detail}; {WHAT_TO_DO}", of(profile))
        }
        CredentialsError::InvalidConfiguration(_) => format!(
            "the AWS configuration cannot be used{}: {detail}; look into ~/.aws/config and ~/.aws/credentials, and \
             `aws configure list-profiles` shows the profiles there are",
            of(profile)
        ),
        _ => format!("the AWS credentials could not be obtained{} ({detail}); {WHAT_TO_DO}", of(profile)),
    }
}

/// The error of a call for which the credentials could not be refreshed, if that is the error.
pub(crate) fn refresh_error(error: &(dyn Error + 'static)) -> Option<CallError> {
    let why = find_cause::<CredentialsError>(error)?;
    let mut cause = Cause::new(ErrorClass::Setup, CallReach::NotRun);
    cause.remedy = Some("Sign in again, or check the source of the credentials.".to_owned());
    Some(CallError::new(format!("The AWS credentials could not be refreshed: {}", detail(why)), cause))
}

/// The causes below the general message of the SDK, on one line; for a service error its message.
pub(super) fn detail(error: &CredentialsError) -> String {
    let said = find_cause::<ErrorMetadata>(error).and_then(|said| said.code().map(|code| (code, said.message())));
    let text = match said {
        Some((code, Some(message))) => format!("{code}: {message}"),
        Some((code, None)) => code.to_owned(),
        None => error.source().map_or_else(|| error.to_string(), error_chain),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_start_matches("an error occurred while loading credentials: ").trim_end_matches('.').to_owned()
}

/// The SDK's message about the profile, among those of all its sources.
fn about_profile(detail: &str) -> Option<&str> {
    let (_, after) = detail.split_once("Profile: ")?;
    let here = after.split_once(" WebIdentityToken:").map_or(after, |(here, _)| here);
    here.contains('`').then(|| here.trim_start_matches("the credential provider was not enabled: "))
}

#[cfg(test)]
mod tests;
