//! `--attachments`: where the attachments of scripts are.

use clap::Args;

use super::error::CliError;
use crate::automation::recorded_path;
use crate::event::Launch;
use crate::report::one_line;
use crate::scripts::AttachmentLocation;

/// Where the attachments of scripts are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Scripts")]
pub(super) struct AttachmentArgs {
    /// Folder or s3://BUCKET/PREFIX with the attachments of scripts (repeatable) [default: beside the runbook, and in
    /// `attachments` there]
    #[arg(long, value_name = "FOLDER")]
    attachments: Vec<AttachmentLocation>,
}

impl AttachmentArgs {
    /// Records them for the process that runs the execution.
    pub(super) fn note(&self, launch: &mut Launch) -> Result<(), CliError> {
        let recorded = self.attachments.iter().map(recorded_location);
        launch.attachments = recorded.collect::<Result<_, _>>()?;
        Ok(())
    }
}

fn recorded_location(location: &AttachmentLocation) -> Result<String, CliError> {
    let text = location.to_string();
    match location {
        AttachmentLocation::Folder(folder) if folder.is_dir() => Ok(recorded_path(&text)),
        AttachmentLocation::Folder(_) => {
            Err(CliError::usage(format!("--attachments {}: there is no such folder", one_line(&text)))
                .help("name the folder that holds the attachments, or s3://BUCKET/PREFIX"))
        }
        AttachmentLocation::Bucket { .. } => Ok(text),
    }
}
