//! The children of a step with locations: one for each account–Region pair (spec aws-actions 17).
//!
//! Organizational units are expanded once, before the first child starts. Their accounts are recorded, so that a process
//! that resumes the execution runs in the same ones.

use std::sync::Arc;

use super::child_run::ChildSpec;
use super::outputs::detached_or_aborted;
use super::parent_context::ParentContext;
use super::place::ChildPlace;
use super::supervisor::ChildSupervisor;
use super::targets::{Subject, TargetChild, TargetPlan};
use crate::actions::{ChildLink, ChildReport};
use crate::automation::AutomationError;
use crate::engine::rate_groups;
use crate::event::{ActionError, ErrorClass, Failure, FailureStage, FailureType, LocationsResolved, Target};
use crate::runbook::inputs::execute_automation::{ChildRequest, Locations, LocationsProblem};
use crate::runner::MailboxSender;

/// The accounts of each location. Looks them up where that is needed, and returns them once they are recorded.
pub(super) async fn resolve_accounts(
    family: &Arc<ChildSupervisor>,
    parent: &ParentContext,
    locations: &Locations,
    attempt: u32,
    control: &mut ChildLink,
    cancel: &MailboxSender,
) -> Result<Vec<Vec<String>>, ActionError> {
    if let Some(accounts) = locations.accounts() {
        return Ok(accounts);
    }
    if control.decided().locations.is_none() {
        let listed = tokio::select! {
            listed = family.host.list_accounts(parent, locations) => listed.map_err(|error| unlisted(&error))?,
            () = family.leaving() => return detached_or_aborted(family, cancel).await,
        };
        locations.pairs(&listed).map_err(|problem| invalid(&problem))?;
        control.report(ChildReport::LocationsResolved(LocationsResolved { attempt, accounts: listed }));
    }
    loop {
        if let Some(resolved) = control.decided().locations {
            return Ok(resolved.accounts.clone());
        }
        tokio::select! {
            () = control.changed() => {}
            () = family.leaving() => return detached_or_aborted(family, cancel).await,
        }
    }
}

/// The children of the pairs, and their rate control.
pub(super) fn plan_pairs(
    spec: &ChildSpec,
    request: &ChildRequest,
    locations: &Locations,
    accounts: &[Vec<String>],
) -> Result<TargetPlan, ActionError> {
    let pairs = locations.pairs(accounts).map_err(|problem| invalid(&problem))?;
    let groups = rate_groups(request, Some(accounts)).unwrap_or_default();
    let places = locations.list.iter().zip(pairs).flat_map(|(location, pairs)| {
        pairs.into_iter().map(|pair| ChildPlace {
            pair,
            role: location.role.clone(),
            targets: location.targets.clone(),
        })
    });
    let child = |(index, place): (u32, ChildPlace)| {
        let name = place.pair.to_string();
        let mut spec = spec.clone();
        spec.link.target = Some(Target { index, name: name.clone() });
        spec.place = Some(place);
        TargetChild::new(name, spec)
    };
    let errors = locations.list.iter().map(|location| location.errors).collect();
    Ok(TargetPlan { children: (0..).zip(places).map(child).collect(), groups, subject: Subject::Pairs { errors } })
}

fn invalid(problem: &LocationsProblem) -> ActionError {
    Failure::new(FailureStage::InputValidation, FailureType::Verification, format!("{problem}.")).into()
}

fn unlisted(error: &AutomationError) -> ActionError {
    let mut failure = Failure::new(FailureStage::PreVerification, FailureType::Action, String::new());
    let mut advice = "";
    if let AutomationError::Accounts(unlisted) = error {
        if unlisted.source.cause.class == ErrorClass::Permission {
            failure.failure_type = FailureType::Permission;
            advice = " Only the management account of an organization and its delegated administrators may list accounts: \
                      allow organizations:ListAccountsForParent and organizations:ListOrganizationalUnitsForParent there, \
                      or name the accounts by their ids.";
        }
        failure.cause = Some(unlisted.source.cause.clone());
    }
    failure.message = format!("The accounts of the locations are not known: {error}.{advice}");
    failure.into()
}
