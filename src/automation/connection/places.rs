//! The clients of executions in other accounts and Regions (spec aws-actions 17).

use std::sync::Arc;

use super::{Clients, LambdaBackend, place_environment};
use crate::automation::assume_role::own_role;
use crate::automation::error::AutomationError;
use crate::aws::{ApiClient, RoleArn, RoleChain};
use crate::event::{Environment, Place};
use crate::lambda::LambdaClient;
use crate::name::ExecutionId;

impl LambdaBackend {
    /// The values of the system variables of an execution in this place, or in that of the caller.
    pub(in crate::automation) fn environment_in(&self, place: Option<&Place>) -> Environment {
        place.map_or_else(|| self.environment(), |place| place_environment(&place.account, &place.region))
    }

    /// The clients of an execution in a place, which acts as its own role or as the execution role.
    pub(super) async fn clients_in(
        &self,
        place: &Place,
        role: Option<RoleArn>,
        execution: &ExecutionId,
    ) -> Result<Clients, AutomationError> {
        let roles: Option<Vec<RoleArn>> = place.roles.iter().map(|role| RoleArn::parse(role)).collect();
        let invalid = || AutomationError::InvalidPlace { account: place.account.clone() };
        let roles = roles.filter(|roles| !roles.is_empty()).ok_or_else(invalid)?;
        let chain = RoleChain {
            account: place.account.clone(),
            region: place.region.clone(),
            own: own_role(Some(place), role),
            roles,
            session: format!("runwright-{execution}"),
        };
        let environment = place_environment(&place.account, &place.region);
        match (&self.access, &self.unconnected, chain.roles.last()) {
            (Some(access), _, _) => {
                tracing::debug!(account = chain.account, region = chain.region, "assuming the roles of a place");
                let access = access.assume_chain(&chain).await?;
                let lambda = LambdaClient::for_caller(&access);
                let api = ApiClient::new(access, Arc::clone(&self.models));
                Ok(self.clients_for(lambda, api, environment))
            }
            (None, Some(why), Some(role)) => {
                Err(AutomationError::RoleUnreachable { role: role.clone(), source: why.clone() })
            }
            // Local functions have no credentials; a call of another API assumes the roles.
            (None, _, _) => Ok(self.clients_for(self.client.clone(), self.api.later_with_roles(chain), environment)),
        }
    }
}
