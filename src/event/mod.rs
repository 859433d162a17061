//! The facts of an execution: all that is ever stored of it.
//!
//! Owns: what can happen ([`Event`]), how an attempt can end, the words of the service for statuses and failures,
//! and the version of the stored form. Does not own: what follows from a fact (`execution` folds, `engine`
//! decides). Imports only `name`. Every type here is written to journals: a field may be added with a default,
//! and nothing is renamed or given another meaning without raising [`FORMAT`].

mod failure;
mod hash;
mod launch;
mod leave;
mod notify;
mod result;
mod status;
mod stored;

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use failure::{CallReach, Cause, ErrorClass, Failure, FailureStage, FailureType, FunctionError};
pub use hash::sha256;
pub use launch::{Connection, Launch, Mode, OnInterrupted, Origin, Parent, Target, TemplateFile};
pub use leave::LeaveReason;
pub use notify::{NotifyEvent, NotifyOn};
pub use result::{ActionError, ActionResult};
pub use status::Status;
pub use stored::{StoredEvent, UnreadableEvent};

use crate::name::{ExecutionId, OutputName, ParameterName, StepExecutionId, StepName, VariableName};

/// The version of the stored form of events.
pub const FORMAT: u32 = 1;

/// A fact with its place in the history of one execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Counts from 0 without gaps within an execution.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen to an execution. What an event carries is shared by the journal, the fold and whoever is shown it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// Always the first, and only once.
    ExecutionStarted(Arc<ExecutionStarted>),
    /// A step that another execution ran and that this one does not run again. Only before the first
    /// [`Event::StepStarted`]; the step counts as run, with the outputs it had.
    StepKept(Arc<StepKept>),
    /// Another process carries on an execution that the one before it left. What was in flight then is known by the
    /// next event.
    ExecutionResumed(Arc<ExecutionResumed>),
    /// A step was reached and its inputs were resolved. The step is the current one until its [`Event::StepEnded`].
    StepStarted(Arc<StepStarted>),
    /// The loop under way goes through its steps, for the first time or once more. Until its own [`Event::StepEnded`],
    /// every step that is started is one of its steps.
    IterationStarted(IterationStarted),
    /// An attempt of the current step is about to be sent to the world.
    AttemptStarted(AttemptStarted),
    /// The call was refused because of its rate, before it ran. The attempt is not used up and is sent again.
    AttemptThrottled(Arc<AttemptThrottled>),
    /// The current step waits without a call under way; or, between steps, the execution waits to be told what to do
    /// ([`WaitKind::Start`]).
    WaitStarted(Arc<WaitStarted>),
    /// Somebody told the execution something that it acts upon.
    SignalReceived(Arc<SignalReceived>),
    /// Somebody had a step left out.
    StepSkipped(Arc<StepSkipped>),
    /// The current step gave a variable a value.
    VariableUpdated(Arc<VariableUpdated>),
    /// The process ended that waited for an attempt: whether the action ran is not known. The attempt is not used up
    /// and is sent again.
    AttemptInterrupted(AttemptInterrupted),
    /// An attempt of the current step is over.
    AttemptEnded(Arc<AttemptEnded>),
    /// The current step is over, and it is decided where the execution goes.
    StepEnded(Arc<StepEnded>),
    /// Somebody asked to stop the execution.
    CancelRequested(CancelRequested),
    /// Somebody asked to end the execution after the current step (`StopAutomationExecution` of type `Complete`).
    CompleteRequested(CompleteRequested),
    /// Always the last, and only once.
    ExecutionEnded(Arc<ExecutionEnded>),
}

/// What an execution starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionStarted {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// The execution.
    pub execution: ExecutionId,
    /// The runbook.
    pub document: DocumentIdentity,
    /// All parameters, defaults included.
    pub parameters: IndexMap<ParameterName, Value>,
    /// The variables that have a default.
    pub variables: IndexMap<VariableName, Value>,
    /// Who started it.
    pub executed_by: String,
    /// Where `global:` and `automation:` get their values.
    pub environment: Environment,
    /// How attempts are repeated and bounded.
    pub settings: Settings,
    /// The source of all randomness of the execution.
    pub seed: u64,
    /// What readers of the history need to know of the runbook's steps.
    pub outline: Arc<Outline>,
    /// How it was started, and what is needed to carry it on elsewhere.
    #[serde(default)]
    pub launch: Launch,
    /// The parameters and variables whose values were hidden before they were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// Which runbook was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentIdentity {
    /// The name it was read under: a path without its ending, or `stdin`.
    pub name: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

