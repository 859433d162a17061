//! Replies and parameters generated from what a runbook declares, so that it can run to an end.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::case::{Answer, Case, Expect, Replies, Reply, ScriptMode, ScriptedSignal, Turn};
use crate::actions::ScriptedReply;
use crate::diagnostic::Span;
use crate::engine::StartScope;
use crate::event::{Environment, Signal};
use crate::expression::{DataType, Reference, Selector, ValueTemplate, output_texts};
use crate::limits::GENERATED_ITEMS;
use crate::name::{ParameterName, StepName};
use crate::runbook::inputs::{Comparison, Condition, Example, OutputSpec, ReplyForm};
use crate::runbook::{AwsType, Inputs, Parameter, ParameterType, Runbook, Step};

/// Generates a case with a value for every required parameter, and for every step that calls something a reply that
/// yields its declared outputs. Where a branch compares an output with a value, the reply has that value.
pub fn generate_case(runbook: &Runbook) -> Case {
    let nowhere = Span::new(0, 0);
    let hints = hints(runbook);
    let steps = super::read::steps(runbook).filter(|step| step.inputs.action().control().is_none()).map(|step| {
        let answer = answer(step, &hints, Some(runbook));
        let reply = Reply { at: nowhere, delay: Duration::ZERO, times: None, answer };
        (step.name.to_string(), Replies { at: nowhere, turn: Turn::Every(vec![reply]), is_default: true })
    });
    let parameters: IndexMap<ParameterName, Value> =
        runbook.parameters().iter().map(|(name, it)| (name.clone(), parameter(name.as_str(), it))).collect();
    Case {
        name: "generated".to_owned(),
        at: nowhere,
        parameters: parameters.clone(),
        environment: environment(),
        now: jiff::Timestamp::UNIX_EPOCH,
        started_by: "tester".to_owned(),
        no_self_approval: false,
        steps: steps.collect(),
        scripts: ScriptMode::Mocked,
        signals: signals(runbook, &parameters),
        stop: None,
        allow_unused: true,
        expect: Expect::success(nowhere),
    }
}

fn environment() -> Environment {
    Environment {
        region: Some("us-east-1".to_owned()),
        account_id: Some("123456789012".to_owned()),
        partition: "aws".to_owned(),
    }
}

/// Approves every approval, and resumes every pause.
fn signals(runbook: &Runbook, parameters: &IndexMap<ParameterName, Value>) -> Vec<ScriptedSignal> {
    let environment = environment();
    let scope = StartScope { parameters, environment: &environment, execution: "", now: jiff::Timestamp::UNIX_EPOCH };
    let mut signals = Vec::new();
    for step in super::read::steps(runbook) {
        let (signal, people) = match &step.inputs {
            Inputs::Approve(trees) => {
                let approvers = trees.get("Approvers").map(|tree| output_texts(&tree.resolve_known(&scope)));
                (Signal::Approve, approvers.unwrap_or_default())
            }
            Inputs::Pause(_) => (Signal::Resume, vec!["operator".to_owned()]),
            _ => continue,
        };
        signals.extend(people.into_iter().map(|by| ScriptedSignal {
            at: Span::new(0, 0),
            step: step.name.to_string(),
            iteration: 1,
            signal,
            by,
            comment: None,
            after: Duration::ZERO,
            taken: true,
        }));
    }
    signals
}

/// Generates a reply for a step in the form of a case file.
pub(super) fn snippet(name: &StepName, step: Option<&Step>) -> String {
    let reply = match step.map(|step| answer(step, &Hints::new(), None)) {
        Some(Answer::Reply(ScriptedReply::Payload { payload, .. })) => json!({ "payload": payload }),
        Some(Answer::Reply(ScriptedReply::Document { document, .. })) => json!({ "result": document }),
        _ => json!({ "outputs": {} }),
    };
    format!("  {name}: {reply}")
}

