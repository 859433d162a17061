//! The one integration binary: the built program, real processes, real servers.

mod architecture;
mod corpus;
mod peers;
//! The integration tests, one binary.

mod corpus;
//! it

mod local;
