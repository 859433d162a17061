//! The role that an execution acts as: `--assume-role` or the document's `assumeRole` (spec 1.1, 5.3).

use super::error::{AutomationError, RoleSource};
use crate::aws::RoleArn;
use crate::event::Place;
use crate::expression::{Scope, embedded};
use crate::runbook::Runbook;

/// The role to assume; `None` for the caller's own credentials. `chosen` overrides the document; an empty text means
/// the caller in both.
pub fn resolve_role(
    chosen: Option<&str>,
    runbook: &Runbook,
    scope: &dyn Scope,
) -> Result<Option<RoleArn>, AutomationError> {
    let (text, source) = match (chosen, runbook.assume_role()) {
        (Some(chosen), _) => (chosen.to_owned(), RoleSource::Caller),
        (None, Some(tree)) => {
            let value = tree.resolve(scope).map_err(AutomationError::RoleUnresolved)?;
            (embedded(&value), RoleSource::Document)
        }
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let invalid = || AutomationError::InvalidRole { given_by: source, text: text.to_owned() };
    RoleArn::parse(text).map(Some).ok_or_else(invalid)
}

/// The role that an execution assumes itself. A role that led to its place is not assumed again: a runbook that is started
/// in other accounts gets the role of the account that starts it as a parameter, and would leave its place with it.
pub(super) fn own_role(place: Option<&Place>, role: Option<RoleArn>) -> Option<RoleArn> {
    role.filter(|role| place.is_none_or(|place| !place.roles.iter().any(|known| known == role.as_str())))
}
