//! The names by which runbooks refer to services and operations (spec aws-actions 2.1).

use super::api_operation::ApiOperation;
use super::customs::needs_discovery;
use super::error::UnknownApi;
use super::model::ServiceModel;
use super::protocol_name::Protocol;
use crate::diagnostic::suggestion;

/// Finds the operation that a runbook names: by the name of the model (`DescribeDBInstances`), by the method of the
/// Python SDK (`describe_db_instances`), or by either without regard to letter case and underscores
/// (`rebootInstances`). Refuses what cannot be called: operations that stream, and services with a protocol, a signature or
/// addresses of their own.
pub fn find_operation<'m>(
    service: &'m str,
    model: &'m ServiceModel,
    name: &str,
) -> Result<ApiOperation<'m>, UnknownApi> {
    let reduced = reduce_name(name);
    let found = model
        .operations
        .get_key_value(name)
        .or_else(|| model.operations.iter().find(|(_, operation)| operation.method == name))
        .or_else(|| model.operations.iter().find(|(operation, _)| reduce_name(operation) == reduced));
    let Some((found, operation)) = found else {
        let nearest = suggestion(name, model.operations.keys().map(String::as_str)).map(ToOwned::to_owned);
        return Err(UnknownApi::Operation { service: service.to_owned(), name: name.to_owned(), nearest });
    };
    if model.is_streaming(operation) {
        return Err(UnknownApi::Streaming { service: service.to_owned(), operation: found.clone() });
    }
    Protocol::of(service, &model.metadata)?;
    if needs_discovery(service, found) {
        return Err(UnknownApi::Discovery { service: service.to_owned() });
    }
    Ok(ApiOperation { service, model, name: found, operation })
}

/// A name without what runbooks may write differently: letter case and underscores.
pub(super) fn reduce_name(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}
