//! Derives the id of a run of a step.

use super::retry::mix;
use crate::name::StepExecutionId;

/// An id in the service's form, a UUID, derived from the seed so that decisions are repeatable.
pub(super) fn step_execution_id(seed: u64, run: usize) -> StepExecutionId {
    let high = mix(seed, run, u32::MAX, 1);
    let low = mix(seed, run, u32::MAX, 2);
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    StepExecutionId::new(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()) as &str)
}
