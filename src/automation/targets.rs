//! Runs one runbook for many targets (spec 5.4).
//!
//! Such a run is one execution of a generated runbook, with one `aws:executeAutomation` step for all targets. So the
//! rules of child executions apply: an interrupted run resumes its children, and nothing runs twice.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::error::AutomationError;
use super::parameters::check_parameters;
use crate::diagnostic::suggestion;
use crate::event::{Launch, Status};
use crate::execution::{AutomationExecution, Execution, StepExecutionSummary};
use crate::expression::embedded;
use crate::limits::TARGET_VALUES;
use crate::name::{ExecutionId, ParameterName};
use crate::redaction::{MASK, Secrets};
use crate::runbook::binding::Supplied;
use crate::runbook::inputs::execute_automation::{Amount, document_name};
use crate::runbook::{Action, Runbook};
use crate::store::{Entry, ExecutionIndex, ExecutionState};
use crate::untrusted::one_line;

/// The parameter of the generated runbook that holds the targets.
pub const TARGETS_PARAMETER: &str = "RunwrightTargets";

/// The step of the generated runbook.
pub const TARGETS_STEP: &str = "targets";

/// The targets of a run.
#[derive(Debug, Clone)]
pub enum TargetList {
    /// Values of one parameter.
    Values {
        /// The parameter.
        parameter: String,
        /// Its values.
        values: Vec<String>,
    },
    /// Maps of parameters.
    Maps {
        /// The maps.
        maps: Vec<Map<String, Value>>,
        /// The parameter whose value names a target.
        parameter: Option<String>,
    },
}

/// A run of one runbook for many targets.
#[derive(Debug, Clone)]
pub struct TargetRun {
    /// The value of the parameter of the generated runbook.
    value: Value,
    /// Its type.
    data_type: &'static str,
    /// The parameters of each target.
    targets: Vec<Map<String, Value>>,
    parameter: Option<String>,
    max_concurrency: Option<Amount>,
    max_errors: Option<Amount>,
}

/// A generated runbook that runs another one for targets.
#[derive(Debug, Clone)]
pub struct TargetRunbook {
    /// Its name, which is the name of the other one.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its parameters.
    pub supplied: IndexMap<String, Supplied>,
}

impl TargetRun {
    /// A run of `runbook` for these targets. Refuses parameters that the runbook does not declare.
    pub fn new(
        list: TargetList,
        runbook: &Runbook,
        max_concurrency: Option<Amount>,
        max_errors: Option<Amount>,
    ) -> Result<Self, AutomationError> {
        let (value, data_type, targets, parameter) = match list {
            TargetList::Values { parameter, values } => {
                let targets = values.iter().map(|value| Map::from_iter([(parameter.clone(), json!(value))])).collect();
                (Value::from(values), "StringList", targets, Some(parameter))
            }
            TargetList::Maps { maps, parameter } => {
                let value = Value::from(maps.iter().cloned().map(Value::Object).collect::<Vec<_>>());
                (value, "MapList", maps, parameter)
            }
        };
        let run = Self { value, data_type, targets, parameter, max_concurrency, max_errors };
        for name in run.parameter_names().into_iter().chain(run.parameter.as_deref()) {
            ensure_declared(name, runbook)?;
        }
        Ok(run)
    }

    /// The parameters that get a value of a target.
    pub fn parameter_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.targets.iter().flat_map(Map::keys).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Registers the targets as secrets where they are sensitive. Call this before anything is reported about them.
    pub fn register_secrets(&self, secrets: &Secrets) {
        if secrets.hides(TARGETS_PARAMETER) {
            secrets.register(&self.value);
        }
    }

