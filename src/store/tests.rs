//! What every store promises, tried on each of them.

pub(super) mod histories;
mod parity;
