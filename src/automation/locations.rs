//! Runs one runbook in several accounts and Regions (spec aws-actions 17).
//!
//! Such a run is one execution of that runbook, as a run over targets is (`targets`): in place of the steps of the runbook it
//! has one `aws:executeAutomation` step with `TargetLocations`, which runs the runbook once in each account and Region. It
//! assumes the role of the runbook, and from there the execution role of each account.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::children::approval_step;
use super::error::AutomationError;
use super::locations_error::LocationsError;
use super::target_arguments::{InvalidTargets, ReadTargetFile, map_of_text};
use super::targets::{TARGETS_STEP, child_document, runbook_of_started, target_constants};
use crate::aws::download_text;
use crate::event::{ExecutionStarted, LaunchLocations, LaunchTargets};
use crate::limits::TARGET_LOCATIONS_BYTES;
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::runbook::inputs::execute_automation::{ChildRequest, RequestProblem};
use crate::runbook::{Runbook, TargetStep};
use crate::untrusted::one_line;

/// The members of a location that are lists of texts.
const LISTS: [&str; 3] = ["Accounts", "Regions", "ExcludeAccounts"];

/// How locations are written, for help.
const FORMS: &str = "write Accounts=111111111111,222222222222,Regions=eu-west-1, or [{\"Accounts\": [\"111111111111\"], \
                     \"Regions\": [\"eu-west-1\"]}], or file://FILE";

/// Parses the words of `--target-locations`, in the forms of the AWS CLI.
pub fn parse_target_locations(words: &[String], file: ReadTargetFile<'_>) -> Result<Vec<Value>, InvalidTargets> {
    match words {
        [word] => match word.strip_prefix("file://") {
            Some(path) => {
                let content = file(path)?;
                locations_of_text(content.trim(), file)
            }
            None => locations_of_text(word.trim(), file),
        },
        words => words.iter().map(|word| location_of_word(word.trim(), file)).collect(),
    }
}

/// The locations at a presigned URL. Nothing of the URL is stored: it has a signature.
pub async fn download_target_locations(url: &str) -> Result<Vec<Value>, AutomationError> {
    let address = || url.split(['?', '#']).next().unwrap_or_default().to_owned();
    let text = download_text(url, TARGET_LOCATIONS_BYTES).await;
    let text = text.map_err(|source| LocationsError::Download { address: address(), source })?;
    let read = read_target_locations(text.trim());
    Ok(read.map_err(|source| LocationsError::Document { address: address(), source })?)
}

/// The locations of a JSON document.
fn read_target_locations(text: &str) -> Result<Vec<Value>, InvalidTargets> {
    let error = |what: &str| InvalidTargets { what: one_line(what).into_owned(), help: Some(FORMS.to_owned()) };
    match serde_json::from_str(text) {
        Ok(Value::Array(locations)) => Ok(locations),
        Ok(location @ Value::Object(_)) => Ok(vec![location]),
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            Err(error("this must be a list of maps"))
        }
        Err(why) => Err(error(&format!("this is not valid JSON: {why}"))),
    }
}

fn locations_of_text(text: &str, file: ReadTargetFile<'_>) -> Result<Vec<Value>, InvalidTargets> {
    if text.starts_with(['[', '{']) {
        return read_target_locations(text)
            .map_err(|error| InvalidTargets { help: error.help, ..invalid(&error.what) });
    }
    Ok(vec![location_of_word(text, file)?])
}

fn location_of_word(word: &str, file: ReadTargetFile<'_>) -> Result<Value, InvalidTargets> {
    if word.starts_with('{') {
        return serde_json::from_str(word)
            .map_err(|why| invalid(&format!("a target location is not valid JSON: {why}")).help(FORMS));
    }
    let mut members = map_of_text("--target-locations", word, file)?;
    for name in LISTS {
        // As in the AWS CLI, a text in place of a list is a list of it.
        if let Some(value @ Value::String(_)) = members.get_mut(name) {
            *value = json!([value.take()]);
        }
    }
    Ok(Value::Object(members))
}

fn invalid(what: &str) -> InvalidTargets {
    InvalidTargets { what: format!("--target-locations: {}", one_line(what)), help: None }
}

/// The locations of a run of `runbook`, with the targets within each account and Region. Refuses what cannot run there.
pub fn resolve_locations(
    list: Vec<Value>,
    targets: Option<LaunchTargets>,
    runbook: &Runbook,
    secrets: &Secrets,
) -> Result<LaunchLocations, LocationsError> {
    let locations = LaunchLocations { list, targets };
    let mut inputs = location_constants(&locations);
    inputs.insert("DocumentName".to_owned(), json!("runbook"));
    let request = ChildRequest::from_resolved(|name| inputs.get(name))?;
    if request.locations.is_none() {
        return Err(RequestProblem::NoTargets("TargetLocations").into());
    }
    let is_sensitive = |targets: &LaunchTargets| {
        targets.hidden || targets.parameter.as_ref().is_some_and(|parameter| secrets.hides(parameter.as_str()))
    };
    if locations.targets.as_ref().is_some_and(is_sensitive) {
        return Err(LocationsError::SensitiveTargets);
    }
    match approval_step(runbook) {
        Some(step) => Err(LocationsError::Approval { step: step.to_owned() }),
        None => Ok(locations),
    }
}

/// Whether a location of a run has an alarm, which nothing watches.
pub fn have_alarms(locations: &LaunchLocations) -> bool {
    let alarms = |location: &Value| location["TargetLocationAlarmConfiguration"]["Alarms"].as_array().map(Vec::len);
    locations.list.iter().any(|location| alarms(location).is_some_and(|count| count > 0))
}

/// The runbook of a run of `runbook`, whose name is `name`, in locations. `supplied` are the parameters for all of them.
pub(super) fn runbook_over_locations(
    runbook: &Runbook,
    name: &str,
    locations: &LaunchLocations,
    supplied: Vec<&str>,
) -> Runbook {
    let constants = location_constants(locations);
    let document = child_document(name);
    runbook.over_targets(TargetStep {
        name: TARGETS_STEP,
        document: &document,
        supplied,
        constants,
        assumes_role: true,
    })
}

fn location_constants(locations: &LaunchLocations) -> IndexMap<String, Value> {
    let mut constants = locations.targets.as_ref().map(target_constants).unwrap_or_default();
    constants.insert("TargetLocations".to_owned(), Value::from(locations.list.clone()));
    constants
}

/// The runbook whose steps an execution has: the recorded one, or the one that is made of it for targets or locations.
/// `targets` are the targets as they are known now.
pub(super) fn executed_runbook<'a>(
    recorded: &'a Runbook,
    started: &ExecutionStarted,
    targets: Option<&LaunchTargets>,
) -> Cow<'a, Runbook> {
    match (targets, &started.launch.locations) {
        (Some(targets), _) => Cow::Owned(runbook_of_started(recorded, started, targets)),
        (None, Some(locations)) => {
            // The parameters of the role may have their defaults.
            let supplied = started.launch.given.iter().map(ParameterName::as_str).collect();
            Cow::Owned(runbook_over_locations(recorded, &started.document.name, locations, supplied))
        }
        (None, None) => Cow::Borrowed(recorded),
    }
}
