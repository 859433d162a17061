//! `runwright validate FILE…`

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::children::ChildArgs;
use super::error::CliError;
use super::output::{give, give_commands, give_json, tell};
use super::pipeline::{Level, LogCommand, Place};
use super::screen::Screen;
use super::{Exit, documents};
use crate::automation::children::Library;
use crate::automation::{Validation, validate_file};
use crate::diagnostic::{Diagnostic, JsonDiagnostic, Severity, Source, one_line, render, to_json};
use crate::untrusted;

const AFTER_HELP: &str = "\
Examples:
  runwright validate runbooks/*.yaml
  generate-runbook | runwright validate -
  runwright validate --format short *.yaml       file:line:column: error[code]: message
  runwright validate --format github *.yaml      annotations of a GitHub workflow

Exit codes: 0 all valid, 2 a file cannot be read, 3 a file has errors (or warnings, with --deny-warnings)";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ValidateArgs {
    /// Runbooks to check, and their case files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// How problems are shown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    children: ChildArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines of the file and carets
    Text,
    /// One line a problem
    Short,
    /// One JSON document
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

/// What the JSON form of `validate` is: stable, fields may be added.
#[derive(Debug, Serialize)]
struct Report {
    files: Vec<FileReport>,
    errors: usize,
    warnings: usize,
    unreadable: usize,
}

#[derive(Debug, Serialize)]
struct FileReport {
    file: String,
    /// `valid`, `invalid` or `unreadable`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    diagnostics: Vec<JsonDiagnostic>,
}

/// Validates every file, and reports all problems of all of them.
pub(super) fn validate(args: &ValidateArgs, screen: Screen) -> Result<Exit, CliError> {
    let library = args.children.library()?;
    let mut report = Report { files: Vec::new(), errors: 0, warnings: 0, unreadable: 0 };
    for file in &args.files {
        match validate_one(file, &library) {
            Ok(validation) => {
                let (errors, warnings) = (validation.count(Severity::Error), validation.count(Severity::Warning));
                report.errors += errors;
                report.warnings += warnings;
                match args.format {
                    Format::Text => {
                        give(&render(
                            &validation.diagnostics,
                            &validation.source,
                            screen.results.colour,
                            Screen::width(),
                        ))?;
                    }
                    Format::Short => give(&lines(&validation, one_line))?,
                    Format::Github => {
                        let annotation = |diagnostic| annotation(diagnostic, &validation.source);
                        give_commands(&validation.diagnostics.iter().map(annotation).collect::<Vec<_>>())?;
                    }
                    Format::Json => {}
                }
                let denied = errors > 0 || validation.runbook.is_none() || (args.deny_warnings && warnings > 0);
                report.files.push(FileReport {
                    file: validation.source.name().to_owned(),
                    result: if denied { "invalid" } else { "valid" },
                    message: None,
                    diagnostics: to_json(&validation.diagnostics, &validation.source),
                });
            }
            Err(error) => {
                report.unreadable += 1;
                error.tell(screen);
                report.files.push(FileReport {
                    file: file.clone(),
                    result: "unreadable",
                    message: Some(error.message),
                    diagnostics: Vec::new(),
                });
            }
        }
    }
    let invalid = report.files.iter().filter(|file| file.result == "invalid").count();
    match args.format {
        Format::Json => give_json(&report)?,
        Format::Text => tell(&format!("{}\n", summary(&report, invalid))),
        Format::Short | Format::Github => {}
    }
    Ok(match (invalid, report.unreadable) {
        (0, 0) => Exit::Success,
        (0, _) => Exit::Usage,
        (_, _) => Exit::Invalid,
    })
}

fn validate_one(file: &str, library: &Library) -> Result<Validation, CliError> {
    Ok(validate_file(&documents::read_text(file)?, library)?)
}

fn summary(report: &Report, invalid: usize) -> String {
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let valid = report.files.len() - invalid - report.unreadable;
    let mut parts = Vec::new();
    if report.files.len() > 1 || valid == 0 {
        parts.push(format!("{} checked", counted(report.files.len(), "file")));
    }
    match report.files.as_slice() {
        [only] if only.result == "valid" => parts.push(format!("{} is valid", untrusted::one_line(&only.file))),
        _ if invalid == 0 && report.unreadable == 0 => parts.push("all valid".to_owned()),
        _ => parts.push(format!("{valid} valid, {invalid} invalid")),
    }
    if report.unreadable > 0 {
        parts.push(format!("{} could not be read", report.unreadable));
    }
    for (count, noun) in [(report.errors, "error"), (report.warnings, "warning")] {
        if count > 0 {
            parts.push(counted(count, noun));
        }
    }
    parts.join(", ")
}

fn lines(validation: &Validation, line: impl Fn(&Diagnostic, &Source) -> String) -> String {
    validation.diagnostics.iter().map(|diagnostic| line(diagnostic, &validation.source) + "\n").collect()
}

/// A problem as an annotation of a GitHub workflow.
fn annotation(diagnostic: &Diagnostic, source: &Source) -> LogCommand {
    let level = match diagnostic.severity() {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    let position = |at| {
        let position = source.position(at);
        (position.line, position.column)
    };
    let place =
        Place { file: source.name(), start: position(diagnostic.span.start), end: position(diagnostic.span.end) };
    let mut message = diagnostic.message.clone();
    for help in &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    LogCommand::annotation(level, place, diagnostic.code.as_str(), &message)
}
