//! Puts settings below the flags of a command.
//!
//! Owns: the flags of a command as the settings take them ([`flags`]), and the errors of wrong settings. Does not own:
//! which settings there are, where they are found and which wins (`settings`). The values of the weaker layers
//! become defaults of the flags, so the commands read nothing but their arguments.

mod flags;

use std::ffi::OsString;

use clap::{ArgMatches, FromArgMatches};

use super::command_line::Cli;
use super::effective_settings::Configuration;
use super::error::CliError;
use super::output::{give, tell};
use super::screen::{Color, Screen};
use super::{Exit, logging, read};
use crate::diagnostic::{render, summary};
use crate::limits::CONFIGURATION_BYTES;
use crate::settings::{
    self, Check, FindFileError, InvalidFile, ResolveError, Setting, SettingsFile, UnknownVariable, VariableError,
};
use crate::untrusted::one_line;
use flags::Place;

pub(super) use flags::command;

/// Why the arguments cannot be used.
#[derive(Debug)]
pub(super) enum Stopped {
    /// Help, a version, or a wrong command line.
    CommandLine(clap::Error),
    /// Wrong settings.
    Settings { problems: Problems, color: Color },
}

/// What is wrong with the settings.
#[derive(Debug)]
pub(super) enum Problems {
    /// Problems in the text of the file.
    File(Box<InvalidFile>),
    /// All others; never empty.
    Others(Vec<CliError>),
}

/// Reads the command line, and below it the settings, where the command has any.
pub(super) fn parse(arguments: &[OsString]) -> Result<(Cli, Configuration), Stopped> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments).map_err(Stopped::CommandLine)?;
    let place = Place::of(&command, &matches);
    if !place.has_settings() {
        return Ok((cli(&matches)?, Configuration::default()));
    }
    let color = matches.get_one::<Color>("color").copied().unwrap_or(Color::Auto);
    let stopped = |problems| Stopped::Settings { problems, color };
    let configuration = read(&command, &place).map_err(stopped)?;
    let overlay = flags::overlay(&configuration.settings);
    if overlay.is_empty() {
        return Ok((cli(&matches)?, configuration));
    }
    let again = flags::with_overlay(arguments, &place.path(), &overlay).map_err(Stopped::CommandLine)?;
    Ok((cli(&again)?, configuration))
}

fn cli(matches: &ArgMatches) -> Result<Cli, Stopped> {
    Cli::from_arg_matches(matches).map_err(Stopped::CommandLine)
}

fn read(root: &clap::Command, place: &Place<'_>) -> Result<Configuration, Problems> {
    let check = |setting: &Setting, text: &str| flags::check(root, setting, text);
    let variables = settings::read_variables(&check, &[logging::FILTER])?;
    let file = read_file(place.matches(), &check)?;
    let settings = settings::resolve(place, file.as_ref(), &variables.given)?;
    let file = file.map(|file| file.source.name().to_owned());
    Ok(Configuration { file, settings, unknown_variables: variables.unknown })
}

/// Reads the file that is named, or else the nearest one upward, if there is one.
fn read_file(matches: &ArgMatches, check: Check<'_>) -> Result<Option<SettingsFile>, Problems> {
    if matches.get_flag("no_config") {
        return Ok(None);
    }
    let named = matches.get_one::<String>("config").cloned();
    let Some(file) = named.map_or_else(settings::find_file, |file| Ok(Some(file))).map_err(CliError::from)? else {
        return Ok(None);
    };
    let (name, bytes) = read::bytes(&file, CONFIGURATION_BYTES)?;
    if bytes.len() > CONFIGURATION_BYTES {
        return Err(CliError::usage(format!("{name} is larger than {} KB", CONFIGURATION_BYTES / 1024))
            .help("a settings file has a few lines; check that this is the right file")
            .into());
    }
    Ok(Some(settings::parse_file(name, bytes, check)?))
}

impl Configuration {
    /// Reports variables that look like settings and are not: they have no effect.
    pub(super) fn tell_unknown_variables(&self, screen: Screen) {
        for UnknownVariable { name, meant } in &self.unknown_variables {
            let (word, shown) = (screen.warning(), one_line(name));
            tell(&match meant {
                Some(meant) => format!("{word} {shown} is not a setting; did you mean {meant}?\n"),
                None => format!("{word} {shown} is not a setting; `runwright config` shows all settings\n"),
            });
        }
    }
}

impl Stopped {
    /// Reports the reason, and returns the exit code.
    pub(super) fn tell(self) -> Exit {
        match self {
            Self::CommandLine(error) => {
                let screen = Screen::new(Color::Auto);
                // Help and versions are results, errors are not.
                if error.use_stderr() {
                    tell(&flags::rendered(error, screen.errors.colour));
                    return Exit::Usage;
                }
                match give(&flags::rendered(error, screen.results.colour)) {
                    Ok(()) => Exit::Success,
                    Err(error) => error.tell(screen),
                }
            }
            Self::Settings { problems, color } => problems.tell(Screen::new(color)),
        }
    }
}

impl Problems {
    fn tell(&self, screen: Screen) -> Exit {
        match self {
            Self::File(invalid) => {
                let InvalidFile { source, diagnostics } = &**invalid;
                tell(&render(diagnostics, source, screen.errors.colour, Screen::width()));
                CliError::usage(format!("{} has {}", source.name(), summary(diagnostics)))
                    .help("`--no-config` ignores the file")
                    .tell(screen)
            }
            Self::Others(errors) => {
                for error in errors {
                    error.tell(screen);
                }
                Exit::Usage
            }
        }
    }
}

impl From<CliError> for Problems {
    fn from(error: CliError) -> Self {
        Self::Others(vec![error])
    }
}

impl From<FindFileError> for CliError {
    fn from(error: FindFileError) -> Self {
        let told = Self::usage(error.to_string());
        match error {
            FindFileError::ForeignOwner { file } => {
                told.help(format!("use it with `--config {file}`, or ignore it with `--no-config`"))
            }
            FindFileError::VariableNotUtf8 | FindFileError::PathNotUtf8 { .. } | FindFileError::Unreadable { .. } => {
                told
            }
        }
    }
}

impl From<Box<InvalidFile>> for Problems {
    fn from(invalid: Box<InvalidFile>) -> Self {
        Self::File(invalid)
    }
}

impl From<Vec<VariableError>> for Problems {
    fn from(errors: Vec<VariableError>) -> Self {
        let told = |error: VariableError| {
            let told = CliError::usage(error.to_string());
            match error {
                VariableError::Refused { help, .. } if !help.is_empty() => told.help(help.join(" ")),
                VariableError::Refused { .. } | VariableError::NotUtf8 { .. } => told,
            }
        };
        Self::Others(errors.into_iter().map(told).collect())
    }
}

impl From<ResolveError> for Problems {
    fn from(error: ResolveError) -> Self {
        let told = CliError::usage(error.to_string());
        match error {
            ResolveError::File(invalid) => Self::File(invalid),
            ResolveError::Variables { .. } => told.help("unset one of the variables").into(),
        }
    }
}

#[cfg(test)]
mod tests;
