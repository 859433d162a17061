//! Derives the id of a child execution.

use sha2::{Digest, Sha256};

use crate::name::{ExecutionId, StepExecutionId};

/// The id of the child of an attempt, for one target where there are several: always the same for the same arguments, so
/// that an attempt that is sent again finds its children.
pub fn child_id(
    parent: &ExecutionId,
    step_execution: &StepExecutionId,
    attempt: u32,
    target: Option<u32>,
) -> ExecutionId {
    let target = target.map_or_else(String::new, |target| target.to_string());
    let hash = Sha256::digest(format!("{parent}/{step_execution}/{attempt}/{target}"));
    let bytes: [u8; 16] = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    ExecutionId::new(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()) as &str)
}
