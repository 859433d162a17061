//! Finds the IAM permissions that a runbook and the runbooks of its child executions need. Nothing is asked.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::known_values::resolve_known;
use super::locations::plan_locations;
use super::permissions::{ActionList, ActionUse, INVOKE_FUNCTION, Principal, RequiredPermissions, UncoveredStep};
use super::targets::known_selector;
use crate::automation::children::check::{canonical_path, load_found};
use crate::automation::children::{FindDocument, Library};
use crate::aws::{ModelError, Models, Permission, PermissionBasis, PermissionNeed, Permissions, find_operation};
use crate::expression::{Lookup, Reference, Scope, ValueTemplate};
use crate::runbook::binding::{StoredValues, Supplied};
use crate::runbook::inputs::CalledOperation;
use crate::runbook::inputs::execute_automation::{TargetSelector, document_name};
use crate::runbook::{Action, Inputs, Runbook, Step};

/// What is known before the start of an execution, beside its runbook.
pub(super) struct SearchContext<'a> {
    /// The models of the APIs that steps call.
    pub(super) models: &'a Models,
    /// Where the runbooks of child executions are.
    pub(super) library: &'a Library,
    /// The file of the runbook, where it has one.
    pub(super) file: Option<&'a Path>,
    /// The values of Parameter Store that are given, and not read.
    pub(super) stored: &'a StoredValues,
    /// The role that is assumed instead of that of the runbooks; empty for the caller's own credentials.
    pub(super) assume_role: Option<&'a str>,
    /// Functions run on this machine, where no policy applies to them and no role is assumed.
    pub(super) has_local_functions: bool,
    /// How the targets of the run are looked up, where they are.
    pub(super) target_selector: Option<&'a TargetSelector>,
}

/// Finds the permissions. `scope` has the parameters that are known; the others are supplied later or have a default
/// that is.
pub(super) fn find_permissions(
    context: &SearchContext<'_>,
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    scope: &dyn Scope,
) -> Result<RequiredPermissions, ModelError> {
    let table = Permissions::embedded()?;
    let mut search = Search {
        context,
        table: &table,
        actions: ActionList::default(),
        not_covered: Vec::new(),
        seen: context.file.map(canonical_path).into_iter().collect(),
        children: VecDeque::new(),
    };
    let planned =
        Visited { name: None, file: context.file, runbook, supplied: Some(supplied), is_in_location: false, scope };
    search.visit(&planned);
    search.visit_run_targets(&planned);
    while let Some(Child { name, file, runbook, is_in_location }) = search.children.pop_front() {
        let (name, file) = (Some(name.as_str()), Some(file.as_path()));
        search.visit(&Visited { name, file, runbook: &runbook, supplied: None, is_in_location, scope: &NothingKnown });
    }
    let Search { actions, not_covered, .. } = search;
    Ok(RequiredPermissions { source: table.source().to_owned(), actions: actions.into_actions(), not_covered })
}

/// A runbook whose steps are searched.
struct Visited<'a> {
    /// The name by which a step runs it; none for the planned one.
    name: Option<&'a str>,
    file: Option<&'a Path>,
    runbook: &'a Runbook,
    /// The supplied parameters; none when they are not known.
    supplied: Option<&'a IndexMap<String, Supplied>>,
    /// Whether it runs with the execution roles of other accounts.
    is_in_location: bool,
    scope: &'a dyn Scope,
}

/// A runbook that a step runs.
struct Child {
    name: String,
    file: PathBuf,
    runbook: Runbook,
    is_in_location: bool,
}

/// The parameters of a child execution.
struct NothingKnown;

impl Scope for NothingKnown {
    fn lookup(&self, _: &Reference) -> Lookup<'_> {
        Lookup::Unset("it is known only when the step runs".to_owned())
    }
}

struct Search<'a> {
    context: &'a SearchContext<'a>,
    table: &'a Permissions,
    actions: ActionList,
    not_covered: Vec<UncoveredStep>,
    /// The files of the runbooks found so far: each is searched once, however many steps run it.
    seen: HashSet<PathBuf>,
    children: VecDeque<Child>,
}

