//! Flags that stand above what an execution was started with. Settings of files and variables do not: they are for
//! executions that begin.

use clap::{Args, ValueHint};

use super::error::CliError;
use super::keep;
use crate::event::Connection;

/// Where the functions are now.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Instead of what it was started with")]
pub(super) struct OverrideArgs {
    /// Run functions on this machine: an AWS SAM or CloudFormation template
    #[arg(id = "now_functions", long = "functions", value_name = "FILE", value_hint = ValueHint::AnyPath)]
    #[arg(conflicts_with_all = ["now_profile", "now_endpoint_url"])]
    functions: Option<String>,
    /// A profile of the AWS configuration
    #[arg(id = "now_profile", long = "profile", value_name = "NAME")]
    profile: Option<String>,
    /// The AWS region
    #[arg(id = "now_region", long = "region", value_name = "NAME")]
    region: Option<String>,
    /// Another address of the Lambda API
    #[arg(id = "now_endpoint_url", long = "endpoint-url", value_name = "URL")]
    endpoint_url: Option<String>,
    /// Act as this role instead of the document's assumeRole; '' for the caller's own rights
    #[arg(id = "now_assume_role", long = "assume-role", value_name = "ARN")]
    assume_role: Option<String>,
}

impl OverrideArgs {
    /// The connection with these in the place of its own. A way to AWS replaces local functions, and the other way round.
    pub(super) fn over(&self, started: &Connection) -> Result<Connection, CliError> {
        let mut connection = started.clone();
        if let Some(file) = &self.functions {
            connection.functions = Some(keep::template(file)?);
            connection.profile = None;
            connection.endpoint_url = None;
        }
        if self.profile.is_some() || self.endpoint_url.is_some() {
            connection.functions = None;
        }
        let over = |own: &mut Option<String>, given: &Option<String>| {
            if let Some(given) = given {
                *own = Some(given.clone());
            }
        };
        over(&mut connection.profile, &self.profile);
        over(&mut connection.region, &self.region);
        over(&mut connection.endpoint_url, &self.endpoint_url);
        over(&mut connection.assume_role, &self.assume_role);
        Ok(connection)
    }
}
