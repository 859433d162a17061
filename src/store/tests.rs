//! The contract of every store, tested on each implementation.

pub(super) mod histories;
mod parity;
