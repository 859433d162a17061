//! Tests of runbooks: cases with mocked replies and virtual time.
//!
//! Owns: the form of a case file ([`CaseFile`]) and its problems, playing a case ([`play()`]) with the real engine and
//! the real runner, comparing the result with the expectation ([`evaluate()`]), the coverage of a runbook by its cases
//! ([`Coverage`]), a case recorded from an execution ([`record()`]), replies generated from declared outputs
//! ([`generate_case()`]), and the JSON Schema of a case file.
//!
//! Does not own: finding files (`automation`), arguments (`cli`), or what a step means (`engine`). Imports the core,
//! `actions`, `clock`, `runner`, `lambda` (the types of responses, nothing that calls), `report` (formats of times and
//! statuses), `scripts` (the endpoint of a script) and `store`.
//!
//! Nothing here has outside effects but scripts that a case runs: the case answers every other attempt of every action, and
//! the clock is manual: when only waits are left, it jumps to the end of the first one. While a script runs, the clock does
//! not jump: the first wait ends when its time has really passed.

mod case;
mod coverage;
mod evaluate;
mod generated;
mod play;
mod read;
mod record;
mod runs;
mod schema;
mod script;
mod show;
#[cfg(test)]
mod tests;

pub use case::{
    Answer, Case, CaseFile, Expect, ExpectStep, FirstMoment, Replies, Reply, ScriptMode, ScriptedSignal, Stop,
    StopKind, Turn,
};
pub use coverage::{Coverage, Point, PointKind};
pub use evaluate::{Mismatch, evaluate};
pub use generated::generate_case;
pub use play::{Broken, Played, play};
pub use read::{beside, named_runbook, read};
pub use record::{RecordError, append, record};
pub use schema::json_schema;
pub use script::{Call, ScriptNotRun};
pub use show::{CaseResult, FileResult, Results};
