//! Tests without the built program.

mod generated;
mod polls;
mod recording;
mod resources;
mod scripts;

use super::*;
use crate::actions::ActionRegistry;
use crate::event::DocumentIdentity;
use crate::execution::Execution;
use crate::runbook::Runbook;

/// A runbook of these steps.
fn runbook(steps: &str) -> Runbook {
    let text = format!("schemaVersion: '0.3'\nmainSteps:\n{steps}");
    let document = crate::document::read("book.yaml", text.as_bytes()).unwrap();
    let loaded = crate::runbook::load(&document);
    loaded.runbook.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

/// Plays a case to its end.
fn play_case(case: &Case, runbook: &Runbook) -> Execution {
    let identity = DocumentIdentity { name: "book".to_owned(), sha256: String::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let played = runtime.block_on(play(case, runbook, identity, &ActionRegistry::offline(), None));
    assert!(played.broken.is_none(), "{:?}", played.broken);
    played.execution.unwrap()
}

#[test]
fn incomplete_case_files_are_read_or_reported() {
    let whole = include_str!("../../runbooks/incident-bad-release.test.yaml");
    let text = include_str!("../../runbooks/incident-bad-release.yaml");
    let document = crate::document::read("book.yaml", text.as_bytes()).unwrap();
    let runbook = crate::runbook::load(&document).runbook.unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for left_out in 0..lines.len() {
        let mut some = lines.clone();
        some.remove(left_out);
        for text in [some.join("\n"), lines[..left_out].join("\n")] {
            let Ok(document) = crate::document::read("case", text.as_bytes()) else { continue };
            match read(document, &runbook) {
                Ok(file) => assert!(!file.cases.is_empty()),
                Err((_, problems)) => assert!(!problems.is_empty()),
            }
        }
    }
}
