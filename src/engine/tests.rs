//! The engine alone: scripted replies, time as a value, one trace of the whole execution per situation.

mod arbitrary;
mod completing;
mod control_steps;
mod flow;
mod interactive;
mod looping;
mod outputs;
mod rate;
mod reference;
mod repetition;
mod restarting;
mod resuming;
mod situation;
mod stopping;
mod waiting;
