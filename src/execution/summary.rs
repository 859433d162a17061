//! The summary of an execution as `GetAutomationExecution` returns it (spec 5.5).
//!
//! Times are RFC 3339 texts, as the AWS CLI prints them. Fields without a value are omitted, as in the service.

use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    AttemptState, CURRENT_ITERATION, CURRENT_ITERATOR_VALUE, Execution, LatestObservation, Phase, StepEnding,
    StepExecution, TargetFields,
};
use crate::event::{AttemptObserved, Failure, Next, Observation, StepOutline};
use crate::expression::{embedded, input_text, output_texts};

/// `AutomationExecution`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutomationExecution {
    /// A lower-case UUID.
    pub automation_execution_id: String,
    /// The name that the runbook was read under.
    pub document_name: String,
    /// A runbook from a file has one version.
    pub document_version: String,
    /// When it started.
    pub execution_start_time: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<Timestamp>,
    /// The overall status.
    pub automation_execution_status: &'static str,
    /// Every run of every step in document order; a step that was not reached is `Pending`. The runs inside a loop
    /// follow it in execution order.
    pub step_executions: Vec<StepExecutionSummary>,
    /// Always false: nothing is omitted.
    pub step_executions_truncated: bool,
    /// All parameters, defaults included.
    pub parameters: IndexMap<String, Vec<String>>,
    /// The document's outputs; empty until it ends.
    pub outputs: IndexMap<String, Vec<String>>,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// `Auto` or `Interactive`.
    pub mode: &'static str,
    /// Who started it.
    pub executed_by: String,
    /// The execution whose step started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_automation_execution_id: Option<String>,
    /// The target it was started for, where that step has several targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The targets of the execution, where it runs over targets.
    #[serde(flatten)]
    pub target_fields: Option<TargetFields>,
    /// The accounts and Regions of a run over locations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_locations: Vec<Value>,
    /// The current step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_step_name: Option<String>,
    /// Its action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_action: Option<String>,
    /// The variables that have a value.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Vec<String>>,
}

/// `StepExecution`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepExecutionSummary {
    /// The step.
    pub step_name: String,
    /// `aws:…`
    pub action: String,
    /// The effective timeout of one attempt in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// `Abort`, `Continue` or `step:NAME`.
    pub on_failure: String,
    /// Total attempts allowed.
    pub max_attempts: u32,
    /// The number of attempts made. Not a field of the service.
    pub attempts: usize,
    /// When it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<Timestamp>,
    /// Its status.
    pub step_status: &'static str,
    /// The `StatusCode` of the action, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_code: Option<String>,
    /// The resolved inputs, each as JSON text.
    pub inputs: IndexMap<String, String>,
    /// The outputs.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Vec<String>>,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// The failure details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_details: Option<FailureDetails>,
    /// A caveat about its success. Not a field of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// What the polls of its last attempt saw last. Not a field of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_observation: Option<ObservationSummary>,
    /// Its id; a step that was not reached has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_execution_id: Option<String>,
    /// Always empty.
    pub overridden_parameters: IndexMap<String, Vec<String>>,
    /// As declared.
    pub is_end: bool,
    /// The step that followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// With the default applied.
    pub is_critical: bool,
    /// Every step that can follow.
    pub valid_next_steps: Vec<String>,
    /// The enclosing loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_step_details: Option<ParentStepDetails>,
}

/// What the polls of an attempt saw last: `Value` or `Error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObservationSummary {
    /// The property that a value is of, where the inputs of the step do not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What was seen.
    #[serde(flatten)]
    pub observed: Observation,
    /// The number of polls by then.
    pub polls: u32,
    /// When it was recorded.
    pub observed_time: Timestamp,
}

impl From<&LatestObservation> for ObservationSummary {
    fn from(last: &LatestObservation) -> Self {
        let AttemptObserved { attempt: _, polls, observed, property } = &*last.seen;
        let (property, observed) = (property.clone(), observed.clone());
        Self { property, observed, polls: *polls, observed_time: last.at }
    }
}

/// `ParentStepDetails`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParentStepDetails {
    /// The run of the loop.
    pub step_execution_id: String,
    /// The loop.
    pub step_name: String,
    /// `aws:loop`
    pub action: String,
    /// Counts from 1.
    pub iteration: u32,
    /// The item of the iteration, of a for-each loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterator_value: Option<String>,
}

