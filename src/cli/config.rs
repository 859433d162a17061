//! `runwright config`

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use super::Exit;
use super::effective_settings::Configuration;
use super::error::CliError;
use super::output::{give, give_json};
use super::run_args::RunArgs;
use super::screen::Screen;
use crate::presentation::{SettingsSummary, render_settings};
use crate::settings::Setting;

const AFTER_HELP: &str = "\
Examples:
  runwright config                                   the settings of `run` and the source of each
  runwright config --retry-delay 5s                  the same with this flag
  runwright config --format json | jq '.settings.region'

A flag overrides an environment variable (--retry-delay: RUNWRIGHT_RETRY_DELAY), a variable overrides the nearest \
runwright.toml in this folder or above. Lists are merged.";

/// The output format. The flags of `run` are accepted too, to show what they would change.
#[derive(Debug)]
pub(super) struct ConfigArgs {
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Table
    Text,
    /// JSON document
    Json,
}

/// The argument that `run` does not have.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
struct OwnArgs {
    /// How the settings are shown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Args for ConfigArgs {
    fn augment_args(command: Command) -> Command {
        // The same flags as in `run`, with their parsers and conflicts.
        let run = RunArgs::augment_args(Command::new("run"));
        let flags = run.get_arguments().filter(|argument| !argument.is_positional());
        let flags = flags.map(|flag| flag.clone().hide(Setting::with_id(flag.get_id().as_str()).is_none()));
        OwnArgs::augment_args(command.args(flags))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ConfigArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        OwnArgs::from_arg_matches(matches).map(|own| Self { format: own.format })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Shows the settings and their sources.
pub(super) fn config(args: &ConfigArgs, configuration: &Configuration, screen: Screen) -> Result<Exit, CliError> {
    match args.format {
        Format::Text => give(&render_settings(&configuration.settings, screen.results))?,
        Format::Json => give_json(&SettingsSummary::of(configuration.file.as_deref(), &configuration.settings))?,
    }
    Ok(Exit::Success)
}
