//! Folds events into the state of an execution, one at a time.
//!
//! | phase    | event             | becomes                                            |
//! |----------|-------------------|----------------------------------------------------|
//! | –        | ExecutionStarted  | Between(first step); only as the very first event  |
//! | Between  | StepKept          | Between(next of it); only before any StepStarted   |
//! | Between  | StepStarted       | InStep                                             |
//! | Between  | ExecutionEnded    | Ended                                              |
//! | InStep   | IterationStarted  | Between(first step of the loop); the step is a loop that stays open, and runs of its steps follow |
//! | Between, in a loop | IterationStarted | the same, with the next number            |
//! | Between, in a loop | StepStarted | InStep, in the iteration                        |
//! | Between, in a loop | StepEnded | Between(next): the loop is over                   |
//! | InStep   | Attempt…, Child…  | InStep, see [`apply_to_attempt`]                            |
//! | InStep   | WaitStarted       | InStep; once, and only without attempts            |
//! | Between  | WaitStarted       | Between; once, for the start of the step          |
//! | Between  | SignalReceived    | Between; once, in such a wait                      |
//! | Between  | StepSkipped       | Between(next of it), in such a wait                |
//! | InStep   | SignalReceived    | InStep, while the step waits for a person; StopStep always |
//! | InStep   | VariableUpdated   | InStep, with the new value                         |
//! | InStep   | StepEnded         | Between(next)                                      |
//! | not Ended| CancelRequested   | the same, being stopped                            |
//! | not Ended| CompleteRequested | the same, to end after the current step            |
//! | not Ended| ExecutionResumed  | the same                                           |
//! | InStep   | ExecutionEnded    | never: a step ends first                           |

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::attempt::apply_to_attempt;
use super::{
    AttemptState, Execution, Iteration, LoopPosition, Looping, Phase, Received, Resume, StepEnding, StepExecution, Wait,
};
use crate::event::{
    Event, IterationStarted, LATEST_FORMAT, Next, Origin, Recorded, Signal, Status, StepReused, WaitKind,
};
use crate::name::VariableName;

/// Initial capacity for runs of steps: most executions have few, and many executions may wait at once.
const EXPECTED_RUNS: usize = 8;

/// A history that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHistory {
    /// A history begins with ExecutionStarted and has it once.
    #[error("the history does not begin with ExecutionStarted")]
    NotStarted,
    /// A newer program wrote it.
    #[error("the history has event format {found}, and this program knows up to {known}: a newer program wrote it")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest known version.
        known: u32,
    },
    /// Sequence numbers have no gaps.
    #[error("event {found} found where event {expected} is expected")]
    Sequence {
        /// The expected number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// An event that is invalid in the current state.
    #[error("event {sequence} ({event}) cannot follow the events before it")]
    EngineError {
        /// Its number.
        sequence: u64,
        /// Its kind.
        event: &'static str,
    },
}

impl Execution {
    /// The state after the first event.
    pub fn begin(first: &Recorded) -> Result<Self, InvalidHistory> {
        let Event::ExecutionStarted(started) = &first.event else {
            return Err(InvalidHistory::NotStarted);
        };
        if first.sequence != 0 {
            return Err(InvalidHistory::Sequence { expected: 0, found: first.sequence });
        }
        if started.format > LATEST_FORMAT {
            return Err(InvalidHistory::Newer { found: started.format, known: LATEST_FORMAT });
        }
        let next = match &started.launch.origin {
            Origin::Redrive { from, .. } => Next::Step(from.clone()),
            Origin::New | Origin::Rerun { .. } => {
                started.outline.steps.first().map_or(Next::End, |step| Next::Step(step.name.clone()))
            }
        };
        Ok(Self {
            started_at: first.at,
            changed_at: first.at,
            variables: Arc::new(started.variables.clone()),
            started: Arc::clone(started),
            runs: Vec::with_capacity(started.outline.steps.len().min(EXPECTED_RUNS)),
            latest: HashMap::new(),
            looping: None,
            ended: None,
            phase: Phase::Between(next),
            asked: None,
            cancel: None,
            complete: None,
            completed_in: None,
            starts_rest: false,
            updated: Arc::default(),
            resumes: Vec::new(),
            next_sequence: 1,
        })
    }

    /// Sets the variable that an `aws:updateVariable` step set whose result is carried over.
    fn carry_over_variable(&mut self, kept: &StepReused) {
        let steps = &self.started.outline.steps;
        let updates = steps.iter().any(|step| step.name == kept.step && step.action == "aws:updateVariable");
        if !updates || kept.ended.status != Status::Success {
            return;
        }
        let name = kept.inputs.get("Name").and_then(|name| name.as_str()?.strip_prefix("variable:"));
        if let (Some(name), Some(value)) = (name, kept.inputs.get("Value")) {
            let is_hidden = kept.hidden.iter().any(|hidden| hidden == "Value");
            self.set_variable(&VariableName::new(name), value.clone(), is_hidden);
        }
    }

