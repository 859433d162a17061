//! The inputs of a step before they are typed.

use indexmap::IndexMap;

use crate::diagnostic::Span;
use crate::document::{MapEntry, Node, NodeKind};
use crate::name::StepName;
use crate::runbook::Step;

use super::reader::{Place, Reader};

/// Steps by name, in the order written.
pub(crate) type Steps = IndexMap<StepName, Step>;

/// Reads a list of steps: `mainSteps`, or the `Steps` of the loop whose index this is. Passed to loops, because steps
/// have inputs and the inputs of a loop have steps.
pub(crate) type ReadSteps<'d> = fn(&mut Reader<'d>, &'d [Node], Option<usize>) -> Steps;

/// The inputs of a step as written, for the parts that know one action.
#[derive(Clone, Copy)]
pub(crate) struct RawInputs<'d> {
    /// The map; `None` when the step has no inputs.
    pub(super) node: Option<&'d Node>,
    /// The index of the step among the outlines.
    pub(crate) step: usize,
    /// Where to point when something is missing.
    pub(crate) at: Span,
}

impl<'d> RawInputs<'d> {
    /// The input of this name; `None` when it is absent or null.
    pub(crate) fn get(&self, name: &str) -> Option<&'d MapEntry> {
        self.node?.get(name).filter(|entry| entry.value.kind != NodeKind::Null)
    }

    /// The positions of references in these inputs.
    pub(crate) fn place(&self) -> Place {
        Place::Step(self.step)
    }
}
