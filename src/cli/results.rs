//! Results where pipelines want them: `--export`, `--export-file`, `--report`, and annotations.

use clap::Args;
use indexmap::IndexMap;
use serde_json::Value;

use super::error::CliError;
use super::outfile::OutFile;
use super::output::{Format, give, tell, tell_commands};
use super::pipeline::{self, Level, LogCommand, Pipeline};
use crate::clock;
use crate::diagnostic::suggestion;
use crate::event::Status;
use crate::execution::Execution;
use crate::files::AppendedFile;
use crate::name::{OutputName, StepName};
use crate::report::{escape_json, junit, one_line};
use crate::runbook::{Runbook, Step};
use crate::runner::Finished;
use crate::untrusted::has_unsafe;

/// What is handed on besides standard output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Results for pipelines")]
pub(super) struct ResultArgs {
    /// Hand an output on (repeatable): to $GITHUB_OUTPUT, as a variable of Azure Pipelines, else as NAME=value
    #[arg(long, value_name = "NAME=STEP.OUTPUT", value_parser = export)]
    export: Vec<Export>,
    /// Where --export writes its NAME=value lines, instead of the pipeline or standard output
    #[arg(long, value_name = "FILE", requires = "export")]
    export_file: Option<String>,
    /// Write a report of the execution: JUnit XML, a test case for each step
    #[arg(long, value_name = "junit=FILE", value_parser = report)]
    report: Vec<String>,
}

/// `NAME=step.Output`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Export {
    name: String,
    source: String,
}

fn export(text: &str) -> Result<Export, String> {
    let how = "write --export NAME=step.Output";
    let (name, source) = text.split_once('=').ok_or_else(|| format!("there is no `=` in it; {how}"))?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-'));
    if !is_name {
        let name = one_line(name);
        return Err(format!("`{name}` cannot be the name of a variable: use letters, digits, `_`, `.` and `-`; {how}"));
    }
    Ok(Export { name: name.to_owned(), source: source.to_owned() })
}

fn report(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some(("junit", file)) if !file.is_empty() => Ok(file.to_owned()),
        Some(_) | None => Err("write --report junit=FILE".to_owned()),
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

/// Everything that was asked for, checked, with its files ready, before anything runs.
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
    /// Whether outputs are handed on by name.
    pub(super) fn has_exports(&self) -> bool {
        !self.export.is_empty()
    }

    /// Checks what was asked for against the runbook. With `only_step` an export may name an output of it alone.
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
            let (step, output) = source(export, runbook, only_step)?;
            exports.push((export.name.clone(), step, output));
        }
        let pipeline = Pipeline::here();
        let destination = match (&self.export_file, &pipeline, stdout) {
            _ if exports.is_empty() => Destination::Caller,
            (Some(file), _, _) => Destination::File(OutFile::prepare(file)?),
            (None, _, Stdout::Exports) => Destination::Caller,
            (None, Pipeline::GitHub(Some(file)), _) => Destination::GitHub(AppendedFile::prepare(file)?),
            (None, Pipeline::GitHub(None), _) => {
                return Err(CliError::usage("GITHUB_ACTIONS is set, and GITHUB_OUTPUT names no file")
                    .help("name a file yourself: --export-file FILE"));
            }
            (None, Pipeline::Azure, _) => Destination::Azure,
            (None, Pipeline::Elsewhere, Stdout::Free) => Destination::Stdout,
            (None, Pipeline::Elsewhere, Stdout::Taken) => {
                return Err(CliError::usage("--export has no place to go: standard output has something else")
                    .help("name a file: --export-file FILE"));
            }
        };
        let reports = self.report.iter().map(|file| OutFile::prepare(file)).collect::<Result<_, _>>()?;
        Ok(Handover { pipeline, exports, destination, reports })
    }
}

/// The output that an export names, as the runbook knows it.
fn source(export: &Export, runbook: &Runbook, only_step: Option<&str>) -> Result<(StepName, OutputName), CliError> {
    let (step, output) = match (export.source.split_once('.'), only_step) {
        (Some((step, output)), _) => (step, output),
        (None, Some(step)) => (step, export.source.as_str()),
        (None, None) => {
            return Err(CliError::usage(format!(
                "--export {}: `{}` names no output of a step",
                export.name, export.source
            ))
            .help(format!("write --export {}=step.Output", export.name)));
        }
    };
    let meant = |error: CliError, nearest: Option<String>| match nearest {
        Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
        None => error,
    };
    let Some(found) = runbook.step(step) else {
        let nearest =
            suggestion(step, runbook.all_steps().map(|step| step.name.as_str())).map(|it| format!("{it}.{output}"));
        return Err(meant(CliError::usage(format!("--export {}: there is no step `{step}`", export.name)), nearest));
    };
    let spec = found.inputs.action().spec();
    if !has_output(found, output) {
        let declared = found.outputs.iter().map(|declared| declared.name.as_str());
        let nearest = suggestion(output, declared.chain(spec.outputs.iter().map(|fixed| fixed.name)));
        let nearest = nearest.map(|it| format!("{step}.{it}"));
        let error = CliError::usage(format!("--export {}: step `{step}` has no output `{output}`", export.name));
        return Err(meant(error, nearest));
    }
    Ok((found.name.clone(), OutputName::new(output)))
}

