//! Decides which events follow from one input.
//!
//! | state of the attempt | input                       | events                                                    |
//! |----------------------|-----------------------------|-----------------------------------------------------------|
//! | InFlight             | AttemptEnded(Ok)            | AttemptEnded, StepEnded, → next step                       |
//! | InFlight             | AttemptEnded(throttled)     | AttemptThrottled while the window lasts, else as failed    |
//! | InFlight             | AttemptEnded(Err)           | AttemptEnded; with attempts left a retry, else StepEnded   |
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
//! | InFlight             | Resumed, Retry              | ExecutionResumed, AttemptInterrupted, AttemptStarted       |
//! | InFlight, Interrupted | Resumed, Fail              | ExecutionResumed, AttemptEnded(Interrupted), StepEnded, →  |
//! | InFlight             | Resumed, Abandon             | ExecutionResumed, AttemptInterrupted                       |
//! | any other            | Resumed                     | ExecutionResumed                                           |

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::decision::{Decision, ResolvedInputs, StepResult};
use super::error::{EngineError, Undecided};
use super::input_error::InputError;
use super::retry::{after, attempt_delay, mix, retry_after_delay, throttle_delay};
use super::scope::{ExecutionScope, StartScope};
use super::{Input, Interrupted, Start, ending, flow, looping, outputs};
use crate::event::{
    ActionError, ActionResult, AttemptEnded, AttemptInterrupted, AttemptStarted, AttemptThrottled, CallReach,
    CancelRequested, Cause, CompleteRequested, ErrorClass, Event, ExecutionResumed, ExecutionStarted, FORMAT, Failure,
    FailureStage, FailureType, Next, Outcome, Recorded, Status, StepEnded, StepReused, StepStarted, UnsetInput,
};
use crate::execution::{AttemptState, Execution, Phase, StepExecution};
use crate::expression::{UnsetReference, ValueTemplate};
use crate::limits;
use crate::name::StepExecutionId;
use crate::runbook::binding::resolve_variable;
use crate::runbook::{Runbook, Step};

/// The outcome of the attempt in flight, as [`decide`] records it first. `None` where the input is no answer, or no attempt
/// is in flight.
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

/// Starts an execution: returns its first events and the state after them.
pub fn start(runbook: &Runbook, start: Start, now: Timestamp) -> Result<(Execution, Vec<Recorded>), EngineError> {
    let (mut execution, mut events) = open(runbook, start, now)?;
    events.extend(decide(runbook, &mut execution, Input::TimerFired, now)?);
    Ok((execution, events))
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
        format: FORMAT,
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
    let mut decision = Decision { runbook, execution: &mut execution, now, events: vec![first] };
    decision.carry_over(reused)?;
    let events = decision.events;
    Ok((execution, events))
}

/// Returns the events that follow from `input`, and folds them into `execution`: the state is always the fold of all
/// events returned, those of an error included. When they cannot be made durable, discard the state with them.
pub fn decide(
    runbook: &Runbook,
    execution: &mut Execution,
    input: Input,
    now: Timestamp,
) -> Result<Vec<Recorded>, Undecided> {
    let mut decision = Decision { runbook, execution, now, events: Vec::new() };
    match decision.take(input).and_then(|()| decision.advance()) {
        Ok(()) => Ok(decision.events),
        Err(error) => Err(Undecided { error, decided: decision.events }),
    }
}

/// How an attempt ended badly.
enum AttemptFailure {
    Failed,
    TimedOut,
}

impl<'a> Decision<'a> {
    fn take(&mut self, input: Input) -> Result<(), EngineError> {
        match input {
            Input::AttemptEnded(Ok(result)) => self.succeeded(result),
            Input::AttemptEnded(Err(error)) => self.failed(error),
            Input::TimerFired => self.timer_fired(),
            Input::Cancel { by } => self.cancel(by),
            Input::Complete { by } => self.complete(by),
            Input::Signal { step_execution, received } => self.signal(&step_execution, received),
            Input::Resumed { resumed, interrupted } => self.resumed(resumed, interrupted),
        }
    }

