//! The stored form of the shapes of a model: what is common is short.

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::model::{ErrorShape, MomentFormat, Shape, ShapeKind, ShapeReference, XmlNamespace};

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
                Ok(ShapeReference { shape, attributes: None })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ShapeReference, A::Error> {
                let shape = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let attributes = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                Ok(ShapeReference { shape, attributes: Some(Box::new(attributes)) })
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
    #[serde(rename = "timestampFormat")]
    timestamp_format: Option<MomentFormat>,
    #[serde(rename = "locationName")]
    location_name: Option<String>,
    flattened: bool,
    #[serde(rename = "xmlNamespace")]
    xml_namespace: Option<XmlNamespace>,
    name: Option<String>,
    error: Option<StoredError>,
}

/// The error of a shape as it is stored.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StoredError {
    code: Option<String>,
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
            moment_format: stored.timestamp_format,
            location_name: stored.location_name,
            is_flattened: stored.flattened,
            xml_namespace: stored.xml_namespace,
            error: stored.name.map(|name| ErrorShape { name, code: stored.error.and_then(|error| error.code) }),
        })
    }
}
