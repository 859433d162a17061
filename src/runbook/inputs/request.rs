//! The request of one attempt: built from the resolved inputs when the attempt starts, and passed to the handler of its
//! action.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

/// The request of one action: what its handler sends, complete and checked.
pub trait TypedRequest: Clone + Send + Sync + 'static {
    /// Why inputs are not a valid request.
    type Problem: std::error::Error + Send + Sync + 'static;

    /// Builds the request from inputs whose references are replaced.
    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, Self::Problem>;

    /// Whether the inputs are valid and only this program does not support them. The handler reports it then: a test
    /// case may mock the step.
    fn is_unsupported(_: &Self::Problem) -> bool {
        false
    }
}

/// A request of any action. Its type is known to the row and to the handler of the action, and to nothing between them.
#[derive(Clone)]
pub struct ActionRequest(Arc<dyn Any + Send + Sync>);

impl ActionRequest {
    /// The request, when it is of this type.
    pub fn get<R: TypedRequest>(&self) -> Option<&R> {
        self.0.downcast_ref()
    }

    /// Like [`get`](Self::get), without a copy when no other owner is left.
    pub fn into_typed<R: TypedRequest>(self) -> Option<R> {
        self.0.downcast().ok().map(Arc::unwrap_or_clone)
    }

    /// Builds the request of an action; `None` when the inputs are valid, but not supported here.
    pub(super) fn build<R: TypedRequest>(inputs: &IndexMap<String, Value>) -> Result<Option<Self>, ResolvedProblem> {
        match R::from_inputs(inputs) {
            Ok(request) => Ok(Some(Self(Arc::new(request)))),
            Err(problem) if R::is_unsupported(&problem) => Ok(None),
            Err(problem) => Err(ResolvedProblem(Box::new(problem))),
        }
    }
}

/// Without the request: it may hold secrets.
impl std::fmt::Debug for ActionRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionRequest").finish_non_exhaustive()
    }
}

/// Builds the request of an action from resolved inputs; `None` when they are valid, but not supported here.
pub type BuildRequest = fn(&IndexMap<String, Value>) -> Result<Option<ActionRequest>, ResolvedProblem>;

/// Why resolved inputs cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ResolvedProblem(Box<dyn std::error::Error + Send + Sync>);
