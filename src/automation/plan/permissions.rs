//! The IAM permissions that an execution of a runbook needs, as far as they are known before the start.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::automation::preflight::{FunctionVerdict, Preflight};
use crate::aws::{PermissionBasis, PermissionNeed};
use crate::redaction::Secrets;

/// The action that `aws:invokeLambdaFunction` needs.
pub(super) const INVOKE_FUNCTION: &str = "lambda:InvokeFunction";

/// The IAM permissions that an execution needs. Its JSON form is stable: fields may be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequiredPermissions {
    /// Where the actions of the operations are from: the releases of the packages that the table is made of.
    pub source: String,
    /// Every action once, in alphabetical order.
    pub actions: Vec<RequiredAction>,
    /// The steps that may need permissions which are not among these, in the order of the runbook.
    pub not_covered: Vec<UncoveredStep>,
}

/// An IAM action that an execution needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequiredAction {
    /// The action: `ec2:RunInstances`.
    pub action: String,
    /// Whether every request of at least one of its users needs it.
    pub need: PermissionNeed,
    /// How it is known.
    pub basis: PermissionBasis,
    /// What needs it, in the order of the runbook.
    pub uses: Vec<ActionUse>,
}

/// A step, or the start of an execution, that needs an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionUse {
    /// The runbook of a child execution; none for the planned runbook itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// The step; none for the start of the execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Which of its requests need it.
    pub need: PermissionNeed,
    /// Whose policy has to allow it.
    pub principal: Principal,
    /// The resource, where the runbook names it: a name or an ARN, with references to what is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The result of asking AWS, where that was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<PermissionCheck>,
}

/// Whose policy has to allow an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Principal {
    /// The user who starts the execution.
    Caller,
    /// The role that the execution assumes.
    Role,
    /// The execution roles of the accounts that a step runs its runbook in.
    ExecutionRole,
}

/// What AWS said to a request that only checks whether it would be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "result")]
pub enum PermissionCheck {
    /// It would be allowed.
    Allowed,
    /// It would be refused.
    Refused {
        /// Why.
        reason: String,
    },
    /// There was no answer, or no request.
    NotAsked {
        /// Why.
        reason: String,
    },
}

/// A step that may need permissions which are not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UncoveredStep {
    /// The runbook of a child execution; none for the planned runbook itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// The step.
    pub step: String,
    /// Why they are not listed.
    pub reason: String,
}

impl RequiredPermissions {
    /// Adds what a preflight check found out.
    pub(super) fn note_preflight(&mut self, preflight: &Preflight) {
        let invocations = self.actions.iter_mut().filter(|required| required.action == INVOKE_FUNCTION);
        for used in invocations.flat_map(|required| &mut required.uses).filter(|used| used.runbook.is_none()) {
            let Some(step) = &used.step else { continue };
            let checked = preflight.functions.iter().find(|checked| checked.steps.contains(step));
            used.check = checked.map(|checked| check_of(checked.verdict));
        }
    }

    /// Adds what EC2 said to calls that change nothing: step and answer.
    pub(super) fn note_dry_runs(&mut self, answers: &[(String, PermissionCheck)]) {
        let every_use = self.actions.iter_mut().filter(|required| required.action.starts_with("ec2:"));
        let own_uses = every_use.flat_map(|required| &mut required.uses).filter(|used| used.runbook.is_none());
        for used in own_uses {
            let answer = answers.iter().find(|(step, _)| used.step.as_ref() == Some(step));
            used.check = answer.map(|(_, answer)| answer.clone());
        }
    }

    /// Redacts secret values.
    pub(super) fn redact(&mut self, secrets: &Secrets) {
        let redact = |text: &mut String| *text = secrets.text(text).into_owned();
        for used in self.actions.iter_mut().flat_map(|required| &mut required.uses) {
            used.resource.iter_mut().for_each(redact);
            match &mut used.check {
                Some(PermissionCheck::Refused { reason } | PermissionCheck::NotAsked { reason }) => redact(reason),
                Some(PermissionCheck::Allowed) | None => {}
            }
        }
        self.not_covered.iter_mut().for_each(|uncovered| redact(&mut uncovered.reason));
    }
}

fn check_of(verdict: FunctionVerdict) -> PermissionCheck {
    let not_asked = |reason: &str| PermissionCheck::NotAsked { reason: reason.to_owned() };
    match verdict {
        FunctionVerdict::Ready => PermissionCheck::Allowed,
        FunctionVerdict::NotAllowed => {
            PermissionCheck::Refused { reason: "you may not invoke the function".to_owned() }
        }
        FunctionVerdict::DoesNotExist => not_asked("the function does not exist"),
        FunctionVerdict::Unavailable => not_asked("the function cannot run"),
        FunctionVerdict::NotChecked => not_asked("the function could not be checked"),
        FunctionVerdict::NotKnownYet => not_asked("the function is known only when the step runs"),
    }
}

/// Actions as they are found, each once.
#[derive(Debug, Default)]
pub(super) struct ActionList {
    actions: BTreeMap<String, RequiredAction>,
}

impl ActionList {
    /// Adds a use of an action. A second use by the same step for the same resource only widens the need.
    pub(super) fn add(&mut self, action: &str, basis: PermissionBasis, used: ActionUse) {
        let required = self.actions.entry(action.to_owned()).or_insert_with(|| RequiredAction {
            action: action.to_owned(),
            need: used.need,
            basis,
            uses: Vec::new(),
        });
        // `EveryRequest` and `Table` are the first of their types.
        required.need = required.need.min(used.need);
        required.basis = required.basis.min(basis);
        let is_same = |other: &&mut ActionUse| {
            (&other.runbook, &other.step, &other.resource) == (&used.runbook, &used.step, &used.resource)
        };
        match required.uses.iter_mut().find(is_same) {
            Some(same) => same.need = same.need.min(used.need),
            None => required.uses.push(used),
        }
    }

    /// The actions in alphabetical order.
    pub(super) fn into_actions(self) -> Vec<RequiredAction> {
        self.actions.into_values().collect()
    }
}
