//! Precedence of settings: which value wins.

use std::cmp::Ordering;

use super::file::{InvalidFile, SettingsFile};
use super::table::{SETTINGS, Setting};
use super::value::{Effective, Given, SettingOrigin, Value};
use crate::diagnostic::{Code, Diagnostic};

/// The flags of one command, as far as the layers ask about them.
pub trait CommandFlags {
    /// Whether the command has the flag of a setting.
    fn has(&self, setting: &Setting) -> bool;
    /// The values on the command line.
    fn values(&self, setting: &Setting) -> Vec<String>;
    /// The default values.
    fn defaults(&self, setting: &Setting) -> Vec<String>;
    /// Whether the flag takes a value.
    fn accepts(&self, setting: &Setting, text: &str) -> bool;
    /// Whether the flags of two settings exclude each other.
    fn exclude_each_other(&self, one: &Setting, other: &Setting) -> bool;
}

/// Why the settings of a command contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Two lines of the file exclude each other.
    #[error("two settings of {} exclude each other", .0.source.name())]
    File(Box<InvalidFile>),
    /// Two variables exclude each other.
    #[error("{one} and {other} exclude each other")]
    Variables {
        /// The first variable.
        one: String,
        /// The second variable.
        other: String,
    },
}

/// The settings that a command has, each with the strongest value; of two that exclude each other the stronger one.
///
/// # Errors
/// When two settings of the same origin exclude each other.
pub fn resolve(
    flags: &impl CommandFlags,
    file: Option<&SettingsFile>,
    variables: &[Given],
) -> Result<Vec<Effective>, ResolveError> {
    let in_file = file.map(|file| file.given.as_slice()).unwrap_or_default();
    let mut settings = Vec::new();
    for setting in SETTINGS.iter().filter(|setting| flags.has(setting)) {
        let given = flags.values(setting).into_iter();
        let given = given.map(|text| Value { text, origin: SettingOrigin::Flag(setting.flag()) });
        let below = variables.iter().chain(in_file).filter(|given| given.setting == setting);
        // A form of output that another command has is not meant for this one.
        let below = below.filter(|given| flags.accepts(setting, &given.text));
        let below = below.map(|given| Value { text: given.text.clone(), origin: given.origin.clone() });
        let mut values: Vec<Value> = Vec::new();
        for value in given.chain(below) {
            let wanted =
                values.is_empty() || (setting.kind.is_list() && values.iter().all(|known| known.text != value.text));
            if wanted {
                values.push(value);
            }
        }
        settings.push(Effective { setting, values, set_aside_by: None });
    }
    exclude(flags, file, &mut settings)?;
    for effective in settings.iter_mut().filter(|effective| effective.values.is_empty()) {
        let defaults = flags.defaults(effective.setting).into_iter();
        effective.values = defaults.map(|text| Value { text, origin: SettingOrigin::Default }).collect();
    }
    Ok(settings)
}

/// Sets aside what something stronger excludes. Two of the same strength are a mistake; the command line has found those
/// of flags.
fn exclude(
    flags: &impl CommandFlags,
    file: Option<&SettingsFile>,
    settings: &mut [Effective],
) -> Result<(), ResolveError> {
    let mut set_aside = Vec::new();
    for (index, one) in settings.iter().enumerate() {
        for (other_index, other) in settings.iter().enumerate().skip(index + 1) {
            let (Some(first), Some(second)) = (one.values.first(), other.values.first()) else { continue };
            if !flags.exclude_each_other(one.setting, other.setting) {
                continue;
            }
            match first.origin.strength().cmp(&second.origin.strength()) {
                Ordering::Greater => set_aside.push((other_index, one.setting)),
                Ordering::Less => set_aside.push((index, other.setting)),
                Ordering::Equal => {
                    return Err(contradiction(file, one.setting, &first.origin, other.setting, &second.origin));
                }
            }
        }
    }
    for (index, by) in set_aside {
        if let Some(effective) = settings.get_mut(index) {
            effective.values.clear();
            effective.set_aside_by = Some(by);
        }
    }
    Ok(())
}

fn contradiction(
    file: Option<&SettingsFile>,
    one: &Setting,
    first: &SettingOrigin,
    other: &Setting,
    second: &SettingOrigin,
) -> ResolveError {
    match (file, first.span(), second.span()) {
        (Some(file), Some(first), Some(second)) => {
            let message = format!("`{}` and `{}` cannot be combined", one.name, other.name);
            let diagnostic = Diagnostic::new(Code::InvalidValue, first.max(second), message)
                .related(first.min(second), "the other setting")
                .help("keep one of them in the file, and pass the other as a flag where you need it");
            ResolveError::File(Box::new(InvalidFile { source: file.source.clone(), diagnostics: vec![diagnostic] }))
        }
        (_, _, _) => ResolveError::Variables { one: one.variable(), other: other.variable() },
    }
}
