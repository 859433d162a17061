//! `--sensitive`: which parameters and outputs are secret.

use clap::Args;

use super::error::CliError;
use super::output;
use crate::automation::{execution_secrets, possible_secrets};
use crate::diagnostic::suggestion;
use crate::redaction::{Pattern, Secrets};
use crate::report::one_line;
use crate::runbook::Runbook;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Secrets")]
pub(super) struct SecretArgs {
    /// Redact the value of this parameter, or of the output step.Output (repeatable; wildcards * and ?)
    #[arg(long, value_name = "NAME")]
    pub(super) sensitive: Vec<String>,
    /// Like --sensitive, but ignored if the runbook has no such name
    #[arg(long, value_name = "NAME", hide = true)]
    sensitive_if_present: Vec<String>,
}

/// The secrets of a run of the runbook: what the command line and the configuration name, and credentials. A name on
/// the command line that the runbook does not have is refused: it would hide nothing. Those of the configuration are
/// for many runbooks.
pub(super) fn secrets(args: &SecretArgs, runbook: &Runbook) -> Result<Secrets, CliError> {
    let mut patterns = Vec::new();
    for text in &args.sensitive {
        let pattern = Pattern::new(text).ok_or_else(|| CliError::usage("--sensitive needs a name"))?;
        if pattern.is_exact() {
            known(&pattern, runbook)?;
        }
        patterns.push(pattern);
    }
    patterns.extend(args.sensitive_if_present.iter().filter_map(|text| Pattern::new(text)));
    let names: Vec<String> = patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect();
    let secrets = execution_secrets(&names);
    output::redact(&secrets);
    Ok(secrets)
}

impl SecretArgs {
    /// The names as supplied, for the process that runs the execution.
    pub(super) fn names(&self) -> Vec<String> {
        self.sensitive.iter().chain(&self.sensitive_if_present).cloned().collect()
    }
}

/// Refuses a name that the runbook does not have.
fn known(pattern: &Pattern, runbook: &Runbook) -> Result<(), CliError> {
    let names = possible_secrets(runbook);
    if names.iter().any(|name| pattern.matches(name)) {
        return Ok(());
    }
    let error = CliError::usage(format!(
        "--sensitive {}: the runbook has no such parameter, variable or output",
        one_line(pattern.as_str())
    ));
    match suggestion(pattern.as_str(), names.iter().map(String::as_str)) {
        Some(meant) => Err(error.help(format!("did you mean `{meant}`?"))),
        None => Err(error.help(
            "write the name of a parameter, or step.Output; `*Password*` matches every name that contains Password",
        )),
    }
}
