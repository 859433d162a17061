//! The one integration binary: the built program, real processes, real servers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says what it leaves out"
)]

mod arbitrary;
mod architecture;
mod cli;
mod corpus;
mod diagnostics;
mod harness;
mod local;
mod peers;
mod schema;
mod support;
mod samples;
