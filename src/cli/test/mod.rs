//! `runwright test`: the cases of runbooks, with scripted replies and virtual time.

mod recorded;

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum, ValueHint};

use super::Exit;
use super::attachments::AttachmentArgs;
use super::error::CliError;
use super::interpreter_args::InterpreterArgs;
use super::models::ModelArgs;
use super::notices::NoticeObserver;
use super::outfile::OutFile;
use super::output::{Format, give, give_as, give_json, tell};
use super::screen::Screen;
use super::script_args::ScriptArgs;
use super::secrets::SecretArgs;
use super::state::StateArgs;
use crate::automation::{
    AutomationError, CaseChoice, CaseScriptOptions, CasesRun, find_case_files, read_cases, run_cases,
};
use crate::cli::runtime::runtime;
use crate::diagnostic::Code;
use crate::event::Launch;
use crate::report::{Palette, escape_json};
use crate::testing::Results;

const AFTER_HELP: &str = "\
Examples:
  runwright test                                    all *.test.yaml in this folder and below
  runwright test restart.yaml                       the cases of one runbook: restart.test.yaml
  runwright test runbooks --coverage --min-coverage 80
  runwright test --format junit --out report.xml
  runwright test --record last --out restart.test.yaml

A case sets the mocked reply of each step and the expected result. Tests invoke nothing, store nothing and use a \
virtual clock: a sleep of seven days takes no time. Only with `run_scripts: true` in a case, the scripts without a mocked \
reply run, without credentials and network. docs/testing.md describes case files; `runwright schema --cases` \
prints their JSON Schema for editors.

Exit codes: 0 all passed, 1 a case failed or the coverage is too low, 2 a file cannot be read, 3 a runbook or a case file \
is invalid";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct TestArgs {
    /// Case files, runbooks with a case file beside them, or folders
    #[arg(value_name = "FILE|FOLDER", value_hint = ValueHint::AnyPath, default_value = ".", hide_default_value = true)]
    paths: Vec<String>,
    /// Run only cases whose name contains this text (case-insensitive)
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Report which steps, choices and failure paths the cases cover
    #[arg(long, help_heading = "Coverage")]
    coverage: bool,
    /// Fail if the coverage is below this percentage
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100), help_heading = "Coverage")]
    min_coverage: Option<u8>,
    /// Record a case from an execution that has ended: its ID, a unique prefix of it, or `last`
    #[arg(long, value_name = "ID", help_heading = "Recording", conflicts_with_all = ["filter", "coverage", "min_coverage", "format", "paths"])]
    record: Option<String>,
    /// Name of the recorded case
    #[arg(long, value_name = "NAME", help_heading = "Recording", requires = "record")]
    case: Option<String>,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = TestFormat::Human, help_heading = "Output")]
    format: TestFormat,
    /// Write the results to this file, and a summary to standard error; with --record, add the case to this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<String>,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    scripts: ScriptArgs,
    #[command(flatten)]
    interpreters: InterpreterArgs,
    #[command(flatten)]
    attachments: AttachmentArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

