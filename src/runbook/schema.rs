//! The JSON Schema (2020-12) of a runbook, made from the same tables that the loader reads by.
//!
//! It is for editors: it completes and describes keys, actions and the inputs of each action. It is laxer than the
//! loader (it does not check jumps and references), and it accepts all that the loader accepts: whole numbers and
//! booleans also as text, references wherever a value is replaced when a step runs. Unknown keys are allowed here,
//! since they are only a warning of the loader.

use serde_json::{Map, Value, json};

use super::inputs::{Action, ActionSpec, ActionTable, InputForm, InputSpec, Kind, Operator};
use super::{ParameterType, TYPES};

/// The schema. `runwright schema` prints it; `schemas/runbook.schema.json` is the same.
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    for (name, definition) in shared() {
        definitions.insert(name.to_owned(), definition);
    }
    let actions = ActionTable::standard();
    for action in actions.iter() {
        definitions.insert(inputs_name(action), inputs(action.spec()));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Systems Manager Automation runbook",
        "description": "An Automation runbook of schema 0.3, in YAML or JSON.",
        "type": "object",
        "required": ["schemaVersion", "mainSteps"],
        "properties": {
            "schemaVersion": described(json!({ "enum": ["0.3", 0.3] }), "The version of the schema; always '0.3'."),
            "description": described(nullable("string"), "Description of the runbook, in Markdown."),
            "assumeRole": described(nullable("string"), "The role to run with: an ARN, or a reference to a parameter such as '{{ AutomationAssumeRole }}'."),
            "parameters": described(json!({
                "type": ["object", "null"],
                "propertyNames": { "pattern": "^[A-Za-z0-9]+$" },
                "additionalProperties": { "$ref": "#/$defs/parameter" },
            }), "Parameters of the runbook."),
            "variables": described(json!({
                "type": ["object", "null"],
                "additionalProperties": { "$ref": "#/$defs/variable" },
            }), "Values that steps can change; read as '{{ variable:name }}'."),
            "mainSteps": described(json!({
                "type": "array",
                "minItems": 1,
                "items": { "$ref": "#/$defs/step" },
            }), "The steps, in order."),
            "outputs": described(json!({
                "type": ["array", "null"],
                "items": { "type": "string", "pattern": "^[^.{}\\s]+\\.[^.{}\\s]+$" },
            }), "Step outputs that become outputs of the execution: 'step.Output', without braces."),
            "files": described(json!({
                "type": ["object", "null"],
                "additionalProperties": { "$ref": "#/$defs/file" },
            }), "Attachments for `aws:executeScript`, by name."),
        },
        "$defs": definitions,
    })
}

/// The definitions that do not depend on the action.
fn shared() -> Vec<(&'static str, Value)> {
    vec![
        ("integer", json!({ "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": "^\\s*[0-9]+\\s*$" }] })),
        ("boolean", json!({ "enum": [true, false, "true", "false", "True", "False", "TRUE", "FALSE"] })),
        ("reference", json!({ "type": "string", "pattern": "\\{\\{" })),
        ("stepName", json!({ "type": "string", "pattern": "^[A-Za-z0-9_]+$" })),
        ("parameter", parameter()),
        ("variable", variable()),
        ("step", step()),
        ("output", output()),
        ("file", file()),
        ("condition", condition()),
        ("choice", choice()),
    ]
}

fn file() -> Value {
    json!({
        "type": ["object", "null"],
        "properties": {
            "checksums": described(json!({ "type": ["object", "null"] }), "Sums of the content: `sha256`, 64 hexadecimal digits."),
            "size": described(json!({ "anyOf": [{ "$ref": "#/$defs/integer" }, { "type": "null" }] }), "Size in bytes."),
        },
    })
}

fn parameter() -> Value {
    let types: Vec<&str> = ParameterType::names().collect();
    json!({
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": described(json!({ "enum": types }), "Type of the values."),
            "description": described(nullable("string"), "Description of the parameter."),
            "default": { "description": "Default value; without a default a value is required." },
            "allowedValues": described(json!({ "type": "array" }), "Allowed values."),
            "allowedPattern": described(json!({ "type": "string" }), "A Java pattern that supplied values must match."),
            "displayType": described(json!({ "enum": ["textfield", "textarea"] }), "Input field in the AWS console."),
            "minItems": described(integer(), "Minimum number of items."),
            "maxItems": described(integer(), "Maximum number of items."),
            "minChars": described(integer(), "Minimum number of characters."),
            "maxChars": described(integer(), "Maximum number of characters."),
        },
    })
}

