//! `aws:executeAutomation`: the rules of its inputs together (spec 4.9, 5.4).

mod amount;
mod request;
#[cfg(test)]
mod tests;

pub use amount::Amount;
pub use request::{ChildRequest, RequestProblem, TargetValue, Targets, document_name};

use crate::diagnostic::{Code, Diagnostic};
use crate::document::NodeKind;
use crate::runbook::load::{Constant, RawInputs, Reader};

/// Reports inputs that cannot be combined, and constants with which the step can only fail.
pub(crate) fn check<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>) {
    if let (Some(targets), Some(maps)) = (given.get("Targets"), given.get("TargetMaps")) {
        reader.report(
            Diagnostic::new(Code::InvalidInput, maps.key.span, "a step cannot have both `Targets` and `TargetMaps`")
                .related(targets.key.span, "the targets")
                .help("remove one of the two"),
        );
    }
    if let (Some(targets), None) = (given.get("Targets"), given.get("TargetParameterName")) {
        reader.report(
            Diagnostic::new(Code::MissingInput, targets.key.span, "`Targets` needs the input `TargetParameterName`")
                .help("set the parameter of the runbook that receives the target"),
        );
    }
    if let Some(entry) = given.get("DocumentName")
        && let Constant::Value(name) = Constant::text(&entry.value)
        && document_name(name).is_none()
    {
        reader.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("`{name}` is not a valid runbook name"))
                .label("expected a name or an ARN")
                .help("a name has letters, digits, `_`, `-` and `.`; set its file with --document NAME=FILE"),
        );
    }
    for name in ["MaxConcurrency", "MaxErrors"] {
        amount_of(reader, given, name);
    }
    needs_aws(reader, given);
}

fn amount_of<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>, name: &str) {
    let Some(entry) = given.get(name) else { return };
    let amount = match (Constant::integer(&entry.value), Constant::text(&entry.value)) {
        (Constant::Value(number), _) => Amount::parse(&number.to_string()),
        (_, Constant::Value(text)) => Amount::parse(text),
        (_, Constant::Reference | Constant::Other) => return,
    };
    if amount.is_none_or(|amount| name == "MaxConcurrency" && amount.is_zero()) {
        reader.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("not a valid `{name}`"))
                .label("expected a number of targets such as `10`, or a percentage such as `10%`"),
        );
    }
}

/// Targets that only AWS can look up.
fn needs_aws<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>) {
    let mut problems = Vec::new();
    if let Some(entry) = given.get("TargetLocations")
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
    if let Some(entry) = given.get("Targets")
        && let NodeKind::Sequence(items) = &entry.value.kind
    {
        for key in items.iter().filter_map(|item| item.get("Key")) {
            if let Constant::Value(text) = Constant::text(&key.value)
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
        reader.report(problem);
    }
}
