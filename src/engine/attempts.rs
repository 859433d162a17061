//! The attempts of a step: start, outcome, retries, throttles and timers (spec 2.2, 2.3).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::decision::{Decision, StepResult};
use super::error::EngineError;
use super::hidden_inputs::HiddenInputs;
use super::retry::{after, attempt_delay, retry_after_delay, throttle_delay};
use super::{looping, observations, outputs};
use crate::event::{
    ActionError, ActionResult, AttemptEnded, AttemptStarted, AttemptThrottled, CallReach, Cause, ErrorClass, Event,
    Failure, FailureStage, FailureType, Outcome, Status,
};
use crate::execution::AttemptState;
use crate::runbook::inputs::ActionRequest;

/// How an attempt failed.
enum AttemptFailure {
    Failed,
    TimedOut,
}

impl Decision<'_> {
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

    /// Starts the first attempt of the current step, with the request that was built from its inputs.
    pub(super) fn start_first_attempt(&mut self, request: Option<ActionRequest>) -> Result<(), EngineError> {
        self.start_attempt(1, 1)?;
        // A decision ends with the attempt that it starts, so there is one request at most.
        if let Some(start) = &mut self.start {
            start.request = request;
        }
        Ok(())
    }

    pub(super) fn start_attempt(&mut self, attempt: u32, sending: u32) -> Result<(), EngineError> {
        if let HiddenInputs::Lost(why) = self.reveal_inputs()? {
            return self.fail_without_inputs(&why);
        }
        let step = self.step()?;
        let timeout = super::timeout_seconds(step, self.execution.started().settings.long_invocations);
        let from_now = || timeout.map(|seconds| after(self.now, Duration::from_secs(seconds)));
        let deadline = self.continued(attempt).map_or_else(from_now, |created| created.deadline);
        self.record(Event::AttemptStarted(AttemptStarted { attempt, sending, deadline }))?;
        self.start_children()
    }

    pub(super) fn succeeded(&mut self, result: ActionResult) -> Result<(), EngineError> {
        let attempt = self.in_flight()?;
        let step = self.step()?;
        let ActionResult { mut outputs, document, request_id, notice, omits_document, secrets: _ } = result;
        let outcome = Outcome::Succeeded { request_id, notice };
        self.record(Event::AttemptEnded(Arc::new(AttemptEnded { attempt, outcome, retry_at: None })))?;
        let (status, failure) = match outputs::extract_outputs(step, &mut outputs, document.as_ref()) {
            Ok(()) => (Status::Success, None),
            Err(failure) => (Status::Failed, Some(failure)),
        };
        let document = document.filter(|_| !omits_document).map(Arc::new);
        self.end_step(step, status, StepResult { outputs, document, failure })
    }

    pub(super) fn failed(&mut self, error: ActionError) -> Result<(), EngineError> {
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

    pub(super) fn timer_fired(&mut self) -> Result<(), EngineError> {
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

    fn timed_out(&self) -> Result<Failure, EngineError> {
        let step = self.step()?;
        let seconds = super::timeout_seconds(step, self.execution.started().settings.long_invocations);
        let limit = seconds.map_or_else(|| "in time".to_owned(), |seconds| format!("within {seconds} s"));
        let message = match (&step.inputs.action().spec().polling, self.execution.current()) {
            (Some(polling), Some(run)) => observations::timeout_message(run, polling, &limit),
            (Some(_) | None, _) => format!("No answer {limit}. The action may still be running."),
        };
        let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
        failure.cause = Some(Box::new(Cause::new(ErrorClass::Timeout, CallReach::MayHaveRun)));
        Ok(failure)
    }
}
