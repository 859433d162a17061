//! What the Python SDK changes in single requests and responses, beyond the models (design aws-actions 3.4).
//!
//! The table has every change that this program makes. Presigned URLs are in `presigned_url`: they need credentials.

use base64::Engine;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::api_operation::ApiOperation;
use super::model::ShapeReference;

/// One row: the service, the operations (none: all), and the change.
type Row = (&'static str, &'static [&'static str], Custom);

/// A change.
#[derive(Debug, Clone, Copy)]
enum Custom {
    /// A parameter has another name too: the name in the model, and the other one.
    Alias(&'static str, &'static str),
    /// A parameter has a value when it is absent.
    Default(&'static str, &'static str),
    /// A text parameter is sent in base64.
    Encoded(&'static str),
    /// Of these parameters only the part after the last `/` is sent.
    LastPart(&'static [&'static str]),
    /// A source `BUCKET/KEY?versionId=ID` is percent-encoded.
    CopySource(&'static str),
    /// A header.
    Header(&'static str, &'static str),
    /// The version of the API in a header.
    ApiVersionHeader(&'static str),
    /// The query goes into the body.
    QueryInBody,
    /// Line breaks in the XML are character references.
    EscapedLineBreaks,
    /// These members are percent-encoded JSON; the result has it decoded.
    Policies(&'static [&'static str]),
    /// This member is base64; the result has its text.
    DecodedText(&'static str),
    /// This member is JSON as text; the result has it decoded.
    DecodedJson(&'static str),
    /// The text of the root element is this member.
    RootText(&'static str),
    /// Names of objects are asked for percent-encoded, and decoded: members, and members of lists.
    EncodedNames(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// A response with status 200 can be an error.
    ErrorInSuccess,
    /// Of these values only those whose neighbour says so are secrets: the value, the neighbour, and what it says.
    TypedSecret(&'static str, &'static str, &'static str),
    /// Calls go to an address that `DescribeEndpoints` gives.
    DiscoveredEndpoint,
}

const POLICIES: Custom =
    Custom::Policies(&["AssumeRolePolicyDocument", "AssumeRolePolicyDocumentTemplate", "Document", "PolicyDocument"]);

/// All changes.
static CUSTOMS: &[Row] = &[
    ("ec2", &[], Custom::Alias("Filter", "Filters")),
    ("logs", &["CreateExportTask"], Custom::Alias("from", "fromTime")),
    ("cloudsearchdomain", &["Search"], Custom::Alias("return", "returnFields")),
    ("glacier", &[], Custom::Default("accountId", "-")),
    ("ec2", &["RunInstances"], Custom::Encoded("UserData")),
    ("autoscaling", &["CreateLaunchConfiguration"], Custom::Encoded("UserData")),
    (
        "route53",
        &[],
        Custom::LastPart(&["HostedZoneId", "DelegationSetId", "ChangeId", "StartAfterChangeId", "HostedZoneIdMarker"]),
    ),
    (
        "route53",
        &[
            "ChangeResourceRecordSets",
            "DeleteHostedZone",
            "GetChange",
            "GetHostedZone",
            "GetReusableDelegationSet",
            "DeleteReusableDelegationSet",
            "UpdateHostedZoneComment",
            "UpdateHostedZoneFeatures",
        ],
        Custom::LastPart(&["Id"]),
    ),
    ("s3", &["CopyObject", "UploadPartCopy"], Custom::CopySource("CopySource")),
    ("apigateway", &[], Custom::Header("accept", "application/json")),
    ("glacier", &[], Custom::ApiVersionHeader("x-amz-glacier-version")),
    ("dynamodb", &["DescribeEndpoints"], Custom::ApiVersionHeader("x-amz-api-version")),
    ("timestream-query", &["DescribeEndpoints"], Custom::ApiVersionHeader("x-amz-api-version")),
    ("timestream-write", &["DescribeEndpoints"], Custom::ApiVersionHeader("x-amz-api-version")),
    ("cloudsearchdomain", &["Search"], Custom::QueryInBody),
    ("s3", &["DeleteObjects", "PutBucketLifecycleConfiguration"], Custom::EscapedLineBreaks),
    ("iam", &[], POLICIES),
    ("ec2", &["GetConsoleOutput"], Custom::DecodedText("Output")),
    ("cloudformation", &["GetTemplate"], Custom::DecodedJson("TemplateBody")),
    ("s3", &["GetBucketLocation"], Custom::RootText("LocationConstraint")),
    (
        "s3",
        &["ListObjects"],
        Custom::EncodedNames(
            &["Delimiter", "Marker", "NextMarker"],
            &[("Contents", "Key"), ("CommonPrefixes", "Prefix")],
        ),
    ),
    (
        "s3",
        &["ListObjectsV2"],
        Custom::EncodedNames(
            &["Delimiter", "Prefix", "StartAfter"],
            &[("Contents", "Key"), ("CommonPrefixes", "Prefix")],
        ),
    ),
    (
        "s3",
        &["ListObjectVersions"],
        Custom::EncodedNames(
            &["KeyMarker", "NextKeyMarker", "Prefix", "Delimiter"],
            &[("Versions", "Key"), ("DeleteMarkers", "Key"), ("CommonPrefixes", "Prefix")],
        ),
    ),
    ("s3", &[], Custom::ErrorInSuccess),
    (
        "ssm",
        &["GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"],
        Custom::TypedSecret("Value", "Type", "SecureString"),
    ),
    ("timestream-query", &[], Custom::DiscoveredEndpoint),
    ("timestream-write", &[], Custom::DiscoveredEndpoint),
];

/// The changes of an operation.
fn customs<'n>(service: &'n str, operation: &'n str) -> impl Iterator<Item = &'static Custom> + use<'n> {
    CUSTOMS
        .iter()
        .filter(move |(of, only, _)| *of == service && (only.is_empty() || only.contains(&operation)))
        .map(|(_, _, custom)| custom)
}

/// The name in the model of a parameter that has another name.
pub(super) fn unaliased(service: &str, operation: &str, name: &str) -> Option<&'static str> {
    customs(service, operation).find_map(|custom| match custom {
        Custom::Alias(modelled, alias) if *alias == name => Some(*modelled),
        _ => None,
    })
}

/// Whether a required parameter that is absent gets a value: a token that makes a call repeatable, or a default.
pub(super) fn is_supplied(service: &str, operation: &str, name: &str, member: &ShapeReference) -> bool {
    let has_default = |custom: &Custom| matches!(custom, Custom::Default(of, _) if *of == name);
    member.attributes().idempotency_token || customs(service, operation).any(has_default)
}

/// Changes the parameters of a request before it is written. `token` is the value of idempotency tokens that the author
/// does not give.
pub(super) fn change_parameters(api: &ApiOperation<'_>, parameters: &mut Map<String, Value>, token: &str) {
    let members = api.input_members();
    for (name, member) in members.into_iter().flatten() {
        if member.attributes().idempotency_token && !parameters.contains_key(name) {
            parameters.insert(name.clone(), Value::from(token));
        }
    }
    let has_member = |name: &str| members.is_some_and(|members| members.contains_key(name));
    for custom in customs(api.service, api.name) {
        match custom {
            Custom::Alias(modelled, alias) if has_member(modelled) && !has_member(alias) => {
                if let Some(value) = parameters.remove(*alias) {
                    parameters.insert((*modelled).to_owned(), value);
                }
            }
            Custom::Default(name, value) if has_member(name) => {
                parameters.entry(*name).or_insert_with(|| Value::from(*value));
            }
            Custom::EncodedNames(..) => {
                parameters.entry("EncodingType").or_insert_with(|| Value::from("url"));
            }
            Custom::Encoded(name) => {
                change_text(parameters, name, |text| base64::engine::general_purpose::STANDARD.encode(text));
            }
            Custom::LastPart(names) => {
                for name in *names {
                    change_text(parameters, name, |text| text.rsplit('/').next().unwrap_or_default().to_owned());
                }
            }
            Custom::CopySource(name) => change_text(parameters, name, encode_source),
            Custom::Alias(..)
            | Custom::Default(..)
            | Custom::Header(..)
            | Custom::ApiVersionHeader(_)
            | Custom::QueryInBody
            | Custom::EscapedLineBreaks
            | Custom::Policies(_)
            | Custom::DecodedText(_)
            | Custom::DecodedJson(_)
            | Custom::RootText(_)
            | Custom::ErrorInSuccess
            | Custom::TypedSecret(..)
            | Custom::DiscoveredEndpoint => {}
        }
    }
}

fn change_text(parameters: &mut Map<String, Value>, name: &str, change: impl FnOnce(&str) -> String) {
    if let Some(Value::String(text)) = parameters.get_mut(name) {
        *text = change(text);
    }
}

/// The characters of a source that are encoded.
const NOT_IN_SOURCE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

fn encode_source(source: &str) -> String {
    let (object, version) = match source.rfind("?versionId=") {
        Some(at) => source.split_at(at),
        None => (source, ""),
    };
    format!("{}{version}", utf8_percent_encode(object, NOT_IN_SOURCE))
}

/// What is changed in a request that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestChange {
    /// A header is set.
    Header(&'static str, String),
    /// The query goes into the body.
    QueryInBody,
    /// Line breaks in the XML become character references.
    EscapedLineBreaks,
}

/// The changes of a request that is written.
pub(super) fn request_changes(api: &ApiOperation<'_>) -> Vec<RequestChange> {
    let metadata = &api.model.metadata;
    let mut changes = Vec::new();
    if metadata.aws_query_compatible.is_some() {
        changes.push(RequestChange::Header("x-amzn-query-mode", "true".to_owned()));
    }
    for custom in customs(api.service, api.name) {
        changes.push(match custom {
            Custom::Header(name, value) => RequestChange::Header(name, (*value).to_owned()),
            Custom::ApiVersionHeader(name) => RequestChange::Header(name, metadata.api_version.clone()),
            Custom::QueryInBody => RequestChange::QueryInBody,
            Custom::EscapedLineBreaks => RequestChange::EscapedLineBreaks,
            Custom::Alias(..)
            | Custom::Default(..)
            | Custom::Encoded(_)
            | Custom::LastPart(_)
            | Custom::CopySource(_)
            | Custom::Policies(_)
            | Custom::DecodedText(_)
            | Custom::DecodedJson(_)
            | Custom::RootText(_)
            | Custom::EncodedNames(..)
            | Custom::ErrorInSuccess
            | Custom::TypedSecret(..)
            | Custom::DiscoveredEndpoint => continue,
        });
    }
    changes
}

/// Whether a response with status 200 can be an error. Where the body is text or has no meaning, it cannot be told.
pub(super) fn can_fail_with_success(api: &ApiOperation<'_>) -> bool {
    let has_members = api.operation.output.is_some() && !api.has_plain_response_body();
    has_members && customs(api.service, api.name).any(|custom| matches!(custom, Custom::ErrorInSuccess))
}

/// The secrets of a result whose model marks more than the secrets as sensitive; `None` where the model is right.
pub(super) fn typed_secrets(api: &ApiOperation<'_>, result: &Map<String, Value>) -> Option<Vec<Value>> {
    customs(api.service, api.name).find_map(|custom| match custom {
        Custom::TypedSecret(name, neighbour, says) => {
            let mut found = Vec::new();
            result.values().for_each(|value| find_typed(value, name, neighbour, says, &mut found));
            Some(found)
        }
        _ => None,
    })
}

fn find_typed(value: &Value, name: &str, neighbour: &str, says: &str, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            if members.get(neighbour).and_then(Value::as_str) == Some(says) {
                found.extend(members.get(name).cloned());
            }
            members.values().for_each(|member| find_typed(member, name, neighbour, says, found));
        }
        Value::Array(items) => items.iter().for_each(|item| find_typed(item, name, neighbour, says, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether the address of a call has to be asked for.
pub(super) fn needs_discovery(service: &str, operation: &str) -> bool {
    operation != "DescribeEndpoints"
        && customs(service, operation).any(|custom| matches!(custom, Custom::DiscoveredEndpoint))
}

/// Changes a result. `root_text` gives the text of the root element of the response.
pub(super) fn change_result(
    api: &ApiOperation<'_>,
    result: &mut Map<String, Value>,
    root_text: impl Fn() -> Option<String>,
) {
    for custom in customs(api.service, api.name) {
        match custom {
            Custom::Policies(names) => decode_policies(result, names),
            Custom::DecodedText(name) => change_text(result, name, |text| {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text);
                bytes.map_or_else(|_| text.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
            }),
            Custom::DecodedJson(name) => {
                let decoded =
                    result.get(*name).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
                if let Some(decoded) = decoded {
                    result.insert((*name).to_owned(), decoded);
                }
            }
            Custom::RootText(name) => {
                result.insert((*name).to_owned(), root_text().map_or(Value::Null, Value::String));
            }
            Custom::EncodedNames(members, inner)
                if result.get("EncodingType").and_then(Value::as_str) == Some("url") =>
            {
                for name in *members {
                    change_text(result, name, decode_percent);
                }
                for (list, name) in *inner {
                    for item in result.get_mut(*list).and_then(Value::as_array_mut).into_iter().flatten() {
                        if let Value::Object(item) = item {
                            change_text(item, name, decode_percent);
                        }
                    }
                }
            }
            Custom::EncodedNames(..)
            | Custom::Alias(..)
            | Custom::Default(..)
            | Custom::Encoded(_)
            | Custom::LastPart(_)
            | Custom::CopySource(_)
            | Custom::Header(..)
            | Custom::ApiVersionHeader(_)
            | Custom::QueryInBody
            | Custom::EscapedLineBreaks
            | Custom::ErrorInSuccess
            | Custom::TypedSecret(..)
            | Custom::DiscoveredEndpoint => {}
        }
    }
}

/// Decodes the policies of a result, at any depth.
fn decode_policies(members: &mut Map<String, Value>, names: &[&str]) {
    for (name, value) in members {
        match value {
            Value::String(text) if names.contains(&name.as_str()) => {
                if let Ok(decoded) = serde_json::from_str(&decode_percent(text)) {
                    *value = decoded;
                }
            }
            Value::Object(inner) => decode_policies(inner, names),
            Value::Array(items) => {
                for item in items {
                    if let Value::Object(inner) = item {
                        decode_policies(inner, names);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn decode_percent(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
