//! The one integration binary: the built program, real processes, real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test a panic is the report")]

mod arbitrary;
mod architecture;
mod cli;
mod corpus;
mod diagnostics;
mod harness;
mod local;
mod peers;
mod samples;
mod schema;
mod support;