impl TestArgs {
    fn scripts(&self, screen: Screen) -> Result<CaseScriptOptions, CliError> {
        let mut launch = Launch::default();
        self.attachments.note(&mut launch)?;
        Ok(CaseScriptOptions {
            settings: self.scripts.settings(),
            interpreters: self.interpreters.options(&self.state, screen),
            attachments: launch.attachments,
            sensitive: self.secrets.names(),
            observer: Arc::new(NoticeObserver { screen }),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    /// A line for each case, with the differences
    Human,
    /// JSON document
    Json,
    /// JUnit XML: a suite for each case file
    Junit,
}

/// Plays cases, or records one.
pub(super) fn test(args: &TestArgs, screen: Screen) -> Result<Exit, CliError> {
    if let Some(id) = &args.record {
        return recorded::record(id, args.case.as_deref(), args.out.as_deref(), &args.state, screen);
    }
    let out = args.out.as_deref().map(OutFile::prepare).transpose()?;
    let (paths, models) = (find_case_files(&args.paths)?, args.models.models()?);
    let choice = CaseChoice {
        name_part: args.filter.as_deref().map(str::to_lowercase),
        with_coverage: args.coverage || args.min_coverage.is_some(),
    };
    let scripts = args.scripts(screen)?;
    let mut results = Results::default();
    let mut worst = Exit::Success;
    for path in &paths {
        let played = match read_cases(path, &models) {
            Ok(tested) => runtime()?.block_on(run_cases(path, &tested, &choice, &scripts, &mut results)),
            Err(error) => Err(error),
        };
        worst = match played {
            Ok(CasesRun::Whole) => worst,
            Ok(CasesRun::Faulty) => worst_exit(worst, Exit::Internal),
            Err(error) => worst_exit(worst, CliError::from(name_schema(error, path)).tell(screen)),
        };
    }
    let (passed, failed) = results.counts();
    if passed + failed == 0 && worst == Exit::Success {
        let filter = args.filter.as_deref().unwrap_or_default();
        return Err(CliError::usage(format!("no case name contains `{}`", crate::report::one_line(filter))));
    }
    // If no case could be played, the problems have been reported.
    if passed + failed > 0 || args.format != TestFormat::Human {
        give_results(args.format, out, &results, screen)?;
    }
    if failed > 0 {
        worst = worst_exit(worst, Exit::Failed);
    }
    if let (Some(least), Some((reached, all))) = (args.min_coverage, results.covered())
        && reached * 100 < usize::from(least) * all
    {
        let share = reached * 100 / all.max(1);
        tell(&format!("{} coverage is {share} %, but --min-coverage requires {least} %\n", error_word(screen.errors)));
        worst = worst_exit(worst, Exit::Failed);
    }
    Ok(worst)
}

/// The error, with the command that describes case files where the file at `path` holds no map.
fn name_schema(mut error: AutomationError, path: &Path) -> AutomationError {
    if let AutomationError::InvalidFile { source_text, problems } = &mut error
        && source_text.name() == path.display().to_string()
    {
        let is_no_map = |code| matches!(code, Code::EmptyDocument | Code::RootNotMap);
        for help in problems.iter_mut().filter(|problem| is_no_map(problem.code)).flat_map(|problem| &mut problem.help)
        {
            help.push_str("; `runwright schema --cases` describes it");
        }
    }
    error
}

fn error_word(palette: Palette) -> String {
    palette.strong(&palette.error("error:"))
}

fn give_results(format: TestFormat, out: Option<OutFile>, results: &Results, screen: Screen) -> Result<(), CliError> {
    let Some(out) = out else {
        return match format {
            TestFormat::Human => give(&results.human(screen.results)),
            TestFormat::Json => give_json(&results.json()),
            TestFormat::Junit => give_as(Format::Xml, &String::from_utf8_lossy(&results.junit())),
        };
    };
    let (written_as, bytes) = match format {
        TestFormat::Human => (Format::Text, results.human(Palette { colour: false, ..screen.results }).into_bytes()),
        TestFormat::Json => (Format::Json, format!("{}\n", escape_json(&format!("{:#}", results.json()))).into_bytes()),
        TestFormat::Junit => (Format::Xml, results.junit()),
    };
    give(&results.human(screen.results))?;
    out.write(written_as, &bytes)
}

/// The more severe exit code: an internal error, then a case that could not be played, then a failed one.
fn worst_exit(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Success => 0,
        Exit::Failed => 1,
        Exit::Usage => 2,
        Exit::Invalid => 3,
        Exit::Internal => 5,
        Exit::TimedOut | Exit::Cancelled | Exit::Unfinished | Exit::FunctionError | Exit::Conflict | Exit::Journal => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}
