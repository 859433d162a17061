//! The outputs of an execution.

use indexmap::IndexMap;
use serde_json::Value;

use crate::execution::Execution;
use crate::report::output_line;

/// The document's outputs, one a line.
pub fn output_lines(execution: &Execution) -> String {
    outputs(execution).map(|(name, values)| output_line(name, values) + "\n").collect()
}

/// The document's outputs as a flat map: a single value as it is, several as a JSON list.
pub fn output_texts(execution: &Execution) -> IndexMap<String, String> {
    let text = |values: &Vec<String>| match values.as_slice() {
        [text] => text.clone(),
        several => Value::from(several).to_string(),
    };
    outputs(execution).map(|(name, values)| (name.clone(), text(values))).collect()
}

fn outputs(execution: &Execution) -> impl Iterator<Item = (&String, &Vec<String>)> {
    execution.ending().into_iter().flat_map(|ending| &ending.outputs)
}
