//! Reading a case file and the runbook that it tests.

use std::path::{Path, PathBuf};

use super::case_files::find_runbook;
use super::error::AutomationError;
use super::files::DocumentText;
use super::validate::validate_runbook;
use crate::aws::Models;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::runbook::Runbook;
use crate::testing::{self, CaseFile};

/// A runbook and its cases.
#[derive(Debug)]
pub struct TestedRunbook {
    /// The file of the runbook.
    pub file: PathBuf,
    /// Its text.
    pub source: Source,
    /// The runbook.
    pub runbook: Runbook,
    /// Its cases.
    pub cases: CaseFile,
}

/// Reads a case file and its runbook.
pub fn read_cases(path: &Path, models: &Models) -> Result<TestedRunbook, AutomationError> {
    let text = DocumentText::read(path)?;
    let invalid = |source: Source, problems| AutomationError::InvalidFile { source_text: Box::new(source), problems };
    let document = crate::document::read(&text.name, &text.bytes).map_err(|mut unreadable| {
        adapt_help(&mut unreadable.problems);
        invalid(unreadable.source, unreadable.problems)
    })?;
    let file = find_runbook(path, testing::named_runbook(&document))?;
    let (source, runbook) = validate_runbook(&DocumentText::read(&file)?, None, models).usable()?;
    match testing::read(document, &runbook) {
        Ok(cases) => Ok(TestedRunbook { file, source, runbook, cases }),
        Err((document, problems)) => Err(invalid(document.source, problems)),
    }
}

/// Replaces the help for runbooks by help for case files: the reader of documents expects runbooks.
fn adapt_help(problems: &mut [Diagnostic]) {
    for problem in problems {
        match problem.code {
            Code::EmptyDocument | Code::RootNotMap => {
                problem.help = vec!["a case file has `cases:` with a list of cases".to_owned()];
            }
            Code::DocumentTooLarge => problem.help = vec!["split it into several case files".to_owned()],
            _ => {}
        }
    }
}
