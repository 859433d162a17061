//! The name under which a command acts: the user of this machine, or the AWS identity.

use clap::Args;

use super::error::CliError;
use super::runtime::runtime;
use crate::automation::{aws_identity, local_resumption, system_user};
use crate::event::{Connection, ExecutionResumed};

/// `--as-aws-identity`
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct IdentityArgs {
    /// Identify yourself by the ARN of your AWS credentials instead of your user name
    #[arg(long)]
    pub(super) as_aws_identity: bool,
}

impl IdentityArgs {
    /// The name of the user who runs this command.
    pub(super) fn name(self, connection: &Connection) -> Result<String, CliError> {
        if self.as_aws_identity { Ok(runtime()?.block_on(aws_identity(connection))?) } else { Ok(system_user()) }
    }
}

/// The user and machine that resume an execution.
pub(super) fn resumed() -> ExecutionResumed {
    local_resumption(system_user())
}
