//! A plan as text for people.

use std::time::Duration;

use super::permissions::render_permissions;
use super::preflight::render_preflight;
use crate::automation::{
    LocalFunctionState, ParameterOrigin, Plan, PlannedFunction, PlannedLocations, PlannedLookup, PlannedStep,
    PlannedTargets, Repeats,
};
use crate::report::{HumanDuration, Palette, one_line};

/// Renders a plan.
pub fn render_plan(plan: &Plan, palette: Palette) -> String {
    let mut text = format!("{}\n", palette.strong(&one_line(&plan.document_name)));
    if let Some(line) = plan.description.as_deref().and_then(first_line) {
        text.push_str(&format!("{}\n", one_line(line)));
    }
    if !plan.parameters.is_empty() {
        text.push_str(&format!("\n{}\n", palette.strong("Parameters")));
        let widest = plan.parameters.keys().map(String::len).max().unwrap_or_default();
        for (name, parameter) in &plan.parameters {
            let value = match &parameter.value {
                Some(value) => one_line(&value.to_string()).into_owned(),
                None => palette.warn("required, not set"),
            };
            let origin = match parameter.origin {
                ParameterOrigin::Default if parameter.unread => {
                    palette.faint("  (default, read from Parameter Store at the start)")
                }
                ParameterOrigin::Default => palette.faint("  (default)"),
                ParameterOrigin::Supplied | ParameterOrigin::Missing => String::new(),
            };
            text.push_str(&format!("  {name:<widest$}  {value}{origin}\n"));
        }
    }
    if let Some(targets) = &plan.targets {
        text.push_str(&render_planned_targets(targets, palette));
    }
    text.push_str(&format!("\n{}\n", palette.strong("Steps")));
    for (index, step) in plan.steps.iter().enumerate() {
        text.push_str(&render_step(index + 1, step, palette));
    }
    text.push_str(&format!("\n{}\n", palette.strong("Worst case")));
    let path = plan.worst_case.path.join(" > ");
    match plan.worst_case.seconds {
        Some(seconds) => text.push_str(&format!("  {} through {path}\n", human(seconds))),
        None => text.push_str(&format!("  unlimited, through {path}\n")),
    }
    if !plan.outputs.is_empty() {
        text.push_str(&format!("\n{}\n", palette.strong("Outputs")));
        for output in &plan.outputs {
            text.push_str(&format!("  {output}\n"));
        }
    }
    if let Some(permissions) = &plan.permissions {
        text.push_str(&render_permissions(permissions, palette));
    }
    if let Some(preflight) = &plan.preflight {
        text.push_str(&render_preflight(preflight, palette));
    }
    text
}

/// The first line of a Markdown text that is not blank, without its heading marks.
fn first_line(markdown: &str) -> Option<&str> {
    markdown.lines().map(|line| line.trim_start_matches('#').trim()).find(|line| !line.is_empty())
}

