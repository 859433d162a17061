//! The text of prompts: the context, and the question.

use jiff::Timestamp;
use serde_json::Value;

use crate::engine::preview_inputs;
use crate::execution::Execution;
use crate::expression::{DataType, embedded};
use crate::limits::HISTORY_VALUE_CHARS;
use crate::name::ParameterName;
use crate::report::{HumanDuration, Palette, one_line, safe_lines};
use crate::runbook::{Parameter, ParameterType, Runbook, Step};

/// The user who started a waiting execution, and the step that follows.
pub fn render_context(execution: &Execution, runbook: &Runbook, now: Timestamp, palette: Palette) -> String {
    let started = execution.started();
    let age = HumanDuration::between(execution.started_at(), now);
    let (by, host) = (one_line(&started.executed_by), one_line(&started.launch.host));
    let mut text = format!("{} by {by} on {host}, {age} ago\n", palette.faint("started"));
    for (name, value) in &started.parameters {
        text.push_str(&format!("  {} = {}\n", palette.faint(name.as_str()), brief(value)));
    }
    let next = execution.current().and_then(|run| runbook.step(run.step.as_str()));
    let next = next.and_then(|step| runbook.successors(step).into_iter().next());
    if let Some(step) = next.and_then(|next| runbook.step(next.as_str())) {
        text.push_str(&format!("{} {}\n", palette.faint("then"), describe_step(execution, step, now, palette)));
    }
    text
}

/// A step with the inputs that it would be sent.
pub fn describe_step(execution: &Execution, step: &Step, now: Timestamp, palette: Palette) -> String {
    let mut text = format!("{} ({})", palette.strong(step.name.as_str()), step.inputs.action());
    for (name, value) in preview_inputs(step, execution, now) {
        text.push_str(&format!("\n  {} = {}", palette.faint(&name), brief(&value)));
    }
    text
}

/// A value on one short line.
pub fn brief(value: &Value) -> String {
    let text = embedded(value);
    let line = one_line(&text);
    console::truncate_str(&line, HISTORY_VALUE_CHARS, "…").into_owned()
}

/// The question for the value of a parameter.
pub fn ask_for_parameter(name: &ParameterName, parameter: &Parameter, palette: Palette) -> String {
    let mut text = String::new();
    for line in parameter.description.as_deref().map(safe_lines).unwrap_or_default() {
        text.push_str(&format!("{}\n", palette.faint(&line)));
    }
    let mut facts = vec![type_in_words(parameter.parameter_type)];
    if let Some(allowed) = &parameter.constraints.allowed_values {
        let values: Vec<String> = allowed.iter().map(|value| one_line(&embedded(value)).into_owned()).collect();
        facts.push(format!("one of {}", values.join(", ")));
    }
    if let Some(pattern) = &parameter.constraints.allowed_pattern {
        facts.push(format!("matching {}", one_line(pattern)));
    }
    text.push_str(&format!(
        "{} {}: ",
        palette.strong(name.as_str()),
        palette.faint(&format!("({})", facts.join("; ")))
    ));
    text
}

fn type_in_words(parameter_type: ParameterType) -> String {
    match parameter_type {
        ParameterType::Data(DataType::String) => "text".to_owned(),
        ParameterType::Data(DataType::StringList) => "list: a,b or JSON".to_owned(),
        ParameterType::Data(DataType::Integer) => "whole number".to_owned(),
        ParameterType::Data(DataType::Boolean) => "true or false".to_owned(),
        ParameterType::Data(DataType::StringMap) => "map: a=b,c=d or JSON".to_owned(),
        ParameterType::Data(DataType::MapList) => "list of maps as JSON".to_owned(),
        ParameterType::Aws(aws) => format!("matching {}", aws.pattern()),
        ParameterType::AwsList(aws) => format!("list: a,b, each matching {}", aws.pattern()),
    }
}

/// Parses an edited value: text for text, JSON for anything else. Empty input keeps the value.
pub fn read_edited(text: String, known: &Value) -> Result<Option<Value>, serde_json::Error> {
    match known {
        _ if text.is_empty() => Ok(None),
        Value::String(_) => Ok(Some(Value::String(text))),
        Value::Null => Ok(Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => serde_json::from_str(&text).map(Some),
    }
}
