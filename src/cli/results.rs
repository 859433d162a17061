//! Results where pipelines want them: `--export`, `--export-file`, `--report`, and annotations.

use clap::Args;
use indexmap::IndexMap;

use super::error::CliError;
use super::outfile::OutFile;
use super::output::{self, Format, give, tell, tell_commands};
use crate::automation::{Export, ExportError, ExportSyntaxError};
use crate::clock;
use crate::execution::Execution;
use crate::files::AppendedFile;
use crate::name::{OutputName, StepName};
use crate::presentation::{annotate_failures, export_line, export_text, safe_export_line};
use crate::report::junit;
use crate::runbook::Runbook;
use crate::runner::Finished;
use crate::untrusted::pipeline::{AnnotationLevel, LogCommand, Pipeline, github_output};

/// Results in other places than standard output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pipelines")]
pub(super) struct ResultArgs {
    /// Export an output (repeatable): to $GITHUB_OUTPUT, as a variable of Azure Pipelines, else as NAME=value
    #[arg(long, value_name = "NAME=STEP.OUTPUT", value_parser = export)]
    export: Vec<Export>,
    /// Write the NAME=value lines of --export to this file instead of the pipeline or standard output
    #[arg(long, value_name = "FILE", requires = "export")]
    export_file: Option<String>,
    /// Write a JUnit report with a test case for each step
    #[arg(long, value_name = "junit=FILE", value_parser = report)]
    report: Vec<String>,
}

/// `NAME=step.Output`
fn export(text: &str) -> Result<Export, InvalidExport> {
    Export::parse(text).map_err(InvalidExport)
}

/// Why a text is not an export.
#[derive(Debug, thiserror::Error)]
#[error("{0}; write --export NAME=step.Output")]
struct InvalidExport(#[source] ExportSyntaxError);

/// `junit=FILE`
fn report(text: &str) -> Result<String, ReportError> {
    match text.split_once('=') {
        Some(("junit", file)) if !file.is_empty() => Ok(file.to_owned()),
        Some(_) | None => Err(ReportError),
    }
}

/// Why a text is not a report.
#[derive(Debug, thiserror::Error)]
#[error("write --report junit=FILE")]
struct ReportError;

impl From<ExportError> for CliError {
    fn from(error: ExportError) -> Self {
        let told = Self::usage(format!("--export {error}"));
        match error {
            ExportError::NoOutputNamed { name, .. } => told.help(format!("write --export {name}=step.Output")),
            ExportError::UnknownStep { nearest: Some(nearest), .. }
            | ExportError::UnknownOutput { nearest: Some(nearest), .. } => {
                told.help(format!("did you mean `{nearest}`?"))
            }
            ExportError::UnknownStep { nearest: None, .. } | ExportError::UnknownOutput { nearest: None, .. } => told,
        }
    }
}

/// What standard output is used for when an execution has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stdout {
    /// Nothing that exports would disturb.
    Free,
    /// Something else than lines.
    Taken,
    /// The exports themselves, as a JSON map.
    Exports,
}

/// The requested results, checked, with their files ready, before anything runs.
#[derive(Debug)]
pub(super) struct Handover {
    pipeline: Pipeline,
    exports: Vec<(String, StepName, OutputName)>,
    destination: Destination,
    reports: Vec<OutFile>,
}

#[derive(Debug)]
enum Destination {
    GitHub(AppendedFile),
    Azure,
    File(OutFile),
    Stdout,
    /// The caller takes them.
    Caller,
}

/// Whether the value of an output must not be seen.
pub(super) type IsSecret<'a> = &'a dyn Fn(&StepName, &OutputName) -> bool;

impl ResultArgs {
    /// Whether outputs are exported.
    pub(super) fn has_exports(&self) -> bool {
        !self.export.is_empty()
    }

