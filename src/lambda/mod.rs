//! Invokes Lambda functions, and makes the program's other calls to AWS.
//!
//! Owns: the client on the AWS SDK, its region, credentials and connections, the classification of errors of the Invoke
//! API, the caller's identity, notices about waiting steps, and calls that are prepared before they may be sent. Does
//! not own: retries (`engine`; the SDK's own are off), or timeouts (`runner`). Imports `event` and `clock`; `actions`
//! and `cli` use it.

mod call_error;
mod classify;
mod client;
mod connect;
mod credentials;
mod error_chain;
mod gate;
mod http;
mod identity;
mod notice;
mod role;
mod short_timeouts;

pub use call_error::CallError;
pub use client::{FunctionConfiguration, InvokeReply, LambdaClient};
pub use connect::{Access, ConnectError, ConnectOptions};
pub use gate::SendPermit;
pub use identity::UnknownIdentity;
pub use notice::{Unsent, post};
pub use role::{AssumeRoleError, RoleArn};
