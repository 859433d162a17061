//! The account of an execution: AWS is asked for it where the runbook refers to it (spec 3.5).

use super::connection::LambdaBackend;

impl LambdaBackend {
    /// The account of the caller, for a runbook whose text refers to it. `None` when the text does not, and when AWS does not
    /// tell: a step that refers to it fails then.
    pub(super) async fn find_account(&self, document: &str) -> Option<String> {
        let access = self.access().filter(|_| refers_to_account(document))?;
        match access.identity().await {
            // arn:aws:sts::123456789012:assumed-role/…
            Ok(identity) => identity.split(':').nth(4).filter(|account| !account.is_empty()).map(str::to_owned),
            Err(error) => {
                tracing::debug!(%error, "the account is not known");
                None
            }
        }
    }
}

/// Whether a text has the reference. A script names the variable too, and finds the account by itself.
fn refers_to_account(document: &str) -> bool {
    document.split("global:ACCOUNT_ID").skip(1).any(|rest| rest.trim_start().starts_with("}}"))
}
