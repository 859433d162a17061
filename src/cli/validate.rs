//! `runwright validate FILE…`

use std::path::Path;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Exit;
use super::children::ChildArgs;
use super::error::{CliError, give, give_json, tell};
use super::output::give_commands;
use super::pipeline::{Level, LogCommand, Place};
use super::read;
use super::screen::Screen;
use super::test::runbook_of;
use crate::children::{self, Library};
use crate::diagnostic::{Code, Diagnostic, JsonDiagnostic, Severity, Source, one_line, render, to_json};
use crate::document::{Document, Unreadable};
use crate::limits::DOCUMENT_BYTES;
use crate::runbook::{self, Runbook};
use crate::testing;
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

/// A runbook that was read, or cases of one, with everything that was found in it.
pub(super) struct Checked {
    pub(super) source: Source,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// There is one exactly when nothing found is an error; of cases it is the one that they try.
    pub(super) runbook: Option<Runbook>,
}

/// Reads and checks one runbook.
pub(super) fn check(file: &str) -> Result<Checked, CliError> {
    check_with(file, None)
}

/// The same with the runbooks that its steps run.
pub(super) fn check_with(file: &str, library: Option<&Library>) -> Result<Checked, CliError> {
    let (name, bytes) = read::bytes(file, DOCUMENT_BYTES)?;
    Ok(match crate::document::read(&name, &bytes) {
        Ok(document) => of_runbook(file, document, library),
        Err(unreadable) => of_unreadable(unreadable),
    })
}

/// The same of a file that may be a case file: `*.yaml` means those beside the runbooks too.
fn check_either(file: &str, library: &Library) -> Result<Checked, CliError> {
    let (name, bytes) = read::bytes(file, DOCUMENT_BYTES)?;
    match crate::document::read(&name, &bytes) {
        Ok(document) if document.root.get("cases").is_some() && document.root.get("mainSteps").is_none() => {
            of_cases(file, document)
        }
        Ok(document) => Ok(of_runbook(file, document, Some(library))),
        Err(unreadable) => Ok(of_unreadable(unreadable)),
    }
}

fn of_runbook(file: &str, document: Document, library: Option<&Library>) -> Checked {
    let mut loaded = runbook::load(&document);
    if let Some(library) = library {
        let own = Some(Path::new(file)).filter(|_| file != read::STDIN);
        let problems = children::check::check(&document, own, library);
        if problems.iter().any(|problem| problem.severity() == Severity::Error) {
            loaded.runbook = None;
        }
        loaded.diagnostics.extend(problems);
    }
    Checked { source: document.source, diagnostics: loaded.diagnostics, runbook: loaded.runbook }
}

fn of_cases(file: &str, document: Document) -> Result<Checked, CliError> {
    let tried = runbook_of(Path::new(file), testing::named_runbook(&document))?;
    let Some(runbook) = check(&tried)?.runbook else {
        return Err(CliError::usage(format!("{file} cannot be checked: {tried}, its runbook, has errors"))
            .help(format!("`runwright validate {tried}` shows them")));
    };
    Ok(match testing::read(document, &runbook) {
        Ok(cases) => Checked { source: cases.source, diagnostics: Vec::new(), runbook: Some(runbook) },
        Err((document, diagnostics)) => Checked { source: document.source, diagnostics, runbook: None },
    })
}

fn of_unreadable(unreadable: Unreadable) -> Checked {
    Checked { source: unreadable.source, diagnostics: unreadable.problems, runbook: None }
}

impl Checked {
    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count()
    }

    /// Warnings of a runbook that is about to run, in one line.
    pub(super) fn hint_at_warnings(&self, screen: Screen) {
        if self.runbook.is_some() && !self.diagnostics.is_empty() {
            let word = screen.errors.strong(&screen.errors.warn("warning:"));
            let (file, problems) =
                (untrusted::one_line(self.source.name()), crate::diagnostic::summary(&self.diagnostics));
            tell(&format!("{word} {file} has {problems}; `runwright validate` shows them\n"));
        }
    }

    /// Runbooks that its steps run and that cannot be found or run here, whole.
    pub(super) fn tell_of_children(&self, screen: Screen) {
        let is_of_child = |problem: &&Diagnostic| matches!(problem.code, Code::ChildNotFound | Code::ChildInvalid);
        let problems: Vec<Diagnostic> = self.diagnostics.iter().filter(is_of_child).cloned().collect();
        if self.runbook.is_some() && !problems.is_empty() {
            tell(&render(&problems, &self.source, screen.errors.colour, Screen::width()));
        }
    }

    /// The runbook, when it can be used; otherwise its problems are told on standard error.
    pub(super) fn usable(self, screen: Screen) -> Result<(Source, Runbook), CliError> {
        if let Some(runbook) = self.runbook {
            return Ok((self.source, runbook));
        }
        tell(&render(&self.diagnostics, &self.source, screen.errors.colour, Screen::width()));
        let problems = crate::diagnostic::summary(&self.diagnostics);
        Err(CliError::new(Exit::Invalid, format!("{} has {problems}", self.source.name())))
    }
}

/// Checks every file, and tells all problems of all of them.
pub(super) fn validate(args: &ValidateArgs, screen: Screen) -> Result<Exit, CliError> {
    let library = args.children.library()?;
    let mut report = Report { files: Vec::new(), errors: 0, warnings: 0, unreadable: 0 };
    for file in &args.files {
        match check_either(file, &library) {
            Ok(checked) => {
                let (errors, warnings) = (checked.count(Severity::Error), checked.count(Severity::Warning));
                report.errors += errors;
                report.warnings += warnings;
                match args.format {
                    Format::Text => {
                        give(&render(&checked.diagnostics, &checked.source, screen.results.colour, Screen::width()))?;
                    }
                    Format::Short => give(&lines(&checked, one_line))?,
                    Format::Github => {
                        let annotation = |diagnostic| annotation(diagnostic, &checked.source);
                        give_commands(&checked.diagnostics.iter().map(annotation).collect::<Vec<_>>())?;
                    }
                    Format::Json => {}
                }
                let denied = errors > 0 || checked.runbook.is_none() || (args.deny_warnings && warnings > 0);
                report.files.push(FileReport {
                    file: checked.source.name().to_owned(),
                    result: if denied { "invalid" } else { "valid" },
                    message: None,
                    diagnostics: to_json(&checked.diagnostics, &checked.source),
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

fn lines(checked: &Checked, line: impl Fn(&Diagnostic, &Source) -> String) -> String {
    checked.diagnostics.iter().map(|diagnostic| line(diagnostic, &checked.source) + "\n").collect()
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
