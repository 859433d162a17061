//! The flags of every command that runs steps.

use clap::Args;

use super::error::CliError;
use super::foreground::Form;
use super::local_functions;
use super::results::ResultArgs;
use super::screen::Screen;
use super::secrets::SecretArgs;
use super::settings::SettingsArgs;
use super::shared_args::{AwsArgs, LocalArgs};
use crate::automation::identify_template;
use crate::event::Connection;
use crate::local_lambda::Functions;

/// The functions, secrets, settings and results of a run.
#[derive(Debug, Args)]
pub(super) struct ExecuteArgs {
    #[command(flatten)]
    pub(super) local: LocalArgs,
    /// Show the output of local functions and scripts while they run
    #[arg(long, help_heading = "Functions")]
    pub(super) show_logs: bool,
    #[command(flatten)]
    pub(super) aws: AwsArgs,
    /// Print only the result
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) secrets: SecretArgs,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
    #[command(flatten)]
    pub(super) results: ResultArgs,
}

impl ExecuteArgs {
    /// The form of what is shown.
    pub(super) fn form(&self) -> Form {
        if self.quiet { Form::Quiet } else { Form::Whole }
    }

    /// The connection, as the launch records it.
    pub(super) fn connection(&self) -> Result<Connection, CliError> {
        Ok(Connection {
            functions: self.local.functions.as_deref().map(identify_template).transpose()?,
            pass_env: self.local.pass_env.clone(),
            profile: self.aws.profile.clone(),
            region: self.aws.region.clone(),
            endpoint_url: self.aws.endpoint_url.clone(),
            assume_role: self.aws.assume_role.clone(),
            scripts: Box::default(),
            aws_models: None,
        })
    }

    /// The functions of the template that was named, if one was.
    pub(super) fn local_functions(&self, screen: Screen) -> Result<Option<Functions>, CliError> {
        let template = self.local.functions.as_deref();
        template.map(|template| local_functions::load(template, self.aws.region.as_deref(), screen)).transpose()
    }
}
