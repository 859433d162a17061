//! Decides which events follow from one input.
//!
//! | state of the attempt | input                       | events                                                    |
//! |----------------------|-----------------------------|-----------------------------------------------------------|
//! | InFlight             | AttemptEnded(Ok)            | AttemptEnded, StepEnded, → next step                       |
//! | InFlight             | AttemptEnded(throttled)     | AttemptThrottled while the window lasts, else as failed    |
//! | InFlight             | AttemptEnded(Err)           | AttemptEnded; with attempts left a retry, else StepEnded   |
//! | InFlight             | TargetsResolved, the first   | TargetsResolved, ChildStarted for the targets that may start now |
//! | InFlight             | LocationsResolved, where awaited | LocationsResolved, ChildStarted for the first pairs |
//! | InFlight             | ChildEnded, of a running child | ChildEnded, ChildStarted for the targets that may start now |
//! | InFlight             | Observed                    | AttemptObserved; none when the same was recorded a short time ago |
//! | InFlight             | Progressed                  | AttemptProgressed                                          |
//! | InFlight             | TimerFired, deadline has come    | AttemptEnded(TimedOut); likewise                           |
//! | Throttled            | TimerFired, retry has come       | AttemptStarted, the same attempt                           |
//! | Ended, retry to come | TimerFired, retry has come       | AttemptStarted, the next attempt                           |
//! | Ended, no retry      | TimerFired                       | StepEnded(Failed): the process failed right after the attempt, → |
//! | Interrupted          | TimerFired                       | AttemptStarted, the same attempt                           |
//! | none, but a wait     | TimerFired, its end has come     | StepEnded, → next step                                     |
//! | none: between steps  | TimerFired                       | → the next step, or the end                                |
//! | any, inside a loop   | TimerFired, its time is up       | AttemptEnded(Cancelled), StepEnded(Cancelled), StepEnded(TimedOut) of the loop, → |
//! | any                  | TimerFired, too early            | none                                                       |
//! | any                  | TimerFired, cancel chain is overdue | AttemptEnded(Cancelled), StepEnded(Cancelled), the end     |
//! | any                  | Cancel, the first           | CancelRequested, AttemptEnded(Cancelled), StepEnded, → `onCancel` or the end |
//! | any                  | Cancel again, or after the end | none                                                    |
//! | any                  | Complete, the first         | CompleteRequested; the end follows the current step        |
//! | none, waits for a person  | Complete, the first     | CompleteRequested, StepEnded(Cancelled), the end           |
//! | InFlight             | Resumed, sent again         | ExecutionResumed, AttemptInterrupted, AttemptStarted       |
//! | InFlight, Interrupted | Resumed, not sent again    | ExecutionResumed, AttemptEnded(Interrupted), StepEnded, →  |
//! | InFlight             | Resumed, Abandon             | ExecutionResumed, AttemptInterrupted                       |
//! | any other            | Resumed                     | ExecutionResumed                                           |

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::decision::{Decision, PendingStart, ResolvedInputs, StepResult};
use super::error::{EngineError, Undecided};
use super::input_error::InputError;
use super::scope::{ExecutionScope, StartScope};
use super::step_execution_id::step_execution_id;
use super::{Input, Start, ending};
use crate::event::{
    AttemptEnded, Event, ExecutionStarted, Failure, FailureStage, FailureType, Next, Outcome, Recorded, Status,
    StepReused, StepStarted, UnsetInput,
};
use crate::execution::{AttemptState, Execution, Phase};
use crate::expression::{UnsetReference, ValueTemplate};
use crate::runbook::binding::resolve_variable;
use crate::runbook::inputs::ActionRequest;
use crate::runbook::{Runbook, Step};

/// The outcome of the attempt in flight, as [`decide`] records it first. `None` when the input is not the end of an
/// attempt, or no attempt is in flight.
pub fn outcome(execution: &Execution, input: &Input, now: Timestamp) -> Option<Recorded> {
    let Input::AttemptEnded(result) = input else { return None };
    let last = execution.current()?.last_attempt()?;
    if !matches!(last.state, AttemptState::InFlight { .. }) {
        return None;
    }
    let outcome = match result {
        Ok(result) => Outcome::Succeeded { request_id: result.request_id.clone(), notice: result.notice.clone() },
        Err(error) => Outcome::Failed { failure: error.failure.clone() },
    };
    let ended = AttemptEnded { attempt: last.number, outcome, retry_at: None };
    Some(Recorded { sequence: execution.next_sequence(), at: now, event: Event::AttemptEnded(Arc::new(ended)) })
}

