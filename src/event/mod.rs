//! The events of an execution: the only thing that is stored of it.
//!
//! Owns: the events ([`Event`]), the outcomes of attempts, the service's names of statuses and failures, and the
//! version of the stored form. Does not own: the state that events lead to (`execution`), and deciding (`engine`).
//! Imports only `name`. Every type here is written to journals: a field may be added with a default, and nothing may be
//! renamed or change its meaning without raising [`FORMAT`] or [`LATEST_FORMAT`]. A kind of event may be added: earlier
//! programs refuse a history when they meet a kind that they do not know.

mod child;
mod failure;
mod hash;
mod kind;
mod launch;
mod leave;
mod locations;
mod notify;
mod observed;
mod progressed;
mod result;
mod schema;
mod status;
mod stored;
mod targets;

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use child::{ChildEnded, ChildStarted, TargetsResolved};
pub use failure::{CallReach, Cause, ErrorClass, Failure, FailureStage, FailureType, ReportedError};
pub use hash::sha256;
pub use launch::{Connection, Launch, Mode, OnInterrupted, Origin, Parent, ScriptSettings, Target, TemplateFile};
pub use leave::LeaveReason;
pub use locations::{LaunchLocations, LocationsResolved, Place};
pub use notify::{NotifyEvent, NotifyOn};
pub use observed::{AttemptObserved, Observation};
pub use progressed::{AttemptProgress, AttemptProgressed};
pub use result::{ActionError, ActionResult};
pub use schema::json_schema;
pub use status::Status;
pub use stored::{StoredEvent, UnreadableEvent};
pub use targets::{LaunchTargets, TargetForm, TargetList, TargetLookup};

use crate::name::{ExecutionId, OutputName, ParameterName, StepExecutionId, StepName, VariableName};

/// The version of the stored form of the events of an execution without targets.
pub const FORMAT: u32 = 2;

/// The version of the stored form of an execution over targets ([`Launch::targets`]), which an earlier program would run
/// without them.
pub const TARGETS_FORMAT: u32 = 3;

/// The newest version of the stored form: that of an execution over locations ([`Launch::locations`]) or in a place of its
/// own ([`Launch::place`]), which an earlier program would run with the credentials of the caller.
pub const LATEST_FORMAT: u32 = 4;

/// An event with its position in the history of one execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// Counts from 0 without gaps within an execution.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// An event. Its data is shared by the journal, the fold and observers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event")]
pub enum Event {
    /// Always the first event, and only once.
    ExecutionStarted(Arc<ExecutionStarted>),
    /// A step whose result is carried over from another execution, so that it does not run here. Only before the first
    /// [`Event::StepStarted`]; the step has the outputs that it had there. Stored as `StepKept`.
    #[serde(rename = "StepKept")]
    StepReused(Arc<StepReused>),
    /// A process resumes an interrupted execution. The next event says what happens to a call that was in flight.
    ExecutionResumed(Arc<ExecutionResumed>),
    /// A step was reached and its inputs were resolved. It is the current step until its [`Event::StepEnded`].
    StepStarted(Arc<StepStarted>),
    /// An iteration of the loop under way begins. Every step started before the loop's own [`Event::StepEnded`] is one
    /// of its steps.
    IterationStarted(IterationStarted),
    /// An attempt of the current step is about to be sent.
    AttemptStarted(AttemptStarted),
    /// The call was throttled before it ran. The attempt is not used up and is sent again.
    AttemptThrottled(Arc<AttemptThrottled>),
    /// The current step waits without a call in flight; or, between steps, the execution waits for an operator to start
    /// the next one ([`WaitKind::Start`]).
    WaitStarted(Arc<WaitStarted>),
    /// The execution accepted a signal.
    SignalReceived(Arc<SignalReceived>),
    /// An operator skipped a step.
    StepSkipped(Arc<StepSkipped>),
    /// The current step set a variable.
    VariableUpdated(Arc<VariableUpdated>),
    /// The targets of the current attempt were looked up in AWS. Before the first of its children starts; earlier programs
    /// refuse a history that has it.
    TargetsResolved(Arc<TargetsResolved>),
    /// A child of the current attempt is about to start, for one of the targets of its step. Since version 2 of the stored
    /// form.
    ChildStarted(ChildStarted),
    /// A child of the current attempt ended. Since version 2 of the stored form.
    ChildEnded(Arc<ChildEnded>),
    /// The accounts of the locations of the current attempt were looked up. Before any of its children starts; an earlier
    /// program refuses a history that has it.
    LocationsResolved(Arc<LocationsResolved>),
    /// The attempt of the current step polls, and this is what it sees. Earlier programs refuse a history that has it.
    AttemptObserved(Arc<AttemptObserved>),
    /// The attempt of the current step has created something that it waits for, or that was asked to stop. Earlier programs
    /// refuse a history that has it.
    AttemptProgressed(Arc<AttemptProgressed>),
    /// The process that waited for an attempt ended: whether the action ran is unknown. The attempt is not used up and
    /// is sent again.
    AttemptInterrupted(AttemptInterrupted),
    /// An attempt of the current step ended.
    AttemptEnded(Arc<AttemptEnded>),
    /// The current step ended, and the next step is decided.
    StepEnded(Arc<StepEnded>),
    /// A user cancelled the execution.
    CancelRequested(CancelRequested),
    /// A user completed the execution after the current step (`StopAutomationExecution` of type `Complete`).
    CompleteRequested(CompleteRequested),
    /// Always the last event, and only once.
    ExecutionEnded(Arc<ExecutionEnded>),
}

