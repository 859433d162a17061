//! The one integration binary: the built program, real processes, real servers.

mod arbitrary;
mod architecture;
mod cli;
mod corpus;
mod diagnostics;
mod faults;
mod harness;
mod local;
mod peers;
mod samples;
mod schema;
mod support;
