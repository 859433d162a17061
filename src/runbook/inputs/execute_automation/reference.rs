//! The runbook that a step names, with the positions of its constants, for checks before anything runs.

use std::collections::HashSet;

use serde_json::Value;

use super::request::document_name;
use super::targets::RequestedTarget;
use crate::diagnostic::Span;
use crate::document::{MapEntry, NodeKind};
use crate::expression::ValueTemplate;
use crate::runbook::inputs::InputTemplates;

/// A step that runs another runbook, as far as it is known before it runs: its constants, with their positions.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildReference {
    /// `DocumentName`, without the rest of an ARN.
    pub document: String,
    /// The position of `DocumentName`.
    pub document_at: Span,
    /// The entries of `RuntimeParameters`.
    pub parameters: Vec<ChildParameter>,
    /// `TargetParameterName`, when it is a constant, and its position.
    pub target_parameter: Option<(String, Span)>,
    /// Whether the parameter has to say which type of resources its targets are, because they are looked up.
    pub needs_target_type: bool,
    /// The position of `TargetLocations`, when the runbook runs in other accounts and Regions.
    pub locations_at: Option<Span>,
    /// Whether the runbook gets these parameters and no others. A map given by reference, and the parameters of each
    /// target, are known only when the step runs.
    pub has_all_parameters: bool,
}

/// A parameter that a step gives to the runbook that it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildParameter {
    /// Its name.
    pub name: String,
    /// The position of its name.
    pub name_at: Span,
    /// Its value; `None` when it has a reference in it.
    pub value: Option<Value>,
    /// The position of its value.
    pub value_at: Span,
}

impl ChildReference {
    /// Reads the inputs of a step as written; `templates` are the same inputs. `None` when `DocumentName` is not the
    /// constant name of a runbook.
    pub(crate) fn read(entries: &[MapEntry], templates: &InputTemplates) -> Option<Self> {
        let entry = |name: &str| entries.iter().find(|entry| entry.key.text == name);
        let document_at = entry("DocumentName")?.value.span;
        let document = document_name(constant_text(templates, "DocumentName")?)?.to_owned();
        let parameters = match (entry("RuntimeParameters"), templates.get("RuntimeParameters")) {
            (Some(entry), Some(template)) => parameters(entry, template),
            (_, _) => Some(Vec::new()),
        };
        let target_parameter = entry("TargetParameterName").map(|entry| {
            let name = constant_text(templates, "TargetParameterName");
            name.map(|name| (name.to_owned(), entry.value.span))
        });
        let has_all_parameters =
            parameters.is_some() && target_parameter != Some(None) && entry("TargetMaps").is_none();
        Some(Self {
            document,
            document_at,
            parameters: parameters.unwrap_or_default(),
            target_parameter: target_parameter.flatten(),
            needs_target_type: needs_target_type(templates),
            locations_at: entry("TargetLocations").map(|entry| entry.key.span),
            has_all_parameters,
        })
    }

    /// The names of the parameters that the step gives, as far as they are known.
    pub fn parameter_names(&self) -> HashSet<&str> {
        let target = self.target_parameter.as_ref().map(|(name, _)| name.as_str());
        self.parameters.iter().map(|parameter| parameter.name.as_str()).chain(target).collect()
    }
}

/// The entries of a map; `None` when it is given by reference.
fn parameters(entry: &MapEntry, template: &ValueTemplate) -> Option<Vec<ChildParameter>> {
    let entries = match &entry.value.kind {
        NodeKind::Mapping(entries) => entries,
        NodeKind::Null => return Some(Vec::new()),
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } | NodeKind::Sequence(_) => return None,
    };
    let parameter = |entry: &MapEntry| ChildParameter {
        name: entry.key.text.clone(),
        name_at: entry.key.span,
        value: template.member(&entry.key.text).and_then(ValueTemplate::into_literal),
        value_at: entry.value.span,
    };
    Some(entries.iter().map(parameter).collect())
}

fn needs_target_type(templates: &InputTemplates) -> bool {
    let key = templates.get("Targets").and_then(|targets| targets.item(0)?.member("Key")?.into_literal());
    key.as_ref().and_then(Value::as_str).is_some_and(RequestedTarget::needs_type)
}

fn constant_text<'t>(templates: &'t InputTemplates, name: &str) -> Option<&'t str> {
    templates.get(name)?.as_literal()?.as_str()
}