/// The data that an execution starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionStarted {
    /// The version of its stored form: [`FORMAT`], [`LATEST_FORMAT`], or that of an earlier program.
    pub format: u32,
    /// The execution.
    pub execution: ExecutionId,
    /// The runbook.
    pub document: DocumentIdentity,
    /// All parameters, defaults included.
    pub parameters: IndexMap<ParameterName, Value>,
    /// The variables with a default.
    pub variables: IndexMap<VariableName, Value>,
    /// The user who started it.
    pub executed_by: String,
    /// The values of `global:` and `automation:` references.
    pub environment: Environment,
    /// Retries and timeouts.
    pub settings: Settings,
    /// The source of all randomness of the execution.
    pub seed: u64,
    /// The outline of the runbook, for readers of the history.
    pub outline: Arc<Outline>,
    /// How it was started, and what is needed to resume it elsewhere.
    #[serde(default)]
    pub launch: Launch,
    /// The parameters and variables whose values were redacted before they were stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// The identity of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentIdentity {
    /// The name it was read under: a path without its extension, or `stdin`.
    pub name: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

/// The values of `global:REGION`, `global:ACCOUNT_ID` and `global:AWS_PARTITION`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The region; `None` when it has none.
    pub region: Option<String>,
    /// The account; `None` when it is unknown.
    pub account_id: Option<String>,
    /// The partition.
    pub partition: String,
}

/// Retries and timeouts of attempts (spec 2.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// The delays before the second, third, … attempt in milliseconds, before jitter; the last one repeats.
    pub attempt_delays: Arc<[u64]>,
    /// The delays before a throttled call is sent again, likewise.
    pub throttle_delays: Arc<[u64]>,
    /// How long one attempt is sent again after throttles, in milliseconds.
    pub throttle_window: u64,
    /// Jitter: the random share of a delay. With 0 the delay is exact, with 0.5 it is between half of it and all of it.
    pub jitter: f64,
    /// Allows an invocation Lambda's own limit of 900 s instead of the action's 300 s.
    pub long_invocations: bool,
    /// The largest result of a function in bytes (spec 9.7); `None` for no limit.
    pub result_limit: Option<u64>,
    /// The delay between polls of actions that wait, in milliseconds; `None` for growing delays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_interval: Option<u64>,
    /// Passes execution, step and attempt to functions in the client context, unless the runbook sets one.
    #[serde(default)]
    pub idempotency_token: bool,
}

/// The steps as the author listed them, for readers of a history without the runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outline {
    /// In document order.
    pub steps: Vec<StepOutline>,
}

