//! Checks the constants of `TargetLocations` (spec aws-actions 17).

use serde_json::Value;

use super::locations::{MEMBERS, TargetLocation};
use super::request::has_targets;
use crate::diagnostic::{Code, Diagnostic, suggestion};
use crate::document::NodeKind;
use crate::limits::TARGET_LOCATIONS;
use crate::runbook::inputs::ConstantInputs;

/// Reports locations with which the step can only fail, and members that have no effect.
pub(super) fn check_locations(inputs: &mut dyn ConstantInputs<'_>) {
    let Some(entry) = inputs.get("TargetLocations") else { return };
    let NodeKind::Sequence(items) = &entry.value.kind else { return };
    let template = inputs.template("TargetLocations");
    let parameter = inputs.get("TargetParameterName").map(|_| Value::from("parameter"));
    let input = |name: &str| parameter.as_ref().filter(|_| name == "TargetParameterName");
    let mut problems = Vec::new();
    if items.len() > TARGET_LOCATIONS {
        let what = format!("a step has at most {TARGET_LOCATIONS} locations, and this one has {}", items.len());
        problems.push(Diagnostic::new(Code::InvalidInput, entry.key.span, what));
    }
    for (position, item) in items.iter().enumerate() {
        let NodeKind::Mapping(members) = &item.kind else { continue };
        let unknown = members.iter().filter(|member| !MEMBERS.contains(&member.key.text.as_str()));
        let before = problems.len();
        for member in unknown {
            let what = format!("a location has no member `{}`", member.key.text);
            let problem = Diagnostic::new(Code::InvalidInput, member.key.span, what);
            problems.push(match suggestion(&member.key.text, MEMBERS) {
                Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                None => problem.help(format!("it has {}", MEMBERS.join(", "))),
            });
        }
        if problems.len() > before {
            continue;
        }
        if let Some(alarm) = item.get("TargetLocationAlarmConfiguration") {
            problems.push(
                Diagnostic::new(
                    Code::NoEffect,
                    alarm.key.span,
                    "`TargetLocationAlarmConfiguration` has no effect: alarms are not watched, and stop no execution",
                )
                .help("to stop an execution on an alarm, run `runwright stop` from the alarm's action"),
            );
        }
        let Some(location) = template.item(position).and_then(crate::expression::ValueTemplate::into_literal) else {
            continue;
        };
        if let Err(problem) = TargetLocation::read(&location, &input, &has_targets) {
            let at = problem.member().and_then(|member| item.get(member)).map_or(item.span, |member| member.value.span);
            problems.push(Diagnostic::new(Code::InvalidInput, at, format!("the location {problem}")));
        }
    }
    for problem in problems {
        inputs.report(problem);
    }
}
