//! `aws:executeAutomation`: the rules of its inputs together (spec 4.9, 5.4).

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::load::{Given, Reader};

/// Reports inputs that cannot stand together.
pub(crate) fn check<'d>(reader: &mut Reader<'d>, given: &Given<'d>) {
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
                .help("name the parameter of the runbook that gets the target"),
        );
    }
}
