//! The tree as written to the runbook as meant, with every problem kept.
//!
//! Owns: which keys exist at each level and what each may hold. What only shows when all steps are known (jumps,
//! references, reachability) is noted in [`StepFacts`]s and [`ReferenceSite`]s here and judged in [`super::check`].

mod constant;
mod document;
mod document_facts;
mod inputs;
mod parameters;
mod raw_inputs;
mod reader;
mod step_outputs;
mod steps;
mod words;

pub(super) use constant::Constant;
pub(super) use document_facts::{CHANGE_TEMPLATE_KEYS, OutputEntry};
pub(super) use parameters::Declared;
pub(super) use raw_inputs::{RawInputs, ReadSteps, Steps};
pub(super) use reader::{ExpectedType, Place, Reader, ReferenceSite, StepFacts, Success, Target, TypeConstraint};

use crate::diagnostic::Diagnostic;
use crate::document::Document;

use super::Runbook;
use super::inputs::ActionTable;

/// The result of loading a document.
#[derive(Debug)]
pub struct Loaded {
    /// The runbook; there is one exactly when no problem is an error.
    pub runbook: Option<Runbook>,
    /// Every problem, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a document as a runbook.
///
/// Errors are what the service refuses when a document is created (spec 1.2), and what can only fail when it is run;
/// warnings are what the service accepts and an author will regret.
pub fn load(document: &Document) -> Loaded {
    load_with_actions(document, &ActionTable::standard())
}

/// Reads a document as a runbook whose steps can have these actions. Otherwise like [`load`].
pub fn load_with_actions(document: &Document, actions: &ActionTable) -> Loaded {
    document::load(document, actions)
}
