//! The runtime schemas of a service's shapes, for the codecs of the SDK.
//!
//! The codecs read names, places and formats from schemas. A member has the name that it has on the wire, since the
//! protocols differ only in that; values are matched to members by their position. A schema lives as long as the
//! program: a service has a bounded number of them, and each is made once.

use std::sync::{Arc, OnceLock};

use aws_smithy_schema::serde::SerdeError;
use aws_smithy_schema::traits::{HttpTrait, TimestampFormat};
use aws_smithy_schema::{Schema, ShapeId, ShapeType, intern_header_name};

use super::error::ModelError;
use super::model::{Location, MomentFormat, Operation, ServiceModel, Shape, ShapeKind, ShapeReference};
use super::protocol_name::Protocol;

/// A schema.
pub(super) type StaticSchema = &'static Schema<'static>;

/// The schemas of a service.
#[derive(Debug)]
pub(super) struct ServiceSchemas {
    model: Arc<ServiceModel>,
    protocol: Protocol,
    requests: Box<[OnceLock<&'static ShapeSchema>]>,
    responses: Box<[OnceLock<&'static ShapeSchema>]>,
    operations: Box<[OnceLock<&'static ShapeSchema>]>,
}

/// Requests and responses name some members differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// What is sent.
    Request,
    /// What is received.
    Response,
}

/// The schema of a shape.
#[derive(Debug)]
pub(super) struct ShapeSchema {
    /// The schema.
    pub(super) schema: StaticSchema,
    /// The members of a structure; the item of a list; the key and the value of a map.
    pub(super) members: Vec<MemberSchema>,
}

/// The schema of a part of a shape.
#[derive(Debug)]
pub(super) struct MemberSchema {
    /// Its name in the model; empty for an item, a key and a value.
    pub(super) name: String,
    /// The schema.
    pub(super) schema: StaticSchema,
    /// The index of its shape.
    pub(super) shape: usize,
    /// Where it is; `None` for the body.
    pub(super) location: Option<Location>,
    /// It is JSON in a header.
    pub(super) is_json_value: bool,
}

impl ServiceSchemas {
    pub(super) fn new(model: Arc<ServiceModel>, protocol: Protocol) -> Self {
        let empty = |count: usize| (0..count).map(|_| OnceLock::new()).collect();
        let (shapes, operations) = (model.shapes().len(), model.operations.len());
        Self { model, protocol, requests: empty(shapes), responses: empty(shapes), operations: empty(operations) }
    }

    /// The model.
    pub(super) fn model(&self) -> &ServiceModel {
        &self.model
    }

    /// The protocol that the service is spoken to in.
    pub(super) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The shape of this index.
    pub(super) fn shape(&self, index: usize) -> Result<&Shape, ModelError> {
        self.model.shapes().get(index).ok_or(ModelError::Reference)
    }

    /// The schema of the shape of this index.
    pub(super) fn schema(&self, index: usize, direction: Direction) -> Result<&'static ShapeSchema, ModelError> {
        let slots = match direction {
            Direction::Request => &self.requests,
            Direction::Response => &self.responses,
        };
        let slot = slots.get(index).ok_or(ModelError::Reference)?;
        if let Some(made) = slot.get() {
            return Ok(made);
        }
        let made = self.make(index, direction)?;
        Ok(slot.get_or_init(|| Box::leak(Box::new(made))))
    }

    /// The schema of the request of an operation, with its method and path.
    pub(super) fn request(&self, name: &str) -> Result<&'static ShapeSchema, ModelError> {
        let (at, _, operation) = self.model.operations.get_full(name).ok_or(ModelError::Reference)?;
        let slot = self.operations.get(at).ok_or(ModelError::Reference)?;
        if let Some(made) = slot.get() {
            return Ok(made);
        }
        let made = self.make_request(operation)?;
        Ok(slot.get_or_init(|| Box::leak(Box::new(made))))
    }

    fn make_request(&self, operation: &Operation) -> Result<ShapeSchema, ModelError> {
        let http = HttpTrait::new(leak(&operation.http.method), leak(&operation.http.request_uri), None);
        let members = match &operation.input {
            Some(input) => self.members(input.shape, Direction::Request)?,
            None => Vec::new(),
        };
        let mut schema = Schema::new_struct(id("Request"), ShapeType::Structure, schemas(&members)).with_http(http);
        if let Some(input) = &operation.input {
            let attributes = input.attributes();
            if let Some(name) = attributes.location_name.as_ref().filter(|_| self.protocol == Protocol::RestXml) {
                schema = schema.with_xml_name(leak(name));
            }
            if let Some(namespace) = &attributes.xml_namespace {
                schema = schema.with_xml_namespace(leak(&namespace.uri), namespace.prefix.as_deref().map(leak));
            }
        }
        Ok(ShapeSchema { schema: Box::leak(Box::new(schema)), members })
    }

