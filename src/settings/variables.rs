//! The variables `RUNWRIGHT_…`.

use super::table::{FILE_VARIABLE, PREFIX, SETTINGS, Setting, SettingType};
use super::value::{Check, Given, SettingOrigin};
use crate::diagnostic::suggestion;
use crate::untrusted::one_line;

/// The settings in the environment.
#[derive(Debug)]
pub struct Variables {
    /// The values.
    pub given: Vec<Given>,
    /// Variables that look like settings but are not.
    pub unknown: Vec<UnknownVariable>,
}

/// A variable that looks like a setting but is not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UnknownVariable {
    /// Its name.
    pub name: String,
    /// The variable that was probably meant.
    pub meant: Option<String>,
}

/// Why a variable cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VariableError {
    /// The flag does not take its value.
    #[error("{name} cannot be `{}`", one_line(.value))]
    Refused {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
        /// What to write instead, a sentence each.
        help: Vec<String>,
    },
    /// Its value is not UTF-8.
    #[error("{name} is not UTF-8")]
    NotUtf8 {
        /// Its name.
        name: String,
    },
}

/// Reads the environment. An empty variable counts as not set; those in `others` are known, and are no settings.
///
/// # Errors
/// When variables have values that cannot be used: one error for each.
pub fn read_variables(check: Check<'_>, others: &[&str]) -> Result<Variables, Vec<VariableError>> {
    let mut variables = Variables { given: Vec::new(), unknown: Vec::new() };
    let mut errors = Vec::new();
    let mut found: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| name.into_string().ok().map(|name| (name, value)))
        .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
        .collect();
    found.sort();
    for (name, value) in found {
        let setting = SETTINGS.iter().find(|setting| setting.variable() == name);
        match (setting, value.into_string()) {
            (Some(setting), Ok(value)) => match values(check, setting, &value) {
                Ok(texts) => variables.given.extend(texts.into_iter().map(|text| Given {
                    setting,
                    text,
                    origin: SettingOrigin::Variable(name.clone()),
                })),
                Err(help) => errors.push(VariableError::Refused { name, value, help }),
            },
            (Some(_), Err(_)) => errors.push(VariableError::NotUtf8 { name }),
            (None, _) if name == FILE_VARIABLE || others.contains(&name.as_str()) => {}
            (None, _) => variables.unknown.push(unknown(name, others)),
        }
    }
    if errors.is_empty() { Ok(variables) } else { Err(errors) }
}

/// The values of a variable as the flag takes them, or what to write instead.
fn values(check: Check<'_>, setting: &Setting, value: &str) -> Result<Vec<String>, Vec<String>> {
    let texts: Vec<String> = match setting.kind {
        SettingType::List => {
            value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
        }
        SettingType::Paths => split_paths(value),
        SettingType::Switch => match switch(value) {
            Some(on) => vec![on.to_string()],
            None => return Err(vec!["write `true` or `false`".to_owned()]),
        },
        SettingType::Text | SettingType::Path | SettingType::Number | SettingType::Amount => vec![value.to_owned()],
    };
    for text in &texts {
        check(setting, text).map_err(|refusal| refusal.help)?;
    }
    Ok(texts)
}

/// Whether a switch is on.
fn switch(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn unknown(name: String, others: &[&str]) -> UnknownVariable {
    // The common prefix of all names must not make them similar.
    let end = |name: &str| name.trim_start_matches(PREFIX).to_owned();
    let settings = SETTINGS.iter().map(|setting| end(&setting.variable()));
    let others = others.iter().map(|other| end(other));
    let known: Vec<String> = settings.chain([end(FILE_VARIABLE)]).chain(others).collect();
    let meant = suggestion(&end(&name), known.iter().map(String::as_str)).map(|meant| format!("{PREFIX}{meant}"));
    UnknownVariable { name, meant }
}

/// The parts between colons. The colon of a scheme (`s3://`) separates nothing.
fn split_paths(value: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let mut is_scheme = false;
    for part in value.split(':') {
        match paths.last_mut() {
            Some(last) if is_scheme && part.starts_with("//") => *last = format!("{last}:{part}"),
            _ => paths.push(part.to_owned()),
        }
        is_scheme = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    }
    paths.retain(|part| !part.is_empty());
    paths
}

#[cfg(test)]
mod tests {
    use super::{UnknownVariable, switch, unknown};

    #[test]
    fn a_switch_takes_the_usual_words() {
        assert_eq!(
            ["yes", "TRUE", "1", "off", "n", "0"].map(switch),
            [true, true, true, false, false, false].map(Some)
        );
        assert_eq!(["", "maybe", "2"].map(switch), [None; 3]);
    }

    #[test]
    fn a_misspelt_variable_gets_a_suggestion() {
        let named = |name: &str| unknown(name.to_owned(), &["RUNWRIGHT_LOG"]);
        let rows = [("RUNWRIGHT_REGIN", Some("RUNWRIGHT_REGION")), ("RUNWRIGHT_ELEPHANT", None)];
        for (name, meant) in rows {
            assert_eq!(named(name), UnknownVariable { name: name.to_owned(), meant: meant.map(str::to_owned) });
        }
    }
}
