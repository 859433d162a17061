//! Asks EC2 whether the calls of a runbook would be allowed: its operations take `DryRun`, and then change nothing.

use serde_json::{Map, Value};

use super::permissions::PermissionCheck;
use crate::aws::{ApiClient, ApiRequest, CallError, Models, find_operation, has_dry_run};
use crate::event::ErrorClass;
use crate::expression::{Scope, ValueTemplate, embedded};
use crate::runbook::{Runbook, Step};

/// The service whose `DryRun` has this meaning; that of others changes what they do.
const SERVICE: &str = "ec2";

/// The answer of EC2 to a call that it would allow.
const ALLOWED: &str = "DryRunOperation";

/// A step whose call can be asked about.
#[derive(Debug)]
pub(super) struct DryRun<'r> {
    /// The step.
    pub(super) step: &'r Step,
    /// Its call; none when an input is not known yet.
    request: Option<ApiRequest>,
}

/// Whether a step may call the service, as far as its inputs say without a value for their references.
pub(super) fn may_have_dry_run(step: &Step) -> bool {
    let service = step.inputs.trees().get("Service").and_then(ValueTemplate::as_literal);
    service.is_none_or(|service| service.as_str().is_some_and(|service| service.eq_ignore_ascii_case(SERVICE)))
}

/// The steps of a runbook whose calls can be asked about.
pub(super) fn dry_runs<'r>(runbook: &'r Runbook, models: &Models, scope: &dyn Scope) -> Vec<DryRun<'r>> {
    let steps = runbook.all_steps().filter(|step| step.inputs.action().spec().further_inputs);
    steps.filter_map(|step| dry_run(step, models, scope)).collect()
}

fn dry_run<'r>(step: &'r Step, models: &Models, scope: &dyn Scope) -> Option<DryRun<'r>> {
    let trees = step.inputs.trees();
    let constant = |name: &str| trees.get(name)?.resolve(scope).ok().map(|value| embedded(&value));
    let (service, operation) = (constant("Service")?, constant("Api")?);
    let (name, model) = models.service(&service).ok().filter(|(name, _)| *name == SERVICE)?;
    let found = find_operation(name, &model, &operation).ok().filter(has_dry_run)?;
    let mut parameters = Map::new();
    let mut is_known = true;
    for (input, tree) in trees.iter().filter(|(input, _)| step.inputs.action().spec().input(input).is_none()) {
        match tree.resolve(scope) {
            Ok(value) => drop(parameters.insert(input.clone(), value.into_owned())),
            Err(_) => is_known = false,
        }
    }
    parameters.insert("DryRun".to_owned(), Value::Bool(true));
    let request = ApiRequest { service, operation: found.name.to_owned(), parameters, token: String::new() };
    Some(DryRun { step, request: Some(request).filter(|_| is_known) })
}

impl DryRun<'_> {
    /// Asks. Nothing is changed by it.
    pub(super) async fn ask(self, client: &ApiClient) -> PermissionCheck {
        let Some(request) = self.request else {
            return PermissionCheck::NotAsked { reason: "its inputs are known only when the step runs".to_owned() };
        };
        match client.call(request).await {
            Ok(_) => PermissionCheck::Allowed,
            Err(error) => answer(&error),
        }
    }
}

fn answer(error: &CallError) -> PermissionCheck {
    match error.cause.class {
        _ if error.cause.code.as_deref() == Some(ALLOWED) => PermissionCheck::Allowed,
        ErrorClass::Permission => PermissionCheck::Refused { reason: error.message.clone() },
        ErrorClass::Function
        | ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::NotFound
        | ErrorClass::Response
        | ErrorClass::Setup
        | ErrorClass::Timeout
        | ErrorClass::Interrupted => PermissionCheck::NotAsked { reason: error.message.clone() },
    }
}
