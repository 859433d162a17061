//! An execution: the fold of its events.
//!
//! Owns: the state that events add up to, and the summary in the service's shape that reporters and APIs show.
//! Does not own: deciding what happens next (`engine`). Imports `event` and `name`.

mod fold;
mod log_tail;
mod summary;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::event::{
    AttemptEnded, AttemptThrottled, CancelRequested, CompleteRequested, ExecutionEnded, ExecutionResumed,
    ExecutionStarted, Next, Outcome, Recorded, SignalReceived, Status, StepEnded, UnsetInput, WaitKind, WaitStarted,
};
use crate::name::{ExecutionId, ParameterName, StepExecutionId, StepName, VariableName};

pub use fold::InvalidHistory;
pub use log_tail::{LogTail, LogTailReader};
pub use summary::{AutomationExecution, FailureDetails, ParentStepDetails, StepExecutionSummary};

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
    variables: IndexMap<VariableName, Value>,
    runs: Vec<StepExecution>,
    latest: HashMap<StepName, usize>,
    looping: Option<Looping>,
    /// The run that ended last.
    ended: Option<usize>,
    phase: Phase,
    /// Between steps: what somebody is to say of the next one, and has said.
    asked: Option<Wait>,
    cancel: Option<CancelRequested>,
    complete: Option<CompleteRequested>,
    /// The run that was under way when somebody asked to end after the current step.
    completed_in: Option<usize>,
    /// Whether somebody has started all the steps that are left of an interactive execution.
    starts_rest: bool,
    /// The variables that steps gave a value, and whether the journal hides it.
    updated: HashMap<VariableName, bool>,
    resumes: Vec<Resume>,
    next_sequence: u64,
}

/// A time that another process carried the execution on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// When.
    pub at: Timestamp,
    /// When the last thing happened before it, as far as it is known.
    pub after: Timestamp,
    /// Who, and where.
    pub resumed: Arc<ExecutionResumed>,
}

/// What an execution is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Between steps: the next one has not started yet.
    Between(Next),
    /// The last of [`Execution::runs`] is the current step. Inside of a loop the loop is open too.
    InStep,
    /// Over.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        ending: Arc<ExecutionEnded>,
    },
}

/// The loop under way: one at most, since loops cannot stand inside loops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Looping {
    /// Which of the runs.
    run: usize,
    /// Whether somebody asked to stop while it was under way.
    is_stopped: bool,
}

/// One time that a loop goes through its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iteration {
    /// Counts from 1.
    pub number: u32,
    /// When it began.
    pub since: Timestamp,
    /// When the loop's time is up.
    pub deadline: Option<Timestamp>,
}

/// Where a run of a step stands inside a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopPosition {
    /// The run of the loop: its place among [`Execution::runs`].
    pub run: usize,
    /// The iteration, from 1.
    pub iteration: u32,
}

/// One run of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepExecution {
    /// Its id.
    pub id: StepExecutionId,
    /// The step.
    pub step: StepName,
    /// When it was reached.
    pub started_at: Timestamp,
    /// Its inputs with all references replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// The references in the inputs that had no value. One that another execution ran has none.
    pub unset: Vec<UnsetInput>,
    /// The inputs whose values were hidden before they were kept.
    pub hidden: Arc<[String]>,
    /// Its attempts, the first first.
    pub attempts: Vec<Attempt>,
    /// What it waits for without a call, or waited for.
    pub wait: Option<Wait>,
    /// The iteration under way, or the last one, of a loop. One that another execution ran has none.
    pub iteration: Option<Iteration>,
    /// Where it stands inside a loop.
    pub parent: Option<LoopPosition>,
    /// How it ended.
    pub ending: Option<StepEnding>,
    /// Whether another execution ran it. It has no attempts here.
    pub is_kept: bool,
}

/// A wait of a step without a call under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When it began.
    pub since: Timestamp,
    started: Arc<WaitStarted>,
    /// What reached it, the first first.
    pub signals: Vec<Received>,
}

impl std::ops::Deref for Wait {
    type Target = WaitStarted;

    fn deref(&self) -> &WaitStarted {
        &self.started
    }
}

/// A signal that reached a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: Timestamp,
    /// What it says, and who sent it.
    pub received: Arc<SignalReceived>,
}

/// One attempt of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Counts from 1.
    pub number: u32,
    /// When it was first sent.
    pub started_at: Timestamp,
    /// When its last sending was sent.
    pub sent_at: Timestamp,
    /// Where it stands.
    pub state: AttemptState,
    /// Every throttle it met.
    pub throttles: Vec<Throttle>,
    /// Every time that the process which waited for it had ended, when that was found.
    pub interruptions: Vec<Timestamp>,
}

