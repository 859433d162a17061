//! The engine decides what happens next in an execution.
//!
//! Owns: the order of steps, retries and their delays, deadlines, approvals and other signals, cancellation, recovery of
//! interrupted attempts, how an execution ends, and the resolution of references.
//! It is a pure function: runbook + execution + input + time → events.
//!
//! Does not own: the clock, the runtime, files, the network, randomness (a seed is part of the execution), or
//! appending and acting (`runner`). Imports `name`, `runbook`, `expression`, `event`, `execution`.
//!
//! The host's loop:
//! 1. [`start`], or [`Execution::replay`] a stored history;
//! 2. append the events and make them durable;
//! 3. ask [`outstanding()`] for the work or the wait that is due, and do it;
//! 4. hand the result to [`decide()`], and continue with 2.
//!
//! [`Execution::replay`]: crate::execution::Execution::replay

mod attempts;
mod carry_over;
mod child_id;
mod children;
mod condition;
mod control_steps;
mod created;
mod decide;
mod decision;
mod ending;
mod error;
mod flow;
mod hidden_inputs;
mod input_error;
mod interactive;
mod interruption;
mod looping;
mod observations;
mod outline;
mod outputs;
mod outstanding;
mod pending;
mod rate;
mod requests;
mod retrace;
mod retry;
mod scope;
mod signals;
mod step_execution_id;

use indexmap::IndexMap;
use serde_json::Value;
use std::sync::Arc;

use crate::event::{
    ActionError, ActionResult, AttemptObserved, AttemptProgressed, ChildEnded, DocumentIdentity, Environment,
    ExecutionResumed, Launch, LocationsResolved, Outline, Settings, SignalReceived, StepReused, TargetsResolved,
};
use crate::name::{ExecutionId, ParameterName, StepExecutionId};

pub use carry_over::{RedrivePoint, carry_over, restart_point, restart_point_at};
pub use child_id::child_id;
pub use decide::{decide, decide_revocable, open, outcome, start};
pub use decision::PendingStart;
pub use ending::NO_OUTPUT;
pub use error::{EngineError, Undecided};
pub use hidden_inputs::{is_lost, is_unchanged_since, restore_inputs};
pub use input_error::InputError;
pub use interruption::{Interrupted, UncertainAttempt, uncertain_attempt};
pub use outline::{outline, timeout_seconds};
pub use outputs::extract_outputs;
pub use outstanding::{Outstanding, WaitReason, outstanding};
pub use pending::{LateSignal, check_after};
pub use rate::{Rate, RateGroup, Tally, rate_groups};
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
    /// The targets of the attempt in flight were looked up. Ignored when they are recorded already.
    TargetsResolved(TargetsResolved),
    /// A child of the attempt in flight ended. Ignored when that is recorded already, or no such child was started.
    ChildEnded(ChildEnded),
    /// The accounts of the locations of the attempt in flight were looked up. Ignored when they are recorded already, or
    /// when no such attempt waits for them.
    LocationsResolved(LocationsResolved),
    /// A poll of the attempt in flight saw something. Ignored when no such attempt is in flight, or when the same was
    /// recorded a short time ago.
    Observed(AttemptObserved),
    /// The attempt in flight has created something, or what it has created was asked to stop. Ignored when no such attempt
    /// is in flight, and when that is recorded already.
    Progressed(AttemptProgressed),
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

#[cfg(test)]
mod tests;
