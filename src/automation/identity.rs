//! Who the caller is: the user of this machine, or the AWS identity.

use std::path::Path;

use super::error::AutomationError;
use crate::aws::{Access, ConnectOptions};
use crate::event::Connection;
use crate::files::{read_bounded, read_file};
use crate::limits::ACCOUNTS_BYTES;

/// Asks AWS for the ARN of the caller's credentials.
pub async fn aws_identity(connection: &Connection) -> Result<String, AutomationError> {
    let options = ConnectOptions {
        profile: connection.profile.clone(),
        region: connection.region.clone(),
        ..ConnectOptions::default()
    };
    Ok(Access::find(&options).await?.identity().await?)
}

/// The user of this machine.
pub fn system_user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(account)
}

/// The user of this process as the system has it, for what is started without an environment.
fn account() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let accounts =
        read_file(Path::new("/etc/passwd"), |reader| read_bounded(reader, ACCOUNTS_BYTES)).unwrap_or_default();
    let accounts = String::from_utf8_lossy(&accounts);
    let mut fields = accounts.lines().map(|line| line.split(':'));
    let name = fields.find_map(|mut line| {
        let name = line.next()?;
        (line.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}
