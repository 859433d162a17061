//! Runwright: run AWS Systems Manager Automation runbooks anywhere.

pub mod diagnostic;
pub mod document;
pub mod event;
pub mod execution;
pub mod expression;
pub mod limits;
pub mod name;
pub mod runbook;

#[cfg(feature = "host")]
pub mod clock;
#[cfg(feature = "host")]
pub mod lambda;
