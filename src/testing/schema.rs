//! The JSON Schema of a case file, for editors.

use serde_json::{Map, Value, json};

use super::read::keys;
use crate::event::Status;

/// The schema (draft 2020-12). It accepts everything that [`read`](super::read()) accepts for any runbook.
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cases of a runbook, for `runwright test`",
        "type": "object",
        "required": ["cases"],
        "properties": of(keys::FILE, &|key| match key {
            "runbook" => json!({ "type": "string" }),
            "defaults" => json!({ "$ref": "#/$defs/defaults" }),
            _ => json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/case" } }),
        }),
        "additionalProperties": false,
        "$defs": {
            "defaults": map(keys::DEFAULTS, &[], &situation),
            "case": map(keys::CASE, &["name"], &situation),
            "environment": map(keys::ENVIRONMENT, &[], &|key| match key {
                "ssmParameters" => json!({
                    "type": ["object", "null"],
                    "additionalProperties": {
                        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                    },
                }),
                _ => json!({ "type": "string" }),
            }),
            "duration": {
                "description": "Such as `500ms`, `30s`, `5m`, `1h 30m`, `7d`, or ISO 8601: `PT5M`.",
                "anyOf": [{ "type": "string" }, { "const": 0 }],
            },
            "replies": {
                "description": "A reply to every call, a list of replies to one call after the other, or either of them for each iteration of a loop.",
                "anyOf": [
                    { "$ref": "#/$defs/run" },
                    {
                        "type": "object",
                        "required": ["iterations"],
                        "properties": { "iterations": { "type": "array", "items": { "$ref": "#/$defs/run" } } },
                        "additionalProperties": false,
                    },
                ],
            },
            "run": {
                "anyOf": [{ "$ref": "#/$defs/reply" }, { "type": "array", "items": { "$ref": "#/$defs/reply" } }],
            },
            "reply": reply(),
            "signal": map(keys::SIGNAL, &["step", "signal"], &signal),
            "stop": map(keys::STOP, &[], &|key| match key {
                "after" => json!({ "$ref": "#/$defs/duration" }),
                "type" => json!({ "enum": ["Cancel", "Complete"] }),
                _ => json!({ "type": "string" }),
            }),
            "expect": map(keys::EXPECT, &[], &|key| match key {
                "status" => statuses(&keys::ENDS),
                "path" => json!({ "type": "array", "items": { "type": "string" } }),
                "steps" => json!({ "type": ["object", "null"], "additionalProperties": {
                    "anyOf": [
                        { "$ref": "#/$defs/expectStep" },
                        { "type": "array", "items": { "$ref": "#/$defs/expectStep" } },
                    ],
                } }),
                "failure" => json!({ "type": "string" }),
                "duration" => json!({ "anyOf": [
                    { "$ref": "#/$defs/duration" },
                    map(keys::DURATION, &[], &|_| json!({ "$ref": "#/$defs/duration" })),
                ] }),
                _ => json!({ "type": ["object", "null"] }),
            }),
            "expectStep": map(keys::EXPECT_STEP, &[], &|key| match key {
                "status" => statuses(&keys::STEP_ENDS),
                "attempts" | "calls" => json!({ "type": "integer", "minimum": 0 }),
                "failure" => json!({ "type": "string" }),
                _ => json!({ "type": ["object", "null"] }),
            }),
        },
    })
}

fn statuses(statuses: &[Status]) -> Value {
    json!({ "enum": statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>() })
}

/// The settings that a case and the defaults have in common.
fn situation(key: &str) -> Value {
    match key {
        "environment" => json!({ "$ref": "#/$defs/environment" }),
        "now" => json!({ "type": "string", "format": "date-time" }),
        "noSelfApproval" | "allowUnused" | "run_scripts" | "runScripts" => json!({ "type": "boolean" }),
        "endpoint" => json!({ "type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://" }),
        "parameters" => json!({ "type": ["object", "null"] }),
        "steps" => json!({ "type": ["object", "null"], "additionalProperties": { "$ref": "#/$defs/replies" } }),
        "signals" => json!({ "type": ["array", "null"], "items": { "$ref": "#/$defs/signal" } }),
        "stop" => json!({ "anyOf": [{ "$ref": "#/$defs/stop" }, { "type": "null" }] }),
        "expect" => json!({ "anyOf": [{ "$ref": "#/$defs/expect" }, { "type": "null" }] }),
        _ => json!({ "type": "string" }),
    }
}

fn signal(key: &str) -> Value {
    match key {
        "signal" => json!({ "enum": keys::SIGNALS.iter().map(|(word, _)| *word).collect::<Vec<_>>() }),
        "iteration" => json!({ "type": "integer", "minimum": 1 }),
        "after" => json!({ "$ref": "#/$defs/duration" }),
        "taken" => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    }
}

fn reply() -> Value {
    let mut reply = map(keys::REPLY, &[], &|key| match key {
        "outputs" => json!({ "type": "object" }),
        "error" => json!({ "anyOf": [{ "type": "string" }, map(keys::ERROR, &[], &|key| match key {
            "trace" => json!({ "type": "array", "items": { "type": "string" } }),
            _ => json!({ "type": "string" }),
        })] }),
        "serviceError" => json!({ "anyOf": [
            { "type": "string" },
            map(keys::SERVICE_ERROR, &["code"], &|_| json!({ "type": "string" })),
        ] }),
        "throttle" => json!({ "anyOf": [
            map(keys::THROTTLE, &[], &|_| json!({ "$ref": "#/$defs/duration" })),
            { "enum": [true, null] },
        ] }),
        "timeout" => json!({ "const": true }),
        "failure" => json!({ "type": "string" }),
        "delay" => json!({ "$ref": "#/$defs/duration" }),
        "times" => json!({ "type": "integer", "minimum": 1 }),
        _ => json!({}),
    });
    // Exactly one answer; `outputs` may be alone or beside one.
    let mut answers: Vec<Value> = keys::ANSWER.iter().map(|key| json!({ "required": [key] })).collect();
    let any = Value::from(answers.clone());
    answers.push(json!({ "required": ["outputs"], "not": { "anyOf": any } }));
    if let Some(members) = reply.as_object_mut() {
        members.insert("oneOf".to_owned(), Value::from(answers));
    }
    reply
}

/// A map with these keys and no others.
fn map(keys: &[keys::Key], required: &[&str], schema: &dyn Fn(&str) -> Value) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": of(keys, schema),
        "additionalProperties": false,
    })
}

fn of(keys: &[keys::Key], schema: &dyn Fn(&str) -> Value) -> Map<String, Value> {
    let describe = |(name, about): &keys::Key| {
        let mut schema = schema(name);
        if let Some(members) = schema.as_object_mut() {
            members.insert("description".to_owned(), json!(about));
        }
        ((*name).to_owned(), schema)
    };
    keys.iter().map(describe).collect()
}
