//! Loops (spec 4.6).
//!
//! Decides what follows when a step inside a loop has ended, and before one starts. Nothing waits here: all events
//! belong to one append.
//!
//! | the step inside of it           | what follows                                                               |
//! |---------------------------------|----------------------------------------------------------------------------|
//! | leads to a step of the loop     | that step                                                                  |
//! | leads to a step outside         | the loop ends `Success`, or `Cancelled` when it is being stopped, and leads there |
//! | was Cancelled, leads nowhere    | the loop ends `Cancelled`                                                  |
//! | failed or timed out, and aborts | the loop ends as the step did, and its own `onFailure` decides             |
//! | leads nowhere: the iteration ends | the next item, or the condition holds: the next iteration; else `Success` |
//!
//! Before the next iteration or step, a timeout ends the loop `TimedOut`, and a complete request ends it `Cancelled`.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::condition::holds;
use super::decision::{Decision, ResolvedInputs, StepResult};
use super::error::EngineError;
use super::flow;
use super::hidden_inputs::lost_reference;
use super::input_error::InputError;
use super::retry::after;
use super::scope::ExecutionScope;
use crate::event::{Event, Failure, FailureStage, FailureType, IterationStarted, Next, Status};
use crate::execution::{CURRENT_ITERATION, CURRENT_ITERATOR_VALUE, Execution, StepExecution};
use crate::expression::{DataType, convert, described, embedded};
use crate::limits::LOOP_ITERATIONS;
use crate::name::OutputName;
use crate::runbook::inputs::{Loop, Repeat};
use crate::runbook::{Inputs, OnFailure, Step};

/// When the loop under way times out; `None` when it has no timeout, or is being cancelled anyway.
pub(super) fn deadline(execution: &Execution) -> Option<Timestamp> {
    let looping = execution.looping().filter(|_| !execution.is_loop_stopped())?;
    looping.iteration?.deadline
}

/// How the loop under way ends.
struct Ending {
    status: Status,
    why: Option<String>,
    /// What follows when the loop's own rules do not decide.
    next: Option<Next>,
}

impl Ending {
    fn success() -> Self {
        Self { status: Status::Success, why: None, next: None }
    }
}

impl<'a> Decision<'a> {
    /// Enters a loop: resolves its inputs, and begins the first iteration.
    pub(super) fn enter_loop(&mut self, step: &'a Step, looping: &'a Loop) -> Result<(), EngineError> {
        let inputs = match self.loop_inputs(looping, self.now) {
            Ok(inputs) => inputs,
            Err(error) => {
                self.begin_step(step, ResolvedInputs::default())?;
                return self.refuse_inputs(step, &error.to_string());
            }
        };
        let is_empty = matches!(looping.repeat, Repeat::ForEach { .. }) && items(&inputs.values).is_empty();
        self.begin_step(step, inputs)?;
        if is_empty {
            return self.end_step(step, Status::Success, StepResult::default());
        }
        let deadline = step.timeout_seconds.map(|seconds| after(self.now, Duration::from_secs(seconds)));
        self.record(Event::IterationStarted(IterationStarted { iteration: 1, deadline }))
    }

    /// Resolves the inputs of a loop at a moment: items of the declared type, the condition as written.
    pub(super) fn loop_inputs(&self, looping: &Loop, now: Timestamp) -> Result<ResolvedInputs, InputError> {
        let mut inputs = ResolvedInputs::with_capacity(looping.trees.len());
        for (name, tree) in &looping.trees {
            // The references of a condition have no value before the first iteration.
            if name == "LoopCondition" {
                inputs.insert(name, tree.to_json());
                continue;
            }
            self.resolve_input(name, tree, now, &mut inputs)?;
            let unset = inputs.unset.iter().find(|_| inputs.is_unset(name, tree)).map(ToString::to_string);
            let Some(value) = inputs.values.get_mut(name) else { continue };
            match (name.as_str(), &looping.repeat, unset) {
                ("Iterators", Repeat::ForEach { .. }, Some(unset)) => {
                    return Err(InputError::ItemsUnset { unset });
                }
                ("MaxIterations", _, Some(unset)) => {
                    return Err(InputError::MaxIterationsUnset { unset });
                }
                ("Iterators", Repeat::ForEach { item_type, .. }, None) => {
                    *value = Value::from(iterators(value.take(), item_type.data_type())?);
                }
                ("MaxIterations", _, None) => *value = Value::from(max_iterations(value)?),
                (_, _, _) => {}
            }
        }
        Ok(inputs)
    }

