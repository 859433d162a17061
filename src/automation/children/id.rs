//! Derives the id of a child execution.

use sha2::{Digest, Sha256};

use crate::event::Parent;
use crate::name::ExecutionId;

/// The id of the child of an attempt, for one target where there are several: always the same for the same arguments.
pub fn child_id(parent: &Parent) -> ExecutionId {
    let target = parent.target.as_ref().map_or_else(String::new, |target| target.index.to_string());
    let text = format!("{}/{}/{}/{target}", parent.execution, parent.step_execution, parent.attempt);
    let hash = Sha256::digest(text.as_bytes());
    let bytes: [u8; 16] = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    ExecutionId::new(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()) as &str)
}

/// The seed of a child. It is unpredictable: it follows from the ids above, and so from their seed.
pub(super) fn child_seed(id: &ExecutionId) -> u64 {
    let hash = Sha256::digest(format!("seed of {id}").as_bytes());
    let bytes: [u8; 8] = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
    u64::from_be_bytes(bytes)
}
