//! The model of one AWS service: its operations and the shapes of their requests and responses.

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The model of a service.
#[derive(Debug, Clone, Deserialize)]
pub struct ServiceModel {
    /// Its protocol and names.
    pub metadata: Metadata,
    /// Its operations by name, in the order of the model.
    pub operations: IndexMap<String, Operation>,
    /// Its shapes; a [`ShapeReference`] is an index.
    shapes: Vec<Shape>,
}

/// The protocol and the names of a service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The protocol that the service prefers.
    pub protocol: String,
    /// All protocols that it speaks, the preferred one first; empty where the model names only one.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// Its name in endpoints.
    pub endpoint_prefix: String,
    /// Its identifier: `Auto Scaling`.
    #[serde(default)]
    pub service_id: Option<String>,
}

/// One operation.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Its method in the Python SDK: `describe_db_instances`.
    pub method: String,
    /// Its request; `None` when it takes no parameters.
    #[serde(default)]
    pub input: Option<ShapeReference>,
    /// Its response; `None` when it is empty.
    #[serde(default)]
    pub output: Option<ShapeReference>,
}

/// A reference to a shape, with the attributes of the member that it is for.
#[derive(Debug, Clone)]
pub struct ShapeReference {
    /// The index of the shape.
    shape: usize,
    /// The attributes.
    pub attributes: Attributes,
}

/// The attributes of a member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attributes {
    /// It is part of the host name: at least one character.
    pub host_label: bool,
    /// The SDK supplies a token if it is absent.
    pub idempotency_token: bool,
    /// It is JSON in a header: any value.
    #[serde(rename = "jsonvalue")]
    pub is_json_value: bool,
    /// `header`, `uri`, `querystring` …; `None` for the body.
    pub location: Option<String>,
}

/// A shape.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Its type, with the shapes inside it.
    pub kind: ShapeKind,
    /// The least length or value.
    pub min: Option<f64>,
    /// Its values are secrets.
    pub is_sensitive: bool,
    /// It is a stream of events.
    pub is_event_stream: bool,
    /// It is JSON in a header: any value.
    pub is_json_value: bool,
}

/// The type of a shape.
#[derive(Debug, Clone)]
pub enum ShapeKind {
    /// Members with names.
    Structure {
        /// The members, in the order of the model.
        members: IndexMap<String, ShapeReference>,
        /// The names of the required ones.
        required: Vec<String>,
        /// The member that is the whole body.
        payload: Option<String>,
        /// Exactly one member is set.
        is_union: bool,
        /// Any JSON value instead of members.
        is_document: bool,
    },
    /// A list.
    List(ShapeReference),
    /// A map from texts.
    Map {
        /// Its keys.
        key: ShapeReference,
        /// Its values.
        value: ShapeReference,
    },
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A number.
    Float,
    /// A number of 64 bits.
    Double,
    /// A truth value.
    Boolean,
    /// A moment.
    Timestamp,
    /// Bytes.
    Blob,
}

impl ServiceModel {
    /// The operation with this name of the model.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// Whether a request or response is a stream: the whole body is bytes, or a member is a stream of events.
    fn is_stream(&self, reference: Option<&ShapeReference>) -> bool {
        let Some(ShapeKind::Structure { members, payload, .. }) =
            reference.and_then(|reference| self.shape(reference)).map(|shape| &shape.kind)
        else {
            return false;
        };
        let body = payload.as_ref().and_then(|payload| members.get(payload));
        let is_bytes =
            |member: &ShapeReference| self.shape(member).is_some_and(|shape| matches!(shape.kind, ShapeKind::Blob));
        let is_event_stream = |member: &ShapeReference| self.shape(member).is_some_and(|shape| shape.is_event_stream);
        body.is_some_and(is_bytes) || members.values().any(is_event_stream)
    }

    /// Whether an operation sends or receives a stream. No runbook can call it (spec aws-actions 2.3).
    pub fn is_streaming(&self, operation: &Operation) -> bool {
        self.is_stream(operation.input.as_ref()) || self.is_stream(operation.output.as_ref())
    }

    /// The shape of a reference.
    pub fn shape(&self, reference: &ShapeReference) -> Option<&Shape> {
        self.shapes.get(reference.shape)
    }
}

impl<'de> Deserialize<'de> for ShapeReference {
    /// An index, or a list of an index and attributes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ReferenceVisitor;
        impl<'de> Visitor<'de> for ReferenceVisitor {
            type Value = ShapeReference;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the index of a shape, with or without attributes")
            }

            fn visit_u64<E: Error>(self, index: u64) -> Result<ShapeReference, E> {
                let shape = usize::try_from(index).map_err(E::custom)?;
                Ok(ShapeReference { shape, attributes: Attributes::default() })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ShapeReference, A::Error> {
                let shape = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let attributes = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                Ok(ShapeReference { shape, attributes })
            }
        }
        deserializer.deserialize_any(ReferenceVisitor)
    }
}

/// A shape as it is stored.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StoredShape {
    r#type: String,
    members: IndexMap<String, ShapeReference>,
    required: Vec<String>,
    payload: Option<String>,
    member: Option<ShapeReference>,
    key: Option<ShapeReference>,
    value: Option<ShapeReference>,
    min: Option<f64>,
    sensitive: bool,
    union: bool,
    document: bool,
    eventstream: bool,
    jsonvalue: bool,
}

impl<'de> Deserialize<'de> for Shape {
    /// A type, or a map with the field `type`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShapeVisitor;
        impl<'de> Visitor<'de> for ShapeVisitor {
            type Value = StoredShape;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a shape")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<StoredShape, E> {
                Ok(StoredShape { r#type: name.to_owned(), ..StoredShape::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StoredShape, A::Error> {
                StoredShape::deserialize(MapAccessDeserializer::new(map))
            }
        }
        let stored = deserializer.deserialize_any(ShapeVisitor)?;
        let kind = match (stored.r#type.as_str(), stored.member, stored.key, stored.value) {
            ("structure", ..) => ShapeKind::Structure {
                members: stored.members,
                required: stored.required,
                payload: stored.payload,
                is_union: stored.union,
                is_document: stored.document,
            },
            ("list", Some(member), ..) => ShapeKind::List(member),
            ("map", _, Some(key), Some(value)) => ShapeKind::Map { key, value },
            ("string", ..) => ShapeKind::String,
            ("integer", ..) => ShapeKind::Integer,
            ("long", ..) => ShapeKind::Long,
            ("float", ..) => ShapeKind::Float,
            ("double", ..) => ShapeKind::Double,
            ("boolean", ..) => ShapeKind::Boolean,
            ("timestamp", ..) => ShapeKind::Timestamp,
            ("blob", ..) => ShapeKind::Blob,
            (other, ..) => return Err(D::Error::custom(format!("unknown or incomplete type {other} of a shape"))),
        };
        Ok(Self {
            kind,
            min: stored.min,
            is_sensitive: stored.sensitive,
            is_event_stream: stored.eventstream,
            is_json_value: stored.jsonvalue,
        })
    }
}
