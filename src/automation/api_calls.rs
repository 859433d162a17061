//! Checks the steps that call AWS APIs against the models of the services, before anything runs.
//!
//! The service accepts such a runbook, and the step fails when it is reached: so every problem is a warning.

use crate::aws::{
    Models, ParameterPath, ParameterProblem, ParameterValue, PathPart, UnknownApi, UnknownValue, find_operation,
    validate_parameters,
};
use crate::diagnostic::{Code, Diagnostic, Span, suggestion};
use crate::expression::{DataType, Reference, Template, ValueTemplate};
use crate::limits::SUGGESTED_PARAMETERS;
use crate::runbook::inputs::{ApiCall, PositionTree};
use crate::runbook::{Loaded, Runbook};

/// All problems of the API calls of a runbook.
pub(super) fn check_api_calls(loaded: &Loaded, models: &Models) -> Vec<Diagnostic> {
    loaded.api_calls.iter().flat_map(|call| check_call(call, loaded.runbook.as_ref(), models)).collect()
}

fn check_call(call: &ApiCall, runbook: Option<&Runbook>, models: &Models) -> Vec<Diagnostic> {
    let (service, model) = match models.service(&call.service.0) {
        Ok(found) => found,
        Err(unknown) => return vec![unknown_api(call, &unknown)],
    };
    let operation = match find_operation(service, &model, &call.operation.0) {
        Ok(operation) => operation,
        Err(unknown) => return vec![unknown_api(call, &unknown)],
    };
    let parameters: Vec<(&str, ParameterValue<'_>)> = call
        .parameters
        .iter()
        .map(|parameter| (parameter.name.as_str(), known_part(&parameter.value, runbook)))
        .collect();
    let problems = validate_parameters(&operation, &parameters);
    problems.iter().map(|problem| invalid_parameter(call, problem)).collect()
}

fn unknown_api(call: &ApiCall, unknown: &UnknownApi) -> Diagnostic {
    let at = match unknown {
        UnknownApi::Service { .. }
        | UnknownApi::Protocol { .. }
        | UnknownApi::Signature { .. }
        | UnknownApi::Discovery { .. }
        | UnknownApi::Model(_) => call.service.1,
        UnknownApi::Operation { .. } | UnknownApi::Streaming { .. } => call.operation.1,
    };
    let diagnostic = Diagnostic::new(Code::UnknownApi, at, unknown.to_string());
    match unknown.nearest() {
        Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
        None => diagnostic.label("the step can only fail"),
    }
}

fn invalid_parameter(call: &ApiCall, problem: &ParameterProblem) -> Diagnostic {
    let (at, message, help) = match problem {
        ParameterProblem::Unknown { path, name, valid } => {
            let nearest = suggestion(name, valid.iter().map(String::as_str));
            let help = match nearest {
                Some(nearest) => Some(format!("did you mean `{nearest}`?")),
                None if valid.is_empty() => Some("the operation takes no parameters".to_owned()),
                None if valid.len() <= SUGGESTED_PARAMETERS => Some(format!("it can be one of: {}", valid.join(", "))),
                None => None,
            };
            (key_position(call, path, name), format!("Unknown parameter in {path}: \"{name}\""), help)
        }
        ParameterProblem::Missing { .. }
        | ParameterProblem::Type { .. }
        | ParameterProblem::UnknownType { .. }
        | ParameterProblem::Range { .. }
        | ParameterProblem::Length { .. }
        | ParameterProblem::SeveralOfUnion { .. }
        | ParameterProblem::NoneOfUnion { .. } => (value_position(call, problem.path()), problem.to_string(), None),
    };
    let diagnostic = Diagnostic::new(Code::InvalidApiParameter, at, message);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic.label("the step can only fail"),
    }
}

