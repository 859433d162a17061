//! The names by which runbooks refer to services and operations (spec aws-actions 2.1).

use super::error::UnknownApi;
use super::model::{Operation, ServiceModel};
use crate::diagnostic::suggestion;

/// Finds the operation that a runbook names: by the name of the model (`DescribeDBInstances`), by the method of the
/// Python SDK (`describe_db_instances`), or by either without regard to letter case and underscores
/// (`rebootInstances`). Refuses operations that stream.
pub fn find_operation<'m>(
    service: &str,
    model: &'m ServiceModel,
    name: &str,
) -> Result<(&'m str, &'m Operation), UnknownApi> {
    let reduced = reduce(name);
    let found = model
        .operations
        .get_key_value(name)
        .or_else(|| model.operations.iter().find(|(_, operation)| operation.method == name))
        .or_else(|| model.operations.iter().find(|(operation, _)| reduce(operation) == reduced));
    let Some((operation, found)) = found else {
        let nearest = suggestion(name, model.operations.keys().map(String::as_str)).map(ToOwned::to_owned);
        return Err(UnknownApi::Operation { service: service.to_owned(), name: name.to_owned(), nearest });
    };
    if model.is_streaming(found) {
        return Err(UnknownApi::Streaming { service: service.to_owned(), operation: operation.clone() });
    }
    Ok((operation, found))
}

fn reduce(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}
