//! Invoking Lambda functions, and what else is asked of AWS.
//!
//! Owns: the client on the AWS SDK, where it gets its region, credentials and connections from, what each error of
//! the Invoke API means, who the caller is, notices that somebody is waited for, calls that are made ready before
//! they may be sent, and (in `local`) functions that run on this machine behind the same client. Does not own:
//! repeating a call (`engine`; the SDK's own retries are off), or waiting limits (`runner`). Imports `event` and
//! `clock`; `actions` and `cli` use it.

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
