//! An operation of a service, with its model.

use indexmap::IndexMap;

use super::model::{Operation, ServiceModel, ShapeKind, ShapeReference};

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
