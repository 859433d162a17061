//! `parameters` and `variables` (spec 1.3, 1.4).

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{MapEntry, Node, NodeKind};
use crate::expression::{DataType, Reference, ValueTemplate};
use crate::name::{ParameterName, VariableName};
use crate::runbook::java_pattern::JavaPattern;
use crate::runbook::{AwsType, Constraints, Parameter, ParameterType, TYPES, Variable};

use super::reader::{Place, Reader};
use super::words;

const PARAMETER_KEYS: &[&str] = &[
    "type",
    "description",
    "default",
    "allowedValues",
    "allowedPattern",
    "displayType",
    "minItems",
    "maxItems",
    "minChars",
    "maxChars",
];

const VARIABLE_KEYS: &[&str] = &["type", "description", "default"];

/// A parameter that is declared, also when its declaration has problems.
pub(crate) struct Declared {
    pub(crate) meant: Parameter,
    pub(crate) at: Span,
}

pub(super) fn parameters<'d>(reader: &mut Reader<'d>, root: &'d Node) -> IndexMap<ParameterName, Declared> {
    let entries = declarations(reader, root, "parameters");
    entries.iter().map(|entry| (ParameterName::from(entry.key.text.as_str()), parameter(reader, entry))).collect()
}

pub(super) fn variables<'d>(reader: &mut Reader<'d>, root: &'d Node) -> IndexMap<VariableName, Variable> {
    let entries = declarations(reader, root, "variables");
    entries.iter().map(|entry| (VariableName::from(entry.key.text.as_str()), variable(reader, entry))).collect()
}

fn declarations<'d>(reader: &mut Reader<'d>, root: &'d Node, key: &str) -> &'d [MapEntry] {
    match root.get(key) {
        Some(entry) if entry.value.kind != NodeKind::Null => {
            reader.map(&entry.value, &format!("`{key}`")).unwrap_or_default()
        }
        Some(_) | None => &[],
    }
}

fn parameter<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry) -> Declared {
    let name = &entry.key.text;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let fitting: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut diagnostic = Diagnostic::new(
            Code::InvalidParameterName,
            entry.key.span,
            format!("the parameter name `{name}` has characters other than letters and digits"),
        );
        if !fitting.is_empty() {
            diagnostic = diagnostic.help(format!("`{fitting}` would do"));
        }
        reader.report(diagnostic);
    }
    let unreadable = Declared {
        meant: Parameter {
            parameter_type: ParameterType::Data(DataType::String),
            description: None,
            default: None,
            constraints: Constraints::default(),
        },
        at: entry.key.span,
    };
    let node = &entry.value;
    let Some(entries) = reader.map(node, &format!("the parameter `{name}`")) else { return unreadable };
    reader.unknown_keys(entries, PARAMETER_KEYS, "a parameter");
    let parameter_type = declared_type(reader, node, entry, "parameter", parameter_type);
    // A type that does not exist is reported already.
    let takes_stored = parameter_type
        .is_none_or(|known| matches!(known, ParameterType::Data(DataType::String | DataType::StringList)));
    let place = Place::ParameterDefault { takes_stored };
    let default = default(reader, node, place, parameter_type.map(ParameterType::data_type), || {
        parameter_type.map_or_else(String::new, |known| known.to_string())
    });
    let constraints = constraints(reader, node);
    if let (Some(parameter_type), Some(default)) = (parameter_type, &default) {
        default_against_constraints(reader, node, default, parameter_type, &constraints);
    }
    Declared {
        meant: Parameter {
            parameter_type: parameter_type.unwrap_or(ParameterType::Data(DataType::String)),
            description: reader.optional_text(node, "description"),
            default,
            constraints,
        },
        at: entry.key.span,
    }
}

fn variable<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry) -> Variable {
    let node = &entry.value;
    let name = &entry.key.text;
    if Reference::parse(&format!("variable:{name}")).is_none() {
        reader.report(
            Diagnostic::new(
                Code::NoEffect,
                entry.key.span,
                format!("no reference can use the variable `{name}`: `{{{{ variable:{name} }}}}` is plain text"),
            )
            .help("use letters, digits, `_` and `-`"),
        );
    }
    let Some(entries) = reader.map(node, &format!("the variable `{}`", entry.key.text)) else {
        return Variable { data_type: DataType::String, default: None, description: None };
    };
    reader.unknown_keys(entries, VARIABLE_KEYS, "a variable");
    let data_type = declared_type(reader, node, entry, "variable", DataType::parse);
    let default = default(reader, node, Place::VariableDefault, data_type, || {
        data_type.map_or_else(String::new, |t| t.to_string())
    });
    Variable {
        data_type: data_type.unwrap_or(DataType::String),
        default,
        description: reader.optional_text(node, "description"),
    }
}

