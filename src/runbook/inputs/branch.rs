//! `aws:branch`: chooses the next step by conditions (spec 4.2).

use crate::diagnostic::{Code, Diagnostic};
use crate::document::NodeKind;
use crate::name::StepName;
use crate::runbook::load::{RawInputs, Reader};

use super::InputTemplates;
use super::condition::{Condition, first_key};

/// The inputs of a branch. The first choice that is true decides; when none is, `default`, and without one the
/// step continues like any other (`isEnd`, `nextStep`, the next in the list).
#[derive(Debug, Clone)]
pub struct Branch {
    /// The choices in order; at least one.
    pub choices: Vec<Choice>,
    /// The next step when no choice is true.
    pub default: Option<StepName>,
    /// The inputs as written.
    pub trees: InputTemplates,
}

/// One choice.
#[derive(Debug, Clone)]
pub struct Choice {
    /// When it is taken.
    pub condition: Condition,
    /// The next step.
    pub next_step: StepName,
}

impl Branch {
    pub(crate) fn read<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>, trees: InputTemplates) -> Self {
        let mut targets = Vec::new();
        let mut choices = Vec::new();
        if let Some(entry) = given.get("Choices")
            && let Some(items) = reader.list(&entry.value, "`Choices`")
        {
            if items.is_empty() {
                reader.report(
                    Diagnostic::new(Code::InvalidInput, entry.value.span, "`Choices` is empty")
                        .help("list at least one choice: a condition and its `NextStep`"),
                );
            }
            let choices_template = trees.get("Choices");
            for (position, item) in items.iter().enumerate() {
                let template = choices_template.and_then(|choices| choices.item(position));
                let condition = template.and_then(|template| Condition::read(reader, item, &template, &["NextStep"]));
                let Some(next) = item.get("NextStep").filter(|next| next.value.kind != NodeKind::Null) else {
                    if matches!(item.kind, NodeKind::Mapping(_)) {
                        reader.report(
                            Diagnostic::new(Code::MissingKey, first_key(item), "the choice has no `NextStep`")
                                .help("name the step to go to when the condition is true"),
                        );
                    }
                    continue;
                };
                let Some(target) = reader.target(&next.value, "NextStep") else { continue };
                if let Some(condition) = condition {
                    choices.push(Choice { condition, next_step: target.name.clone() });
                }
                targets.push(target);
            }
        }
        let default = given.get("Default").or_else(|| given.get("default"));
        let default = default.and_then(|entry| reader.target(&entry.value, "Default"));
        if let Some(outline) = reader.outlines.get_mut(given.step) {
            outline.always_chooses = default.is_some();
            targets.extend(default.clone());
            outline.choices = targets;
        }
        Self { choices, default: default.map(|target| target.name), trees }
    }
}
