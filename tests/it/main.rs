//! The one integration binary: the built program, real processes, real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test a panic is the report")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a test that is left out says so")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the files are the project's own")]

mod arbitrary;
mod architecture;
mod automation;
mod aws;
mod cases;
mod cli;
mod commits;
mod corpus;
mod corpus_runs;
mod crash;
mod cycles;
mod diagnostics;
mod faults;
mod graph;
mod harness;
mod histories;
mod language;
mod local;
mod names;
mod peers;
mod samples;
mod schema;
mod source;
mod support;
