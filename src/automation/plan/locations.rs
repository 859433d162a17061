//! The accounts and Regions of a step of a plan (spec aws-actions 17).

use indexmap::IndexSet;
use serde::Serialize;
use serde_json::Value;

use super::known_values::resolve_known;
use crate::automation::connection::place_environment;
use crate::expression::{Scope, ValueTemplate, embedded};
use crate::redaction::Secrets;
use crate::runbook::inputs::execute_automation::EXECUTION_ROLE;
use crate::runbook::{Action, Step};

/// The accounts and Regions that a step runs its runbook in; values that are not known yet are references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedLocations {
    /// The pairs `ACCOUNT/REGION`, in the order of their starts; without those of units.
    pub pairs: Vec<String>,
    /// The organizational units and roots whose accounts Organizations lists when the step runs.
    #[serde(skip_serializing_if = "IndexSet::is_empty")]
    pub lookups: IndexSet<String>,
    /// The ARNs of the execution roles; of units for any account.
    pub roles: IndexSet<String>,
}

/// The locations of a step; none when it has none.
pub(super) fn plan_locations(step: &Step, scope: &dyn Scope) -> Option<PlannedLocations> {
    if step.inputs.action() != Action::EXECUTE_AUTOMATION {
        return None;
    }
    let locations = step.inputs.trees().get("TargetLocations")?;
    let mut planned = PlannedLocations { pairs: Vec::new(), lookups: IndexSet::new(), roles: IndexSet::new() };
    for location in (0..).map_while(|position| locations.item(position)) {
        planned.add(&location, scope);
    }
    // A list that is a reference itself is known only when the step runs.
    if planned.roles.is_empty() {
        let whole = resolve_known(locations, scope);
        (!whole.is_empty() && whole != "[]").then(|| planned.pairs.push(whole))?;
    }
    Some(planned)
}

impl PlannedLocations {
    /// Redacts secret parameters.
    pub(super) fn redact(&mut self, secrets: &Secrets) {
        let redacted = |text: &String| secrets.text(text).into_owned();
        self.pairs = self.pairs.iter().map(redacted).collect();
        self.lookups = self.lookups.iter().map(redacted).collect();
        self.roles = self.roles.iter().map(redacted).collect();
    }

    fn add(&mut self, location: &ValueTemplate, scope: &dyn Scope) {
        let texts = |name: &str| location.member(name).map(|member| texts(&member, scope)).unwrap_or_default();
        let role = texts("ExecutionRoleName").into_iter().next().unwrap_or_else(|| EXECUTION_ROLE.to_owned());
        let role = role.trim_start_matches('/');
        let excluded = texts("ExcludeAccounts");
        let regions = texts("Regions");
        let partition = |region: Option<&String>| place_environment("", region.map_or("", String::as_str)).partition;
        for account in texts("Accounts").into_iter().filter(|account| !excluded.contains(account)) {
            let is_unit = account.starts_with("ou-") || account.starts_with("r-");
            let whose = if is_unit { "*" } else { &account };
            self.roles.insert(format!("arn:{}:iam::{whose}:role/{role}", partition(regions.first())));
            if is_unit {
                self.lookups.insert(account);
            } else {
                self.pairs.extend(regions.iter().map(|region| format!("{account}/{region}")));
            }
        }
    }
}

/// The texts of a list, of one text, or of a reference to a list that is known.
fn texts(member: &ValueTemplate, scope: &dyn Scope) -> Vec<String> {
    if let ValueTemplate::List(items) = member {
        return items.iter().map(|item| resolve_known(item, scope)).collect();
    }
    let value = match member {
        ValueTemplate::Literal(value) => value.clone(),
        ValueTemplate::Text(_) | ValueTemplate::List(_) | ValueTemplate::Map(_) => {
            let text = resolve_known(member, scope);
            serde_json::from_str(&text).ok().filter(Value::is_array).unwrap_or_else(|| Value::from(text))
        }
    };
    match value {
        Value::Array(items) => items.iter().map(embedded).collect(),
        Value::Null => Vec::new(),
        one => vec![embedded(&one)],
    }
}
