//! Validating runbooks and case files.

use std::path::Path;

use super::api_calls::check_api_calls;
use super::case_file_error::CaseFileError;
use super::case_files::find_runbook;
use super::error::AutomationError;
use super::files::DocumentText;
use crate::automation::children::{self, Library};
use crate::aws::Models;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::document::{Document, UnreadableDocument};
use crate::runbook::inputs::ScriptStep;
use crate::runbook::{self, Loaded, Runbook};
use crate::testing;

/// A runbook or a case file that was read, with every problem.
#[derive(Debug)]
pub struct Validation {
    /// The text.
    pub source: Source,
    /// Every problem.
    pub diagnostics: Vec<Diagnostic>,
    /// There is one exactly when no problem is an error. For a case file it is the runbook that its cases test.
    pub runbook: Option<Runbook>,
    /// The steps that run scripts, for [`check_python_scripts`](super::check_python_scripts).
    pub scripts: Vec<ScriptStep>,
}

impl Validation {
    /// How many problems have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count()
    }

    /// The text and the runbook; an error with all problems when there is none.
    pub fn usable(self) -> Result<(Source, Runbook), AutomationError> {
        match self.runbook {
            Some(runbook) => Ok((self.source, runbook)),
            None => {
                Err(AutomationError::InvalidFile { source_text: Box::new(self.source), problems: self.diagnostics })
            }
        }
    }
}

/// Validates a runbook, and its calls of AWS APIs by their models; with a library also the runbooks that its steps run.
pub fn validate_runbook(text: &DocumentText<'_>, library: Option<&Library>, models: &Models) -> Validation {
    match crate::document::read(&text.name, &text.bytes) {
        Ok(document) => load_runbook(document, text.file, library, models),
        Err(unreadable) => invalid(unreadable),
    }
}

/// Validates a runbook or a case file: the name `*.yaml` includes the case files beside runbooks.
pub fn validate_file(
    text: &DocumentText<'_>,
    library: &Library,
    models: &Models,
) -> Result<Validation, AutomationError> {
    match crate::document::read(&text.name, &text.bytes) {
        Ok(document) if document.root.get("cases").is_some() && document.root.get("mainSteps").is_none() => {
            load_cases(document, text, models)
        }
        Ok(document) => Ok(load_runbook(document, text.file, Some(library), models)),
        Err(unreadable) => Ok(invalid(unreadable)),
    }
}

fn load_runbook(document: Document, file: Option<&Path>, library: Option<&Library>, models: &Models) -> Validation {
    let mut loaded = runbook::load(&document);
    let problems = check_api_calls(&loaded, models);
    loaded.diagnostics.extend(problems);
    if let Some(library) = library {
        let problems = children::check::check(&loaded.children, file, library);
        if problems.iter().any(|problem| problem.severity() == Severity::Error) {
            loaded.runbook = None;
        }
        loaded.diagnostics.extend(problems);
    }
    let Loaded { runbook, diagnostics, scripts, .. } = loaded;
    Validation { source: document.source, diagnostics, runbook, scripts }
}

fn load_cases(document: Document, text: &DocumentText<'_>, models: &Models) -> Result<Validation, AutomationError> {
    // Standard input has no file beside it: a case file that comes from there names its runbook.
    let file = text.file.unwrap_or(Path::new("-"));
    let tested = find_runbook(file, testing::named_runbook(&document))?;
    let runbook = validate_runbook(&DocumentText::read(&tested)?, None, models).runbook.ok_or_else(|| {
        CaseFileError::InvalidRunbook { file: file.display().to_string(), runbook: tested.display().to_string() }
    })?;
    Ok(match testing::read(document, &runbook) {
        Ok(cases) => {
            let (source, diagnostics) = (cases.source, Vec::new());
            Validation { source, diagnostics, runbook: Some(runbook), scripts: Vec::new() }
        }
        Err((document, diagnostics)) => {
            Validation { source: document.source, diagnostics, runbook: None, scripts: Vec::new() }
        }
    })
}

fn invalid(unreadable: UnreadableDocument) -> Validation {
    Validation { source: unreadable.source, diagnostics: unreadable.problems, runbook: None, scripts: Vec::new() }
}
