//! `--aws-models`

use std::sync::Arc;

use clap::{Args, ValueHint};

use super::error::CliError;
use crate::automation::{load_models, recorded_path};
use crate::aws::Models;

/// Models of AWS services beside those in this program.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct ModelArgs {
    /// Folder with further or newer models of AWS services, like `data` of botocore (SERVICE/VERSION/service-2.json)
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    aws_models: Option<String>,
}

impl ModelArgs {
    /// The models of all services.
    pub(super) fn models(&self) -> Result<Arc<Models>, CliError> {
        Ok(load_models(self.aws_models.as_deref())?)
    }

    /// The folder, as a launch records it.
    pub(super) fn recorded(&self) -> Option<String> {
        self.aws_models.as_deref().map(recorded_path)
    }
}
