//! Checks the Python of inline scripts, and that PowerShell is there, before anything runs.
//!
//! The service accepts such a runbook, and the step fails when it is reached: so every problem is a warning.

use std::str::FromStr as _;
use std::sync::Arc;

use super::interpreters::InterpreterOptions;
use super::observer::IgnoreEvents;
use super::validate::Validation;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Node, span_within};
use crate::runbook::inputs::ScriptStep;
use crate::runbook::inputs::execute_script::ScriptRuntime;
use crate::scripts::{CheckedScript, ScriptProblem, check_scripts, find_checking_interpreter};

/// A script, and the validation that it belongs to.
struct FoundScript<'a> {
    validation: usize,
    step: &'a ScriptStep,
    node: &'a Node,
    text: &'a str,
    minor: u16,
}

/// Adds the problems of the scripts of runbooks. One process of Python parses all of them; nothing of them runs. Without
/// an interpreter nothing is checked.
pub fn check_python_scripts(validations: &mut [Validation]) {
    let scripts = find_scripts(validations);
    if scripts.is_empty() {
        return;
    }
    let checked: Vec<_> = scripts.iter().map(FoundScript::checked).collect();
    let results = find_checking_interpreter().and_then(|program| check_scripts(&program, &checked));
    let results = match results {
        Ok(results) => results,
        Err(error) => {
            tracing::debug!(%error, "scripts are not checked");
            return;
        }
    };
    let mut problems = Vec::new();
    for (script, problem) in scripts.iter().zip(results.scripts) {
        let Some(problem) = problem else { continue };
        // An older interpreter may not know the syntax that the runtime of the script knows.
        if matches!(problem, ScriptProblem::Syntax { .. }) && results.minor < script.minor {
            continue;
        }
        if let Some(validation) = validations.get(script.validation) {
            problems.push((script.validation, script.problem(validation, problem)));
        }
    }
    for (index, problem) in problems {
        if let Some(validation) = validations.get_mut(index) {
            validation.diagnostics.push(problem);
        }
    }
}

/// Whether a step of these runbooks runs PowerShell.
pub fn has_powershell(validations: &[Validation]) -> bool {
    let mut steps = validations.iter().flat_map(|validation| &validation.scripts);
    steps.any(|step| {
        let runtime = step.runtime.as_ref().and_then(|(text, _)| ScriptRuntime::from_str(text).ok());
        matches!(runtime, Some(ScriptRuntime::PowerShell { .. }))
    })
}

/// Adds a problem to each step whose PowerShell is not installed here.
pub async fn check_powershell(validations: &mut [Validation], options: &InterpreterOptions) {
    let interpreters = options.interpreters(Arc::new(IgnoreEvents));
    for validation in validations {
        for step in &validation.scripts {
            let Some((text, at)) = &step.runtime else { continue };
            let Ok(runtime @ ScriptRuntime::PowerShell { .. }) = ScriptRuntime::from_str(text) else { continue };
            if let Err(error) = interpreters.find(&runtime, false).await {
                validation.diagnostics.push(Diagnostic::new(Code::MissingInterpreter, *at, error.to_string()));
            }
        }
    }
}

fn find_scripts(validations: &[Validation]) -> Vec<FoundScript<'_>> {
    let mut found = Vec::new();
    for (validation, Validation { scripts, .. }) in validations.iter().enumerate() {
        for step in scripts {
            let Some(ScriptRuntime::Python { minor }) =
                step.runtime.as_ref().and_then(|(runtime, _)| ScriptRuntime::from_str(runtime).ok())
            else {
                continue;
            };
            let Some((node, text)) = step.script.as_ref().and_then(|node| Some((node, node.as_text()?))) else {
                continue;
            };
            // The designer of the service writes an empty script beside an attachment.
            if text.trim().is_empty() && step.attachment.is_some() {
                continue;
            }
            found.push(FoundScript { validation, step, node, text, minor });
        }
    }
    found
}

impl FoundScript<'_> {
    fn checked(&self) -> CheckedScript<'_> {
        let handler = self.step.handler.as_ref().map(|(handler, _)| handler.as_str());
        // `file.function` is in an attachment.
        CheckedScript { text: self.text, handler: handler.filter(|handler| !handler.contains('.')) }
    }

    fn problem(&self, validation: &Validation, problem: ScriptProblem) -> Diagnostic {
        let place = |line, column, end| {
            let range = text_range(self.text, line, column, end);
            span_within(&validation.source, self.node, range)
        };
        let (handler, handler_at) = match &self.step.handler {
            Some((handler, at)) => (handler.as_str(), *at),
            None => ("", self.node.span),
        };
        match problem {
            ScriptProblem::Syntax { message, line, column, end } => {
                let (at, of_line) = match line {
                    Some(line) => (place(line, column, end), format!("line {line} of ")),
                    None => (self.node.span, String::new()),
                };
                Diagnostic::new(
                    Code::ScriptSyntax,
                    at,
                    format!("{of_line}the script is not valid Python, so the step can only fail: {message}"),
                )
            }
            ScriptProblem::Missing => Diagnostic::new(
                Code::MissingHandler,
                handler_at,
                format!("the script defines no `{handler}`, so the step can only fail"),
            )
            .help("name a function of the script, which is called with the payload and a context"),
            ScriptProblem::Arguments { line } => Diagnostic::new(
                Code::HandlerArguments,
                handler_at,
                format!("`{handler}` cannot be called with two arguments, so the step can only fail"),
            )
            .related(place(line, None, None), "defined here")
            .help(format!("write `def {handler}(events, context):`")),
        }
    }
}

/// The bytes of a script from a column to an end, both characters counted from 1; without a column the whole line.
fn text_range(text: &str, line: usize, column: Option<usize>, end: Option<usize>) -> std::ops::Range<usize> {
    let mut start = 0;
    let mut found = "";
    for (index, one) in text.split('\n').enumerate() {
        found = one;
        // The end of the script may be reported as a further line.
        if index + 1 == line || start + one.len() >= text.len() {
            break;
        }
        start += one.len() + 1;
    }
    let indent = found.len() - found.trim_start().len();
    let shown = found.trim_end();
    let Some(column) = column else { return start + indent..start + shown.len().max(indent) };
    let offset = |character: usize| shown.char_indices().nth(character).map_or(shown.len(), |(at, _)| at);
    let last = shown.char_indices().next_back().map_or(0, |(at, _)| at);
    let from = offset(column.saturating_sub(1)).min(last);
    let one_more = offset(shown.get(..from).map_or(0, |before| before.chars().count()) + 1);
    let to = end.map_or(one_more, |end| offset(end.saturating_sub(1))).max(one_more);
    start + from..start + to
}

#[cfg(test)]
mod tests;
