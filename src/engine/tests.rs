//! The engine alone: scripted replies, time as a value, one trace of the whole execution per situation.

mod flow;
mod outputs;
mod repetition;
mod situation;
mod stopping;
