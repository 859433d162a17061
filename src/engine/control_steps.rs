//! Control-flow steps, which call nothing: branch, sleep, updateVariable (spec 4.2, 4.3, 4.7).

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::condition::holds;
use super::decision::{Decision, ResolvedInputs, StepResult};
use super::error::EngineError;
use super::hidden_inputs::lost_reference;
use super::input_error::InputError;
use super::retry::after;
use super::scope::ExecutionScope;
use crate::event::{Event, Next, Status, VariableUpdated, WaitKind, WaitStarted};
use crate::expression::{DataType, accepts, described, embedded};
use crate::name::{OutputName, StepName};
use crate::runbook::inputs::{Branch, Sleep, SleepUntil, UpdateVariable, sleep};
use crate::runbook::{Inputs, Step};

impl<'a> Decision<'a> {
    /// Enters a control-flow step; `None` when the step calls something.
    pub(super) fn control_step(&mut self, step: &'a Step) -> Option<Result<(), EngineError>> {
        match &step.inputs {
            Inputs::Branch(branch) => Some(self.branch(step, branch)),
            Inputs::Sleep(sleep) => Some(self.sleep(step, sleep)),
            Inputs::UpdateVariable(update) => Some(self.update_variable(step, update)),
            Inputs::Loop(looping) => Some(self.enter_loop(step, looping)),
            Inputs::Pause(_) => Some(self.pause(step)),
            Inputs::Approve(_) => Some(self.approve(step)),
            Inputs::Call { .. } => None,
        }
    }

    /// The first choice whose condition is true decides. A sensitive value that is lost fails the step. An unset value makes its comparison false and never fails the
    /// step. Without a true choice `Default` applies, and without that the step ends like any other.
    fn branch(&mut self, step: &'a Step, branch: &'a Branch) -> Result<(), EngineError> {
        let scope = ExecutionScope { execution: self.execution, now: self.now };
        // An unset value only makes its comparison false, so it needs no warning.
        let mut inputs = ResolvedInputs::default();
        for (name, tree) in step.inputs.trees() {
            inputs.insert(name, tree.resolve_known(&scope));
        }
        if let Some(lost) = lost_reference(self.execution, step) {
            self.begin_step(step, inputs)?;
            return self.refuse_inputs(step, &lost.to_string());
        }
        let chosen = branch.choices.iter().find(|choice| holds(&choice.condition, &scope));
        let next = chosen.map(|choice| &choice.next_step).or(branch.default.as_ref()).cloned();
        self.begin_step(step, inputs)?;
        let mut result = StepResult::default();
        match next {
            Some(next) => {
                result.outputs = branch_outputs(&next);
                self.record_step_end(Status::Success, result, step, Some(self.unless_overdue(next)))
            }
            None => self.end_step(step, Status::Success, result),
        }
    }

    /// An overdue `onCancel` chain ends instead of continuing.
    fn unless_overdue(&self, next: StepName) -> Next {
        let is_overdue = self.execution.cancel().is_some_and(|cancel| cancel.until <= self.now);
        if is_overdue { Next::End } else { Next::Step(next) }
    }

    fn sleep(&mut self, step: &'a Step, sleep: &'a Sleep) -> Result<(), EngineError> {
        let Some(inputs) = self.begin_with_inputs(step)? else { return Ok(()) };
        match self.until(sleep, &inputs) {
            Ok(until) if until > self.now => {
                self.record(Event::WaitStarted(Arc::new(WaitStarted { until, wanted: WaitKind::Time })))
            }
            Ok(_) => self.end_step(step, Status::Success, StepResult::default()),
            Err(error) => self.refuse_inputs(step, &error.to_string()),
        }
    }

    /// The moment at which a sleep ends.
    fn until(&self, sleep: &Sleep, inputs: &IndexMap<String, Value>) -> Result<Timestamp, InputError> {
        let text = inputs.get(&sleep.input).map(embedded).unwrap_or_default();
        match sleep.until {
            SleepUntil::Duration => {
                let duration = sleep::duration(&text)?;
                Ok(after(self.now, duration.unsigned_abs()))
            }
            SleepUntil::Timestamp => Ok(sleep::timestamp(&text)?),
        }
    }

    /// The value must already have the type of the variable (spec 4.7); only a list of one text is unwrapped for a
    /// variable of type String (spec 9.11a).
    fn update_variable(&mut self, step: &'a Step, update: &'a UpdateVariable) -> Result<(), EngineError> {
        let Some(inputs) = self.begin_with_inputs(step)? else { return Ok(()) };
        let declared = self.runbook.variables().get(update.variable.as_str());
        let value = inputs.get("Value").cloned().map(|value| match declared {
            Some(declared) if declared.data_type == DataType::String => only_text(value),
            Some(_) | None => value,
        });
        let name = &update.variable;
        match (value, declared) {
            (Some(value), Some(declared)) if accepts(&value, declared.data_type) => {
                let updated = VariableUpdated { name: name.clone(), value, hidden: false };
                self.record(Event::VariableUpdated(Arc::new(updated)))?;
                self.end_step(step, Status::Success, StepResult::default())
            }
            (Some(value), Some(declared)) => {
                let (found, wanted) = (described(&value), declared.data_type);
                self.refuse_inputs(step, &format!("Variable {name} is {wanted}, and Value is {found}."))
            }
            (Some(_), None) => self.refuse_inputs(step, &format!("There is no variable {name}.")),
            (None, _) => self.refuse_inputs(step, "Input Value is missing."),
        }
    }
}

/// Unwraps a list of one text.
fn only_text(value: Value) -> Value {
    match value.as_array().map(Vec::as_slice) {
        Some([only @ Value::String(_)]) => only.clone(),
        Some(_) | None => value,
    }
}

/// The output of a branch: the step that it chose.
fn branch_outputs(next: &StepName) -> IndexMap<OutputName, Value> {
    IndexMap::from([(OutputName::new("NextStep"), Value::from(next.as_str()))])
}