    /// The position of a step that starts now in the loop under way.
    fn place_in_loop(&self) -> Option<LoopPosition> {
        let run = self.looping.as_ref()?.run;
        let iteration = self.runs.get(run)?.iteration?;
        Some(LoopPosition { run, iteration: iteration.number })
    }

    /// Begins another iteration of the loop under way, or the first one of the current step; false when it cannot
    /// follow.
    fn iterate(&mut self, started: IterationStarted, at: jiff::Timestamp) -> bool {
        let (index, expected) = match (&self.phase, &self.looping) {
            (Phase::Between(_), Some(looping)) => {
                let last = self.runs.get(looping.run).and_then(|run| run.iteration);
                (looping.run, last.map_or(1, |last| last.number.saturating_add(1)))
            }
            (Phase::InStep, None) => match self.runs.last() {
                Some(run) if run.attempts.is_empty() && run.wait.is_none() => (self.runs.len() - 1, 1),
                Some(_) | None => return false,
            },
            (Phase::Between(_) | Phase::InStep | Phase::Ended { .. }, _) => return false,
        };
        let Some(run) = self.runs.get_mut(index).filter(|_| started.iteration == expected) else { return false };
        let steps = &self.started.outline.steps;
        let Some(first) = steps.iter().find(|step| step.parent.as_ref() == Some(&run.step)) else { return false };
        run.iteration = Some(Iteration { number: started.iteration, since: at, deadline: started.deadline });
        if self.looping.is_none() {
            self.looping = Some(Looping { run: index, is_stopped: false });
        }
        self.phase = Phase::Between(Next::Step(first.name.clone()));
        true
    }

    fn set_variable(&mut self, name: &VariableName, value: Value, is_hidden: bool) {
        Arc::make_mut(&mut self.variables).insert(name.clone(), value);
        Arc::make_mut(&mut self.updated).insert(name.clone(), is_hidden);
    }

