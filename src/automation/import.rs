//! Importing an exported execution into a journal.

use super::Automation;
use super::error::AutomationError;
use super::import_error::ImportError;
use crate::limits::ARCHIVE_BYTES;
use crate::name::{ExecutionId, StepName};
use crate::store::{Archive, StoredLine};

/// An exported execution that was read and checked.
#[derive(Debug)]
pub struct ImportRequest {
    file: String,
    archive: Archive,
    execution: ExecutionId,
}

impl ImportRequest {
    /// Reads the content of a file: at most one byte more than an archive may have.
    pub fn read(file: &str, bytes: Vec<u8>) -> Result<Self, AutomationError> {
        let refused = |source| AutomationError::Import { file: file.to_owned(), source };
        if bytes.len() > ARCHIVE_BYTES {
            return Err(refused(ImportError::TooLarge));
        }
        let text = String::from_utf8(bytes).map_err(|_| refused(ImportError::NotUtf8))?;
        let archive = Archive::read(&text).map_err(|error| refused(error.into()))?;
        let execution = archive.started().map(|started| started.execution.clone());
        let execution = execution.ok_or_else(|| refused(ImportError::NoEvents))?;
        Ok(Self { file: file.to_owned(), archive, execution })
    }
}

/// An execution that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedExecution {
    /// The execution.
    pub id: ExecutionId,
    /// Whether the journal had it already, with the same history.
    pub was_present: bool,
}

impl Automation {
    /// Imports an exported execution. One that the journal has already changes nothing but its log.
    pub async fn import(&self, request: ImportRequest) -> Result<ImportedExecution, AutomationError> {
        let journal = self.journal("import")?;
        let ImportRequest { file, archive, execution } = request;
        let was_present = journal.entry(&execution).await?.is_some();
        if was_present && journal.history(&execution).await? != archive.events {
            let source = ImportError::OtherHistory { execution };
            return Err(AutomationError::Import { file, source });
        }
        let lines = archive.log.iter().map(|line| StoredLine {
            at: line.at,
            step: StepName::from(line.step.as_str()),
            attempt: line.attempt,
            function: line.function.clone(),
            text: line.text.clone(),
        });
        let lines: Vec<(u64, StoredLine)> = (1..).zip(lines).collect();
        if !was_present {
            journal.import(&archive.document, &archive.events).await?;
        }
        // Also for an execution that is present: an interrupted import may have lost its log.
        if !lines.is_empty() {
            journal.import_lines(&execution, lines).await?;
        }
        Ok(ImportedExecution { id: execution, was_present })
    }
}