/// The outline of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepOutline {
    /// Its name.
    pub name: StepName,
    /// `aws:…`
    pub action: String,
    /// Its loop. The steps of a loop follow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<StepName>,
    /// The maximum number of attempts.
    pub max_attempts: u32,
    /// The effective timeout of one attempt in seconds; `None` when the action has none.
    pub timeout_seconds: Option<u64>,
    /// `Abort`, `Continue` or `step:NAME`.
    pub on_failure: String,
    /// With the default applied.
    pub is_critical: bool,
    /// As declared.
    pub is_end: bool,
    /// As declared.
    pub next_step: Option<StepName>,
    /// Every step that can follow this one.
    pub valid_next_steps: Vec<StepName>,
}

/// A step was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepStarted {
    /// The step.
    pub step: StepName,
    /// The id of this run of the step.
    pub step_execution: StepExecutionId,
    /// Its inputs with all references replaced; empty when they could not be resolved.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// The references in the inputs without a value, whose text stayed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<UnsetInput>,
    /// The inputs whose values were redacted before they were stored, wholly or in part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// A reference in an input that had no value when its step was reached: its text stays in the input (spec 3.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnsetInput {
    /// The input.
    pub input: String,
    /// The reference without braces: `step.Output`, `variable:name`.
    pub reference: String,
    /// Why it had no value: `step a has not run`.
    pub reason: String,
}

impl std::fmt::Display for UnsetInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{{{{ {} }}}} has no value: {}", self.reference, self.reason)
    }
}

/// An iteration of a loop begins (spec 4.6). The item of a for-each loop is that of `Iterators` among the loop's
/// inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IterationStarted {
    /// Counts from 1.
    pub iteration: u32,
    /// When the loop times out; `None` when it has no timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// The result of a step, carried over from another execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepReused {
    /// The step.
    pub step: StepName,
    /// The id of its run in that execution.
    pub step_execution: StepExecutionId,
    /// Its inputs with all references replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The iteration in which it ran, of the loop that was carried over last; `None` outside of loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<u32>,
    /// The inputs whose values were redacted before they were stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// How it ended; the last one leads to the first step that runs.
    pub ended: Arc<StepEnded>,
}

/// A wait began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitStarted {
    /// When the wait times out: stored, so that a machine that was off wakes at the right time or at once.
    pub until: Timestamp,
    /// The kind of wait.
    #[serde(default, rename = "for", skip_serializing_if = "is_time")]
    pub wanted: WaitKind,
}

/// The kind of a wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WaitKind {
    /// A sleep: ends at the given time.
    #[default]
    Time,
    /// A pause: ends when an operator resumes it, or times out.
    Resume,
    /// An approval: ends when people decide, or times out.
    Approval(Approval),
    /// Waits for an operator to start or skip the next step ([`Mode::Interactive`]); never times out.
    Start(NextStep),
}

/// The step that waits to be started (spec 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextStep {
    /// The step.
    pub step: StepName,
    /// The id that signals to this wait name: no run of a step has it yet.
    pub step_execution: StepExecutionId,
}

/// The settings of an approval (spec 4.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// The approvers: user names or ARNs.
    pub approvers: Vec<String>,
    /// The number of approvals required.
    pub required: u32,
    /// The message to the approvers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

const fn is_time(wanted: &WaitKind) -> bool {
    matches!(wanted, WaitKind::Time)
}

/// A signal that the execution accepted (spec 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalReceived {
    /// The signal.
    pub signal: Signal,
    /// The sender.
    pub by: String,
    /// The sender's comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Inputs that replace those of the step; only of [`Signal::StartStep`].
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Value>,
    /// Whether the steps that follow start automatically as well; only of [`Signal::StartStep`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest: bool,
}

impl SignalReceived {
    /// A signal without a comment.
    pub fn new(signal: Signal, by: impl Into<String>, comment: Option<String>) -> Self {
        Self { signal, by: by.into(), comment, inputs: IndexMap::new(), rest: false }
    }
}

/// An operator skipped a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepSkipped {
    /// The step.
    pub step: StepName,
    /// The operator.
    pub by: String,
    /// The operator's comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The next step: as after success.
    pub next: Next,
}

