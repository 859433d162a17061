//! The model of a test case.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::actions::ScriptedReply;
use crate::diagnostic::{Source, Span};
use crate::event::{Environment, Signal, Status};
use crate::name::ParameterName;
use crate::scripts::ScriptEndpoint;

/// The id of every execution of a case.
pub(super) const EXECUTION_ID: &str = "00000000-0000-4000-8000-000000000000";

/// The cases of one runbook.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The text, for positions.
    pub source: Source,
    /// In the order written.
    pub cases: Vec<Case>,
}

/// One case: a situation and the expected result.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, unique in its file.
    pub name: String,
    /// The name as written.
    pub at: Span,
    /// The value of every parameter.
    pub parameters: IndexMap<ParameterName, Value>,
    /// The values of `global:` references.
    pub environment: Environment,
    /// The start time of the execution.
    pub now: Timestamp,
    /// The user who starts it.
    pub started_by: String,
    /// Whether that user must not approve its steps.
    pub no_self_approval: bool,
    /// The mocked replies of each step that calls something, by name.
    pub steps: IndexMap<String, Replies>,
    /// How scripts without a mocked reply are answered.
    pub scripts: ScriptMode,
    /// The signals to waiting steps, in the order written.
    pub signals: Vec<ScriptedSignal>,
    /// When a user stops the execution.
    pub stop: Option<Stop>,
    /// Whether unused replies and signals are allowed.
    pub allow_unused: bool,
    /// The expected result.
    pub expect: Expect,
}

/// How scripts without a mocked reply are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptMode {
    /// Not at all: every script needs a mocked reply.
    Mocked,
    /// They run.
    Real {
        /// The only address that they reach.
        endpoint: Option<ScriptEndpoint>,
    },
}

/// The replies of one step.
#[derive(Debug, Clone)]
pub struct Replies {
    /// Their position.
    pub at: Span,
    /// For each run of the step.
    pub turn: Turn,
    /// Whether they are in the defaults of the file, where a case need not use them.
    pub is_default: bool,
}

/// How replies are assigned to the runs of a step.
#[derive(Debug, Clone)]
pub enum Turn {
    /// All runs get the same.
    Every(Vec<Reply>),
    /// One entry for each run, in order.
    ByIteration(Vec<Vec<Reply>>),
}

/// The reply to one call, or to several in a row.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its position.
    pub at: Span,
    /// How long it takes.
    pub delay: Duration,
    /// How many calls it answers; `None` for all remaining ones.
    pub times: Option<u32>,
    /// The answer.
    pub answer: Answer,
}

/// The answer of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A reply, which the handler of the action evaluates.
    Reply(ScriptedReply),
    /// No answer until the step times out.
    Silence,
}

/// A signal to a waiting step.
#[derive(Debug, Clone)]
pub struct ScriptedSignal {
    /// Its position.
    pub at: Span,
    /// The step.
    pub step: String,
    /// The run of the step, from 1.
    pub iteration: usize,
    /// The signal.
    pub signal: Signal,
    /// The sender.
    pub by: String,
    /// The comment.
    pub comment: Option<String>,
    /// The delay after the step began to wait.
    pub after: Duration,
    /// Whether the step is expected to accept it. A rejected one changes nothing.
    pub taken: bool,
}

/// A stop request.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Its position.
    pub at: Span,
    /// The start of the delay.
    pub from: FirstMoment,
    /// The delay.
    pub after: Duration,
    /// The user who requests it.
    pub by: String,
    /// The kind of stop.
    pub kind: StopKind,
}

/// The start of a delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstMoment {
    /// The start of the execution.
    Start,
    /// The first time this step is reached.
    Step(String),
}

/// How an execution is stopped (spec 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    /// Cancel the execution at once.
    Cancel,
    /// Complete it after the current step.
    Complete,
}

/// The expected result of a case. Only what is named is compared.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The final status of the execution.
    pub status: (Status, Span),
    /// All runs of steps in order.
    pub path: Option<(Vec<String>, Span)>,
    /// The expected result of each step, for its runs in order.
    pub steps: Vec<ExpectStep>,
    /// Outputs of the document, `step.Output`.
    pub outputs: Vec<(String, Value, Span)>,
    /// Final values of variables.
    pub variables: Vec<(String, Value, Span)>,
    /// A part of the failure message.
    pub failure: Option<(String, Span)>,
    /// The minimum and maximum duration.
    pub duration: Option<(Duration, Duration, Span)>,
}

impl Expect {
    /// Expects success only; `at` is the position of that expectation, or of its absence.
    pub fn success(at: Span) -> Self {
        Self {
            status: (Status::Success, at),
            path: None,
            steps: Vec::new(),
            outputs: Vec::new(),
            variables: Vec::new(),
            failure: None,
            duration: None,
        }
    }
}

impl ExpectStep {
    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        let Self { status, attempts, calls, inputs, outputs, failure, .. } = self;
        let says_a_count = attempts.is_some() || calls.is_some();
        status.is_none() && !says_a_count && inputs.is_empty() && outputs.is_empty() && failure.is_none()
    }
}

/// The expected result of one run of a step.
#[derive(Debug, Clone)]
pub struct ExpectStep {
    /// The step.
    pub step: String,
    /// The name as written.
    pub at: Span,
    /// The run, from 1; `None` for every run.
    pub iteration: Option<usize>,
    /// The status.
    pub status: Option<(Status, Span)>,
    /// The number of attempts.
    pub attempts: Option<(u64, Span)>,
    /// The number of calls, throttled ones included.
    pub calls: Option<(u64, Span)>,
    /// Inputs with all references replaced.
    pub inputs: Vec<(String, Value, Span)>,
    /// Its outputs.
    pub outputs: Vec<(String, Value, Span)>,
    /// A part of its failure message.
    pub failure: Option<(String, Span)>,
}
