//! Parameters from the command line, from files and from prompts, as the values of a run.

use indexmap::IndexMap;
use serde_json::Value;

use super::Exit;
use super::args::ParameterArgs;
use super::error::{CliError, tell};
use super::read;
use super::screen::Screen;
use super::secrets;
use super::shorthand;
use crate::diagnostic::{Code, Diagnostic, Source, Span, render, suggestion};
use crate::engine::StartScope;
use crate::event::Environment;
use crate::limits::DOCUMENT_BYTES;
use crate::name::ParameterName;
use crate::report::one_line;
use crate::runbook::binding::{BindingProblem, Supplied, bind, from_json};
use crate::runbook::{Parameter, Runbook};

/// Parameters of an execution that was started before.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Parameters")]
pub(super) struct RunningParameterArgs {
    /// A parameter (repeatable), as in `run`; sensitive ones have to be given again
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = super::args::assignment)]
    parameter: Vec<(String, String)>,
}

impl RunningParameterArgs {
    /// The values that were given; a name that the runbook does not have is refused.
    pub(super) fn given(&self, runbook: &Runbook) -> Result<IndexMap<String, Supplied>, CliError> {
        let mut supplied = IndexMap::new();
        for (name, value) in &self.parameter {
            if !runbook.parameters.contains_key(name.as_str()) {
                let error = CliError::usage(format!("the runbook has no parameter {}", one_line(name)));
                let names = runbook.parameters.keys().map(ParameterName::as_str);
                return Err(match suggestion(name, names) {
                    Some(meant) => error.help(format!("did you mean `{meant}`?")),
                    None => error,
                });
            }
            if supplied.insert(name.clone(), Supplied::Text(text(value)?)).is_some() {
                return Err(CliError::usage(format!("parameter {} is given twice", one_line(name))));
            }
        }
        secrets::learn(&supplied);
        Ok(supplied)
    }
}

/// What a run knows of itself before it starts, for references in defaults.
pub(super) struct Known<'a> {
    pub(super) environment: &'a Environment,
    pub(super) execution: &'a str,
    pub(super) now: jiff::Timestamp,
}