fn answer(step: &Step, hints: &Hints, runbook: Option<&Runbook>) -> Answer {
    let spec = step.inputs.action().spec();
    let form = spec.reply;
    let mut document = Value::Object(Map::new());
    for output in spec.outputs.iter().filter(|_| form != ReplyForm::Payload) {
        let example = output_example(output, step, hints, runbook);
        put(&mut document, &[Segment::Child(output.name.to_owned())], example);
    }
    for output in &step.outputs {
        let Some(selector) = &output.selector else { continue };
        let hint = hints.get(&(step.name.to_string(), output.name.to_string()));
        let value = hint.cloned().unwrap_or_else(|| value(output.name.as_str(), output.data_type));
        let segments = segments(&selector.path());
        // A search returns a list of its matches; a single match is taken as itself where a scalar is declared.
        let value = match (selector.is_search(), value) {
            (true, Value::Array(mut items)) => items.pop().unwrap_or_default(),
            (_, value) => value,
        };
        put(&mut document, &segments, value);
    }
    if let Some((selector, desired)) = desired_property(step, hints, runbook) {
        put(&mut document, &segments(&selector.path()), desired);
    }
    let outputs = Map::new();
    Answer::Reply(match form {
        ReplyForm::Payload => ScriptedReply::Payload { payload: document, outputs },
        ReplyForm::PayloadMember | ReplyForm::Document | ReplyForm::JudgedDocument | ReplyForm::None { .. } => {
            ScriptedReply::Document { document, outputs }
        }
    })
}

/// The property that a step waits for or requires, and its first desired value.
fn desired_property(step: &Step, hints: &Hints, runbook: Option<&Runbook>) -> Option<(Selector, Value)> {
    let trees = step.inputs.trees();
    let selector = trees.get("PropertySelector")?.as_literal()?.as_str()?;
    let desired = match trees.get("DesiredValues")? {
        ValueTemplate::List(items) => known_value(items.first()?, hints, runbook)?,
        one => known_value(one, hints, runbook)?,
    };
    let desired = match desired {
        Value::Array(items) => items.into_iter().next()?,
        one => one,
    };
    let value = match desired.as_str() {
        Some("True" | "true") => Value::Bool(true),
        Some("False" | "false") => Value::Bool(false),
        Some(_) | None => desired,
    };
    Some((Selector::parse(selector).ok()?, value))
}

/// A constant, or the value that the case gives to a parameter or an output.
fn known_value(tree: &ValueTemplate, hints: &Hints, runbook: Option<&Runbook>) -> Option<Value> {
    match tree {
        ValueTemplate::Literal(value) => Some(value.clone()),
        ValueTemplate::Text(template) => match template.whole()? {
            Reference::Parameter(name) => {
                runbook?.parameters().get(name).map(|declared| parameter(name.as_str(), declared))
            }
            Reference::StepOutput { step, output } => {
                if let Some(hint) = hints.get(&(step.to_string(), output.to_string())) {
                    return Some(hint.clone());
                }
                let declared =
                    runbook?.step(step.as_str())?.outputs.iter().find(|declared| declared.name == *output)?;
                Some(value(declared.name.as_str(), declared.data_type))
            }
            Reference::Variable(_)
            | Reference::Global(_)
            | Reference::ExecutionId
            | Reference::Ssm(_)
            | Reference::UnknownSystem(_) => None,
        },
        ValueTemplate::List(_) | ValueTemplate::Map(_) => None,
    }
}

/// Generates a value for an output that an action fixes.
fn output_example(output: &OutputSpec, step: &Step, hints: &Hints, runbook: Option<&Runbook>) -> Value {
    let example = match output.example {
        Some(Example::EmptyMap) => Some(json!({})),
        Some(Example::Text(text)) => Some(json!(text)),
        Some(Example::Integer(number)) => Some(json!(number)),
        Some(Example::Input(input)) => {
            step.inputs.trees().get(input).and_then(|tree| known_value(tree, hints, runbook))
        }
        None => None,
    };
    match example {
        Some(example) if output.data_type == DataType::StringList => json!([example]),
        Some(example) => example,
        None => value(output.name, output.data_type),
    }
}

