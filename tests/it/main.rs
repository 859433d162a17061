//! The one integration binary: the built program, real processes, real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test reports a failure by a panic")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a skipped test prints its reason")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the file names belong to this project")]

mod actions;
mod arbitrary;
mod architecture;
mod automation;
mod aws;
mod cli;
mod commits;
mod connection_faults;
mod corpus;
mod corpus_runs;
mod crash;
mod cycles;
mod diagnostics;
mod graph;
mod harness;
mod histories;
mod journal_reads;
mod language;
mod local;
mod names;
mod peers;
mod regression_cases;
mod samples;
mod schema;
mod scripts;
mod source;
mod support;
