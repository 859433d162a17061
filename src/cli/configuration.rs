//! Settings below the flags: `runwright.toml`, the variables `RUNWRIGHT_…`, and `runwright config`.
//!
//! Owns: which flags are settings ([`table`]), where their values are found, and which of them wins: a flag before a
//! variable, a variable before the file. Does not own: what values mean. Each is read by the parser of its flag; what
//! the weaker layers say becomes the flag's default, so the commands see nothing but their arguments.

mod command_line;
mod file;
mod layers;
mod show;
mod table;
mod variables;

use std::ffi::OsString;

use clap::{ArgMatches, FromArgMatches};

use super::Exit;
use super::command_line::Cli;
use super::error::CliError;
use super::output::{give, tell};
use super::screen::{Color, Screen};
use crate::diagnostic::{Diagnostic, Source, Span, render, summary};
use command_line::Place;
use file::ConfigurationFile;
use layers::Effective;
use table::Setting;

pub(super) use command_line::command;
pub(super) use show::{ConfigArgs, config};

/// What the settings of this command are.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// The file that was read, as it is shown.
    file: Option<String>,
    /// The settings that the command has, in the order of the table.
    settings: Vec<Effective>,
    unknown_variables: Vec<String>,
}

/// A value of a setting, below the flags.
#[derive(Debug)]
struct Given {
    setting: &'static Setting,
    text: String,
    origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// Nobody said anything.
    Default,
    /// Where in the file, and in which line, counted from 1.
    File {
        file: String,
        line: usize,
        span: Span,
    },
    Variable(String),
    Flag(String),
}

/// Why there are no arguments to go by.
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
    File { source: Source, diagnostics: Vec<Diagnostic> },
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
    let overlay = layers::overlay(&configuration.settings);
    if overlay.is_empty() {
        return Ok((cli(&matches)?, configuration));
    }
    let again = command_line::with_overlay(arguments, &place.path(), &overlay).map_err(Stopped::CommandLine)?;
    Ok((cli(&again)?, configuration))
}

fn cli(matches: &ArgMatches) -> Result<Cli, Stopped> {
    Cli::from_arg_matches(matches).map_err(Stopped::CommandLine)
}

fn read(root: &clap::Command, place: &Place<'_>) -> Result<Configuration, Problems> {
    let variables = variables::read(root)?;
    let file = file::read(root, place.matches())?;
    let settings = layers::resolve(place, file.as_ref(), &variables.given)?;
    let file = file.map(|file| file.source.name().to_owned());
    Ok(Configuration { file, settings, unknown_variables: variables.unknown })
}

impl Configuration {
    /// Variables that look like settings and are none: they have no effect, which is worth a word to whoever asks
    /// what happens inside.
    pub(super) fn tell_unknown_variables(&self, screen: Screen) {
        let word = screen.errors.strong(&screen.errors.warn("warning:"));
        for variable in &self.unknown_variables {
            tell(&format!("{word} {variable}\n"));
        }
    }
}

impl Stopped {
    /// Tells why, and how the program ends.
    pub(super) fn tell(self) -> Exit {
        match self {
            Self::CommandLine(error) => {
                let screen = Screen::new(Color::Auto);
                // Help and versions are results, complaints are not.
                if error.use_stderr() {
                    tell(&command_line::rendered(error, screen.errors.colour));
                    return Exit::Usage;
                }
                match give(&command_line::rendered(error, screen.results.colour)) {
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
            Self::File { source, diagnostics } => {
                tell(&render(diagnostics, source, screen.errors.colour, Screen::width()));
                CliError::usage(format!("{} has {}", source.name(), summary(diagnostics)))
                    .help("`--no-config` leaves the file aside")
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

impl Origin {
    /// Where in the file it stands.
    fn span(&self) -> Option<Span> {
        match self {
            Self::File { span, .. } => Some(*span),
            Self::Default | Self::Variable(_) | Self::Flag(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