    /// Checks the parameters of every target before the first one starts.
    pub fn check_parameters(
        &self,
        runbook: &Runbook,
        supplied: &IndexMap<String, Supplied>,
        secrets: &Secrets,
    ) -> Result<(), AutomationError> {
        for (at, target) in self.targets.iter().enumerate() {
            let mut all = supplied.clone();
            all.extend(target.iter().map(|(name, value)| (name.clone(), Supplied::from_value(value))));
            check_parameters(runbook, &all, secrets).map_err(|source| AutomationError::Target {
                position: at + 1,
                count: self.targets.len(),
                target: (!secrets.hides(TARGETS_PARAMETER))
                    .then(|| one_line(&Value::from(target.clone()).to_string()).into_owned()),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }

    /// Generates the runbook that runs `runbook`, whose name is `document`, for each target.
    pub fn generate_runbook(
        &self,
        document: &str,
        runbook: &Runbook,
        mut supplied: IndexMap<String, Supplied>,
    ) -> TargetRunbook {
        // The value of a target overrides the one that is supplied for all.
        supplied.retain(|name, _| self.parameter.as_deref() != Some(name.as_str()));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name: String = document.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        let name = document_name(&name).unwrap_or("runbook").to_owned();
        let mut declared = Map::new();
        let mut passed_on = Map::new();
        for (given, parameter) in
            supplied.keys().filter_map(|given| Some((given, runbook.parameters().get(given.as_str())?)))
        {
            let data_type = parameter.parameter_type.data_type().to_string();
            declared.insert(given.clone(), json!({ "type": data_type }));
            passed_on.insert(given.clone(), Value::from(format!("{{{{ {given} }}}}")));
        }
        declared.insert(TARGETS_PARAMETER.to_owned(), json!({ "type": self.data_type }));
        let mut inputs = Map::from_iter([("DocumentName".to_owned(), json!(name))]);
        if !passed_on.is_empty() {
            inputs.insert("RuntimeParameters".to_owned(), Value::Object(passed_on));
        }
        if let Some(parameter) = &self.parameter {
            inputs.insert("TargetParameterName".to_owned(), json!(parameter));
        }
        let reference = format!("{{{{ {TARGETS_PARAMETER} }}}}");
        match self.data_type {
            "StringList" => {
                inputs.insert("Targets".to_owned(), json!([{ "Key": "ParameterValues", "Values": [reference] }]))
            }
            _ => inputs.insert("TargetMaps".to_owned(), json!(reference)),
        };
        for (input, amount) in [("MaxConcurrency", self.max_concurrency), ("MaxErrors", self.max_errors)] {
            if let Some(amount) = amount {
                inputs.insert(input.to_owned(), json!(amount.to_string()));
            }
        }
        let text = json!({
            "schemaVersion": "0.3",
            "description": match self.targets.len() {
                1 => format!("{name} for 1 target"),
                count => format!("{name} for {count} targets"),
            },
            "parameters": declared,
            "mainSteps": [{ "name": TARGETS_STEP, "action": Action::EXECUTE_AUTOMATION.as_str(), "inputs": inputs }],
        });
        supplied.insert(TARGETS_PARAMETER.to_owned(), Supplied::Json(self.value.clone()));
        TargetRunbook { name, text: format!("{text:#}\n"), supplied }
    }
}

impl TargetRunbook {
    /// Records in a launch that the execution runs over targets.
    pub fn record(&self, launch: &mut Launch, secrets: &Secrets) {
        let Some(file) = launch.file.clone() else { return };
        launch.over_targets = true;
        if secrets.hides(TARGETS_PARAMETER) {
            launch.sensitive.push(TARGETS_PARAMETER.to_owned());
        }
        launch.documents.insert(self.name.clone(), file);
    }
}

fn ensure_declared(parameter: &str, runbook: &Runbook) -> Result<(), AutomationError> {
    if runbook.parameters().contains_key(parameter) {
        return Ok(());
    }
    let nearest = suggestion(parameter, runbook.parameters().keys().map(ParameterName::as_str)).map(ToOwned::to_owned);
    Err(AutomationError::UnknownTargetParameter { name: parameter.to_owned(), nearest })
}

/// One target of an execution, and its child when it was started.
struct TargetState<'a> {
    name: String,
    child: Option<&'a Entry>,
}

/// Whether the targets of an execution are sensitive: the journal does not have them, not even how many there were.
fn are_hidden(execution: &Execution) -> bool {
    execution.started().hidden.iter().any(|hidden| hidden == TARGETS_PARAMETER)
}

/// The parameter whose value names a target.
fn naming_parameter(execution: &Execution) -> Option<&str> {
    execution.runs().last().and_then(|run| run.inputs.get("TargetParameterName")?.as_str())
}

/// The names of the targets of an execution, in order; where they are sensitive, of those that were started.
fn target_names(execution: &Execution, children: &[Entry]) -> Vec<String> {
    if are_hidden(execution) {
        let started = children.iter().filter_map(|child| child.parent.as_ref()?.target.as_ref());
        let started = started.filter_map(|target| usize::try_from(target.index).ok()?.checked_add(1)).max();
        return vec![MASK.to_owned(); started.unwrap_or_default().min(TARGET_VALUES)];
    }
    let Some(Value::Array(targets)) = execution.parameters().get(TARGETS_PARAMETER) else { return Vec::new() };
    let parameter = naming_parameter(execution);
    let name = |target: &Value| match target {
        Value::Object(members) => {
            let named = parameter.and_then(|parameter| members.get(parameter)).map(embedded);
            named.unwrap_or_else(|| members.values().map(embedded).collect::<Vec<_>>().join(", "))
        }
        value => embedded(value),
    };
    targets.iter().map(name).collect()
}

fn target_states<'a>(execution: &Execution, children: &'a [Entry]) -> Vec<TargetState<'a>> {
    let child_of = |at: usize| {
        let is_of = |child: &&Entry| {
            let target = child.parent.as_ref().and_then(|parent| parent.target.as_ref());
            target.is_some_and(|target| usize::try_from(target.index) == Ok(at))
        };
        // The last attempt decides.
        children.iter().rev().find(is_of)
    };
    target_names(execution, children)
        .into_iter()
        .enumerate()
        .map(|(at, name)| TargetState { name, child: child_of(at) })
        .collect()
}

