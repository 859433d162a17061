//! Invoking Lambda functions.

pub mod local;
