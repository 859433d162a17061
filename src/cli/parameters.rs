//! Parameters from the command line, from files and from prompts, as the values of a run.

use indexmap::IndexMap;
use serde_json::Value;

use super::error::CliError;
use super::output::tell;
use super::screen::Screen;
use super::shared_args::ParameterArgs;
use super::{Exit, read};
use crate::automation::{AutomationError, register_secrets};
use crate::diagnostic::{Code, Diagnostic, Source, Span, render};
use crate::limits::DOCUMENT_BYTES;
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::report::one_line;
use crate::runbook::Parameter;
use crate::runbook::binding::{Supplied, from_json};
use crate::shorthand;

/// Parameters of an execution that was started before.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Parameters")]
pub(super) struct RunningParameterArgs {
    /// Set a parameter (repeatable), as in `run`; supply sensitive ones again
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = super::shared_args::assignment)]
    parameter: Vec<(String, String)>,
}

impl RunningParameterArgs {
    /// The values that were given.
    pub(super) fn given(&self) -> Result<IndexMap<String, Supplied>, CliError> {
        let mut supplied = IndexMap::new();
        for (name, value) in &self.parameter {
            if supplied.insert(name.clone(), Supplied::Text(text(value)?)).is_some() {
                return Err(CliError::usage(format!("parameter {} is given twice", one_line(name))));
            }
        }
        Ok(supplied)
    }
}

/// The values that were given: those of `--parameters`, and over them those of `-p`.
pub(super) fn from_args(
    args: &ParameterArgs,
    declared: &IndexMap<ParameterName, Parameter>,
    secrets: &Secrets,
    screen: Screen,
) -> Result<IndexMap<String, Supplied>, CliError> {
    let mut supplied = IndexMap::new();
    for source in &args.parameters {
        for (name, value) in from_source(source, declared, secrets, screen)? {
            if supplied.insert(name.clone(), value).is_some() {
                return Err(CliError::usage(format!("parameter {} is given twice", one_line(&name)))
                    .help(format!("write a list as --parameters {name}=a,b")));
            }
        }
    }
    let mut once: IndexMap<&str, ()> = IndexMap::new();
    for (name, value) in &args.parameter {
        if once.insert(name, ()).is_some() {
            return Err(CliError::usage(format!("parameter {} is given twice", one_line(name)))
                .help(format!("write a list as -p {name}=a,b or -p {name}='[\"a\",\"b\"]'")));
        }
        supplied.insert(name.clone(), Supplied::Text(text(value)?));
    }
    register_secrets(secrets, &supplied);
    Ok(supplied)
}

/// The value behind `Name=`: as it is, or that of `file://FILE`, which keeps it out of the list of processes. The end of
/// the file's last line is no part of it.
fn text(value: &str) -> Result<String, CliError> {
    let Some(file) = value.strip_prefix("file://") else { return Ok(value.to_owned()) };
    let (name, bytes) = read::bytes(file, DOCUMENT_BYTES)?;
    if bytes.len() > DOCUMENT_BYTES {
        return Err(CliError::usage(format!(
            "{name}: the file is larger than a parameter can be, {DOCUMENT_BYTES} bytes"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| CliError::usage(format!("{name}: the file is not UTF-8")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// `--parameters`: the shorthand of the AWS CLI, JSON itself, `file://FILE`, or a file.
fn from_source(
    source: &str,
    declared: &IndexMap<ParameterName, Parameter>,
    secrets: &Secrets,
    screen: Screen,
) -> Result<IndexMap<String, Supplied>, CliError> {
    if shorthand::begins_pair(source) {
        return from_shorthand(FLAG, source, secrets, screen);
    }
    let (name, bytes) = if source.trim_start().starts_with(['{', '[']) {
        (FLAG.to_owned(), source.as_bytes().to_vec())
    } else {
        let file = source.strip_prefix("file://");
        let (name, bytes) = read::bytes(file.unwrap_or(source), DOCUMENT_BYTES)?;
        // As in the AWS CLI, the content of a file replaces the text.
        match std::str::from_utf8(&bytes) {
            Ok(text) if file.is_some() && shorthand::begins_pair(text) => {
                return from_shorthand(&name, text, secrets, screen);
            }
            Ok(_) | Err(_) => (name, bytes),
        }
    };
    let document = crate::document::read(&name, &bytes).map_err(|unreadable| {
        tell_unreadable(&unreadable.problems, &unreadable.source, secrets, screen);
        CliError::new(Exit::Invalid, format!("cannot read the parameters in {}", one_line(&name)))
            .help("write a map such as {\"Name\": [\"value\"]}")
    })?;
    from_json(&document.root.to_json(), declared)
        .map_err(|problem| AutomationError::Parameters { problems: vec![problem] }.into())
}

/// The flag, as problems name it.
const FLAG: &str = "--parameters";

/// `A=1,B=2`: each value is a list of texts, as in the request.
fn from_shorthand(
    name: &str,
    text: &str,
    secrets: &Secrets,
    screen: Screen,
) -> Result<IndexMap<String, Supplied>, CliError> {
    let mut content = |file: &str| self::text(&format!("file://{file}")).map_err(|error| error.message.into());
    let values = shorthand::parse_map(text, &mut content).map_err(|error| {
        let problem = Diagnostic::new(Code::Syntax, Span::new(error.span.start, error.span.end), error.what);
        let problem = error.help.into_iter().fold(problem, Diagnostic::help);
        tell_unreadable(&[problem], &Source::new(name, text), secrets, screen);
        CliError::new(Exit::Invalid, format!("cannot read the parameters in {}", one_line(name)))
            .help("write Name=value,Other=value,value, or a map as JSON; file://FILE reads a file")
    })?;
    let supplied = |value: Value| match value {
        Value::String(text) => Supplied::Request(vec![text]),
        value => Supplied::from_value(&value),
    };
    Ok(values.into_iter().map(|(name, value)| (name, supplied(value))).collect())
}

/// Reports the problems of a text of parameters. Its lines are shown only where none of them can hold a secret.
fn tell_unreadable(problems: &[Diagnostic], source: &Source, secrets: &Secrets, screen: Screen) {
    if secrets.is_active() {
        for problem in problems {
            tell(&format!("{}\n", crate::diagnostic::one_line(problem, source)));
        }
    } else {
        tell(&render(problems, source, screen.errors.colour, Screen::width()));
    }
}
