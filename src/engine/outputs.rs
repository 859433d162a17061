//! Computes the outputs of a step from the result of its action (spec 2.5).

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::Value;

use crate::event::{Failure, FailureStage, FailureType};
use crate::expression::{DataType, Selector, convert};
use crate::name::OutputName;
use crate::runbook::Step;

/// Adds the declared outputs to those of the action. An output stays unset when its selector has no match, when the
/// match is `null` (spec 3.4), or when a filter matches nothing and the declared type is not a list. A value that
/// cannot be converted to the declared type fails the step.
///
/// `outputs` holds the action's own outputs; `document` is what the selectors read.
pub fn extract_outputs(
    step: &Step,
    outputs: &mut IndexMap<OutputName, Value>,
    document: Option<&Value>,
) -> Result<(), Failure> {
    for declared in &step.outputs {
        let selected = match (&declared.selector, document) {
            (Some(selector), Some(document)) => selector.select_with_payload_fallback(document),
            (None, _) => outputs.get(&declared.name).cloned().map(Cow::Owned),
            (Some(_), None) => None,
        };
        // A filter without matches is unset too; only a list can be empty.
        let found = selected.filter(|value| {
            let is_search = declared.selector.as_ref().is_some_and(Selector::is_search);
            let takes_list = matches!(declared.data_type, DataType::StringList | DataType::MapList);
            let is_found =
                takes_list || !is_search || value.as_array().is_none_or(|found| found.iter().any(|it| !it.is_null()));
            is_found && !value.is_null()
        });
        let Some(value) = found else {
            outputs.shift_remove(&declared.name);
            continue;
        };
        match convert(&value, declared.data_type) {
            Ok(value) => {
                outputs.insert(declared.name.clone(), value);
            }
            Err(error) => {
                let at =
                    declared.selector.as_ref().map_or_else(String::new, |it| format!(" (selector {})", it.as_str()));
                return Err(Failure::new(
                    FailureStage::PostVerification,
                    FailureType::Verification,
                    format!("Output {}{at} of step {}: {error}.", declared.name, step.name),
                ));
            }
        }
    }
    Ok(())
}
