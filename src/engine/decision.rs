//! What the parts of a decision share: the decision itself, the end of a step, its resolved inputs, its result.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::error::EngineError;
use super::flow;
use crate::event::{Event, Failure, Next, Recorded, Status, StepEnded, UnsetInput};
use crate::execution::{AttemptState, Checkpoint, Execution};
use crate::expression::ValueTemplate;
use crate::name::OutputName;
use crate::runbook::inputs::ActionRequest;
use crate::runbook::{Runbook, Step};

/// A decision under way: the state, and the events that were decided so far.
pub(super) struct Decision<'a> {
    pub(super) runbook: &'a Runbook,
    pub(super) execution: &'a mut Execution,
    pub(super) now: Timestamp,
    pub(super) events: Vec<Recorded>,
    /// The first of the events that starts something.
    pub(super) start: Option<PendingStart>,
}

/// The first event of a decision that starts a step, an attempt, or other work, for as long as it is not durable: it can
/// be revoked, with what follows from it.
#[derive(Debug)]
pub struct PendingStart {
    /// The number of events before it.
    events_before: usize,
    /// The state before it.
    before: Checkpoint,
    /// The request of the attempt that it starts, or that a later event of the decision starts.
    pub(super) request: Option<ActionRequest>,
}

impl PendingStart {
    /// Takes the request of the attempt that the decision starts; none where its action has no request, and for a retry,
    /// whose request is built from the inputs of the step.
    pub fn take_request(&mut self) -> Option<ActionRequest> {
        self.request.take()
    }

    /// Discards the start: `events` and `execution` are as if the decision had ended before it. A history may end there.
    pub fn revoke(self, execution: &mut Execution, events: &mut Vec<Recorded>) {
        events.truncate(self.events_before);
        execution.restore(self.before);
    }
}

impl<'a> Decision<'a> {
    pub(super) fn record(&mut self, event: Event) -> Result<(), EngineError> {
        if self.start.is_none() && event.starts_work() {
            let (events_before, before) = (self.events.len(), self.execution.checkpoint());
            self.start = Some(PendingStart { events_before, before, request: None });
        }
        let recorded = Recorded { sequence: self.execution.next_sequence(), at: self.now, event };
        self.execution.apply(&recorded)?;
        self.events.push(recorded);
        Ok(())
    }

    /// The current step as the runbook has it.
    pub(super) fn step(&self) -> Result<&'a Step, EngineError> {
        let name = &self.execution.current().ok_or(EngineError::NoAttempt)?.step;
        self.runbook.step(name.as_str()).ok_or_else(|| EngineError::UnknownStep(name.to_string()))
    }

    /// The number and state of the current attempt.
    pub(super) fn attempt(&self) -> Option<(u32, &AttemptState)> {
        self.execution.current()?.last_attempt().map(|attempt| (attempt.number, &attempt.state))
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
        // What the step created stays readable although the step did not succeed (spec aws-actions 1.2).
        let outputs = if status == Status::Success { outputs } else { self.with_created(outputs) };
        let ended = StepEnded { status, outputs: Arc::new(outputs), document, failure, next, hidden: Vec::new() };
        self.record(Event::StepEnded(Arc::new(ended)))
    }
}

/// The inputs of a step with all references replaced that have a value.
#[derive(Debug, Default)]
pub(super) struct ResolvedInputs {
    /// By name, in the order written.
    pub(super) values: IndexMap<String, Value>,
    /// The references without a value: their text stayed (spec 3.4).
    pub(super) unset: Vec<UnsetInput>,
}

impl ResolvedInputs {
    pub(super) fn with_capacity(inputs: usize) -> Self {
        Self { values: IndexMap::with_capacity(inputs), unset: Vec::new() }
    }

    pub(super) fn insert(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// Whether an input is nothing but a reference without a value.
    pub(super) fn is_unset(&self, name: &str, tree: &ValueTemplate) -> bool {
        let whole = matches!(tree, ValueTemplate::Text(template) if template.whole().is_some());
        whole && self.unset.iter().any(|unset| unset.input == name)
    }

    /// Why a reference that stayed cannot be the value of its input: the input has a type of its own (spec 3.4).
    pub(super) fn mistyped(&self, step: &Step) -> Option<String> {
        let spec = step.inputs.action().spec();
        self.unset.iter().find_map(|unset| {
            let name = unset.input.as_str();
            let wanted = spec.input(name).filter(|wanted| !wanted.takes_any_text())?;
            let tree = step.inputs.trees().get(name)?;
            let one_of = || format!("one of {}", wanted.values.join(", "));
            let kind = if wanted.values.is_empty() { wanted.kind.to_string() } else { one_of() };
            self.is_unset(name, tree).then(|| format!("Input {name} has to be {kind}."))
        })
    }
}

/// The result of a step.
#[derive(Default)]
pub(super) struct StepResult {
    pub(super) outputs: IndexMap<OutputName, Value>,
    pub(super) document: Option<Arc<Value>>,
    pub(super) failure: Option<Failure>,
}
