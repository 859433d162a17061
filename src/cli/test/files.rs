//! Which case files are meant, and where their runbooks are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;
use crate::cli::read;
use crate::limits::DOCUMENT_BYTES;
use crate::testing::beside;

/// Folders that hold what others made.
const FOREIGN: [&str; 2] = ["node_modules", "target"];

/// The case files that these paths name: themselves, those beside runbooks, those in folders and below.
pub(super) fn case_files(paths: &[String]) -> Result<Vec<PathBuf>, CliError> {
    let mut found = Vec::new();
    for path in paths {
        let path = Path::new(path);
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found)?;
            if found.len() == before {
                let shown = if path == Path::new(".") { "this folder".to_owned() } else { path.display().to_string() };
                return Err(CliError::usage(format!("there is no case file in {shown}")).help(
                    "write cases into NAME.test.yaml beside NAME.yaml; `runwright test --record last` makes one",
                ));
            }
        } else if beside(path).is_some() || !path.exists() {
            // What is not there is told when it is read.
            found.push(path.to_owned());
        } else {
            found.push(of_runbook(path)?);
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let unreadable = |error: std::io::Error| CliError::usage(format!("{}: {error}", folder.display()));
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder).and_then(Iterator::collect).map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // Links are not followed: they may lead round in a circle.
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

/// The case file of a runbook. A file of another name may hold cases too, when it names its runbook.
fn of_runbook(path: &Path) -> Result<PathBuf, CliError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let candidates = ["yaml", "yml", "json"].map(|ending| path.with_file_name(format!("{stem}.test.{ending}")));
    if let Some(found) = candidates.iter().find(|candidate| candidate.exists()) {
        return Ok(found.clone());
    }
    let is_case_file = read::bytes(&path.to_string_lossy(), DOCUMENT_BYTES).is_ok_and(|(_, bytes)| {
        crate::document::read("", &bytes).is_ok_and(|document| document.root.get("cases").is_some())
    });
    if is_case_file {
        return Ok(path.to_owned());
    }
    let [first, ..] = &candidates;
    Err(CliError::usage(format!("{} has no cases: there is no {}", path.display(), first.display()))
        .help("write them there; `runwright test --record last` makes one of an execution"))
}

/// The runbook of a case file: the one that it names, or the one beside it.
pub(in crate::cli) fn runbook_of(case_file: &Path, named: Option<&str>) -> Result<String, CliError> {
    let folder = case_file.parent().unwrap_or(Path::new(""));
    if let Some(named) = named {
        return Ok(folder.join(named).display().to_string());
    }
    let Some(candidates) = beside(case_file) else {
        return Err(CliError::usage(format!("{} does not say which runbook it is for", case_file.display()))
            .help("name it: `runbook: FILE`, or call the case file NAME.test.yaml"));
    };
    match (candidates.iter().find(|candidate| candidate.exists()), candidates.first()) {
        (Some(found), _) => Ok(found.display().to_string()),
        (None, first) => {
            let first = first.map(|first| first.display().to_string()).unwrap_or_default();
            Err(CliError::usage(format!("{} has no runbook: there is no {first}", case_file.display()))
                .help("put the case file beside its runbook, or name it: `runbook: FILE`"))
        }
    }
}