/// One time that an attempt was throttled.
#[derive(Debug, Clone, PartialEq)]
pub struct Throttle {
    /// When.
    pub at: Timestamp,
    /// What the service said, and when it was sent again.
    pub throttled: Arc<AttemptThrottled>,
}

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq)]
pub enum AttemptState {
    /// Sent; no answer yet.
    InFlight {
        /// Counts its sendings from 1.
        sending: u32,
        /// When waiting for it ends.
        deadline: Option<Timestamp>,
    },
    /// Throttled; to be sent again.
    Throttled {
        /// How often it was sent.
        sending: u32,
        /// When it is sent again.
        retry_at: Timestamp,
    },
    /// The process that waited for it ended; to be sent again.
    Interrupted {
        /// How often it was sent.
        sending: u32,
    },
    /// Over.
    Ended {
        /// When.
        at: Timestamp,
        /// How, and when the next attempt starts, if there is one.
        ended: Arc<AttemptEnded>,
    },
}

/// How a run of a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEnding {
    /// When.
    pub at: Timestamp,
    ended: Arc<StepEnded>,
}

impl std::ops::Deref for StepEnding {
    type Target = StepEnded;

    fn deref(&self) -> &StepEnded {
        &self.ended
    }
}

impl StepEnding {
    /// What the event said.
    pub fn shared(&self) -> Arc<StepEnded> {
        Arc::clone(&self.ended)
    }
}

impl Attempt {
    /// When it was throttled for the first time.
    pub fn throttled_since(&self) -> Option<Timestamp> {
        self.throttles.first().map(|throttle| throttle.at)
    }
}

impl StepExecution {
    /// The attempt that was made last.
    pub fn last_attempt(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// What whoever relies on its success has to know.
    pub fn notice(&self) -> Option<&str> {
        match &self.last_attempt()?.state {
            AttemptState::Ended { ended, .. } => match &ended.outcome {
                Outcome::Succeeded { notice, .. } => notice.as_deref(),
                Outcome::Failed { .. }
                | Outcome::TimedOut { .. }
                | Outcome::Cancelled
                | Outcome::Interrupted { .. } => None,
            },
            AttemptState::InFlight { .. } | AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } => None,
        }
    }

    /// One of its outputs. `OutputPayload` is the whole result as JSON text (spec 2.5).
    pub fn output(&self, name: &str) -> Option<Cow<'_, Value>> {
        let Some(ending) = &self.ending else { return self.looping_output(name) };
        match ending.outputs.get(name) {
            Some(value) => Some(Cow::Borrowed(value)),
            None if name == "OutputPayload" => {
                ending.document.as_ref().map(|document| Cow::Owned(Value::String(document.to_string())))
            }
            None => None,
        }
    }

    /// One of the outputs of a loop under way (spec 4.6).
    fn looping_output(&self, name: &str) -> Option<Cow<'_, Value>> {
        let number = self.iteration?.number;
        match name {
            CURRENT_ITERATION => Some(Cow::Owned(Value::from(number))),
            CURRENT_ITERATOR_VALUE => self.iterator_value(number).map(Cow::Borrowed),
            _ => None,
        }
    }

    /// The item of an iteration of a for-each loop.
    pub fn iterator_value(&self, iteration: u32) -> Option<&Value> {
        let at = usize::try_from(iteration.checked_sub(1)?).ok()?;
        self.inputs.get("Iterators")?.as_array()?.get(at)
    }

    /// Whether the journal hides this output of it.
    pub fn hides(&self, output: &str) -> bool {
        match &self.ending {
            Some(ending) => ending.hidden.iter().any(|hidden| hidden == output),
            None => output == CURRENT_ITERATOR_VALUE && self.hidden.iter().any(|hidden| hidden == "Iterators"),
        }
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        match &self.ending {
            Some(ending) => ending.status,
            None if self.waits_for_somebody() => Status::Waiting,
            None => Status::InProgress,
        }
    }

    /// Whether somebody has to do something before it goes on.
    pub fn waits_for_somebody(&self) -> bool {
        self.ending.is_none() && self.wait.as_ref().is_some_and(|wait| wait.wanted != WaitKind::Time)
    }
}

impl Execution {
    /// Its id.
    pub fn id(&self) -> &ExecutionId {
        &self.started.execution
    }

    /// What it started with.
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

    /// Every run of a step, in the order in which they started.
    pub fn runs(&self) -> &[StepExecution] {
        &self.runs
    }

