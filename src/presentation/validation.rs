//! The results of a validation.

use serde::Serialize;

use crate::diagnostic::JsonDiagnostic;
use crate::untrusted::one_line;

/// The JSON form of `validate`: stable, fields may be added.
#[derive(Debug, Serialize)]
pub struct ValidationReport {
    /// The files, in their order.
    pub files: Vec<FileReport>,
    /// Errors of all files.
    pub errors: usize,
    /// Warnings of all files.
    pub warnings: usize,
    /// Files that could not be read.
    pub unreadable: usize,
}

/// The result of one file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// Its name.
    pub file: String,
    /// `valid`, `invalid` or `unreadable`.
    pub result: &'static str,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its problems.
    pub diagnostics: Vec<JsonDiagnostic>,
}

impl ValidationReport {
    /// How many files are valid, in words.
    pub fn summary(&self, invalid: usize) -> String {
        let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let valid = self.files.len() - invalid - self.unreadable;
        let mut parts = Vec::new();
        if self.files.len() > 1 || valid == 0 {
            parts.push(format!("{} checked", counted(self.files.len(), "file")));
        }
        match self.files.as_slice() {
            [only] if only.result == "valid" => parts.push(format!("{} is valid", one_line(&only.file))),
            _ if invalid == 0 && self.unreadable == 0 => parts.push("all valid".to_owned()),
            _ => parts.push(format!("{valid} valid, {invalid} invalid")),
        }
        if self.unreadable > 0 {
            parts.push(format!("{} could not be read", self.unreadable));
        }
        for (count, noun) in [(self.errors, "error"), (self.warnings, "warning")] {
            if count > 0 {
                parts.push(counted(count, noun));
            }
        }
        parts.join(", ")
    }
}
