//! The targets of a run that are looked up in AWS before it starts (spec aws-actions 15): with the credentials and in the
//! Region of the execution.

use std::sync::Arc;

use indexmap::IndexMap;

use super::assume_role::resolve_role;
use super::connection::environment;
use super::error::AutomationError;
use super::parameter_store::THROTTLE_DELAYS;
use super::parameters::{StartContext, bind_known_parameters};
use crate::actions::find_targets;
use crate::aws::{Access, ApiClient, ConnectOptions, Models};
use crate::clock::{Clock, SystemClock, after};
use crate::event::TargetLookup;
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runbook::binding::{StoredValues, Supplied};
use crate::runbook::inputs::execute_automation::{TargetSelector, TargetType};

/// The session name of a role that is assumed for a lookup: there is no execution yet whose id it could have.
const LOOKUP_SESSION: &str = "runwright-targets";

/// What is known of an execution whose targets are looked up.
#[derive(Debug, Clone)]
pub struct LookupContext<'a> {
    /// The runbook that runs once for each target.
    pub runbook: &'a Runbook,
    /// The parameters that are supplied for all targets.
    pub supplied: &'a IndexMap<String, Supplied>,
    /// The known values of Parameter Store.
    pub stored: &'a StoredValues,
    /// The secrets to redact.
    pub secrets: &'a Secrets,
    /// The connection to AWS.
    pub connection: ConnectOptions,
    /// The role to assume instead of the document's; empty for the credentials of the caller.
    pub assume_role: Option<&'a str>,
    /// Whether functions run on this machine, where no role is assumed.
    pub has_local_functions: bool,
    /// The models of the APIs.
    pub models: Arc<Models>,
}

/// The targets that a selector finds, and how they were found. `parameter` receives each of them.
pub(super) async fn look_up_targets(
    selector: &TargetSelector,
    target_type: Option<TargetType>,
    parameter: Option<&ParameterName>,
    at: &LookupContext<'_>,
) -> Result<(Vec<String>, TargetLookup), AutomationError> {
    let target_type = decide_type(selector, target_type, parameter, at)?;
    let api = connect(at).await?;
    let mut delays = THROTTLE_DELAYS.into_iter();
    let found = loop {
        let error = match find_targets(&api, selector, &target_type).await {
            Ok(found) => break found,
            Err(error) => error,
        };
        // A lookup changes nothing.
        let Some(delay) = delays.next().filter(|_| error.is_throttle()) else {
            let selector = at.secrets.text(&selector.to_string()).into_owned();
            return Err(AutomationError::TargetLookup { selector, source: Box::new(error) });
        };
        // A lookup changes nothing.
        SystemClock.sleep_until(after(SystemClock.now(), delay)).await;
    };
    let resource_type = target_type.name().map(str::to_owned);
    Ok((found, TargetLookup { key: selector.key(), values: selector.values(), resource_type }))
}

/// The type of the resources that are targets: that of the key, the chosen one, or that of the parameter.
fn decide_type(
    selector: &TargetSelector,
    chosen: Option<TargetType>,
    parameter: Option<&ParameterName>,
    at: &LookupContext<'_>,
) -> Result<TargetType, AutomationError> {
    if let Some(of_key) = selector.target_type() {
        return match chosen {
            Some(chosen) if chosen != of_key && chosen != TargetType::Any => {
                Err(AutomationError::OtherTargetType { key: selector.key() })
            }
            Some(_) | None => Ok(of_key),
        };
    }
    if let Some(chosen) = chosen {
        return Ok(chosen);
    }
    let unknown = |parameter: &str| AutomationError::UnknownTargetType { parameter: parameter.to_owned() };
    let name = parameter.map_or("", ParameterName::as_str);
    let declared = at.runbook.parameters().get(name).ok_or_else(|| unknown(name))?;
    TargetType::of_parameter(name, declared).ok_or_else(|| unknown(name))
}

/// The client that acts as the execution would.
async fn connect(at: &LookupContext<'_>) -> Result<ApiClient, AutomationError> {
    let options = ConnectOptions { secrets: at.secrets.clone(), ..at.connection.clone() };
    let access = Access::find(&options).await?;
    let environment = environment(access.region().map(str::to_owned), None);
    let context = StartContext { environment: &environment, execution: "", now: SystemClock.now() };
    let known = bind_known_parameters(at.runbook, at.supplied, &context, at.stored, at.secrets)?;
    let role = resolve_role(at.assume_role, at.runbook, &context.scope(&known))?;
    let access = match role.filter(|_| !at.has_local_functions) {
        Some(role) => access.assume(&role, LOOKUP_SESSION).await?,
        None => access,
    };
    Ok(ApiClient::new(access, Arc::clone(&at.models)))
}
