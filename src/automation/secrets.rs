//! The secrets of an execution.

use crate::redaction::{Pattern, Patterns, Secrets};

/// Variables that hold credentials. Their values are secret even before a client reads them.
const CREDENTIAL_VARIABLES: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// The secrets of an execution whose sensitive parameters and outputs have these names (`*` and `?` as in file names), and
/// the credentials in the environment of this process.
pub fn execution_secrets(sensitive: &[String]) -> Secrets {
    let secrets = Secrets::new(Patterns::new(sensitive.iter().filter_map(|text| Pattern::new(text)).collect()));
    for value in CREDENTIAL_VARIABLES.iter().filter_map(|name| std::env::var(name).ok()) {
        secrets.register_credential(&value);
    }
    secrets
}
