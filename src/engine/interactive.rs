//! Interactive executions, whose steps an operator starts one at a time, and steps that an operator stops (spec 5.2).

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::decision::{Decision, StepResult};
use super::error::EngineError;
use super::flow;
use super::requests::cancelled_failure;
use super::step_execution_id::step_execution_id;
use crate::event::{Event, Mode, Next, NextStep, Signal, SignalReceived, Status, StepSkipped, WaitKind, WaitStarted};
use crate::execution::Phase;
use crate::runbook::Step;

impl Decision<'_> {
    /// Whether the next step runs now. In an interactive execution an operator has to start it; the steps of an
    /// `onCancel` chain need no approval.
    pub(super) fn is_to_start(&mut self, step: &Step) -> Result<bool, EngineError> {
        let started = self.execution.started();
        let is_asked = started.launch.mode == Mode::Interactive && !self.execution.starts_rest();
        if !is_asked || self.execution.cancel().is_some() {
            return Ok(true);
        }
        if let Some(asked) = self.execution.asked() {
            return Ok(!asked.signals.is_empty());
        }
        // Counted down from the maximum, because runs of steps count up from 0.
        let place = usize::MAX.saturating_sub(usize::try_from(self.execution.next_sequence()).unwrap_or_default());
        let step_execution = step_execution_id(started.seed, place);
        let wanted = WaitKind::Start(NextStep { step: step.name.clone(), step_execution });
        self.record(Event::WaitStarted(Arc::new(WaitStarted { until: Timestamp::MAX, wanted })))?;
        Ok(false)
    }

    /// The inputs of the next step that an operator changed.
    pub(super) fn edited(&self) -> Option<&IndexMap<String, Value>> {
        let signals = &self.execution.asked()?.signals;
        signals.last().map(|it| &it.received.inputs).filter(|inputs| !inputs.is_empty())
    }

    /// Skips the next step. The execution continues as if the step had succeeded.
    pub(super) fn skip(&mut self, received: SignalReceived) -> Result<(), EngineError> {
        let Phase::Between(Next::Step(name)) = self.execution.phase() else { return Ok(()) };
        let step = self.runbook.step(name.as_str());
        let step = step.ok_or_else(|| EngineError::UnknownStep(name.to_string()))?;
        let next = flow::after_step(self.runbook, self.execution, step, Status::Success);
        let SignalReceived { signal: _, by, comment, inputs: _, rest: _ } = received;
        self.record(Event::StepSkipped(Arc::new(StepSkipped { step: step.name.clone(), by, comment, next })))
    }

    /// Abandons the current step. The execution continues as if the step had failed.
    pub(super) fn stop_step(&mut self, received: SignalReceived) -> Result<(), EngineError> {
        debug_assert_eq!(received.signal, Signal::StopStep, "other signals do not end a step");
        let step = self.step()?;
        let failure = cancelled_failure(&received.by, self.attempt(), &self.remains());
        self.record(Event::SignalReceived(Arc::new(received)))?;
        self.abandon_attempt()?;
        let next = flow::after_step(self.runbook, self.execution, step, Status::Failed);
        let result = StepResult { failure: Some(failure), ..StepResult::default() };
        self.record_step_end(Status::Cancelled, result, step, Some(next))
    }
}