/// Whether the execution came from another journal, which kept the executions of its targets.
async fn is_imported(journal: &dyn ExecutionIndex, execution: &Execution) -> Result<bool, AutomationError> {
    Ok(journal.entry(execution.id()).await?.is_some_and(|entry| entry.is_imported))
}

/// The targets that did not succeed, in the form of the generated runbook; `None` when the execution does not run over
/// targets, or when they are sensitive: then the caller supplies the targets to run.
pub(super) async fn remaining_targets(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
) -> Result<Option<Vec<Value>>, AutomationError> {
    if !execution.started().launch.over_targets || are_hidden(execution) {
        return Ok(None);
    }
    if is_imported(journal, execution).await? {
        return Err(AutomationError::TargetsUnknown { execution: execution.id().clone() });
    }
    let children = journal.children(execution.id()).await?;
    let Some(Value::Array(all)) = execution.parameters().get(TARGETS_PARAMETER) else { return Ok(None) };
    let states = target_states(execution, &children);
    let is_open =
        |state: &TargetState<'_>| state.child.is_none_or(|child| child.status.ended() != Some(Status::Success));
    let remaining = all.iter().zip(&states).filter(|(_, state)| is_open(state)).map(|(value, _)| value.clone());
    Ok(Some(remaining.collect()))
}

/// Shows every target as a separate step in the summary of an execution, as the service does.
pub async fn expand_targets(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
    summary: &mut AutomationExecution,
) -> Result<(), AutomationError> {
    if !execution.started().launch.over_targets || is_imported(journal, execution).await? {
        return Ok(());
    }
    let children = journal.children(execution.id()).await?;
    let Some(step) = summary.step_executions.last().cloned() else { return Ok(()) };
    let parameter = naming_parameter(execution);
    summary.step_executions = target_states(execution, &children)
        .into_iter()
        .map(|TargetState { name, child }| StepExecutionSummary {
            execution_start_time: child.map(|child| child.started_at),
            execution_end_time: child.and_then(|child| child.ended_at),
            step_status: child.map_or(Status::Pending.as_str(), |child| child.status.as_str()),
            inputs: parameter.map(|parameter| (parameter.to_owned(), name.clone())).into_iter().collect(),
            outputs: child.map(|child| ("ExecutionId".to_owned(), vec![child.id.to_string()])).into_iter().collect(),
            failure_message: child.and_then(|child| child.failure_message.clone()),
            failure_details: None,
            notice: None,
            attempts: usize::from(child.is_some()),
            step_execution_id: child.map(|child| child.id.to_string()),
            step_name: name,
            ..step.clone()
        })
        .collect();
    Ok(())
}

/// The results of the targets of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSummary {
    /// The execution.
    pub execution: ExecutionId,
    /// Its status.
    pub status: Status,
    /// Whether the targets are sensitive: then only started ones are known.
    pub are_hidden: bool,
    /// How many targets there are.
    pub total: usize,
    /// How many succeeded.
    pub succeeded: usize,
    /// How many were not started.
    pub not_started: usize,
    /// Those that ended otherwise.
    pub failed: Vec<FailedTarget>,
}

/// A target that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTarget {
    /// Its name.
    pub name: String,
    /// Final status.
    pub status: ExecutionState,
    /// Its execution.
    pub execution: ExecutionId,
}

/// Summarizes the targets of an execution; none when it does not run over targets.
pub async fn summarize_targets(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
) -> Result<Option<TargetSummary>, AutomationError> {
    if !execution.started().launch.over_targets {
        return Ok(None);
    }
    let children = journal.children(execution.id()).await?;
    let states = target_states(execution, &children);
    let mut summary = TargetSummary {
        execution: execution.id().clone(),
        status: execution.status(),
        are_hidden: are_hidden(execution),
        total: states.len(),
        succeeded: 0,
        not_started: 0,
        failed: Vec::new(),
    };
    for TargetState { name, child } in states {
        match child.map(|child| (child, child.status.ended())) {
            None => summary.not_started += 1,
            Some((_, Some(Status::Success))) => summary.succeeded += 1,
            Some((child, Some(_))) => {
                let failed = FailedTarget { name, status: child.status, execution: child.id.clone() };
                summary.failed.push(failed);
            }
            Some((_, None)) => {}
        }
    }
    Ok(Some(summary))
}
