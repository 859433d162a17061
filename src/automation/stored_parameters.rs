//! Binds the parameters of an execution that starts, with values of Parameter Store (spec of actions, 14).
//!
//! The values are read once, after everything else about the parameters is known to be right, with the role that the
//! execution acts as.

use indexmap::IndexMap;
use serde_json::Value;

use super::assume_role::resolve_role;
use super::error::AutomationError;
use super::parameter_store::{ParameterStore, StoredKind};
use super::parameters::{StartContext, bind_declared, bind_parameters, parameter_problems};
use crate::aws::RoleArn;
use crate::expression::Reference;
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runbook::binding::{BindingProblem, ParameterStoreError, StoredValues, Supplied, unread, without_unread};

/// The parameters of an execution that starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct ParameterBinding<'a> {
    /// Its runbook.
    pub(super) runbook: &'a Runbook,
    /// The supplied values.
    pub(super) supplied: &'a IndexMap<String, Supplied>,
    /// The values of references before the start.
    pub(super) context: &'a StartContext<'a>,
    /// The values of Parameter Store that were given, which are not read.
    pub(super) given: &'a StoredValues,
    /// The secrets to redact.
    pub(super) secrets: &'a Secrets,
}

/// How far parameters can be bound without reading Parameter Store.
#[derive(Debug)]
pub(super) enum Bound<'a> {
    /// All of them.
    Whole(IndexMap<ParameterName, Value>),
    /// Others need values of Parameter Store.
    Partly(UnreadParameters<'a>),
}

/// Parameters that need values of Parameter Store.
#[derive(Debug)]
pub(super) struct UnreadParameters<'a> {
    binding: ParameterBinding<'a>,
    /// The names in Parameter Store, each with the parameters that need its value.
    unread: IndexMap<&'a str, Vec<&'a ParameterName>>,
    /// The values of the parameters that need none.
    pub(super) known: IndexMap<ParameterName, Value>,
}

impl<'a> ParameterBinding<'a> {
    /// Binds the parameters, or those that need nothing of Parameter Store. Reports all problems at once.
    pub(super) fn bind(self) -> Result<Bound<'a>, AutomationError> {
        let Self { runbook, supplied, context, given, secrets } = self;
        let unread = unread(runbook.parameters(), supplied, given);
        if unread.is_empty() {
            return bind_parameters(runbook, supplied, context, given, secrets).map(Bound::Whole);
        }
        let known = without_unread(runbook.parameters(), supplied, given);
        let known = bind_declared(&known, supplied, context, given, secrets)?;
        Ok(Bound::Partly(UnreadParameters { binding: self, unread, known }))
    }
}

impl UnreadParameters<'_> {
    /// The role to read with; `chosen` overrides that of the document.
    pub(super) fn role(&self, chosen: Option<&str>) -> Result<Option<RoleArn>, AutomationError> {
        let ParameterBinding { runbook, context, secrets, .. } = self.binding;
        let references = runbook.assume_role().filter(|_| chosen.is_none());
        let needed = references.iter().flat_map(|role| role.references()).filter_map(|reference| match reference {
            Reference::Parameter(name) => Some(name),
            Reference::StepOutput { .. }
            | Reference::Variable(_)
            | Reference::Global(_)
            | Reference::ExecutionId
            | Reference::Ssm(_)
            | Reference::UnknownSystem(_) => None,
        });
        let unread = needed.filter_map(|name| {
            let (stored, _) = self.unread.iter().find(|(_, users)| users.contains(&name))?;
            Some(unreadable(name, stored, ParameterStoreError::NeededForRole))
        });
        let problems: Vec<BindingProblem> = unread.collect();
        if !problems.is_empty() {
            return Err(parameter_problems(&problems, secrets));
        }
        resolve_role(chosen, runbook, &context.scope(&self.known))
    }

    /// Reads the values, each once, and binds all parameters.
    pub(super) async fn read(
        self,
        store: &dyn ParameterStore,
    ) -> Result<IndexMap<ParameterName, Value>, AutomationError> {
        let ParameterBinding { runbook, supplied, context, given, secrets } = self.binding;
        let mut values = given.clone();
        let mut problems = Vec::new();
        for (name, users) in &self.unread {
            let read = store.read(name).await.and_then(|found| match found.kind {
                StoredKind::String | StoredKind::StringList => Ok(found.value),
                StoredKind::SecureString => Err(ParameterStoreError::SecureString),
            });
            match read {
                Ok(value) => {
                    values.insert((*name).to_owned(), value);
                }
                Err(why) => problems.extend(users.iter().map(|user| unreadable(user, name, why.clone()))),
            }
        }
        if !problems.is_empty() {
            return Err(parameter_problems(&problems, secrets));
        }
        bind_parameters(runbook, supplied, context, &values, secrets)
    }
}

fn unreadable(name: &ParameterName, stored: &str, source: ParameterStoreError) -> BindingProblem {
    BindingProblem::Stored { name: name.clone(), stored: stored.to_owned(), source }
}

#[cfg(test)]
mod tests;
