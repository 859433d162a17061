//! Requests and responses in the protocols of AWS, on the codecs of the SDK. No other file names them.

use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_json::protocol::aws_rest_json_1::AwsRestJsonProtocol;
use aws_smithy_query::protocol::AwsQueryProtocol;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_schema::ShapeId;
use aws_smithy_schema::codec::Codec;
use aws_smithy_schema::http_protocol::HttpBindingProtocol;
use aws_smithy_schema::protocol::ClientProtocolInner;
use aws_smithy_schema::serde::{SerdeError, ShapeDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_xml::codec::{XmlCodec, XmlCodecSettings, find_depth2_element_slice_by};
use aws_smithy_xml::decode::{Document, try_data};
use aws_smithy_xml::protocol::aws_rest_xml::AwsRestXmlProtocol;
use serde_json::{Map, Value};

use super::error::ModelError;
use super::model::Operation;
use super::protocol_name::Protocol;
use super::request_writer::Parameters;
use super::response_reader::{SecretValues, read_structure};
use super::schema::{Direction, ServiceSchemas};

/// Why a request cannot be written or a response not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodecError {
    /// The model is not valid.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The value does not fit, or the text is not of the protocol.
    #[error(transparent)]
    Codec(#[from] SerdeError),
    /// The response is a web page.
    #[error("the response is a web page")]
    WebPage,
}

/// Writes the request of an operation: method, path, headers and body, without a host and a signature.
pub(super) fn write_request(
    service: &ServiceSchemas,
    name: &str,
    parameters: &Map<String, Value>,
) -> Result<HttpRequest, CodecError> {
    let schema = service.request(name)?;
    let parameters = Parameters { service, schema, values: parameters };
    let metadata = &service.model().metadata;
    let mut layer = Layer::new("operation");
    layer.store_put(Metadata::new(name.to_owned(), metadata.endpoint_prefix.clone()));
    let bag = ConfigBag::of_layers(vec![layer]);
    let target = metadata.target_prefix.clone().unwrap_or_default();
    let request = match service.protocol() {
        Protocol::AwsJson10 => AwsJsonRpcProtocol::aws_json_1_0().with_target_prefix(target).serialize_request(
            &parameters,
            schema.schema,
            "/",
            &bag,
        ),
        Protocol::AwsJson11 => AwsJsonRpcProtocol::aws_json_1_1().with_target_prefix(target).serialize_request(
            &parameters,
            schema.schema,
            "/",
            &bag,
        ),
        Protocol::RestJson => AwsRestJsonProtocol::new().serialize_request(&parameters, schema.schema, "", &bag),
        Protocol::Query | Protocol::Ec2 => AwsQueryProtocol::new()
            .with_service_version(metadata.api_version.as_str())
            .serialize_request(&parameters, schema.schema, "/", &bag),
        Protocol::RestXml => AwsRestXmlProtocol::new().serialize_request(&parameters, schema.schema, "", &bag),
    };
    Ok(request?)
}

/// Reads the response to a call that succeeded: its members in the order of the model.
pub(super) fn read_response(
    service: &ServiceSchemas,
    operation: &Operation,
    response: &HttpResponse,
    secrets: &SecretValues,
) -> Result<Map<String, Value>, CodecError> {
    let Some(output) = &operation.output else { return Ok(Map::new()) };
    let own = service.schema(output.shape, Direction::Response)?;
    let bag = ConfigBag::base();
    let body = response.body().bytes().unwrap_or_default();
    if is_web_page(body) {
        return Err(CodecError::WebPage);
    }
    let read = match service.protocol() {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            let protocol = AwsJsonRpcProtocol::aws_json_1_1();
            let mut deserializer = protocol.deserialize_response(response, own.schema, &bag)?;
            read_structure(service, own, &mut *deserializer, secrets)?
        }
        Protocol::RestJson => {
            let protocol = AwsRestJsonProtocol::new();
            let mut deserializer = protocol.deserialize_response(response, own.schema, &bag)?;
            read_structure(service, own, &mut *deserializer, secrets)?
        }
        Protocol::RestXml if body.is_empty() => {
            // The codec wants an element.
            let mut filled = HttpResponse::new(response.status(), SdkBody::from("<Empty/>"));
            *filled.headers_mut() = response.headers().clone();
            let protocol = rest_xml();
            let mut deserializer = protocol.deserialize_response(&filled, own.schema, &bag)?;
            read_structure(service, own, &mut *deserializer, secrets)?
        }
        Protocol::RestXml => {
            let protocol = rest_xml();
            let mut deserializer = protocol.deserialize_response(response, own.schema, &bag)?;
            read_structure(service, own, &mut *deserializer, secrets)?
        }
        Protocol::Query => {
            let result = find_depth2_element_slice_by(body, |name| name.ends_with("Result"));
            let mut deserializer = xml().create_deserializer(result.unwrap_or(body));
            read_structure(service, own, &mut deserializer as &mut dyn ShapeDeserializer, secrets)?
        }
        Protocol::Ec2 => {
            let mut deserializer = xml().create_deserializer(body);
            read_structure(service, own, &mut deserializer as &mut dyn ShapeDeserializer, secrets)?
        }
    };
    Ok(read)
}