fn declared_type<'d, T>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    entry: &'d MapEntry,
    what: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let Some(written) = node.get("type") else {
        reader.report(
            Diagnostic::new(
                Code::MissingType,
                entry.key.span,
                format!("the {what} `{}` has no `type`", entry.key.text),
            )
            .help("add for example `type: String`"),
        );
        return None;
    };
    let text = reader.text(&written.value, "`type`")?;
    let known = parse(text);
    if known.is_none() {
        let aws_types = if what == "parameter" { AWS_TYPES } else { &[] };
        let names: Vec<&str> =
            TYPES.iter().copied().chain(aws_types.iter().flat_map(|(_, one, list)| [*one, *list])).collect();
        let mut diagnostic =
            Diagnostic::new(Code::UnknownType, written.value.span, format!("there is no {what} type `{text}`"));
        diagnostic = match reader.suggest.nearest(text, names.iter().copied()) {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
            None => diagnostic.help(format!("types are {}", TYPES.join(", "))),
        };
        reader.report(diagnostic);
    }
    known
}

/// The default, checked against the type. Constraints are not applied to defaults (spec 1.3).
fn default<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    place: Place,
    shape: Option<DataType>,
    type_name: impl Fn() -> String,
) -> Option<ValueTemplate> {
    let entry = node.get("default")?;
    let tree = reader.tree(&entry.key.text, &entry.value, place);
    if let Some(shape) = shape
        && !fits(&entry.value, &tree, shape, place)
    {
        let mut diagnostic = Diagnostic::new(
            Code::WrongDefault,
            entry.value.span,
            format!("the default is {}, and the type is {}", entry.value.described(), type_name()),
        )
        .label(format!("expected {}", expected(shape)));
        if shape == DataType::String && matches!(entry.value.kind, NodeKind::Number(_) | NodeKind::Bool(_)) {
            diagnostic = diagnostic
                .help(format!("write it in quotes: `\"{}\"`", reader.document.source.slice(entry.value.span)));
        }
        if entry.value.kind == NodeKind::Null {
            diagnostic = diagnostic.help("remove `default` if a value must be supplied");
        }
        reader.report(diagnostic);
    }
    Some(tree)
}

/// Whether a default is of a type, as the service checks it when a document is created.
fn fits(node: &Node, template: &ValueTemplate, shape: DataType, place: Place) -> bool {
    if matches!(template, ValueTemplate::Text(_)) {
        return true;
    }
    let json_text = |wanted: fn(&Value) -> bool| {
        node.as_text().and_then(|text| serde_json::from_str::<Value>(text).ok()).is_some_and(|value| wanted(&value))
    };
    match (shape, &node.kind) {
        (DataType::String, NodeKind::String { .. })
        | (DataType::Boolean, NodeKind::Bool(_))
        | (DataType::StringMap, NodeKind::Mapping(_)) => true,
        (DataType::Boolean, NodeKind::String { text, .. }) => {
            place == Place::VariableDefault && matches!(text.as_str(), "true" | "false")
        }
        (DataType::Integer, NodeKind::Number(number)) => number.is_i64() || number.is_u64(),
        (DataType::Integer, NodeKind::String { text, .. }) => text.trim().parse::<i64>().is_ok(),
        (DataType::StringList, NodeKind::Sequence(items)) => {
            items.iter().all(|item| !matches!(item.kind, NodeKind::Sequence(_) | NodeKind::Mapping(_) | NodeKind::Null))
        }
        (DataType::StringList, NodeKind::String { .. }) => {
            place == Place::VariableDefault && json_text(Value::is_array)
        }
        (DataType::StringMap, NodeKind::String { .. }) => json_text(Value::is_object),
        (DataType::MapList, NodeKind::Sequence(items)) => items.iter().all(|item| {
            matches!(item.kind, NodeKind::Mapping(_)) || item.as_text().is_some_and(|text| text.contains('{'))
        }),
        (DataType::MapList, NodeKind::String { .. }) => json_text(Value::is_array),
        _ => false,
    }
}

fn expected(shape: DataType) -> &'static str {
    match shape {
        DataType::String => "a text",
        DataType::StringList => "a list of texts",
        DataType::Integer => "a whole number",
        DataType::Boolean => "`true` or `false`, without quotes",
        DataType::StringMap => "a map",
        DataType::MapList => "a list of maps",
    }
}