    /// The latest run of a step.
    pub fn latest(&self, step: &str) -> Option<&StepExecution> {
        self.latest.get(step).and_then(|index| self.runs.get(*index))
    }

    /// The step under way.
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

    /// Whether somebody asked to stop while the loop under way was so. One that runs after a request to stop, to clean
    /// up, was not asked to.
    pub fn is_loop_stopped(&self) -> bool {
        self.looping.is_some_and(|looping| looping.is_stopped)
    }

    /// The loop that a run of a step stands in, with the number of the iteration.
    pub fn parent(&self, run: &StepExecution) -> Option<(&StepExecution, u32)> {
        let parent = run.parent?;
        Some((self.runs.get(parent.run)?, parent.iteration))
    }

    /// What it is doing.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Whether a bad end of this run is one of the execution: its step is critical, or an `Abort` stopped there, whatever
    /// its `isCritical` says (spec 9.16). A step inside a loop that aborts ends the loop, which counts in its place.
    pub fn counts(&self, run: &StepExecution) -> bool {
        let outline = self.started.outline.steps.iter().find(|step| step.name == run.step);
        outline.is_none_or(|step| match step.on_failure.as_str() {
            "Abort" => run.parent.is_none(),
            _ => step.is_critical,
        })
    }

    /// What is waited for between steps, and what has reached it.
    pub fn asked(&self) -> Option<&Wait> {
        self.asked.as_ref()
    }

    /// Somebody has to do something now: the wait of the step under way, or that between steps.
    pub fn waits_for(&self) -> Option<&Wait> {
        match &self.phase {
            Phase::Between(_) => self.asked.as_ref().filter(|wait| wait.signals.is_empty()),
            Phase::InStep => self.current().filter(|run| run.waits_for_somebody())?.wait.as_ref(),
            Phase::Ended { .. } => None,
        }
    }

    /// The request to stop, when there was one.
    pub fn cancel(&self) -> Option<&CancelRequested> {
        self.cancel.as_ref()
    }

    /// The request to end after the current step, when there was one.
    pub fn complete(&self) -> Option<&CompleteRequested> {
        self.complete.as_ref()
    }

    /// Whether a run waited for somebody when somebody asked to end after it, which ended the wait (spec 9.17).
    pub fn is_completed_wait(&self, run: &StepExecution) -> bool {
        let completed = self.completed_in.and_then(|index| self.runs.get(index));
        let waited = run.wait.as_ref().is_some_and(|wait| wait.wanted != WaitKind::Time);
        waited && completed.is_some_and(|completed| std::ptr::eq(completed, run))
    }

    /// Whether the steps of an interactive execution are started without a question from now on.
    pub fn starts_rest(&self) -> bool {
        self.starts_rest
    }

    /// The time of its latest event.
    pub fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// Every time that another process carried it on.
    pub fn resumes(&self) -> &[Resume] {
        &self.resumes
    }

    /// Where it stands.
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

    /// Gives the real value of a parameter that the journal hides; false when it does not hide it.
    pub fn reveal(&mut self, name: &str, value: Value) -> bool {
        let started = Arc::make_mut(&mut self.started);
        let Some(parameter) = started.parameters.get_mut(name) else { return false };
        // The name may be that of a variable, which is hidden while the parameter is not.
        if *parameter == value || !no_longer(&mut started.hidden, name) {
            return false;
        }
        *parameter = value;
        true
    }

    /// The same of a variable. A parameter of the same name is revealed before it.
    pub fn reveal_variable(&mut self, name: &str, value: Value) -> bool {
        let Some(variable) = self.variables.get_mut(name) else { return false };
        if !no_longer(&mut Arc::make_mut(&mut self.started).hidden, name) {
            return false;
        }
        *variable = value;
        true
    }

    /// Gives the real inputs of the loop under way where the journal hides them.
    pub fn reveal_loop(&mut self, inputs: IndexMap<String, Value>) {
        if let Some(run) = self.looping.and_then(|looping| self.runs.get_mut(looping.run)) {
            run.inputs = Arc::new(inputs);
            run.hidden = Arc::default();
        }
    }

    /// Gives the real inputs of the current step where the journal hides them.
    pub fn reveal_inputs(&mut self, inputs: IndexMap<String, Value>) {
        if let Some(run) = self.runs.last_mut().filter(|run| run.ending.is_none()) {
            run.inputs = Arc::new(inputs);
            run.hidden = Arc::default();
        }
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

/// Takes a name out, once: a parameter and a variable may share it. False when it is not there.
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
