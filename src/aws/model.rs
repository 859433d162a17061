//! The model of one AWS service: its operations and the shapes of their requests and responses.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;

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
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
    /// The version of the API: `2016-11-15`.
    #[serde(default)]
    pub api_version: String,
    /// The version of awsJson: `1.0` or `1.1`.
    #[serde(default)]
    pub json_version: Option<String>,
    /// The prefix of `X-Amz-Target`.
    #[serde(default)]
    pub target_prefix: Option<String>,
    /// Its name in signatures; the one in endpoints when `None`.
    #[serde(default)]
    pub signing_name: Option<String>,
    /// How its requests are signed: `v4`, `s3` …
    #[serde(default)]
    pub signature_version: String,
    /// Its errors have the codes of its former query protocol.
    #[serde(default)]
    pub aws_query_compatible: Option<IgnoredAny>,
}

impl Metadata {
    /// Its name in signatures.
    pub fn signing_name(&self) -> &str {
        self.signing_name.as_deref().unwrap_or(&self.endpoint_prefix)
    }
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
    /// The method and path of its request.
    pub http: HttpBinding,
    /// The prefix of its host.
    #[serde(default)]
    pub endpoint: OperationEndpoint,
    /// Its request has a checksum.
    #[serde(default)]
    pub http_checksum_required: bool,
    /// How its request names the algorithm of its checksum.
    #[serde(default)]
    pub http_checksum: Option<HttpChecksum>,
    /// `none` and `v4-unsigned-body`; `None` for an ordinary signature.
    #[serde(default)]
    pub authtype: Option<String>,
    /// The signature does not cover the body.
    #[serde(default)]
    pub unsigned_payload: bool,
}

/// The method and the path of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpBinding {
    /// The method.
    pub method: String,
    /// The path, with `{labels}` that have the names of members on the wire.
    pub request_uri: String,
}

/// What an operation adds to the endpoint of its service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationEndpoint {
    /// The prefix of the host, with `{labels}` that have the names of members.
    pub host_prefix: Option<String>,
}

/// The checksum of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpChecksum {
    /// The member that names the algorithm.
    pub request_algorithm_member: Option<String>,
    /// Whether the service refuses a request without a checksum.
    pub request_checksum_required: bool,
}

/// A reference to a shape, with the attributes of the member that it is for.
#[derive(Debug, Clone)]
pub struct ShapeReference {
    /// The index of the shape.
    pub(super) shape: usize,
    pub(super) attributes: Option<Box<Attributes>>,
}

impl ShapeReference {
    /// The attributes.
    pub fn attributes(&self) -> &Attributes {
        static NONE: Attributes = Attributes::NONE;
        self.attributes.as_deref().unwrap_or(&NONE)
    }

    /// Whether it is JSON in a header: any value. `shape` is its shape.
    pub fn is_json_header(&self, shape: &Shape) -> bool {
        let attributes = self.attributes();
        attributes.location == Some(Location::Header) && (attributes.is_json_value || shape.is_json_value)
    }
}

/// The attributes of a member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attributes {
    /// It is part of the host name: at least one character.
    pub host_label: bool,
    /// The SDK supplies a token if it is absent.
    pub idempotency_token: bool,
    /// It is JSON as text.
    #[serde(rename = "jsonvalue")]
    pub is_json_value: bool,
    /// Where it is in a request or response; `None` for the body.
    pub location: Option<Location>,
    /// Its name on the wire.
    pub location_name: Option<String>,
    /// Its name in requests of the protocol of EC2.
    pub query_name: Option<String>,
    /// It is an attribute of an XML element.
    pub xml_attribute: bool,
    /// Its items have no element around them.
    pub flattened: bool,
    /// The namespace of its XML.
    pub xml_namespace: Option<XmlNamespace>,
}

impl Attributes {
    const NONE: Self = Self {
        host_label: false,
        idempotency_token: false,
        is_json_value: false,
        location: None,
        location_name: None,
        query_name: None,
        xml_attribute: false,
        flattened: false,
        xml_namespace: None,
    };
}

/// A place in a request or response outside its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Location {
    /// A label of the path.
    Uri,
    /// A parameter of the query, or all of them.
    #[serde(rename = "querystring")]
    QueryString,
    /// A header.
    Header,
    /// All headers with a prefix.
    Headers,
    /// The HTTP status.
    StatusCode,
}

/// A namespace of XML.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct XmlNamespace {
    /// Its URI.
    pub uri: String,
    /// Its prefix.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// How a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum MomentFormat {
    /// `2026-11-29T01:41:43Z`
    #[serde(rename = "iso8601")]
    Iso8601,
    /// Seconds since 1970.
    #[serde(rename = "unixTimestamp")]
    UnixSeconds,
    /// `Sun, 29 Nov 2026 01:41:43 GMT`
    #[serde(rename = "rfc822")]
    HttpDate,
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
    /// It is JSON as text.
    pub is_json_value: bool,
    /// The format of a moment.
    pub moment_format: Option<MomentFormat>,
    /// Its name on the wire, unless a reference has one.
    pub location_name: Option<String>,
    /// Its items have no element around them.
    pub is_flattened: bool,
    /// The namespace of its XML.
    pub xml_namespace: Option<XmlNamespace>,
    /// The name and the code of an error.
    pub error: Option<ErrorShape>,
}

/// An error that a service reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorShape {
    /// Its name in the model.
    pub name: String,
    /// Its code on the wire, where it is another one.
    pub code: Option<String>,
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
    /// A model whose references are indexes of these shapes.
    pub(super) const fn new(metadata: Metadata, operations: IndexMap<String, Operation>, shapes: Vec<Shape>) -> Self {
        Self { metadata, operations, shapes }
    }

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

    /// Its shapes; a [`ShapeReference`] is an index.
    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The shape of a reference.
    pub fn shape(&self, reference: &ShapeReference) -> Option<&Shape> {
        self.shapes.get(reference.shape)
    }
}
