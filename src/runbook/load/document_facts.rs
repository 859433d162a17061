//! Facts about the top-level keys of a runbook, for the checks of the document as a whole.

use crate::diagnostic::Span;
use crate::runbook::DocumentOutput;

/// Keys of documents of the type `Automation.ChangeTemplate`.
pub(crate) const CHANGE_TEMPLATE_KEYS: &[&str] =
    &["templateInformation", "executableRunBooks", "emergencyChange", "autoApprovable"];

/// An entry of `outputs` with its place, for the checks of the whole.
pub(crate) struct OutputEntry {
    pub(crate) output: DocumentOutput,
    pub(crate) step_at: Span,
    pub(crate) at: Span,
}
