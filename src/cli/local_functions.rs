//! The functions of this machine that a command line names, and the template that it could have named.

use std::path::Path;

use super::error::CliError;
use super::notices::NoticeObserver;
use super::screen::Screen;
use super::shared_args::LocalArgs;
use crate::automation::load_functions;
use crate::local_lambda::Functions;

/// The functions of the template that the arguments name.
pub(super) fn from_args(local: &LocalArgs, screen: Screen) -> Result<Functions, CliError> {
    if let Some(template) = &local.functions {
        return load(template, None, screen);
    }
    let error = CliError::usage("no functions template is given");
    Err(match nearby(Path::new("")) {
        Some(found) => error.help(format!("this folder has a template: --functions {found}")),
        None => error.help("pass a SAM or CloudFormation template: --functions template.yaml"),
    })
}

/// Reads a template, and reports its parts that have no effect on this machine.
pub(super) fn load(template: &str, region: Option<&str>, screen: Screen) -> Result<Functions, CliError> {
    Ok(load_functions(template, region, &NoticeObserver { screen })?)
}

/// Adds the hint that functions can run on this machine if a template is beside the runbook. It is never used without
/// being named.
pub(super) fn hint_at_template(error: CliError, file: &str) -> CliError {
    let folder = Path::new(file).parent().unwrap_or(Path::new("."));
    match nearby(folder) {
        Some(template) if error.is_unconnected => {
            error.help(format!("to run the functions locally: --functions {template}"))
        }
        Some(_) | None => error,
    }
}

/// A template in a folder, for suggestions only.
fn nearby(folder: &Path) -> Option<String> {
    let names = ["template.yaml", "template.yml", "functions/template.yaml", "functions/template.yml"];
    names.iter().map(|name| folder.join(name)).find(|file| file.is_file()).map(|file| file.display().to_string())
}