/// Starts an execution: returns its first events, the state after them, and the request of the attempt that they start.
pub fn start(
    runbook: &Runbook,
    start: Start,
    now: Timestamp,
) -> Result<(Execution, Vec<Recorded>, Option<ActionRequest>), EngineError> {
    let (mut execution, mut events) = open(runbook, start, now)?;
    let (first, start) = decide_revocable(runbook, &mut execution, Input::TimerFired, now)?;
    events.extend(first);
    Ok((execution, events, start.and_then(|mut start| start.take_request())))
}

/// Like [`start`], without the first step: for an execution that waits, or that another process runs.
pub fn open(runbook: &Runbook, start: Start, now: Timestamp) -> Result<(Execution, Vec<Recorded>), EngineError> {
    let Start { execution, document, parameters, executed_by, environment, settings, seed, outline, launch, reused } =
        start;
    let scope = StartScope { parameters: &parameters, environment: &environment, execution: execution.as_str(), now };
    let mut variables = IndexMap::new();
    for (name, variable) in runbook.variables() {
        if let Some(default) = &variable.default {
            let value = resolve_variable(default, variable.data_type, &scope)
                .map_err(|source| EngineError::Variable { name: name.to_string(), source })?;
            variables.insert(name.clone(), value);
        }
    }
    let started = ExecutionStarted {
        format: launch.format(),
        execution,
        document,
        parameters,
        variables,
        executed_by,
        environment,
        settings,
        seed,
        outline,
        launch,
        hidden: Vec::new(),
    };
    let first = Recorded { sequence: 0, at: now, event: Event::ExecutionStarted(Arc::new(started)) };
    let mut execution = Execution::begin(&first)?;
    let mut decision = Decision { runbook, execution: &mut execution, now, events: vec![first], start: None };
    decision.carry_over(reused)?;
    let events = decision.events;
    Ok((execution, events))
}

/// Returns the events that follow from `input`, and folds them into `execution`. An error leaves the state as it was, and
/// returns the events that were decided before it. When events cannot be made durable, go back to a
/// [checkpoint](Execution::checkpoint) from before them.
pub fn decide(
    runbook: &Runbook,
    execution: &mut Execution,
    input: Input,
    now: Timestamp,
) -> Result<Vec<Recorded>, Undecided> {
    decide_revocable(runbook, execution, input, now).map(|(events, _)| events)
}

/// Like [`decide`], and returns the first start among the events, which can be revoked before they are durable, and has
/// the request of the attempt.
pub fn decide_revocable(
    runbook: &Runbook,
    execution: &mut Execution,
    input: Input,
    now: Timestamp,
) -> Result<(Vec<Recorded>, Option<PendingStart>), Undecided> {
    let before = execution.checkpoint();
    let mut decision = Decision { runbook, execution, now, events: Vec::new(), start: None };
    match decision.take(input).and_then(|()| decision.advance()) {
        Ok(()) => Ok((decision.events, decision.start)),
        Err(error) => {
            let decided = decision.events;
            execution.restore(before);
            Err(Undecided { error, decided })
        }
    }
}

impl<'a> Decision<'a> {
    fn take(&mut self, input: Input) -> Result<(), EngineError> {
        match input {
            Input::AttemptEnded(Ok(result)) => self.succeeded(result),
            Input::AttemptEnded(Err(error)) => self.failed(error),
            Input::TargetsResolved(resolved) => self.targets_resolved(resolved),
            Input::ChildEnded(ended) => self.child_ended(ended),
            Input::LocationsResolved(resolved) => self.locations_resolved(resolved),
            Input::Observed(seen) => self.observed(seen),
            Input::Progressed(progressed) => self.progressed(progressed),
            Input::TimerFired => self.timer_fired(),
            Input::Cancel { by } => self.cancel(by),
            Input::Complete { by } => self.complete(by),
            Input::Signal { step_execution, received } => self.signal(&step_execution, received),
            Input::Resumed { resumed, interrupted } => self.resumed(resumed, interrupted),
        }
    }

    /// Records the results that are carried over from another execution.
    fn carry_over(&mut self, reused: Vec<StepReused>) -> Result<(), EngineError> {
        for step in reused {
            self.record(Event::StepReused(Arc::new(step)))?;
        }
        Ok(())
    }

    /// Enters steps until one has to wait, or the execution ends.
    fn advance(&mut self) -> Result<(), EngineError> {
        loop {
            match self.execution.phase() {
                Phase::InStep | Phase::Ended { .. } => return Ok(()),
                Phase::Between(next) if self.execution.looping().is_some() => {
                    let next = next.clone();
                    if !self.within_loop(next)? {
                        return Ok(());
                    }
                }
                Phase::Between(Next::End) => self.end()?,
                Phase::Between(Next::Step(_)) if self.is_complete() => self.end()?,
                Phase::Between(Next::Step(name)) => {
                    let step = self.runbook.steps().get(name.as_str());
                    let step = step.ok_or_else(|| EngineError::UnknownStep(name.to_string()))?;
                    if !self.is_to_start(step)? {
                        return Ok(());
                    }
                    self.enter(step)?;
                }
            }
        }
    }

