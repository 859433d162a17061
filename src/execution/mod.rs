//! The state of an execution: the fold of its events.
//!
//! Owns: the state that events lead to, and the summary in the service's shape for reports and APIs. Does not own:
//! deciding what happens next (`engine`). Imports `event` and `name`.

mod attempt;
mod checkpoint;
mod created;
mod fold;
mod log_tail;
mod step;
mod summary;
mod targets;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::event::{
    CancelRequested, CompleteRequested, ExecutionEnded, ExecutionResumed, ExecutionStarted, Next, Recorded, Status,
    WaitKind,
};
use crate::name::{ExecutionId, OutputName, ParameterName, StepExecutionId, StepName, VariableName};

pub use checkpoint::Checkpoint;
pub use created::{Created, CreatedResource, StopRequest, identifier_text};
pub use fold::InvalidHistory;
pub use log_tail::{LogTail, LogTailReader};
pub use step::{
    Attempt, AttemptChildren, AttemptState, Iteration, LatestObservation, LoopPosition, Received, StepEnding,
    StepExecution, Throttle, Wait,
};
pub use summary::{AutomationExecution, FailureDetails, ObservationSummary, ParentStepDetails, StepExecutionSummary};
pub use targets::{
    EARLIER_TARGETS_PARAMETER, ProgressCounters, ResolvedTargets, TargetEntry, TargetFields, target_names,
};

/// The output of a loop that counts its iterations.
pub const CURRENT_ITERATION: &str = "CurrentIteration";

/// The output of a for-each loop that is the item of the iteration.
pub const CURRENT_ITERATOR_VALUE: &str = "CurrentIteratorValue";

/// The state of an execution after some of its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    started: Arc<ExecutionStarted>,
    started_at: Timestamp,
    changed_at: Timestamp,
    /// Shared with checkpoints.
    variables: Arc<IndexMap<VariableName, Value>>,
    runs: Vec<StepExecution>,
    latest: HashMap<StepName, usize>,
    looping: Option<Looping>,
    /// The run that ended last.
    ended: Option<usize>,
    phase: Phase,
    /// Between steps: the wait for an operator to start the next step, with its signals.
    asked: Option<Wait>,
    cancel: Option<CancelRequested>,
    complete: Option<CompleteRequested>,
    /// The run that was the current one when the execution was completed.
    completed_in: Option<usize>,
    /// Whether an operator started all remaining steps of an interactive execution.
    starts_rest: bool,
    /// The variables that steps have set, and whether the journal redacts them.
    updated: Arc<HashMap<VariableName, bool>>,
    resumes: Vec<Resume>,
    next_sequence: u64,
}

/// One resumption of the execution by another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// When.
    pub at: Timestamp,
    /// When the latest event before it happened.
    pub after: Timestamp,
    /// The process that resumed it.
    pub resumed: Arc<ExecutionResumed>,
}

/// The phase of an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Between steps: the next one has not started yet.
    Between(Next),
    /// The last of [`Execution::runs`] is the current step. Inside a loop the loop is open too.
    InStep,
    /// Ended.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        ending: Arc<ExecutionEnded>,
    },
}

/// The loop under way: at most one, since loops cannot be nested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Looping {
    /// The index of its run.
    run: usize,
    /// Whether the execution was cancelled while it was under way.
    is_stopped: bool,
}

impl Execution {
    /// Its id.
    pub fn id(&self) -> &ExecutionId {
        &self.started.execution
    }

    /// The data that it started with.
    pub fn started(&self) -> &ExecutionStarted {
        &self.started
    }

    /// When it started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// All parameters, defaults included.
    pub fn parameters(&self) -> &IndexMap<ParameterName, Value> {
        &self.started.parameters
    }

    /// The variables that have a value.
    pub fn variables(&self) -> &IndexMap<VariableName, Value> {
        &self.variables
    }

    /// Whether the journal hides the value of a variable.
    pub fn hides_variable(&self, name: &str) -> bool {
        match self.updated.get(name) {
            Some(is_hidden) => *is_hidden,
            None => self.started.hidden.iter().any(|hidden| hidden == name),
        }
    }

    /// Whether a step set a variable to a sensitive value, which the journal hides.
    pub fn has_lost_variable(&self, name: &str) -> bool {
        self.updated.get(name).copied().unwrap_or_default()
    }

    /// All runs of steps, in the order in which they started.
    pub fn runs(&self) -> &[StepExecution] {
        &self.runs
    }

    /// The latest run of a step.
    pub fn latest(&self, step: &str) -> Option<&StepExecution> {
        self.latest.get(step).and_then(|index| self.runs.get(*index))
    }

    /// The current step.
    pub fn current(&self) -> Option<&StepExecution> {
        match self.phase {
            Phase::InStep => self.runs.last(),
            Phase::Between(_) | Phase::Ended { .. } => None,
        }
    }

    /// The run that ended last: a loop ends after the runs of its steps.
    pub fn ended_last(&self) -> Option<&StepExecution> {
        self.runs.get(self.ended?)
    }

    /// The run of the loop under way.
    pub fn looping(&self) -> Option<&StepExecution> {
        self.runs.get(self.looping?.run)
    }

    /// Whether the execution was cancelled while the loop under way was running. False for a loop that runs for
    /// cleanup, after the cancel request.
    pub fn is_loop_stopped(&self) -> bool {
        self.looping.is_some_and(|looping| looping.is_stopped)
    }

    /// The loop that contains a run of a step, with the number of the iteration.
    pub fn parent(&self, run: &StepExecution) -> Option<(&StepExecution, u32)> {
        let parent = run.parent?;
        Some((self.runs.get(parent.run)?, parent.iteration))
    }

