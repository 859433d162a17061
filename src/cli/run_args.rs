//! The arguments of `run`, which `config` shows too.

use clap::{Args, ValueEnum};

use super::children::ChildArgs;
use super::execute_args::ExecuteArgs;
use super::identity::IdentityArgs;
use super::journal_args::JournalArgs;
use super::notify::{NotifyArgs, NotifyOnArgs};
use super::shared_args::ParameterArgs;
use super::targets::TargetArgs;
use crate::event::Mode;

const AFTER_HELP: &str = "\
Examples:
  runwright run restart.yaml -p Service=web -p Hosts=a,b
  runwright run restart.yaml --parameters file://parameters.json --region eu-central-1
  runwright run restart.yaml --functions template.yaml --show-logs
  runwright run restart.yaml --output json | jq .Outputs
  runwright run restart.yaml --output jsonl > history.jsonl

Output: progress and result go to standard error. Standard output has the document's outputs, one a line as \
`step.Output = value`; with --output json the whole execution as one document in the shape of \
GetAutomationExecution; with --output jsonl each event as a line of JSON while it runs; with --output \
terraform-external the outputs as a flat JSON map, and nothing when the execution failed. --export replaces the outputs.

An interrupt (Ctrl-C) cancels the execution, and its onCancel path runs for at most two minutes. A second one leaves \
at once. A termination (SIGTERM) starts nothing new, waits at most 5 s for the call in flight, and leaves the execution to \
be resumed (exit code 6). Without its terminal the execution goes on. With --on-terminate cancel, or without a journal, \
both cancel. A function that was invoked may go on in any case.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RunArgs {
    /// The runbook; `-` is standard input
    pub(super) file: String,
    #[command(flatten)]
    pub(super) parameters: ParameterArgs,
    #[command(flatten)]
    pub(super) execute: ExecuteArgs,
    #[command(flatten)]
    pub(super) journal: JournalArgs,
    /// Run every step after the one before it, or ask before each
    #[arg(long, value_name = "MODE", value_enum, default_value_t = RunMode::Auto)]
    pub(super) mode: RunMode,
    #[command(flatten)]
    pub(super) identity: IdentityArgs,
    #[command(flatten)]
    pub(super) notify: NotifyArgs,
    #[command(flatten)]
    pub(super) notify_on: NotifyOnArgs,
    #[command(flatten)]
    pub(super) children: ChildArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    /// Start it, print its id, and leave it to a background process; `runwright attach` shows it
    #[arg(long, conflicts_with_all = ["ephemeral", "check", "export", "report"])]
    pub(super) detach: bool,
    /// Run nothing: ask Lambda whether each function is there and may be invoked, as plan --check does
    #[arg(long)]
    pub(super) check: bool,
    /// What standard output has
    #[arg(long, value_name = "FORM", value_enum, default_value_t = RunOutput::Text, help_heading = "Output")]
    pub(super) output: RunOutput,
}

/// `--mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunMode {
    /// Run them all
    Auto,
    /// Ask before each step: on this terminal, or `runwright signal ID start-step` from another
    Interactive,
}

impl From<RunMode> for Mode {
    fn from(mode: RunMode) -> Self {
        match mode {
            RunMode::Auto => Self::Auto,
            RunMode::Interactive => Self::Interactive,
        }
    }
}

/// `--output`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunOutput {
    /// The document's outputs
    Text,
    /// The execution as one JSON document, at the end
    Json,
    /// Every event as a line of JSON, while it runs
    Jsonl,
    /// For Terraform's `external` data source: parameters come as a JSON map on standard input
    TerraformExternal,
}
