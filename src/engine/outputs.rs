//! The outputs of a step, from what its action returned (spec 2.5).

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::Value;

use crate::event::{Failure, FailureStage, FailureType};
use crate::expression::{DataType, Selector, convert};
use crate::name::OutputName;
use crate::runbook::Step;

/// The action's own outputs and the declared ones. A selector without a match leaves its output unset, as do a selected
/// `null` (spec 3.4) and a search that finds nothing where the declared type is no list; a value that cannot become the
/// declared type fails the step.
///
/// `outputs` comes with the action's own outputs; `document` is what the selectors read.
pub(super) fn extract(
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
        // A search without a find is no place either; only a list can show that there was none.
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