/// `FailureDetails`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FailureDetails {
    /// Where it failed.
    pub failure_stage: &'static str,
    /// What kind of failure it was.
    pub failure_type: &'static str,
    /// More, by name.
    pub details: IndexMap<String, Vec<String>>,
}

impl From<&Failure> for FailureDetails {
    fn from(failure: &Failure) -> Self {
        let mut details = failure.details.clone();
        if let Some(cause) = &failure.cause {
            let mut add = |name: &str, value: &str| {
                details.insert(name.to_owned(), vec![value.to_owned()]);
            };
            add("ErrorClass", cause.class.as_str());
            add("Progress", cause.progress.as_str());
            if let Some(code) = &cause.code {
                add("ErrorCode", code);
            }
            if let Some(request_id) = &cause.request_id {
                add("RequestId", request_id);
            }
            if let Some(error) = &cause.reported_error {
                add("FunctionError", &error.kind);
                if let Some(error_type) = &error.error_type {
                    add("ErrorType", error_type);
                }
                if let Some(message) = &error.message {
                    add("ErrorMessage", message);
                }
                if !error.trace.is_empty() {
                    details.insert("StackTrace".to_owned(), error.trace.clone());
                }
            }
            if let Some(log) = &cause.log_tail {
                details.insert("LogTail".to_owned(), log.lines().map(str::to_owned).collect());
            }
        }
        Self { failure_stage: failure.stage.as_str(), failure_type: failure.failure_type.as_str(), details }
    }
}

impl Execution {
    /// The execution in the service's shape.
    pub fn summary(&self) -> AutomationExecution {
        let started = self.started();
        let ending = self.ending();
        let current = self.current();
        let parent = started.launch.parent.as_deref();
        let steps = &started.outline.steps;
        // By the step, or by the loop that contains it.
        let mut by_step: HashMap<&str, Vec<&StepExecution>> = HashMap::new();
        for run in self.runs() {
            let owner = self.parent(run).map_or(run, |(looping, _)| looping);
            by_step.entry(owner.step.as_str()).or_default().push(run);
        }
        let mut step_executions = Vec::with_capacity(steps.len().max(self.runs().len()));
        for outline in steps {
            let runs = by_step.remove(outline.name.as_str()).unwrap_or_default();
            if runs.is_empty() && self.latest(outline.name.as_str()).is_none() {
                step_executions.push(summarise(outline, None));
            }
            for run in runs {
                let parent = self.parent(run);
                let of_run = match parent {
                    Some(_) => steps.iter().find(|inner| inner.name == run.step).unwrap_or(outline),
                    None => outline,
                };
                let mut summary = summarise(of_run, Some(run));
                summary.parent_step_details = parent.map(|(looping, iteration)| ParentStepDetails {
                    step_execution_id: looping.id.to_string(),
                    step_name: looping.step.to_string(),
                    action: outline.action.clone(),
                    iteration,
                    iterator_value: looping.iterator_value(iteration).map(embedded),
                });
                step_executions.push(summary);
            }
        }
        AutomationExecution {
            automation_execution_id: started.execution.to_string(),
            document_name: started.document.name.clone(),
            document_version: "1".to_owned(),
            execution_start_time: self.started_at(),
            execution_end_time: match self.phase() {
                Phase::Ended { at, .. } => Some(*at),
                Phase::Between(_) | Phase::InStep => None,
            },
            automation_execution_status: self.status().as_str(),
            step_executions,
            step_executions_truncated: false,
            parameters: self.parameters().iter().map(|(name, value)| (name.to_string(), output_texts(value))).collect(),
            outputs: ending.map(|ending| ending.outputs.clone()).unwrap_or_default(),
            failure_message: ending.and_then(|ending| ending.failure_message.clone()),
            mode: started.launch.mode.as_str(),
            executed_by: started.executed_by.clone(),
            parent_automation_execution_id: parent.map(|parent| parent.execution.to_string()),
            target: parent.and_then(|parent| Some(parent.target.as_ref()?.name.clone())),
            target_fields: self.target_fields(),
            target_locations: started.launch.locations.as_ref().map(|it| it.list.clone()).unwrap_or_default(),
            current_step_name: current.map(|run| run.step.to_string()),
            current_action: current.and_then(|run| {
                steps.iter().find(|outline| outline.name == run.step).map(|outline| outline.action.clone())
            }),
            variables: self.variables().iter().map(|(name, value)| (name.to_string(), output_texts(value))).collect(),
        }
    }
}

