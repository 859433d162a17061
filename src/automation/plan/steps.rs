//! The steps of a plan.

use indexmap::IndexSet;
use serde::Serialize;
use serde_json::Value;

use super::critical_path::to_seconds;
use super::known_values::resolve_known;
use super::locations::PlannedLocations;
use super::targets::{PlannedLookup, plan_lookup};
use crate::event::{Settings, StepOutline};
use crate::expression::Scope;
use crate::graph;
use crate::limits::LOOP_ITERATIONS;
use crate::runbook::inputs::Repeat;
use crate::runbook::{Action, Inputs, OnCancel, OnFailure, Runbook, Step};

/// A step of a plan.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// Its name.
    pub name: String,
    /// Its action.
    pub action: String,
    /// Whether this version can run the action.
    pub supported: bool,
    /// The function to invoke; values that are not known yet are references.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<PlannedFunction>,
    /// The runbook to run; values that are not known yet are references.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    /// The lookup of its targets in AWS, where its inputs are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_lookup: Option<PlannedLookup>,
    /// The accounts and Regions to run it in; none when they are those of the execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<PlannedLocations>,
    /// Total attempts.
    pub max_attempts: u32,
    /// The effective timeout of one attempt; none when it is unlimited.
    pub timeout_seconds: Option<u64>,
    /// All attempts with their timeouts, and the waits between them; none when there is no timeout.
    pub worst_case_seconds: Option<f64>,
    /// The steps that can follow it.
    pub next: NextSteps,
    /// Whether the execution ends after it.
    pub is_end: bool,
    /// Whether its failure makes the execution fail.
    pub is_critical: bool,
    /// Its loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<String>,
    /// How a loop repeats its steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// Whether any path reaches it.
    pub reachable: bool,
    #[serde(skip)]
    pub(super) worst_case_millis: Option<u64>,
}

/// How a loop repeats its steps.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repeats {
    /// In words: `for each of Hosts`.
    pub how: String,
    /// How often at most, as far as it is known before the run.
    pub at_most: u32,
}

/// A function that a step invokes.
#[derive(Debug, Serialize)]
pub struct PlannedFunction {
    /// Its name or ARN.
    pub name: String,
    /// The version or alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// What is known of it on this machine; none when no functions were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalFunctionState>,
}

/// Whether a function can run on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state", content = "reason")]
pub enum LocalFunctionState {
    /// It can be run.
    Found,
    /// The template has it, and it cannot be run.
    Unavailable(String),
    /// The template has no such function.
    NotFound,
    /// Its name is not known before the run.
    Unknown,
}

/// The steps that can follow a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NextSteps {
    /// After success: one, or one for each choice of a branch; none for the end.
    pub success: Vec<String>,
    /// After a failure or a timeout; none for the end.
    pub failure: Option<String>,
    /// As declared: `Abort`, `Continue` or `step:NAME`.
    pub on_failure: String,
    /// When it is cancelled while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel: Option<String>,
}

/// Plans a step. The caller decides whether it is reachable.
pub(super) fn plan_step(
    runbook: &Runbook,
    step: &Step,
    outline: &StepOutline,
    settings: &Settings,
    scope: &dyn Scope,
) -> PlannedStep {
    let worst_case_millis = worst_case_millis(outline, settings);
    PlannedStep {
        name: step.name.to_string(),
        action: outline.action.clone(),
        supported: step.inputs.action().spec().is_executable,
        function: plan_function(step, scope),
        document_name: plan_document(step, scope),
        target_lookup: plan_lookup(step, scope),
        locations: None,
        max_attempts: outline.max_attempts,
        timeout_seconds: outline.timeout_seconds,
        worst_case_seconds: worst_case_millis.map(to_seconds),
        next: next_steps(runbook, step, outline),
        is_end: outline.is_end,
        is_critical: outline.is_critical,
        inside: outline.parent.as_ref().map(ToString::to_string),
        repeats: plan_repeats(step, scope),
        reachable: true,
        worst_case_millis,
    }
}

fn plan_repeats(step: &Step, scope: &dyn Scope) -> Option<Repeats> {
    let Inputs::Loop(looping) = &step.inputs else { return None };
    let ceiling = u32::try_from(LOOP_ITERATIONS).unwrap_or(u32::MAX);
    let most = looping.max_iterations.as_ref().and_then(|tree| resolve_known(tree, scope).parse::<u32>().ok());
    let items = match &looping.repeat {
        Repeat::ForEach { items, .. } => match items.resolve(scope).ok().as_deref() {
            Some(Value::Array(items)) => u32::try_from(items.len()).ok(),
            Some(_) | None => None,
        },
        Repeat::While(_) => None,
    };
    let at_most = [most, items].into_iter().flatten().fold(ceiling, u32::min);
    Some(Repeats { how: graph::repeat(looping), at_most })
}

/// The time of all attempts with their full timeouts and the longest waits between them.
fn worst_case_millis(outline: &StepOutline, settings: &Settings) -> Option<u64> {
    let attempts = u64::from(outline.max_attempts);
    let running = outline.timeout_seconds?.saturating_mul(1_000).saturating_mul(attempts);
    let waits = attempts.saturating_sub(1);
    let listed = u64::try_from(settings.attempt_delays.len()).unwrap_or(u64::MAX);
    let growing = settings.attempt_delays.iter().take(usize::try_from(waits).unwrap_or(usize::MAX));
    let waiting = growing.fold(0_u64, |sum, wait| sum.saturating_add(*wait));
    // The last wait of the list repeats.
    let last = settings.attempt_delays.last().copied().unwrap_or_default();
    let repeated = last.saturating_mul(waits.saturating_sub(listed));
    Some(running.saturating_add(waiting).saturating_add(repeated))
}

fn next_steps(runbook: &Runbook, step: &Step, outline: &StepOutline) -> NextSteps {
    let onwards = || {
        let next = if step.is_end {
            None
        } else {
            step.next_step.clone().or_else(|| runbook.step_after(&step.name).map(|next| next.name.clone()))
        };
        next.map(|next| next.to_string())
    };
    let failure = match &step.on_failure {
        OnFailure::Abort => None,
        OnFailure::Continue => onwards(),
        OnFailure::Step(target) => Some(target.to_string()),
    };
    let cancel = match &step.on_cancel {
        OnCancel::Abort => None,
        OnCancel::Step(target) => Some(target.to_string()),
    };
    let success = match &step.inputs {
        Inputs::Branch(branch) => {
            let chosen = branch.choices.iter().map(|choice| choice.next_step.to_string());
            let otherwise = branch.default.as_ref().map(ToString::to_string).or_else(onwards);
            chosen.chain(otherwise).collect::<IndexSet<_>>().into_iter().collect()
        }
        _ => onwards().into_iter().collect(),
    };
    NextSteps { success, failure, on_failure: outline.on_failure.clone(), cancel }
}

fn plan_function(step: &Step, scope: &dyn Scope) -> Option<PlannedFunction> {
    if step.inputs.action() != Action::INVOKE_LAMBDA_FUNCTION {
        return None;
    }
    let inputs = step.inputs.trees();
    let known = |name: &str| inputs.get(name).map(|tree| resolve_known(tree, scope));
    Some(PlannedFunction { name: known("FunctionName")?, qualifier: known("Qualifier"), local: None })
}

fn plan_document(step: &Step, scope: &dyn Scope) -> Option<String> {
    if step.inputs.action() != Action::EXECUTE_AUTOMATION {
        return None;
    }
    step.inputs.trees().get("DocumentName").map(|tree| resolve_known(tree, scope))
}
