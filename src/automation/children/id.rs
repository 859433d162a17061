//! The id of a child execution, and its seed.

use sha2::{Digest, Sha256};

use crate::engine;
use crate::event::Parent;
use crate::name::ExecutionId;

/// The id of the child of this parent.
pub fn child_id(parent: &Parent) -> ExecutionId {
    let target = parent.target.as_ref().map(|target| target.index);
    engine::child_id(&parent.execution, &parent.step_execution, parent.attempt, target)
}

/// The seed of a child. It is unpredictable: it follows from the ids above, and so from their seed.
pub(super) fn child_seed(id: &ExecutionId) -> u64 {
    let hash = Sha256::digest(format!("seed of {id}").as_bytes());
    let bytes: [u8; 8] = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
    u64::from_be_bytes(bytes)
}
