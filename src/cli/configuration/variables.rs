//! The variables `RUNWRIGHT_…`.

use clap::Command;
use clap::builder::{BoolishValueParser, TypedValueParser};

use super::command_line::check;
use super::table::{Kind, SETTINGS, Setting};
use super::{Given, Origin, Problems};
use crate::cli::error::CliError;
use crate::cli::logging;
use crate::diagnostic::suggestion;
use crate::report::one_line;

/// How the name of every variable begins.
pub(super) const PREFIX: &str = "RUNWRIGHT_";

/// The variable that names the file.
pub(super) const FILE: &str = "RUNWRIGHT_CONFIG";

/// What the environment says.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) given: Vec<Given>,
    /// A sentence on each variable that is no setting.
    pub(super) unknown: Vec<String>,
}

/// Reads the environment. An empty variable counts as not set.
pub(super) fn read(root: &Command) -> Result<Variables, Problems> {
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
            (Some(setting), Ok(value)) => match values(root, setting, &value) {
                Ok(texts) => variables.given.extend(texts.into_iter().map(|text| Given {
                    setting,
                    text,
                    origin: Origin::Variable(name.clone()),
                })),
                Err(help) => {
                    let error = CliError::usage(format!("{name} cannot be `{}`", one_line(&value)));
                    errors.push(if help.is_empty() { error } else { error.help(help.join(" ")) });
                }
            },
            (Some(_), Err(_)) => errors.push(CliError::usage(format!("{name} is not UTF-8"))),
            (None, _) if name == FILE || name == logging::FILTER => {}
            (None, _) => variables.unknown.push(unknown(&name)),
        }
    }
    if errors.is_empty() { Ok(variables) } else { Err(Problems::Others(errors)) }
}

/// The values of a variable as the flag takes them, or what to write instead.
fn values(root: &Command, setting: &Setting, value: &str) -> Result<Vec<String>, Vec<String>> {
    let texts: Vec<String> = match setting.kind {
        Kind::List => value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
        Kind::Paths => value.split(':').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
        Kind::Switch => match BoolishValueParser::new().parse_ref(root, None, value.as_ref()) {
            Ok(on) => vec![on.to_string()],
            Err(_) => return Err(vec!["write `true` or `false`".to_owned()]),
        },
        Kind::Text | Kind::Path | Kind::Number | Kind::Amount => vec![value.to_owned()],
    };
    for text in &texts {
        check(root, setting, text).map_err(|refusal| refusal.help)?;
    }
    Ok(texts)
}

fn unknown(name: &str) -> String {
    // What all names have in common says nothing about what was meant.
    let end = |name: &str| name.trim_start_matches(PREFIX).to_owned();
    let settings = SETTINGS.iter().map(|setting| end(&setting.variable()));
    let known: Vec<String> = settings.chain([end(FILE), end(logging::FILTER)]).collect();
    let shown = one_line(name);
    match suggestion(&end(name), known.iter().map(String::as_str)) {
        Some(meant) => format!("{shown} is no setting; did you mean {PREFIX}{meant}?"),
        None => format!("{shown} is no setting; `runwright config` shows them all"),
    }
}
