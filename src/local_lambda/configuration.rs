//! The read operations of the Lambda API, as tools use them. They report only what a template contains.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Value as Json, json};

use super::LocalLambda;
use super::function::{Function, FunctionCode, Runtime, Version};
use super::service_error::ServiceError;
use super::target::Target;
use crate::limits;

/// `GetFunctionConfiguration`.
pub(super) fn configuration(lambda: &LocalLambda, target: &Target) -> Response<Bytes> {
    answer(&describe(lambda, &target.function, target.version, &target.arn))
}

/// `GetFunction`.
pub(super) fn function(lambda: &LocalLambda, target: &Target) -> Response<Bytes> {
    let location = match &target.function.code {
        FunctionCode::Directory(path) => format!("file://{}", path.display()),
        FunctionCode::Inline(_) | FunctionCode::Unavailable(_) => String::new(),
    };
    let mut body = json!({
        "Configuration": describe(lambda, &target.function, target.version, &target.arn),
        "Code": { "RepositoryType": "Local", "Location": location },
    });
    if let (Some(reserved), Some(map)) = (target.function.reserved_concurrency, body.as_object_mut()) {
        map.insert("Concurrency".to_owned(), json!({ "ReservedConcurrentExecutions": reserved }));
    }
    answer(&body)
}

/// `ListFunctions`, with paging by name of the last function.
pub(super) fn list(lambda: &LocalLambda, query: &HashMap<String, String>) -> Result<Response<Bytes>, ServiceError> {
    let wanted = match query.get("MaxItems").map(|text| text.parse::<usize>()) {
        None => limits::LIST_FUNCTIONS_PAGE,
        Some(Ok(count @ 1..=10_000)) => count.min(limits::LIST_FUNCTIONS_PAGE),
        Some(_) => {
            return Err(ServiceError::Validation(
                "1 validation error detected: 'maxItems' must be a whole number from 1 to 10000".to_owned(),
            ));
        }
    };
    let functions: Vec<_> = lambda.functions().iter().collect();
    let start = match query.get("Marker") {
        None => 0,
        Some(marker) => match functions.iter().position(|function| function.name == *marker) {
            Some(index) => index + 1,
            None => return Err(ServiceError::InvalidParameterValue(format!("`{marker}` is not a marker of a list"))),
        },
    };
    let page: Vec<_> = functions.iter().skip(start).take(wanted).collect();
    let more = start + page.len() < functions.len();
    let described: Vec<Json> = page
        .iter()
        .map(|function| {
            let arn = lambda.functions().arn(&function.name, None);
            describe(lambda, function, Version::Latest, &arn)
        })
        .collect();
    let marker = page.last().filter(|_| more).map(|function| function.name.clone());
    Ok(answer(&json!({ "Functions": described, "NextMarker": marker })))
}

/// `ListVersionsByFunction`.
pub(super) fn versions(lambda: &LocalLambda, target: &Target) -> Response<Bytes> {
    let function = &target.function;
    let all = std::iter::once(Version::Latest).chain((1..=function.published_versions).map(Version::Published));
    let described: Vec<Json> = all
        .map(|version| {
            let arn = lambda.functions().arn(&function.name, Some(&version.to_string()));
            describe(lambda, function, version, &arn)
        })
        .collect();
    answer(&json!({ "Versions": described, "NextMarker": null }))
}

/// `ListAliases`.
pub(super) fn aliases(lambda: &LocalLambda, target: &Target) -> Response<Bytes> {
    let function = &target.function;
    let described: Vec<Json> = function
        .aliases
        .iter()
        .map(|(name, version)| {
            json!({
                "AliasArn": lambda.functions().arn(&function.name, Some(name)),
                "Name": name,
                "FunctionVersion": version.to_string(),
                "Description": "",
            })
        })
        .collect();
    answer(&json!({ "Aliases": described, "NextMarker": null }))
}

/// `GetFunctionConcurrency`.
pub(super) fn concurrency(target: &Target) -> Response<Bytes> {
    answer(&match target.function.reserved_concurrency {
        Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
        None => json!({}),
    })
}

fn describe(lambda: &LocalLambda, function: &Function, version: Version, arn: &str) -> Json {
    let reason = function.unavailable();
    let mut body = json!({
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Description": function.description,
        "Timeout": function.timeout.as_secs(),
        "MemorySize": function.memory_megabytes,
        "Version": version.to_string(),
        "LastModified": lambda.inner.loaded.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
        "TracingConfig": { "Mode": "PassThrough" },
        "State": if reason.is_none() { "Active" } else { "Failed" },
        "LastUpdateStatus": "Successful",
        "Architectures": [if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }],
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", function.name) },
    });
    if let Some(map) = body.as_object_mut() {
        if !function.environment.is_empty() {
            map.insert("Environment".to_owned(), withheld_environment(function));
        }
        match &function.runtime {
            Runtime::Unsupported(identifier) if identifier.contains(' ') => {
                map.insert("PackageType".to_owned(), json!("Image"));
            }
            runtime => {
                map.insert("PackageType".to_owned(), json!("Zip"));
                map.insert("Runtime".to_owned(), json!(runtime.to_string()));
                map.insert("Handler".to_owned(), json!(function.handler));
            }
        }
        if let Some(reason) = reason {
            map.insert("StateReason".to_owned(), json!(reason));
            map.insert("StateReasonCode".to_owned(), json!("InternalError"));
        }
    }
    body
}

/// The environment without its values: any client of the port can request it. The service responds like this to callers
/// without permission, so every client knows the form, and none takes a mask for a value.
fn withheld_environment(function: &Function) -> Json {
    let names: Vec<&str> = function.environment.keys().map(String::as_str).collect();
    json!({ "Error": {
        "ErrorCode": "AccessDeniedException",
        "Message": format!("The values are in the template alone; the variables are {}.", names.join(", ")),
    } })
}

fn answer(body: &Json) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}