    fn make(&self, index: usize, direction: Direction) -> Result<ShapeSchema, ModelError> {
        let shape = self.shape(index)?;
        let members = self.members(index, direction)?;
        let id = id("Shape");
        let schema = match (&shape.kind, members.as_slice()) {
            (ShapeKind::Structure { .. }, _) => Schema::new_struct(id, ShapeType::Structure, schemas(&members)),
            (ShapeKind::List(_), [item]) => Schema::new_list(id, item.schema),
            (ShapeKind::Map { .. }, [key, value]) => Schema::new_map(id, key.schema, value.schema),
            (ShapeKind::Timestamp, _) => {
                Schema::new(id, ShapeType::Timestamp).with_timestamp_format(self.moment_format(shape, None))
            }
            (kind, _) => Schema::new(id, shape_type(kind)),
        };
        let schema = match &shape.xml_namespace {
            Some(namespace) => schema.with_xml_namespace(leak(&namespace.uri), namespace.prefix.as_deref().map(leak)),
            None => schema,
        };
        Ok(ShapeSchema { schema: Box::leak(Box::new(schema)), members })
    }

    /// The parts of a shape.
    fn members(&self, index: usize, direction: Direction) -> Result<Vec<MemberSchema>, ModelError> {
        let shape = self.shape(index)?;
        match &shape.kind {
            ShapeKind::Structure { members, payload, .. } => members
                .iter()
                .enumerate()
                .map(|(at, (name, reference))| {
                    let is_payload = payload.as_ref() == Some(name);
                    self.member(name, at, reference, is_payload, direction)
                })
                .collect(),
            ShapeKind::List(item) => Ok(vec![self.part("member", item)?]),
            ShapeKind::Map { key, value } => Ok(vec![self.part("key", key)?, self.part("value", value)?]),
            ShapeKind::String
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Timestamp
            | ShapeKind::Blob => Ok(Vec::new()),
        }
    }

    /// The item of a list, or the key or value of a map.
    fn part(&self, default: &str, reference: &ShapeReference) -> Result<MemberSchema, ModelError> {
        let shape = self.shape(reference.shape)?;
        let name = reference.attributes().location_name.as_deref().or(shape.location_name.as_deref());
        let is_xml = !matches!(self.protocol, Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson);
        let name = leak(name.filter(|_| is_xml).unwrap_or(default));
        let mut schema = Schema::new_member(id("Part"), shape_type(&shape.kind), name, 0);
        if let ShapeKind::Timestamp = shape.kind {
            schema = schema.with_timestamp_format(self.moment_format(shape, None));
        }
        if let Some(namespace) = reference.attributes().xml_namespace.as_ref().or(shape.xml_namespace.as_ref()) {
            schema = schema.with_xml_namespace(leak(&namespace.uri), namespace.prefix.as_deref().map(leak));
        }
        Ok(self.finish(schema, "", reference, shape))
    }

    fn member(
        &self,
        name: &str,
        at: usize,
        reference: &ShapeReference,
        is_payload: bool,
        direction: Direction,
    ) -> Result<MemberSchema, ModelError> {
        let shape = self.shape(reference.shape)?;
        let attributes = reference.attributes();
        let location = attributes.location.filter(|_| self.protocol.is_rest());
        let wire = leak(&self.wire_name(name, reference, shape, direction)?);
        // Members of headers keep the name of the model: one of the body may have theirs.
        let schema_name = match location {
            None | Some(Location::Uri) => wire,
            Some(Location::QueryString | Location::Header | Location::Headers | Location::StatusCode) => leak(name),
        };
        let member_type = match (direction, location) {
            // Headers are read as text: the codec would take a comma in a date for one between items.
            (Direction::Response, Some(Location::Header)) => header_type(&shape.kind),
            (Direction::Request | Direction::Response, _) => shape_type(&shape.kind),
        };
        let mut schema = Schema::new_member(id("Member"), member_type, schema_name, at);
        schema = match location {
            None => schema,
            Some(Location::Uri) => schema.with_http_label(),
            Some(Location::QueryString) if matches!(shape.kind, ShapeKind::Map { .. }) => {
                schema.with_http_query_params()
            }
            Some(Location::QueryString) => schema.with_http_query(wire),
            Some(Location::Header) => schema.with_http_header(intern_header_name(wire)),
            Some(Location::Headers) => {
                schema.with_http_prefix_headers(leak(attributes.location_name.as_deref().unwrap_or_default()))
            }
            Some(Location::StatusCode) => schema.with_http_response_code(),
        };
        if is_payload && self.protocol.is_rest() {
            schema = schema.with_http_payload().with_xml_name(wire);
        }
        if self.is_flattened(reference, shape, direction) {
            schema = schema.with_xml_flattened();
        }
        if attributes.xml_attribute {
            schema = schema.with_xml_attribute();
        }
        if let Some(namespace) = attributes.xml_namespace.as_ref().or(shape.xml_namespace.as_ref()) {
            schema = schema.with_xml_namespace(leak(&namespace.uri), namespace.prefix.as_deref().map(leak));
        }
        if let ShapeKind::Timestamp = shape.kind {
            schema = schema.with_timestamp_format(self.moment_format(shape, location));
        }
        // The parts of a list or map: the codecs read their names where the member is written.
        schema = match &shape.kind {
            ShapeKind::List(item) => schema.with_list_member(self.part("member", item)?.schema),
            ShapeKind::Map { key, value } => {
                schema.with_map_members(self.part("key", key)?.schema, self.part("value", value)?.schema)
            }
            ShapeKind::Structure { .. }
            | ShapeKind::String
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Timestamp
            | ShapeKind::Blob => schema,
        };
        Ok(self.finish(schema, name, reference, shape))
    }

