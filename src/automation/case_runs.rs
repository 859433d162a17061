//! Plays the cases of a case file.

use std::path::Path;

use super::case_scripts::{CaseScriptOptions, FileScripts};
use super::error::AutomationError;
use super::files::document_identity;
use super::tested_runbook::TestedRunbook;
use crate::actions::ActionRegistry;
use crate::runner::RunError;
use crate::testing::{self, Broken, CaseResult, Coverage, FileResult, Results};

/// Which cases are played.
#[derive(Debug, Clone, Default)]
pub struct CaseChoice {
    /// A part of their names, in lower case; none for all cases.
    pub name_part: Option<String>,
    /// Whether to measure their coverage.
    pub with_coverage: bool,
}

/// How the cases of a file were played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasesRun {
    /// No internal error occurred.
    Whole,
    /// An internal error aborted one.
    Faulty,
}

/// Plays the cases of a file, and adds their results to `results`. `scripts` says how their scripts are run.
pub async fn run_cases(
    path: &Path,
    tested: &TestedRunbook,
    choice: &CaseChoice,
    scripts: &CaseScriptOptions,
    results: &mut Results,
) -> Result<CasesRun, AutomationError> {
    let scripts = FileScripts::new(scripts, tested)?;
    let runbook_file = tested.file.display().to_string();
    let is_wanted = |name: &str| choice.name_part.as_ref().is_none_or(|part| name.to_lowercase().contains(part));
    let mut coverage = choice.with_coverage.then(|| Coverage::of(&tested.runbook, &tested.source));
    let mut cases = Vec::new();
    let mut run = CasesRun::Whole;
    let judges = ActionRegistry::offline();
    for case in &tested.cases.cases {
        if !is_wanted(&case.name) {
            results.left_out += 1;
            continue;
        }
        let identity = document_identity(&runbook_file, tested.source.text());
        let running = scripts.begin(case);
        let connection = running.as_ref().map(|running| running.connection.clone());
        let played = testing::play(case, &tested.runbook, identity, &judges, connection).await;
        let output = match running {
            Some(running) => running.end().await,
            None => Vec::new(),
        };
        if let Some(Broken::Runner(RunError::Engine(_) | RunError::Replay(_) | RunError::Store(_))) = &played.broken {
            run = CasesRun::Faulty;
        }
        if let (Some(coverage), Some(execution)) = (&mut coverage, &played.execution) {
            coverage.add(&tested.runbook, execution);
        }
        let mismatches = testing::evaluate(case, &tested.runbook, &played);
        cases.push(CaseResult::of(case, &tested.cases.source, &played, mismatches).with_output(output));
    }
    if !cases.is_empty() {
        results.files.push(FileResult { file: path.display().to_string(), runbook: runbook_file, cases, coverage });
    }
    Ok(run)
}
