//! Problems of a template, with their position.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem of a template: the file, the position in it, the fault and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// The template.
    pub file: PathBuf,
    /// The position, as a dotted path: `Resources.Greet.Properties.Timeout`. Empty for the file as a whole.
    pub place: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

/// A template that cannot be used, with every problem found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateErrors(
    /// The problems, at least one, in the order of the file.
    pub Vec<TemplateProblem>,
);

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateErrors {}

/// Collects problems while a template is read.
#[derive(Debug)]
pub(super) struct Findings {
    file: PathBuf,
    pub(super) errors: Vec<TemplateProblem>,
    pub(super) warnings: Vec<TemplateProblem>,
}

impl Findings {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_path_buf(), errors: Vec::new(), warnings: Vec::new() }
    }

    fn problem(&self, place: &str, message: impl Into<String>) -> TemplateProblem {
        TemplateProblem { file: self.file.clone(), place: place.to_owned(), message: message.into() }
    }

    pub(super) fn error(&mut self, place: &str, message: impl Into<String>) {
        let problem = self.problem(place, message);
        self.errors.push(problem);
    }

    pub(super) fn warning(&mut self, place: &str, message: impl Into<String>) {
        let problem = self.problem(place, message);
        if !self.warnings.contains(&problem) {
            self.warnings.push(problem);
        }
    }
}
