//! A second reading of the specification, for the tests only: a plain interpreter that runs a runbook in one go, with no
//! events to continue from, and the comparison of the engine with it.
//!
//! Owns: what a runbook does with scripted replies, as lines of facts ([`facts`]), read from the specification and not
//! from the engine. It shares with the engine what lies below both (the typed runbook, the trees of references) and
//! the harness that answers its calls.

mod author;
mod comparison;
mod conditions;
mod facts;
mod interpreter;
mod looping;
mod values;
mod waits;

pub(super) use author::Author;