impl Search<'_> {
    fn visit(&mut self, visited: &Visited<'_>) {
        let starter = if visited.is_in_location { Principal::ExecutionRole } else { Principal::Caller };
        let principal = self.visit_role(visited, starter);
        self.visit_parameters(visited, principal);
        for step in visited.runbook.all_steps() {
            let mut user = StepUser { visited, step, principal, search: self };
            if let Err(reason) = user.visit() {
                let uncovered =
                    UncoveredStep { runbook: visited.name.map(str::to_owned), step: step.name.to_string(), reason };
                self.not_covered.push(uncovered);
            }
        }
    }

    /// The principal of the steps of the runbook that is planned.
    fn principal(&self, visited: &Visited<'_>) -> Principal {
        if self.role(visited).is_some() { Principal::Role } else { Principal::Caller }
    }

    /// The role that the execution assumes, as far as it is known.
    fn role(&self, visited: &Visited<'_>) -> Option<String> {
        let role = match (self.context.assume_role, visited.runbook.assume_role()) {
            (Some(chosen), _) => chosen.trim().to_owned(),
            (None, Some(written)) => resolve_known(written, visited.scope),
            (None, None) => String::new(),
        };
        (!role.is_empty() && !self.context.has_local_functions).then_some(role)
    }

    /// Adds what assuming the role needs.
    fn visit_role(&mut self, visited: &Visited<'_>, starter: Principal) -> Principal {
        let Some(role) = self.role(visited) else { return starter };
        // An unknown role may turn out to be empty: the caller's own credentials.
        let need = if is_known(&role) { PermissionNeed::EveryRequest } else { PermissionNeed::SomeRequests };
        self.add_of_start(visited, "sts:AssumeRole", need, starter, role);
        Principal::Role
    }

    /// The values of Parameter Store, which are read when the execution starts, as the principal of its steps.
    fn visit_parameters(&mut self, visited: &Visited<'_>, principal: Principal) {
        for (name, parameter) in visited.runbook.parameters() {
            let need = match visited.supplied {
                Some(supplied) if supplied.contains_key(name.as_str()) => continue,
                Some(_) => PermissionNeed::EveryRequest,
                None => PermissionNeed::SomeRequests,
            };
            for reference in parameter.default.iter().flat_map(ValueTemplate::references) {
                if let Reference::Ssm(stored) = reference
                    && !self.context.stored.contains_key(stored)
                {
                    self.add_of_start(visited, "ssm:GetParameter", need, principal, stored.clone());
                }
            }
        }
    }

    /// The lookup of the targets of the run, as the principal of its steps.
    fn visit_run_targets(&mut self, visited: &Visited<'_>) {
        let Some(selector) = self.context.target_selector else { return };
        let principal = self.principal(visited);
        for permission in self.lookup_permissions(selector) {
            let resource = format!("targets by {}", selector.key());
            self.add_of_start(visited, &permission.action, permission.need, principal, resource);
        }
    }

    /// The permissions that a lookup of targets needs.
    fn lookup_permissions(&self, selector: &TargetSelector) -> Vec<Permission> {
        let (service, operation) = selector.operation();
        let Ok((service, model)) = self.context.models.service(service) else { return Vec::new() };
        find_operation(service, &model, operation).map_or_else(|_| Vec::new(), |found| self.table.of(&found))
    }

    fn add_of_start(
        &mut self,
        visited: &Visited<'_>,
        action: &str,
        need: PermissionNeed,
        principal: Principal,
        resource: String,
    ) {
        let used = ActionUse {
            runbook: visited.name.map(str::to_owned),
            step: None,
            need,
            principal,
            resource: Some(resource),
            check: None,
        };
        self.actions.add(action, PermissionBasis::Table, used);
    }
}

/// A step that needs permissions.
struct StepUser<'s, 'v, 'a> {
    visited: &'v Visited<'v>,
    step: &'v Step,
    principal: Principal,
    search: &'s mut Search<'a>,
}

