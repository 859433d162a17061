//! The one integration binary: the built program, real processes, real servers.

mod architecture;
mod cli;
mod corpus;
mod harness;
mod local;
mod peers;
