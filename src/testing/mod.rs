//! Runbooks tried out: cases with scripted replies and virtual time.
//!
//! Owns: the form of a case file ([`CaseFile`]) and what is wrong with one, playing a case ([`play()`]) with the real
//! engine and the real runner, holding what came of it against what the case expects ([`evaluate()`]), what the cases of a
//! runbook have tried out of it ([`Coverage`]), a case made from an execution ([`record()`]), replies made up from
//! declared outputs ([`generate_case()`]), and the JSON Schema of a case file.
//!
//! Does not own: finding files (`automation`), arguments (`cli`), or what a step means (`engine`). Imports the core,
//! `actions`, `clock`, `runner`, `lambda` (the shapes of answers, nothing that calls), `report` (how times and words look)
//! and `store`.
//!
//! Nothing here touches the world: every attempt of every action is answered by the case, and the clock stands still
//! until nothing but a wait is left; then it jumps to the end of that wait.

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
    Answer, Case, CaseFile, Expect, ExpectStep, FirstMoment, Replies, Reply, ScriptedSignal, Stop, StopKind, Turn,
};
pub use coverage::{Coverage, Point, PointKind};
pub use evaluate::{Mismatch, evaluate};
pub use generated::generate_case;
pub use play::{Broken, Played, play};
pub use read::{beside, named_runbook, read};
pub use record::{RecordError, append, record};
pub use schema::json_schema;
pub use script::Call;
pub use show::{CaseResult, FileResult, Results};
