//! An independent reference interpreter, for tests only: it runs a runbook in one go, without events to resume from,
//! and the engine is compared with it.
//!
//! Owns: the effects of a runbook with scripted replies, as event lines ([`event_lines`]), implemented from the
//! specification and not from the engine. Shares with the engine the layers below both (the typed runbook, the value
//! templates) and the harness that replies to its calls.

mod comparison;
mod conditions;
mod event_lines;
mod generator;
mod interpreter;
mod looping;
mod values;
mod waits;

pub(super) use generator::RunbookGenerator;
