//! What an attempt has created before its end: recorded, continued by another process, kept as outputs, and named where it is
//! left behind (spec aws-actions 1.2, 1.5, 18).

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::decision::Decision;
use super::error::EngineError;
use crate::event::{AttemptProgress, AttemptProgressed, Event};
use crate::execution::{AttemptState, Created, StepExecution};
use crate::name::OutputName;

impl Decision<'_> {
    /// Records what the attempt in flight has created, or that it was asked to stop.
    pub(super) fn progressed(&mut self, progressed: AttemptProgressed) -> Result<(), EngineError> {
        let Some(last) = self.execution.current().and_then(StepExecution::last_attempt) else { return Ok(()) };
        let is_in_flight = last.number == progressed.attempt && matches!(last.state, AttemptState::InFlight { .. });
        let resource = |output: &OutputName| last.created.as_ref().and_then(|created| created.find(output.as_str()));
        let is_new = match &progressed.progress {
            AttemptProgress::Created { output, .. } | AttemptProgress::Deleting { output, .. } => {
                resource(output).is_none()
            }
            AttemptProgress::StopRequested { output, .. } => resource(output).is_some_and(|it| it.stop.is_none()),
        };
        if is_in_flight && is_new {
            self.record(Event::AttemptProgressed(Arc::new(progressed)))?;
        }
        Ok(())
    }

    /// What the latest attempt of the current step has created.
    pub(super) fn created(&self) -> Option<&Created> {
        self.execution.current()?.last_attempt()?.created.as_deref()
    }

    /// What an attempt has created that is sent again. It is waited for no longer than by the process that created it.
    pub(super) fn continued(&self, attempt: u32) -> Option<&Created> {
        self.execution.current()?.last_attempt().filter(|last| last.number == attempt)?.created.as_deref()
    }

    /// The outputs that identify what was created, and `others`, which replace them: both exist although the step did not
    /// succeed.
    pub(super) fn with_created(&self, others: IndexMap<OutputName, Value>) -> IndexMap<OutputName, Value> {
        let resources = self.created().into_iter().flat_map(|created| &created.resources);
        let known = resources.filter(|resource| !resource.hidden);
        let mut outputs: IndexMap<OutputName, Value> =
            known.map(|resource| (resource.output.clone(), resource.value.clone())).collect();
        outputs.extend(others);
        outputs
    }

    /// What an attempt that is abandoned leaves behind, as a sentence.
    pub(super) fn remains(&self) -> String {
        match self.created() {
            Some(created) => created.describe_remains(),
            None => "The action may still be running.".to_owned(),
        }
    }
}