/// The position of a part of the request: the nearest one that was written.
fn value_position(call: &ApiCall, path: &ParameterPath) -> Span {
    match (written_part(call, path.parts()), path.parts().last()) {
        (None, _) => call.operation.1,
        (Some((key, _)), Some(PathPart::Key(_))) => key,
        (Some((_, value)), Some(PathPart::Member(_) | PathPart::Item(_)) | None) => value.at,
    }
}

/// The position of a key in a part of the request.
fn key_position(call: &ApiCall, path: &ParameterPath, name: &str) -> Span {
    let key = match path.parts() {
        [] => written_part(call, &[PathPart::Member(name.to_owned())]).map(|(key, _)| key),
        parts => written_part(call, parts).map(|(_, value)| value.member(name).map_or(value.at, |(key, _)| key)),
    };
    key.unwrap_or(call.operation.1)
}

/// The position of the key and the positions of the value of a part of the request: of the nearest one that was written.
fn written_part<'c>(call: &'c ApiCall, parts: &[PathPart]) -> Option<(Span, &'c PositionTree)> {
    let [PathPart::Member(first), rest @ ..] = parts else { return None };
    let parameter = call.parameters.iter().find(|parameter| parameter.name == *first)?;
    let mut found = (parameter.name_at, &parameter.positions);
    for part in rest {
        let inner = match part {
            PathPart::Member(name) | PathPart::Key(name) => found.1.member(name),
            PathPart::Item(index) => found.1.item(*index).map(|item| (item.at, item)),
        };
        match inner {
            Some(inner) => found = inner,
            None => break,
        }
    }
    Some(found)
}

/// A value as far as it is known before the step runs.
fn known_part<'v>(value: &'v ValueTemplate, runbook: Option<&Runbook>) -> ParameterValue<'v> {
    match value {
        ValueTemplate::Literal(value) => ParameterValue::Value(value),
        ValueTemplate::Text(template) => ParameterValue::Unknown(known_type(template, runbook)),
        ValueTemplate::List(items) => {
            ParameterValue::List(items.iter().map(|item| known_item(item, runbook)).collect())
        }
        ValueTemplate::Map(members) => ParameterValue::Map(
            members.iter().map(|(name, member)| (name.as_str(), known_part(member, runbook))).collect(),
        ),
    }
}

/// An item of a list: a list that a reference gives is spliced in (spec 3.2).
fn known_item<'v>(item: &'v ValueTemplate, runbook: Option<&Runbook>) -> ParameterValue<'v> {
    match known_part(item, runbook) {
        ParameterValue::Unknown(UnknownValue::List | UnknownValue::Anything) => {
            ParameterValue::Unknown(UnknownValue::Items)
        }
        other => other,
    }
}

/// The type of a text with references: that of the value, when it is one reference and nothing else.
fn known_type(template: &Template, runbook: Option<&Runbook>) -> UnknownValue {
    let Some(reference) = template.whole() else { return UnknownValue::Text };
    match reference {
        Reference::Parameter(name) => {
            let declared = runbook.and_then(|runbook| runbook.parameters().get(name));
            declared.map_or(UnknownValue::Anything, |declared| of_type(declared.parameter_type.data_type()))
        }
        Reference::Variable(name) => {
            let declared = runbook.and_then(|runbook| runbook.variables().get(name));
            declared.map_or(UnknownValue::Anything, |declared| of_type(declared.data_type))
        }
        Reference::Global(_) | Reference::ExecutionId => UnknownValue::Text,
        Reference::StepOutput { .. } | Reference::Ssm(_) | Reference::UnknownSystem(_) => UnknownValue::Anything,
    }
}

const fn of_type(data_type: DataType) -> UnknownValue {
    match data_type {
        DataType::String => UnknownValue::Text,
        DataType::Integer => UnknownValue::Integer,
        DataType::Boolean => UnknownValue::Boolean,
        DataType::StringList | DataType::MapList => UnknownValue::List,
        DataType::StringMap => UnknownValue::Map,
    }
}
