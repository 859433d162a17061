//! The settings as flags of clap: which command has which, their values, and their conflicts.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};

use crate::cli::command_line::Cli;
use crate::settings::{CommandFlags, Effective, Refusal, Setting, SettingOrigin, SettingType};
use crate::untrusted::one_line;

/// Commands that have no settings: they only print data of the program.
const WITHOUT_SETTINGS: [&str; 3] = ["schema", "completions", "bootstrap"];

/// The setting of an argument, by the argument's identifier.
pub(in crate::cli) fn setting_of(argument: &Arg) -> Option<&'static Setting> {
    Setting::with_id(argument.get_id().as_str())
}

/// The command line. A flag that a setting can switch on takes `=false` too, so that it can be switched off again.
pub(in crate::cli) fn command() -> Command {
    reversible(Cli::command())
}

fn reversible(command: Command) -> Command {
    let switch = |argument: Arg| {
        let is_switch = setting_of(&argument).is_some_and(|setting| setting.kind == SettingType::Switch);
        if !is_switch || !matches!(argument.get_action(), ArgAction::SetTrue) {
            return argument;
        }
        argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .value_name("BOOL")
            .default_value("false")
            .default_missing_value("true")
            .hide_default_value(true)
            .hide_possible_values(true)
    };
    command.mut_args(switch).mut_subcommands(reversible)
}

/// Help, a version, or an error of a command line. Quotes of the command line are made safe: arguments come from
/// anywhere.
pub(super) fn rendered(mut error: clap::Error, colour: bool) -> String {
    let quoted: Vec<(ContextKind, ContextValue)> =
        error.context().filter_map(|(kind, value)| Some((kind, safe(value)?))).collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    let text = error.render();
    if colour { text.ansi().to_string() } else { text.to_string() }
}

/// The value without unsafe characters; none where it has no text of the command line.
fn safe(value: &ContextValue) -> Option<ContextValue> {
    let safe = |text: &String| one_line(text).into_owned();
    match value {
        ContextValue::String(text) => Some(ContextValue::String(safe(text))),
        ContextValue::Strings(texts) => Some(ContextValue::Strings(texts.iter().map(safe).collect())),
        // The advice of clap, which is styled and quotes too: see `output`.
        _ => None,
    }
}

/// The command that the command line names, and its arguments.
pub(super) struct Place<'a> {
    names: Vec<&'a str>,
    command: &'a Command,
    matches: &'a ArgMatches,
}

impl<'a> Place<'a> {
    pub(super) fn of(root: &'a Command, matches: &'a ArgMatches) -> Self {
        let mut place = Self { names: Vec::new(), command: root, matches };
        while let Some((name, matches)) = place.matches.subcommand() {
            let Some(command) = place.command.find_subcommand(name) else { break };
            place.names.push(name);
            (place.command, place.matches) = (command, matches);
        }
        place
    }

    /// The names of the command, without the program's.
    pub(super) fn path(&self) -> Vec<String> {
        self.names.iter().map(|name| (*name).to_owned()).collect()
    }

    pub(super) const fn matches(&self) -> &'a ArgMatches {
        self.matches
    }

    /// Whether any setting applies to the command.
    pub(super) fn has_settings(&self) -> bool {
        !self.names.is_empty() && !self.names.iter().any(|name| WITHOUT_SETTINGS.contains(name))
    }

    /// The argument of a setting, where the command has it.
    fn argument(&self, setting: &Setting) -> Option<&'a Arg> {
        self.command.get_arguments().find(|argument| setting_of(argument) == Some(setting))
    }
}

impl CommandFlags for Place<'_> {
    fn has(&self, setting: &Setting) -> bool {
        self.argument(setting).is_some()
    }

    fn values(&self, setting: &Setting) -> Vec<String> {
        let Some(argument) = self.argument(setting) else { return Vec::new() };
        let id = argument.get_id().as_str();
        if self.matches.value_source(id) != Some(ValueSource::CommandLine) {
            return Vec::new();
        }
        let values = self.matches.get_raw(id).into_iter().flatten();
        values.map(|value| value.to_string_lossy().into_owned()).collect()
    }

    fn defaults(&self, setting: &Setting) -> Vec<String> {
        let defaults = self.argument(setting).map(Arg::get_default_values).unwrap_or_default();
        defaults.iter().map(|text| text.to_string_lossy().into_owned()).collect()
    }

    fn accepts(&self, setting: &Setting, text: &str) -> bool {
        self.argument(setting).is_some_and(|argument| taken(argument, text).is_ok())
    }

    fn exclude_each_other(&self, one: &Setting, other: &Setting) -> bool {
        let (Some(one), Some(other)) = (self.argument(one), self.argument(other)) else { return false };
        let excludes = |one: &Arg, other: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|excluded| excluded.get_id() == other.get_id())
        };
        excludes(one, other) || excludes(other, one)
    }
}

