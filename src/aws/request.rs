//! The request of a call: written, changed as the Python SDK changes it, and with its checksum. It has no host and no
//! signature yet.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use base64::Engine;
use flate2::Crc;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::api_operation::ApiOperation;
use super::customs::{RequestChange, change_parameters, request_changes};
use super::protocol::{CodecError, write_request};
use super::protocol_name::Protocol;
use super::schema::ServiceSchemas;

/// Why a request cannot be built.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    /// It cannot be written.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A header cannot have this value.
    #[error("header {0} cannot have this value")]
    Header(&'static str),
    /// Its checksum cannot be computed.
    #[error("the checksum {0} is not supported here; CRC32 and SHA256 are")]
    Checksum(String),
}

/// Builds the request. `token` is the value of idempotency tokens that the author does not give.
pub(super) fn build_request(
    service: &ServiceSchemas,
    api: &ApiOperation<'_>,
    mut parameters: Map<String, Value>,
    token: &str,
) -> Result<HttpRequest, RequestError> {
    change_parameters(api, &mut parameters, token);
    let mut request = write_request(service, api.name, &parameters)?;
    match service.protocol() {
        Protocol::RestXml if !has_body_member(api, &parameters) => {
            set_body(&mut request, Vec::new());
            request.headers_mut().remove("content-type");
        }
        // The body is one structure, and it is not given.
        Protocol::RestJson if api.has_structure_as_body() && request.body().content_length() == Some(0) => {
            set_body(&mut request, b"{}".to_vec());
        }
        Protocol::RestXml
        | Protocol::RestJson
        | Protocol::AwsJson10
        | Protocol::AwsJson11
        | Protocol::Query
        | Protocol::Ec2 => {}
    }
    for change in request_changes(api) {
        match change {
            RequestChange::Header(name, value) => set_header(&mut request, name, value)?,
            RequestChange::QueryInBody => move_query(&mut request)?,
            RequestChange::EscapedLineBreaks => {
                let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
                let escaped = body.replace('\r', "&#xD;").replace('\n', "&#xA;");
                set_body(&mut request, escaped.into_bytes());
            }
        }
    }
    add_checksum(api, &parameters, &mut request)?;
    Ok(request)
}

/// Whether a parameter of the body is given.
fn has_body_member(api: &ApiOperation<'_>, parameters: &Map<String, Value>) -> bool {
    let members = api.input_members().into_iter().flatten();
    members.filter(|(_, member)| member.attributes().location.is_none()).any(|(name, _)| parameters.contains_key(name))
}

fn set_body(request: &mut HttpRequest, body: Vec<u8>) {
    if body.is_empty() {
        request.headers_mut().remove("content-length");
    } else {
        request.headers_mut().insert("content-length", body.len().to_string());
    }
    *request.body_mut() = SdkBody::from(body);
}

fn set_header(request: &mut HttpRequest, name: &'static str, value: String) -> Result<(), RequestError> {
    request.headers_mut().try_insert(name, value).map(drop).map_err(|_| RequestError::Header(name))
}

/// The query of a request can be large: it goes into the body.
fn move_query(request: &mut HttpRequest) -> Result<(), RequestError> {
    let Some((path, query)) = request.uri().split_once('?').map(|(path, query)| (path.to_owned(), query.to_owned()))
    else {
        return Ok(());
    };
    let refused = |_| RequestError::Header("method");
    request.set_method("POST").map_err(refused)?;
    request.set_uri(path).map_err(|_| RequestError::Header("path"))?;
    set_body(request, query.into_bytes());
    set_header(request, "content-type", "application/x-www-form-urlencoded".to_owned())
}

/// Adds the checksum that the service wants: the one that the author names, or CRC32.
fn add_checksum(
    api: &ApiOperation<'_>,
    parameters: &Map<String, Value>,
    request: &mut HttpRequest,
) -> Result<(), RequestError> {
    let has_one = request.headers().iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-checksum-")
            && !matches!(name.as_str(), "x-amz-checksum-algorithm" | "x-amz-checksum-mode" | "x-amz-checksum-type")
    });
    let checksum = api.operation.http_checksum.as_ref();
    let member = checksum.and_then(|checksum| checksum.request_algorithm_member.as_deref());
    let is_required = api.operation.http_checksum_required || checksum.is_some_and(|it| it.request_checksum_required);
    if has_one || (member.is_none() && !is_required) {
        return Ok(());
    }
    let named = member.and_then(|member| parameters.get(member)).and_then(Value::as_str);
    let body = request.body().bytes().unwrap_or_default();
    let (header, digest) = match named.unwrap_or("CRC32").to_ascii_uppercase().as_str() {
        "CRC32" => {
            let mut crc = Crc::new();
            crc.update(body);
            ("x-amz-checksum-crc32", crc.sum().to_be_bytes().to_vec())
        }
        "SHA256" => ("x-amz-checksum-sha256", Sha256::digest(body).to_vec()),
        other => return Err(RequestError::Checksum(other.to_owned())),
    };
    set_header(request, header, base64::engine::general_purpose::STANDARD.encode(digest))?;
    let names = api.input_members().zip(member).and_then(|(members, member)| members.get(member));
    let name = names.and_then(|member| member.attributes().location_name.as_deref());
    if let Some(name) = name.filter(|_| named.is_none()) {
        let name = aws_smithy_schema::intern_header_name(name);
        set_header(request, name, "CRC32".to_owned())?;
    }
    Ok(())
}
