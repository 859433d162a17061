//! Finding and reading case files and the runbooks that they test.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::AutomationError;
use super::files::DocumentText;
use super::validate::validate_runbook;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::runbook::Runbook;
use crate::testing::{self, CaseFile, beside};

/// Folders with the files of other programs.
const FOREIGN: [&str; 2] = ["node_modules", "target"];

/// The endings of a case file, in the order they are tried.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Why a case file or its runbook cannot be found or used.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    /// There is no case file in a folder or below it.
    #[error("there is no case file in {}", if folder == Path::new(".") { "this folder".to_owned() } else { folder.display().to_string() })]
    NoneInFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A runbook has no case file beside it.
    #[error("{} has no cases: there is no {}", runbook.display(), expected.display())]
    NoneForRunbook {
        /// The runbook.
        runbook: PathBuf,
        /// The case file that it would have.
        expected: PathBuf,
    },
    /// A case file names no runbook, and its own name shows none.
    #[error("{} does not say which runbook it is for", file.display())]
    RunbookUnnamed {
        /// The case file.
        file: PathBuf,
    },
    /// There is no runbook beside a case file.
    #[error("{} has no runbook: there is no {}", file.display(), expected.display())]
    RunbookMissing {
        /// The case file.
        file: PathBuf,
        /// The runbook that it would test.
        expected: PathBuf,
    },
    /// The runbook of a case file is not valid.
    #[error("{file} cannot be checked: {runbook}, its runbook, has errors")]
    InvalidRunbook {
        /// The case file.
        file: String,
        /// The runbook.
        runbook: String,
    },
}

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

/// Finds the case files of paths: case files themselves, those beside runbooks, those in folders and below.
pub fn find_case_files(paths: &[String]) -> Result<Vec<PathBuf>, AutomationError> {
    let mut found = Vec::new();
    for path in paths {
        let path = Path::new(path);
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found)?;
            if found.len() == before {
                return Err(CaseFileError::NoneInFolder { folder: path.to_owned() }.into());
            }
        } else if beside(path).is_some() || !path.exists() {
            // Reading a missing file reports it.
            found.push(path.to_owned());
        } else {
            found.push(find_cases_of_runbook(path)?);
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), AutomationError> {
    let unreadable = |source| AutomationError::FolderUnreadable { folder: folder.display().to_string(), source };
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder).and_then(Iterator::collect).map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // Links are not followed: they may form a cycle.
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = if folder == Path::new(".") { PathBuf::from(&*name) } else { folder.join(&*name) };
        if kind.is_dir() {
            if !name.starts_with('.') && !FOREIGN.contains(&&*name) {
                walk(&path, found)?;
            }
        } else if beside(&path).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

/// The case file of a runbook. A file of another name may have cases too, when it names its runbook.
fn find_cases_of_runbook(path: &Path) -> Result<PathBuf, AutomationError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let candidates = ENDINGS.map(|ending| path.with_file_name(format!("{stem}.test.{ending}")));
    if let Some(found) = candidates.iter().find(|candidate| candidate.exists()) {
        return Ok(found.clone());
    }
    let is_case_file = DocumentText::read(path).is_ok_and(|text| {
        crate::document::read("", &text.bytes).is_ok_and(|document| document.root.get("cases").is_some())
    });
    if is_case_file {
        return Ok(path.to_owned());
    }
    let [expected, ..] = candidates;
    Err(CaseFileError::NoneForRunbook { runbook: path.to_owned(), expected }.into())
}

/// Finds the runbook of a case file: the one that it names, or the one beside it.
pub(super) fn find_runbook(case_file: &Path, named: Option<&str>) -> Result<PathBuf, CaseFileError> {
    let folder = case_file.parent().unwrap_or(Path::new(""));
    if let Some(named) = named {
        return Ok(folder.join(named));
    }
    let Some(candidates) = beside(case_file) else {
        return Err(CaseFileError::RunbookUnnamed { file: case_file.to_owned() });
    };
    if let Some(found) = candidates.iter().find(|candidate| candidate.exists()) {
        return Ok(found.clone());
    }
    let expected = candidates.into_iter().next().unwrap_or_default();
    Err(CaseFileError::RunbookMissing { file: case_file.to_owned(), expected })
}

/// Reads a case file and its runbook.
pub fn read_cases(path: &Path) -> Result<TestedRunbook, AutomationError> {
    let text = DocumentText::read(path)?;
    let invalid = |source: Source, problems| AutomationError::InvalidFile { source_text: Box::new(source), problems };
    let document = crate::document::read(&text.name, &text.bytes).map_err(|mut unreadable| {
        adapt_help(&mut unreadable.problems);
        invalid(unreadable.source, unreadable.problems)
    })?;
    let file = find_runbook(path, testing::named_runbook(&document))?;
    let (source, runbook) = validate_runbook(&DocumentText::read(&file)?, None).usable()?;
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
                problem.help = vec![
                    "a case file has `cases:` with a list of cases; `runwright schema --cases` describes it".to_owned(),
                ];
            }
            Code::DocumentTooLarge => problem.help = vec!["make several case files of it".to_owned()],
            _ => {}
        }
    }
}
