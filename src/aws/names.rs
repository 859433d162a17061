//! The names by which runbooks refer to services and operations (spec aws-actions 2.1).

use indexmap::IndexMap;

use super::customs::needs_discovery;
use super::error::UnknownApi;
use super::model::{Operation, ServiceModel, ShapeKind, ShapeReference};
use super::protocol_name::Protocol;
use crate::diagnostic::suggestion;

/// An operation of a service.
#[derive(Debug, Clone, Copy)]
pub struct ApiOperation<'m> {
    /// The service.
    pub service: &'m str,
    /// Its model.
    pub model: &'m ServiceModel,
    /// The name of the operation in the model.
    pub name: &'m str,
    /// The operation.
    pub operation: &'m Operation,
}

impl<'m> ApiOperation<'m> {
    /// The parameters of the request; `None` when it takes none.
    pub(super) fn input_members(&self) -> Option<&'m IndexMap<String, ShapeReference>> {
        self.input_structure().map(|(members, _)| members)
    }

    /// Whether the body of the request is one parameter that is a structure.
    pub(super) fn has_structure_as_body(&self) -> bool {
        let Some((members, Some(payload))) = self.input_structure() else { return false };
        let shape = members.get(payload).and_then(|member| self.model.shape(member));
        shape.is_some_and(|shape| matches!(shape.kind, ShapeKind::Structure { .. }))
    }

    fn input_structure(&self) -> Option<(&'m IndexMap<String, ShapeReference>, Option<&'m String>)> {
        match &self.model.shape(self.operation.input.as_ref()?)?.kind {
            ShapeKind::Structure { members, payload, .. } => Some((members, payload.as_ref())),
            ShapeKind::List(_)
            | ShapeKind::Map { .. }
            | ShapeKind::String
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Timestamp
            | ShapeKind::Blob => None,
        }
    }
}

/// Finds the operation that a runbook names: by the name of the model (`DescribeDBInstances`), by the method of the
/// Python SDK (`describe_db_instances`), or by either without regard to letter case and underscores
/// (`rebootInstances`). Refuses what cannot be called: operations that stream, and services with a protocol, a signature or
/// addresses of their own.
pub fn find_operation<'m>(
    service: &'m str,
    model: &'m ServiceModel,
    name: &str,
) -> Result<ApiOperation<'m>, UnknownApi> {
    let reduced = reduce(name);
    let found = model
        .operations
        .get_key_value(name)
        .or_else(|| model.operations.iter().find(|(_, operation)| operation.method == name))
        .or_else(|| model.operations.iter().find(|(operation, _)| reduce(operation) == reduced));
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

fn reduce(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}