/// What `global:REGION`, `global:ACCOUNT_ID` and `global:AWS_PARTITION` stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The region; none when the run has none.
    pub region: Option<String>,
    /// The account; none when it is not known.
    pub account_id: Option<String>,
    /// The partition.
    pub partition: String,
}

/// How attempts are repeated and bounded (spec 2.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Waits before the second, third, … attempt in milliseconds, before jitter; the last one repeats.
    pub attempt_delays: Arc<[u64]>,
    /// Waits before a throttled call is sent again, likewise.
    pub throttle_delays: Arc<[u64]>,
    /// How long one attempt keeps being sent again after throttles, in milliseconds.
    pub throttle_window: u64,
    /// The share of a wait that is left to chance: 0 waits exactly, 0.5 waits half to all of it.
    pub jitter: f64,
    /// Lets an invocation take Lambda's own limit of 900 s instead of the action's 300 s.
    pub long_invocations: bool,
    /// The largest result of a function in bytes (spec 9.7); none for no limit.
    pub result_limit: Option<u64>,
    /// Tells functions which execution, step and attempt they are called for, where the author says nothing.
    #[serde(default)]
    pub idempotency_token: bool,
}

/// The steps as the author listed them, for those who read a history without the runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// In the order of the document.
    pub steps: Vec<StepOutline>,
}

/// A step in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutline {
    /// Its name.
    pub name: StepName,
    /// `aws:…`
    pub action: String,
    /// The loop it stands in. The steps of a loop follow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<StepName>,
    /// Total attempts.
    pub max_attempts: u32,
    /// The effective timeout of one attempt in seconds; none when the action has none.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepStarted {
    /// The step.
    pub step: StepName,
    /// This run of the step.
    pub step_execution: StepExecutionId,
    /// Its inputs with all references replaced; empty when they could not be resolved.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// The references in the inputs that had no value, so that their text stayed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<UnsetInput>,
    /// The inputs whose values were hidden before they were kept, whole or in part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
}

/// A reference in an input that had no value when its step was reached: its text stayed in the input (spec 3.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A loop goes through its steps (spec 4.6). The item of a for-each loop is that of `Iterators` among the loop's inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IterationStarted {
    /// Counts from 1.
    pub iteration: u32,
    /// When the loop's time is up; none when it has all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// A step that another execution ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepKept {
    /// The step.
    pub step: StepName,
    /// The run of it, in that other execution.
    pub step_execution: StepExecutionId,
    /// Its inputs with all references replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The iteration that it ran in of the loop that was kept last; none outside of loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<u32>,
    /// The inputs whose values were hidden before they were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// How it ended; the last one that is kept leads to the step that is run.
    pub ended: Arc<StepEnded>,
}

/// A step waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitStarted {
    /// When the wait ends by itself: kept here, so that a machine that was off wakes at the right time or at once.
    pub until: Timestamp,
    /// What it waits for.
    #[serde(default, rename = "for", skip_serializing_if = "is_time")]
    pub wanted: WaitKind,
}

/// What a step waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitKind {
    /// The end of the wait alone.
    #[default]
    Time,
    /// That somebody resumes it; at the end of the wait its time is up.
    Resume,
    /// That people approve; at the end of the wait their time is up.
    Approval(Approval),
    /// That somebody starts or skips the next step ([`Mode::Interactive`]); without end.
    Start(NextStep),
}

/// The step that somebody is to start (spec 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// The step.
    pub step: StepName,
    /// What signals to this wait name: no run of a step has it.
    pub step_execution: StepExecutionId,
}

/// What is needed for an approval (spec 4.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who may: names of users, or ARNs.
    pub approvers: Vec<String>,
    /// How many different ones have to.
    pub required: u32,
    /// What they are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

const fn is_time(wanted: &WaitKind) -> bool {
    matches!(wanted, WaitKind::Time)
}

/// A signal reached the step that waits (spec 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalReceived {
    /// What it says.
    pub signal: Signal,
    /// Who sent it.
    pub by: String,
    /// What was said with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Inputs that the step is started with instead of its own; only of [`Signal::StartStep`].
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Value>,
    /// Whether the steps that follow are started without a question as well; only of [`Signal::StartStep`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest: bool,
}

