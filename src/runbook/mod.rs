//! Runbooks: a typed value that is always valid, and its loader.
//!
//! Owns: reading the tree of `document` into typed parameters, variables, steps and policies; all checks for errors and
//! probable mistakes; binding of supplied parameters; the JSON Schema of a runbook. Does not own: running. Imports
//! `name`, `document`, `expression`, `diagnostic`, `limits`.

mod attached_file;
pub mod binding;
mod check;
mod executable;
pub mod inputs;
pub mod java_pattern;
mod load;
mod over_targets;
mod schema;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::Span;
use crate::expression::{DataType, Selector, ValueTemplate};
use crate::name::{OutputName, ParameterName, StepName, VariableName};

pub use attached_file::{AttachedFile, AttachedFiles, Sha256Sum};
pub use executable::not_executable;
pub use inputs::{Action, ActionTable, Inputs};
pub use load::{Loaded, load, load_with_actions};
pub use over_targets::TargetStep;
pub use schema::json_schema;

/// The basic types by name, in the order of the service's documentation.
const TYPES: &[&str] = &["String", "StringList", "Integer", "Boolean", "StringMap", "MapList"];

/// A valid runbook of schema 0.3.
///
/// Only [`load()`] creates one, after all checks, and [`Runbook::over_targets`] from another one. It is immutable.
#[derive(Debug, Clone)]
pub struct Runbook {
    description: Option<String>,
    assume_role: Option<ValueTemplate>,
    parameters: IndexMap<ParameterName, Parameter>,
    variables: IndexMap<VariableName, Variable>,
    steps: IndexMap<StepName, Step>,
    outputs: Vec<DocumentOutput>,
    files: AttachedFiles,
    /// The runbook that its step runs once for each target.
    of_each_target: Option<Arc<Runbook>>,
}

impl Runbook {
    /// The runbook that this one runs once for each target; none when it was loaded from a text.
    pub fn target_runbook(&self) -> Option<&Self> {
        self.of_each_target.as_deref()
    }

    /// Its description (Markdown).
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The role to assume; a constant or a reference to a parameter (spec 1.1).
    pub const fn assume_role(&self) -> Option<&ValueTemplate> {
        self.assume_role.as_ref()
    }

    /// Declared parameters in the order written.
    pub const fn parameters(&self) -> &IndexMap<ParameterName, Parameter> {
        &self.parameters
    }

    /// Declared variables in the order written.
    pub const fn variables(&self) -> &IndexMap<VariableName, Variable> {
        &self.variables
    }

    /// The steps of `mainSteps`; at least one.
    pub const fn steps(&self) -> &IndexMap<StepName, Step> {
        &self.steps
    }

    /// The document's `outputs`: `step.Output` (spec 1.5).
    pub fn outputs(&self) -> &[DocumentOutput] {
        &self.outputs
    }

    /// The files that it declares for its scripts (spec 1.1).
    pub const fn files(&self) -> &AttachedFiles {
        &self.files
    }

    /// The step of this name, in `mainSteps` or inside a loop.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.get(name).or_else(|| self.loops().find_map(|(_, looping)| looping.steps.get(name)))
    }

    /// The loop that contains the step of this name.
    pub fn loop_of(&self, name: &str) -> Option<&Step> {
        self.loops().find(|(_, looping)| looping.steps.contains_key(name)).map(|(step, _)| step)
    }

    /// Every step in the order written, those inside a loop after their loop.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.values().flat_map(|step| {
            let inner = match &step.inputs {
                Inputs::Loop(looping) => Some(looping.steps.values()),
                _ => None,
            };
            std::iter::once(step).chain(inner.into_iter().flatten())
        })
    }

    fn loops(&self) -> impl Iterator<Item = (&Step, &inputs::Loop)> {
        self.steps.values().filter_map(|step| match &step.inputs {
            Inputs::Loop(looping) => Some((step, looping.as_ref())),
            _ => None,
        })
    }

    /// The step that follows `name` in its list: `mainSteps`, or the steps of its loop.
    pub fn step_after(&self, name: &StepName) -> Option<&Step> {
        let list = match self.steps.get_index_of(name) {
            Some(_) => &self.steps,
            None => self.loops().map(|(_, looping)| &looping.steps).find(|steps| steps.contains_key(name))?,
        };
        list.get_index(list.get_index_of(name)? + 1).map(|(_, step)| step)
    }

    /// Every step that can follow `step`, by success or failure, each once, the likeliest first. A loop is followed by
    /// what comes after it; its own steps are not listed.
    pub fn successors(&self, step: &Step) -> Vec<StepName> {
        let onwards = (!step.is_end)
            .then(|| step.next_step.clone().or_else(|| self.step_after(&step.name).map(|next| next.name.clone())))
            .flatten();
        let mut successors = Vec::new();
        if let Inputs::Branch(branch) = &step.inputs {
            successors.extend(branch.choices.iter().map(|choice| choice.next_step.clone()));
            successors.extend(branch.default.clone().or_else(|| onwards.clone()));
        } else {
            successors.extend(onwards);
        }
        if let OnFailure::Step(target) = &step.on_failure {
            successors.push(target.clone());
        }
        let mut seen = std::collections::HashSet::new();
        successors.retain(|name| seen.insert(name.clone()));
        successors
    }
}