    /// Continues a loop between two of its steps. Returns false when an operator has to start the next step.
    pub(super) fn within_loop(&mut self, next: Next) -> Result<bool, EngineError> {
        let (step, looping) = self.open_loop()?;
        let ending = match &next {
            Next::Step(name) => match looping.steps.get(name) {
                Some(inner) => match self.interruption() {
                    None if !self.is_to_start(inner)? => return Ok(false),
                    None => return self.enter(inner).map(|()| true),
                    Some(ending) => ending,
                },
                None => self.leave_to(next),
            },
            Next::End => match self.iteration_over(looping)? {
                None => match self.interruption() {
                    None => return self.iterate().map(|()| true),
                    Some(ending) => ending,
                },
                Some(ending) => ending,
            },
        };
        self.end_loop(step, ending).map(|()| true)
    }

    /// The loop under way, as in the runbook.
    pub(super) fn open_loop(&self) -> Result<(&'a Step, &'a Loop), EngineError> {
        let name = &self.execution.looping().ok_or(EngineError::NoAttempt)?.step;
        let unknown = || EngineError::UnknownStep(name.to_string());
        let step = self.runbook.steps().get(name.as_str()).ok_or_else(unknown)?;
        match &step.inputs {
            Inputs::Loop(looping) => Ok((step, looping)),
            _ => Err(unknown()),
        }
    }

    /// The position in the loop under way, for messages: `iteration 3`.
    fn iteration(&self) -> String {
        let number = self.execution.looping().and_then(|run| run.iteration).map_or(0, |iteration| iteration.number);
        format!("iteration {number}")
    }

    /// Exits the loop to a step outside of it.
    fn leave_to(&self, next: Next) -> Ending {
        if self.execution.is_loop_stopped() {
            return Ending { status: Status::Cancelled, why: self.stopped(), next: Some(next) };
        }
        Ending { status: Status::Success, why: None, next: Some(next) }
    }

    fn stopped(&self) -> Option<String> {
        let by = &self.execution.cancel()?.by;
        Some(format!("Stopped by {by} in {}.", self.iteration()))
    }

    /// Why a loop ends early: its timeout, that of an `onCancel` chain, sensitive items that are lost, or a complete
    /// request.
    fn interruption(&self) -> Option<Ending> {
        if self.is_stop_overdue() {
            return Some(Ending { status: Status::Cancelled, why: self.stopped(), next: Some(Next::End) });
        }
        if deadline(self.execution).is_some_and(|deadline| deadline <= self.now) {
            return Some(self.time_is_up());
        }
        if let Some(why) = self.lost_items() {
            return Some(lost_inputs(&why));
        }
        self.is_complete().then(|| {
            let by = self.execution.complete().map_or("", |complete| complete.by.as_str());
            let why = format!("Completed by {by} in {}, before the loop was over.", self.iteration());
            Ending { status: Status::Cancelled, why: Some(why), next: Some(Next::End) }
        })
    }

    fn time_is_up(&self) -> Ending {
        let seconds = self.open_loop().ok().and_then(|(step, _)| step.timeout_seconds).unwrap_or_default();
        let why = format!("The loop timed out after {seconds} s in {}.", self.iteration());
        Ending { status: Status::TimedOut, why: Some(why), next: None }
    }

    /// Ends the iteration under way. `None` when another one follows.
    fn iteration_over(&self, looping: &Loop) -> Result<Option<Ending>, EngineError> {
        let last = self.execution.runs().last().ok_or(EngineError::NoAttempt)?;
        if self.execution.is_loop_stopped() {
            return Ok(Some(Ending { status: Status::Cancelled, why: self.stopped(), next: Some(Next::End) }));
        }
        if last.status() == Status::Cancelled
            && let Some(ending) = self.interruption()
        {
            // Not cancelled by a request: the loop timed out, or its `onCancel` chain did.
            return Ok(Some(ending));
        }
        let aborts = looping.steps.get(last.step.as_str()).is_some_and(|step| step.on_failure == OnFailure::Abort);
        if aborts && matches!(last.status(), Status::Failed | Status::TimedOut) {
            let failure = last.ending.as_ref().and_then(|ending| ending.failure.as_ref());
            let said = failure.map(|failure| format!(" {}", failure.message)).unwrap_or_default();
            let why = format!("Step {} ended {} in {}.{said}", last.step, last.status(), self.iteration());
            return Ok(Some(Ending { status: last.status(), why: Some(why), next: None }));
        }
        if aborts && last.status() == Status::Cancelled {
            // An operator stopped this step alone. The loop continues as if the step had failed.
            let (step, _) = self.open_loop()?;
            let why = Some(format!("Step {} was stopped in {}.", last.step, self.iteration()));
            let next = Some(flow::after_step(self.runbook, self.execution, step, Status::Failed));
            return Ok(Some(Ending { status: Status::Cancelled, why, next }));
        }
        if let (Repeat::While(_), Ok((step, _))) = (&looping.repeat, self.open_loop())
            && let Some(why) = lost_reference(self.execution, step)
        {
            return Ok(Some(lost_inputs(&why)));
        }
        Ok(if self.goes_on(looping) { None } else { Some(Ending::success()) })
    }