fn variable() -> Value {
    json!({
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": described(json!({ "enum": TYPES }), "Type of the values."),
            "description": described(nullable("string"), "Description of the variable."),
            "default": { "description": "Initial value; without one the variable is unset." },
        },
    })
}

fn step() -> Value {
    let actions = ActionTable::standard();
    let names: Vec<Value> =
        actions.iter().map(|action| json!({ "const": action.as_str(), "description": action.spec().about })).collect();
    let by_action: Vec<Value> = actions
        .iter()
        .map(|action| {
            json!({
                "if": { "properties": { "action": { "const": action.as_str() } }, "required": ["action"] },
                "then": then(action),
            })
        })
        .collect();
    json!({
        "type": "object",
        "required": ["name", "action"],
        "properties": {
            "name": described(json!({ "$ref": "#/$defs/stepName" }), "The name of the step, unique in the runbook."),
            "action": described(json!({ "oneOf": names }), "Action of the step."),
            "description": described(nullable("string"), "Description of the step."),
            "maxAttempts": described(integer(), "Maximum number of attempts [default: 1]."),
            "timeoutSeconds": described(integer(), "Timeout of one attempt, in seconds."),
            "onFailure": described(json!({ "type": "string", "pattern": "^(Abort|Continue|step:\\s*[A-Za-z0-9_]+\\s*)$", "examples": ["Abort", "Continue", "step:"] }),
                "What happens when the step fails or times out: `Abort` (default) ends the execution, `Continue` continues with the next step, `step:NAME` goes to a step."),
            "onCancel": described(json!({ "type": "string", "pattern": "^(Abort|step:\\s*[A-Za-z0-9_]+\\s*)$", "examples": ["Abort", "step:"] }),
                "What happens when the execution is cancelled while the step runs: `Abort` (default), or `step:NAME` to clean up for at most two minutes."),
            "isCritical": described(boolean(), "Whether a failure of the step makes the execution fail; false by default under `onFailure: Continue`, else true."),
            "isEnd": described(boolean(), "Whether the execution ends after the step. A failing step with `onFailure: step:NAME` goes to NAME anyway."),
            "nextStep": described(json!({ "$ref": "#/$defs/stepName" }), "Step to go to after success [default: the next in the list]."),
            "inputs": described(json!({ "type": ["object", "null"] }), "Inputs of the action."),
            "outputs": described(json!({ "type": ["array", "null"], "items": { "$ref": "#/$defs/output" } }),
                "Parts of the result that later steps use as '{{ step.Name }}'."),
        },
        "allOf": by_action,
    })
}

fn then(action: Action) -> Value {
    let mut then = Map::new();
    then.insert("properties".to_owned(), json!({ "inputs": { "$ref": format!("#/$defs/{}", inputs_name(action)) } }));
    if action.spec().inputs.iter().any(|input| input.required) {
        then.insert("required".to_owned(), json!(["inputs"]));
    }
    Value::Object(then)
}

fn output() -> Value {
    json!({
        "type": "object",
        "required": ["Name"],
        "properties": {
            "Name": described(json!({ "type": "string" }), "The name of the output."),
            "Selector": described(json!({ "type": "string", "examples": ["$", "$.name", "$.items[0].id"] }), "JSONPath of the value in the result."),
            "Type": described(json!({ "enum": TYPES }), "Type to convert the value to [default: `String`]."),
        },
    })
}

/// The keys of a condition: an operator with its `Variable`, or a joining of conditions.
fn condition_keys() -> Map<String, Value> {
    let mut keys = Map::new();
    keys.insert("Variable".to_owned(), json!({ "description": "Value to compare: '{{ step.Output }}'." }));
    for operator in Operator::ALL {
        let operand = operator.operand().schema();
        keys.insert(operator.as_str().to_owned(), described(operand, operator.about().trim()));
    }
    let several = json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/condition" } });
    keys.insert("And".to_owned(), described(several.clone(), "True when all of these are."));
    keys.insert("Or".to_owned(), described(several, "True when one of these is."));
    keys.insert("Not".to_owned(), described(json!({ "$ref": "#/$defs/condition" }), "True when this is not."));
    keys
}