    /// The phase.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Whether a failure of this run fails the execution: its step is critical, or an `Abort` ended the execution
    /// there, regardless of `isCritical` (spec 9.16). A step inside a loop that aborts ends the loop, which is
    /// considered instead.
    pub fn counts(&self, run: &StepExecution) -> bool {
        let outline = self.started.outline.steps.iter().find(|step| step.name == run.step);
        outline.is_none_or(|step| match step.on_failure.as_str() {
            "Abort" => run.parent.is_none(),
            _ => step.is_critical,
        })
    }

    /// The wait between steps, with its signals.
    pub fn asked(&self) -> Option<&Wait> {
        self.asked.as_ref()
    }

    /// The wait for a person: that of the current step, or that between steps.
    pub fn waits_for(&self) -> Option<&Wait> {
        match &self.phase {
            Phase::Between(_) => self.asked.as_ref().filter(|wait| wait.signals.is_empty()),
            Phase::InStep => self.current().filter(|run| run.waits_for_person())?.wait.as_ref(),
            Phase::Ended { .. } => None,
        }
    }

    /// The cancel request, if there was one.
    pub fn cancel(&self) -> Option<&CancelRequested> {
        self.cancel.as_ref()
    }

    /// The complete request, if there was one.
    pub fn complete(&self) -> Option<&CompleteRequested> {
        self.complete.as_ref()
    }

    /// Whether a complete request ended the wait of this run for a person (spec 9.17).
    pub fn is_completed_wait(&self, run: &StepExecution) -> bool {
        let completed = self.completed_in.and_then(|index| self.runs.get(index));
        let waited = run.wait.as_ref().is_some_and(|wait| wait.wanted != WaitKind::Time);
        waited && completed.is_some_and(|completed| std::ptr::eq(completed, run))
    }

    /// Whether the remaining steps of an interactive execution start automatically.
    pub fn starts_rest(&self) -> bool {
        self.starts_rest
    }

    /// The time of its latest event.
    pub fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// Every resumption by another process.
    pub fn resumes(&self) -> &[Resume] {
        &self.resumes
    }

    /// The status.
    pub fn status(&self) -> Status {
        match &self.phase {
            Phase::Ended { ending, .. } => ending.status,
            Phase::Between(_) | Phase::InStep if self.cancel.is_some() => Status::Cancelling,
            Phase::Between(_) | Phase::InStep if self.waits_for().is_some() => Status::Waiting,
            Phase::Between(_) | Phase::InStep => Status::InProgress,
        }
    }

    /// How it ended.
    pub fn ending(&self) -> Option<&ExecutionEnded> {
        match &self.phase {
            Phase::Ended { ending, .. } => Some(ending),
            Phase::Between(_) | Phase::InStep => None,
        }
    }

    /// The sequence number of the next event.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Supplies the real value of a parameter that the journal redacts; false when it does not redact it.
    pub fn reveal(&mut self, name: &str, value: Value) -> bool {
        let started = Arc::make_mut(&mut self.started);
        let Some(parameter) = started.parameters.get_mut(name) else { return false };
        // The name may be that of a variable that is redacted while the parameter is not.
        if *parameter == value || !no_longer(&mut started.hidden, name) {
            return false;
        }
        *parameter = value;
        true
    }

    /// Likewise for a variable. Restore a parameter of the same name before it.
    pub fn reveal_variable(&mut self, name: &str, value: Value) -> bool {
        if !self.variables.contains_key(name) || !no_longer(&mut Arc::make_mut(&mut self.started).hidden, name) {
            return false;
        }
        Arc::make_mut(&mut self.variables).insert(VariableName::new(name), value);
        true
    }

    /// Supplies the real inputs of the loop under way where the journal redacts them.
    pub fn reveal_loop(&mut self, inputs: IndexMap<String, Value>) {
        if let Some(run) = self.looping.and_then(|looping| self.runs.get_mut(looping.run)) {
            run.inputs = Arc::new(inputs);
            run.hidden = Arc::default();
        }
    }

    /// Supplies the real inputs of the current step where the journal redacts them.
    pub fn reveal_inputs(&mut self, inputs: IndexMap<String, Value>) {
        if let Some(run) = self.runs.last_mut().filter(|run| run.ending.is_none()) {
            run.inputs = Arc::new(inputs);
            run.hidden = Arc::default();
        }
    }

    /// Supplies the real outputs of a run that has ended where the journal redacts them; false when there is no such
    /// run.
    pub fn reveal_outputs(
        &mut self,
        run: &StepExecutionId,
        outputs: IndexMap<OutputName, Value>,
        document: Option<Value>,
    ) -> bool {
        let run = self.runs.iter_mut().rfind(|it| it.id == *run);
        let Some(ending) = run.and_then(|run| run.ending.as_mut()) else { return false };
        let ended = Arc::make_mut(&mut ending.ended);
        ended.outputs = Arc::new(outputs);
        ended.document = document.map(Arc::new);
        ended.hidden = Vec::new();
        true
    }

    /// Folds a whole history.
    pub fn replay(events: &[Recorded]) -> Result<Self, InvalidHistory> {
        let (first, rest) = events.split_first().ok_or(InvalidHistory::NotStarted)?;
        let mut execution = Self::begin(first)?;
        for recorded in rest {
            execution.apply(recorded)?;
        }
        Ok(execution)
    }
}

/// Removes a name once: a parameter and a variable may share it. False when it is absent.
fn no_longer(hidden: &mut Vec<String>, name: &str) -> bool {
    match hidden.iter().position(|it| it == name) {
        Some(place) => {
            hidden.remove(place);
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests;