    /// Checks the requested results against the runbook. With `only_step` an export may name an output of it alone.
    pub(super) fn prepare(
        &self,
        runbook: &Runbook,
        only_step: Option<&str>,
        stdout: Stdout,
    ) -> Result<Handover, CliError> {
        let mut exports: Vec<(String, StepName, OutputName)> = Vec::new();
        for export in &self.export {
            if exports.iter().any(|(name, _, _)| *name == export.name) {
                return Err(CliError::usage(format!("--export {} is given twice", export.name)));
            }
            let (step, output) = export.resolve(runbook, only_step)?;
            exports.push((export.name.clone(), step, output));
        }
        let pipeline = output::pipeline().clone();
        let destination = match (&self.export_file, &pipeline, stdout) {
            _ if exports.is_empty() => Destination::Caller,
            (Some(file), _, _) => Destination::File(OutFile::prepare(file)?),
            (None, _, Stdout::Exports) => Destination::Caller,
            (None, Pipeline::GitHub(Some(file)), _) => Destination::GitHub(AppendedFile::prepare(file)?),
            (None, Pipeline::GitHub(None), _) => {
                return Err(CliError::usage("GITHUB_ACTIONS is set, but GITHUB_OUTPUT is not")
                    .help("choose a file: --export-file FILE"));
            }
            (None, Pipeline::Azure, _) => Destination::Azure,
            (None, Pipeline::Elsewhere, Stdout::Free) => Destination::Stdout,
            (None, Pipeline::Elsewhere, Stdout::Taken) => {
                return Err(CliError::usage("--export cannot write to standard output, which --output uses")
                    .help("choose a file: --export-file FILE"));
            }
        };
        let reports = self.report.iter().map(|file| OutFile::prepare(file)).collect::<Result<_, _>>()?;
        Ok(Handover { pipeline, exports, destination, reports })
    }
}

impl Handover {
    /// The pipeline that this command runs in.
    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The exports that have a value, by name.
    pub(super) fn values(&self, execution: &Execution) -> IndexMap<String, String> {
        let value = |step: &StepName, output: &OutputName| {
            execution.latest(step.as_str())?.output(output.as_str()).map(|value| export_text(&value))
        };
        self.exports.iter().filter_map(|(name, step, output)| Some((name.clone(), value(step, output)?))).collect()
    }

    /// Hands everything on, whether the execution succeeded or not: reports, annotations, and the exports that have a
    /// value.
    ///
    /// A secret leaves as it is only where it can be marked as one; everywhere else it is masked.
    pub(super) fn give(self, finished: &Finished, is_secret: IsSecret<'_>) -> Result<(), CliError> {
        let execution = &finished.execution;
        let values = self.values(execution);
        let real = self.values(finished.unmasked());
        tell_commands(&annotate_failures(&self.pipeline, execution));
        for (name, step, output) in self.exports.iter().filter(|(name, _, _)| !values.contains_key(name)) {
            let message = format!("did not export {name}: {step}.{output} has no value");
            match self.pipeline.issue(AnnotationLevel::Warning, &execution.started().document.name, &message) {
                Some(command) => tell_commands(&[command]),
                None => tell(&format!("warning: {message}\n")),
            }
        }
        let secret = |name: &str| {
            let export = self.exports.iter().find(|(known, _, _)| known == name);
            values.get(name) != real.get(name) || export.is_some_and(|(_, step, output)| is_secret(step, output))
        };
        let lines =
            |line: fn(&str, &str) -> String| values.iter().map(|(name, value)| line(name, value)).collect::<String>();
        for report in self.reports {
            report.write(Format::Xml, &junit(execution))?;
        }
        match self.destination {
            Destination::Caller => {}
            Destination::File(file) => file.write(Format::Text, lines(export_line).as_bytes())?,
            Destination::Stdout => give(&lines(safe_export_line))?,
            Destination::Azure => {
                let variable =
                    |(name, value): (&String, &String)| LogCommand::azure_variable(name, value, secret(name));
                tell_commands(&real.iter().map(variable).collect::<Vec<_>>());
            }
            Destination::GitHub(file) => {
                let hidden = real.iter().filter(|(name, value)| !value.is_empty() && secret(name));
                tell_commands(&hidden.map(|(_, value)| LogCommand::github_mask(value)).collect::<Vec<_>>());
                let entry = |(name, value): (&String, &String)| {
                    github_output(name, value, &format!("runwright-{}", clock::random_id()))
                };
                file.append(&real.iter().map(entry).collect::<String>())?;
            }
        }
        Ok(())
    }
}
