//! What the Python SDK changes in the parameters of single operations before it checks them.

use super::model::ShapeReference;

/// Other names of parameters: service, operation (`None`: every one that has the parameter), the name in the model, and
/// the other name.
const ALIASES: [(&str, Option<&str>, &str, &str); 3] = [
    ("ec2", None, "Filter", "Filters"),
    ("logs", Some("CreateExportTask"), "from", "fromTime"),
    ("cloudsearchdomain", Some("Search"), "return", "returnFields"),
];

/// Parameters that get a default: service and name.
const DEFAULTS: [(&str, &str); 1] = [("glacier", "accountId")];

/// The name in the model of a parameter that has another name.
pub(super) fn unaliased<'n>(service: &str, operation: &str, name: &'n str) -> Option<&'n str> {
    let alias = ALIASES
        .iter()
        .find(|(of, only, _, alias)| *of == service && only.is_none_or(|only| only == operation) && *alias == name);
    alias.map(|(_, _, modelled, _)| *modelled)
}

/// Whether a required parameter that is absent gets a value: a token that makes a call repeatable, or a default.
pub(super) fn is_supplied(service: &str, name: &str, member: &ShapeReference) -> bool {
    member.attributes.idempotency_token || DEFAULTS.contains(&(service, name))
}
