//! Generates request ids and trace ids from a seed.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Returns a new id each time; different seeds give different ids.
#[derive(Debug)]
pub(super) struct Identifiers {
    seed: u64,
    next: AtomicU64,
}

impl Identifiers {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }

    /// An id in the shape of a random UUID.
    pub(super) fn uuid(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let half = |side: u8| {
            // SipHash with fixed keys: the seed makes the ids differ.
            #[expect(deprecated, reason = "the only hasher of std whose result is the same for the same seed")]
            let mut hasher = std::hash::SipHasher::new_with_keys(self.seed, u64::from(side));
            number.hash(&mut hasher);
            hasher.finish()
        };
        let bits = (u128::from(half(0)) << 64) | u128::from(half(1));
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

/// A seed that differs from process to process.
pub(super) fn process_seed() -> u64 {
    std::hash::RandomState::new().hash_one(std::process::id())
}
