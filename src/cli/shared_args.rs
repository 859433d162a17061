//! Groups of arguments that several commands have.

use clap::{Args, ValueHint};

use crate::lambda::ConnectOptions;
use crate::report::one_line;

/// The parameters of a runbook.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Parameters")]
pub(super) struct ParameterArgs {
    /// A parameter (repeatable); lists and maps as JSON, lists also as a,b,c; file://FILE reads it from a file
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) parameter: Vec<(String, String)>,
    /// Parameters as the AWS CLI takes them: A=1,B=2,3, or the JSON of StartAutomationExecution; or a file of it, in JSON
    /// or YAML: FILE, file://FILE
    #[arg(long, value_name = "SOURCE")]
    pub(super) parameters: Vec<String>,
    /// Never ask for missing parameters
    #[arg(long)]
    pub(super) no_input: bool,
}

/// Where the functions are that run on this machine.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub(super) struct LocalArgs {
    /// Run functions on this machine: an AWS SAM or CloudFormation template
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(super) functions: Option<String>,
    /// Let local functions see this variable of the environment (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(super) pass_env: Vec<String>,
}

/// Where the functions are that run in AWS.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct AwsArgs {
    /// A profile of the AWS configuration
    #[arg(long, value_name = "NAME", conflicts_with = "functions")]
    pub(super) profile: Option<String>,
    /// The AWS region
    #[arg(long, value_name = "NAME")]
    pub(super) region: Option<String>,
    /// Another address of the Lambda API, such as an emulator's
    #[arg(long, value_name = "URL", conflicts_with = "functions")]
    pub(super) endpoint_url: Option<String>,
    /// Act as this role instead of the document's assumeRole; '' for the caller's own rights
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

/// Why a text is no assignment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AssignmentError {
    #[error("the name before `=` is missing; write NAME=VALUE")]
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