    /// The number of the attempt in flight.
    fn in_flight(&self) -> Result<u32, EngineError> {
        match self.attempt() {
            Some((attempt, AttemptState::InFlight { .. })) => Ok(attempt),
            Some((
                _,
                AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } | AttemptState::Ended { .. },
            ))
            | None => Err(EngineError::NoAttempt),
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

    fn end(&mut self) -> Result<(), EngineError> {
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
        if let Some(steered) = self.control_step(step) {
            return steered;
        }
        let Some(inputs) = self.begin_with_inputs(step)? else { return Ok(()) };
        match step.inputs.check_resolved(&inputs) {
            Ok(()) => self.start_attempt(1, 1),
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

    fn start_attempt(&mut self, attempt: u32, sending: u32) -> Result<(), EngineError> {
        self.reveal_inputs()?;
        let step = self.step()?;
        let timeout = super::timeout_seconds(step, self.execution.started().settings.long_invocations);
        let deadline = timeout.map(|seconds| after(self.now, Duration::from_secs(seconds)));
        self.record(Event::AttemptStarted(AttemptStarted { attempt, sending, deadline }))
    }

    fn succeeded(&mut self, result: ActionResult) -> Result<(), EngineError> {
        let attempt = self.in_flight()?;
        let step = self.step()?;
        let ActionResult { mut outputs, document, request_id, notice } = result;
        let outcome = Outcome::Succeeded { request_id, notice };
        self.record(Event::AttemptEnded(Arc::new(AttemptEnded { attempt, outcome, retry_at: None })))?;
        let (status, failure) = match outputs::extract(step, &mut outputs, document.as_ref()) {
            Ok(()) => (Status::Success, None),
            Err(failure) => (Status::Failed, Some(failure)),
        };
        let document = document.map(Arc::new);
        self.end_step(step, status, StepResult { outputs, document, failure })
    }

    fn failed(&mut self, error: ActionError) -> Result<(), EngineError> {
        let attempt = self.in_flight()?;
        let throttled = error.failure.cause.as_ref().is_some_and(|cause| cause.class == ErrorClass::Throttled);
        let is_sent_again = self.step()?.inputs.action().spec().retries_throttles;
        if throttled
            && is_sent_again
            && let Some(retry_at) = self.within_throttle_window(attempt, &error.failure)
        {
            let throttled = AttemptThrottled { attempt, failure: error.failure, retry_at };
            return self.record(Event::AttemptThrottled(Arc::new(throttled)));
        }
        self.fail_attempt(attempt, &AttemptFailure::Failed, error)
    }

    /// When a throttled call is sent again, or `None` when the window is over (spec 2.2). The window opens with the
    /// first throttle of the attempt; it excludes the time in which no process ran the execution, and interrupted
    /// sendings.
    fn within_throttle_window(&self, attempt: u32, failure: &Failure) -> Option<Timestamp> {
        let started = self.execution.started();
        let last = self.execution.current()?.last_attempt()?;
        let opened = last.throttled_since().unwrap_or(self.now);
        let run = self.execution.runs().len();
        let throttle = u32::try_from(last.throttles.len()).unwrap_or(u32::MAX).saturating_add(1);
        let delay = throttle_delay(&started.settings, started.seed, run, attempt, throttle);
        let retry_at = after(self.now, delay.max(retry_after_delay(failure)));
        let window = Duration::from_millis(started.settings.throttle_window);
        let closes = after(after(opened, window), self.unattended_since(opened));
        (retry_at <= closes && started.settings.throttle_window > 0).then_some(retry_at)
    }

    /// How long no process ran the execution since a moment: the sum of the times from the last event before each
    /// resumption to that resumption.
    fn unattended_since(&self, moment: Timestamp) -> Duration {
        let gaps = self.execution.resumes().iter().map(|resume| resume.at.duration_since(resume.after.max(moment)));
        gaps.filter_map(|gap| Duration::try_from(gap).ok()).sum()
    }

    fn fail_attempt(&mut self, attempt: u32, end: &AttemptFailure, error: ActionError) -> Result<(), EngineError> {
        let step = self.step()?;
        let ActionError { failure, outputs } = error;
        let started = self.execution.started();
        let retry_at = (attempt < step.max_attempts.get()).then(|| {
            let run = self.execution.runs().len();
            let delay = attempt_delay(&started.settings, started.seed, run, attempt);
            after(self.now, delay.max(retry_after_delay(&failure)))
        });
        let outcome = match end {
            AttemptFailure::Failed => Outcome::Failed { failure: failure.clone() },
            AttemptFailure::TimedOut => Outcome::TimedOut { failure: failure.clone() },
        };
        self.record(Event::AttemptEnded(Arc::new(AttemptEnded { attempt, outcome, retry_at })))?;
        if retry_at.is_some() {
            return Ok(());
        }
        let status = match end {
            AttemptFailure::Failed => Status::Failed,
            AttemptFailure::TimedOut => Status::TimedOut,
        };
        let failure = if attempt > 1 {
            let message = format!("Step {} failed maximum allowed times ({attempt}). {}", step.name, failure.message);
            Failure { message, ..failure }
        } else {
            failure
        };
        self.end_step(step, status, StepResult { outputs, document: None, failure: Some(failure) })
    }

    fn timer_fired(&mut self) -> Result<(), EngineError> {
        if self.execution.current().is_none() {
            return Ok(());
        }
        if self.is_stop_overdue() {
            return self.cut_off();
        }
        if looping::deadline(self.execution).is_some_and(|deadline| deadline <= self.now) {
            return self.loop_is_overdue();
        }
        if let Some(until) = self.execution.current().and_then(|run| Some(run.wait.as_ref()?.until)) {
            return if until <= self.now { self.wait_is_over() } else { Ok(()) };
        }
        match self.attempt() {
            Some((attempt, AttemptState::InFlight { deadline: Some(deadline), .. })) if *deadline <= self.now => {
                let error = ActionError::from(self.timed_out()?);
                self.fail_attempt(attempt, &AttemptFailure::TimedOut, error)
            }
            Some((attempt, AttemptState::Throttled { sending, retry_at })) if *retry_at <= self.now => {
                let sending = *sending + 1;
                self.start_attempt(attempt, sending)
            }
            Some((attempt, AttemptState::Interrupted { sending })) => {
                let sending = *sending + 1;
                self.start_attempt(attempt, sending)
            }
            Some((attempt, AttemptState::Ended { ended, .. })) => match ended.retry_at {
                Some(at) if at <= self.now => self.start_attempt(attempt + 1, 1),
                Some(_) => Ok(()),
                None => {
                    let ended = Arc::clone(ended);
                    self.end_undecided_step(&ended.outcome)
                }
            },
            Some(_) | None => Ok(()),
        }
    }

    /// Fails the step of an attempt after which the engine failed on an internal error. The outcome is lost, and the
    /// attempt is not repeated.
    fn end_undecided_step(&mut self, outcome: &Outcome) -> Result<(), EngineError> {
        let step = self.step()?;
        let (status, failure) = match outcome {
            Outcome::Failed { failure } | Outcome::Interrupted { failure } => (Status::Failed, failure.clone()),
            Outcome::TimedOut { failure } => (Status::TimedOut, failure.clone()),
            Outcome::Succeeded { .. } | Outcome::Cancelled => {
                let message = "The attempt ended, and the process failed before its result was stored.";
                (Status::Failed, Failure::new(FailureStage::PostVerification, FailureType::Internal, message))
            }
        };
        self.end_step(step, status, StepResult { failure: Some(failure), ..StepResult::default() })
    }

    pub(super) fn is_stop_overdue(&self) -> bool {
        self.execution.cancel().is_some_and(|cancel| cancel.until <= self.now)
    }

    /// Ends the current step of an overdue `onCancel` chain.
    fn cut_off(&mut self) -> Result<(), EngineError> {
        let step = self.step()?;
        self.abandon_attempt()?;
        let result = StepResult { failure: Some(cleanup_timeout_failure()), ..StepResult::default() };
        self.record_step_end(Status::Cancelled, result, step, Some(Next::End))
    }

    fn timed_out(&self) -> Result<Failure, EngineError> {
        let step = self.step()?;
        let seconds = super::timeout_seconds(step, self.execution.started().settings.long_invocations);
        let limit = seconds.map_or_else(|| "in time".to_owned(), |seconds| format!("within {seconds} s"));
        let message = format!("No answer {limit}. What the step started may still be running.");
        let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
        failure.cause = Some(Box::new(Cause::new(ErrorClass::Timeout, CallReach::MayHaveRun)));
        Ok(failure)
    }

    fn cancel(&mut self, by: String) -> Result<(), EngineError> {
        if self.execution.cancel().is_some() || matches!(self.execution.phase(), Phase::Ended { .. }) {
            return Ok(());
        }
        let until = after(self.now, limits::CANCEL_CHAIN);
        let failure = cancelled_failure(&by, self.attempt());
        self.record(Event::CancelRequested(CancelRequested { by, until }))?;
        if self.execution.current().is_none() {
            // No step has begun: there is nothing to abandon or to clean up.
            if self.execution.looping().is_some() {
                self.cancel_loop()?;
            }
            return self.end();
        }
        let step = self.step()?;
        self.abandon_attempt()?;
        self.end_step(step, Status::Cancelled, StepResult { failure: Some(failure), ..StepResult::default() })
    }

    /// Ends the attempt that is in flight or waits to be sent again.
    pub(super) fn abandon_attempt(&mut self) -> Result<(), EngineError> {
        match self.attempt() {
            Some((attempt, AttemptState::InFlight { .. } | AttemptState::Throttled { .. })) => {
                let ended = AttemptEnded { attempt, outcome: Outcome::Cancelled, retry_at: None };
                self.record(Event::AttemptEnded(Arc::new(ended)))
            }
            Some((attempt, AttemptState::Interrupted { .. })) => self.leave_interrupted(attempt, interrupted_failure()),
            Some((_, AttemptState::Ended { .. })) | None => Ok(()),
        }
    }

    fn leave_interrupted(&mut self, attempt: u32, failure: Failure) -> Result<(), EngineError> {
        let ended = AttemptEnded { attempt, outcome: Outcome::Interrupted { failure }, retry_at: None };
        self.record(Event::AttemptEnded(Arc::new(ended)))
    }

    fn complete(&mut self, by: String) -> Result<(), EngineError> {
        let is_asked = self.execution.cancel().is_some() || self.execution.complete().is_some();
        if is_asked || matches!(self.execution.phase(), Phase::Ended { .. }) {
            return Ok(());
        }
        let why = format!("Completed by {by} while it waited.");
        self.record(Event::CompleteRequested(CompleteRequested { by }))?;
        if !self.execution.current().is_some_and(StepExecution::waits_for_somebody) {
            return Ok(());
        }
        // An approval or a pause may last for days: a complete request ends it, without cleanup (spec 9.17).
        let step = self.step()?;
        let failure = Some(Failure::new(FailureStage::Invocation, FailureType::Action, why));
        self.record_step_end(Status::Cancelled, StepResult { failure, ..StepResult::default() }, step, Some(Next::End))
    }

    /// Resumes the execution of a process that ended. A call in flight then may have run.
    fn resumed(&mut self, resumed: ExecutionResumed, policy: Interrupted) -> Result<(), EngineError> {
        if matches!(self.execution.phase(), Phase::Ended { .. }) {
            return Ok(());
        }
        self.record(Event::ExecutionResumed(Arc::new(resumed)))?;
        // Fail now rather than after the wait if a secret is missing. Abandoned calls need none.
        let is_sent_again = policy != Interrupted::Abandon && !self.is_stop_overdue();
        let attempt = match self.attempt() {
            Some((attempt, AttemptState::InFlight { .. })) => attempt,
            Some((attempt, AttemptState::Interrupted { .. })) if policy == Interrupted::Fail => attempt,
            Some((
                _,
                AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } | AttemptState::Ended { .. },
            ))
            | None => {
                if is_sent_again {
                    self.reveal_inputs()?;
                }
                return Ok(());
            }
        };
        if policy == Interrupted::Fail {
            // The enclosing loop may go on with the next item.
            self.reveal_loop()?;
            let step = self.step()?;
            self.leave_interrupted(attempt, interrupted_failure())?;
            let result = StepResult { failure: Some(interrupted_failure()), ..StepResult::default() };
            return self.end_step(step, Status::Failed, result);
        }
        self.record(Event::AttemptInterrupted(AttemptInterrupted { attempt }))?;
        if self.is_stop_overdue() {
            return self.cut_off();
        }
        match policy {
            Interrupted::Retry => self.timer_fired(),
            Interrupted::Abandon | Interrupted::Fail => Ok(()),
        }
    }

    /// Resolves the hidden inputs of the current step again, as they were when the step was reached.
    fn reveal_inputs(&mut self) -> Result<(), EngineError> {
        self.reveal_loop()?;
        let Some(run) = self.execution.current().filter(|run| !run.hidden.is_empty()) else {
            return Ok(());
        };
        let step = self.step()?;
        if let crate::runbook::Inputs::Loop(looping) = &step.inputs {
            let inputs = self
                .loop_inputs(looping, run.started_at)
                .map_err(|error| EngineError::MissingSecret(error.to_string()))?;
            self.execution.reveal_inputs(inputs.values);
            return Ok(());
        }
        let mut inputs = ResolvedInputs { values: IndexMap::clone(&run.inputs), unset: Vec::new() };
        for name in &*run.hidden {
            let tree = step.inputs.trees().get(name);
            let tree = tree.ok_or_else(|| EngineError::MissingSecret(format!("the runbook has no input {name}")))?;
            self.resolve_input(name, tree, run.started_at, &mut inputs)
                .map_err(|error| EngineError::MissingSecret(error.to_string()))?;
        }
        self.execution.reveal_inputs(inputs.values);
        Ok(())
    }

    pub(super) fn end_step(&mut self, step: &Step, status: Status, result: StepResult) -> Result<(), EngineError> {
        // The step of the overdue `onCancel` chain is its last one.
        let is_overdue = self.execution.cancel().is_some_and(|cancel| cancel.until <= self.now);
        self.record_step_end(status, result, step, is_overdue.then_some(Next::End))
    }

    pub(super) fn record_step_end(
        &mut self,
        status: Status,
        result: StepResult,
        step: &Step,
        next: Option<Next>,
    ) -> Result<(), EngineError> {
        let next = next.unwrap_or_else(|| flow::after_step(self.runbook, self.execution, step, status));
        let StepResult { outputs, document, failure } = result;
        let ended = StepEnded { status, outputs: Arc::new(outputs), document, failure, next, hidden: Vec::new() };
        self.record(Event::StepEnded(Arc::new(ended)))
    }
}

/// Why a step is `Cancelled`, and what the attempt that was given up leaves behind.
pub(super) fn cancelled_failure(by: &str, attempt: Option<(u32, &AttemptState)>) -> Failure {
    let said = match attempt {
        Some((number, AttemptState::InFlight { .. })) => {
            format!(" during attempt {number}. What the step started may still be running.")
        }
        Some((number, AttemptState::Interrupted { .. })) => {
            format!(" after attempt {number} was interrupted. What the step started may still be running.")
        }
        Some((number, AttemptState::Throttled { .. })) => {
            format!(" while attempt {number}, which was throttled, waited to be sent again.")
        }
        Some((number, AttemptState::Ended { ended, .. })) => {
            let last = match &ended.outcome {
                Outcome::Failed { failure } | Outcome::TimedOut { failure } | Outcome::Interrupted { failure } => {
                    format!(": {}", failure.message)
                }
                Outcome::Succeeded { .. } | Outcome::Cancelled => ".".to_owned(),
            };
            format!(" after attempt {number}, before the next{last}")
        }
        None => ".".to_owned(),
    };
    Failure::new(FailureStage::Invocation, FailureType::Action, format!("Stopped by {by}{said}"))
}

/// The failure of an interrupted attempt.
fn interrupted_failure() -> Failure {
    let message =
        "The process that waited for the answer ended. What the step started may have run, or may still be running.";
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Internal, message);
    failure.cause = Some(Box::new(Cause::new(ErrorClass::Interrupted, CallReach::MayHaveRun)));
    failure
}

fn cleanup_timeout_failure() -> Failure {
    Failure::new(
        FailureStage::Invocation,
        FailureType::Action,
        format!("The onCancel chain was cut off after {} s.", limits::CANCEL_CHAIN.as_secs()),
    )
}

/// An id in the service's form, a UUID, derived from the seed so that decisions are repeatable.
pub(super) fn step_execution_id(seed: u64, run: usize) -> StepExecutionId {
    let high = mix(seed, run, u32::MAX, 1);
    let low = mix(seed, run, u32::MAX, 2);
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    StepExecutionId::new(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()) as &str)
}
