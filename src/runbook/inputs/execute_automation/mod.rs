//! `aws:executeAutomation`: checks the combination of its inputs (spec 4.9, 5.4).

mod amount;
mod reference;
mod request;
#[cfg(test)]
mod tests;

pub use amount::Amount;
pub use reference::{ChildParameter, ChildReference};
pub use request::{CONCURRENCY as DEFAULT_CONCURRENCY, ERRORS as DEFAULT_ERRORS};
pub use request::{ChildRequest, RequestProblem, TargetValue, Targets, document_name};

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::document::NodeKind;
use crate::runbook::inputs::{ConstantInputs, TypedRequest};
use crate::runbook::load::Constant;

/// Reports inputs that cannot be combined, and constants with which the step can only fail.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    if let (Some(targets), Some(maps)) = (inputs.get("Targets"), inputs.get("TargetMaps")) {
        inputs.report(
            Diagnostic::new(Code::InvalidInput, maps.key.span, "a step cannot have both `Targets` and `TargetMaps`")
                .related(targets.key.span, "the targets")
                .help("remove one of the two"),
        );
    }
    if let (Some(targets), None) = (inputs.get("Targets"), inputs.get("TargetParameterName")) {
        inputs.report(
            Diagnostic::new(Code::MissingInput, targets.key.span, "`Targets` needs the input `TargetParameterName`")
                .help("set the parameter of the runbook that receives the target"),
        );
    }
    if let Some(entry) = inputs.get("DocumentName")
        && let Constant::Value(name) = Constant::text(inputs.template("DocumentName"))
        && document_name(name).is_none()
    {
        inputs.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("`{name}` is not a valid runbook name"))
                .label("expected a name or an ARN")
                .help("a name has letters, digits, `_`, `-` and `.`; set its file with --document NAME=FILE"),
        );
    }
    for name in ["MaxConcurrency", "MaxErrors"] {
        amount_of(inputs, name);
    }
    needs_aws(inputs);
}

impl TypedRequest for ChildRequest {
    type Problem = RequestProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, RequestProblem> {
        Self::from_resolved(|name| inputs.get(name))
    }

    fn is_unsupported(problem: &RequestProblem) -> bool {
        problem.is_done_elsewhere()
    }
}

fn amount_of(inputs: &mut dyn ConstantInputs<'_>, name: &str) {
    let Some(entry) = inputs.get(name) else { return };
    let template = inputs.template(name);
    let amount = match (Constant::integer(template), Constant::text(template)) {
        (Constant::Value(number), _) => Amount::parse(&number.to_string()),
        (_, Constant::Value(text)) => Amount::parse(text),
        (_, Constant::Reference | Constant::Other) => return,
    };
    if amount.is_none_or(|amount| name == "MaxConcurrency" && amount.is_zero()) {
        inputs.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("not a valid `{name}`"))
                .label("expected a number of targets such as `10`, or a percentage such as `10%`"),
        );
    }
}

/// Targets that only AWS can look up.
fn needs_aws(inputs: &mut dyn ConstantInputs<'_>) {
    let mut problems = Vec::new();
    if let Some(entry) = inputs.get("TargetLocations")
        && !matches!(&entry.value.kind, NodeKind::Sequence(items) if items.is_empty())
    {
        problems.push(
            Diagnostic::new(
                Code::TargetsNeedAws,
                entry.key.span,
                "`TargetLocations` (other accounts and regions) is not supported",
            )
            .help("run the runbook once in each of them"),
        );
    }
    if let Some(entry) = inputs.get("Targets")
        && let NodeKind::Sequence(items) = &entry.value.kind
    {
        let targets = inputs.template("Targets");
        for (position, item) in items.iter().enumerate() {
            if let Some(key) = item.get("Key")
                && let Some(template) = targets.item(position).and_then(|target| target.member("Key"))
                && let Constant::Value(text) = Constant::text(&template)
                && request::refused_key(text).is_some()
            {
                problems.push(
                    Diagnostic::new(
                        Code::TargetsNeedAws,
                        key.value.span,
                        format!("targets by `{text}` require a lookup in AWS, which is not supported"),
                    )
                    .help("list the values themselves: `Key: ParameterValues`"),
                );
            }
        }
    }
    for problem in problems {
        inputs.report(problem);
    }
}
