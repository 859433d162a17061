//! Reads a response with a codec of the SDK into the value that the Python SDK gives (spec aws-actions 2.4).
//!
//! Values without parts are read as they are on the wire and converted here: services deviate from their models, and the
//! Python SDK takes what they send.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::{Document, Number};
use base64::Engine;
use serde_json::{Map, Value};

use super::error::ModelError;
use super::model::{Location, Shape, ShapeKind};
use super::moment::{moment_text, parse_moment, value_moment};
use super::protocol_name::Protocol;
use super::schema::{Direction, MemberSchema, ServiceSchemas, ShapeSchema, model_error};

/// The values of a response that its model marks as sensitive.
#[derive(Debug, Default)]
pub(super) struct SecretValues(RefCell<Vec<Value>>);

impl SecretValues {
    /// The values.
    pub(super) fn into_values(self) -> Vec<Value> {
        self.0.into_inner()
    }
}

/// Reads the structure of a response.
pub(super) fn read_structure(
    service: &ServiceSchemas,
    own: &'static ShapeSchema,
    deserializer: &mut dyn ShapeDeserializer,
    secrets: &SecretValues,
) -> Result<Map<String, Value>, SerdeError> {
    // In the order of the model, whatever the order of the response.
    let mut found: Vec<Option<Value>> = own.members.iter().map(|_| None).collect();
    deserializer.read_struct(own.schema, &mut |schema, deserializer| {
        // A member that the model does not have comes with a schema that is not one of this structure.
        let member = schema.member_index().and_then(|at| Some((at, own.members.get(at)?)));
        let member = member.filter(|(_, member)| member.schema.member_name() == schema.member_name());
        let Some((at, member)) = member else { return deserializer.skip_value() };
        if deserializer.is_null() {
            return deserializer.read_null();
        }
        let value = read_member(service, member, schema, deserializer, secrets)?;
        if let Some(slot) = found.get_mut(at) {
            *slot = Some(value);
        }
        Ok(())
    })?;
    let named = own.members.iter().zip(found);
    Ok(named.filter_map(|(member, value)| Some((member.name.clone(), value?))).collect())
}

fn read_member(
    service: &ServiceSchemas,
    member: &MemberSchema,
    schema: &Schema<'_>,
    deserializer: &mut dyn ShapeDeserializer,
    secrets: &SecretValues,
) -> Result<Value, SerdeError> {
    if member.is_json_value {
        let text = deserializer.read_string(schema)?;
        let decoded = base64::engine::general_purpose::STANDARD.decode(&text).ok();
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(text);
        return Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)));
    }
    match member.location {
        Some(Location::StatusCode) => Ok(Value::from(deserializer.read_integer(schema)?)),
        Some(Location::Header | Location::Headers | Location::Uri | Location::QueryString) => {
            read_value(service, member.shape, schema, deserializer, Form::Text, secrets)
        }
        None => {
            let form = match service.protocol() {
                Protocol::AwsJson10 | Protocol::AwsJson11 => Form::Json,
                Protocol::RestJson => Form::ConvertedJson,
                Protocol::Query | Protocol::Ec2 | Protocol::RestXml => Form::Text,
            };
            read_value(service, member.shape, schema, deserializer, form, secrets)
        }
    }
}

/// How a value without parts is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    /// JSON whose numbers and truth values become those of the model.
    ConvertedJson,
    Text,
}

fn read_value(
    service: &ServiceSchemas,
    shape: usize,
    schema: &Schema<'_>,
    deserializer: &mut dyn ShapeDeserializer,
    form: Form,
    secrets: &SecretValues,
) -> Result<Value, SerdeError> {
    let meant = service.shape(shape).map_err(|error| model_error(&error))?;
    let value = read_kind(service, shape, meant, schema, deserializer, form, secrets)?;
    if meant.is_sensitive {
        secrets.0.borrow_mut().push(value.clone());
    }
    Ok(value)
}

