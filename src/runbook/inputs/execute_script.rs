//! `aws:executeScript`: the rules of its inputs together (spec 4.8).

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::load::{Constant, RawInputs, Reader};

/// Reports inputs with which the step can only fail.
pub(crate) fn check<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>) {
    if given.get("Script").is_none() && given.get("Attachment").is_none() {
        reader.report(
            Diagnostic::new(
                Code::MissingInput,
                given.at,
                "`aws:executeScript` needs the input `Script` or `Attachment`",
            )
            .help("`Script` holds the script itself, `Attachment` names one of `files`"),
        );
    }
    if given.get("Handler").is_none()
        && let Some(runtime) = given.get("Runtime")
        && let Constant::Value(text) = Constant::text(&runtime.value)
        && text.starts_with("python")
    {
        reader.report(
            Diagnostic::new(Code::MissingInput, given.at, "a Python script needs the input `Handler`")
                .related(runtime.value.span, "Python")
                .help("name the function of the script to call with the payload and a context"),
        );
    }
}
