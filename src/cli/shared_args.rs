//! Groups of arguments that several commands have.

use clap::{Args, ValueHint};

use crate::aws::ConnectOptions;
use crate::report::one_line;

/// The parameters of a runbook.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Parameters")]
pub(super) struct ParameterArgs {
    /// Set a parameter (repeatable); lists and maps as JSON, lists also as a,b,c; file://FILE reads the value from a file
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) parameter: Vec<(String, String)>,
    /// Parameters in the forms of the AWS CLI (A=1,B=2,3, or the JSON of StartAutomationExecution), or a JSON or YAML file
    /// of them: FILE, file://FILE
    #[arg(long, value_name = "SOURCE")]
    pub(super) parameters: Vec<String>,
    /// Never prompt for missing parameters
    #[arg(long)]
    pub(super) no_input: bool,
}

/// Where the functions are that run on this machine.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub(super) struct LocalArgs {
    /// Run functions locally, from an AWS SAM or CloudFormation template
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(super) functions: Option<String>,
    /// Pass this environment variable to local functions (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(super) pass_env: Vec<String>,
}

/// Where the functions are that run in AWS.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct AwsArgs {
    /// Profile of the AWS configuration
    #[arg(long, value_name = "NAME", conflicts_with = "functions")]
    pub(super) profile: Option<String>,
    /// AWS region
    #[arg(long, value_name = "NAME")]
    pub(super) region: Option<String>,
    /// Endpoint of the Lambda API, such as that of an emulator
    #[arg(long, value_name = "URL", conflicts_with = "functions")]
    pub(super) endpoint_url: Option<String>,
    /// Assume this role instead of the document's assumeRole; '' uses your own credentials
    #[arg(long, value_name = "ARN")]
    pub(super) assume_role: Option<String>,
}

impl AwsArgs {
    /// Where to look for a region and credentials.
    pub(super) fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            ..ConnectOptions::default()
        }
    }
}

/// Why a text is not an assignment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AssignmentError {
    #[error("there is no name before `=`; write NAME=VALUE")]
    NameMissing,
    #[error("there is no `=` in it; write {}=VALUE", one_line(.text))]
    SignMissing { text: String },
}

/// `NAME=VALUE`
pub(super) fn assignment(text: &str) -> Result<(String, String), AssignmentError> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        Some(_) => Err(AssignmentError::NameMissing),
        None => Err(AssignmentError::SignMissing { text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
