//! Loads a document tree as a typed runbook, and collects every problem.
//!
//! Owns: which keys exist at each level and what each may hold. Checks that need all steps (jumps, references,
//! reachability) are in [`super::check`]; here their facts are recorded in [`StepFacts`]s and [`ReferenceSite`]s.

mod attached_files;
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
use super::inputs::execute_automation::ChildReference;
use super::inputs::{ActionTable, ApiCall, ScriptStep};

/// The result of loading a document.
#[derive(Debug)]
pub struct Loaded {
    /// The runbook; there is one exactly when no problem is an error.
    pub runbook: Option<Runbook>,
    /// Every problem, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Every step that runs another runbook, in the order of the file; also when there is no runbook.
    pub children: Vec<ChildReference>,
    /// Every step that calls an operation of an AWS API, likewise.
    pub api_calls: Vec<ApiCall>,
    /// Every step that runs a script, likewise.
    pub scripts: Vec<ScriptStep>,
}

/// Reads a document as a runbook.
///
/// Errors are faults that the service refuses when a document is created (spec 1.2), and those that can only fail at
/// run time; warnings are probable mistakes that the service accepts.
pub fn load(document: &Document) -> Loaded {
    load_with_actions(document, &ActionTable::standard())
}

/// Reads a document as a runbook whose steps can have these actions. Otherwise like [`load`].
pub fn load_with_actions(document: &Document, actions: &ActionTable) -> Loaded {
    document::load(document, actions)
}
