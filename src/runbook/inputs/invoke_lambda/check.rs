//! Checks an invocation before its references have values.

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{MapEntry, NodeKind};
use crate::runbook::inputs::ConstantInputs;
use crate::runbook::load::Constant;

use super::client_context;
use super::function_name::{FunctionName, check_qualifier};
use super::request::is_base64_json;

/// Reports constants with which the invocation can only fail, and inputs that have no effect.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    function(inputs);
    only_when_waiting(inputs);
    context(inputs);
    payload(inputs);
}

fn function(inputs: &mut dyn ConstantInputs<'_>) {
    let function = constant(inputs, "FunctionName").and_then(|(entry, text)| match FunctionName::parse(text) {
        Ok(function) => Some((entry, function)),
        Err(problem) => {
            inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, problem.to_string()));
            None
        }
    });
    let Some((entry, qualifier)) = constant(inputs, "Qualifier") else { return };
    if let Err(problem) = check_qualifier(qualifier) {
        inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, problem.to_string()));
    } else if let Some((name, function)) = function
        && let Some(in_name) = function.qualifier()
        && in_name != qualifier
    {
        inputs.report(
            Diagnostic::new(
                Code::InvalidInput,
                entry.value.span,
                format!("`Qualifier` is `{qualifier}`, but `FunctionName` has the qualifier `{in_name}`"),
            )
            .related(name.value.span, "has a qualifier of its own")
            .help("remove one of the two"),
        );
    }
}

/// An input that is a constant text.
fn constant<'d>(inputs: &dyn ConstantInputs<'d>, name: &str) -> Option<(&'d MapEntry, &'d str)> {
    let entry = inputs.get(name)?;
    Some((entry, Constant::text(inputs.template(name)).value()?))
}

/// `LogType: Tail` and `ClientContext` are for invocations that wait.
fn only_when_waiting(inputs: &mut dyn ConstantInputs<'_>) {
    let Some(kind) = inputs.get("InvocationType") else { return };
    let Constant::Value(waits @ ("Event" | "DryRun")) = Constant::text(inputs.template("InvocationType")) else {
        return;
    };
    let no_effect = |entry: &MapEntry, what: &str| {
        Diagnostic::new(Code::NoEffect, entry.key.span, format!("{what} has no effect with `InvocationType: {waits}`"))
            .related(kind.value.span, "does not wait for the result")
            .help(format!("remove `{}`, or use `RequestResponse`, which waits for the reply", entry.key.text))
    };
    if let Some(entry) = inputs.get("LogType")
        && entry.value.as_text() == Some("Tail")
    {
        inputs.report(no_effect(entry, "`LogType: Tail`"));
    }
    if let Some(entry) = inputs.get("ClientContext") {
        inputs.report(no_effect(entry, "`ClientContext`"));
    }
}

fn context(inputs: &mut dyn ConstantInputs<'_>) {
    let Some(entry) = inputs.get("ClientContext") else { return };
    let value = match &entry.value.kind {
        NodeKind::String { .. } => match Constant::text(inputs.template("ClientContext")) {
            Constant::Value("") | Constant::Reference | Constant::Other => return,
            Constant::Value(text) => Value::String(text.to_owned()),
        },
        NodeKind::Mapping(_) => entry.value.to_json(),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Sequence(_) => Value::Null,
    };
    if let Err(problem) = client_context::encode(&value) {
        inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, problem.to_string()));
    }
}

fn payload(inputs: &mut dyn ConstantInputs<'_>) {
    let payload = inputs.get("Payload");
    if let (Some(payload), Some(typed)) = (payload, inputs.get("InputPayload")) {
        inputs.report(
            Diagnostic::new(Code::NoEffect, payload.key.span, "`Payload` has no effect beside `InputPayload`")
                .related(typed.key.span, "the function receives this one")
                .help("remove one of the two"),
        );
        return;
    }
    let Some(entry) = payload else { return };
    let Constant::Value(text) = Constant::text(inputs.template("Payload")) else { return };
    if text.trim().is_empty() {
        return;
    }
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let mut diagnostic = Diagnostic::new(
            Code::PayloadNotJson,
            entry.value.span,
            format!("the payload is not JSON ({error}), and Lambda refuses it"),
        );
        diagnostic = if is_base64_json(text) {
            diagnostic.help("it looks like base64; write the JSON itself")
        } else {
            diagnostic.help("write JSON text, or a map under `InputPayload`")
        };
        inputs.report(diagnostic);
    }
}
