//! `aws:loop` (spec 4.6).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::interpreter::{How, Leads, Place, Produced, Reading, Repeated};
use super::values::{Missing, converted, embedded};
use crate::event::FailureStage;
use crate::name::{OutputName, StepName};
use crate::runbook::Step;
use crate::runbook::inputs::{Loop, Repeat};

/// What came of one iteration.
enum Iteration {
    /// It is over; the next may follow.
    Over,
    /// It led to a step outside.
    Left(StepName),
    /// A step ended badly with `Abort`: the loop ends as it did.
    Aborted(How),
    /// The execution ends here, in the middle of the loop.
    Completed,
    /// It was cancelled; the chain of `onCancel` may lead to a step outside.
    Cancelled(Option<StepName>),
}

impl<'a> Reading<'a> {
    pub(super) fn repeat(&mut self, step: &'a Step, looping: &'a Loop) -> Repeated {
        let invalid = || Repeated::Ended(How::Failed(FailureStage::InputValidation), Produced::default());
        let Ok(inputs) = self.loop_inputs(step, looping) else { return invalid() };
        let items = matches!(looping.repeat, Repeat::ForEach { .. }).then(|| inputs["Iterators"].as_array().unwrap());
        let most = inputs.get("MaxIterations").map_or(100, |most| usize::try_from(most.as_u64().unwrap()).unwrap());
        let most = items.map_or(most, |items| most.min(items.len()));
        let began_after_stop = self.cancelled.is_some();
        let place = Place { steps: &looping.steps, is_inner: true, began_after_stop };
        let mut outputs = IndexMap::new();
        for iteration in 1..=most {
            let value = items.map(|items| items[iteration - 1].clone());
            let number = u32::try_from(iteration).unwrap();
            self.tell(|line| line.iteration(number, None));
            outputs.insert(OutputName::new("CurrentIteration"), json!(iteration));
            outputs.extend(value.map(|value| (OutputName::new("CurrentIteratorValue"), value)));
            let current = Produced { outputs: outputs.clone(), ..Produced::default() };
            self.produced.insert(step.name.clone(), current);
            let produced = Produced { outputs: outputs.clone(), ..Produced::default() };
            match self.iterate(&place) {
                Iteration::Over => {}
                Iteration::Left(target) => {
                    self.seen("a loop that is left");
                    return Repeated::Left(How::Success, produced, target);
                }
                Iteration::Aborted(how) => {
                    self.seen("a loop that an Abort fails");
                    // Whatever was wrong with the step, the inputs of the loop are not.
                    let is_timeout = matches!(how, How::TimedOut);
                    let how = if is_timeout { how } else { How::Failed(FailureStage::Invocation) };
                    return Repeated::Ended(how, produced);
                }
                Iteration::Completed => return self.is_completed(produced),
                Iteration::Cancelled(Some(target)) => {
                    self.seen("a chain of onCancel that leads out of a loop");
                    return Repeated::Left(How::Cancelled, produced, target);
                }
                Iteration::Cancelled(None) => return Repeated::Ended(How::Cancelled, produced),
            }
            if let Repeat::While(condition) = &looping.repeat {
                let again = self.holds(condition);
                self.seen(if again { "a do-while that goes on" } else { "a do-while that ends" });
                if !again {
                    return Repeated::Ended(How::Success, produced);
                }
            }
            if iteration < most && self.is_to_complete() {
                return self.is_completed(produced);
            }
        }
        self.seen(match (items, most) {
            (_, 0) => "a loop over nothing",
            (Some(items), most) if most < items.len() => "a loop that MaxIterations ends, with items left",
            (Some(_), _) => "a loop over all its items",
            (None, _) => "a loop that MaxIterations ends, its condition true",
        });
        Repeated::Ended(How::Success, Produced { outputs, ..Produced::default() })
    }

    /// A loop that is not over is not successful.
    fn is_completed(&mut self, produced: Produced) -> Repeated {
        self.seen("a loop that ends with a request to complete");
        Repeated::Ended(How::Cancelled, produced)
    }

    fn loop_inputs(&mut self, step: &Step, looping: &Loop) -> Result<IndexMap<String, Value>, ()> {
        // A condition is no input that could lack a value; the items and their number have types of their own (3.4).
        let inputs = looping.trees.iter().map(|(name, tree)| {
            let value = match name.as_str() {
                "LoopCondition" => Ok(tree.to_json()),
                "Iterators" | "MaxIterations" if self.is_unset(tree) => Err(Missing::Unset),
                _ => self.input(tree),
            };
            Ok((name.clone(), value?))
        });
        let inputs: Result<IndexMap<String, Value>, Missing> = inputs.collect();
        let inputs = inputs.ok().and_then(|inputs| typed(inputs, looping));
        let shown = inputs.clone().unwrap_or_default();
        self.tell(|line| line.reached(&step.name, &shown));
        inputs.ok_or(())
    }

    fn iterate(&mut self, place: &Place<'a>) -> Iteration {
        let was_cancelled = self.cancelled.is_some();
        let mut at = place.steps.values().next();
        while let Some(step) = at {
            let (how, leads) = self.step(step, place);
            let is_stopped = self.cancelled.is_some() && !was_cancelled;
            match leads {
                Leads::To(target) => match place.steps.get(&target) {
                    Some(_) if self.is_to_complete() => return Iteration::Completed,
                    Some(inner) => at = Some(inner),
                    None if is_stopped => return Iteration::Cancelled(Some(target)),
                    None => return Iteration::Left(target),
                },
                Leads::End | Leads::Abort if is_stopped || self.is_cut_off() => return Iteration::Cancelled(None),
                Leads::End if matches!(how, How::Completed) => return Iteration::Completed,
                Leads::End => {
                    self.seen(if step.is_end { "an iteration that isEnd ends" } else { "an iteration that ends" });
                    return Iteration::Over;
                }
                Leads::Abort => return Iteration::Aborted(how),
            }
        }
        Iteration::Over
    }

    fn is_cut_off(&self) -> bool {
        self.cancelled.is_some_and(|end| self.now >= end)
    }
}

/// Inputs as a loop can use them: at most 100 items of the declared type, from 1 to 100 iterations.
fn typed(mut inputs: IndexMap<String, Value>, looping: &Loop) -> Option<IndexMap<String, Value>> {
    if let Some(most) = inputs.get_mut("MaxIterations") {
        let number: u64 = embedded(most).trim().parse().ok().filter(|most| (1..=100).contains(most))?;
        *most = json!(number);
    }
    if let (Repeat::ForEach { item_type, .. }, Some(items)) = (&looping.repeat, inputs.get_mut("Iterators")) {
        let list = match items.take() {
            Value::Array(list) => list,
            // One text means a list of one, as in other inputs.
            one @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => vec![one],
            Value::Null | Value::Object(_) => return None,
        };
        let list: Option<Vec<Value>> = list.iter().map(|item| converted(item, item_type.data_type())).collect();
        *items = Value::Array(list.filter(|list| list.len() <= 100)?);
    }
    Some(inputs)
}
