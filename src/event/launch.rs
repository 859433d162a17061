//! How an execution was started: what a process needs to resume, redrive, rerun or show it later.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FORMAT, LATEST_FORMAT, LaunchLocations, LaunchTargets, NotifyOn, Place, TARGETS_FORMAT};
use crate::name::{ExecutionId, ParameterName, StepExecutionId, StepName};

/// How an execution was started. Fields that an older version did not record are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Launch {
    /// The version of the program that started it.
    pub version: String,
    /// The machine it was started on.
    pub host: String,
    /// The folder it was started in, an absolute path.
    pub folder: String,
    /// The file of the runbook, an absolute path; `None` when it did not come from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The origin of the execution.
    pub origin: Origin,
    /// The Lambda backend.
    pub connection: Connection,
    /// Whether an operator starts each step.
    #[serde(skip_serializing_if = "Mode::is_auto")]
    pub mode: Mode,
    /// What the user chose for an attempt that is in flight when the process ends, and that may have run; `None` leaves
    /// it to the action. Earlier programs stored `Retry` when the user had chosen nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_interrupted: Option<OnInterrupted>,
    /// The user who started the execution must not approve its steps.
    #[serde(skip_serializing_if = "is_false")]
    pub no_self_approval: bool,
    /// Executions with the same lock do not run at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// The parameters that were supplied; the others have their defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<ParameterName>,
    /// The lock as written, with its references.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_template: Option<String>,
    /// The labels.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// The name patterns of sensitive values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
    /// The step that started it; `None` when a person or a program did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Parent>>,
    /// The runbook files that its steps may name, absolute paths.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub documents: IndexMap<String, String>,
    /// Values of Parameter Store by name that were given, for the defaults of the parameters of its children too. The
    /// journal has none that contains a secret.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub ssm_parameters: IndexMap<String, String>,
    /// The folders in which other runbooks are searched, absolute paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runbook_path: Vec<String>,
    /// Where the attachments of its scripts are, besides the folder of the runbook: folders as absolute paths, and
    /// `s3://BUCKET/PREFIX`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// The attachments that were found when it started: their SHA-256 sums by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub attachment_sums: IndexMap<String, String>,
    /// The targets, when it runs its runbook once for each of them (spec 5.4). Since version 3 of the stored form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Box<LaunchTargets>>,
    /// The accounts and Regions, when it runs its runbook once in each of them (spec aws-actions 17). It has no targets of
    /// its own then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<Box<LaunchLocations>>,
    /// The account and Region that it runs in, when they are not those of the user who started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Box<Place>>,
    /// Whether it runs over targets, in executions of earlier programs, whose runbook was generated for them. No longer
    /// written.
    #[serde(skip_serializing_if = "is_false")]
    pub over_targets: bool,
    /// Which events people are notified of.
    #[serde(skip_serializing_if = "NotifyOn::is_default")]
    pub notify_on: NotifyOn,
}

impl Launch {
    /// Whether the execution runs a runbook once for each of its targets, or in each of its locations: its only step
    /// represents all of them.
    pub const fn is_over_targets(&self) -> bool {
        self.targets.is_some() || self.locations.is_some() || self.over_targets
    }

    /// The version of the stored form of a new execution that is started so.
    pub const fn format(&self) -> u32 {
        if self.locations.is_some() || self.place.is_some() {
            LATEST_FORMAT
        } else if self.targets.is_some() {
            TARGETS_FORMAT
        } else {
            FORMAT
        }
    }
}

/// The step that started an execution (spec 4.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parent {
    /// The execution that the step belongs to.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
    /// The run of the step.
    pub step_execution: StepExecutionId,
    /// The attempt of that run.
    pub attempt: u32,
    /// The target of the child, when the step has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The names of the runbooks above it, the outermost first. Their number is the nesting depth.
    #[serde(default)]
    pub ancestors: Vec<String>,
}

/// One of the targets of a step (spec 5.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its index among them, from 0.
    pub index: u32,
    /// Its value, as shown.
    pub name: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// `Mode`: whether the steps of an execution start automatically (spec 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Each step follows the one before it.
    #[default]
    Auto,
    /// An operator starts each step.
    Interactive,
}

impl Mode {
    /// The service's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Interactive => "Interactive",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference in")]
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// The origin of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Origin {
    /// A new start with a runbook and parameters.
    #[default]
    New,
    /// A redrive of another execution, from one of its steps.
    Redrive {
        /// The other execution.
        of: ExecutionId,
        /// The first step to run again.
        from: StepName,
    },
    /// A rerun of another execution, from the start.
    Rerun {
        /// The other execution.
        of: ExecutionId,
    },
}

/// The backend that was requested; fields that are `None` come from the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Connection {
    /// The template of local functions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub functions: Option<TemplateFile>,
    /// The file of environment variables for local functions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pass_env: Vec<String>,
    /// The AWS profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// A different address of the Lambda API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// How scripts are run.
    #[serde(skip_serializing_if = "ScriptSettings::is_default")]
    pub scripts: Box<ScriptSettings>,
    /// The role that overrides the document's `assumeRole`; empty for the caller's own credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<String>,
    /// The folder with models of AWS services beside those in the program, an absolute path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_models: Option<String>,
}

/// How the scripts of an execution are run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScriptSettings {
    /// The words of a command that runs the interpreter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Variables of the caller's environment that scripts get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pass_env: Vec<String>,
    /// Memory, files and descriptors are not limited.
    #[serde(skip_serializing_if = "is_false")]
    pub without_limits: bool,
    /// The size of payloads is not limited as the service limits it.
    #[serde(skip_serializing_if = "is_false")]
    pub without_payload_limits: bool,
    /// Scripts get no credentials.
    #[serde(skip_serializing_if = "is_false")]
    pub without_credentials: bool,
    /// The folders of scripts are kept.
    #[serde(skip_serializing_if = "is_false")]
    pub keep_files: bool,
}

impl ScriptSettings {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A functions template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateFile {
    /// An absolute path.
    pub file: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// What to do about an attempt that was in flight when its process ended, and that may have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnInterrupted {
    /// Send it again: at least once.
    Retry,
    /// Fail its step: at most once.
    Fail,
    /// Ask the user who resumes the execution.
    Ask,
}
