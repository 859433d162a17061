//! The command line through the built program.

mod configuration;
mod functions;
mod plan;
mod run;
mod secrets;
mod stopping;
mod terminal;
mod usage;
mod validate;
