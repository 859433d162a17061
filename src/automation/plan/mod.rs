//! The plan of a run: what its steps would do, how long it takes at most, and which functions it needs.
//!
//! Nothing is invoked. A preflight check lists the permissions that the run needs, and asks Lambda about the functions.

mod checked;
mod critical_path;
mod dry_run;
mod known_values;
mod locations;
mod permission_search;
mod permissions;
mod steps;
mod targets;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::connection::environment;
use super::error::AutomationError;
use super::parameters::{StartContext, bind_known_parameters};
use super::preflight::{FunctionUse, Preflight};
use crate::engine;
use crate::event::{Environment, Settings};
use crate::expression::ValueTemplate;
use crate::local_lambda::Functions;
use crate::name::{ParameterName, StepName};
use crate::redaction::{MASK, Secrets};
use crate::runbook::binding::{StoredValues, Supplied, unread};
use crate::runbook::inputs::execute_automation::TargetSelector;
use crate::runbook::{Parameter, Runbook};

pub use checked::{CheckedPlan, PreflightRequest, plan_with_preflight};
pub use critical_path::CriticalPath;
pub use locations::PlannedLocations;
pub use permissions::{ActionUse, PermissionCheck, Principal, RequiredAction, RequiredPermissions, UncoveredStep};
pub use steps::{LocalFunctionState, NextSteps, PlannedFunction, PlannedStep, Repeats};
pub use targets::{PlannedLookup, PlannedTargets};

use critical_path::{StepNode, collapse_loop, find_critical_path, to_seconds};
use locations::plan_locations;
use targets::redact_lookup;

/// What to plan.
#[derive(Debug)]
pub struct PlanRequest<'a> {
    /// The name that the execution would have.
    pub document_name: String,
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The supplied parameters; required ones may be missing.
    pub supplied: &'a IndexMap<String, Supplied>,
    /// The known values of Parameter Store. A plan reads none.
    pub stored: &'a StoredValues,
    /// The settings of the execution.
    pub settings: &'a Settings,
    /// The secrets to redact.
    pub secrets: &'a Secrets,
    /// How the targets of the run are looked up, where they are.
    pub target_selector: Option<&'a TargetSelector>,
    /// The functions of this machine.
    pub functions: Option<Functions>,
    /// The region, as far as the caller names it.
    pub region: Option<String>,
    /// The current time.
    pub now: Timestamp,
}

/// What a run would do. Its JSON form is stable: fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The name that the execution would have.
    pub document_name: String,
    /// The description of the runbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The declared parameters.
    pub parameters: IndexMap<String, PlannedParameter>,
    /// The targets of the run, where it has some. The caller looks them up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<PlannedTargets>,
    /// Every step in the order written, those inside a loop after their loop.
    pub steps: Vec<PlannedStep>,
    /// The longest path.
    pub worst_case: CriticalPath,
    /// Steps that no path reaches.
    pub unreachable_steps: Vec<String>,
    /// The document's outputs.
    pub outputs: Vec<String>,
    /// The IAM permissions that the run needs, where a preflight check was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<RequiredPermissions>,
    /// The preflight check, where it was requested.
    #[serde(rename = "check", skip_serializing_if = "Option::is_none")]
    pub preflight: Option<Preflight>,
}

/// A parameter of a plan.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedParameter {
    /// Where the value comes from.
    pub origin: ParameterOrigin,
    /// None when it is required and missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Whether the value is known at the start only, when it is read from Parameter Store; here it is as written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
}

/// Where the value of a parameter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterOrigin {
    /// It was supplied.
    #[serde(rename = "given")]
    Supplied,
    /// The runbook has a default.
    Default,
    /// It is required and missing.
    Missing,
}

/// Plans a run without any call.
pub fn plan_execution(request: &PlanRequest<'_>) -> Result<Plan, AutomationError> {
    let mut draft = Draft::new(request, request.region.clone())?;
    draft.redact(request.secrets);
    Ok(draft.plan)
}

const fn start_context(environment: &Environment, now: Timestamp) -> StartContext<'_> {
    StartContext { environment, execution: "", now }
}

/// A plan with secret values, and the values of the parameters.
struct Draft {
    plan: Plan,
    parameters: IndexMap<ParameterName, Value>,
    region: Option<String>,
}

impl Draft {
    fn new(request: &PlanRequest<'_>, region: Option<String>) -> Result<Self, AutomationError> {
        let &PlanRequest { runbook, supplied, stored, settings, secrets, .. } = request;
        let environment = environment(region.clone(), request.functions.as_ref());
        let context = start_context(&environment, request.now);
        let parameters = bind_known_parameters(runbook, supplied, &context, stored, secrets)?;
        let mut plan = Plan {
            document_name: request.document_name.clone(),
            description: runbook.description().map(str::to_owned),
            parameters: plan_parameters(request, &parameters),
            targets: None,
            steps: plan_steps(runbook, settings, &parameters, &context),
            worst_case: CriticalPath { seconds: None, path: Vec::new() },
            unreachable_steps: Vec::new(),
            outputs: runbook.outputs().iter().map(|output| format!("{}.{}", output.step, output.output)).collect(),
            permissions: None,
            preflight: None,
        };
        plan.evaluate_paths(runbook, settings);
        if let Some(functions) = &request.functions {
            plan.find_local_functions(functions);
        }
        Ok(Self { plan, parameters, region })
    }

