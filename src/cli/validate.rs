//! `runwright validate FILE…`

use clap::{Args, ValueEnum};

use super::children::ChildArgs;
use super::error::CliError;
use super::interpreter_args::PowerShellArgs;
use super::models::ModelArgs;
use super::output::{give, give_commands, give_json, tell};
use super::runtime::runtime;
use super::screen::Screen;
use super::{Exit, documents};
use crate::automation::children::Library;
use crate::automation::{
    InterpreterOptions, Validation, check_powershell, check_python_scripts, has_powershell, validate_file,
};
use crate::aws::Models;
use crate::diagnostic::{Diagnostic, Severity, Source, one_line, render, to_json};
use crate::presentation::{FileReport, ValidationReport, annotate_problem};

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
    /// Runbooks to check, and their case files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    children: ChildArgs,
    #[command(flatten)]
    powershell: PowerShellArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With source lines and carets
    Text,
    /// One line per problem
    Short,
    /// JSON document
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

/// Validates every file, and reports all problems of all of them.
pub(super) fn validate(args: &ValidateArgs, screen: Screen) -> Result<Exit, CliError> {
    let (library, models) = (args.children.library()?, args.models.models()?);
    let interpreters = args.powershell.options();
    let mut report = ValidationReport { files: Vec::new(), errors: 0, warnings: 0, unreadable: 0 };
    for (file, result) in args.files.iter().zip(validate_all(&args.files, &library, &models, &interpreters)) {
        match result {
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
                        let annotation = |diagnostic| annotate_problem(diagnostic, &validation.source);
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
        Format::Text => tell(&format!("{}\n", report.summary(invalid))),
        Format::Short | Format::Github => {}
    }
    Ok(match (invalid, report.unreadable) {
        (0, 0) => Exit::Success,
        (0, _) => Exit::Usage,
        (_, _) => Exit::Invalid,
    })
}

/// Validates all files, and the scripts of all of them at once.
fn validate_all(
    files: &[String],
    library: &Library,
    models: &Models,
    interpreters: &InterpreterOptions,
) -> Vec<Result<Validation, CliError>> {
    let results = files.iter().map(|file| validate_one(file, library, models));
    let (mut validations, mut errors) = (Vec::new(), Vec::new());
    for (at, result) in results.enumerate() {
        match result {
            Ok(validation) => validations.push(validation),
            Err(error) => errors.push((at, error)),
        }
    }
    check_python_scripts(&mut validations);
    if has_powershell(&validations)
        && let Ok(runtime) = runtime()
    {
        runtime.block_on(check_powershell(&mut validations, interpreters));
    }
    let mut results: Vec<_> = validations.into_iter().map(Ok).collect();
    for (at, error) in errors {
        results.insert(at, Err(error));
    }
    results
}

fn validate_one(file: &str, library: &Library, models: &Models) -> Result<Validation, CliError> {
    Ok(validate_file(&documents::read_text(file)?, library, models)?)
}

fn lines(validation: &Validation, line: impl Fn(&Diagnostic, &Source) -> String) -> String {
    validation.diagnostics.iter().map(|diagnostic| line(diagnostic, &validation.source) + "\n").collect()
}