    fn finish(&self, schema: Schema<'static>, name: &str, reference: &ShapeReference, shape: &Shape) -> MemberSchema {
        MemberSchema {
            name: name.to_owned(),
            schema: Box::leak(Box::new(schema)),
            shape: reference.shape,
            location: reference.attributes().location.filter(|_| self.protocol.is_rest()),
            is_json_value: reference.is_json_header(shape),
        }
    }

    /// The name of a member of a structure on the wire.
    fn wire_name(
        &self,
        name: &str,
        reference: &ShapeReference,
        shape: &Shape,
        direction: Direction,
    ) -> Result<String, ModelError> {
        let attributes = reference.attributes();
        let own = attributes.location_name.as_deref().or(shape.location_name.as_deref());
        if self.protocol == Protocol::Ec2 && direction == Direction::Request {
            return Ok(match (&attributes.query_name, own) {
                (Some(query_name), _) => query_name.clone(),
                (None, Some(own)) => capitalized(own),
                (None, None) => name.to_owned(),
            });
        }
        // The items of a flattened list have the name of its item, where it has one.
        if let ShapeKind::List(item) = &shape.kind
            && self.is_flattened(reference, shape, direction)
            && !(self.protocol == Protocol::RestXml && direction == Direction::Request)
        {
            let item_shape = self.shape(item.shape)?;
            let item_name = item.attributes().location_name.as_deref().or(item_shape.location_name.as_deref());
            if let Some(item_name) = item_name {
                return Ok(item_name.to_owned());
            }
        }
        Ok(own.unwrap_or(name).to_owned())
    }

    fn is_flattened(&self, reference: &ShapeReference, shape: &Shape, direction: Direction) -> bool {
        match (self.protocol, direction) {
            (Protocol::Ec2, Direction::Request) => matches!(shape.kind, ShapeKind::List(_)),
            (Protocol::Query | Protocol::RestXml, _) | (Protocol::Ec2, Direction::Response) => {
                reference.attributes().flattened || shape.is_flattened
            }
            (Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson, _) => false,
        }
    }

    fn moment_format(&self, shape: &Shape, location: Option<Location>) -> TimestampFormat {
        let by_place = match (location, self.protocol) {
            (Some(Location::Header | Location::Headers), _) => MomentFormat::HttpDate,
            (Some(Location::Uri | Location::QueryString | Location::StatusCode), _)
            | (None, Protocol::Query | Protocol::Ec2 | Protocol::RestXml) => MomentFormat::Iso8601,
            (None, Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson) => MomentFormat::UnixSeconds,
        };
        match shape.moment_format.unwrap_or(by_place) {
            MomentFormat::Iso8601 => TimestampFormat::DateTime,
            MomentFormat::UnixSeconds => TimestampFormat::EpochSeconds,
            MomentFormat::HttpDate => TimestampFormat::HttpDate,
        }
    }
}

const fn shape_type(kind: &ShapeKind) -> ShapeType {
    match kind {
        ShapeKind::Structure { is_document: true, .. } => ShapeType::Document,
        ShapeKind::Structure { .. } => ShapeType::Structure,
        ShapeKind::List(_) => ShapeType::List,
        ShapeKind::Map { .. } => ShapeType::Map,
        ShapeKind::String => ShapeType::String,
        ShapeKind::Integer => ShapeType::Integer,
        ShapeKind::Long => ShapeType::Long,
        ShapeKind::Float => ShapeType::Float,
        ShapeKind::Double => ShapeType::Double,
        ShapeKind::Boolean => ShapeType::Boolean,
        ShapeKind::Timestamp => ShapeType::Timestamp,
        ShapeKind::Blob => ShapeType::Blob,
    }
}

/// The type of a member in a header of a response: text, except for items and entries.
const fn header_type(kind: &ShapeKind) -> ShapeType {
    match kind {
        ShapeKind::Structure { .. } | ShapeKind::List(_) | ShapeKind::Map { .. } => shape_type(kind),
        ShapeKind::String
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Timestamp
        | ShapeKind::Blob => ShapeType::String,
    }
}

fn schemas(members: &[MemberSchema]) -> &'static [StaticSchema] {
    Box::leak(members.iter().map(|member| member.schema).collect())
}

/// An identifier: no protocol that is used here writes it.
const fn id(name: &'static str) -> ShapeId<'static> {
    ShapeId::from_parts(name, "", name)
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.into())
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The error of a codec that meets an invalid model.
pub(super) fn model_error(error: &ModelError) -> SerdeError {
    SerdeError::custom(error.to_string())
}
