//! The JSON Schema of an event, as journals, exports and `--output jsonl` have it.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Recorded;

/// The schema of one event with its position. `runwright schema --events` prints it; `schemas/event.schema.json` is the
/// same.
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Recorded>();
    schema.insert("title".to_owned(), Value::from("Runwright event"));
    schema.insert(
        "description".to_owned(),
        Value::from(
            "An event of an execution: a line of `run --output jsonl`, of `executions events` and of exported files.",
        ),
    );
    schema.to_value()
}