/// Whether some command accepts this value; commands differ in their output formats. The error is that of the first
/// command.
pub(super) fn check(root: &Command, setting: &Setting, text: &str) -> Result<(), Refusal> {
    let mut refusal = None;
    for argument in arguments(root, setting) {
        match taken(argument, text) {
            Ok(()) => return Ok(()),
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    }
    refusal.map_or(Ok(()), Err)
}

/// The argument in every command that has it.
fn arguments<'a>(command: &'a Command, setting: &Setting) -> Vec<&'a Arg> {
    let own = command.get_arguments().filter(|argument| setting_of(argument) == Some(setting));
    own.chain(command.get_subcommands().flat_map(|command| arguments(command, setting))).collect()
}

/// Hands a value to the parser of an argument, which clap only does within a command.
fn taken(argument: &Arg, text: &str) -> Result<(), Refusal> {
    let value = Arg::new("value").long("value").value_parser(argument.get_value_parser().clone());
    let command = Command::new("value").no_binary_name(true).disable_help_flag(true).arg(value);
    let given = [format!("--value={text}")];
    command.try_get_matches_from(given).map(|_| ()).map_err(|error| Refusal { help: help(&error) })
}

fn help(error: &clap::Error) -> Vec<String> {
    let mut help: Vec<String> = error.source().map(ToString::to_string).into_iter().collect();
    let context = |kind| match error.get(kind) {
        Some(ContextValue::Strings(words)) => words.clone(),
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(_) | None => Vec::new(),
    };
    let quoted = |words: Vec<String>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>();
    let (meant, possible) = (context(ContextKind::SuggestedValue), context(ContextKind::ValidValue));
    if !meant.is_empty() {
        help.push(format!("did you mean {}?", quoted(meant).join(" or ")));
    }
    if !possible.is_empty() {
        help.push(format!("it is one of {}", quoted(possible).join(", ")));
    }
    help
}

/// The values of the weaker layers for one argument.
#[derive(Debug)]
pub(super) struct Overlay {
    setting: &'static Setting,
    values: Vec<String>,
}

/// The values to put below the command line.
pub(super) fn overlay(settings: &[Effective]) -> Vec<Overlay> {
    let is_below = |origin: &SettingOrigin| match origin {
        SettingOrigin::Variable(_) | SettingOrigin::File { .. } => true,
        SettingOrigin::Default | SettingOrigin::Flag(_) => false,
    };
    let overlay = settings.iter().map(|effective| Overlay {
        setting: effective.setting,
        values: effective.values.iter().filter(|it| is_below(&it.origin)).map(|it| it.text.clone()).collect(),
    });
    overlay.filter(|overlay| !overlay.values.is_empty()).collect()
}

/// Reads the command line once more, above these values. One value is its flag's default; lists are merged, so
/// their values become further flags.
pub(super) fn with_overlay(
    arguments: &[OsString],
    path: &[String],
    overlay: &[Overlay],
) -> Result<ArgMatches, clap::Error> {
    let mut arguments = arguments.to_vec();
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let listed = overlay.iter().filter(|overlay| overlay.setting.kind.is_list());
    let flags =
        listed.flat_map(|list| list.values.iter().map(|value| format!("{}={value}", list.setting.layered_flag())));
    arguments.splice(end..end, flags.map(OsString::from));
    defaulted(command(), path, overlay).try_get_matches_from(arguments)
}

fn defaulted(command: Command, path: &[String], overlay: &[Overlay]) -> Command {
    let command = command.mut_args(|argument| {
        let setting = setting_of(&argument);
        match overlay.iter().find(|overlay| Some(overlay.setting) == setting && !overlay.setting.kind.is_list()) {
            Some(Overlay { values, .. }) => argument.default_values(values.clone()),
            None => argument,
        }
    });
    match path {
        [name, rest @ ..] => command.mut_subcommand(name, |command| defaulted(command, rest, overlay)),
        [] => command,
    }
}