fn summarise(outline: &StepOutline, run: Option<&StepExecution>) -> StepExecutionSummary {
    let ending = run.and_then(|run| run.ending.as_ref());
    let failure = ending.and_then(|ending| ending.failure.as_ref());
    StepExecutionSummary {
        step_name: outline.name.to_string(),
        action: outline.action.clone(),
        timeout_seconds: outline.timeout_seconds,
        on_failure: outline.on_failure.clone(),
        max_attempts: outline.max_attempts,
        attempts: run.map_or(0, |run| run.attempts.len()),
        execution_start_time: run.map(|run| run.started_at),
        execution_end_time: ending.map(|ending| ending.at),
        step_status: run.map_or("Pending", |run| run.status().as_str()),
        response_code: ending.and_then(|ending| response_code(ending)).map(embedded),
        inputs: run
            .map(|run| run.inputs.iter().map(|(name, value)| (name.clone(), input_text(value))).collect())
            .unwrap_or_default(),
        outputs: match ending {
            Some(ending) => {
                let mut outputs: IndexMap<String, Vec<String>> =
                    ending.outputs.iter().map(|(name, value)| (name.to_string(), output_texts(value))).collect();
                if let Some(document) = &ending.document {
                    // A declared output of this name takes precedence, as in references.
                    outputs.entry("OutputPayload".to_owned()).or_insert_with(|| vec![document.to_string()]);
                }
                outputs
            }
            None => run.map(outputs_under_way).unwrap_or_default(),
        },
        failure_message: failure.map(|failure| failure.message.clone()),
        failure_details: failure.map(FailureDetails::from),
        notice: run.and_then(StepExecution::notice).map(str::to_owned),
        last_observation: run
            .and_then(StepExecution::last_attempt)
            .and_then(|last| last.observed.as_ref())
            .map(ObservationSummary::from),
        step_execution_id: run.map(|run| run.id.to_string()),
        overridden_parameters: IndexMap::new(),
        is_end: outline.is_end,
        next_step: ending.and_then(|ending| match &ending.next {
            Next::Step(step) => Some(step.to_string()),
            Next::End => None,
        }),
        is_critical: outline.is_critical,
        valid_next_steps: outline.valid_next_steps.iter().map(ToString::to_string).collect(),
        parent_step_details: None,
    }
}

/// The output that is the code of the response: of a function its HTTP status, of a command its exit code.
fn response_code(ending: &StepEnding) -> Option<&Value> {
    ["StatusCode", "ResponseCode"].iter().find_map(|name| ending.outputs.get(*name))
}

/// The outputs of a step under way: those of a loop, and those that identify what its attempt has created.
fn outputs_under_way(run: &StepExecution) -> IndexMap<String, Vec<String>> {
    let names = [CURRENT_ITERATION, CURRENT_ITERATOR_VALUE];
    let looping = names.into_iter().filter_map(|name| Some((name.to_owned(), output_texts(&*run.output(name)?))));
    let created = run.last_attempt().and_then(|last| last.created.as_ref());
    let created = created.into_iter().flat_map(|created| &created.resources);
    looping.chain(created.map(|it| (it.output.to_string(), output_texts(&it.value)))).collect()
}

impl StepExecution {
    /// When the next event happens that needs no person: a retry, a second sending, or a deadline.
    pub fn due(&self) -> Option<Timestamp> {
        if let Some(wait) = &self.wait {
            return Some(wait.until);
        }
        match &self.last_attempt()?.state {
            AttemptState::InFlight { deadline, .. } => *deadline,
            AttemptState::Throttled { retry_at, .. } => Some(*retry_at),
            AttemptState::Ended { ended, .. } => ended.retry_at,
            AttemptState::Interrupted { .. } => None,
        }
    }
}
