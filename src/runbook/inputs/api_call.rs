//! A step that calls an AWS API, with the positions of its inputs, for a check against the model of the API.

use crate::diagnostic::Span;
use crate::document::{MapEntry, Node, NodeKind};
use crate::expression::ValueTemplate;
use crate::runbook::inputs::InputTemplates;

use super::ActionSpec;

/// A step that calls an operation of an AWS API (spec 4.8): as much as is known before it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiCall {
    /// `Service`, and its position.
    pub service: (String, Span),
    /// `Api`, and its position.
    pub operation: (String, Span),
    /// The parameters of the operation: the inputs that are not those of the action.
    pub parameters: Vec<ApiParameter>,
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiParameter {
    /// Its name.
    pub name: String,
    /// The position of its name.
    pub name_at: Span,
    /// Its value, with references.
    pub value: ValueTemplate,
    /// The positions of the value and of its parts.
    pub positions: PositionTree,
}

/// The positions of a value and of its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct PositionTree {
    /// The position of the value.
    pub at: Span,
    members: Vec<(String, Span, PositionTree)>,
    items: Vec<PositionTree>,
}

impl PositionTree {
    fn read(node: &Node) -> Self {
        let (members, items) = match &node.kind {
            NodeKind::Mapping(entries) => (entries.iter().map(Self::read_member).collect(), Vec::new()),
            NodeKind::Sequence(items) => (Vec::new(), items.iter().map(Self::read).collect()),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } => {
                (Vec::new(), Vec::new())
            }
        };
        Self { at: node.span, members, items }
    }

    fn read_member(entry: &MapEntry) -> (String, Span, Self) {
        (entry.key.text.clone(), entry.key.span, Self::read(&entry.value))
    }

    /// The position of a key of a map, and the positions of its value.
    pub fn member(&self, name: &str) -> Option<(Span, &Self)> {
        self.members.iter().find(|(key, ..)| key == name).map(|(_, at, value)| (*at, value))
    }

    /// The positions of an item of a list.
    pub fn item(&self, index: usize) -> Option<&Self> {
        self.items.get(index)
    }
}

impl ApiCall {
    /// Reads the inputs of a step as written; `templates` are the same inputs. `None` when its action calls no API that
    /// it names, or when service or operation are not constant.
    pub(crate) fn read(spec: &ActionSpec, entries: &[MapEntry], templates: &InputTemplates) -> Option<Self> {
        if !spec.further_inputs {
            return None;
        }
        let constant = |name: &str| {
            let text = templates.get(name)?.as_literal()?.as_str()?.to_owned();
            let entry = entries.iter().find(|entry| entry.key.text == name)?;
            Some((text, entry.value.span))
        };
        let parameters = entries.iter().filter(|entry| spec.input(&entry.key.text).is_none()).filter_map(|entry| {
            Some(ApiParameter {
                name: entry.key.text.clone(),
                name_at: entry.key.span,
                value: templates.get(&entry.key.text)?.clone(),
                positions: PositionTree::read(&entry.value),
            })
        });
        Some(Self { service: constant("Service")?, operation: constant("Api")?, parameters: parameters.collect() })
    }
}
