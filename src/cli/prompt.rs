//! Asking for required parameters that were not given.

use std::io::BufRead;

use indexmap::IndexMap;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Exit;
use super::error::CliError;
use super::error_report::render_problems;
use super::output::tell;
use super::read::typed_line;
use super::screen::Screen;
use crate::name::ParameterName;
use crate::presentation::ask_for_parameter;
use crate::redaction::Secrets;
use crate::report::one_line;
use crate::runbook::Parameter;
use crate::runbook::binding::{self, BindingProblem, Supplied};

/// Asks on standard error and reads from standard input, one line a parameter, until each value fits its declaration.
pub(super) fn for_missing(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &mut IndexMap<String, Supplied>,
    secrets: &Secrets,
    screen: Screen,
) -> Result<(), CliError> {
    ask(declared, supplied, secrets, screen, &mut std::io::stdin().lock(), &mut tell)
}

/// A terminal that does not show what is typed, until this is dropped.
struct Unseen {
    as_it_was: Option<Termios>,
}

impl Unseen {
    /// Does nothing where there is no terminal.
    fn typing() -> Self {
        let as_it_was = tcgetattr(std::io::stdin()).ok();
        if let Some(mode) = &as_it_was {
            let mut unseen = mode.clone();
            unseen.local_modes.remove(LocalModes::ECHO);
            // A terminal that refuses shows the text; there is no other one.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &unseen);
        }
        Self { as_it_was }
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        if let Some(mode) = &self.as_it_was {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, mode);
        }
    }
}

/// Asks for one of several answers, each with its letter; returns its index. The end of the input is the last one.
pub(super) fn choose(what: &str, answers: &[(&str, &str)], screen: Screen) -> Result<usize, CliError> {
    let told: Vec<String> =
        answers.iter().map(|(letter, words)| format!("{} = {words}", screen.errors.strong(letter))).collect();
    let mut input = std::io::stdin().lock();
    loop {
        tell(&format!("{}\n{}: ", one_line(what), told.join(", ")));
        let line = typed_line(&mut input)
            .map_err(|error| CliError::new(Exit::Internal, format!("cannot read the answer: {error}")))?;
        let Some(line) = line else { return Ok(answers.len().saturating_sub(1)) };
        let answer = line.trim().to_lowercase();
        if let Some(place) = answers.iter().position(|(letter, words)| answer == *letter || answer == *words) {
            return Ok(place);
        }
    }
}

/// Problems of a parameter, without its value where it is sensitive.
fn without_values(problems: Vec<BindingProblem>, secrets: &Secrets) -> Vec<BindingProblem> {
    let is_sensitive = |problem: &BindingProblem| problem.parameter().is_some_and(|name| secrets.hides(name.as_str()));
    problems.into_iter().map(|it| if is_sensitive(&it) { it.without_value() } else { it }).collect()
}

/// Asks for each missing parameter.
fn ask(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &mut IndexMap<String, Supplied>,
    secrets: &Secrets,
    screen: Screen,
    input: &mut impl BufRead,
    tell: &mut impl FnMut(&str),
) -> Result<(), CliError> {
    let missing = declared
        .iter()
        .filter(|(name, parameter)| parameter.default.is_none() && !supplied.contains_key(name.as_str()));
    let missing: Vec<(&ParameterName, &Parameter)> = missing.collect();
    for (name, parameter) in missing {
        let mut text = ask_for_parameter(name, parameter, screen.errors);
        loop {
            let unseen = secrets.hides(name.as_str()).then(Unseen::typing);
            // A terminal that cannot be written to cannot be read from either; reading then reports it.
            tell(&text);
            let answer =
                typed_line(input).map_err(|error| CliError::usage(format!("cannot read standard input: {error}")))?;
            if unseen.is_some() {
                // The end of the line was not shown either.
                tell("\n");
            }
            drop(unseen);
            let Some(answer) = answer else {
                tell("\n");
                return Err(CliError::new(Exit::Cancelled, format!("no value for parameter {name}")));
            };
            let given = Supplied::Text(answer);
            match binding::read(name, parameter, &given) {
                Ok(_) => {
                    supplied.insert(name.to_string(), given);
                    break;
                }
                Err(problems) => {
                    text = format!("{}{name}: ", render_problems(&without_values(problems, secrets), screen.errors));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
