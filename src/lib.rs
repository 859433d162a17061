//! Runwright: run AWS Systems Manager Automation runbooks anywhere.

pub mod diagnostic;
pub mod document;
pub mod engine;
pub mod event;
pub mod execution;
pub mod expression;
pub mod limits;
pub mod name;
pub mod runbook;

#[cfg(feature = "host")]
pub mod actions;
#[cfg(feature = "host")]
pub mod cli;
#[cfg(feature = "host")]
pub mod clock;
#[cfg(feature = "host")]
pub mod driver;
#[cfg(feature = "host")]
pub mod lambda;
#[cfg(feature = "host")]
pub mod report;
#[cfg(feature = "host")]
pub mod store;
