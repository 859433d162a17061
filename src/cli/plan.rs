//! `runwright plan FILE`

use clap::Args;

use super::Exit;
use super::children::ChildArgs;
use super::error::CliError;
use super::planning::{PlanInputs, PlanOutput, show_plan};
use super::screen::Screen;
use super::secrets::SecretArgs;
use super::settings::SettingsArgs;
use super::shared_args::{AwsArgs, LocalArgs, ParameterArgs};

const AFTER_HELP: &str = "\
Examples:
  runwright plan restart.yaml -p Service=web
  runwright plan restart.yaml --functions template.yaml    also: does each function exist on this machine?
  runwright plan restart.yaml --check                      also: does each exist in AWS, and may it be invoked?
  runwright plan restart.yaml --output json | jq .steps

With --check Lambda is asked for each function's configuration, and for an invocation with DryRun, which runs nothing. \
The exit code is then 1 when a function does not exist, may not be invoked or could not be checked; warnings and \
functions that are not known yet leave it 0.

Nothing is invoked, and nobody is asked: required parameters may be left out. Worst-case times hold all attempts and \
the waits between them; waits after throttles come on top.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PlanArgs {
    /// The runbook; `-` is standard input
    file: String,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    local: LocalArgs,
    #[command(flatten)]
    aws: AwsArgs,
    /// Also ask Lambda whether each function is there and may be invoked; nothing is run
    #[arg(long)]
    check: bool,
    /// The form of the plan
    #[arg(long, value_name = "FORM", value_enum, default_value_t = PlanOutput::Text)]
    output: PlanOutput,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    children: ChildArgs,
}

/// Shows what a run would do.
pub(super) fn plan(args: &PlanArgs, screen: Screen) -> Result<Exit, CliError> {
    let inputs = PlanInputs {
        file: &args.file,
        parameters: &args.parameters,
        local: &args.local,
        aws: &args.aws,
        with_preflight: args.check,
        output: args.output,
        secrets: &args.secrets,
        settings: &args.settings,
        children: &args.children,
    };
    show_plan(inputs, screen)
}
