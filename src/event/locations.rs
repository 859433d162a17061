//! Accounts and Regions: the locations of an execution, those of a step, and the place of a child (spec aws-actions 17).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LaunchTargets;

/// The locations of an execution that runs its runbook once in each of them. Since version 4 of the stored form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchLocations {
    /// `TargetLocations`, in the service's shape.
    pub list: Vec<Value>,
    /// The targets within each account and Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<LaunchTargets>,
}

/// The accounts of the locations of a step, as Organizations listed them. A resumed execution runs in the same accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocationsResolved {
    /// The attempt of the step.
    pub attempt: u32,
    /// The accounts of each location, in the order of the locations.
    pub accounts: Vec<Vec<String>>,
}

/// The account and the Region that an execution runs in, where they are not those of the user who started it, and how to
/// get credentials there. It has no keys: every process that runs the execution assumes the roles again. Since version 4
/// of the stored form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The ARNs of the roles that lead from the user to the account, each assumed with the credentials of the one before.
    /// The last one is the execution role.
    pub roles: Vec<String>,
}