fn value(name: &str, data_type: DataType) -> Value {
    match data_type {
        DataType::String => json!(name),
        DataType::StringList => json!([name]),
        DataType::Integer => json!(1),
        DataType::Boolean => json!(true),
        DataType::StringMap => json!({ "name": name }),
        DataType::MapList => json!([{ "name": name }]),
    }
}

fn parameter(name: &str, parameter: &Parameter) -> Value {
    let literal = parameter.default.as_ref().and_then(|default| default.as_literal());
    let allowed = parameter.constraints.allowed_values.as_ref().and_then(|values| values.first());
    let data_type = parameter.parameter_type.data_type();
    let fits = |value: &&Value| crate::expression::accepts(value, data_type);
    if let Some(value) = literal.filter(fits) {
        return value.clone();
    }
    if let Some(value) = allowed {
        let is_list = data_type == DataType::StringList && !value.is_array();
        return if is_list { json!([value]) } else { value.clone() };
    }
    match parameter.parameter_type {
        ParameterType::Data(data_type) => value(name, data_type),
        ParameterType::Aws(kind) => json!(aws_example(kind)),
        ParameterType::AwsList(kind) => json!([aws_example(kind)]),
    }
}

fn aws_example(kind: AwsType) -> &'static str {
    match kind {
        AwsType::Ec2InstanceId => "i-0123456789abcdef0",
        AwsType::S3BucketName => "example-bucket",
        AwsType::IamRoleArn => "arn:aws:iam::123456789012:role/example",
    }
}

/// Values of outputs, by step and output.
type Hints = IndexMap<(String, String), Value>;

/// The values that branches compare outputs with, so that a choice is taken, and those that inputs with few values need.
fn hints(runbook: &Runbook) -> Hints {
    let mut hints = Hints::new();
    for step in super::read::steps(runbook) {
        for (input, tree) in step.inputs.trees() {
            let values = step.inputs.action().spec().input(input).map(|input| input.values).unwrap_or_default();
            if let (ValueTemplate::Text(template), Some(value)) = (tree, values.first())
                && let Some(Reference::StepOutput { step, output }) = template.whole()
            {
                hints.entry((step.to_string(), output.to_string())).or_insert_with(|| json!(value));
            }
        }
        if let Some(locations) = step.inputs.trees().get("TargetLocations") {
            hint_of_places(locations, &mut hints);
        }
        if let Inputs::Branch(branch) = &step.inputs {
            for choice in &branch.choices {
                hint(&choice.condition, &mut hints);
            }
        }
    }
    hints
}

/// Outputs that name the accounts and the Regions of locations: those of the case.
fn hint_of_places(locations: &ValueTemplate, hints: &mut Hints) {
    match locations {
        ValueTemplate::List(items) => items.iter().for_each(|item| hint_of_places(item, hints)),
        ValueTemplate::Map(members) => {
            let Environment { region, account_id, .. } = environment();
            for (member, example) in [("Accounts", account_id), ("Regions", region)] {
                if let (Some(names), Some(example)) = (members.get(member), example) {
                    hint_of_names(names, &example, hints);
                }
            }
        }
        ValueTemplate::Literal(_) | ValueTemplate::Text(_) => {}
    }
}

fn hint_of_names(names: &ValueTemplate, example: &str, hints: &mut Hints) {
    match names {
        ValueTemplate::List(items) => items.iter().for_each(|item| hint_of_names(item, example, hints)),
        ValueTemplate::Text(template) => {
            if let Some(Reference::StepOutput { step, output }) = template.whole() {
                hints.entry((step.to_string(), output.to_string())).or_insert_with(|| json!(example));
            }
        }
        ValueTemplate::Literal(_) | ValueTemplate::Map(_) => {}
    }
}

