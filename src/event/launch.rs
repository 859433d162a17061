//! How an execution was started: what whoever carries it on, starts it again or reads of it later has to know.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::NotifyOn;
use crate::name::{ExecutionId, ParameterName, StepExecutionId, StepName};

/// How an execution was started. What a journal of an older version does not say is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Launch {
    /// The version of the program that started it.
    pub version: String,
    /// The machine it was started on.
    pub host: String,
    /// The folder it was started in, an absolute path.
    pub folder: String,
    /// The file of the runbook, an absolute path; none when it came from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What it comes from.
    pub origin: Origin,
    /// Where its functions are.
    pub connection: Connection,
    /// Whether somebody starts each step.
    #[serde(skip_serializing_if = "Mode::is_auto")]
    pub mode: Mode,
    /// What happens to an attempt in flight when the process ends.
    pub on_interrupted: OnInterrupted,
    /// Whoever started it does not approve its steps.
    #[serde(skip_serializing_if = "is_false")]
    pub no_self_approval: bool,
    /// Executions with the same lock do not run at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// The parameters that were given; the others have their defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<ParameterName>,
    /// The lock as it was written, with its references.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_template: Option<String>,
    /// What its starter calls it by.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// The names of what is sensitive, as patterns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
    /// The step that it was started by; none when a person or a program started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Parent>>,
    /// The files of runbooks that its steps may name, absolute paths.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub documents: IndexMap<String, String>,
    /// The folders where other runbooks are looked for, absolute paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runbook_path: Vec<String>,
    /// It runs one runbook for many targets (spec 5.4): its only step stands for all of them.
    #[serde(skip_serializing_if = "is_false")]
    pub over_targets: bool,
    /// What people are notified of.
    #[serde(skip_serializing_if = "NotifyOn::is_default")]
    pub notify_on: NotifyOn,
}

/// The step that started an execution (spec 4.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The execution that the step belongs to.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
    /// Which run of it.
    pub step_execution: StepExecutionId,
    /// Which attempt of that.
    pub attempt: u32,
    /// What it was started for, where the step has several targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The names of the runbooks above it, the outermost first. How many there are is how deep it lies.
    #[serde(default)]
    pub ancestors: Vec<String>,
}

/// One of the targets of a step (spec 5.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its place among them, from 0.
    pub index: u32,
    /// Its value, as it is shown.
    pub name: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// `Mode`: who starts the steps of an execution (spec 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Mode {
    /// Each follows the one before it.
    #[default]
    Auto,
    /// Somebody, one at a time.
    Interactive,
}

impl Mode {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// What an execution comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Origin {
    /// A runbook and parameters.
    #[default]
    New,
    /// Another execution, from one of its steps on.
    Redrive {
        /// The other execution.
        of: ExecutionId,
        /// The first step that is run again.
        from: StepName,
    },
    /// Another execution, from the start.
    Rerun {
        /// The other execution.
        of: ExecutionId,
    },
}

/// Where functions are, as it was asked for; what is none comes from the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Connection {
    /// The template of functions on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub functions: Option<TemplateFile>,
    /// The variables of the environment that local functions see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pass_env: Vec<String>,
    /// The profile of the AWS configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Another address of the Lambda API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// The role that stands above the document's; empty for the caller's own rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<String>,
}

/// A template of functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateFile {
    /// An absolute path.
    pub file: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// What happens to an attempt that was in flight when its process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnInterrupted {
    /// It is sent again: at least once.
    #[default]
    Retry,
    /// Its step fails: at most once.
    Fail,
    /// Whoever carries the execution on is asked.
    Ask,
}
