//! A step that runs a script, with the positions of its inputs, for checks of the script itself.

use crate::diagnostic::Span;
use crate::document::{MapEntry, Node};
use crate::expression::ValueTemplate;
use crate::runbook::Action;

use super::InputTemplates;

/// A step of `aws:executeScript` (spec aws-actions 4.1): as much as is known before it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptStep {
    /// `Runtime`, unless it has a reference, and its position.
    pub runtime: Option<(String, Span)>,
    /// `Handler`, unless it has a reference, and its position.
    pub handler: Option<(String, Span)>,
    /// `Script` as written, unless it has a reference: text that only looks like one is part of the script (spec 3.4).
    pub script: Option<Node>,
    /// `Attachment`, unless it has a reference, and its position.
    pub attachment: Option<(String, Span)>,
}

impl ScriptStep {
    /// Reads the inputs of a step as written; `templates` are the same inputs. `None` when its action runs no script.
    pub(crate) fn read(action: Action, entries: &[MapEntry], templates: &InputTemplates) -> Option<Self> {
        if action != Action::EXECUTE_SCRIPT {
            return None;
        }
        let entry = |name: &str| entries.iter().find(|entry| entry.key.text == name);
        let constant = |name: &str| {
            let text = templates.get(name).and_then(ValueTemplate::as_literal)?.as_str()?;
            Some((text.to_owned(), entry(name)?.value.span)).filter(|(text, _)| !text.is_empty())
        };
        Some(Self {
            runtime: constant("Runtime"),
            handler: constant("Handler"),
            script: constant("Script").and_then(|_| entry("Script")).map(|entry| entry.value.clone()),
            attachment: constant("Attachment"),
        })
    }
}
