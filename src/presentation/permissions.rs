//! The permissions that an execution needs as text for people.

use std::collections::BTreeSet;

use crate::automation::{ActionUse, PermissionCheck, Principal, RequiredAction, RequiredPermissions};
use crate::aws::{PermissionBasis, PermissionNeed};
use crate::report::{Palette, one_line};

/// Renders the permissions.
pub(super) fn render_permissions(permissions: &RequiredPermissions, palette: Palette) -> String {
    let mut text = format!("\n{}\n", palette.strong("IAM permissions"));
    let widest = permissions.actions.iter().map(|required| required.action.len()).max().unwrap_or_default();
    let all_uses = || permissions.actions.iter().flat_map(|required| &required.uses);
    let has_role = all_uses().any(|used| used.principal != Principal::Caller);
    for required in &permissions.actions {
        text.push_str(&render_action(required, widest, has_role, palette));
    }
    if permissions.actions.is_empty() {
        text.push_str("  no step is known to need any\n");
    }
    text.push_str(&format!("  {}\n", palette.faint(&format!("source: {}", one_line(&permissions.source)))));
    if !permissions.not_covered.is_empty() {
        text.push_str(&format!("\n{}\n", palette.strong("Steps whose permissions are not listed")));
        for uncovered in &permissions.not_covered {
            let step = step_of(uncovered.runbook.as_deref(), &uncovered.step);
            text.push_str(&format!("  {}  {}\n", palette.strong(&step), one_line(&uncovered.reason)));
        }
    }
    text
}

fn render_action(required: &RequiredAction, widest: usize, has_role: bool, palette: Palette) -> String {
    let mut facts = match required.need {
        PermissionNeed::EveryRequest => "always".to_owned(),
        PermissionNeed::SomeRequests => "depending on the request".to_owned(),
    };
    if required.basis == PermissionBasis::NamingRule {
        facts.push_str(", by the naming rule; not in the table");
    }
    if has_role {
        facts.push_str(&format!(", by {}", principals(&required.uses)));
    }
    let resources: BTreeSet<&str> = required.uses.iter().filter_map(|used| used.resource.as_deref()).collect();
    if !resources.is_empty() {
        let resources: Vec<_> = resources.iter().map(|resource| one_line(resource)).collect();
        facts.push_str(&format!(", on {}", resources.join(", ")));
    }
    let users = palette.faint(&format!("({})", users(&required.uses)));
    let mut text = format!("  {:<widest$}  {facts}  {users}\n", required.action);
    for used in &required.uses {
        let (verdict, reason) = match &used.check {
            Some(PermissionCheck::Refused { reason }) => (palette.error("refused"), reason),
            Some(PermissionCheck::NotAsked { reason }) => (palette.warn("not asked"), reason),
            Some(PermissionCheck::Allowed) | None => continue,
        };
        text.push_str(&format!("     {}: {verdict}: {}\n", user(used), one_line(reason)));
    }
    text
}

fn principals(uses: &[ActionUse]) -> String {
    let principals: BTreeSet<Principal> = uses.iter().map(|used| used.principal).collect();
    let named = principals.iter().map(|principal| match principal {
        Principal::Caller => "the caller",
        Principal::Role => "the role",
        Principal::ExecutionRole => "the execution roles",
    });
    named.collect::<Vec<_>>().join(" and ")
}

/// `the start, step one, step two of restart`
fn users(uses: &[ActionUse]) -> String {
    let mut users: Vec<String> = Vec::new();
    for used in uses {
        let user = user(used);
        if !users.contains(&user) {
            users.push(user);
        }
    }
    users.join(", ")
}

fn user(used: &ActionUse) -> String {
    match (&used.step, used.runbook.as_deref()) {
        (Some(step), runbook) => step_of(runbook, step),
        (None, Some(runbook)) => format!("the start of {}", one_line(runbook)),
        (None, None) => "the start".to_owned(),
    }
}

/// `step one`, `step one of restart`
fn step_of(runbook: Option<&str>, step: &str) -> String {
    match runbook {
        Some(runbook) => format!("step {step} of {}", one_line(runbook)),
        None => format!("step {step}"),
    }
}