fn read_kind(
    service: &ServiceSchemas,
    shape: usize,
    meant: &Shape,
    schema: &Schema<'_>,
    deserializer: &mut dyn ShapeDeserializer,
    form: Form,
    secrets: &SecretValues,
) -> Result<Value, SerdeError> {
    match &meant.kind {
        ShapeKind::Structure { is_document: true, .. } => Ok(json(deserializer.read_document(schema)?)),
        ShapeKind::Structure { .. } => {
            let own = service.schema(shape, Direction::Response).map_err(|error| model_error(&error))?;
            read_structure(service, own, deserializer, secrets).map(Value::Object)
        }
        ShapeKind::List(_) => {
            let item = part(service, shape, 0)?;
            let mut items = Vec::new();
            deserializer.read_list(schema, &mut |deserializer| {
                items.push(read_part(service, item, deserializer, form, secrets)?);
                Ok(())
            })?;
            Ok(Value::Array(items))
        }
        ShapeKind::Map { .. } => {
            let value = part(service, shape, 1)?;
            let mut entries = Map::new();
            deserializer.read_map(schema, &mut |key, deserializer| {
                entries.insert(key, read_part(service, value, deserializer, form, secrets)?);
                Ok(())
            })?;
            Ok(Value::Object(entries))
        }
        ShapeKind::String
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Timestamp
        | ShapeKind::Blob => match form {
            Form::Json => Ok(from_json(meant, json(deserializer.read_document(schema)?))),
            Form::ConvertedJson => Ok(converted(meant, from_json(meant, json(deserializer.read_document(schema)?)))),
            Form::Text => Ok(from_text(meant, deserializer.read_string(schema)?)),
        },
    }
}

/// The item of a list, or the key or value of a map.
fn part(service: &ServiceSchemas, shape: usize, at: usize) -> Result<&'static MemberSchema, SerdeError> {
    let own = service.schema(shape, Direction::Response).map_err(|error| model_error(&error))?;
    own.members.get(at).ok_or_else(|| model_error(&ModelError::Reference))
}

fn read_part(
    service: &ServiceSchemas,
    part: &'static MemberSchema,
    deserializer: &mut dyn ShapeDeserializer,
    form: Form,
    secrets: &SecretValues,
) -> Result<Value, SerdeError> {
    if deserializer.is_null() {
        deserializer.read_null()?;
        return Ok(Value::Null);
    }
    let inner = service.schema(part.shape, Direction::Response).map_err(|error| model_error(&error))?;
    // A list or map inside another one has names of its own.
    let schema = if inner.members.is_empty() { part.schema } else { inner.schema };
    read_value(service, part.shape, schema, deserializer, form, secrets)
}

/// A value as JSON has it.
fn from_json(shape: &Shape, value: Value) -> Value {
    match (&shape.kind, &value) {
        (ShapeKind::Timestamp, _) => value_moment(&value).map_or(value, |moment| Value::String(moment_text(moment))),
        (ShapeKind::Blob, Value::String(text)) => blob(text),
        _ => value,
    }
}

/// A value of JSON as a number or truth value of the model; unchanged where it is none. The Python SDK does this for
/// REST services only: their `10` is a `10.0` where the model has a fraction.
fn converted(shape: &Shape, value: Value) -> Value {
    match (&shape.kind, &value) {
        (ShapeKind::Integer | ShapeKind::Long, Value::Number(number)) if number.is_f64() => {
            number.as_f64().map(f64::trunc).and_then(whole).map_or(value, Value::from)
        }
        (ShapeKind::Float | ShapeKind::Double, Value::Number(number)) => number.as_f64().map_or(value, Value::from),
        (
            ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double | ShapeKind::Boolean,
            Value::String(text),
        ) => from_text(shape, text.clone()),
        _ => value,
    }
}

/// A number without a fraction.
fn whole(number: f64) -> Option<i64> {
    // Printed without an exponent, so that the text is that of an integer.
    format!("{number:.0}").parse().ok()
}

/// A value from its text in XML or in a header.
fn from_text(shape: &Shape, text: String) -> Value {
    match shape.kind {
        ShapeKind::Integer | ShapeKind::Long => match text.trim().parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::String(text),
        },
        ShapeKind::Float | ShapeKind::Double => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::from(number),
            _ => Value::String(text),
        },
        ShapeKind::Boolean => Value::Bool(text.trim().eq_ignore_ascii_case("true")),
        ShapeKind::Timestamp => Value::String(parse_moment(&text).map_or(text, moment_text)),
        ShapeKind::Blob => blob(&text),
        ShapeKind::String | ShapeKind::Structure { .. } | ShapeKind::List(_) | ShapeKind::Map { .. } => {
            Value::String(text)
        }
    }
}

/// Bytes: as text where they are UTF-8, otherwise in base64 as received (spec aws-actions 2.4).
fn blob(text: &str) -> Value {
    let compact: String = text.split_ascii_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(&compact).ok();
    Value::String(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(compact))
}

fn json(document: Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(value),
        Document::Number(Number::PosInt(number)) => Value::from(number),
        Document::Number(Number::NegInt(number)) => Value::from(number),
        Document::Number(Number::Float(number)) => Value::from(number),
        Document::String(text) => Value::String(text),
        Document::Array(items) => Value::Array(items.into_iter().map(json).collect()),
        Document::Object(members) => {
            // The codec keeps no order of the names.
            let sorted: BTreeMap<String, Document> = members.into_iter().collect();
            Value::Object(sorted.into_iter().map(|(name, value)| (name, json(value))).collect())
        }
    }
}
