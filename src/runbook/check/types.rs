//! Checks for values that never have the required type (spec 2.5, 4.2, 4.5 to 4.7). Reports only what is certain.

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Node, NodeKind};
use crate::expression::{DataType, Reference, ValueTemplate, accepts, convert};
use crate::runbook::inputs::{Operand, Operator};
use crate::runbook::load::{ExpectedType, Reader, TypeConstraint};
use crate::runbook::{AwsType, ParameterType};

use super::Names;
use super::graph::Graph;

pub(super) fn check(reader: &mut Reader<'_>, names: &Names<'_>, graph: &Graph) {
    for needed in std::mem::take(&mut reader.needed) {
        if let Some(diagnostic) = check_type(reader, names, graph, &needed) {
            reader.report(diagnostic);
        }
    }
}

fn check_type(
    reader: &Reader<'_>,
    names: &Names<'_>,
    graph: &Graph,
    needed: &TypeConstraint<'_>,
) -> Option<Diagnostic> {
    let node = needed.node;
    let tree = &needed.template;
    let found = type_of(reader, names, graph, tree);
    let warning = |message: String| Diagnostic::new(Code::TypeMismatch, node.span, message);
    match &needed.need {
        ExpectedType::Variable(name) => {
            let wanted = names.variables.get(name)?.data_type;
            let fits = match (tree, found) {
                // A list of one text is accepted where a text is expected (spec 9.11a).
                (ValueTemplate::Literal(value), _) => {
                    accepts(value, wanted)
                        || (wanted == DataType::String
                            && value
                                .as_array()
                                .is_some_and(|items| items.len() == 1 && accepts(value, DataType::StringList)))
                }
                (_, Some(found)) => found == wanted || (found == DataType::StringList && wanted == DataType::String),
                (_, None) => true,
            };
            (!fits).then(|| {
                let is = described(node, tree, found);
                let diagnostic = warning(format!("the variable `{name}` is {wanted}, and the value is {is}"))
                    .label("the step fails");
                match remedy(node, wanted) {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic.help("a variable takes values of its own type only; nothing is converted"),
                }
            })
        }
        ExpectedType::Compared(operator) => {
            let found = found.filter(|_| !matches!(tree, ValueTemplate::Literal(_)))?;
            let why = never(*operator, found)?;
            Some(
                warning(format!(
                    "`{}` compares {}, and this is {}",
                    operator.as_str(),
                    wanted(*operator),
                    article(found)
                ))
                .label(why)
                .help(instead(found)),
            )
        }
        ExpectedType::Items(item) => match tree {
            ValueTemplate::Literal(serde_json::Value::Array(items)) => {
                let bad =
                    items.iter().position(|value| convert(value, *item).is_err() && !is_json_map(value, *item))?;
                let at = match &node.kind {
                    NodeKind::Sequence(nodes) => nodes.get(bad).map_or(node.span, |item| item.span),
                    _ => node.span,
                };
                Some(
                    Diagnostic::new(Code::TypeMismatch, at, format!("this item is not of type {item}"))
                        .label("the loop fails")
                        .help("`IteratorDataType` is the type of the items [default: `String`]"),
                )
            }
            _ if found == Some(DataType::StringMap) => Some(
                warning("`Iterators` is a map, but a loop iterates over a list".to_owned()).label("the loop fails"),
            ),
            _ => None,
        },
        ExpectedType::Iterations => {
            let is = article(found.filter(|found| !is_textual(*found) && *found != DataType::Integer)?);
            Some(warning(format!("`MaxIterations` is a number, and this is {is}")).label("the loop fails"))
        }
        ExpectedType::Approvers => {
            let is = article(found.filter(|found| !is_textual(*found))?);
            let diagnostic = warning(format!("`Approvers` is a list of texts, and this is {is}"));
            Some(diagnostic.label("no approver is valid").help("list user names, or ARNs of users or roles"))
        }
    }
}

/// The type that a value has in every run; `None` when that is unknown.
fn type_of(reader: &Reader<'_>, names: &Names<'_>, graph: &Graph, tree: &ValueTemplate) -> Option<DataType> {
    match tree {
        ValueTemplate::Text(template) => match template.whole() {
            Some(reference) => type_of_reference(reader, names, graph, reference),
            None => Some(DataType::String),
        },
        ValueTemplate::Map(_) => Some(DataType::StringMap),
        ValueTemplate::Literal(_) | ValueTemplate::List(_) => None,
    }
}