fn condition() -> Value {
    json!({
        "type": "object",
        "properties": condition_keys(),
        "oneOf": one_condition(),
        "additionalProperties": false,
    })
}

fn choice() -> Value {
    let mut keys = condition_keys();
    let next = described(json!({ "$ref": "#/$defs/stepName" }), "The step to go to when the condition is true.");
    keys.insert("NextStep".to_owned(), next);
    json!({
        "type": "object",
        "required": ["NextStep"],
        "properties": keys,
        "oneOf": one_condition(),
        "additionalProperties": false,
    })
}

/// Exactly one operator or joining; an operator has a `Variable`.
fn one_condition() -> Vec<Value> {
    let operators = Operator::ALL.iter().map(|operator| json!({ "required": ["Variable", operator.as_str()] }));
    operators.chain(["And", "Or", "Not"].into_iter().map(|key| json!({ "required": [key] }))).collect()
}

fn inputs_name(action: Action) -> String {
    format!("inputs.{}", action.as_str().trim_start_matches("aws:"))
}

fn inputs(spec: &ActionSpec) -> Value {
    let required: Vec<&str> = spec.inputs.iter().filter(|input| input.required).map(|input| input.name).collect();
    let properties: Map<String, Value> =
        spec.inputs.iter().map(|input| (input.name.to_owned(), described(form(input), input.about))).collect();
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(spec.about));
    // An action without required inputs also takes none at all.
    let types = if required.is_empty() { json!(["object", "null"]) } else { json!("object") };
    schema.insert("type".to_owned(), types);
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    Value::Object(schema)
}

/// The schema of an input: of its own form where it has one, else of its kind.
fn form(input: &InputSpec) -> Value {
    match input.form {
        Some(InputForm::Choices) => json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/choice" } }),
        Some(InputForm::StepName) => json!({ "$ref": "#/$defs/stepName" }),
        Some(InputForm::Steps) => json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/step" } }),
        Some(InputForm::Condition) => json!({ "$ref": "#/$defs/condition" }),
        Some(InputForm::VariableName) => json!({ "type": "string", "pattern": "^variable:" }),
        Some(InputForm::Approvers) | None => value(input),
    }
}

fn value(input: &InputSpec) -> Value {
    if !input.values.is_empty() {
        return json!({ "anyOf": [{ "enum": input.values }, { "$ref": "#/$defs/reference" }] });
    }
    let mut schema = match input.kind {
        Kind::Text => json!({ "type": ["string", "number", "boolean", "null"] }),
        Kind::Integer => {
            json!({ "anyOf": [{ "$ref": "#/$defs/integer" }, { "$ref": "#/$defs/reference" }, { "type": "null" }] })
        }
        Kind::Boolean => {
            json!({ "anyOf": [{ "$ref": "#/$defs/boolean" }, { "$ref": "#/$defs/reference" }, { "type": "null" }] })
        }
        Kind::List => json!({ "type": ["array", "string", "number", "boolean", "null"] }),
        Kind::Map => json!({ "type": ["object", "string", "null"] }),
        Kind::MapList => json!({ "type": ["array", "object", "string", "null"] }),
        Kind::Any => json!({}),
    };
    if !input.suggested.is_empty()
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("examples".to_owned(), json!(input.suggested));
    }
    schema
}

fn integer() -> Value {
    json!({ "$ref": "#/$defs/integer" })
}

fn boolean() -> Value {
    json!({ "$ref": "#/$defs/boolean" })
}

fn nullable(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

fn described(mut schema: Value, about: &str) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(about));
    }
    schema
}

impl super::inputs::Operand {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": ["string", "number", "boolean"] }),
            Self::Number => json!({ "type": ["number", "string", "boolean"] }),
            Self::Boolean => json!({ "type": ["boolean", "string", "number"] }),
        }
    }
}
