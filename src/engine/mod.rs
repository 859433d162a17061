//! The engine decides what happens next.
//!
//! Owns: which step follows, when an attempt is repeated, what a deadline and a request to stop do, how the
//! execution ends, and what every reference comes to. A pure function: runbook + execution + input + time → events.
//!
//! Does not own: the clock, the runtime, files, the network, randomness (a seed is part of the execution), or
//! appending and acting (`runner`). Imports `name`, `runbook`, `expression`, `event`, `execution`.
//!
//! The host's loop:
//! 1. [`start`], or [`Execution::replay`] of a stored history;
//! 2. append the events, make them durable;
//! 3. ask [`outstanding`] what is to be done or waited for, and do it;
//! 4. hand what came of it to [`decide()`], and go to 2.
//!
//! [`Execution::replay`]: crate::execution::Execution::replay

mod carry_over;
mod condition;
mod control_steps;
mod decide;
mod decision;
mod ending;
mod error;
mod flow;
mod interactive;
mod looping;
mod outline;
mod outputs;
mod pending;
mod rate;
mod retrace;
mod retry;
mod scope;
mod signals;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

use crate::event::{
    ActionError, ActionResult, DocumentIdentity, Environment, ExecutionResumed, Launch, Outline, Settings,
    SignalReceived, StepKept,
};
use crate::execution::{AttemptState, Execution, Phase, StepExecution, Wait};
use crate::name::{ExecutionId, ParameterName, StepExecutionId};

pub use carry_over::{RedrivePoint, keep, restart_point, restart_point_at};
pub use decide::{decide, open, outcome, start};
pub use ending::NO_OUTPUT;
pub use error::{EngineError, Undecided};
pub use outline::{outline, timeout_seconds};
pub use pending::{LateSignal, check_after};
pub use rate::{Rate, Tally};
pub use retrace::{Divergence, divergences, repeated_step};
pub use scope::{StartScope, preview_inputs};
pub use signals::{SignalRejected, validate_signal};

/// What an execution is started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its id: a lower-case UUID.
    pub execution: ExecutionId,
    /// The runbook.
    pub document: DocumentIdentity,
    /// All parameters, defaults included.
    pub parameters: IndexMap<ParameterName, Value>,
    /// Who starts it.
    pub executed_by: String,
    /// Region, account, partition.
    pub environment: Environment,
    /// Retries and bounds.
    pub settings: Settings,
    /// The source of all randomness.
    pub seed: u64,
    /// [`outline()`] of the runbook, shared by its executions.
    pub outline: Arc<Outline>,
    /// How it is started.
    pub launch: Launch,
    /// What is taken over from another execution ([`keep`]), the first first.
    pub kept: Vec<StepKept>,
}

/// What reaches the engine from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The attempt in flight is over.
    AttemptEnded(Result<ActionResult, ActionError>),
    /// A moment has come that was waited for. Harmless when it comes too early or too often.
    TimerFired,
    /// Somebody asks to stop.
    Cancel {
        /// Who.
        by: String,
    },
    /// Somebody asks to end after the current step.
    Complete {
        /// Who.
        by: String,
    },
    /// Somebody tells the step that waits something. Of another run of a step, or of one that does not wait, it is
    /// nothing.
    Signal {
        /// The run of the step that is meant.
        step_execution: StepExecutionId,
        /// What, and who.
        received: SignalReceived,
    },
    /// Another process takes over an execution that nobody carries on. Comes first, before anything is done.
    Resumed {
        /// Who, and where.
        resumed: ExecutionResumed,
        /// What becomes of an attempt in flight.
        interrupted: Interrupted,
    },
}

/// What becomes of an attempt whose process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// It is sent again, under its number.
    Retry,
    /// Its step fails, whatever attempts are left.
    Fail,
    /// It is given up: the execution is about to be stopped.
    Abandon,
}

/// What is to be done or waited for. Read from the state, so that a resumed run asks the same question as a live one.
#[derive(Debug, Clone, PartialEq)]
pub enum Outstanding<'a> {
    /// An attempt is in flight.
    Attempt {
        /// The step it belongs to, with the inputs to send.
        step: &'a StepExecution,
        /// Which attempt.
        attempt: u32,
        /// Which sending of it.
        sending: u32,
        /// Wake the engine then.
        deadline: Option<Timestamp>,
    },
    /// Nothing is in flight until this moment; wake the engine then.
    Wait {
        /// The moment.
        until: Timestamp,
    },
    /// Something can be decided at once: wake the engine now. Only after a history that was cut within an append, or
    /// that begins with [`open`].
    Decision,
    /// The execution is over.
    Nothing,
}

/// What is outstanding in an execution.
pub fn outstanding(execution: &Execution) -> Outstanding<'_> {
    let step = match execution.phase() {
        Phase::Ended { .. } => return Outstanding::Nothing,
        Phase::Between(_) => {
            // A request to stop has its own way of ending, without questions.
            let asked = execution.waits_for().filter(|_| execution.cancel().is_none());
            let until = |wait: &Wait| looping::deadline(execution).map_or(wait.until, |at| at.min(wait.until));
            return asked.map_or(Outstanding::Decision, |wait| Outstanding::Wait { until: until(wait) });
        }
        Phase::InStep => match execution.current() {
            Some(step) => step,
            None => return Outstanding::Nothing,
        },
    };
    // What ends a step from outside: the time of an onCancel chain, and that of the loop it stands in.
    let cut_at =
        [execution.cancel().map(|cancel| cancel.until), looping::deadline(execution)].into_iter().flatten().min();
    let cut = |at: Timestamp| cut_at.map_or(at, |cut_at| at.min(cut_at));
    match step.last_attempt().map(|attempt| (attempt.number, &attempt.state)) {
        Some((attempt, AttemptState::InFlight { sending, deadline })) => {
            let deadline = deadline.map_or(cut_at, |deadline| Some(cut(deadline)));
            Outstanding::Attempt { step, attempt, sending: *sending, deadline }
        }
        Some((_, AttemptState::Throttled { retry_at, .. })) => Outstanding::Wait { until: cut(*retry_at) },
        Some((_, AttemptState::Ended { ended, .. })) => match ended.retry_at {
            Some(retry_at) => Outstanding::Wait { until: cut(retry_at) },
            None => Outstanding::Decision,
        },
        Some((_, AttemptState::Interrupted { .. })) => Outstanding::Decision,
        None => match &step.wait {
            Some(wait) => Outstanding::Wait { until: cut(wait.until) },
            None => Outstanding::Decision,
        },
    }
}

#[cfg(test)]
mod tests;
