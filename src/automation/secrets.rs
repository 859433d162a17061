//! The secrets of an execution.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Automation;
use super::error::AutomationError;
use crate::event::TargetList;
use crate::execution::Execution;
use crate::redaction::{Pattern, Patterns, Secrets};
use crate::runbook::Runbook;
use crate::runbook::binding::Supplied;

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

/// The sensitive values of an execution that the journal does not have, as one process hands them to another.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SensitiveValues {
    parameters: IndexMap<String, Value>,
    targets: Option<TargetList>,
}

impl SensitiveValues {
    /// The values in the form in which they are supplied again.
    pub fn supplied(self) -> (IndexMap<String, Supplied>, Option<TargetList>) {
        let parameters = self.parameters.into_iter().map(|(name, value)| (name, Supplied::Json(value)));
        (parameters.collect(), self.targets)
    }
}

impl Automation {
    /// The sensitive values of an execution of this process, which has its real values.
    pub async fn sensitive_values(&self, execution: &Execution) -> Result<SensitiveValues, AutomationError> {
        let recorded = self.read(execution.id()).await?;
        let recorded = recorded.started();
        let is_hidden = |name: &str| recorded.hidden.iter().any(|hidden| hidden == name);
        let parameters = execution.parameters().iter().filter(|(name, _)| is_hidden(name.as_str()));
        let targets = recorded.launch.targets.as_ref().filter(|targets| targets.hidden);
        Ok(SensitiveValues {
            parameters: parameters.map(|(name, value)| (name.to_string(), value.clone())).collect(),
            targets: targets.and_then(|_| Some(execution.started().launch.targets.as_ref()?.list.clone())),
        })
    }
}
