//! A preflight check as text for people.

use crate::automation::{FunctionCheck, FunctionVerdict, Preflight};
use crate::report::{Palette, one_line};

/// Renders a preflight check; nothing where no step invokes a function.
pub(super) fn render_preflight(check: &Preflight, palette: Palette) -> String {
    if check.functions.is_empty() {
        return String::new();
    }
    let place = check.region.as_deref().map_or_else(String::new, |region| format!(" in {region}"));
    let mut text = format!("\n{}\n", palette.strong(&format!("Functions{place}")));
    for checked in &check.functions {
        text.push_str(&render_function(checked, palette));
    }
    if !check.missing_permissions.is_empty() {
        text.push_str(&format!("\n{}\n", palette.strong("Permissions to add to your policy")));
        for permission in &check.missing_permissions {
            text.push_str(&format!("  {} on {}\n", permission.action, one_line(&permission.resource)));
        }
    }
    text
}

fn render_function(checked: &FunctionCheck, palette: Palette) -> String {
    let name = match &checked.qualifier {
        Some(qualifier) => format!("{}:{qualifier}", checked.function),
        None => checked.function.clone(),
    };
    let verdict = match checked.verdict {
        FunctionVerdict::Ready => palette.live("can be invoked"),
        FunctionVerdict::DoesNotExist => palette.error("does not exist"),
        FunctionVerdict::NotAllowed => palette.error("you may not invoke it"),
        FunctionVerdict::Unavailable => palette.error("cannot run"),
        FunctionVerdict::NotChecked => palette.error("could not be checked"),
        FunctionVerdict::NotKnownYet => palette.warn("is not known yet"),
    };
    let steps = if checked.steps.len() == 1 { "step" } else { "steps" };
    let steps = format!("({steps} {})", checked.steps.join(", "));
    let mut text = format!("  {} {verdict}  {}\n", palette.strong(&one_line(&name)), palette.faint(&steps));
    if let Some(problem) = &checked.problem {
        text.push_str(&format!("     {}\n", one_line(problem)));
    }
    for warning in &checked.warnings {
        text.push_str(&format!("     {} {}\n", palette.warn("warning:"), one_line(warning)));
    }
    text
}
