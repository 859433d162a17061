//! The engine decides what happens next in an execution.
//!
//! Owns: the order of steps, retries and their delays, deadlines, approvals and other signals, cancellation, how an
//! execution ends, and the resolution of references.
//! It is a pure function: runbook + execution + input + time → events.
//!
//! Does not own: the clock, the runtime, files, the network, randomness (a seed is part of the execution), or
//! appending and acting (`runner`). Imports `name`, `runbook`, `expression`, `event`, `execution`.
//!
//! The host's loop:
//! 1. [`start`], or [`Execution::replay`] a stored history;
//! 2. append the events and make them durable;
//! 3. ask [`outstanding`] for the work or the wait that is due, and do it;
//! 4. hand the result to [`decide()`], and continue with 2.
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
mod input_error;
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
    SignalReceived, StepReused,
};
use crate::execution::{AttemptState, Execution, Phase, StepExecution, Wait};
use crate::name::{ExecutionId, ParameterName, StepExecutionId};

pub use carry_over::{RedrivePoint, carry_over, restart_point, restart_point_at};
pub use decide::{decide, open, outcome, start};
pub use ending::NO_OUTPUT;
pub use error::{EngineError, Undecided};
pub use outline::{outline, timeout_seconds};
pub use pending::{LateSignal, check_after};
pub use rate::{Rate, Tally};
pub use retrace::{Divergence, divergences, repeated_step};
pub use scope::{StartScope, preview_inputs};
pub use signals::{SignalRejected, validate_signal};

/// The values that an execution starts with.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its id: a lower-case UUID.
    pub execution: ExecutionId,
    /// The runbook.
    pub document: DocumentIdentity,
    /// All parameters, defaults included.
    pub parameters: IndexMap<ParameterName, Value>,
    /// The user who starts it.
    pub executed_by: String,
    /// Region, account, partition.
    pub environment: Environment,
    /// Retries and timeouts.
    pub settings: Settings,
    /// The source of all randomness.
    pub seed: u64,
    /// The [`outline()`] of the runbook, shared by its executions.
    pub outline: Arc<Outline>,
    /// How it is started.
    pub launch: Launch,
    /// The results carried over from another execution ([`carry_over()`]), in order.
    pub reused: Vec<StepReused>,
}

/// An input to the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The attempt in flight ended.
    AttemptEnded(Result<ActionResult, ActionError>),
    /// A timer fired. Has no effect when it fires too early or too often.
    TimerFired,
    /// An operator cancels the execution.
    Cancel {
        /// The operator.
        by: String,
    },
    /// An operator completes the execution after the current step.
    Complete {
        /// The operator.
        by: String,
    },
    /// A signal to the step that waits. Ignored when it is for another run of a step, or when the step does not wait.
    Signal {
        /// The run of the step that it is for.
        step_execution: StepExecutionId,
        /// The signal and its sender.
        received: SignalReceived,
    },
    /// A process resumes an interrupted execution. This must be its first input.
    Resumed {
        /// The process.
        resumed: ExecutionResumed,
        /// What to do about an attempt in flight.
        interrupted: Interrupted,
    },
}

/// What to do about an attempt whose process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// Send it again, under its number.
    Retry,
    /// Fail its step, whatever attempts are left.
    Fail,
    /// Abandon it: the execution is about to be cancelled.
    Abandon,
}

/// The work or the wait that is due. Read from the state, so that a resumed run and a live run ask the same question.
#[derive(Debug, Clone, PartialEq)]
pub enum Outstanding<'a> {
    /// An attempt is in flight.
    Attempt {
        /// Its step, with the inputs to send.
        step: &'a StepExecution,
        /// The number of the attempt.
        attempt: u32,
        /// The number of its sending.
        sending: u32,
        /// Wake the engine at this moment.
        deadline: Option<Timestamp>,
    },
    /// Nothing is in flight; wake the engine at this moment.
    Wait {
        /// The moment.
        until: Timestamp,
    },
    /// The engine can decide at once: wake it now. Only after a history that was cut within an append, or that begins
    /// with [`open`].
    Decision,
    /// The execution has ended.
    Nothing,
}

/// The work or the wait that is due in an execution.
pub fn outstanding(execution: &Execution) -> Outstanding<'_> {
    let step = match execution.phase() {
        Phase::Ended { .. } => return Outstanding::Nothing,
        Phase::Between(_) => {
            // A cancelled execution ends by its own rules, without approvals.
            let asked = execution.waits_for().filter(|_| execution.cancel().is_none());
            let until = |wait: &Wait| looping::deadline(execution).map_or(wait.until, |at| at.min(wait.until));
            return asked.map_or(Outstanding::Decision, |wait| Outstanding::Wait { until: until(wait) });
        }
        Phase::InStep => match execution.current() {
            Some(step) => step,
            None => return Outstanding::Nothing,
        },
    };
    // A step also ends when its `onCancel` chain or its loop times out.
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