/// The kind of a signal, with the service's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Signal {
    /// Approve the step.
    Approve,
    /// Reject the step.
    Reject,
    /// Resume a paused step.
    Resume,
    /// Run the next step of an interactive execution.
    StartStep,
    /// Skip the next step of an interactive execution; not a signal of the service.
    SkipStep,
    /// Stop the current step.
    StopStep,
}

impl Signal {
    /// All signals.
    pub const ALL: [Self; 6] =
        [Self::Approve, Self::Reject, Self::Resume, Self::StartStep, Self::SkipStep, Self::StopStep];

    /// The service's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Reject => "Reject",
            Self::Resume => "Resume",
            Self::StartStep => "StartStep",
            Self::SkipStep => "SkipStep",
            Self::StopStep => "StopStep",
        }
    }
}

/// A variable got a new value (spec 4.7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariableUpdated {
    /// The variable.
    pub name: VariableName,
    /// The value, of the variable's type.
    pub value: Value,
    /// Whether the value was redacted before it was stored.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A process resumes an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionResumed {
    /// The user who asked for it.
    pub by: String,
    /// The machine.
    pub host: String,
    /// The version of this program.
    pub version: String,
}

/// The process that waited for an attempt ended; the outcome of the attempt is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptInterrupted {
    /// The attempt.
    pub attempt: u32,
}

/// An attempt is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptStarted {
    /// Counts from 1 to the step's `maxAttempts`.
    pub attempt: u32,
    /// Counts the sendings of this attempt: 1, plus one for each throttle.
    pub sending: u32,
    /// The deadline of this sending.
    pub deadline: Option<Timestamp>,
}

/// A call was throttled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptThrottled {
    /// The attempt.
    pub attempt: u32,
    /// The service's error.
    pub failure: Failure,
    /// When it is sent again.
    pub retry_at: Timestamp,
}

/// An attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptEnded {
    /// The attempt.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// When the next attempt starts; `None` when there is none.
    pub retry_at: Option<Timestamp>,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome")]
pub enum Outcome {
    /// The action succeeded.
    Succeeded {
        /// The service's request id, if it gave one.
        request_id: Option<String>,
        /// A caveat about the success, in one sentence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<String>,
    },
    /// The action failed.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// The attempt timed out; the action may still be running.
    TimedOut {
        /// Why, for the record.
        failure: Failure,
    },
    /// Abandoned because the execution is being cancelled.
    Cancelled,
    /// The process that waited for it ended, and it is not sent again.
    Interrupted {
        /// Why, for the record.
        failure: Failure,
    },
}

/// A step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepEnded {
    /// `Success`, `Failed`, `TimedOut` or `Cancelled`.
    pub status: Status,
    /// The action's own outputs and the declared ones.
    pub outputs: Arc<IndexMap<OutputName, Value>>,
    /// The result of the action: `$` of the selectors. A `null` result is not the same as no result, which is stored as
    /// no field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub document: Option<Arc<Value>>,
    /// Why it did not succeed.
    pub failure: Option<Failure>,
    /// The next step. Inside a loop the end is that of the iteration, and a step outside of the loop leaves it.
    pub next: Next,
    /// The outputs whose values were redacted before they were stored; `OutputPayload` means [`Self::document`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<OutputName>,
}

/// A field that is present has a value, possibly `null`.
fn present<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Arc<Value>>, D::Error> {
    Arc::deserialize(field).map(Some)
}

/// What follows a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Next {
    /// This step.
    Step(StepName),
    /// The end.
    End,
}

/// A user cancelled the execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelRequested {
    /// The user.
    pub by: String,
    /// The deadline of the `onCancel` chain.
    pub until: Timestamp,
}

/// A user completed the execution after the current step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompleteRequested {
    /// The user.
    pub by: String,
}

/// An execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionEnded {
    /// `Success`, `Failed`, `TimedOut` or `Cancelled`.
    pub status: Status,
    /// The document's outputs by `step.Output`, as the API shows them (spec 1.5).
    pub outputs: IndexMap<String, Vec<String>>,
    /// Why it did not succeed.
    pub failure_message: Option<String>,
}
