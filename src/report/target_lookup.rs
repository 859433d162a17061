//! Targets that were looked up in AWS.

use super::one_line;
use crate::event::TargetsResolved;
use crate::execution::StepExecution;

/// What a lookup found: `3 targets by tag:Stage (AWS::EC2::Instance)`.
pub(super) fn targets_found(run: &StepExecution, resolved: &TargetsResolved) -> String {
    let TargetsResolved { attempt: _, resource_type, targets, hidden } = resolved;
    let targets = match (hidden, targets.len()) {
        (true, _) => "found targets".to_owned(),
        (false, 1) => "found 1 target".to_owned(),
        (false, count) => format!("found {count} targets"),
    };
    let key = run.inputs.get("Targets").and_then(|entries| match entries {
        serde_json::Value::Array(entries) => entries.first()?.get("Key")?.as_str(),
        entry => entry.get("Key")?.as_str(),
    });
    let by = key.map(|key| format!(" by {}", one_line(key))).unwrap_or_default();
    let kind = resource_type.as_deref().map(|kind| format!(" ({})", one_line(kind))).unwrap_or_default();
    format!("{targets}{by}{kind}")
}
