//! The targets of an execution, and their fields in its summary (spec 5.4, 5.5).
//!
//! Reads the executions of programs before version 3 of the stored form too. They stored a runbook that was generated for
//! the targets, with a parameter for them ([`EARLIER_TARGETS_PARAMETER`]).

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Execution, StepExecution};
use crate::event::{LaunchTargets, Status, TargetList};
use crate::expression::{embedded, output_texts};
use crate::name::ParameterName;

/// The parameter that holds the targets in executions of programs before version 3 of the stored form.
pub const EARLIER_TARGETS_PARAMETER: &str = "RunwrightTargets";

/// The fields that only a run over targets has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetFields {
    /// The parameter that receives the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_parameter_name: Option<String>,
    /// The values of that parameter, or how they were found in AWS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetEntry>,
    /// The parameters of each target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_maps: Vec<IndexMap<String, Vec<String>>>,
    /// The names of the targets.
    pub resolved_targets: ResolvedTargets,
    /// A number or percentage of the targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    /// A number or percentage of the targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// How many targets ended, and how.
    pub progress_counters: ProgressCounters,
}

/// An entry of `Targets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetEntry {
    /// `ParameterValues`, or the key of a lookup.
    pub key: Cow<'static, str>,
    /// The values.
    pub values: Vec<String>,
}

/// `ResolvedTargets`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResolvedTargets {
    /// The names of the targets.
    pub parameter_values: Vec<String>,
    /// Always false: nothing is omitted.
    pub truncated: bool,
}

/// `ProgressCounters`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProgressCounters {
    /// All targets; where they are sensitive, those that were started.
    pub total_steps: usize,
    /// Ended with `Success`.
    pub success_steps: usize,
    /// Ended with `Failed`.
    pub failed_steps: usize,
    /// Ended with `Cancelled`.
    pub cancelled_steps: usize,
    /// Ended with `TimedOut`.
    pub timed_out_steps: usize,
}

impl ProgressCounters {
    /// The counters of `total` targets with these statuses.
    pub fn new<'s>(total: usize, statuses: impl IntoIterator<Item = &'s str>) -> Self {
        let mut counters = Self { total_steps: total, ..Self::default() };
        for status in statuses {
            let counter = if status == Status::Success.as_str() {
                &mut counters.success_steps
            } else if status == Status::Failed.as_str() {
                &mut counters.failed_steps
            } else if status == Status::Cancelled.as_str() {
                &mut counters.cancelled_steps
            } else if status == Status::TimedOut.as_str() {
                &mut counters.timed_out_steps
            } else {
                continue;
            };
            *counter += 1;
        }
        counters
    }
}

/// The names of targets, in order: the value, or that of the parameter which names a map, or all values of the map.
pub fn target_names(targets: &LaunchTargets) -> Vec<String> {
    match &targets.list {
        TargetList::Values(values) => values.clone(),
        TargetList::Maps(maps) => {
            let name = |map: &Map<String, Value>| {
                let named = targets.parameter.as_ref().and_then(|parameter| map.get(parameter.as_str())).map(embedded);
                named.unwrap_or_else(|| map.values().map(embedded).collect::<Vec<_>>().join(", "))
            };
            maps.iter().map(name).collect()
        }
    }
}

impl Execution {
    /// The targets of the execution; none when it does not run over targets.
    pub fn targets(&self) -> Option<Cow<'_, LaunchTargets>> {
        let launch = &self.started().launch;
        match &launch.targets {
            Some(targets) => Some(Cow::Borrowed(targets)),
            None if launch.over_targets => self.targets_of_generated_runbook().map(Cow::Owned),
            None => None,
        }
    }

    /// The targets of an execution whose runbook was generated: its parameter has them, its step the rest.
    fn targets_of_generated_runbook(&self) -> Option<LaunchTargets> {
        let input = |name: &str| self.runs().last().and_then(|run| run.inputs.get(name)).map(embedded);
        let list = match self.parameters().get(EARLIER_TARGETS_PARAMETER)? {
            Value::Array(items) if items.iter().all(Value::is_object) => {
                TargetList::Maps(items.iter().filter_map(Value::as_object).cloned().collect())
            }
            Value::Array(items) => TargetList::Values(items.iter().map(embedded).collect()),
            // One mask in place of all targets.
            _ if input("TargetMaps").is_some() => TargetList::Maps(vec![Map::new()]),
            value => TargetList::Values(vec![embedded(value)]),
        };
        Some(LaunchTargets {
            parameter: input("TargetParameterName").map(ParameterName::new),
            list,
            found_by: None,
            max_concurrency: input("MaxConcurrency"),
            max_errors: input("MaxErrors"),
            hidden: self.started().hidden.iter().any(|hidden| hidden == EARLIER_TARGETS_PARAMETER),
        })
    }

    /// The fields of a run over targets, with the counters that the events of children give.
    pub(super) fn target_fields(&self) -> Option<TargetFields> {
        let targets = self.targets()?;
        let children = self.runs().last().and_then(StepExecution::last_attempt).map(|last| &last.children);
        let ended = children.into_iter().flat_map(|children| &children.ended).map(|ended| ended.status.as_str());
        let started = || children.map_or(0, |children| children.started.len());
        let total = if targets.hidden { started() } else { targets.list.len() };
        let progress_counters = ProgressCounters::new(total, ended);
        let (values, maps) = match &targets.list {
            TargetList::Values(values) => {
                let entry = match &targets.found_by {
                    Some(lookup) => TargetEntry { key: lookup.key.clone().into(), values: lookup.values.clone() },
                    None => TargetEntry { key: "ParameterValues".into(), values: values.clone() },
                };
                (vec![entry], Vec::new())
            }
            TargetList::Maps(maps) => {
                let texts = |map: &Map<String, Value>| {
                    map.iter().map(|(name, value)| (name.clone(), output_texts(value))).collect()
                };
                (Vec::new(), maps.iter().map(texts).collect())
            }
        };
        Some(TargetFields {
            target_parameter_name: targets.parameter.as_ref().map(ToString::to_string),
            targets: values,
            target_maps: maps,
            resolved_targets: ResolvedTargets { parameter_values: target_names(&targets), truncated: false },
            max_concurrency: targets.max_concurrency.clone(),
            max_errors: targets.max_errors.clone(),
            progress_counters,
        })
    }
}
