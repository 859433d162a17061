//! Writes the parameters of a request with a codec of the SDK.
//!
//! The parameters were checked against the model before (`validation`).

use aws_smithy_schema::Schema;
use aws_smithy_schema::serde::{SerdeError, SerializableStruct, ShapeSerializer};
use aws_smithy_types::{Blob, DateTime, Document, Number};
use base64::Engine;
use serde_json::{Map, Value};

use super::model::ShapeKind;
use super::moment::value_moment;
use super::protocol_name::Protocol;
use super::schema::{Direction, MemberSchema, ServiceSchemas, ShapeSchema, model_error};

/// The parameters of a request.
#[derive(Debug)]
pub(super) struct Parameters<'v> {
    pub(super) service: &'v ServiceSchemas,
    pub(super) schema: &'static ShapeSchema,
    pub(super) values: &'v Map<String, Value>,
}

impl SerializableStruct for Parameters<'_> {
    fn schema(&self) -> &Schema<'_> {
        self.schema.schema
    }

    fn serialize_members(&self, serializer: &mut dyn ShapeSerializer) -> Result<(), SerdeError> {
        for member in &self.schema.members {
            if let Some(value) = self.values.get(&member.name) {
                write_member(self.service, member, value, serializer)?;
            }
        }
        Ok(())
    }
}

fn write_member(
    service: &ServiceSchemas,
    member: &MemberSchema,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    if member.is_json_value {
        let text = base64::engine::general_purpose::STANDARD.encode(value.to_string());
        return serializer.write_string(member.schema, &text);
    }
    match service.protocol() {
        // The protocol of EC2 has no empty list; a form has nothing for values without parts.
        Protocol::Ec2 if matches!(value, Value::Array(items) if items.is_empty()) => return Ok(()),
        Protocol::Query | Protocol::Ec2 if is_hollow(value) => return Ok(()),
        // The codec takes the name of a member that is the whole body for a key.
        Protocol::RestJson if member.schema.http_payload().is_some() => {
            if let ShapeKind::Structure { is_document: false, .. } =
                service.shape(member.shape).map_err(|error| model_error(&error))?.kind
            {
                let own = service.schema(member.shape, Direction::Request).map_err(|error| model_error(&error))?;
                return write_value(service, member.shape, own.schema, value, serializer);
            }
        }
        Protocol::Query
        | Protocol::Ec2
        | Protocol::AwsJson10
        | Protocol::AwsJson11
        | Protocol::RestJson
        | Protocol::RestXml => {}
    }
    write_value(service, member.shape, member.schema, value, serializer)
}

/// Whether a list or structure has parts, and none of them a value.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_hollow),
        Value::Object(members) => members.values().all(is_hollow),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn write_value(
    service: &ServiceSchemas,
    shape: usize,
    schema: &Schema<'_>,
    value: &Value,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let invalid = || SerdeError::type_mismatch("the value does not fit the model");
    let kind = &service.shape(shape).map_err(|error| model_error(&error))?.kind;
    match (kind, value) {
        (ShapeKind::Structure { is_document: true, .. }, value) => serializer.write_document(schema, &document(value)),
        (ShapeKind::Structure { .. }, Value::Object(values)) => {
            let own = service.schema(shape, Direction::Request).map_err(|error| model_error(&error))?;
            serializer.write_struct(schema, &Parameters { service, schema: own, values })
        }
        (ShapeKind::List(_), Value::Array(items)) => {
            let own = service.schema(shape, Direction::Request).map_err(|error| model_error(&error))?;
            let [item] = own.members.as_slice() else { return Err(invalid()) };
            let inner = service.schema(item.shape, Direction::Request).map_err(|error| model_error(&error))?;
            serializer.write_list(schema, &|serializer| {
                items.iter().try_for_each(|value| write_value(service, item.shape, inner.schema, value, serializer))
            })
        }
        (ShapeKind::Map { .. }, Value::Object(entries)) => {
            let own = service.schema(shape, Direction::Request).map_err(|error| model_error(&error))?;
            let [_, part] = own.members.as_slice() else { return Err(invalid()) };
            let inner = service.schema(part.shape, Direction::Request).map_err(|error| model_error(&error))?;
            serializer.write_map(schema, &|serializer| {
                entries.iter().try_for_each(|(key, value)| {
                    serializer.write_string(&aws_smithy_schema::prelude::STRING, key)?;
                    write_value(service, part.shape, inner.schema, value, serializer)
                })
            })
        }
        (ShapeKind::Structure { .. } | ShapeKind::List(_) | ShapeKind::Map { .. }, _) => Err(invalid()),
        // Working AWS-owned runbooks give a list of one where the API takes a value without parts.
        (_, Value::Array(items)) => match items.as_slice() {
            [item] => write_value(service, shape, schema, item, serializer),
            _ => Err(invalid()),
        },
        (ShapeKind::String, Value::String(text)) => serializer.write_string(schema, text),
        (ShapeKind::Timestamp, value) => {
            let moment = value_moment(value).ok_or_else(invalid)?;
            let moment = DateTime::from_nanos(moment.as_nanosecond()).map_err(|_| invalid())?;
            serializer.write_timestamp(schema, &moment)
        }
        (ShapeKind::Blob, Value::String(text)) => serializer.write_blob(schema, Blob::new(text.as_bytes())),
        (_, Value::Bool(value)) => serializer.write_boolean(schema, *value),
        (_, Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => serializer.write_long(schema, number),
            (None, Some(number)) => serializer.write_double(schema, number),
            (None, None) => Err(invalid()),
        },
        _ => Err(invalid()),
    }
}

/// Any JSON value, for a member that takes one.
fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => {
            Document::Object(members.iter().map(|(name, value)| (name.clone(), document(value))).collect())
        }
    }
}
