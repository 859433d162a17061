//! The runbook of a run over targets (spec 5.4): its only step runs another runbook once for each target.

use std::num::NonZeroU32;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Action, AttachedFiles, Constraints, Inputs, OnCancel, OnFailure, Parameter, Runbook, Step, StepPlaces};
use crate::diagnostic::Span;
use crate::expression::{Reference, ValueTemplate};
use crate::name::StepName;

/// The step that runs a runbook once for each target.
#[derive(Debug, Clone)]
pub struct TargetStep<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name under which it finds the runbook.
    pub document: &'a str,
    /// The parameters that are supplied for all targets.
    pub supplied: Vec<&'a str>,
    /// The targets and their rate control, as inputs of `aws:executeAutomation`. They are constants: no text in them is a
    /// template.
    pub constants: IndexMap<String, Value>,
    /// Whether it assumes the role of the runbook: the role with which other accounts are reached.
    pub assumes_role: bool,
}

impl Runbook {
    /// The runbook that runs this one once for each target. It has the parameters that are supplied for all of them,
    /// without constraints and defaults: each child binds them again. It has no outputs, and by default assumes no role.
    #[must_use]
    pub fn over_targets(&self, step: TargetStep<'_>) -> Self {
        let TargetStep { name, document, supplied, constants, assumes_role } = step;
        let parameters: IndexMap<_, _> = supplied
            .into_iter()
            .filter_map(|name| self.parameters.get_key_value(name))
            .map(|(name, declared)| {
                let parameter = Parameter { default: None, constraints: Constraints::default(), ..declared.clone() };
                (name.clone(), parameter)
            })
            .collect();
        let mut inputs = IndexMap::from([("DocumentName".to_owned(), constant(Value::from(document)))]);
        if !parameters.is_empty() {
            let reference = |name| ValueTemplate::text(&format!("{{{{ {name} }}}}"));
            let passed_on = parameters.keys().map(|name| (name.to_string(), reference(name))).collect();
            inputs.insert("RuntimeParameters".to_owned(), ValueTemplate::map(passed_on));
        }
        let assume_role = self.assume_role.clone().filter(|_| assumes_role);
        let mut parameters = parameters;
        // The parameters that the role is made of keep their defaults, and are not passed on.
        for reference in assume_role.iter().flat_map(ValueTemplate::references) {
            if let Reference::Parameter(name) = reference
                && let Some((name, declared)) = self.parameters.get_key_value(name.as_str())
            {
                parameters.entry(name.clone()).or_insert_with(|| declared.clone());
            }
        }
        inputs.extend(constants.into_iter().map(|(name, value)| (name, constant(value))));
        let name = StepName::new(name);
        let step = Step {
            name: name.clone(),
            description: None,
            max_attempts: NonZeroU32::MIN,
            timeout_seconds: None,
            on_failure: OnFailure::Abort,
            on_cancel: OnCancel::Abort,
            declared_critical: None,
            is_end: false,
            next_step: None,
            inputs: Inputs::Call { action: Action::EXECUTE_AUTOMATION, inputs },
            outputs: Vec::new(),
            places: StepPlaces { name: Span::new(0, 0), action: Span::new(0, 0) },
        };
        Self {
            description: self.description.clone(),
            assume_role,
            parameters,
            variables: IndexMap::new(),
            steps: IndexMap::from([(name, step)]),
            outputs: Vec::new(),
            files: AttachedFiles::new(),
            of_each_target: Some(Arc::new(self.clone())),
        }
    }
}

const fn constant(value: Value) -> ValueTemplate {
    ValueTemplate::Literal(value)
}
