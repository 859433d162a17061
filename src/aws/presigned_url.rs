//! URLs that are signed for another Region: a copy from there is asked for with one (design aws-actions 3.4).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

use super::api_operation::ApiOperation;
use super::composed_request::{CallPlace, CompositionError, compose_request};
use super::schema::ServiceSchemas;
use super::signing::{UnsignableRequest, sign_url};

/// How long a URL is valid, as in the Python SDK.
const VALID: Duration = Duration::from_hours(1);

/// The operations that take a presigned URL: the services, the operations, the parameter, and whether the Region of the
/// source is a parameter of the API (EC2) or only of the SDK.
const PRESIGNED: [(&[&str], &[&str], &str, bool); 3] = [
    (&["ec2"], &["CopySnapshot"], "PresignedUrl", true),
    (
        &["rds"],
        &[
            "CopyDBClusterSnapshot",
            "CreateDBCluster",
            "CopyDBSnapshot",
            "CreateDBInstanceReadReplica",
            "StartDBInstanceAutomatedBackupsReplication",
        ],
        "PreSignedUrl",
        false,
    ),
    (&["neptune", "docdb"], &["CopyDBClusterSnapshot", "CreateDBCluster"], "PreSignedUrl", false),
];

/// Why there is no URL.
#[derive(Debug, thiserror::Error)]
pub(super) enum PresignError {
    /// Its request cannot be composed.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// It cannot be signed.
    #[error(transparent)]
    Signature(#[from] UnsignableRequest),
}

/// Adds the URL to the parameters of a copy from another Region, unless the author gives one.
pub(super) fn add_presigned_url(
    schemas: &ServiceSchemas,
    api: &ApiOperation<'_>,
    parameters: &mut Map<String, Value>,
    token: &str,
    place: &CallPlace,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<(), PresignError> {
    let row = PRESIGNED
        .iter()
        .find(|(services, operations, ..)| services.contains(&api.service) && operations.contains(&api.name));
    let Some((_, _, name, takes_region)) = row else { return Ok(()) };
    let Some(source) = parameters.get("SourceRegion").and_then(Value::as_str).map(str::to_owned) else { return Ok(()) };
    if !takes_region {
        parameters.remove("SourceRegion");
    }
    if parameters.contains_key(*name) {
        return Ok(());
    }
    let there = CallPlace { region: source, ..place.clone() };
    let mut composed = compose_request(schemas, api, parameters.clone(), token, &there)?;
    let form = String::from_utf8_lossy(composed.http.body().bytes().unwrap_or_default()).into_owned();
    let url = format!("{}/?{form}&DestinationRegion={}", composed.base, place.region);
    *composed.http.body_mut() = SdkBody::empty();
    let headers: Vec<String> = composed.http.headers().iter().map(|(header, _)| header.to_owned()).collect();
    for header in headers {
        composed.http.headers_mut().remove(header);
    }
    composed.http.set_method("GET").map_err(|_| CompositionError::Url)?;
    composed.http.set_uri(url.as_str()).map_err(|_| CompositionError::Url)?;
    let signature = sign_url(&composed.http, &composed.scope, credentials, now, VALID)?;
    let signature: Vec<String> = signature
        .iter()
        .map(|(name, value)| format!("{name}={}", aws_smithy_schema::http_protocol::percent_encode(value)))
        .collect();
    parameters.insert((*name).to_owned(), Value::from(format!("{url}&{}", signature.join("&"))));
    if *takes_region {
        parameters.insert("DestinationRegion".to_owned(), Value::from(place.region.as_str()));
    }
    Ok(())
}
