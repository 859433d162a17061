//! Credentials in another account and Region: roles that are assumed one from another (spec aws-actions 17).

use aws_config::Region;

use super::access::{Access, ConnectError};
use super::role::{RoleArn, UnreachableAccount};

/// The roles that lead to an account, and the Region in which calls are made there.
#[derive(Debug, Clone)]
pub struct RoleChain {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The roles that lead to the account, each assumed with the credentials of the one before. The last one is the
    /// execution role of the account.
    pub roles: Vec<RoleArn>,
    /// A role that is assumed there.
    pub own: Option<RoleArn>,
    /// The name of the sessions.
    pub session: String,
}

impl Access {
    /// Access in another account and Region. The roles are assumed in the Region of the caller: one that is not enabled in
    /// an account refuses only the calls there.
    pub async fn assume_chain(&self, chain: &RoleChain) -> Result<Self, ConnectError> {
        let RoleChain { account, region, roles, own, session } = chain;
        let mut access = self.clone();
        for (at, role) in (1..).zip(roles) {
            access = access.assume(role, session).await.map_err(|error| match error {
                ConnectError::Role(source) if at == roles.len() => {
                    ConnectError::Account(UnreachableAccount { account: account.clone(), source })
                }
                other => other,
            })?;
        }
        if let Some(role) = own {
            access = access.assume(role, session).await?;
        }
        Ok(access.in_region(Region::new(region.clone())))
    }
}
