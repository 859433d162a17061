//! Runbooks that arguments name: reading them, and what commands report about them.

use std::path::Path;

use super::error::CliError;
use super::output::tell;
use super::read;
use super::screen::Screen;
use crate::automation::children::Library;
use crate::automation::{DocumentText, Validation, validate_runbook};
use crate::aws::Models;
use crate::diagnostic::{Code, Diagnostic, render, summary};
use crate::limits::DOCUMENT_BYTES;
use crate::untrusted::one_line;

/// Reads a file, or standard input for `-`.
pub(super) fn read_text(file: &str) -> Result<DocumentText<'_>, CliError> {
    let (name, bytes) = read::bytes(file, DOCUMENT_BYTES)?;
    Ok(DocumentText { name, file: path(file), bytes })
}

/// The file that an argument names; none for standard input.
pub(super) fn path(file: &str) -> Option<&Path> {
    Some(Path::new(file)).filter(|_| file != read::STDIN)
}

/// Reads and validates a runbook; with a library also the runbooks that its steps run.
pub(super) fn validate(file: &str, library: Option<&Library>, models: &Models) -> Result<Validation, CliError> {
    Ok(validate_runbook(&read_text(file)?, library, models))
}

/// Reports in one line that a runbook that is about to run has warnings.
pub(super) fn report_warnings(validation: &Validation, screen: Screen) {
    if validation.runbook.is_some() && !validation.diagnostics.is_empty() {
        let word = screen.errors.strong(&screen.errors.warn("warning:"));
        let (file, problems) = (one_line(validation.source.name()), summary(&validation.diagnostics));
        tell(&format!("{word} {file} has {problems}; to see them: `runwright validate {file}`\n"));
    }
}

/// Reports the runbooks that steps run and that cannot be found or run here.
pub(super) fn report_unusable_children(validation: &Validation, screen: Screen) {
    let is_of_child = |problem: &&Diagnostic| matches!(problem.code, Code::ChildNotFound | Code::ChildInvalid);
    let problems: Vec<Diagnostic> = validation.diagnostics.iter().filter(is_of_child).cloned().collect();
    if validation.runbook.is_some() && !problems.is_empty() {
        tell(&render(&problems, &validation.source, screen.errors.colour, Screen::width()));
    }
}