    /// Redacts secret parameters, wherever their values appear.
    fn redact(&mut self, secrets: &Secrets) {
        let plan = &mut self.plan;
        for (_, value) in self.parameters.iter().filter(|(name, _)| secrets.hides(name.as_str())) {
            secrets.register(value);
        }
        for (name, parameter) in &mut plan.parameters {
            if let Some(value) = &mut parameter.value {
                *value = if secrets.hides(name) { Value::from(MASK) } else { secrets.value(value).into_owned() };
            }
        }
        for function in plan.steps.iter_mut().filter_map(|step| step.function.as_mut()) {
            for text in [Some(&mut function.name), function.qualifier.as_mut()].into_iter().flatten() {
                *text = secrets.text(text).into_owned();
            }
            if let Some(LocalFunctionState::Unavailable(reason)) = &mut function.local {
                *reason = secrets.text(reason).into_owned();
            }
        }
        for document in plan.steps.iter_mut().filter_map(|step| step.document_name.as_mut()) {
            *document = secrets.text(document).into_owned();
        }
        for step in &mut plan.steps {
            redact_lookup(&mut step.target_lookup, secrets);
            if let Some(locations) = &mut step.locations {
                locations.redact(secrets);
            }
        }
        if let Some(permissions) = &mut plan.permissions {
            permissions.redact(secrets);
        }
        if let Some(preflight) = &mut plan.preflight {
            preflight.redact(secrets);
        }
    }
}

fn plan_parameters(
    request: &PlanRequest<'_>,
    values: &IndexMap<ParameterName, Value>,
) -> IndexMap<String, PlannedParameter> {
    let &PlanRequest { runbook, supplied, stored, .. } = request;
    let unread = unread(runbook.parameters(), supplied, stored);
    let planned = |name: &ParameterName, parameter: &Parameter| {
        let origin = match (&parameter.default, supplied.contains_key(name.as_str())) {
            (_, true) => ParameterOrigin::Supplied,
            (Some(_), false) => ParameterOrigin::Default,
            (None, false) => ParameterOrigin::Missing,
        };
        // A default that refers to a value which is not known yet is shown as written.
        let as_written = || parameter.default.as_ref().map(ValueTemplate::to_json);
        let unread = unread.values().any(|users| users.contains(&name));
        PlannedParameter { origin, value: values.get(name).cloned().or_else(as_written), unread }
    };
    runbook.parameters().iter().map(|(name, parameter)| (name.to_string(), planned(name, parameter))).collect()
}

fn plan_steps(
    runbook: &Runbook,
    settings: &Settings,
    parameters: &IndexMap<ParameterName, Value>,
    context: &StartContext<'_>,
) -> Vec<PlannedStep> {
    let outline = engine::outline(runbook, settings.long_invocations);
    let scope = context.scope(parameters);
    runbook
        .all_steps()
        .zip(&outline.steps)
        .map(|(step, outline)| PlannedStep {
            locations: plan_locations(step, &scope),
            ..steps::plan_step(runbook, step, outline, settings, &scope)
        })
        .collect()
}

impl Plan {
    /// How many steps have an action that this version cannot run.
    pub fn unsupported_steps(&self) -> usize {
        self.steps.iter().filter(|step| !step.supported).count()
    }

    /// Finds the critical path, and the steps that no path reaches.
    fn evaluate_paths(&mut self, runbook: &Runbook, settings: &Settings) {
        let outline = engine::outline(runbook, settings.long_invocations);
        let mut nodes: Vec<StepNode<'_>> = self
            .steps
            .iter()
            .zip(&outline.steps)
            .map(|(step, outline)| StepNode {
                name: outline.name.as_str(),
                inside: outline.parent.as_ref().map(StepName::as_str),
                millis: step.worst_case_millis,
                next: outline.valid_next_steps.iter().map(StepName::as_str).collect(),
            })
            .collect();
        let mut unreachable = Vec::new();
        for step in &mut self.steps {
            if let Some(repeats) = &step.repeats {
                // The timeout of a loop is that of all its iterations.
                let own = outline.steps.iter().find(|outline| outline.name == *step.name.as_str());
                let limit =
                    own.and_then(|outline| outline.timeout_seconds).map(|seconds| seconds.saturating_mul(1_000));
                let (millis, unreached) = collapse_loop(&mut nodes, &step.name, repeats.at_most, limit);
                step.worst_case_millis = millis;
                step.worst_case_seconds = millis.map(to_seconds);
                unreachable.extend(unreached);
            }
        }
        nodes.retain(|node| node.inside.is_none());
        let (critical_path, unreached) = find_critical_path(&nodes);
        unreachable.extend(unreached.into_iter().map(str::to_owned));
        self.worst_case = critical_path;
        for step in &mut self.steps {
            step.reachable = !unreachable.contains(&step.name);
        }
        self.unreachable_steps = unreachable;
    }

    /// Looks every step's function up among those of this machine.
    fn find_local_functions(&mut self, functions: &Functions) {
        for function in self.steps.iter_mut().filter_map(|step| step.function.as_mut()) {
            function.local = Some(if function.name.contains("{{") {
                LocalFunctionState::Unknown
            } else {
                match functions.find(&function.name).map(|found| found.unavailable()) {
                    Some(None) => LocalFunctionState::Found,
                    Some(Some(reason)) => LocalFunctionState::Unavailable(reason),
                    None => LocalFunctionState::NotFound,
                }
            });
        }
    }

    fn function_uses(&self) -> Vec<FunctionUse> {
        let function_use = |step: &PlannedStep| {
            let function = step.function.as_ref()?;
            Some(FunctionUse {
                function: function.name.clone(),
                qualifier: function.qualifier.clone().filter(|qualifier| !qualifier.is_empty()),
                step: step.name.clone(),
                timeout_seconds: step.timeout_seconds,
            })
        };
        self.steps.iter().filter_map(function_use).collect()
    }
}
