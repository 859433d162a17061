//! Checks of the document as a whole: jumps, cycles, reachability, references, outputs.
//!
//! Works on the outlines and the references that `load` recorded, so it reports everything also for a document in which
//! some step could not be read. All of it takes time linear in the size of the document.

mod attachments;
mod defaults;
mod graph;
mod outputs;
mod reach;
mod references;
mod steps;
mod types;
mod unset;

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::Reference;
use crate::name::{ParameterName, VariableName};

use super::load::{CHANGE_TEMPLATE_KEYS, Declared, OutputEntry, Reader};
use super::{AttachedFiles, Variable};

use graph::Graph;
use reach::Reach;

/// Everything that is declared at the top of the document.
pub(super) struct Names<'a> {
    pub(super) parameters: &'a IndexMap<ParameterName, Declared>,
    pub(super) variables: &'a IndexMap<VariableName, Variable>,
}

/// Reports every problem of the document as a whole.
pub(super) fn check(
    reader: &mut Reader<'_>,
    parameters: &IndexMap<ParameterName, Declared>,
    variables: &IndexMap<VariableName, Variable>,
    outputs: &[OutputEntry],
    files: &AttachedFiles,
) {
    let names = Names { parameters, variables };
    let graph = Graph::new(reader);
    steps::duplicate_names(reader, &graph);
    steps::cancel_targets(reader, &graph);
    let has_cycle = graph.report_cycles(reader);
    let reach = Reach::new(reader, &graph, has_cycle);
    reach.report_unreachable(reader, &graph);
    references::check(reader, &names, &graph, &reach);
    types::check(reader, &names, &graph);
    unset::check(reader, &names, &graph, &reach);
    references::updated_variables(reader, &names);
    defaults::cycles(reader, &names);
    outputs::check(reader, outputs, &graph, &reach);
    attachments::undeclared(reader, files);
    unused_parameters(reader, &names);
}

/// Warns of parameters that nothing refers to. Those of a change template are for the service's change process.
fn unused_parameters(reader: &mut Reader<'_>, names: &Names<'_>) {
    let root = &reader.document.root;
    if CHANGE_TEMPLATE_KEYS.iter().any(|key| root.get(key).is_some()) {
        return;
    }
    let used: HashSet<&str> = reader
        .used
        .iter()
        .filter_map(|used| match &used.reference {
            Reference::Parameter(name) => Some(name.as_str()),
            Reference::StepOutput { .. }
            | Reference::Variable(_)
            | Reference::Global(_)
            | Reference::ExecutionId
            | Reference::Ssm(_)
            | Reference::UnknownSystem(_) => None,
        })
        .collect();
    let mut problems = Vec::new();
    for (name, declared) in names.parameters.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        let message = format!("nothing refers to the parameter `{name}`");
        let diagnostic = Diagnostic::new(Code::UnusedParameter, declared.at, message);
        let is_role = name.as_str() == "AutomationAssumeRole" && root.get("assumeRole").is_none();
        problems.push(if is_role {
            diagnostic.help("to run with the role, add `assumeRole: '{{ AutomationAssumeRole }}'` at the top")
        } else {
            diagnostic.help(format!("use it as `{{{{ {name} }}}}`, or remove it"))
        });
    }
    drop(used);
    reader.diagnostics.extend(problems);
}
