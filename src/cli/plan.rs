//! `runwright plan FILE`

use clap::Args;

use super::Exit;
use super::attachments::AttachmentArgs;
use super::children::ChildArgs;
use super::error::CliError;
use super::interpreter_args::InterpreterArgs;
use super::models::ModelArgs;
use super::planning::{PlanInputs, PlanOutput, show_plan};
use super::screen::Screen;
use super::secrets::SecretArgs;
use super::settings::SettingsArgs;
use super::shared_args::{AwsArgs, LocalArgs, ParameterArgs};
use super::state::StateArgs;
use super::stored_parameters::StoredArgs;
use super::targets::TargetArgs;

const AFTER_HELP: &str = "\
Examples:
  runwright plan restart.yaml -p Service=web
  runwright plan restart.yaml --functions template.yaml    also checks that the template has each function
  runwright plan restart.yaml --check                      also checks that each exists in AWS and may be invoked,
                                                           and lists the IAM permissions that the runbook needs
  runwright plan restart.yaml --output json | jq .steps

--check requests each function's configuration from Lambda, and a DryRun invocation, which runs nothing. The exit code \
is then 1 if a function does not exist, may not be invoked or could not be checked. Warnings and functions that are \
not known yet do not change the exit code. The list of permissions is made without a call, and shown also where AWS is \
not reached.

--targets lists the targets of the run; those that are not listed are looked up in AWS, also without --check.

`plan` invokes nothing and never prompts: required parameters may be left out. Worst-case times include all attempts \
and the delays between them, but not delays after throttles.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PlanArgs {
    /// Runbook; `-` reads standard input
    file: String,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    stored: StoredArgs,
    #[command(flatten)]
    local: LocalArgs,
    #[command(flatten)]
    aws: AwsArgs,
    #[command(flatten)]
    models: ModelArgs,
    /// Also list the IAM permissions that are needed, and ask Lambda whether each function exists and may be invoked
    #[arg(long)]
    check: bool,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = PlanOutput::Text)]
    output: PlanOutput,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    children: ChildArgs,
    #[command(flatten)]
    attachments: AttachmentArgs,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    interpreters: InterpreterArgs,
    #[command(flatten)]
    state: StateArgs,
}

/// Shows what a run would do.
pub(super) fn plan(args: &PlanArgs, screen: Screen) -> Result<Exit, CliError> {
    let inputs = PlanInputs {
        file: &args.file,
        parameters: &args.parameters,
        stored: &args.stored,
        local: &args.local,
        aws: &args.aws,
        models: &args.models,
        with_preflight: args.check,
        output: args.output,
        secrets: &args.secrets,
        settings: &args.settings,
        children: &args.children,
        attachments: &args.attachments,
        targets: &args.targets,
        interpreters: args.interpreters.options(&args.state, screen),
    };
    show_plan(&inputs, screen)
}
