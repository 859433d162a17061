//! `--target-locations`: one runbook in several accounts and Regions. The run itself: `automation::locations`.

use clap::Args;

use super::error::CliError;
use super::output::tell;
use super::read;
use super::runtime::wait;
use super::screen::Screen;
use super::targets::{TargetArgs, target_file};
use crate::automation::{download_target_locations, have_alarms, parse_target_locations, resolve_locations};
use crate::event::LaunchLocations;
use crate::redaction::Secrets;
use crate::runbook::Runbook;

/// The accounts and Regions of a run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Targets")]
pub(super) struct LocationArgs {
    /// Run the runbook once in each account and Region, with the execution role of the account, in the forms of the AWS
    /// CLI: Accounts=1,2,Regions=a,b,ExecutionRoleName=X, JSON, file://FILE (repeatable)
    #[arg(long, value_name = "LOCATIONS", conflicts_with = "target_locations_url")]
    target_locations: Vec<String>,
    /// Likewise, with the JSON list at a presigned S3 URL
    #[arg(long, value_name = "URL")]
    target_locations_url: Option<String>,
}

impl LocationArgs {
    /// Whether there are locations.
    pub(super) const fn are_given(&self) -> bool {
        !self.target_locations.is_empty() || self.target_locations_url.is_some()
    }

    /// The locations of a run of the runbook, with the targets within each of them; none when there are none.
    pub(super) fn resolve(
        &self,
        targets: &TargetArgs,
        file: &str,
        runbook: &Runbook,
        secrets: &Secrets,
        screen: Screen,
    ) -> Result<Option<LaunchLocations>, CliError> {
        if !self.are_given() {
            return Ok(None);
        }
        if file == read::STDIN {
            return Err(CliError::usage("a runbook from standard input cannot run in other accounts and Regions")
                .help("write it to a file: each of them reads the file when it starts"));
        }
        let list = match &self.target_locations_url {
            Some(url) => wait(download_target_locations(url))?,
            None => parse_target_locations(&self.target_locations, &mut target_file)?,
        };
        let targets = targets.within_locations(runbook, secrets)?;
        let locations = resolve_locations(list, targets, runbook, secrets)
            .map_err(|error| CliError::from(crate::automation::AutomationError::from(error)))?;
        if have_alarms(&locations) {
            let word = screen.warning();
            tell(&format!("{word} TargetLocationAlarmConfiguration has no effect: alarms are not watched\n"));
        }
        Ok(Some(locations))
    }
}
