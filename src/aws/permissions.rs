//! The permissions that a call of an AWS API needs: the IAM actions of all operations.
//!
//! `data/generate_permissions.py` makes the file of them: a line that names its form, and deflated JSON. For each
//! service it has the prefix of its actions, the operations that the Service Authorization Reference of AWS does not
//! list, and the actions of each operation that needs other ones than that of its own name. A `?` marks an action that
//! only some requests need.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::api_operation::ApiOperation;
use super::error::ModelError;
use super::model::ShapeKind;
use super::models::inflate_json;

/// The file.
static DATA: &[u8] = include_bytes!("data/permissions.bin");

/// Its first line.
const MAGIC: &[u8] = b"runwright aws permissions 1\n";

/// The IAM actions of the operations of all services.
#[derive(Debug, Deserialize)]
pub struct Permissions {
    source: String,
    services: BTreeMap<String, ServicePermissions>,
}

/// The IAM actions of the operations of a service.
#[derive(Debug, Deserialize)]
struct ServicePermissions {
    /// The prefix of its actions.
    prefix: String,
    /// The actions of operations that need other ones than that of their own name.
    #[serde(default)]
    actions: BTreeMap<String, Vec<String>>,
    /// The operations that the Service Authorization Reference does not list.
    #[serde(default)]
    unlisted: BTreeSet<String>,
}

/// An IAM action that a call of an operation needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The action: `ec2:RunInstances`.
    pub action: String,
    /// Which requests need it.
    pub need: PermissionNeed,
    /// How it is known.
    pub basis: PermissionBasis,
}

/// Which requests of an operation need a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PermissionNeed {
    /// All of them.
    EveryRequest,
    /// Only some, such as those that pass a role or set tags.
    SomeRequests,
}

/// How a permission is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PermissionBasis {
    /// The table, which is taken from the Service Authorization Reference of AWS, has it.
    Table,
    /// The table does not have the operation. By the rule that most actions follow, it is the prefix of the service and
    /// the name of the operation.
    NamingRule,
}

impl Permissions {
    /// The permissions in this program.
    pub fn embedded() -> Result<Self, ModelError> {
        inflate_json(DATA.strip_prefix(MAGIC).ok_or(ModelError::Form)?)
    }

    /// The releases of the packages that the table is from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The permissions that a call of an operation needs: none where requests are not signed.
    pub fn of(&self, operation: &ApiOperation<'_>) -> Vec<Permission> {
        if operation.operation.authtype.as_deref() == Some("none") {
            return Vec::new();
        }
        let service = self.services.get(operation.service);
        let actions = service.and_then(|service| service.actions.get(operation.name));
        if let Some(actions) = actions {
            return actions.iter().map(|stored| listed(stored)).collect();
        }
        let prefix = service.map_or_else(|| operation.model.metadata.signing_name(), |service| &service.prefix);
        let is_listed = service.is_some_and(|service| !service.unlisted.contains(operation.name));
        vec![Permission {
            action: format!("{prefix}:{}", operation.name),
            need: PermissionNeed::EveryRequest,
            basis: if is_listed { PermissionBasis::Table } else { PermissionBasis::NamingRule },
        }]
    }
}

/// A permission as it is stored.
fn listed(stored: &str) -> Permission {
    let (action, need) = match stored.strip_prefix('?') {
        Some(action) => (action, PermissionNeed::SomeRequests),
        None => (stored, PermissionNeed::EveryRequest),
    };
    Permission { action: action.to_owned(), need, basis: PermissionBasis::Table }
}

/// Whether an operation has the parameter `DryRun`, with which EC2 only checks the permissions of a request. What other
/// services check differs.
pub fn has_dry_run(operation: &ApiOperation<'_>) -> bool {
    let model = operation.model;
    let request = operation.operation.input.as_ref().and_then(|input| model.shape(input));
    let Some(ShapeKind::Structure { members, .. }) = request.map(|shape| &shape.kind) else { return false };
    let parameter = members.get("DryRun").and_then(|member| model.shape(member));
    parameter.is_some_and(|shape| matches!(shape.kind, ShapeKind::Boolean))
}
