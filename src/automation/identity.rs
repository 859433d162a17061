//! The AWS identity of the caller.

use super::error::AutomationError;
use crate::event::Connection;
use crate::lambda::{Access, ConnectOptions};

/// Asks AWS for the ARN of the caller's credentials.
pub async fn aws_identity(connection: &Connection) -> Result<String, AutomationError> {
    let options = ConnectOptions {
        profile: connection.profile.clone(),
        region: connection.region.clone(),
        ..ConnectOptions::default()
    };
    Ok(Access::find(&options).await?.identity().await?)
}
