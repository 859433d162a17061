//! Hidden inputs, resolved again: the journal has a mask in the place of each.

use indexmap::IndexMap;
use serde_json::Value;

use super::decision::{Decision, ResolvedInputs};
use super::error::EngineError;
use super::input_error::InputError;
use super::scope::ExecutionScope;
use crate::execution::{Execution, StepExecution};
use crate::expression::{Reference, ValueTemplate};
use crate::runbook::{Inputs, Step};

/// Whether the inputs of the current step are known.
pub(super) enum HiddenInputs {
    /// They are.
    Known,
    /// One refers to a value that nobody can supply again, so that the step fails.
    Lost(InputError),
}

/// Whether a reference is to a value that was sensitive and is lost: the output of a step, or a variable that a step
/// set. A parameter is none: a user supplies it again.
pub fn is_lost(execution: &Execution, reference: &Reference) -> bool {
    match reference {
        Reference::StepOutput { step, output } => {
            execution.latest(step.as_str()).is_some_and(|run| run.hides(output.as_str()))
        }
        Reference::Variable(name) => execution.has_lost_variable(name.as_str()),
        Reference::Parameter(_)
        | Reference::ExecutionId
        | Reference::Global(_)
        | Reference::Ssm(_)
        | Reference::UnknownSystem(_) => false,
    }
}

/// The first reference of a condition to a value that is lost: whether it is true is not known then.
pub(super) fn lost_reference(execution: &Execution, step: &Step) -> Option<InputError> {
    let mut inputs = step.inputs.trees().iter();
    inputs.find_map(|(input, tree)| {
        let lost = tree.references().find(|reference| is_lost(execution, reference))?;
        Some(InputError::Lost { input: input.clone(), reference: lost.to_string() })
    })
}

/// Whether a reference has the value that it had when a run was reached, as far as the history shows.
pub fn is_unchanged_since(execution: &Execution, reference: &Reference, run: &StepExecution) -> bool {
    match reference {
        Reference::StepOutput { step, .. } => {
            let ending = execution.latest(step.as_str()).and_then(|source| source.ending.as_ref());
            ending.is_some_and(|ending| ending.at <= run.started_at)
        }
        Reference::Variable(_) => false,
        Reference::Parameter(_)
        | Reference::ExecutionId
        | Reference::Global(_)
        | Reference::Ssm(_)
        | Reference::UnknownSystem(_) => true,
    }
}

/// The hidden inputs of a run that has ended, resolved as they were when its step was reached. `None` when one refers to
/// a value that is not known, or that may have changed since.
pub fn restore_inputs(execution: &Execution, step: &Step, run: &StepExecution) -> Option<IndexMap<String, Value>> {
    let scope = ExecutionScope { execution, now: run.started_at };
    let is_unchanged = |reference: &Reference| is_unchanged_since(execution, reference, run);
    let mut inputs = IndexMap::clone(&run.inputs);
    for name in &*run.hidden {
        let tree = step.inputs.trees().get(name).filter(|tree| tree.references().all(is_unchanged))?;
        let mut unset = Vec::new();
        let value = tree.resolve_inputs(&scope, &mut unset).ok()?;
        inputs.insert(name.clone(), value.into_owned());
    }
    Some(inputs)
}

impl Decision<'_> {
    /// Resolves the hidden inputs of the current step, and of the loop around it, as they were when the step was
    /// reached. The error names a value that a user can supply again.
    pub(super) fn reveal_inputs(&mut self) -> Result<HiddenInputs, EngineError> {
        self.reveal_loop()?;
        let Some(run) = self.execution.current().filter(|run| !run.hidden.is_empty()) else {
            return Ok(HiddenInputs::Known);
        };
        let step = self.step()?;
        let resolved = match &step.inputs {
            Inputs::Loop(looping) => self.loop_inputs(looping, run.started_at).map(|inputs| inputs.values),
            Inputs::Approve(_)
            | Inputs::Branch(_)
            | Inputs::Call { .. }
            | Inputs::Pause(_)
            | Inputs::Sleep(_)
            | Inputs::UpdateVariable(_) => self.resolve_hidden(step, run),
        };
        match resolved {
            Ok(values) => {
                self.execution.reveal_inputs(values);
                Ok(HiddenInputs::Known)
            }
            Err(why) if depends_on_lost_value(self.execution, step, run) => Ok(HiddenInputs::Lost(why)),
            Err(why) => Err(EngineError::MissingSecret(why)),
        }
    }

    /// Resolves the hidden inputs of the loop under way, as they were when it was reached. Where they are lost, the loop
    /// ends before its next step ([`lost_items`](Self::lost_items)).
    pub(super) fn reveal_loop(&mut self) -> Result<(), EngineError> {
        let Some(run) = self.execution.looping().filter(|run| !run.hidden.is_empty()) else { return Ok(()) };
        let (step, looping) = self.open_loop()?;
        match self.loop_inputs(looping, run.started_at) {
            Ok(inputs) => {
                self.execution.reveal_loop(inputs.values);
                Ok(())
            }
            Err(_) if depends_on_lost_value(self.execution, step, run) => Ok(()),
            Err(why) => Err(EngineError::MissingSecret(why)),
        }
    }

    /// Why the loop under way cannot continue, when its hidden inputs are lost.
    pub(super) fn lost_items(&self) -> Option<InputError> {
        let run = self.execution.looping().filter(|run| !run.hidden.is_empty())?;
        let (step, looping) = self.open_loop().ok()?;
        let why = self.loop_inputs(looping, run.started_at).err()?;
        depends_on_lost_value(self.execution, step, run).then_some(why)
    }

    /// Fails the current step, whose inputs are lost.
    pub(super) fn fail_without_inputs(&mut self, why: &InputError) -> Result<(), EngineError> {
        let step = self.step()?;
        self.abandon_attempt()?;
        self.refuse_inputs(step, &why.to_string())
    }

    fn resolve_hidden(&self, step: &Step, run: &StepExecution) -> Result<IndexMap<String, Value>, InputError> {
        let mut inputs = ResolvedInputs { values: IndexMap::clone(&run.inputs), unset: Vec::new() };
        for name in &*run.hidden {
            let tree = step.inputs.trees().get(name);
            let tree = tree.ok_or_else(|| InputError::Undeclared { input: name.clone() })?;
            self.resolve_input(name, tree, run.started_at, &mut inputs)?;
        }
        Ok(inputs.values)
    }
}

/// Whether a hidden input of this run refers to a value that is lost.
fn depends_on_lost_value(execution: &Execution, step: &Step, run: &StepExecution) -> bool {
    let trees = step.inputs.trees();
    let hidden = run.hidden.iter().filter_map(|name| trees.get(name));
    hidden.flat_map(ValueTemplate::references).any(|reference| is_lost(execution, reference))
}
