//! Helpers of several tests: compared files that can be rewritten, the corpus, and loading of runbooks.

use std::path::{Path, PathBuf};

use runwright::diagnostic::{self, Diagnostic, Source};
use runwright::runbook::Runbook;
use runwright::{document, runbook};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a text with a committed file; with `RUNWRIGHT_UPDATE=1` it writes the file instead.
pub(crate) fn compare(path: &Path, text: &str) -> Result<(), String> {
    if std::env::var_os("RUNWRIGHT_UPDATE").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        return Ok(());
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    if committed == text {
        return Ok(());
    }
    let shown = path.strip_prefix(root()).unwrap_or(path).display();
    Err(format!(
        "{shown} is not what the code makes; look at the difference, then write it with RUNWRIGHT_UPDATE=1\n\
         --- committed\n{committed}--- made\n{text}"
    ))
}

/// A text that was loaded as far as possible.
pub(crate) struct Read {
    pub(crate) source: Source,
    pub(crate) json: Option<serde_json::Value>,
    pub(crate) runbook: Option<Runbook>,
    pub(crate) problems: Vec<Diagnostic>,
}

/// Loads a text as a runbook.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Read {
    match document::read(name, bytes) {
        Ok(document) => {
            let loaded = runbook::load(&document);
            let json = Some(document.root.to_json());
            Read { source: document.source, json, runbook: loaded.runbook, problems: loaded.diagnostics }
        }
        Err(unreadable) => Read { source: unreadable.source, json: None, runbook: None, problems: unreadable.problems },
    }
}

impl Read {
    /// The problems as a user sees them, and their number.
    pub(crate) fn rendered(&self) -> String {
        let text = diagnostic::render(&self.problems, &self.source, false, 120);
        format!("{text}{}\n", diagnostic::summary(&self.problems))
    }
}

/// A folder of regression cases outside the repository, below `RUNWRIGHT_SHARED` or beside the repository. Prints if it
/// is missing.
pub(crate) fn cases(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RUNWRIGHT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let cases = shared.join("cases").join(folder);
    if !cases.is_dir() {
        eprintln!("SKIPPED: no cases in {}; RUNWRIGHT_SHARED names the folder above `cases`", cases.display());
        return None;
    }
    Some(cases)
}

/// The public runbooks, below `RUNWRIGHT_CORPUS` or beside the repository. Prints if they are missing.
pub(crate) fn corpus() -> Option<Vec<(String, Vec<u8>)>> {
    let beside = || root().join("../shared/corpus");
    let corpus = std::env::var_os("RUNWRIGHT_CORPUS").map_or_else(beside, PathBuf::from);
    // The variable may name the corpus or its folder of runbooks.
    let runbooks = Some(corpus.join("runbooks")).filter(|runbooks| runbooks.is_dir()).unwrap_or(corpus);
    let Ok(entries) = std::fs::read_dir(&runbooks) else {
        eprintln!("SKIPPED: no corpus of public runbooks in {}; RUNWRIGHT_CORPUS names it", runbooks.display());
        return None;
    };
    let mut files: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    Some(files)
}
