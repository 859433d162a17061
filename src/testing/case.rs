//! A case as it is meant.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::diagnostic::{Source, Span};
use crate::event::{Environment, Signal, Status};
use crate::name::ParameterName;

/// The id of every execution of a case.
pub(super) const EXECUTION_ID: &str = "00000000-0000-4000-8000-000000000000";

/// The cases of one runbook.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The text, for places.
    pub source: Source,
    /// In the order written.
    pub cases: Vec<Case>,
}

/// One case: a situation, and what is to come of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, unique in its file.
    pub name: String,
    /// The name as written.
    pub at: Span,
    /// The value of every parameter.
    pub parameters: IndexMap<ParameterName, Value>,
    /// What `global:` stands for.
    pub environment: Environment,
    /// The moment at which the execution starts.
    pub now: Timestamp,
    /// Who starts it.
    pub started_by: String,
    /// Whether whoever starts it may not approve its steps.
    pub no_self_approval: bool,
    /// The replies of each step that calls somebody, by name.
    pub steps: IndexMap<String, Replies>,
    /// What is said to steps that wait, in the order written.
    pub signals: Vec<ScriptedSignal>,
    /// When somebody asks to stop.
    pub stop: Option<Stop>,
    /// Whether replies and signals that were not needed are no failure.
    pub allow_unused: bool,
    /// What is to come of it.
    pub expect: Expect,
}

/// The replies of one step.
#[derive(Debug, Clone)]
pub struct Replies {
    /// Where they stand.
    pub at: Span,
    /// For each run of the step.
    pub turn: Turn,
    /// Whether they stand in the defaults of the file, where a case need not use them.
    pub is_default: bool,
}

/// Which replies a run of a step gets.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Every run the same.
    Every(Vec<Reply>),
    /// The first run the first, and so on.
    ByIteration(Vec<Vec<Reply>>),
}

/// The answer to one call, or to several in a row.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Where it stands.
    pub at: Span,
    /// How long it takes.
    pub delay: Duration,
    /// How many calls it answers; none for all that come.
    pub times: Option<u32>,
    /// What it says.
    pub answer: Answer,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What a function or a script returned, and outputs of the action that are not to be as usual.
    Payload {
        /// The returned value.
        payload: Value,
        /// Outputs of the action, by name.
        outputs: Map<String, Value>,
    },
    /// What the action returned.
    Result {
        /// `$` of the selectors.
        document: Value,
        /// Outputs of the action, by name.
        outputs: Map<String, Value>,
    },
    /// The function ran and failed.
    FunctionError {
        /// `errorType`
        error_type: Option<String>,
        /// `errorMessage`
        message: Option<String>,
        /// `stackTrace`
        trace: Vec<String>,
    },
    /// The service refused the call, or broke down over it.
    ServiceError {
        /// Its name of the error: `ResourceNotFoundException`.
        code: String,
        /// What it says.
        message: Option<String>,
    },
    /// The call was refused because of its rate.
    Throttle {
        /// How long the service asks to wait.
        after: Option<Duration>,
    },
    /// The action failed, in these words.
    Failure(String),
    /// Nothing comes until the step's time is up.
    Silence,
}

/// A signal to a step that waits.
#[derive(Debug, Clone)]
pub struct ScriptedSignal {
    /// Where it stands.
    pub at: Span,
    /// The step.
    pub step: String,
    /// Which run of it, from 1.
    pub iteration: usize,
    /// What it says.
    pub signal: Signal,
    /// Who sends it.
    pub by: String,
    /// What is said with it.
    pub comment: Option<String>,
    /// How long after the step began to wait.
    pub after: Duration,
    /// Whether the step is to take it. One that it does not take changes nothing.
    pub taken: bool,
}

/// A request to stop.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Where it stands.
    pub at: Span,
    /// From where the time counts.
    pub from: FirstMoment,
    /// How long after it.
    pub after: Duration,
    /// Who asks.
    pub by: String,
    /// How it is to end.
    pub kind: StopKind,
}

/// From where a time counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstMoment {
    /// The start of the execution.
    Start,
    /// The first time that this step is reached.
    Step(String),
}

/// How an execution is stopped (spec 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    /// At once.
    Cancel,
    /// After the current step.
    Complete,
}

/// What is to come of a case. What is not named is not looked at.
#[derive(Debug, Clone)]
pub struct Expect {
    /// How the execution ends.
    pub status: (Status, Span),
    /// Every run of a step in its order.
    pub path: Option<(Vec<String>, Span)>,
    /// Of each step, for its runs in their order.
    pub steps: Vec<ExpectStep>,
    /// Outputs of the document, `step.Output`.
    pub outputs: Vec<(String, Value, Span)>,
    /// Variables at the end.
    pub variables: Vec<(String, Value, Span)>,
    /// A part of the failure message.
    pub failure: Option<(String, Span)>,
    /// How long it takes at least and at most.
    pub duration: Option<(Duration, Duration, Span)>,
}

impl Expect {
    /// Nothing but success; `at` is where that is said, or not said.
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
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        let Self { status, attempts, calls, inputs, outputs, failure, .. } = self;
        let says_a_count = attempts.is_some() || calls.is_some();
        status.is_none() && !says_a_count && inputs.is_empty() && outputs.is_empty() && failure.is_none()
    }
}

/// What is to come of one run of a step.
#[derive(Debug, Clone)]
pub struct ExpectStep {
    /// The step.
    pub step: String,
    /// The name as written.
    pub at: Span,
    /// Which run, from 1; none for every run.
    pub iteration: Option<usize>,
    /// How it ends.
    pub status: Option<(Status, Span)>,
    /// How many attempts it takes.
    pub attempts: Option<(u64, Span)>,
    /// How often it is called, throttled calls included.
    pub calls: Option<(u64, Span)>,
    /// Inputs with all references replaced.
    pub inputs: Vec<(String, Value, Span)>,
    /// Its outputs.
    pub outputs: Vec<(String, Value, Span)>,
    /// A part of its failure message.
    pub failure: Option<(String, Span)>,
}
