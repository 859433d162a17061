//! Situations that need no program.

mod making_up;
mod recording;

use super::*;
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
fn played(case: &Case, runbook: &Runbook) -> Execution {
    let identity = DocumentIdentity { name: "book".to_owned(), sha256: String::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let played = runtime.block_on(play(case, runbook, identity));
    assert!(played.broken.is_none(), "{:?}", played.broken);
    played.execution.unwrap()
}
