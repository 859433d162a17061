//! Checkpoints: the state of an execution at a moment, to restore later.
//!
//! Events change only the current run, the loop around it, and values that are not lists; lists only grow. So a
//! checkpoint is as small after a thousand steps as after one.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Attempt, AttemptState, Execution, Iteration, LatestObservation, Looping, Phase, StepEnding, StepExecution, Wait,
};
use crate::event::{CancelRequested, CompleteRequested, ExecutionStarted, LocationsResolved, TargetsResolved};
use crate::name::VariableName;

/// The state of an execution before some events ([`Execution::checkpoint`]).
#[derive(Debug, Clone)]
pub struct Checkpoint {
    started: Arc<ExecutionStarted>,
    changed_at: Timestamp,
    variables: Arc<IndexMap<VariableName, Value>>,
    /// The number of runs.
    runs: usize,
    current: Option<RunCheckpoint>,
    /// The run of the loop under way.
    enclosing: Option<RunCheckpoint>,
    looping: Option<Looping>,
    ended: Option<usize>,
    phase: Phase,
    asked: Option<Wait>,
    cancel: Option<CancelRequested>,
    complete: Option<CompleteRequested>,
    completed_in: Option<usize>,
    starts_rest: bool,
    updated: Arc<HashMap<VariableName, bool>>,
    /// The number of resumptions.
    resumes: usize,
    next_sequence: u64,
}

/// The part of one run that events can change.
#[derive(Debug, Clone)]
struct RunCheckpoint {
    index: usize,
    inputs: Arc<IndexMap<String, Value>>,
    hidden: Arc<[String]>,
    /// The number of attempts.
    attempts: usize,
    last: Option<AttemptCheckpoint>,
    wait: Option<Wait>,
    iteration: Option<Iteration>,
    ending: Option<StepEnding>,
}

/// The latest attempt of a run.
#[derive(Debug, Clone)]
struct AttemptCheckpoint {
    sent_at: Timestamp,
    state: AttemptState,
    /// The number of throttles.
    throttles: usize,
    /// The number of interruptions.
    interruptions: usize,
    observed: Option<LatestObservation>,
    targets: Option<Arc<TargetsResolved>>,
    /// The number of children that were started.
    started: usize,
    /// The number of children that have ended.
    ended: usize,
    locations: Option<Arc<LocationsResolved>>,
}

impl Execution {
    /// The state now, for [`restore`](Self::restore): taken before events that may be discarded, because they could not
    /// all be decided, or could not be stored.
    pub fn checkpoint(&self) -> Checkpoint {
        let run = |index: usize| Some(RunCheckpoint::new(index, self.runs.get(index)?));
        Checkpoint {
            started: Arc::clone(&self.started),
            changed_at: self.changed_at,
            variables: Arc::clone(&self.variables),
            runs: self.runs.len(),
            current: self.runs.len().checked_sub(1).and_then(run),
            enclosing: self.looping.and_then(|looping| run(looping.run)),
            looping: self.looping,
            ended: self.ended,
            phase: self.phase.clone(),
            asked: self.asked.clone(),
            cancel: self.cancel.clone(),
            complete: self.complete.clone(),
            completed_in: self.completed_in,
            starts_rest: self.starts_rest,
            updated: Arc::clone(&self.updated),
            resumes: self.resumes.len(),
            next_sequence: self.next_sequence,
        }
    }

    /// Goes back to a checkpoint of this execution: the events since then are undone, and so are revealed values.
    pub fn restore(&mut self, checkpoint: Checkpoint) {
        let Checkpoint {
            started,
            changed_at,
            variables,
            runs,
            current,
            enclosing,
            looping,
            ended,
            phase,
            asked,
            cancel,
            complete,
            completed_in,
            starts_rest,
            updated,
            resumes,
            next_sequence,
        } = checkpoint;
        let Self {
            started: own_started,
            started_at: _,
            changed_at: own_changed_at,
            variables: own_variables,
            runs: own_runs,
            latest,
            looping: own_looping,
            ended: own_ended,
            phase: own_phase,
            asked: own_asked,
            cancel: own_cancel,
            complete: own_complete,
            completed_in: own_completed_in,
            starts_rest: own_starts_rest,
            updated: own_updated,
            resumes: own_resumes,
            next_sequence: own_next_sequence,
        } = self;
        let undone = own_runs.split_off(runs.min(own_runs.len()));
        for run in undone {
            match own_runs.iter().rposition(|earlier| earlier.step == run.step) {
                Some(index) => latest.insert(run.step, index),
                None => latest.remove(&run.step),
            };
        }
        for run in [current, enclosing].into_iter().flatten() {
            if let Some(own) = own_runs.get_mut(run.index) {
                run.restore(own);
            }
        }
        *own_started = started;
        *own_changed_at = changed_at;
        *own_variables = variables;
        *own_looping = looping;
        *own_ended = ended;
        *own_phase = phase;
        *own_asked = asked;
        *own_cancel = cancel;
        *own_complete = complete;
        *own_completed_in = completed_in;
        *own_starts_rest = starts_rest;
        *own_updated = updated;
        own_resumes.truncate(resumes);
        *own_next_sequence = next_sequence;
    }
}

impl RunCheckpoint {
    fn new(index: usize, run: &StepExecution) -> Self {
        Self {
            index,
            inputs: Arc::clone(&run.inputs),
            hidden: Arc::clone(&run.hidden),
            attempts: run.attempts.len(),
            last: run.last_attempt().map(AttemptCheckpoint::new),
            wait: run.wait.clone(),
            iteration: run.iteration,
            ending: run.ending.clone(),
        }
    }

    fn restore(self, run: &mut StepExecution) {
        let Self { index: _, inputs, hidden, attempts, last, wait, iteration, ending } = self;
        run.inputs = inputs;
        run.hidden = hidden;
        run.attempts.truncate(attempts);
        if let (Some(own), Some(last)) = (run.attempts.last_mut(), last) {
            last.restore(own);
        }
        run.wait = wait;
        run.iteration = iteration;
        run.ending = ending;
    }
}

impl AttemptCheckpoint {
    fn new(attempt: &Attempt) -> Self {
        Self {
            sent_at: attempt.sent_at,
            state: attempt.state.clone(),
            throttles: attempt.throttles.len(),
            interruptions: attempt.interruptions.len(),
            observed: attempt.observed.clone(),
            targets: attempt.children.targets.clone(),
            started: attempt.children.started.len(),
            ended: attempt.children.ended.len(),
            locations: attempt.children.locations.clone(),
        }
    }

    fn restore(self, attempt: &mut Attempt) {
        let Self { sent_at, state, throttles, interruptions, observed, targets, started, ended, locations } = self;
        attempt.sent_at = sent_at;
        attempt.state = state;
        attempt.throttles.truncate(throttles);
        attempt.interruptions.truncate(interruptions);
        attempt.observed = observed;
        attempt.children.targets = targets;
        attempt.children.started.truncate(started);
        attempt.children.ended.truncate(ended);
        attempt.children.locations = locations;
    }
}
