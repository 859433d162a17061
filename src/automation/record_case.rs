//! Making a test case of an execution that has ended.

use std::path::Path;

use super::error::AutomationError;
use super::record_case_error::RecordCaseError;
use super::{Automation, documents};
use crate::actions::ActionRegistry;
use crate::diagnostic::{Diagnostic, Source};
use crate::event::DocumentIdentity;
use crate::name::ExecutionId;
use crate::runbook::Runbook;
use crate::testing::{self, beside};

/// A case made of an execution.
#[derive(Debug)]
pub struct RecordedCase {
    /// Its name.
    pub name: String,
    /// The text of a case file with this case.
    pub text: String,
    /// Why the case does not pass as it is.
    pub doubts: Vec<CaseDoubt>,
    /// The file of the runbook, where the execution recorded one.
    runbook_file: Option<String>,
}

/// Why a recorded case does not pass as it is.
#[derive(Debug)]
pub enum CaseDoubt {
    /// Its text is no document.
    Unreadable,
    /// It is not a valid case of the runbook.
    Invalid {
        /// Its text.
        source: Box<Source>,
        /// Every problem.
        problems: Vec<Diagnostic>,
    },
    /// Its result differs from the execution.
    Mismatch {
        /// The difference.
        difference: String,
    },
}

impl Automation {
    /// Makes a case of an execution, and runs it to find out whether it passes.
    pub async fn record_case(
        &self,
        execution: &ExecutionId,
        name: Option<&str>,
    ) -> Result<RecordedCase, AutomationError> {
        let journal = self.journal("record")?;
        let recorded = self.read(execution).await?;
        let started = recorded.started();
        if started.launch.is_over_targets() {
            return Err(RecordCaseError::OverTargets { execution: execution.clone() }.into());
        }
        let runbook = documents::read_recorded_runbook(journal, &recorded).await?.runbook;
        let name = name.map_or_else(|| format!("as execution {}", execution.short()), str::to_owned);
        let text = testing::record(&recorded, &runbook, &name).map_err(RecordCaseError::Unrecordable)?;
        let doubts = find_doubts(&text, &runbook, &started.document).await;
        Ok(RecordedCase { name, text, doubts, runbook_file: started.launch.file.clone() })
    }
}

impl RecordedCase {
    /// The text of a new case file, which names its runbook unless that is beside it.
    pub fn new_file_text(&self, file: &Path) -> String {
        let beside = beside(file).unwrap_or_default();
        match &self.runbook_file {
            Some(runbook) if !beside.iter().any(|path| path.exists()) => {
                format!("runbook: {}\n{}", serde_json::Value::from(runbook.as_str()), self.text)
            }
            Some(_) | None => self.text.clone(),
        }
    }

    /// Adds the case to the text of a case file, and checks that the file has its other cases still.
    pub fn append_to(&self, file: &str, before: &str) -> Result<String, AutomationError> {
        let refused = |reason: String| RecordCaseError::NotAppendable { file: file.to_owned(), reason };
        let known = if before.trim().is_empty() { Some(Vec::new()) } else { case_names(file, before) };
        let mut expected = known.ok_or_else(|| refused("it is no case file that can be read".to_owned()))?;
        if expected.contains(&self.name) {
            return Err(RecordCaseError::NameTaken { file: file.to_owned(), name: self.name.clone() }.into());
        }
        let whole = testing::append(before, &self.text).map_err(|error| refused(error.to_string()))?;
        expected.push(self.name.clone());
        if case_names(file, &whole) == Some(expected) {
            Ok(whole)
        } else {
            Err(refused("the case cannot be added to it as text".to_owned()).into())
        }
    }
}

fn case_names(file: &str, text: &str) -> Option<Vec<String>> {
    let document = crate::document::read(file, text.as_bytes()).ok()?;
    let cases = document.root.get("cases")?.value.to_json();
    let names = cases.as_array()?.iter().map(|case| case["name"].as_str().unwrap_or_default().to_owned());
    Some(names.collect())
}

/// Runs the recorded case, to report whether it passes.
async fn find_doubts(text: &str, runbook: &Runbook, identity: &DocumentIdentity) -> Vec<CaseDoubt> {
    let Ok(document) = crate::document::read("the recorded case", text.as_bytes()) else {
        return vec![CaseDoubt::Unreadable];
    };
    let file = match testing::read(document, runbook) {
        Ok(file) => file,
        Err((document, problems)) => {
            return vec![CaseDoubt::Invalid { source: Box::new(document.source), problems }];
        }
    };
    let mut doubts = Vec::new();
    let judges = ActionRegistry::offline();
    for case in &file.cases {
        let played = testing::play(case, runbook, identity.clone(), &judges, None).await;
        let mismatches = testing::evaluate(case, runbook, &played);
        doubts.extend(mismatches.into_iter().map(|mismatch| CaseDoubt::Mismatch { difference: mismatch.what }));
    }
    doubts
}