/// A declared parameter (spec 1.3).
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its type.
    pub parameter_type: ParameterType,
    /// Its description.
    pub description: Option<String>,
    /// The default, which may refer to other parameters; `None` means that a value is required.
    pub default: Option<ValueTemplate>,
    /// Constraints on supplied values; never applied to defaults.
    pub constraints: Constraints,
}

/// The type of a parameter: a basic one, or a text (or list of texts) of a published pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// One of the six basic types.
    Data(DataType),
    /// `AWS::EC2::Instance::Id` and similar types.
    Aws(AwsType),
    /// `List<AWS::EC2::Instance::Id>` and similar types.
    AwsList(AwsType),
}

/// The AWS-specific types (spec 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsType {
    /// `AWS::EC2::Instance::Id`
    Ec2InstanceId,
    /// `AWS::S3::Bucket::Name`
    S3BucketName,
    /// `AWS::IAM::Role::Arn`
    IamRoleArn,
}

/// Constraints on a supplied value.
#[derive(Debug, Clone, Default)]
pub struct Constraints {
    /// `allowedValues`
    pub allowed_values: Option<Vec<serde_json::Value>>,
    /// `allowedPattern`, a Java pattern, as written.
    pub allowed_pattern: Option<String>,
    /// `minItems`
    pub min_items: Option<u64>,
    /// `maxItems`
    pub max_items: Option<u64>,
    /// `minChars`
    pub min_chars: Option<u64>,
    /// `maxChars`
    pub max_chars: Option<u64>,
}

/// A declared variable (spec 1.4).
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its type.
    pub data_type: DataType,
    /// Its initial value; `None` means unset.
    pub default: Option<ValueTemplate>,
    /// Its description.
    pub description: Option<String>,
}

/// A step (spec 2.1).
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub name: StepName,
    /// Its description.
    pub description: Option<String>,
    /// Total attempts.
    pub max_attempts: NonZeroU32,
    /// The declared timeout of one attempt in seconds, before the action's default and ceiling.
    pub timeout_seconds: Option<u64>,
    /// What happens when it fails or times out.
    pub on_failure: OnFailure,
    /// What happens when the user cancels while it runs.
    pub on_cancel: OnCancel,
    /// As declared; [`Step::is_critical`] applies the default.
    pub declared_critical: Option<bool>,
    /// The execution stops after this step, unless it fails and `onFailure` names another step (spec 2.1).
    pub is_end: bool,
    /// The next step after success, if not the next in the list.
    pub next_step: Option<StepName>,
    /// The action and its inputs.
    pub inputs: Inputs,
    /// Declared outputs.
    pub outputs: Vec<OutputDeclaration>,
    /// Its position in the file.
    pub places: StepPlaces,
}

/// The position of a step in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepPlaces {
    /// The value of `name`.
    pub name: Span,
    /// The value of `action`.
    pub action: Span,
}

impl Step {
    /// Whether a failure of this step makes the execution fail (spec 2.3: false under `Continue`, else true).
    pub fn is_critical(&self) -> bool {
        self.declared_critical.unwrap_or(self.on_failure != OnFailure::Continue)
    }

    /// Whether another step does the same and leads to the same steps: names, positions in the file and descriptions may
    /// differ.
    pub fn is_same(&self, other: &Self) -> bool {
        self.behaviour() == other.behaviour()
    }

    /// Everything that decides what the step does. It names every field, so that a new one is a decision.
    fn behaviour(&self) -> impl PartialEq {
        let Self {
            name: _,
            description: _,
            max_attempts,
            timeout_seconds,
            on_failure,
            on_cancel,
            // Applied by `is_critical`, with its default.
            declared_critical: _,
            is_end,
            next_step,
            inputs,
            outputs,
            places: _,
        } = self;
        // Two templates are the same when they are written the same. The steps of a loop are compared one by one.
        let input_values: IndexMap<_, _> = inputs.trees().iter().map(|(name, tree)| (name, tree.to_json())).collect();
        let outputs: Vec<_> = outputs.iter().map(OutputDeclaration::behaviour).collect();
        (
            (inputs.action(), input_values, outputs),
            (max_attempts, timeout_seconds, self.is_critical()),
            (on_failure, on_cancel, is_end, next_step),
        )
    }
}

/// `onFailure`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFailure {
    /// Stop now.
    Abort,
    /// Continue as after success.
    Continue,
    /// Jump.
    Step(StepName),
}

/// `onCancel`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnCancel {
    /// Stop now.
    Abort,
    /// Run this step and what follows it, for at most two minutes.
    Step(StepName),
}

/// A declared output of a step (spec 2.5).
#[derive(Debug, Clone)]
pub struct OutputDeclaration {
    /// Its name.
    pub name: OutputName,
    /// The location of its value in the result of the action. A declaration may lack one for outputs the action fixes.
    pub selector: Option<Selector>,
    /// The type it is converted to.
    pub data_type: DataType,
}

impl OutputDeclaration {
    /// Everything that decides the value of the output.
    fn behaviour(&self) -> impl PartialEq {
        let Self { name, selector, data_type } = self;
        (name, selector.as_ref().map(Selector::as_str), data_type)
    }
}

/// An entry of the document's `outputs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOutput {
    /// The step.
    pub step: StepName,
    /// The output of the step.
    pub output: OutputName,
}
