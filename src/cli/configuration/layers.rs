//! Which value wins.

use clap::Arg;

use super::command_line::{Overlay, Place, taken};
use super::table::{SETTINGS, Setting};
use super::{ConfigurationFile, Given, Origin, Problems};
use crate::cli::error::CliError;
use crate::diagnostic::{Code, Diagnostic};

/// A setting as the command has it.
#[derive(Debug)]
pub(super) struct Effective {
    pub(super) setting: &'static Setting,
    /// One value, or those of a list; none where nothing is set and there is no default.
    pub(super) values: Vec<Value>,
    /// The setting that came from further up and cannot stand beside this one.
    pub(super) set_aside_by: Option<&'static Setting>,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The settings that a command has, each with the strongest value; of two that exclude each other the stronger one.
pub(super) fn resolve(
    place: &Place<'_>,
    file: Option<&ConfigurationFile>,
    variables: &[Given],
) -> Result<Vec<Effective>, Problems> {
    let in_file = file.map(|file| file.given.as_slice()).unwrap_or_default();
    let mut settings = Vec::new();
    for setting in SETTINGS {
        let Some(argument) = place.argument(setting) else { continue };
        let flags = place.flag_values(argument).unwrap_or_default().into_iter();
        let flags = flags.map(|text| Value { text, origin: Origin::Flag(setting.flag()) });
        let below = variables.iter().chain(in_file).filter(|given| given.setting == setting);
        // A form of output that another command has is not meant for this one.
        let below = below.filter(|given| taken(argument, &given.text).is_ok());
        let below = below.map(|given| Value { text: given.text.clone(), origin: given.origin.clone() });
        let mut values: Vec<Value> = Vec::new();
        for value in flags.chain(below) {
            let wanted =
                values.is_empty() || (setting.kind.is_list() && values.iter().all(|known| known.text != value.text));
            if wanted {
                values.push(value);
            }
        }
        settings.push((argument, Effective { setting, values, set_aside_by: None }));
    }
    exclude(place, file, &mut settings)?;
    Ok(settings
        .into_iter()
        .map(|(argument, mut effective)| {
            if effective.values.is_empty() {
                effective.values = defaults(argument);
            }
            effective
        })
        .collect())
}

fn defaults(argument: &Arg) -> Vec<Value> {
    let texts = argument.get_default_values().iter().map(|text| text.to_string_lossy().into_owned());
    texts.map(|text| Value { text, origin: Origin::Default }).collect()
}

/// Sets aside what something stronger excludes. Two of the same strength are a mistake; clap has found those of flags.
fn exclude(
    place: &Place<'_>,
    file: Option<&ConfigurationFile>,
    settings: &mut [(&Arg, Effective)],
) -> Result<(), Problems> {
    let mut set_aside = Vec::new();
    for (index, (argument, one)) in settings.iter().enumerate() {
        for (other_index, (other_argument, other)) in settings.iter().enumerate().skip(index + 1) {
            let (Some(first), Some(second)) = (one.values.first(), other.values.first()) else { continue };
            if !place.exclude_each_other(argument, other_argument) {
                continue;
            }
            match strength(&first.origin).cmp(&strength(&second.origin)) {
                std::cmp::Ordering::Greater => set_aside.push((other_index, one.setting)),
                std::cmp::Ordering::Less => set_aside.push((index, other.setting)),
                std::cmp::Ordering::Equal => {
                    return Err(contradiction(file, one.setting, &first.origin, other.setting, &second.origin));
                }
            }
        }
    }
    for (index, by) in set_aside {
        if let Some((_, effective)) = settings.get_mut(index) {
            effective.values.clear();
            effective.set_aside_by = Some(by);
        }
    }
    Ok(())
}

const fn strength(origin: &Origin) -> u8 {
    match origin {
        Origin::Default => 0,
        Origin::File { .. } => 1,
        Origin::Variable(_) => 2,
        Origin::Flag(_) => 3,
    }
}

fn contradiction(
    file: Option<&ConfigurationFile>,
    one: &Setting,
    first: &Origin,
    other: &Setting,
    second: &Origin,
) -> Problems {
    let message = |one: &str, other: &str| format!("{one} and {other} cannot stand together");
    match (file, first.span(), second.span()) {
        (Some(file), Some(first), Some(second)) => {
            let message = message(&format!("`{}`", one.name), &format!("`{}`", other.name));
            let diagnostic = Diagnostic::new(Code::InvalidValue, first.max(second), message)
                .related(first.min(second), "the other one")
                .help("keep one of them in the file, and give the other as a flag where it is wanted");
            Problems::File { source: file.source.clone(), diagnostics: vec![diagnostic] }
        }
        (_, _, _) => {
            CliError::usage(message(&one.variable(), &other.variable())).help("unset one of the variables").into()
        }
    }
}

/// What has to be put below the command line.
pub(super) fn overlay(settings: &[Effective]) -> Vec<Overlay> {
    let below = |value: &&Value| match value.origin {
        Origin::Variable(_) | Origin::File { .. } => true,
        Origin::Default | Origin::Flag(_) => false,
    };
    settings
        .iter()
        .map(|effective| Overlay {
            setting: effective.setting,
            values: effective.values.iter().filter(below).map(|value| value.text.clone()).collect(),
        })
        .filter(|overlay| !overlay.values.is_empty())
        .collect()
}