fn human(seconds: f64) -> HumanDuration {
    HumanDuration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Account–Region pairs that a step names.
const LOCATIONS_SHOWN: usize = 20;

const THE_END: &str = "the execution ends";

fn render_step(number: usize, step: &PlannedStep, palette: Palette) -> String {
    let indent = if step.inside.is_some() { "    " } else { "" };
    let mut text = format!("{indent}{number:>3}. {}  {}", palette.strong(&step.name), step.action);
    if let Some(function) = &step.function {
        text.push_str(&format!(" {}", palette.live(&function_name(function))));
    }
    if let Some(document) = &step.document_name {
        text.push_str(&format!(" {}", palette.live(&one_line(document))));
    }
    text.push('\n');
    let mut line = |words: String| text.push_str(&format!("{indent}     {words}\n"));
    if !step.reachable {
        line(palette.warn("no path reaches this step"));
    }
    if !step.supported {
        line(palette.error(&format!("{} is not supported yet, so the runbook cannot run", step.action)));
    }
    match step.function.as_ref().and_then(|function| function.local.as_ref()) {
        Some(LocalFunctionState::NotFound) => line(palette.error("the template has no such function")),
        Some(LocalFunctionState::Unavailable(reason)) => line(palette.error(&one_line(reason))),
        Some(LocalFunctionState::Unknown) => line(palette.warn("the function is known only when the step runs")),
        Some(LocalFunctionState::Found) | None => {}
    }
    if let Some(lookup) = &step.target_lookup {
        line(format!("targets: looked up by {}", render_lookup(lookup)));
    }
    if let Some(Repeats { how, at_most }) = &step.repeats {
        let iterations = if *at_most == 1 { "1 iteration".to_owned() } else { format!("{at_most} iterations") };
        let all = step.worst_case_seconds.map(human);
        let all = all.map_or_else(|| " without a timeout".to_owned(), |all| format!(", {all} in total"));
        line(format!("{}: at most {iterations}{all}", one_line(how)));
    }
    if let Some(PlannedLocations { pairs, lookups, roles: _ }) = &step.locations {
        let shown = pairs.iter().take(LOCATIONS_SHOWN).map(|pair| one_line(pair).into_owned());
        let mut places: Vec<String> = shown.collect();
        if pairs.len() > LOCATIONS_SHOWN {
            places.push(format!("and {} more", pairs.len() - LOCATIONS_SHOWN));
        }
        if !places.is_empty() {
            line(format!("in {}", places.join(", ")));
        }
        if !lookups.is_empty() {
            let units: Vec<_> = lookups.iter().map(|unit| one_line(unit)).collect();
            line(format!("in the accounts of {}, which Organizations lists when the step runs", units.join(", ")));
        }
    }
    let attempts =
        if step.max_attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", step.max_attempts) };
    match (step.timeout_seconds, step.worst_case_seconds) {
        _ if step.repeats.is_some() => {}
        (Some(timeout), Some(worst)) if step.max_attempts > 1 => {
            line(format!(
                "{attempts} of at most {}, {} in total",
                HumanDuration(Duration::from_secs(timeout)),
                human(worst)
            ));
        }
        (Some(timeout), _) => line(format!("{attempts} of at most {}", HumanDuration(Duration::from_secs(timeout)))),
        (None, _) => line(format!("{attempts} without a timeout")),
    }
    let end = if step.inside.is_some() { "the iteration ends" } else { THE_END };
    let next = if step.next.success.is_empty() { end.to_owned() } else { step.next.success.join(" or ") };
    line(format!("then: {next}{}", if step.is_end { " (isEnd)" } else { "" }));
    let critical = if step.is_critical { "critical" } else { "not critical" };
    line(format!(
        "on failure: {} (onFailure: {}, {critical})",
        step.next.failure.as_deref().unwrap_or(match step.next.on_failure.as_str() {
            "Abort" if step.inside.is_some() => "the loop fails",
            _ => end,
        }),
        step.next.on_failure
    ));
    if let Some(cancel) = &step.next.cancel {
        line(format!("when cancelled: {cancel} (onCancel)"));
    }
    text
}

/// The targets of the run.
fn render_planned_targets(targets: &PlannedTargets, palette: Palette) -> String {
    let mut text = format!("\n{}\n", palette.strong("Targets"));
    if let Some(lookup) = &targets.lookup {
        text.push_str(&format!("  looked up by {}\n", render_lookup(lookup)));
    }
    match &targets.problem {
        Some(problem) => {
            text.push_str(&format!("  {}\n", palette.error(&format!("cannot be looked up: {}", one_line(problem)))));
        }
        None if targets.targets.is_empty() => {
            text.push_str(&format!("  {}\n", palette.warn("no resources match: the run would fail")));
        }
        None => {}
    }
    for name in &targets.targets {
        text.push_str(&format!("  {}\n", one_line(name)));
    }
    text
}

/// `tag:Stage = prod (AWS::EC2::Instance; resourcegroupstaggingapi GetResources)`
fn render_lookup(lookup: &PlannedLookup) -> String {
    let PlannedLookup { key, values, resource_type, service, operation } = lookup;
    let kind = resource_type.as_deref().map(|kind| format!("{kind}; ")).unwrap_or_default();
    one_line(&format!("{key} = {} ({kind}{service} {operation})", values.join(", "))).into_owned()
}

fn function_name(function: &PlannedFunction) -> String {
    let name = one_line(&function.name);
    match &function.qualifier {
        Some(qualifier) => format!("{name}:{}", one_line(qualifier)),
        None => name.into_owned(),
    }
}