    /// Applies one more event. An error leaves the state unchanged.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), InvalidHistory> {
        if recorded.sequence != self.next_sequence {
            return Err(InvalidHistory::Sequence { expected: self.next_sequence, found: recorded.sequence });
        }
        let at = recorded.at;
        let applied = match (&self.phase, &recorded.event) {
            (Phase::Between(Next::Step(_)), Event::StepStarted(started)) => {
                self.latest.insert(started.step.clone(), self.runs.len());
                self.runs.push(StepExecution {
                    id: started.step_execution.clone(),
                    step: started.step.clone(),
                    started_at: at,
                    inputs: Arc::clone(&started.inputs),
                    unset: started.unset.clone(),
                    hidden: Arc::from(started.hidden.as_slice()),
                    attempts: Vec::with_capacity(1),
                    wait: None,
                    iteration: None,
                    parent: self.place_in_loop(),
                    ending: None,
                    is_kept: false,
                });
                self.phase = Phase::InStep;
                self.asked = None;
                true
            }
            (Phase::Between(Next::Step(next)), Event::WaitStarted(wait)) => match &wait.wanted {
                WaitKind::Start(wanted) if wanted.step == *next && self.asked.is_none() => {
                    self.asked = Some(Wait { since: at, started: Arc::clone(wait), signals: Vec::new() });
                    true
                }
                WaitKind::Start(_) | WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_) => false,
            },
            (Phase::Between(_), Event::SignalReceived(received)) => {
                match self.asked.as_mut().filter(|wait| wait.signals.is_empty()) {
                    Some(wait) => {
                        wait.signals.push(Received { at, received: Arc::clone(received) });
                        self.starts_rest |= received.rest;
                        true
                    }
                    None => false,
                }
            }
            (Phase::Between(Next::Step(next)), Event::StepSkipped(skipped))
                if skipped.step == *next && self.asked.is_some() =>
            {
                self.phase = Phase::Between(skipped.next.clone());
                self.asked = None;
                true
            }
            (Phase::Between(Next::Step(_)), Event::StepReused(kept))
                if self.runs.last().is_none_or(|run| run.is_kept)
                    && (kept.iteration.is_none() || self.runs.iter().any(|run| run.parent.is_none())) =>
            {
                let parent = kept.iteration.and_then(|iteration| {
                    let run = self.runs.iter().rposition(|run| run.parent.is_none())?;
                    Some(LoopPosition { run, iteration })
                });
                self.latest.insert(kept.step.clone(), self.runs.len());
                self.runs.push(StepExecution {
                    id: kept.step_execution.clone(),
                    step: kept.step.clone(),
                    started_at: kept.started_at,
                    inputs: Arc::clone(&kept.inputs),
                    unset: Vec::new(),
                    hidden: Arc::from(kept.hidden.as_slice()),
                    attempts: Vec::new(),
                    wait: None,
                    iteration: None,
                    parent,
                    ending: Some(StepEnding { at: kept.ended_at, ended: Arc::clone(&kept.ended) }),
                    is_kept: true,
                });
                // Inside a loop only the loop's own end decides the next step.
                if parent.is_none() {
                    self.phase = Phase::Between(kept.ended.next.clone());
                }
                self.carry_over_variable(kept);
                true
            }
            (Phase::InStep | Phase::Between(_), Event::IterationStarted(started)) => self.iterate(*started, at),
            (
                Phase::InStep,
                Event::AttemptStarted(_)
                | Event::AttemptThrottled(_)
                | Event::AttemptInterrupted(_)
                | Event::AttemptObserved(_)
                | Event::AttemptProgressed(_)
                | Event::TargetsResolved(_)
                | Event::ChildStarted(_)
                | Event::ChildEnded(_)
                | Event::LocationsResolved(_)
                | Event::AttemptEnded(_),
            ) => self.runs.last_mut().is_some_and(|run| apply_to_attempt(run, recorded)),
            (Phase::InStep, Event::WaitStarted(wait)) => match self.runs.last_mut() {
                Some(run)
                    if run.attempts.is_empty() && run.wait.is_none() && !matches!(wait.wanted, WaitKind::Start(_)) =>
                {
                    run.wait = Some(Wait { since: at, started: Arc::clone(wait), signals: Vec::new() });
                    true
                }
                Some(_) | None => false,
            },
            (Phase::InStep, Event::SignalReceived(received)) if received.signal == Signal::StopStep => true,
            (Phase::InStep, Event::SignalReceived(received)) => {
                let wait = self.runs.last_mut().and_then(|run| run.wait.as_mut());
                match wait.filter(|wait| wait.wanted != WaitKind::Time) {
                    Some(wait) => {
                        wait.signals.push(Received { at, received: Arc::clone(received) });
                        true
                    }
                    None => false,
                }
            }
            (Phase::InStep, Event::VariableUpdated(updated)) => {
                self.set_variable(&updated.name, updated.value.clone(), updated.hidden);
                true
            }
            (Phase::InStep, Event::StepEnded(ended)) => match self.runs.last_mut() {
                Some(run)
                    if run.attempts.last().is_none_or(|last| matches!(last.state, AttemptState::Ended { .. })) =>
                {
                    run.ending = Some(StepEnding { at, ended: Arc::clone(ended) });
                    self.ended = self.runs.len().checked_sub(1);
                    self.phase = Phase::Between(ended.next.clone());
                    true
                }
                Some(_) | None => false,
            },
            (Phase::Between(_), Event::StepEnded(ended)) => match self.looping.take() {
                Some(looping) => match self.runs.get_mut(looping.run) {
                    Some(run) => {
                        run.ending = Some(StepEnding { at, ended: Arc::clone(ended) });
                        self.ended = Some(looping.run);
                        self.phase = Phase::Between(ended.next.clone());
                        true
                    }
                    None => false,
                },
                None => false,
            },
            (Phase::Between(_) | Phase::InStep, Event::CancelRequested(requested)) if self.cancel.is_none() => {
                self.cancel = Some(requested.clone());
                if let Some(looping) = &mut self.looping {
                    looping.is_stopped = true;
                }
                true
            }
            (Phase::Between(_) | Phase::InStep, Event::CompleteRequested(requested)) if self.complete.is_none() => {
                self.complete = Some(requested.clone());
                let is_in_step = matches!(self.phase, Phase::InStep);
                self.completed_in = self.runs.len().checked_sub(1).filter(|_| is_in_step);
                true
            }
            (Phase::Between(_) | Phase::InStep, Event::ExecutionResumed(resumed)) => {
                self.resumes.push(Resume { at, after: self.changed_at, resumed: Arc::clone(resumed) });
                true
            }
            (Phase::Between(_), Event::ExecutionEnded(ending)) if self.looping.is_none() => {
                self.phase = Phase::Ended { at, ending: ending.clone() };
                self.asked = None;
                true
            }
            (Phase::Between(_) | Phase::InStep | Phase::Ended { .. }, _) => false,
        };
        if applied {
            self.next_sequence += 1;
            // A clock that was set back between two processes must not make anything earlier.
            self.changed_at = self.changed_at.max(at);
            Ok(())
        } else {
            Err(InvalidHistory::EngineError { sequence: recorded.sequence, event: recorded.event.kind() })
        }
    }
}
