//! The one integration binary: the built program, real processes, real servers.

mod architecture;
mod corpus;
mod local;
mod peers;
mod arbitrary;
mod corpus;
mod diagnostics;
mod schema;
mod support;