fn hint(condition: &Condition, hints: &mut Hints) {
    match condition {
        Condition::Compare(comparison) => hint_of(comparison, hints),
        Condition::And(several) | Condition::Or(several) => several.iter().for_each(|one| hint(one, hints)),
        Condition::Not(_) => {}
    }
}

fn hint_of(Comparison { variable, value, operator }: &Comparison, hints: &mut Hints) {
    use crate::runbook::inputs::Operator;
    let equals = matches!(operator, Operator::StringEquals | Operator::NumericEquals | Operator::BooleanEquals);
    let reference = variable.references().next();
    if let (true, Some(Reference::StepOutput { step, output }), Some(value)) = (equals, reference, value.as_literal()) {
        hints.entry((step.to_string(), output.to_string())).or_insert_with(|| value.clone());
    }
}

/// One segment of a selector in RFC 9535 syntax.
#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Child(String),
    Index(usize),
    /// Every item of a list, and the condition of a filter.
    Items(Option<(String, Value)>),
}

/// The segments of a selector, as far as a matching value can be generated.
fn segments(path: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        // `..name` matches at any depth, including the top level.
        rest = rest.trim_start_matches('.');
        if let Some(inside) = rest.strip_prefix('[') {
            let Some(end) = closing(inside) else { break };
            let (inner, after) = inside.split_at(end);
            segments.push(bracketed(inner));
            rest = after.strip_prefix(']').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            segments.push(if name == "*" { Segment::Items(None) } else { Segment::Child(name.to_owned()) });
            rest = after;
        }
    }
    segments
}

/// Finds the end of the open bracket, skipping quotes and inner brackets.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            (Some(_) | None, _) => {}
        }
    }
    None
}

fn bracketed(inner: &str) -> Segment {
    let inner = inner.trim();
    if let Some(name) = inner.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Segment::Child(name.replace("\\'", "'").replace("\\\\", "\\"));
    }
    if let Ok(index) = inner.parse::<i64>() {
        return Segment::Index(usize::try_from(index).unwrap_or_default());
    }
    let Some(filter) = inner.strip_prefix('?') else { return Segment::Items(None) };
    let filter = filter.trim().trim_start_matches('(').trim_end_matches(')');
    let Some((name, wanted)) = filter.trim_start_matches("@.").split_once("==") else { return Segment::Items(None) };
    let wanted = wanted.trim();
    let unquoted = wanted.strip_prefix(['\'', '"']).and_then(|rest| rest.strip_suffix(['\'', '"']));
    let wanted = unquoted.map_or_else(|| serde_json::from_str(wanted).unwrap_or_default(), |text| json!(text));
    Segment::Items(Some((name.trim().to_owned(), wanted)))
}

/// Creates a location and sets its value. Replaces conflicting values.
fn put(at: &mut Value, path: &[Segment], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        // A selector of the whole value replaces nothing.
        if !at.is_object() || at.as_object().is_some_and(Map::is_empty) {
            *at = value;
        }
        return;
    };
    match first {
        Segment::Child(name) => {
            if !at.is_object() {
                *at = json!({});
            }
            if let Some(members) = at.as_object_mut() {
                put(members.entry(name.clone()).or_insert(Value::Null), rest, value);
            }
        }
        Segment::Index(_) | Segment::Items(_) => {
            if !at.is_array() {
                *at = json!([]);
            }
            let Some(items) = at.as_array_mut() else { return };
            let index = match first {
                Segment::Index(index) => (*index).min(GENERATED_ITEMS),
                _ => 0,
            };
            if items.len() <= index {
                items.resize(index + 1, Value::Null);
            }
            let Some(item) = items.get_mut(index) else { return };
            put(item, rest, value);
            if let Segment::Items(Some((name, wanted))) = first {
                put(item, &[Segment::Child(name.clone())], wanted.clone());
            }
        }
    }
}
