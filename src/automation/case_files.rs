//! Finding case files and the runbooks that they test.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::case_file_error::CaseFileError;
use super::error::AutomationError;
use super::files::DocumentText;
use crate::testing::beside;

/// Folders with the files of other programs.
const FOREIGN: [&str; 2] = ["node_modules", "target"];

/// The endings of a case file, in the order they are tried.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

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
