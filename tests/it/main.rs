//! The integration tests, one binary.

mod arbitrary;
mod corpus;
mod diagnostics;
mod schema;
mod support;
