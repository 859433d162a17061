//! Credentials are secrets from the moment they are there, and again each time they are renewed.

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use crate::masking::Secrets;

/// Hands on what a provider gives, and tells the masking of it.
#[derive(Debug)]
pub(super) struct Watched {
    provider: SharedCredentialsProvider,
    secrets: Secrets,
}

impl Watched {
    pub(super) fn provider(provider: SharedCredentialsProvider, secrets: &Secrets) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self { provider, secrets: secrets.clone() })
    }
}

impl ProvideCredentials for Watched {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials().await?;
            self.secrets.learn_credential(credentials.secret_access_key());
            if let Some(token) = credentials.session_token() {
                self.secrets.learn_credential(token);
            }
            Ok(credentials)
        })
    }
}