impl StepUser<'_, '_, '_> {
    /// Adds what the step needs, or says why that is not known.
    fn visit(&mut self) -> Result<(), String> {
        let action = self.step.inputs.action();
        match &self.step.inputs {
            Inputs::Approve(_) => {
                self.visit_approval();
                Ok(())
            }
            Inputs::Branch(_) | Inputs::Loop(_) | Inputs::Pause(_) | Inputs::Sleep(_) | Inputs::UpdateVariable(_) => {
                Ok(())
            }
            Inputs::Call { .. } if action == Action::INVOKE_LAMBDA_FUNCTION => {
                self.visit_invocation();
                Ok(())
            }
            Inputs::Call { .. } if action == Action::EXECUTE_AUTOMATION => self.visit_child(),
            Inputs::Call { .. } if action.spec().further_inputs => self.visit_api_call(),
            Inputs::Call { .. } if !action.spec().calls.is_empty() => self.visit_calls(action.spec().calls),
            Inputs::Call { .. } => Err(format!("the permissions that {action} needs are not known")),
        }
    }

    fn input(&self, name: &str) -> Option<String> {
        let template = self.step.inputs.trees().get(name)?;
        Some(resolve_known(template, self.visited.scope)).filter(|text| !text.is_empty())
    }

    /// An input that has to be known.
    fn known_input(&self, name: &str) -> Result<String, String> {
        let text = self.input(name).ok_or_else(|| format!("`{name}` is empty"))?;
        if is_known(&text) { Ok(text) } else { Err(format!("`{name}` is known only when the step runs")) }
    }

    fn add(
        &mut self,
        action: &str,
        (need, basis): (PermissionNeed, PermissionBasis),
        principal: Principal,
        resource: Option<String>,
    ) {
        let runbook = self.visited.name.map(str::to_owned);
        let step = Some(self.step.name.to_string());
        self.search.actions.add(action, basis, ActionUse { runbook, step, need, principal, resource, check: None });
    }

    fn visit_invocation(&mut self) {
        if self.search.context.has_local_functions {
            return;
        }
        let qualifier = self.input("Qualifier");
        let function = self.input("FunctionName").map(|name| match qualifier {
            Some(qualifier) => format!("{name}:{qualifier}"),
            None => name,
        });
        let need = (PermissionNeed::EveryRequest, PermissionBasis::Table);
        self.add(INVOKE_FUNCTION, need, self.principal, function);
    }

    /// The user who starts an execution notifies the approvers.
    fn visit_approval(&mut self) {
        let Some(topic) = self.input("NotificationArn") else { return };
        // An unknown topic may turn out to be empty: nobody is notified.
        let need = if is_known(&topic) { PermissionNeed::EveryRequest } else { PermissionNeed::SomeRequests };
        self.add("sns:Publish", (need, PermissionBasis::Table), Principal::Caller, Some(topic));
    }

    fn visit_api_call(&mut self) -> Result<(), String> {
        let (service, api) = (self.known_input("Service")?, self.known_input("Api")?);
        let (service, model) = self.search.context.models.service(&service).map_err(|unknown| unknown.to_string())?;
        let operation = find_operation(service, &model, &api).map_err(|unknown| unknown.to_string())?;
        for permission in self.search.table.of(&operation) {
            self.add(&permission.action, (permission.need, permission.basis), self.principal, None);
        }
        Ok(())
    }

    /// The operations that the action calls by itself.
    fn visit_calls(&mut self, calls: &[CalledOperation]) -> Result<(), String> {
        for call in calls {
            let Some(called) = self.is_called(call) else { continue };
            let models = self.search.context.models;
            let (service, model) = models.service(call.service).map_err(|unknown| unknown.to_string())?;
            let operation = find_operation(service, &model, call.operation).map_err(|unknown| unknown.to_string())?;
            for permission in self.search.table.of(&operation) {
                // `EveryRequest` is the first.
                self.add(&permission.action, (permission.need.max(called), permission.basis), self.principal, None);
            }
        }
        Ok(())
    }

    /// Whether the step calls an operation: an input that is known only when it runs may decide that.
    fn is_called(&self, call: &CalledOperation) -> Option<PermissionNeed> {
        let mut need = if call.is_occasional { PermissionNeed::SomeRequests } else { PermissionNeed::EveryRequest };
        for condition in call.when {
            let text = self.input(condition.input).unwrap_or_default();
            if !is_known(&text) {
                need = PermissionNeed::SomeRequests;
            } else if !condition.contain(&text) {
                return None;
            }
        }
        Some(need)
    }

    /// The roles of other accounts, and the lists of their organizational units. Returns whether there are any.
    fn visit_locations(&mut self) -> bool {
        let Some(locations) = plan_locations(self.step, self.visited.scope) else { return false };
        if self.search.context.has_local_functions {
            return true;
        }
        let need = (PermissionNeed::EveryRequest, PermissionBasis::Table);
        for role in locations.roles {
            self.add("sts:AssumeRole", need, self.principal, Some(role));
        }
        for unit in locations.lookups {
            self.add("organizations:ListAccountsForParent", need, self.principal, Some(unit.clone()));
            let need = (PermissionNeed::SomeRequests, PermissionBasis::Table);
            self.add("organizations:ListOrganizationalUnitsForParent", need, self.principal, Some(unit));
        }
        true
    }

    /// The runbook is searched after this one.
    fn visit_child(&mut self) -> Result<(), String> {
        if let Some(selector) = known_selector(self.step, self.visited.scope) {
            for permission in self.search.lookup_permissions(&selector) {
                self.add(&permission.action, (permission.need, permission.basis), self.principal, None);
            }
        }
        let is_in_location = self.visited.is_in_location || self.visit_locations();
        let document = self.known_input("DocumentName")?;
        let name = document_name(&document).ok_or_else(|| format!("{document} is not the name of a runbook"))?;
        let found = self.search.context.library.find(name, self.visited.file).map_err(|missing| missing.to_string())?;
        if self.search.seen.insert(canonical_path(&found.file)) {
            let (runbook, _) =
                load_found(&found).map_err(|problem| format!("runbook {name} is not valid: {problem}"))?;
            self.search.children.push_back(Child { name: name.to_owned(), file: found.file, runbook, is_in_location });
        }
        Ok(())
    }
}

/// Whether all references in a text have been replaced.
fn is_known(text: &str) -> bool {
    !text.contains("{{")
}
