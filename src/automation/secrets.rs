//! The secrets of an execution.

use crate::redaction::{Pattern, Patterns, Secrets};
use crate::runbook::Runbook;

/// Variables that hold credentials. Their values are secret even before a client reads them.
const CREDENTIAL_VARIABLES: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// The secrets of an execution whose sensitive parameters and outputs have these names (`*` and `?` as in file names),
/// and the credentials in the environment of this process.
pub fn execution_secrets(sensitive: &[String]) -> Secrets {
    let secrets = Secrets::new(Patterns::new(sensitive.iter().filter_map(|text| Pattern::new(text)).collect()));
    for value in CREDENTIAL_VARIABLES.iter().filter_map(|name| std::env::var(name).ok()) {
        secrets.register_credential(&value);
    }
    secrets
}

/// The names in a runbook that can be secret: its parameters, its variables, and its outputs as `step.Output`.
pub fn possible_secrets(runbook: &Runbook) -> Vec<String> {
    let mut names: Vec<String> = runbook.parameters().keys().map(ToString::to_string).collect();
    names.extend(runbook.variables().keys().map(ToString::to_string));
    for step in runbook.all_steps() {
        let fixed = step.inputs.action().spec().outputs.iter().map(|output| output.name);
        let more = ["OutputPayload", "ExecutedVersion"];
        let declared = step.outputs.iter().map(|output| output.name.as_str());
        names.extend(fixed.chain(more).chain(declared).map(|output| format!("{}.{output}", step.name)));
    }
    names
}