fn has_output(step: &Step, output: &str) -> bool {
    step.inputs.action().spec().has_output(output) || step.outputs.iter().any(|declared| declared.name == *output)
}

impl Handover {
    /// The pipeline that this command runs in.
    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The exports that have a value, by name.
    pub(super) fn values(&self, execution: &Execution) -> IndexMap<String, String> {
        let value = |step: &StepName, output: &OutputName| {
            execution.latest(step.as_str())?.output(output.as_str()).map(|value| text(&value))
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
        tell_commands(&issues(&self.pipeline, execution));
        for (name, step, output) in self.exports.iter().filter(|(name, _, _)| !values.contains_key(name)) {
            let message = format!("{name} is not exported: {step}.{output} has no value");
            match self.pipeline.issue(Level::Warning, &execution.started().document.name, &message) {
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
            Destination::File(file) => file.write(Format::Text, lines(line).as_bytes())?,
            Destination::Stdout => give(&lines(safe_line))?,
            Destination::Azure => {
                let variable =
                    |(name, value): (&String, &String)| LogCommand::azure_variable(name, value, secret(name));
                tell_commands(&real.iter().map(variable).collect::<Vec<_>>());
            }
            Destination::GitHub(file) => {
                let hidden = real.iter().filter(|(name, value)| !value.is_empty() && secret(name));
                tell_commands(&hidden.map(|(_, value)| LogCommand::github_mask(value)).collect::<Vec<_>>());
                let entry = |(name, value): (&String, &String)| {
                    pipeline::github_output(name, value, &format!("runwright-{}", clock::random_id()))
                };
                file.append(&real.iter().map(entry).collect::<String>())?;
            }
        }
        Ok(())
    }
}

/// A value as other programs take it: a text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `NAME=value` on one line: what does not stand on one line as it is, or begins with a quote, is a JSON string.
fn line(name: &str, value: &str) -> String {
    let breaks = |each: char| each.is_control() || matches!(each, '\u{2028}' | '\u{2029}');
    as_line(name, value, !value.contains(breaks))
}

/// The same for standard output, where no unsafe character is written: it would be escaped, and nobody could tell.
fn safe_line(name: &str, value: &str) -> String {
    as_line(name, value, !has_unsafe(value))
}

fn as_line(name: &str, value: &str, is_plain: bool) -> String {
    if is_plain && !value.starts_with('"') {
        format!("{name}={value}\n")
    } else {
        format!("{name}={}\n", escape_json(&Value::from(value).to_string()))
    }
}

/// What went wrong, as the pipeline shows it beside the log.
fn issues(pipeline: &Pipeline, execution: &Execution) -> Vec<LogCommand> {
    let document = &execution.started().document.name;
    let mut commands = Vec::new();
    let mut push = |level, title: &str, message: &str| {
        commands.extend(pipeline.issue(level, &one_line(title), message));
    };
    let mut told = false;
    for run in execution.runs() {
        let Some(ending) = run.ending.as_ref().filter(|it| matches!(it.status, Status::Failed | Status::TimedOut))
        else {
            continue;
        };
        let outline = execution.started().outline.steps.iter().find(|outline| outline.name == run.step);
        // A step inside of a loop that aborts has ended the loop, which says so.
        if run.parent.is_some() && outline.is_some_and(|outline| outline.on_failure == "Abort") {
            continue;
        }
        let counts = outline.is_none_or(|outline| outline.is_critical || outline.on_failure == "Abort");
        let message = ending.failure.as_ref().map_or("it gave no reason", |failure| &failure.message);
        told |= counts;
        let level = if counts { Level::Error } else { Level::Warning };
        push(level, &format!("{document}: step {} {}", run.step, ending.status), message);
    }
    if !told && execution.status() != Status::Success {
        let reason = execution.ending().and_then(|ending| ending.failure_message.as_deref());
        push(Level::Error, document, reason.unwrap_or(&format!("ended {}", execution.status())));
    }
    commands
}

#[cfg(test)]
mod tests;
