//! The arguments of `run`, which `config` shows too.

use clap::{Args, ValueEnum};

use super::attachments::AttachmentArgs;
use super::children::ChildArgs;
use super::execute_args::ExecuteArgs;
use super::identity::IdentityArgs;
use super::interpreter_args::InterpreterArgs;
use super::journal_args::JournalArgs;
use super::locations::LocationArgs;
use super::models::ModelArgs;
use super::notify::{NotifyArgs, NotifyOnArgs};
use super::script_args::ScriptArgs;
use super::shared_args::ParameterArgs;
use super::stored_parameters::StoredArgs;
use super::targets::TargetArgs;
use crate::event::Mode;

const AFTER_HELP: &str = "\
Examples:
  runwright run restart.yaml -p Service=web -p Hosts=a,b
  runwright run restart.yaml --parameters file://parameters.json --region eu-central-1
  runwright run restart.yaml --functions template.yaml --show-logs
  runwright run restart.yaml --output json | jq .Outputs
  runwright run restart.yaml --output jsonl > history.jsonl

Output: progress and the result go to standard error. Standard output gets the document's outputs, one per line as \
`step.Output = value`; with --output json the execution as one document in the shape of GetAutomationExecution; with \
--output jsonl each event as a line of JSON while it runs; with --output terraform-external the outputs as a flat JSON \
map, and nothing if the execution failed. --export replaces the outputs.

Signals: Ctrl-C cancels the execution, and its onCancel path runs for at most two minutes. A second Ctrl-C aborts \
without clean-up. SIGTERM starts nothing new, waits at most 5 s for the call in flight, and leaves the execution to be \
resumed (exit code 6). If the terminal closes, the execution continues. With --on-terminate cancel, or without a \
journal, SIGTERM and a closed terminal cancel the execution. An invoked function may keep running in any case.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RunArgs {
    /// Runbook; `-` reads standard input
    pub(super) file: String,
    #[command(flatten)]
    pub(super) parameters: ParameterArgs,
    #[command(flatten)]
    pub(super) stored: StoredArgs,
    #[command(flatten)]
    pub(super) execute: ExecuteArgs,
    #[command(flatten)]
    pub(super) scripts: ScriptArgs,
    #[command(flatten)]
    pub(super) models: ModelArgs,
    #[command(flatten)]
    pub(super) journal: JournalArgs,
    /// Run all steps without asking, or ask before each
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
    pub(super) attachments: AttachmentArgs,
    #[command(flatten)]
    pub(super) targets: TargetArgs,
    #[command(flatten)]
    pub(super) locations: LocationArgs,
    #[command(flatten)]
    pub(super) interpreters: InterpreterArgs,
    /// Start the execution in the background and print its ID; follow it with `runwright attach`
    #[arg(long, conflicts_with_all = ["ephemeral", "check", "export", "report"])]
    pub(super) detach: bool,
    /// Run nothing: list permissions and ask Lambda about the functions, as plan --check does
    #[arg(long)]
    pub(super) check: bool,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = RunOutput::Text, help_heading = "Output")]
    pub(super) output: RunOutput,
}

/// `--mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunMode {
    /// Run all steps
    Auto,
    /// Ask before each step: on this terminal, or through `runwright signal ID start-step`
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
    /// The outputs of the document
    Text,
    /// The execution as one JSON document, at the end
    Json,
    /// Every event as a line of JSON, during the run
    Jsonl,
    /// The protocol of Terraform's `external` data source: parameters as a JSON map on standard input
    TerraformExternal,
}
