//! `aws:loop` (spec 4.6).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::interpreter::{Interpreter, LoopEnd, NextStep, StepEnd, StepList, StepResult};
use super::values::{MissingValue, convert_value, embedded};
use crate::event::FailureStage;
use crate::name::{OutputName, StepName};
use crate::runbook::Step;
use crate::runbook::inputs::{Loop, Repeat};

/// How one iteration ended.
enum Iteration {
    /// The next one may follow.
    Over,
    /// It jumped to a step outside.
    Left(StepName),
    /// A step failed with `Abort`: the loop ends with its status.
    Aborted(StepEnd),
    /// The execution ends within the loop.
    Completed,
    /// It was cancelled; the `onCancel` chain may lead to a step outside.
    Cancelled(Option<StepName>),
}

impl<'a> Interpreter<'a> {
    pub(super) fn repeat(&mut self, step: &'a Step, looping: &'a Loop) -> LoopEnd {
        let invalid = || LoopEnd::Ended(StepEnd::Failed(FailureStage::InputValidation), StepResult::default());
        let Ok(inputs) = self.loop_inputs(step, looping) else { return invalid() };
        let items = matches!(looping.repeat, Repeat::ForEach { .. }).then(|| inputs["Iterators"].as_array().unwrap());
        let most = inputs.get("MaxIterations").map_or(100, |most| usize::try_from(most.as_u64().unwrap()).unwrap());
        let most = items.map_or(most, |items| most.min(items.len()));
        let began_after_cancel = self.cancelled.is_some();
        let place = StepList { steps: &looping.steps, is_inner: true, began_after_cancel };
        let mut outputs = IndexMap::new();
        for iteration in 1..=most {
            let value = items.map(|items| items[iteration - 1].clone());
            let number = u32::try_from(iteration).unwrap();
            self.add_line(|line| line.iteration(number, None));
            outputs.insert(OutputName::new("CurrentIteration"), json!(iteration));
            outputs.extend(value.map(|value| (OutputName::new("CurrentIteratorValue"), value)));
            let current = StepResult { outputs: outputs.clone(), ..StepResult::default() };
            self.produced.insert(step.name.clone(), current);
            let produced = StepResult { outputs: outputs.clone(), ..StepResult::default() };
            match self.iterate(&place) {
                Iteration::Over => {}
                Iteration::Left(target) => {
                    self.count_situation("a loop that an inner step exits");
                    return LoopEnd::Left(StepEnd::Success, produced, target);
                }
                Iteration::Aborted(how) => {
                    self.count_situation("a loop that fails by Abort");
                    // The failure of an inner step does not make the loop inputs invalid.
                    let is_timeout = matches!(how, StepEnd::TimedOut);
                    let how = if is_timeout { how } else { StepEnd::Failed(FailureStage::Invocation) };
                    return LoopEnd::Ended(how, produced);
                }
                Iteration::Completed => return self.is_completed(produced),
                Iteration::Cancelled(Some(target)) => {
                    self.count_situation("an onCancel chain that exits a loop");
                    return LoopEnd::Left(StepEnd::Cancelled, produced, target);
                }
                Iteration::Cancelled(None) => return LoopEnd::Ended(StepEnd::Cancelled, produced),
            }
            if let Repeat::While(condition) = &looping.repeat {
                let again = self.evaluate_condition(condition);
                self.count_situation(if again { "a do-while that continues" } else { "a do-while that ends" });
                if !again {
                    return LoopEnd::Ended(StepEnd::Success, produced);
                }
            }
            if iteration < most && self.is_to_complete() {
                return self.is_completed(produced);
            }
        }
        self.count_situation(match (items, most) {
            (_, 0) => "a loop over no items",
            (Some(items), most) if most < items.len() => "a loop that MaxIterations ends, with items left",
            (Some(_), _) => "a loop over all its items",
            (None, _) => "a loop that MaxIterations ends, its condition true",
        });
        LoopEnd::Ended(StepEnd::Success, StepResult { outputs, ..StepResult::default() })
    }

    /// A loop that has not ended is not successful.
    fn is_completed(&mut self, produced: StepResult) -> LoopEnd {
        self.count_situation("a loop that ends with a complete request");
        LoopEnd::Ended(StepEnd::Cancelled, produced)
    }

    fn loop_inputs(&mut self, step: &Step, looping: &Loop) -> Result<IndexMap<String, Value>, ()> {
        // A condition is not an input that could lack a value; the items and their maximum have their own types (3.4).
        let inputs = looping.trees.iter().map(|(name, tree)| {
            let value = match name.as_str() {
                "LoopCondition" => Ok(tree.to_json()),
                "Iterators" | "MaxIterations" if self.is_unset(tree) => Err(MissingValue::Unset),
                _ => self.input(tree),
            };
            Ok((name.clone(), value?))
        });
        let inputs: Result<IndexMap<String, Value>, MissingValue> = inputs.collect();
        let inputs = inputs.ok().and_then(|inputs| typed(inputs, looping));
        let shown = inputs.clone().unwrap_or_default();
        self.add_line(|line| line.reached(&step.name, &shown));
        inputs.ok_or(())
    }

    fn iterate(&mut self, place: &StepList<'a>) -> Iteration {
        let was_cancelled = self.cancelled.is_some();
        let mut at = place.steps.values().next();
        while let Some(step) = at {
            let (how, leads) = self.step(step, place);
            let is_stopped = self.cancelled.is_some() && !was_cancelled;
            match leads {
                NextStep::To(target) => match place.steps.get(&target) {
                    Some(_) if self.is_to_complete() => return Iteration::Completed,
                    Some(inner) => at = Some(inner),
                    None if is_stopped => return Iteration::Cancelled(Some(target)),
                    None => return Iteration::Left(target),
                },
                NextStep::End | NextStep::Abort if is_stopped || self.is_cut_off() => {
                    return Iteration::Cancelled(None);
                }
                NextStep::End if matches!(how, StepEnd::Completed) => return Iteration::Completed,
                NextStep::End => {
                    self.count_situation(if step.is_end {
                        "an iteration that isEnd ends"
                    } else {
                        "an iteration that ends"
                    });
                    return Iteration::Over;
                }
                NextStep::Abort => return Iteration::Aborted(how),
            }
        }
        Iteration::Over
    }

    fn is_cut_off(&self) -> bool {
        self.cancelled.is_some_and(|end| self.now >= end)
    }
}

/// Valid inputs of a loop: at most 100 items of the declared type, from 1 to 100 iterations.
fn typed(mut inputs: IndexMap<String, Value>, looping: &Loop) -> Option<IndexMap<String, Value>> {
    if let Some(most) = inputs.get_mut("MaxIterations") {
        let number: u64 = embedded(most).trim().parse().ok().filter(|most| (1..=100).contains(most))?;
        *most = json!(number);
    }
    if let (Repeat::ForEach { item_type, .. }, Some(items)) = (&looping.repeat, inputs.get_mut("Iterators")) {
        let list = match items.take() {
            Value::Array(list) => list,
            // A single string is a list of one, as in other inputs.
            one @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => vec![one],
            Value::Null | Value::Object(_) => return None,
        };
        let list: Option<Vec<Value>> = list.iter().map(|item| convert_value(item, item_type.data_type())).collect();
        *items = Value::Array(list.filter(|list| list.len() <= 100)?);
    }
    Some(inputs)
}
