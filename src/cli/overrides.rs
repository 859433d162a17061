//! Flags that override the settings of a stored execution. Settings of files and variables do not: they are for new
//! executions.

use clap::{Args, ValueHint};

use crate::automation::ConnectionOverrides;

/// Where the functions are now.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Overrides of the original settings")]
pub(super) struct OverrideArgs {
    /// Run functions locally, from an AWS SAM or CloudFormation template
    #[arg(id = "now_functions", long = "functions", value_name = "FILE", value_hint = ValueHint::AnyPath)]
    #[arg(conflicts_with_all = ["now_profile", "now_endpoint_url"])]
    functions: Option<String>,
    /// Profile of the AWS configuration
    #[arg(id = "now_profile", long = "profile", value_name = "NAME")]
    profile: Option<String>,
    /// AWS region
    #[arg(id = "now_region", long = "region", value_name = "NAME")]
    region: Option<String>,
    /// Endpoint of the Lambda API
    #[arg(id = "now_endpoint_url", long = "endpoint-url", value_name = "URL")]
    endpoint_url: Option<String>,
    /// Assume this role instead of the document's assumeRole; '' uses your own credentials
    #[arg(id = "now_assume_role", long = "assume-role", value_name = "ARN")]
    assume_role: Option<String>,
    /// Folder with further or newer models of AWS services
    #[arg(id = "now_aws_models", long = "aws-models", value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    aws_models: Option<String>,
}

impl OverrideArgs {
    /// The overrides.
    pub(super) fn overrides(&self) -> ConnectionOverrides {
        ConnectionOverrides {
            functions: self.functions.clone(),
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            assume_role: self.assume_role.clone(),
            aws_models: self.aws_models.clone(),
        }
    }
}
