//! The integration tests, one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says what it leaves out"
)]

mod arbitrary;
mod corpus;
mod diagnostics;
mod schema;
mod support;
