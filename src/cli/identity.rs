//! The name under which a command acts: the user of this machine, or the AWS identity.

use clap::Args;

use super::error::CliError;
use super::read;
use super::runtime::runtime;
use crate::automation::{aws_identity, local_resumption};
use crate::event::{Connection, ExecutionResumed};
use crate::limits::ACCOUNTS_BYTES;

/// `--as-aws-identity`
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct IdentityArgs {
    /// Act under the ARN of your AWS credentials instead of the name of the system's user
    #[arg(long)]
    pub(super) as_aws_identity: bool,
}

impl IdentityArgs {
    /// The name of whoever runs this command.
    pub(super) fn name(self, connection: &Connection) -> Result<String, CliError> {
        if self.as_aws_identity { Ok(runtime()?.block_on(aws_identity(connection))?) } else { Ok(user()) }
    }
}

/// Who resumes an execution, and where.
pub(super) fn resumed() -> ExecutionResumed {
    local_resumption(user())
}

/// The user of this machine.
pub(super) fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(account)
}

/// The user of this process as the system has it, for what is started without an environment.
fn account() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let accounts = read::bytes("/etc/passwd", ACCOUNTS_BYTES).map(|(_, bytes)| bytes).unwrap_or_default();
    let accounts = String::from_utf8_lossy(&accounts);
    let mut fields = accounts.lines().map(|line| line.split(':'));
    let name = fields.find_map(|mut line| {
        let name = line.next()?;
        (line.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}
