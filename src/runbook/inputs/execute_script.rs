//! `aws:executeScript`: checks the combination of its inputs (spec 4.8).

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::inputs::ConstantInputs;
use crate::runbook::load::Constant;

/// Reports inputs with which the step can only fail.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    if inputs.get("Script").is_none() && inputs.get("Attachment").is_none() {
        inputs.report(
            Diagnostic::new(
                Code::MissingInput,
                inputs.span(),
                "`aws:executeScript` needs the input `Script` or `Attachment`",
            )
            .help("`Script` holds the script itself, `Attachment` names one of `files`"),
        );
    }
    if inputs.get("Handler").is_none()
        && let Some(runtime) = inputs.get("Runtime")
        && let Constant::Value(text) = Constant::text(inputs.template("Runtime"))
        && text.starts_with("python")
    {
        inputs.report(
            Diagnostic::new(Code::MissingInput, inputs.span(), "a Python script needs the input `Handler`")
                .related(runtime.value.span, "Python")
                .help("name the function of the script to call with the payload and a context"),
        );
    }
}
