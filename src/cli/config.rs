//! `runwright config`

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use indexmap::IndexMap;
use serde::Serialize;

use super::Exit;
use super::effective_settings::Configuration;
use super::error::CliError;
use super::output::{give, give_json};
use super::run_args::RunArgs;
use super::screen::Screen;
use crate::report::one_line;
use crate::settings::{Effective, Kind, Origin, Setting};

const AFTER_HELP: &str = "\
Examples:
  runwright config                                   the settings of `run`, and where each comes from
  runwright config --retry-delay 5s                  the same, with this flag
  runwright config --format json | jq '.settings.region'

A flag is stronger than a variable (--retry-delay: RUNWRIGHT_RETRY_DELAY), a variable is stronger than the nearest \
runwright.toml in this folder or above. Lists are put together.";

/// The form that is asked for. The flags of `run` are taken too, to see what they would change.
#[derive(Debug)]
pub(super) struct ConfigArgs {
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table
    Text,
    /// One JSON document
    Json,
}

/// The argument of its own; the others are those of `run`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
struct OwnArgs {
    /// How the settings are shown
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Args for ConfigArgs {
    fn augment_args(command: Command) -> Command {
        // The flags are the very same, with their parsers and with what they exclude.
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

/// The settings as data: stable, fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionState<'a> {
    /// The file that was read, if there is one.
    file: Option<&'a str>,
    settings: IndexMap<&'static str, ShownSetting<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownSetting<'a> {
    /// A list for what is one; `null` where nothing is set.
    value: serde_json::Value,
    /// Where the value comes from; of a list each value.
    from: Vec<ShownOrigin<'a>>,
    /// The setting that excludes this one and was set in a stronger place.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum ShownOrigin<'a> {
    Default,
    File { file: &'a str, line: usize },
    Variable { name: &'a str },
    Flag { name: &'a str },
}

impl<'a> From<&'a Origin> for ShownOrigin<'a> {
    fn from(origin: &'a Origin) -> Self {
        match origin {
            Origin::Default => Self::Default,
            Origin::File { file, line, .. } => Self::File { file, line: *line },
            Origin::Variable(name) => Self::Variable { name },
            Origin::Flag(name) => Self::Flag { name },
        }
    }
}

/// Shows what is set, and where.
pub(super) fn config(args: &ConfigArgs, configuration: &Configuration, screen: Screen) -> Result<Exit, CliError> {
    match args.format {
        Format::Text => give(&table(configuration, screen))?,
        Format::Json => {
            let settings = configuration.settings.iter().map(|effective| (effective.setting.name, shown(effective)));
            give_json(&ExecutionState { file: configuration.file.as_deref(), settings: settings.collect() })?;
        }
    }
    Ok(Exit::Success)
}

fn shown(effective: &Effective) -> ShownSetting<'_> {
    let texts = || effective.values.iter().map(|value| value.text.as_str());
    let number = |text: &str| text.parse::<serde_json::Number>().ok().map(serde_json::Value::Number);
    let value = match effective.setting.kind {
        Kind::List | Kind::Paths => texts().collect(),
        Kind::Switch => texts().next().map(|text| text == "true").into(),
        Kind::Number => texts().next().and_then(number).into(),
        Kind::Text | Kind::Path | Kind::Amount => texts().next().into(),
    };
    ShownSetting {
        value,
        from: effective.values.iter().map(|value| ShownOrigin::from(&value.origin)).collect(),
        set_aside_by: effective.set_aside_by.map(|setting| setting.name),
    }
}

fn table(configuration: &Configuration, screen: Screen) -> String {
    let palette = screen.results;
    let rows: Vec<(&str, String, String)> = configuration.settings.iter().map(row).collect();
    let width = |of: &dyn Fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or_default().max(5);
    let names = width(&|row| row.0.chars().count());
    let values = width(&|row| row.1.chars().count());
    let head = format!("{:<names$}  {:<values$}  {}", "SETTING", "VALUE", "FROM");
    let mut text = format!("{}\n", palette.faint(&head));
    for ((name, value, origin), effective) in rows.iter().zip(&configuration.settings) {
        let is_default = effective.values.iter().all(|value| value.origin == Origin::Default);
        let line = format!("{name:<names$}  {value:<values$}  {origin}");
        text.push_str(&if is_default { palette.faint(&line) } else { line });
        text.push('\n');
    }
    text
}

fn row(effective: &Effective) -> (&'static str, String, String) {
    let values: Vec<_> = effective.values.iter().map(|value| one_line(&value.text)).collect();
    let mut origins: Vec<String> = Vec::new();
    for value in &effective.values {
        let origin = match &value.origin {
            Origin::Default => "default".to_owned(),
            Origin::File { file, line, .. } => format!("{}:{line}", one_line(file)),
            Origin::Variable(name) | Origin::Flag(name) => name.clone(),
        };
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    let value = if values.is_empty() { "-".to_owned() } else { values.join(", ") };
    let origin = match effective.set_aside_by {
        Some(by) => format!("set aside by {}", by.name),
        None if origins.is_empty() => "default".to_owned(),
        None => origins.join(", "),
    };
    (effective.setting.name, value, origin)
}
