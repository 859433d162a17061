//! The model of a service in the form of botocore, the Python SDK (`service-2.json`), as a [`ServiceModel`].
//!
//! Shapes refer to others by name there, and operations have no names of methods. A model that a user gives may be
//! wrong in any way: what the rest of this program relies on is checked here.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::invalid_model::{InvalidModel, ModelPart};
use super::method_name::method_name;
use super::model::{Attributes, Location, Metadata, Operation, ServiceModel, Shape, ShapeKind, ShapeReference};
use super::names::reduce_name;

/// Merges what botocore adds to a model (`service-2.sdk-extras.json`) into it: maps member by member; all else replaces
/// what is there.
pub(super) fn merge_extras(model: &mut Value, extras: &mut Value) {
    if let Some(added) = extras.get_mut("merge") {
        merge(model, added.take());
    }
}

fn merge(target: &mut Value, added: Value) {
    match (target, added) {
        (Value::Object(target), Value::Object(added)) => {
            for (name, value) in added {
                match target.get_mut(&name) {
                    Some(own) => merge(own, value),
                    None => _ = target.insert(name, value),
                }
            }
        }
        (target, added) => *target = added,
    }
}

/// Converts a model.
pub(super) fn convert_model(mut model: Value) -> Result<ServiceModel, InvalidModel> {
    let metadata = read::<Metadata>(model.get_mut("metadata").map_or(Value::Null, Value::take), ModelPart::Metadata)?;
    let operations = take_map(&mut model, "operations", ModelPart::Operations)?;
    let shapes = take_map(&mut model, "shapes", ModelPart::Shapes)?;
    let indexes = shapes.keys().enumerate().map(|(index, name)| (name.clone(), index)).collect();
    let names = ShapeNames { indexes };
    let names_and_shapes: Vec<(String, Shape)> = shapes
        .into_iter()
        .map(|(name, shape)| names.shape(&name, shape).map(|shape| (name, shape)))
        .collect::<Result<_, _>>()?;
    check_shapes(&names_and_shapes)?;
    let shapes: Vec<Shape> = names_and_shapes.into_iter().map(|(_, shape)| shape).collect();
    let mut converted = IndexMap::with_capacity(operations.len());
    let mut reduced: HashMap<String, String> = HashMap::new();
    for (name, operation) in operations {
        let operation = names.operation(&name, operation)?;
        check_operation(&name, &operation, &shapes)?;
        if let Some(first) = reduced.insert(reduce_name(&name), name.clone()) {
            return Err(InvalidModel::SameName { first, second: name });
        }
        converted.insert(name, operation);
    }
    Ok(ServiceModel::new(metadata, converted, shapes))
}

/// The indexes of shapes by name.
struct ShapeNames {
    indexes: HashMap<String, usize>,
}

impl ShapeNames {
    /// Replaces the reference of a part by its stored form: an index with attributes.
    fn replace(&self, owner: &mut Map<String, Value>, name: &str, part: &ModelPart) -> Result<(), InvalidModel> {
        let Some(reference) = owner.get_mut(name) else { return Ok(()) };
        let Some(shape) = reference.get("shape").and_then(Value::as_str) else {
            return Err(InvalidModel::NoReference { part: part.clone(), name: name.to_owned() });
        };
        let Some(index) = self.indexes.get(shape) else {
            return Err(InvalidModel::NoShape { part: part.clone(), shape: shape.to_owned() });
        };
        *reference = json!([index, reference.take()]);
        Ok(())
    }

    fn shape(&self, name: &str, shape: Value) -> Result<Shape, InvalidModel> {
        let part = ModelPart::Shape(name.to_owned());
        let Value::Object(mut shape) = shape else { return Err(InvalidModel::NoMap(part)) };
        for inner in ["member", "key", "value"] {
            self.replace(&mut shape, inner, &part)?;
        }
        if let Some(Value::Object(members)) = shape.get_mut("members") {
            let names: Vec<String> = members.keys().cloned().collect();
            for member in names {
                self.replace(members, &member, &part)?;
            }
        }
        // Only errors have their name in the stored form.
        shape.remove("name");
        if shape.contains_key("exception") || shape.contains_key("error") {
            shape.insert("name".to_owned(), Value::from(name));
        }
        read(Value::Object(shape), part)
    }

    fn operation(&self, name: &str, operation: Value) -> Result<Operation, InvalidModel> {
        let part = ModelPart::Operation(name.to_owned());
        let Value::Object(mut operation) = operation else { return Err(InvalidModel::NoMap(part)) };
        for direction in ["input", "output"] {
            self.replace(&mut operation, direction, &part)?;
        }
        operation.insert("method".to_owned(), Value::from(method_name(name)));
        read(Value::Object(operation), part)
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value, part: ModelPart) -> Result<T, InvalidModel> {
    T::deserialize(value).map_err(|source| InvalidModel::Form { part, source: Arc::new(source) })
}

fn take_map(model: &mut Value, name: &str, part: ModelPart) -> Result<Map<String, Value>, InvalidModel> {
    match model.get_mut(name).map(Value::take) {
        Some(Value::Object(map)) => Ok(map),
        Some(_) | None => Err(InvalidModel::NoMap(part)),
    }
}

fn check_shapes(shapes: &[(String, Shape)]) -> Result<(), InvalidModel> {
    for (name, shape) in shapes {
        match &shape.kind {
            ShapeKind::Structure { members, required, payload, .. } => {
                if let Some(member) = required.iter().chain(payload).find(|member| !members.contains_key(*member)) {
                    return Err(InvalidModel::NoMember { shape: name.clone(), member: member.clone() });
                }
                for (member, reference) in members {
                    check_header(name, member, reference.attributes())?;
                }
            }
            ShapeKind::Map { key, .. } => {
                let key = shapes.get(key.shape).map(|(_, key)| &key.kind);
                if !matches!(key, Some(ShapeKind::String)) {
                    return Err(InvalidModel::KeyType { shape: name.clone() });
                }
            }
            ShapeKind::List(_)
            | ShapeKind::String
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Timestamp
            | ShapeKind::Blob => {}
        }
    }
    Ok(())
}

fn check_header(shape: &str, member: &str, attributes: &Attributes) -> Result<(), InvalidModel> {
    let header = match attributes.location {
        Some(Location::Header) => attributes.location_name.as_deref().unwrap_or(member),
        // A prefix may be empty.
        Some(Location::Headers) => match attributes.location_name.as_deref() {
            None | Some("") => return Ok(()),
            Some(prefix) => prefix,
        },
        Some(Location::Uri | Location::QueryString | Location::StatusCode) | None => return Ok(()),
    };
    if is_token(header) {
        return Ok(());
    }
    Err(InvalidModel::Header { shape: shape.to_owned(), header: header.to_owned() })
}

fn check_operation(name: &str, operation: &Operation, shapes: &[Shape]) -> Result<(), InvalidModel> {
    let http = &operation.http;
    if !is_token(&http.method) || !http.request_uri.starts_with('/') {
        return Err(InvalidModel::Http { operation: name.to_owned() });
    }
    for (direction, reference) in [("input", &operation.input), ("output", &operation.output)] {
        let is_structure = |reference: &ShapeReference| {
            let shape = shapes.get(reference.shape);
            shape.is_some_and(|shape| matches!(shape.kind, ShapeKind::Structure { .. }))
        };
        if !reference.as_ref().is_none_or(is_structure) {
            return Err(InvalidModel::NoStructure { operation: name.to_owned(), direction });
        }
    }
    Ok(())
}

/// Whether a text is a token of HTTP, as methods and names of headers are.
fn is_token(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}
