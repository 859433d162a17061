//! The whole command line: every command, the global flags, and lists as the AWS CLI writes them.

use std::ffi::OsString;

use clap::{Parser, Subcommand, ValueHint};

use super::attach::AttachArgs;
use super::completions::CompletionsArgs;
use super::config::ConfigArgs;
use super::executions::ExecutionsArgs;
use super::functions::FunctionsArgs;
use super::graph::GraphArgs;
use super::invoke::InvokeArgs;
use super::plan::PlanArgs;
use super::python::PythonArgs;
use super::redrive::RedriveArgs;
use super::rerun::RerunArgs;
use super::resume::ResumeArgs;
use super::run_args::RunArgs;
use super::schema::SchemaArgs;
use super::screen::Color;
use super::signal::SignalArgs;
use super::stop::StopArgs;
use super::test::TestArgs;
use super::validate::ValidateArgs;
use crate::shorthand;

const EXIT_CODES: &str = "\
Exit codes:
   0  Success: the execution, the check or the command succeeded
   1  Failed: the execution ended Failed, the function could not be invoked, or a case of `test` failed
   2  usage: a wrong argument, a file that cannot be read, no region or credentials
   3  invalid: the runbook, its parameters or cases, the functions template or an exported execution
   4  TimedOut: the execution ended TimedOut
   5  Cancelled: by Ctrl-C, by `stop`, or by a termination with clean-up; or aborted by a second Ctrl-C
   6  not ended: waiting for approval, detached, or left to be resumed (SIGTERM)
   7  the invoked function failed (invoke, functions invoke)
   8  conflict: the lock is held, or the execution belongs to another process
   9  the journal cannot be read or written: disk full, no permission, a damaged file
  70  internal error in Runwright";

const EXAMPLES: &str = "\
Examples:
  runwright run restart.yaml -p Service=web              functions in AWS
  runwright run restart.yaml --functions template.yaml   functions on this machine, no account
  runwright invoke my-function --payload file://e.json   one invocation
  runwright validate *.yaml                              all problems of all files
  runwright plan restart.yaml                            a preview; invokes nothing
  runwright test restart.yaml                            its test cases: mocked replies, virtual clock

Environment:
  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …   as in the AWS CLI
  RUNWRIGHT_REGION, RUNWRIGHT_RETRY_DELAY, …     defaults of flags, as in runwright.toml (`runwright config`)
  RUNWRIGHT_CONFIG                               the default of --config
  RUNWRIGHT_LOG                                  a tracing filter, such as runwright=debug
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM       when to use colours";

/// Run AWS Systems Manager Automation runbooks anywhere.
#[derive(Debug, Parser)]
#[command(name = "runwright", version, arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(disable_help_subcommand = false, infer_long_args = false)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Colours: auto (when writing to a terminal), always, never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(super) color: Color,
    /// Settings file, instead of the nearest runwright.toml in this folder or above [env: RUNWRIGHT_CONFIG]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<String>,
    /// Read no settings file
    #[arg(long, global = true, conflicts_with = "config")]
    pub(super) no_config: bool,
    /// Write a debug log to standard error (-vv, -vvv: more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a runbook and show its progress
    Run(Box<RunArgs>),
    /// Invoke one function, as a runbook of one step
    Invoke(Box<InvokeArgs>),
    /// Resume interrupted executions
    Resume(Box<ResumeArgs>),
    /// Stop an execution
    Stop(Box<StopArgs>),
    /// Approve, reject or resume a waiting step
    Signal(SignalArgs),
    /// Start a new execution from the step that failed
    Redrive(Box<RedriveArgs>),
    /// Start a new execution from the beginning with the same parameters
    Rerun(Box<RerunArgs>),
    /// Follow a running execution
    Attach(AttachArgs),
    /// Check runbooks and report every problem with its position
    Validate(ValidateArgs),
    /// Show what a run would do, without doing it
    Plan(Box<PlanArgs>),
    /// Test runbooks: mocked replies, virtual clock
    Test(Box<TestArgs>),
    /// Draw a runbook or an execution: Mermaid, DOT, SVG
    Graph(GraphArgs),
    /// Inspect stored executions: list, show, logs, events, export, import, diff, prune
    Executions(ExecutionsArgs),
    /// Print the JSON Schema of a runbook, or of case files
    Schema(SchemaArgs),
    /// List, serve and invoke local functions
    Functions(FunctionsArgs),
    /// Install and show the interpreters of scripts
    Python(PythonArgs),
    /// Show the settings and the source of each
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Options that the AWS CLI gives all words behind it, up to the next option.
const LISTS: [&str; 3] = ["--targets", "--target-maps", "--parameters"];

/// The arguments with the option before each word of a list: `--targets Key=a,Values=1 Key=b,Values=2` gives `--targets`
/// two. A word belongs to the list when it and the one before it are forms of the AWS CLI (`NAME=…`, `{…}`), so the name of
/// a runbook does not.
pub(super) fn with_lists(arguments: &[OsString]) -> Vec<OsString> {
    let is_form = |word: &OsString| {
        word.to_str().is_some_and(|word| word.trim_start().starts_with('{') || shorthand::begins_pair(word))
    };
    let mut all: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut list = None;
    let mut words = arguments.iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            all.push(word.clone());
            all.extend(words.cloned());
            break;
        }
        match list {
            Some(option) if is_form(word) => all.extend([OsString::from(option), word.clone()]),
            Some(_) | None => {
                list = None;
                all.push(word.clone());
                if let Some(option) = LISTS.into_iter().find(|option| word == *option)
                    && let Some(first) = words.next()
                {
                    list = is_form(first).then_some(option);
                    all.push(first.clone());
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
