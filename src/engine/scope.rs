//! Resolves references (spec 3.1).

use std::borrow::Cow;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::event::{Environment, ExecutionStarted, Status};
use crate::execution::Execution;
use crate::expression::{Global, Lookup, Reference, Scope};
use crate::name::ParameterName;
use crate::runbook::Step;

/// The scope of a running execution.
pub(super) struct ExecutionScope<'a> {
    pub(super) execution: &'a Execution,
    pub(super) now: Timestamp,
}

impl Scope for ExecutionScope<'_> {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        let started = self.execution.started();
        match reference {
            Reference::Parameter(name) => match started.parameters.get(name) {
                Some(_) if is_hidden(started, name.as_str()) => {
                    Lookup::Unavailable(format!("parameter {name} is sensitive and not stored: supply it again"))
                }
                Some(value) => Lookup::Value(Cow::Borrowed(value)),
                None => Lookup::Unset(format!("parameter {name} has no value")),
            },
            Reference::StepOutput { step, output } => match self.execution.latest(step.as_str()) {
                None => Lookup::Unset(format!("step {step} has not run")),
                Some(run) if run.hides(output.as_str()) => Lookup::Unavailable(format!(
                    "{step}.{output} was sensitive and is not in the journal: redrive from {step}"
                )),
                Some(run) => match run.output(output.as_str()) {
                    Some(value) => Lookup::Value(value),
                    None if run.status() == Status::Success => {
                        Lookup::Unset(format!("step {step} succeeded without output {output}"))
                    }
                    None if run.ending.is_none() => Lookup::Unset(format!("step {step} has no output {output} yet")),
                    None => Lookup::Unset(format!("step {step} ended {}", run.status())),
                },
            },
            Reference::Variable(name) => match self.execution.variables().get(name) {
                Some(_) if self.execution.hides_variable(name.as_str()) => {
                    Lookup::Unavailable(format!("variable {name} is sensitive and not stored"))
                }
                Some(value) => Lookup::Value(Cow::Borrowed(value)),
                None => Lookup::Unset(format!("variable {name} was never set")),
            },
            Reference::ExecutionId => Lookup::Value(Cow::Owned(Value::String(started.execution.to_string()))),
            Reference::Global(global) => system(*global, &started.environment, self.now),
            Reference::Ssm(name) => {
                Lookup::Unavailable(format!("Parameter Store ({name}) is allowed only in defaults"))
            }
            Reference::UnknownSystem(name) => Lookup::Unavailable(format!("there is no {name}")),
        }
    }
}

/// The inputs of a step if it began now; references without a value yet stay as written. Shown to the operator who
/// starts or skips the step.
pub fn preview_inputs(step: &Step, execution: &Execution, now: Timestamp) -> IndexMap<String, Value> {
    let scope = ExecutionScope { execution, now };
    step.inputs.trees().iter().map(|(name, tree)| (name.clone(), tree.resolve_known(&scope))).collect()
}

fn is_hidden(started: &ExecutionStarted, name: &str) -> bool {
    started.hidden.iter().any(|hidden| hidden == name)
}

/// The scope before an execution runs, in which the defaults of parameters and variables are resolved.
#[derive(Debug)]
pub struct StartScope<'a> {
    /// The parameters that are known.
    pub parameters: &'a IndexMap<ParameterName, Value>,
    /// Region, account, partition.
    pub environment: &'a Environment,
    /// The id that the execution will have.
    pub execution: &'a str,
    /// The time.
    pub now: Timestamp,
}

impl Scope for StartScope<'_> {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        match reference {
            Reference::Parameter(name) => match self.parameters.get(name) {
                Some(value) => Lookup::Value(Cow::Borrowed(value)),
                None => Lookup::Unset(format!("parameter {name} has no value")),
            },
            Reference::ExecutionId => Lookup::Value(Cow::Owned(Value::String(self.execution.to_owned()))),
            Reference::Global(global) => system(*global, self.environment, self.now),
            Reference::StepOutput { step, .. } => Lookup::Unset(format!("step {step} has not run")),
            Reference::Variable(name) => Lookup::Unset(format!("variable {name} was never set")),
            Reference::Ssm(name) => Lookup::Unavailable(format!(
                "Parameter Store ({name}) cannot be read here; supply the parameter itself"
            )),
            Reference::UnknownSystem(name) => Lookup::Unavailable(format!("there is no {name}")),
        }
    }
}

fn system(global: Global, environment: &Environment, now: Timestamp) -> Lookup<'static> {
    let text = |text: String| Lookup::Value(Cow::Owned(Value::String(text)));
    let utc = || now.to_zoned(TimeZone::UTC);
    match global {
        Global::Date => text(utc().strftime("%Y-%m-%d").to_string()),
        Global::DateTime => text(utc().strftime("%Y-%m-%d_%H.%M.%S").to_string()),
        Global::Region => match &environment.region {
            Some(region) => text(region.clone()),
            None => Lookup::Unavailable("no region is set: give --region or set AWS_REGION".to_owned()),
        },
        Global::AccountId => match &environment.account_id {
            Some(account) => text(account.clone()),
            None => Lookup::Unavailable("the account is not known".to_owned()),
        },
        Global::AwsPartition => text(environment.partition.clone()),
    }
}
