//! The way to the functions, as an execution was started with it.

use std::path::Path;

use super::error::CliError;
use super::functions;
use crate::event::{Connection, Environment};
use crate::lambda::local::{Functions, LocalLambda, Options};
use crate::lambda::{Access, ConnectError, ConnectOptions, LambdaClient, RoleArn};
use crate::limits::DRAIN;
use crate::masking::Secrets;
use crate::name::ExecutionId;
use crate::runbook::Runbook;

/// Functions that can be invoked. Processes of local functions end with it.
pub(super) struct World {
    client: LambdaClient,
    access: Option<Access>,
    local: Option<LocalLambda>,
    /// Why nothing can be sent anywhere, where nothing has to be.
    nowhere: Option<CliError>,
}

impl World {
    /// Finds the way. `file` is the runbook, for hints. A runbook whose steps send nothing does without.
    pub(super) async fn open(
        connection: &Connection,
        local: Option<Functions>,
        options: Options,
        secrets: &Secrets,
        file: &str,
        runbook: &Runbook,
    ) -> Result<Self, CliError> {
        if let Some(local) = local {
            let local = LocalLambda::new(local, options);
            let client = LambdaClient::in_process(local.http_client(), connection.region.as_deref());
            return Ok(Self { client, access: None, local: Some(local), nowhere: None });
        }
        let options = ConnectOptions {
            profile: connection.profile.clone(),
            region: connection.region.clone(),
            endpoint_url: connection.endpoint_url.clone(),
            secrets: secrets.clone(),
        };
        match Access::find(&options).await {
            Ok(access) => Ok(Self { client: access.client(), access: Some(access), local: None, nowhere: None }),
            Err(error @ (ConnectError::NoRegion | ConnectError::Credentials(_))) if sends_nothing(runbook) => {
                tracing::debug!(%error, "nothing can be sent, and no step does");
                let nowhere = Some(unconnected(&error, file));
                Ok(Self { client: LambdaClient::nowhere(), access: None, local: None, nowhere })
            }
            Err(error) => Err(unconnected(&error, file)),
        }
    }

    /// The way to AWS; none where functions are on this machine.
    pub(super) fn access(&self) -> Option<&Access> {
        self.access.as_ref()
    }

    /// What the system variables stand for when calls go this way.
    pub(super) fn environment(&self) -> Environment {
        environment(self.client.region().map(str::to_owned), self.local.as_ref().map(LocalLambda::functions))
    }

    /// The client of an execution that acts as this role, or with the caller's own rights.
    pub(super) async fn client(
        &self,
        role: Option<RoleArn>,
        execution: &ExecutionId,
    ) -> Result<LambdaClient, CliError> {
        match (role, &self.access, &self.nowhere) {
            (None, _, _) => Ok(self.client.clone()),
            (Some(role), Some(access), _) => {
                let session = format!("runwright-{execution}");
                tracing::debug!(role = role.as_str(), session, "assuming the role");
                access.client_as(&role, &session).await.map_err(|error| CliError::usage(error.to_string()))
            }
            (Some(_), None, Some(why)) => Err(why.clone()),
            (Some(role), None, None) => {
                tracing::debug!(role = role.as_str(), "functions on this machine have no rights: no role is assumed");
                Ok(self.client.clone())
            }
        }
    }

    /// Waits for functions that were invoked with `Event`: leaving before they have run would lose them. Gives what was
    /// lost all the same, as a line each.
    pub(super) async fn drain(&self) -> Vec<String> {
        let Some(local) = &self.local else { return Vec::new() };
        let drained = local.drain(DRAIN).await;
        let mut lost = Vec::new();
        if drained.failed > 0 {
            lost.push(format!("{} asynchronous invocations failed at every try", drained.failed));
        }
        if drained.lost > 0 {
            lost.push(format!("{} asynchronous invocations were not tried to the end", drained.lost));
        }
        lost
    }

    /// Ends the processes of local functions.
    pub(super) async fn shutdown(&self) {
        if let Some(local) = &self.local {
            local.shutdown().await;
        }
    }
}

/// Whether no step calls anything outside of this process.
fn sends_nothing(runbook: &Runbook) -> bool {
    runbook.all_steps().all(|step| step.inputs.action().sends_nothing())
}

/// No way to the functions; a template beside the runbook is worth a hint, and never used without being named.
fn unconnected(error: &ConnectError, file: &str) -> CliError {
    let told = CliError::usage(error.to_string());
    let folder = Path::new(file).parent().unwrap_or(Path::new("."));
    match functions::nearby(folder) {
        Some(template) => told.help(format!("to run the functions on this machine: --functions {template}")),
        None => told,
    }
}

/// What the system variables stand for when calls go to this region, or to the functions of this machine.
pub(super) fn environment(region: Option<String>, local: Option<&Functions>) -> Environment {
    let partition = match region.as_deref() {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        Some(region) if region.starts_with("us-isob-") => "aws-iso-b",
        Some(region) if region.starts_with("us-iso-") => "aws-iso",
        Some(region) if region.starts_with("eu-isoe-") => "aws-iso-e",
        Some(region) if region.starts_with("us-isof-") => "aws-iso-f",
        Some(_) | None => "aws",
    };
    Environment {
        account_id: local.map(|local| local.account_id().to_owned()),
        region,
        partition: partition.to_owned(),
    }
}
