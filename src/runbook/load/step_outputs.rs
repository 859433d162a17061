//! The declared outputs of a step (spec 2.5).

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{Node, NodeKind};
use crate::expression::{DataType, Reference, Selector};
use crate::name::OutputName;
use crate::runbook::inputs::ActionSpec;
use crate::runbook::{OutputDeclaration, TYPES};

use super::reader::Reader;

const OUTPUT_KEYS: &[&str] = &["Name", "Selector", "Type"];

/// Reads the `outputs` of a step.
pub(super) fn outputs<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    spec: Option<&'static ActionSpec>,
) -> Vec<OutputDeclaration> {
    let Some(entry) = node.get("outputs").filter(|entry| entry.value.kind != NodeKind::Null) else { return Vec::new() };
    let Some(items) = reader.list(&entry.value, "`outputs` of a step") else { return Vec::new() };
    let mut declared: IndexMap<OutputName, (OutputDeclaration, Span)> = IndexMap::new();
    for item in items {
        let Some((output, at)) = output(reader, item, spec) else { continue };
        if let Some((_, first)) = declared.get(&output.name) {
            let first = *first;
            reader.report(
                Diagnostic::new(Code::DuplicateOutput, at, format!("the output `{}` is declared twice", output.name))
                    .label("this one is used")
                    .related(first, "first declared here"),
            );
        }
        declared.insert(output.name.clone(), (output, at));
    }
    declared.into_values().map(|(output, _)| output).collect()
}

fn output<'d>(
    reader: &mut Reader<'d>,
    item: &'d Node,
    spec: Option<&'static ActionSpec>,
) -> Option<(OutputDeclaration, Span)> {
    let entries = reader.map(item, "an output of a step")?;
    reader.unknown_keys(entries, OUTPUT_KEYS, "an output of a step");
    let here = entries.first().map_or(item.span, |entry| entry.key.span);
    let Some(name) = item.get("Name") else {
        reader.report(
            Diagnostic::new(Code::MissingKey, here, "the output has no `Name`")
                .help("an output has a `Name`, a `Selector` and a `Type`"),
        );
        return None;
    };
    let text = reader.text(&name.value, "`Name` of an output")?;
    if !matches!(Reference::parse(&format!("step.{text}")), Some(Reference::StepOutput { .. })) {
        reader.report(
            Diagnostic::new(
                Code::NoEffect,
                name.value.span,
                format!("no reference can name the output `{text}`: `{{{{ … }}}}` around it stays text"),
            )
            .help("use letters, digits, `_` and `-`"),
        );
    }
    let data_type = output_type(reader, item);
    let selector = match item.get("Selector") {
        Some(selector) => selector_of(reader, &selector.value),
        None if spec.is_none_or(|spec| spec.has_output(text)) => None,
        None => {
            reader.report(
                Diagnostic::new(Code::MissingKey, here, format!("the output `{text}` has no `Selector`"))
                    .help("`$` selects the whole result, `$.name` a part of it"),
            );
            None
        }
    };
    Some((OutputDeclaration { name: OutputName::from(text), selector, data_type }, name.value.span))
}

fn output_type<'d>(reader: &mut Reader<'d>, item: &'d Node) -> DataType {
    let Some(entry) = item.get("Type") else { return DataType::String };
    let Some(text) = reader.text(&entry.value, "`Type` of an output") else { return DataType::String };
    DataType::parse(text).unwrap_or_else(|| {
        let mut diagnostic =
            Diagnostic::new(Code::UnknownType, entry.value.span, format!("there is no output type `{text}`"));
        diagnostic = match reader.suggest.nearest(text, TYPES.iter().copied()) {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
            None => diagnostic.help(format!("types are {}", TYPES.join(", "))),
        };
        reader.report(diagnostic);
        DataType::String
    })
}

fn selector_of<'d>(reader: &mut Reader<'d>, node: &'d Node) -> Option<Selector> {
    let text = reader.text(node, "`Selector`")?;
    match Selector::parse(text) {
        Ok(selector) => Some(selector),
        Err(problem) => {
            let from = problem.offset.min(text.len());
            let to = text.get(from..).and_then(|rest| rest.chars().next()).map_or(from, |next| from + next.len_utf8());
            let at = if to > from { reader.document.span_within(node, from..to) } else { node.span };
            let mut diagnostic =
                Diagnostic::new(Code::InvalidSelector, at, format!("the selector `{text}` cannot be read: {problem}"));
            if let Some(help) = problem.help {
                diagnostic = diagnostic.help(help);
            }
            reader.report(diagnostic);
            None
        }
    }
}
