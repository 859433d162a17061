//! Whose rights an execution has: the caller's, or those of the document's `assumeRole` (spec 1.1, 5.3).

use super::Exit;
use super::error::CliError;
use crate::expression::{Scope, embedded};
use crate::lambda::RoleArn;
use crate::report::one_line;
use crate::runbook::Runbook;

/// The role to act as; none for the caller's own rights. `--assume-role` stands above the document; in either place an
/// empty text means the caller.
pub(super) fn role(flag: Option<&str>, runbook: &Runbook, scope: &dyn Scope) -> Result<Option<RoleArn>, CliError> {
    const NOT_ONE: &str = "The format of the supplied assume role ARN isn't valid.";
    let (text, exit, place) = match (flag, &runbook.assume_role) {
        (Some(flag), _) => (flag.to_owned(), Exit::Usage, "--assume-role"),
        (None, Some(tree)) => {
            let value = tree.resolve(scope).map_err(|why| {
                CliError::new(Exit::Invalid, format!("assumeRole of the document has no value: {why}"))
                    .help("give the parameter, or --assume-role")
            })?;
            (embedded(&value), Exit::Invalid, "assumeRole of the document")
        }
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    RoleArn::parse(text).map(Some).ok_or_else(|| {
        CliError::new(exit, format!("{NOT_ONE} {place} is {}", one_line(text))).help(
            "a role is written arn:aws:iam::123456789012:role/NAME; --assume-role '' means the caller's own rights",
        )
    })
}
