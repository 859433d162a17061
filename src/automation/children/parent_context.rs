//! The data that a child takes from the execution that starts it.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::automation::assume_role::{own_role, resolve_role};
use crate::automation::parameters::StartContext;
use crate::aws::RoleArn;
use crate::clock::{Clock, SystemClock};
use crate::engine::Start;
use crate::event::{Environment, ExecutionStarted, Launch, Settings};
use crate::name::{ExecutionId, ParameterName};
use crate::redaction::Secrets;
use crate::runbook::{Runbook, Step};

/// The data of an execution that its children need.
#[derive(Debug, Clone)]
pub struct ParentContext {
    /// Its id.
    pub execution: ExecutionId,
    /// The name of its runbook.
    pub document: String,
    /// Its runbook.
    pub runbook: Arc<Runbook>,
    /// The user who started it.
    pub executed_by: String,
    /// Its region, account and partition.
    pub environment: Environment,
    /// Its retries and timeouts.
    pub settings: Settings,
    /// How it was started.
    pub launch: Launch,
    /// The role that it assumes.
    pub role: Option<RoleArn>,
    /// Secrets to redact.
    pub secrets: Secrets,
}

impl ParentContext {
    /// The context of an execution that is about to start.
    pub fn of_start(start: &Start, runbook: Arc<Runbook>, secrets: Secrets) -> Self {
        Self {
            execution: start.execution.clone(),
            document: start.document.name.clone(),
            executed_by: start.executed_by.clone(),
            environment: start.environment.clone(),
            settings: start.settings.clone(),
            role: assumed_role(&start.launch, &runbook, &start.environment, &start.execution, &start.parameters),
            launch: start.launch.clone(),
            runbook,
            secrets,
        }
    }

    /// The context of an execution that has begun.
    pub fn of_started(started: &ExecutionStarted, runbook: Arc<Runbook>, secrets: Secrets) -> Self {
        Self {
            execution: started.execution.clone(),
            document: started.document.name.clone(),
            executed_by: started.executed_by.clone(),
            environment: started.environment.clone(),
            settings: started.settings.clone(),
            role: assumed_role(
                &started.launch,
                &runbook,
                &started.environment,
                &started.execution,
                &started.parameters,
            ),
            launch: started.launch.clone(),
            runbook,
            secrets,
        }
    }

    /// The file of its runbook.
    pub(super) fn file(&self) -> Option<&Path> {
        self.launch.file.as_deref().map(Path::new)
    }

    /// The ARNs of the roles that lead from the user to it, each assumed with the credentials of the one before.
    pub(super) fn roles(&self) -> Vec<String> {
        let place = self.launch.place.as_deref();
        let own = own_role(place, self.role.clone()).map(|role| role.as_str().to_owned());
        place.map(|place| place.roles.clone()).unwrap_or_default().into_iter().chain(own).collect()
    }

    /// The names of the runbooks down to its own. A run over targets is not included: its children have the same runbook.
    pub(super) fn ancestors(&self) -> Vec<String> {
        let above = self.launch.parent.as_ref().map(|parent| parent.ancestors.clone()).unwrap_or_default();
        if self.launch.is_over_targets() { above } else { [above, vec![self.document.clone()]].concat() }
    }

    /// A step of its runbook, inside loops too.
    pub(super) fn step(&self, name: &str) -> Option<&Step> {
        self.runbook.step(name)
    }
}

/// The role that an execution assumes: it has connected as this role, so that its ARN is known to be valid.
fn assumed_role(
    launch: &Launch,
    runbook: &Runbook,
    environment: &Environment,
    execution: &ExecutionId,
    parameters: &IndexMap<ParameterName, Value>,
) -> Option<RoleArn> {
    let context = StartContext { environment, execution: execution.as_str(), now: SystemClock.now() };
    resolve_role(launch.connection.assume_role.as_deref(), runbook, &context.scope(parameters)).ok().flatten()
}
