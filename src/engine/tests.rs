//! Tests of the engine alone: scripted replies, time as a value, one trace of the whole execution per situation.

mod approvals;
mod arbitrary;
mod attempts;
mod cancelling;
mod children;
mod completing;
mod control_steps;
mod created;
mod flow;
mod interactive;
mod looping;
mod observations;
mod outputs;
mod rate;
mod recovery;
mod redrive;
mod reference;
mod resuming;
mod situation;
