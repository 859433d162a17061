//! Invokes Lambda functions.
//!
//! Owns: the client of the Invoke API on the AWS SDK, and the classification of its errors. Does not own: credentials,
//! roles, connections and the permits of prepared calls (`aws`), retries (`engine`; the SDK's own are off), or timeouts
//! (`runner`). Imports `aws`, `event`, `clock` and the requests of `runbook`; `actions`, `automation` and `cli` use it.

mod classify;
mod client;
mod connect;

pub use classify::error_of_code;
pub use client::{FunctionConfiguration, InvokeReply, LambdaClient};