fn constraints<'d>(reader: &mut Reader<'d>, node: &'d Node) -> Constraints {
    let allowed_values = node.get("allowedValues").and_then(|entry| {
        let items = reader.list(&entry.value, "`allowedValues`")?;
        for diagnostic in items.iter().filter_map(words::ambiguous) {
            reader.report(diagnostic);
        }
        Some(items.iter().map(Node::to_json).collect())
    });
    let allowed_pattern = node.get("allowedPattern").and_then(|entry| {
        let pattern = reader.text(&entry.value, "`allowedPattern`")?;
        if let Err(problem) = JavaPattern::check(pattern) {
            let next = pattern.get(problem.offset..).and_then(|rest| rest.chars().next());
            let at = next.map_or(entry.value.span, |next| {
                reader.document.span_within(&entry.value, problem.offset..problem.offset + next.len_utf8())
            });
            reader.report(
                Diagnostic::new(Code::InvalidPattern, at, format!("invalid pattern: {problem}"))
                    .help("every supplied value will be rejected; write a Java regular expression"),
            );
        }
        Some(pattern.to_owned())
    });
    let mut bound = |key: &str| node.get(key).and_then(|entry| reader.integer(&entry.value, key, 0));
    Constraints {
        allowed_values,
        allowed_pattern,
        min_items: bound("minItems"),
        max_items: bound("maxItems"),
        min_chars: bound("minChars"),
        max_chars: bound("maxChars"),
    }
}

/// Warns of a default that is not among the allowed values. An empty default is the usual way to say "optional" and
/// is left alone. So is a default that does not match `allowedPattern`: public runbooks have many such on purpose.
fn default_against_constraints<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    default: &ValueTemplate,
    parameter_type: ParameterType,
    constraints: &Constraints,
) {
    let Some(entry) = node.get("default") else { return };
    let elements: &[Node] = match (parameter_type.data_type(), &entry.value.kind) {
        (DataType::StringMap | DataType::MapList, _) => return,
        (DataType::StringList, NodeKind::Sequence(items)) => items,
        _ => std::slice::from_ref(&entry.value),
    };
    let has_reference = |position| match default {
        ValueTemplate::Text(_) => true,
        ValueTemplate::List(items) => matches!(items.get(position), Some(ValueTemplate::Text(_))),
        ValueTemplate::Literal(_) | ValueTemplate::Map(_) => false,
    };
    for (position, element) in elements.iter().enumerate() {
        let text = match &element.kind {
            NodeKind::String { text, .. } => text.clone(),
            NodeKind::Number(number) => number.to_string(),
            NodeKind::Bool(value) => value.to_string(),
            NodeKind::Null | NodeKind::Sequence(_) | NodeKind::Mapping(_) => continue,
        };
        if text.is_empty() || has_reference(position) {
            continue;
        }
        if let Some(allowed) = &constraints.allowed_values
            && !allowed.iter().any(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned) == text)
        {
            let mut diagnostic = Diagnostic::new(
                Code::DefaultViolatesConstraint,
                element.span,
                format!("the default `{text}` is not among the allowed values"),
            )
            .help("the default works if no value is supplied, but supplying the same value is rejected");
            if let Some(constraint) = node.get("allowedValues") {
                diagnostic = diagnostic.related(constraint.key.span, "the allowed values");
            }
            reader.report(diagnostic);
        }
    }
}

const AWS_TYPES: &[(AwsType, &str, &str)] = &[
    (AwsType::Ec2InstanceId, "AWS::EC2::Instance::Id", "List<AWS::EC2::Instance::Id>"),
    (AwsType::S3BucketName, "AWS::S3::Bucket::Name", "List<AWS::S3::Bucket::Name>"),
    (AwsType::IamRoleArn, "AWS::IAM::Role::Arn", "List<AWS::IAM::Role::Arn>"),
];

fn parameter_type(text: &str) -> Option<ParameterType> {
    DataType::parse(text).map(ParameterType::Data).or_else(|| {
        AWS_TYPES.iter().find_map(|(aws, one, list)| {
            if text == *one {
                Some(ParameterType::Aws(*aws))
            } else {
                (text == *list).then_some(ParameterType::AwsList(*aws))
            }
        })
    })
}

impl ParameterType {
    /// Every type by name, in the order of the service's documentation.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        TYPES.iter().copied().chain(AWS_TYPES.iter().flat_map(|(_, one, list)| [*one, *list]))
    }
}

impl std::fmt::Display for ParameterType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let aws = |wanted: AwsType| AWS_TYPES.iter().find(|(aws, ..)| *aws == wanted);
        match self {
            Self::Data(data_type) => data_type.fmt(f),
            Self::Aws(wanted) => f.write_str(aws(*wanted).map_or("", |(_, one, _)| one)),
            Self::AwsList(wanted) => f.write_str(aws(*wanted).map_or("", |(_, _, list)| list)),
        }
    }
}
