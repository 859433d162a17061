//! The whole command line: every command, what holds for all of them, and the words of lists as the AWS CLI writes them.

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
   5  Cancelled: by an interrupt, by `stop`, or terminated with clean-up; or left at once by a second interrupt
   6  not ended: it waits for somebody, goes on without this command, or was left to be resumed (SIGTERM)
   7  the invoked function failed (invoke, functions invoke)
   8  in the way: a lock is held, or another process carries the execution on
   9  the journal cannot be read or written: a full disk, no rights, a damaged file
  70  internal error: a fault of runwright itself";

const EXAMPLES: &str = "\
Examples:
  runwright run restart.yaml -p Service=web              functions in AWS
  runwright run restart.yaml --functions template.yaml   functions on this machine, no account
  runwright invoke my-function --payload file://e.json   one invocation
  runwright validate *.yaml                              all problems of all files
  runwright plan restart.yaml                            what would happen; nothing is invoked
  runwright test restart.yaml                            the cases beside it: scripted replies, no time

Environment:
  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …   as in the AWS CLI
  RUNWRIGHT_REGION, RUNWRIGHT_RETRY_DELAY, …     defaults of flags, as in runwright.toml (`runwright config`)
  RUNWRIGHT_CONFIG                               the default of --config
  RUNWRIGHT_LOG                                  a tracing filter, such as runwright=debug
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM       as usual";

/// Run AWS Systems Manager Automation runbooks anywhere.
#[derive(Debug, Parser)]
#[command(name = "runwright", version, arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(disable_help_subcommand = false, infer_long_args = false)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Colours: auto (where they can be seen), always, never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(super) color: Color,
    /// The file of settings, instead of the nearest runwright.toml upward from here [env: RUNWRIGHT_CONFIG]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<String>,
    /// Read no file of settings
    #[arg(long, global = true, conflicts_with = "config")]
    pub(super) no_config: bool,
    /// Tell what happens inside, on standard error (-vv, -vvv: more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a runbook and watch it
    Run(Box<RunArgs>),
    /// Invoke one function: a runbook of one step
    Invoke(Box<InvokeArgs>),
    /// Carry on what a dead process left
    Resume(Box<ResumeArgs>),
    /// Stop an execution
    Stop(Box<StopArgs>),
    /// Approve, reject or resume a step that waits for somebody
    Signal(SignalArgs),
    /// Start a new execution from the step where an old one failed
    Redrive(Box<RedriveArgs>),
    /// Start an execution afresh with the same parameters
    Rerun(Box<RerunArgs>),
    /// Watch an execution of any process
    Attach(AttachArgs),
    /// Check runbooks; every problem is shown with its place
    Validate(ValidateArgs),
    /// Show what a run would do, without doing anything
    Plan(Box<PlanArgs>),
    /// Try runbooks out: cases with scripted replies, in virtual time
    Test(Box<TestArgs>),
    /// Draw a runbook or an execution: Mermaid, DOT, SVG
    Graph(GraphArgs),
    /// Look back at executions: list, show, logs, events, export, import, diff, prune
    Executions(ExecutionsArgs),
    /// Print the JSON Schema of a runbook, or of case files
    Schema(SchemaArgs),
    /// Work with functions on this machine
    Functions(FunctionsArgs),
    /// Show the settings, and where each comes from
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
