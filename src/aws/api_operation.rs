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

/// The members of a structure, and the name of the one that is the body.
type Members<'m> = (&'m IndexMap<String, ShapeReference>, Option<&'m String>);

impl<'m> ApiOperation<'m> {
    /// The parameters of the request; `None` when it takes none.
    pub(super) fn input_members(&self) -> Option<&'m IndexMap<String, ShapeReference>> {
        self.input_structure().map(|(members, _)| members)
    }

    /// Whether the body of the request is one parameter that is a structure.
    pub(super) fn has_structure_as_body(&self) -> bool {
        let body = self.body_kind(self.input_structure());
        body.is_some_and(|kind| matches!(kind, ShapeKind::Structure { .. }))
    }

    /// Whether the body of the response is one member that is text or bytes.
    pub(super) fn has_plain_response_body(&self) -> bool {
        let body = self.body_kind(self.structure(self.operation.output.as_ref()));
        body.is_some_and(|kind| matches!(kind, ShapeKind::String | ShapeKind::Blob))
    }

    fn input_structure(&self) -> Option<Members<'m>> {
        self.structure(self.operation.input.as_ref())
    }

    fn body_kind(&self, structure: Option<Members<'m>>) -> Option<&'m ShapeKind> {
        let (members, payload) = structure?;
        self.model.shape(members.get(payload?)?).map(|shape| &shape.kind)
    }

    fn structure(&self, reference: Option<&ShapeReference>) -> Option<Members<'m>> {
        match &self.model.shape(reference?)?.kind {
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
