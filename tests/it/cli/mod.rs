//! The command line through the built program.

mod children;
mod configuration;
mod durable;
mod executions;
mod functions;
mod graph;
mod invoke;
mod journal;
mod looping;
mod outfiles;
mod output;
mod people;
mod plan;
mod results;
mod run;
mod secrets;
mod service_rules;
mod signal;
mod stopping;
mod surfaces;
mod targets;
mod terminal;
mod testing;
mod token;
mod usage;
mod validate;
