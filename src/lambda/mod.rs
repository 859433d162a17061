//! Invoking Lambda functions.
//!
//! Owns: the client on the AWS SDK, where it gets its region, credentials and connections from, what each error of
//! the Invoke API means, and (in `local`) functions that run on this machine behind the same client. Does not own:
//! repeating a call (`engine`; the SDK's own retries are off), or waiting limits (`driver`). Imports `event` and
//! `clock`; `actions` and `cli` use it.

mod classify;
mod client;
mod connect;
mod credentials;
mod http;
pub mod local;
mod role;

pub use client::{CallError, InvokeReply, LambdaClient};
pub use connect::{Access, ConnectError, ConnectOptions};
pub use role::RoleArn;
