//! `aws:loop` (spec 4.6).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::interpreter::{How, Leads, Place, Produced, Reading, Repeated};
use super::values::{converted, embedded};
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
    /// A step ended badly with `Abort`.
    Aborted,
    /// The execution ends here.
    Completed,
    /// Somebody stopped it; the chain of `onCancel` may lead to a step outside.
    Cancelled(Option<StepName>),
}

impl<'a> Reading<'a> {
    pub(super) fn repeat(&mut self, step: &'a Step, looping: &'a Loop) -> Repeated {
        let invalid = || Repeated::Ended(How::Failed(FailureStage::InputValidation), Produced::default());
        let inputs = match self.loop_inputs(step, looping) {
            Ok(inputs) => inputs,
            Err(()) => return invalid(),
        };
        let Some((items, most)) = self.bounds(&inputs, looping) else { return invalid() };
        let began_after_stop = self.cancelled.is_some();
        let place = Place { steps: &looping.steps, is_inner: true, began_after_stop };
        let mut outputs = IndexMap::new();
        for iteration in 1..=most {
            let value = items.as_ref().map(|items| items[iteration - 1].clone());
            self.tell(|line| line.iteration(iteration, value.as_ref()));
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
                Iteration::Aborted => {
                    self.seen("a loop that an Abort fails");
                    return Repeated::Ended(How::Failed(FailureStage::Invocation), produced);
                }
                Iteration::Completed => {
                    self.seen("a loop that ends with a request to complete");
                    return Repeated::Ended(How::Success, produced);
                }
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
        }
        self.seen(match (&items, most) {
            (_, 0) => "a loop over nothing",
            (Some(items), most) if most < items.len() => "a loop that MaxIterations ends, with items left",
            (Some(_), _) => "a loop over all its items",
            (None, _) => "a loop that MaxIterations ends, its condition true",
        });
        Repeated::Ended(How::Success, Produced { outputs, ..Produced::default() })
    }

    fn loop_inputs(&mut self, step: &Step, looping: &Loop) -> Result<IndexMap<String, Value>, ()> {
        // A condition is no input that could lack a value (3.4).
        let trees = looping.trees.iter().filter(|(name, _)| *name != "LoopCondition");
        let inputs = self.resolved(&trees.map(|(name, tree)| (name.clone(), tree.clone())).collect());
        let shown = inputs.as_ref().cloned().unwrap_or_default();
        self.tell(|line| line.reached(&step.name, &shown));
        inputs.map_err(|_| ())
    }

    /// The items, if it is over items, and how many iterations there are at most.
    fn bounds(&self, inputs: &IndexMap<String, Value>, looping: &Loop) -> Option<(Option<Vec<Value>>, usize)> {
        let most = match inputs.get("MaxIterations") {
            Some(most) => embedded(most).trim().parse().ok().filter(|most| (1..=100).contains(most))?,
            None => 100,
        };
        match &looping.repeat {
            Repeat::While(_) => Some((None, most)),
            Repeat::ForEach { item_type, .. } => {
                let items = inputs.get("Iterators")?.as_array()?;
                let items: Option<Vec<Value>> =
                    items.iter().map(|item| converted(item, item_type.data_type())).collect();
                let items = items.filter(|items| items.len() <= 100)?;
                let most = most.min(items.len());
                Some((Some(items), most))
            }
        }
    }

    fn iterate(&mut self, place: &Place<'a>) -> Iteration {
        let was_cancelled = self.cancelled.is_some();
        let mut at = place.steps.values().next();
        while let Some(step) = at {
            let leads = self.step(step, place);
            let is_stopped = self.cancelled.is_some() && !was_cancelled;
            match leads {
                _ if self.is_to_complete() => return Iteration::Completed,
                Leads::To(target) => match place.steps.get(&target) {
                    Some(inner) => at = Some(inner),
                    None if is_stopped => return Iteration::Cancelled(Some(target)),
                    None => return Iteration::Left(target),
                },
                Leads::End | Leads::Abort if is_stopped || self.is_cut_off() => return Iteration::Cancelled(None),
                Leads::End => {
                    self.seen(if step.is_end { "an iteration that isEnd ends" } else { "an iteration that ends" });
                    return Iteration::Over;
                }
                Leads::Abort => return Iteration::Aborted,
            }
        }
        Iteration::Over
    }

    fn is_cut_off(&self) -> bool {
        self.cancelled.is_some_and(|end| self.now >= end)
    }
}
