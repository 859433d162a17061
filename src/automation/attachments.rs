//! The attachments of an execution: found before it starts, so that a missing one is refused before the first step.

use std::path::Path;

use indexmap::IndexMap;

use super::error::AutomationError;
use crate::aws::ApiClient;
use crate::event::Launch;
use crate::runbook::{Action, Runbook, Sha256Sum};
use crate::scripts::{AttachmentLocation, AttachmentSource, ScriptAttachments};

/// Where the attachments of an execution are that is started so, or was. `api` reads objects of S3.
pub fn attachment_source(launch: &Launch, api: ApiClient) -> Result<AttachmentSource, AutomationError> {
    let locations = launch.attachments.iter().map(|location| location.parse()).collect::<Result<Vec<_>, _>>()?;
    let sums = launch.attachment_sums.iter();
    let started = sums.filter_map(|(name, sum)| Some((name.clone(), Sha256Sum::parse(sum)?))).collect();
    Ok(AttachmentSource::new(locations, launch.file.as_deref().map(Path::new), api).started_with(started))
}

/// The attachments of an execution, for its scripts.
pub(super) fn script_attachments(
    runbook: &Runbook,
    launch: &Launch,
    api: ApiClient,
) -> Result<ScriptAttachments, AutomationError> {
    Ok(ScriptAttachments { source: attachment_source(launch, api)?, files: runbook.files().clone() })
}

/// Finds every attachment that the steps of a runbook name, and returns their SHA-256 sums for the launch. A name that is
/// known only when its step runs is left out.
pub(super) async fn find_attachments(
    runbook: &Runbook,
    launch: &Launch,
    api: ApiClient,
) -> Result<IndexMap<String, String>, AutomationError> {
    // A runbook over targets has the attachments of the runbook that it runs.
    let runbook = runbook.target_runbook().unwrap_or(runbook);
    let mut sums = IndexMap::new();
    let names = attachment_names(runbook);
    if names.is_empty() {
        return Ok(sums);
    }
    let source = attachment_source(launch, api)?;
    for name in names {
        let found = source.find(name, runbook.files().get(name)).await?;
        sums.insert(name.to_owned(), found.sha256().to_string());
    }
    Ok(sums)
}

/// Checks that the attachments of a runbook can be used. Without `api` nothing is asked of S3: then nothing is checked
/// when they may be there.
pub async fn check_attachments(
    runbook: &Runbook,
    launch: &Launch,
    api: Option<ApiClient>,
) -> Result<(), AutomationError> {
    let locations = launch.attachments.iter().map(|location| location.parse()).collect::<Result<Vec<_>, _>>()?;
    let may_be_in_s3 = locations.iter().any(|location| matches!(location, AttachmentLocation::Bucket { .. }));
    match api {
        None if may_be_in_s3 => {}
        api => drop(find_attachments(runbook, launch, api.unwrap_or_else(|| ApiClient::nowhere(None))).await?),
    }
    Ok(())
}

/// The attachments that the steps name as constants.
fn attachment_names(runbook: &Runbook) -> Vec<&str> {
    let scripts = runbook.all_steps().filter(|step| step.inputs.action() == Action::EXECUTE_SCRIPT);
    let named = scripts.filter_map(|step| step.inputs.trees().get("Attachment")?.as_literal()?.as_str());
    let mut names: Vec<&str> = named.filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