    pub(super) fn end(&mut self) -> Result<(), EngineError> {
        let ending = ending::ending(self.runbook, self.execution);
        self.record(Event::ExecutionEnded(Arc::new(ending)))
    }

    /// Whether a complete request ends the execution after the current step. A cancelled execution ends by its own
    /// rules.
    pub(super) fn is_complete(&self) -> bool {
        self.execution.complete().is_some() && self.execution.cancel().is_none()
    }

    /// Starts a step: resolves its inputs and begins the first attempt, or fails the step at once (spec 2.3, 3.4).
    pub(super) fn enter(&mut self, step: &'a Step) -> Result<(), EngineError> {
        if let Some(entered) = self.control_step(step) {
            return entered;
        }
        let Some(inputs) = self.begin_with_inputs(step)? else { return Ok(()) };
        match step.inputs.build_request(&inputs) {
            Ok(request) => self.start_first_attempt(request),
            Err(problem) => self.refuse_inputs(step, &format!("{problem}.")),
        }
    }

    /// Begins a step with its inputs resolved. `None` when they are invalid and the step has failed.
    pub(super) fn begin_with_inputs(
        &mut self,
        step: &Step,
    ) -> Result<Option<Arc<IndexMap<String, Value>>>, EngineError> {
        let (inputs, refusal) = match self.resolve(step) {
            Ok(inputs) => {
                let refusal = inputs.mistyped(step);
                (inputs, refusal)
            }
            Err(error) => (ResolvedInputs::default(), Some(error.to_string())),
        };
        let values = self.begin_step(step, inputs)?;
        match refusal {
            None => Ok(Some(values)),
            Some(why) => self.refuse_inputs(step, &why).map(|()| None),
        }
    }

    /// Begins a step. Returns its inputs.
    pub(super) fn begin_step(
        &mut self,
        step: &Step,
        inputs: ResolvedInputs,
    ) -> Result<Arc<IndexMap<String, Value>>, EngineError> {
        let step_execution = step_execution_id(self.execution.started().seed, self.execution.runs().len());
        let ResolvedInputs { values, unset } = inputs;
        let values = Arc::new(values);
        self.record(Event::StepStarted(Arc::new(StepStarted {
            step: step.name.clone(),
            step_execution,
            inputs: Arc::clone(&values),
            unset,
            hidden: Vec::new(),
        })))?;
        Ok(values)
    }

    /// Fails a step whose inputs are invalid (spec 2.3). The message names the references without a value.
    pub(super) fn refuse_inputs(&mut self, step: &Step, why: &str) -> Result<(), EngineError> {
        let mut message = format!("Step fails when it is validating and resolving the step inputs. {why}");
        for unset in self.execution.current().iter().flat_map(|run| &run.unset) {
            message.push_str(&format!(" {unset}."));
        }
        let failure = Failure::new(FailureStage::InputValidation, FailureType::Verification, message);
        self.end_step(step, Status::Failed, StepResult { failure: Some(failure), ..StepResult::default() })
    }

    fn resolve(&self, step: &Step) -> Result<ResolvedInputs, InputError> {
        let mut inputs = ResolvedInputs::with_capacity(step.inputs.trees().len());
        let edited = self.edited();
        for (name, tree) in step.inputs.trees() {
            match edited.and_then(|edited| edited.get(name)) {
                Some(value) => inputs.insert(name, value.clone()),
                None => self.resolve_input(name, tree, self.now, &mut inputs)?,
            }
        }
        for (name, value) in edited.into_iter().flatten() {
            inputs.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(inputs)
    }

    /// Adds an input with its references replaced by their values at a moment.
    pub(super) fn resolve_input(
        &self,
        name: &str,
        tree: &ValueTemplate,
        now: Timestamp,
        inputs: &mut ResolvedInputs,
    ) -> Result<(), InputError> {
        let scope = ExecutionScope { execution: self.execution, now };
        let mut unset = Vec::new();
        let value = tree
            .resolve_inputs(&scope, &mut unset)
            .map_err(|source| InputError::Unresolved { input: name.to_owned(), source })?;
        inputs.insert(name, value.into_owned());
        for UnsetReference { reference, why } in unset {
            let unset = UnsetInput { input: name.to_owned(), reference, reason: why };
            if !inputs.unset.contains(&unset) {
                inputs.unset.push(unset);
            }
        }
        Ok(())
    }
}