/// The values that were given: those of `--parameters`, and over them those of `-p`.
pub(super) fn given(
    args: &ParameterArgs,
    declared: &IndexMap<ParameterName, Parameter>,
    screen: Screen,
) -> Result<IndexMap<String, Supplied>, CliError> {
    let mut supplied = IndexMap::new();
    for source in &args.parameters {
        for (name, value) in from_source(source, declared, screen)? {
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
    secrets::learn(&supplied);
    Ok(supplied)
}

/// The value behind `Name=`: as it is, or that of `file://FILE`, which keeps it out of the list of processes. The end of
/// the file's last line is no part of it.
fn text(value: &str) -> Result<String, CliError> {
    let Some(file) = value.strip_prefix("file://") else { return Ok(value.to_owned()) };
    let (name, bytes) = read::bytes(file, DOCUMENT_BYTES)?;
    if bytes.len() > DOCUMENT_BYTES {
        return Err(CliError::usage(format!("{name}: it is larger than a parameter can be, {DOCUMENT_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| CliError::usage(format!("{name}: it is not UTF-8")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// `--parameters`: the shorthand of the AWS CLI, JSON itself, `file://FILE`, or a file.
fn from_source(
    source: &str,
    declared: &IndexMap<ParameterName, Parameter>,
    screen: Screen,
) -> Result<IndexMap<String, Supplied>, CliError> {
    if shorthand::begins_pair(source) {
        return from_shorthand(FLAG, source, screen);
    }
    let (name, bytes) = if source.trim_start().starts_with(['{', '[']) {
        (FLAG.to_owned(), source.as_bytes().to_vec())
    } else {
        let file = source.strip_prefix("file://");
        let (name, bytes) = read::bytes(file.unwrap_or(source), DOCUMENT_BYTES)?;
        // As in the AWS CLI, the content of a file stands for the text.
        match std::str::from_utf8(&bytes) {
            Ok(text) if file.is_some() && shorthand::begins_pair(text) => return from_shorthand(&name, text, screen),
            Ok(_) | Err(_) => (name, bytes),
        }
    };
    let document = crate::document::read(&name, &bytes).map_err(|unreadable| {
        tell_unreadable(&unreadable.problems, &unreadable.source, screen);
        CliError::new(Exit::Invalid, format!("the parameters in {} cannot be read", one_line(&name)))
            .help("write a map such as {\"Name\": [\"value\"]}")
    })?;
    from_json(&document.root.to_json(), declared).map_err(|problem| refused(&[problem], screen))
}

/// The flag, as it is named where it is the place of a problem.
const FLAG: &str = "--parameters";

/// `A=1,B=2`: each value is a list of texts, as in the request.
fn from_shorthand(name: &str, text: &str, screen: Screen) -> Result<IndexMap<String, Supplied>, CliError> {
    let mut content = |file: &str| self::text(&format!("file://{file}")).map_err(|error| error.message);
    let values = shorthand::parse(text, &mut content).map_err(|error| {
        let problem = Diagnostic::new(Code::Syntax, Span::new(error.span.start, error.span.end), error.what);
        let problem = error.help.into_iter().fold(problem, Diagnostic::help);
        tell_unreadable(&[problem], &Source::new(name, text), screen);
        CliError::new(Exit::Invalid, format!("the parameters in {} cannot be read", one_line(name)))
            .help("write Name=value,Other=value,value, or a map as JSON; file://FILE reads a file")
    })?;
    let supplied = |value: Value| match value {
        Value::String(text) => Supplied::Request(vec![text]),
        value => Supplied::from_value(&value),
    };
    Ok(values.into_iter().map(|(name, value)| (name, supplied(value))).collect())
}

/// Tells what is wrong with a text of parameters. Its lines are shown only where none of them can hold a secret.
fn tell_unreadable(problems: &[Diagnostic], source: &Source, screen: Screen) {
    if secrets::any() {
        for problem in problems {
            tell(&format!("{}\n", crate::diagnostic::one_line(problem, source)));
        }
    } else {
        tell(&render(problems, source, screen.errors.colour, Screen::width()));
    }
}

/// Tells every problem of what was given before anything is set up for the run: looking for credentials takes a while.
pub(super) fn check(runbook: &Runbook, supplied: &IndexMap<String, Supplied>, screen: Screen) -> Result<(), CliError> {
    // Whatever a default may refer to; whether it is really known shows when the values are bound.
    let anything = Some("unknown".to_owned());
    let environment = Environment { region: anything.clone(), account_id: anything, partition: "aws".to_owned() };
    let known = Known { environment: &environment, execution: "", now: jiff::Timestamp::UNIX_EPOCH };
    bound(runbook, supplied, &known, screen).map(drop)
}

/// The values of a run: what was given, and defaults. All problems are told at once.
pub(super) fn bound(
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    known: &Known<'_>,
    screen: Screen,
) -> Result<IndexMap<ParameterName, Value>, CliError> {
    let nothing = IndexMap::new();
    bind(&runbook.parameters, supplied, &known.scope(&nothing)).map_err(|problems| {
        let missing: Vec<&str> = problems
            .iter()
            .filter_map(|problem| match problem {
                BindingProblem::Missing { name } => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let error = refused(&problems, screen);
        match missing.as_slice() {
            [] => error,
            names => {
                let flags: Vec<String> = names.iter().map(|name| format!("-p {name}=…")).collect();
                error.help(format!("give {}", flags.join(" ")))
            }
        }
    })
}

/// What is known of the parameters when some are missing: for a plan.
pub(super) fn bound_as_far_as_given(
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    known: &Known<'_>,
    screen: Screen,
) -> Result<IndexMap<ParameterName, Value>, CliError> {
    // A parameter is known when it is given, or has a default that refers to nothing unknown.
    let mut declared = runbook.parameters.clone();
    loop {
        let before = declared.len();
        let names: Vec<ParameterName> = declared.keys().cloned().collect();
        declared.retain(|name, parameter| {
            supplied.contains_key(name.as_str())
                || parameter.default.as_ref().is_some_and(|default| {
                    default.references().all(|reference| match reference {
                        crate::expression::Reference::Parameter(other) => {
                            names.contains(other) || !runbook.parameters.contains_key(other)
                        }
                        _ => true,
                    })
                })
        });
        if declared.len() == before {
            break;
        }
    }
    let nothing = IndexMap::new();
    bind(&declared, supplied, &known.scope(&nothing)).map_err(|problems| refused(&problems, screen))
}

impl Known<'_> {
    /// The scope of references before a run, with these parameters.
    pub(super) fn scope<'s>(&'s self, parameters: &'s IndexMap<ParameterName, Value>) -> StartScope<'s> {
        StartScope { parameters, environment: self.environment, execution: self.execution, now: self.now }
    }
}

/// Tells every problem; what is returned ends the command.
fn refused(problems: &[BindingProblem], screen: Screen) -> CliError {
    tell(&told(problems, screen));
    let count = problems.len();
    CliError::new(
        Exit::Invalid,
        if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") } + " with the parameters",
    )
}

/// The problems as lines, each with what to do about it.
pub(super) fn told(problems: &[BindingProblem], screen: Screen) -> String {
    let palette = screen.errors;
    let mut text = String::new();
    for problem in problems {
        let hidden = problem.parameter().filter(|name| secrets::hides(name.as_str()));
        let problem = &hidden.map_or_else(|| problem.clone(), |_| problem.without_value());
        let word = palette.strong(&palette.bad("error:"));
        text.push_str(&format!("{word} {}\n", one_line(&problem.to_string())));
        for help in problem.help() {
            text.push_str(&format!("  {} {}\n", palette.strong("help:"), one_line(&help)));
        }
    }
    text
}
