//! Exports: outputs of a runbook that are passed on to other programs under a name.

use crate::diagnostic::suggestion;
use crate::name::{OutputName, StepName};
use crate::runbook::{Runbook, Step};
use crate::untrusted::one_line;

/// An exported output: `NAME=step.Output`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The name that it gets.
    pub name: String,
    source: String,
}

/// Why a text is not an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportSyntaxError {
    /// It has no `=`.
    #[error("there is no `=` in it")]
    SignMissing,
    /// No variable can have the name.
    #[error("`{}` cannot be the name of a variable: use letters, digits, `_`, `.` and `-`", one_line(.name))]
    InvalidName {
        /// The name.
        name: String,
    },
}

/// Why a runbook has no such output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// It is not an output of a step.
    #[error("{name}: `{source_text}` is not an output of a step")]
    NoOutputNamed {
        /// The name of the export.
        name: String,
        /// The text after the `=`.
        source_text: String,
    },
    /// The runbook has no such step.
    #[error("{name}: there is no step `{step}`")]
    UnknownStep {
        /// The name of the export.
        name: String,
        /// The step.
        step: String,
        /// The output that was probably meant.
        nearest: Option<String>,
    },
    /// The step has no such output.
    #[error("{name}: step `{step}` has no output `{output}`")]
    UnknownOutput {
        /// The name of the export.
        name: String,
        /// The step.
        step: String,
        /// The output.
        output: String,
        /// The output that was probably meant.
        nearest: Option<String>,
    },
}

impl Export {
    /// Reads `NAME=step.Output`.
    pub fn parse(text: &str) -> Result<Self, ExportSyntaxError> {
        let (name, source) = text.split_once('=').ok_or(ExportSyntaxError::SignMissing)?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-'));
        if !is_name {
            return Err(ExportSyntaxError::InvalidName { name: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), source: source.to_owned() })
    }

    /// Resolves the output in the runbook. With `only_step` the name of the output is enough.
    pub fn resolve(&self, runbook: &Runbook, only_step: Option<&str>) -> Result<(StepName, OutputName), ExportError> {
        let name = || self.name.clone();
        let (step, output) = match (self.source.split_once('.'), only_step) {
            (Some((step, output)), _) => (step, output),
            (None, Some(step)) => (step, self.source.as_str()),
            (None, None) => {
                return Err(ExportError::NoOutputNamed { name: name(), source_text: self.source.clone() });
            }
        };
        let Some(found) = runbook.step(step) else {
            let nearest = suggestion(step, runbook.all_steps().map(|step| step.name.as_str()));
            let nearest = nearest.map(|it| format!("{it}.{output}"));
            return Err(ExportError::UnknownStep { name: name(), step: step.to_owned(), nearest });
        };
        if !has_output(found, output) {
            let declared = found.outputs.iter().map(|declared| declared.name.as_str());
            let fixed = found.inputs.action().spec().outputs.iter().map(|fixed| fixed.name);
            let nearest = suggestion(output, declared.chain(fixed)).map(|it| format!("{step}.{it}"));
            let (step, output) = (step.to_owned(), output.to_owned());
            return Err(ExportError::UnknownOutput { name: name(), step, output, nearest });
        }
        Ok((found.name.clone(), OutputName::new(output)))
    }
}

fn has_output(step: &Step, output: &str) -> bool {
    step.inputs.action().spec().has_output(output) || step.outputs.iter().any(|declared| declared.name == *output)
}

#[cfg(test)]
mod tests {
    use super::Export;

    #[test]
    fn exports_are_named_like_variables() {
        let read = Export::parse("A_b.c-1=step.Output");
        assert_eq!(read, Ok(Export { name: "A_b.c-1".to_owned(), source: "step.Output".to_owned() }));
        for wrong in ["", "A", "=s.O", "1=s.O", "A B=s.O", "A;isSecret=s.O", "A\nB=s.O"] {
            assert!(Export::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
