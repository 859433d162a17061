//! The public runbooks of the corpus: each loads, or is refused for a reason that stands in `corpus.txt`.

use std::fmt::Write as _;
use std::path::PathBuf;

use runwright::{document, runbook};

/// Where the corpus lies: `RUNWRIGHT_CORPUS`, or beside the repository.
fn corpus() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let root = std::env::var_os("RUNWRIGHT_CORPUS").map_or_else(beside, PathBuf::from);
    let runbooks = root.join("runbooks");
    runbooks.is_dir().then_some(runbooks)
}

/// Every file of the corpus with its bytes, by name.
fn files(runbooks: &PathBuf) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(runbooks)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn dump() {
    let Some(runbooks) = corpus() else { return };
    let mut out = String::new();
    for (name, bytes) in files(&runbooks) {
        match document::read(&name, &bytes) {
            Ok(document) => {
                let loaded = runbook::load(&document);
                if !loaded.diagnostics.is_empty() {
                    writeln!(
                        out,
                        "{}",
                        runwright::diagnostic::render(&loaded.diagnostics, &document.source, false, 120)
                    )
                    .unwrap();
                }
            }
            Err(problem) => {
                writeln!(out, "{}", runwright::diagnostic::render(&problem.problems, &problem.source, false, 120))
                    .unwrap();
            }
        }
    }
    std::fs::write("/tmp/corpus-dump.txt", out).unwrap();
}