fn xml() -> XmlCodec {
    XmlCodec::new(XmlCodecSettings::builder().validate_document(true).build())
}

fn rest_xml() -> HttpBindingProtocol<XmlCodec> {
    let id = ShapeId::from_parts("aws.protocols#restXml", "aws.protocols", "restXml");
    HttpBindingProtocol::new(id, xml(), "application/xml")
}

/// What a service reports when it refuses a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReportedCode {
    /// Its code; `None` when the response names none.
    pub(super) code: Option<String>,
    /// Its message.
    pub(super) message: Option<String>,
}

/// Reads the error in a response.
pub(super) fn read_error(service: &ServiceSchemas, response: &HttpResponse) -> ReportedCode {
    let body = response.body().bytes().unwrap_or_default();
    let read = match service.protocol() {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson => AwsRestJsonProtocol::new()
            .parse_error_metadata(response, &ConfigBag::base())
            .ok()
            .map(aws_smithy_types::error::metadata::Builder::build),
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => read_xml_error(body),
    };
    let part = |part: Option<&str>| part.filter(|text| !text.is_empty()).map(str::to_owned);
    read.map(|error| ReportedCode { code: part(error.code()), message: part(error.message()) }).unwrap_or_default()
}

/// The first `Error`, at any depth: `Error` (S3), `ErrorResponse/Error`, `Response/Errors/Error` (EC2).
fn read_xml_error(body: &[u8]) -> Option<ErrorMetadata> {
    let mut document = Document::try_from(body).ok()?;
    loop {
        let start = document.next_start_element()?;
        if start.local() != "Error" {
            continue;
        }
        let mut error = document.scoped_to(start);
        let mut metadata = ErrorMetadata::builder();
        while let Some(mut field) = error.next_tag() {
            metadata = match field.start_el().local() {
                "Code" => metadata.code(try_data(&mut field).ok()?),
                "Message" => metadata.message(try_data(&mut field).ok()?),
                _ => metadata,
            };
        }
        return Some(metadata.build());
    }
}

/// The members of `ResponseMetadata` that a response has in its body: the id of the request in query protocols.
pub(super) fn read_body_metadata(service: &ServiceSchemas, body: &[u8]) -> Map<String, Value> {
    let mut metadata = Map::new();
    let parent = match service.protocol() {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson | Protocol::RestXml => return metadata,
        Protocol::Query => "ResponseMetadata",
        Protocol::Ec2 => "",
    };
    let Ok(mut document) = Document::try_from(body) else { return metadata };
    let Ok(mut root) = document.root_element() else { return metadata };
    while let Some(mut tag) = root.next_tag() {
        let name = tag.start_el().local().to_owned();
        if parent.is_empty() && matches!(name.as_str(), "requestId" | "RequestId") {
            if let Ok(text) = try_data(&mut tag) {
                metadata.insert("RequestId".to_owned(), Value::from(&*text));
            }
        } else if !parent.is_empty() && name == parent {
            while let Some(mut field) = tag.next_tag() {
                let field_name = field.start_el().local().to_owned();
                if let Ok(text) = try_data(&mut field) {
                    metadata.insert(field_name, Value::from(&*text));
                }
            }
        }
    }
    metadata
}

/// Whether a body is HTML: a proxy or another server answered.
pub(super) fn is_web_page(body: &[u8]) -> bool {
    const SEEN: usize = 512;
    let start = body.get(..SEEN).unwrap_or(body);
    let start = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Whether a body is an XML document whose root is an error, or none that is complete.
pub(super) fn is_error_document(body: &[u8]) -> bool {
    if body.is_empty() {
        return false;
    }
    let Ok(mut document) = Document::try_from(body) else { return true };
    document.root_element().map_or(true, |root| root.start_el().local() == "Error")
}

/// The text of the root element of an XML document; `None` when it is empty.
pub(super) fn read_root_text(body: &[u8]) -> Option<String> {
    let mut document = Document::try_from(body).ok()?;
    let mut root = document.root_element().ok()?;
    let text = try_data(&mut root).ok()?;
    Some(text.into_owned()).filter(|text| !text.is_empty())
}
