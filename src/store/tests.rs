//! The contract of `Store`, tested on each implementation.

pub(super) mod histories;
mod parity;