    /// Whether another iteration follows.
    fn goes_on(&self, looping: &Loop) -> bool {
        let Some(run) = self.execution.looping() else { return false };
        let done = run.iteration.map_or(0, |iteration| iteration.number);
        let most = run.inputs.get("MaxIterations").and_then(Value::as_u64);
        if u64::from(done) >= most.unwrap_or(u64::try_from(LOOP_ITERATIONS).unwrap_or(u64::MAX)) {
            return false;
        }
        match &looping.repeat {
            Repeat::ForEach { .. } => usize::try_from(done).is_ok_and(|done| done < items(&run.inputs).len()),
            Repeat::While(condition) => holds(condition, &ExecutionScope { execution: self.execution, now: self.now }),
        }
    }

    /// Begins the next iteration of the loop under way.
    fn iterate(&mut self) -> Result<(), EngineError> {
        let last = self.execution.looping().and_then(|run| run.iteration).ok_or(EngineError::NoAttempt)?;
        let started = IterationStarted { iteration: last.number.saturating_add(1), deadline: last.deadline };
        self.record(Event::IterationStarted(started))
    }

    fn end_loop(&mut self, step: &'a Step, ending: Ending) -> Result<(), EngineError> {
        let Ending { status, why, next } = ending;
        let outputs = self.execution.looping().map(outputs).unwrap_or_default();
        let failure = why.map(|why| Failure::new(FailureStage::Invocation, FailureType::Action, why));
        let result = StepResult { outputs, failure, ..StepResult::default() };
        match next {
            Some(next) => self.record_step_end(status, result, step, Some(next)),
            None => self.end_step(step, status, result),
        }
    }

    /// Ends a loop between two of its steps because of a cancel request.
    pub(super) fn cancel_loop(&mut self) -> Result<(), EngineError> {
        let (step, _) = self.open_loop()?;
        let ending = Ending { status: Status::Cancelled, why: self.stopped(), next: Some(Next::End) };
        self.end_loop(step, ending)
    }

    /// Ends the current step because its loop timed out.
    pub(super) fn loop_is_overdue(&mut self) -> Result<(), EngineError> {
        let step = self.step()?;
        self.abandon_attempt()?;
        let why = format!("The loop timed out. {}", self.remains());
        let failure = Some(Failure::new(FailureStage::Invocation, FailureType::Action, why));
        self.record_step_end(Status::Cancelled, StepResult { failure, ..StepResult::default() }, step, Some(Next::End))
    }
}

/// The end of a loop whose inputs have sensitive values that are lost.
fn lost_inputs(why: &InputError) -> Ending {
    let why = Some(format!("Step fails when it is validating and resolving the step inputs. {why}"));
    Ending { status: Status::Failed, why, next: None }
}

/// The outputs of a loop: the number and the item of its last iteration.
fn outputs(run: &StepExecution) -> IndexMap<OutputName, Value> {
    let names = [CURRENT_ITERATION, CURRENT_ITERATOR_VALUE];
    names.into_iter().filter_map(|name| Some((OutputName::new(name), run.output(name)?.into_owned()))).collect()
}

/// The items of a for-each loop.
fn items(inputs: &IndexMap<String, Value>) -> &[Value] {
    inputs.get("Iterators").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Converts the items to the declared type.
fn iterators(value: Value, item_type: DataType) -> Result<Vec<Value>, InputError> {
    let items = match value {
        Value::Array(items) => items,
        value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => vec![value],
        value @ (Value::Null | Value::Object(_)) => {
            return Err(InputError::NoItems { found: described(&value) });
        }
    };
    if i128::try_from(items.len()).is_ok_and(|count| count > LOOP_ITERATIONS) {
        return Err(InputError::TooManyItems { found: items.len() });
    }
    let typed = items.into_iter().enumerate().map(|(at, item)| {
        let parsed = parsed_map(&item).filter(|_| item_type == DataType::StringMap);
        convert(parsed.as_ref().unwrap_or(&item), item_type)
            .map_err(|source| InputError::Item { position: at + 1, source })
    });
    typed.collect()
}

/// Parses a map given as JSON text: `Iterators` is a list of texts.
fn parsed_map(item: &Value) -> Option<Value> {
    let text = item.as_str()?.trim();
    serde_json::from_str(text).ok().filter(Value::is_object)
}

fn max_iterations(value: &Value) -> Result<u64, InputError> {
    let text = embedded(value);
    let number = text.trim().parse::<i128>().ok().filter(|number| (1..=LOOP_ITERATIONS).contains(number));
    number.and_then(|number| u64::try_from(number).ok()).ok_or(InputError::MaxIterations { found: text })
}