fn type_of_reference(reader: &Reader<'_>, names: &Names<'_>, graph: &Graph, reference: &Reference) -> Option<DataType> {
    match reference {
        Reference::Parameter(name) => Some(match names.parameters.get(name)?.meant.parameter_type {
            ParameterType::Data(data_type) => data_type,
            ParameterType::Aws(AwsType::Ec2InstanceId | AwsType::S3BucketName | AwsType::IamRoleArn) => {
                DataType::String
            }
            ParameterType::AwsList(_) => DataType::StringList,
        }),
        Reference::Variable(name) => names.variables.get(name).map(|variable| variable.data_type),
        Reference::StepOutput { step, output } => {
            let outline = reader.outlines.get(graph.step(step.as_str())?)?;
            if let Some(at) = outline.outputs.iter().position(|declared| declared == output) {
                return outline.output_types.get(at).copied();
            }
            // The item of a loop has the type that the loop declares.
            let fixed = outline.action?.spec().outputs.iter().find(|fixed| fixed.name == output.as_str())?;
            (fixed.name != "CurrentIteratorValue").then_some(fixed.data_type)
        }
        Reference::Global(_) | Reference::ExecutionId => Some(DataType::String),
        Reference::Ssm(_) | Reference::UnknownSystem(_) => None,
    }
}

fn is_textual(found: DataType) -> bool {
    matches!(found, DataType::String | DataType::StringList)
}

/// Why a comparison always has the same result, if it does.
fn never(operator: Operator, found: DataType) -> Option<&'static str> {
    match (operator.operand(), found) {
        (Operand::Text, DataType::StringMap | DataType::MapList)
        | (Operand::Number, DataType::Boolean | DataType::StringMap | DataType::MapList)
        | (Operand::Boolean, DataType::Integer | DataType::StringMap | DataType::MapList) => Some("is never true"),
        (Operand::Text, DataType::String | DataType::StringList | DataType::Integer | DataType::Boolean)
        | (Operand::Number, DataType::String | DataType::StringList | DataType::Integer)
        | (Operand::Boolean, DataType::String | DataType::StringList | DataType::Boolean) => None,
    }
}

fn wanted(operator: Operator) -> &'static str {
    match operator.operand() {
        Operand::Text => "texts",
        Operand::Number => "numbers",
        Operand::Boolean => "booleans",
    }
}

fn instead(found: DataType) -> &'static str {
    match found {
        DataType::StringMap | DataType::MapList => {
            "declare an output of the step whose `Selector` extracts the value to compare"
        }
        DataType::Boolean => "compare it with `BooleanEquals`",
        DataType::Integer => "compare it with `NumericEquals`",
        DataType::String | DataType::StringList => "compare it with `StringEquals`",
    }
}

/// A type with its article.
fn article(found: DataType) -> &'static str {
    match found {
        DataType::String => "a text",
        DataType::StringList => "a list of texts",
        DataType::Integer => "a whole number",
        DataType::Boolean => "a boolean",
        DataType::StringMap => "a map",
        DataType::MapList => "a list of maps",
    }
}

fn described(node: &Node, tree: &ValueTemplate, found: Option<DataType>) -> String {
    match (tree, found) {
        (ValueTemplate::Literal(_), _) | (_, None) => node.described().to_string(),
        (_, Some(found)) => found.to_string(),
    }
}

/// The suggested replacement for a constant of another type.
fn remedy(node: &Node, wanted: DataType) -> Option<String> {
    let scalar = match &node.kind {
        NodeKind::String { text, .. } if !text.contains("{{") => text.clone(),
        NodeKind::Number(number) => number.to_string(),
        NodeKind::Bool(value) => value.to_string(),
        _ => return None,
    };
    match wanted {
        DataType::String => Some(format!("write it in quotes: `\"{scalar}\"`")),
        DataType::Integer if scalar.parse::<i64>().is_ok() => Some(format!("write it without quotes: `{scalar}`")),
        DataType::Boolean if scalar.parse::<bool>().is_ok() => Some(format!("write it without quotes: `{scalar}`")),
        DataType::StringList => Some(format!("write a list: `[\"{scalar}\"]`")),
        DataType::Integer | DataType::Boolean | DataType::StringMap | DataType::MapList => None,
    }
}

/// Whether an item is the JSON text of a map where maps are expected.
fn is_json_map(value: &serde_json::Value, item: DataType) -> bool {
    item == DataType::StringMap
        && value.as_str().is_some_and(|text| {
            serde_json::from_str::<serde_json::Value>(text.trim()).is_ok_and(|value| value.is_object())
        })
}