impl SignalReceived {
    /// A signal without more.
    pub fn new(signal: Signal, by: impl Into<String>, comment: Option<String>) -> Self {
        Self { signal, by: by.into(), comment, inputs: IndexMap::new(), rest: false }
    }
}

/// A step was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSkipped {
    /// The step.
    pub step: StepName,
    /// Who wanted it.
    pub by: String,
    /// What was said with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where the execution goes: as after success.
    pub next: Next,
}

/// What a signal says, in the service's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// One who may approve does.
    Approve,
    /// One who may approve does not.
    Reject,
    /// A step that waits for somebody goes on.
    Resume,
    /// The next step of an interactive execution is run.
    StartStep,
    /// The next step of an interactive execution is left out; not a signal of the service.
    SkipStep,
    /// The step under way is given up.
    StopStep,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Self; 6] =
        [Self::Approve, Self::Reject, Self::Resume, Self::StartStep, Self::SkipStep, Self::StopStep];

    /// The service's word.
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

/// A variable has a new value (spec 4.7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariableUpdated {
    /// The variable.
    pub name: VariableName,
    /// Its value, of its type.
    pub value: Value,
    /// Whether the value was hidden before it was kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A process carries an execution on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionResumed {
    /// Who asked for it.
    pub by: String,
    /// On which machine.
    pub host: String,
    /// Which version of this program.
    pub version: String,
}

/// Nobody waits for an attempt any more, and how it ended is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptInterrupted {
    /// The attempt.
    pub attempt: u32,
}

/// An attempt is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// Counts from 1 to the step's `maxAttempts`.
    pub attempt: u32,
    /// Counts the sendings of this attempt: 1, and one more after each throttle.
    pub sending: u32,
    /// When waiting for it ends.
    pub deadline: Option<Timestamp>,
}

/// A call was throttled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptThrottled {
    /// The attempt.
    pub attempt: u32,
    /// What the service said.
    pub failure: Failure,
    /// When it is sent again.
    pub retry_at: Timestamp,
}

/// An attempt is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptEnded {
    /// The attempt.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// When the next attempt starts; none when there is none.
    pub retry_at: Option<Timestamp>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome")]
pub enum Outcome {
    /// The action did its work.
    Succeeded {
        /// The service's id of the request, where it gave one.
        request_id: Option<String>,
        /// What whoever relies on it has to know, as a sentence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<String>,
    },
    /// The action failed.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// Its time was up; whether the action went on in the world is not known.
    TimedOut {
        /// Why, for the record.
        failure: Failure,
    },
    /// It was given up because the execution is stopped.
    Cancelled,
    /// The process ended that waited for it, and it is not to be sent again.
    Interrupted {
        /// Why, for the record.
        failure: Failure,
    },
}

/// A step is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepEnded {
    /// `Success`, `Failed`, `TimedOut` or `Cancelled`.
    pub status: Status,
    /// The action's own outputs and the declared ones.
    pub outputs: Arc<IndexMap<OutputName, Value>>,
    /// What the action returned: `$` of the selectors. Returning `null` is not the same as returning nothing, so
    /// nothing is written as no field.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub document: Option<Arc<Value>>,
    /// Why it did not succeed.
    pub failure: Option<Failure>,
    /// Where the execution goes. Inside a loop the end is that of the iteration, and a step outside of it leaves the
    /// loop.
    pub next: Next,
    /// The outputs whose values were hidden before they were kept; `OutputPayload` stands for [`Self::document`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<OutputName>,
}

/// A field that is there has a value, `null` among them.
fn present<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Arc<Value>>, D::Error> {
    Arc::deserialize(field).map(Some)
}

/// Where an execution goes after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// To this step.
    Step(StepName),
    /// To its end.
    End,
}

/// Somebody asked to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequested {
    /// Who.
    pub by: String,
    /// The `onCancel` chain is cut off at this moment.
    pub until: Timestamp,
}

/// Somebody asked to end after the current step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteRequested {
    /// Who.
    pub by: String,
}

/// An execution is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionEnded {
    /// `Success`, `Failed`, `TimedOut` or `Cancelled`.
    pub status: Status,
    /// The document's outputs by `step.Output`, as the API shows them (spec 1.5).
    pub outputs: IndexMap<String, Vec<String>>,
    /// Why it did not succeed.
    pub failure_message: Option<String>,
}
