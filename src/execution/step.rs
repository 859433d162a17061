//! One run of a step: its attempts, its wait, its position in a loop, and how it ended.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::{CURRENT_ITERATION, CURRENT_ITERATOR_VALUE, Created};
use crate::event::{
    AttemptEnded, AttemptObserved, AttemptThrottled, ChildEnded, LocationsResolved, Outcome, SignalReceived, Status,
    StepEnded, TargetsResolved, UnsetInput, WaitKind, WaitStarted,
};
use crate::name::{ExecutionId, StepExecutionId, StepName};

/// One iteration of a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iteration {
    /// Counts from 1.
    pub number: u32,
    /// When it began.
    pub since: Timestamp,
    /// When the loop times out.
    pub deadline: Option<Timestamp>,
}

/// The position of a run of a step inside a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopPosition {
    /// The index of the loop's run in [`Execution::runs`](crate::execution::Execution::runs).
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
    /// The references in the inputs without a value. Empty for a result that was carried over.
    pub unset: Vec<UnsetInput>,
    /// The inputs whose values were redacted before they were stored.
    pub hidden: Arc<[String]>,
    /// Its attempts, in order.
    pub attempts: Vec<Attempt>,
    /// Its wait, current or past.
    pub wait: Option<Wait>,
    /// The latest iteration of a loop. `None` for a result that was carried over.
    pub iteration: Option<Iteration>,
    /// Its position inside a loop.
    pub parent: Option<LoopPosition>,
    /// How it ended.
    pub ending: Option<StepEnding>,
    /// Whether the result was carried over from another execution. Then it has no attempts here.
    pub is_kept: bool,
}

/// A wait of a step without a call in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When it began.
    pub since: Timestamp,
    pub(super) started: Arc<WaitStarted>,
    /// The signals that it received, in order.
    pub signals: Vec<Received>,
}

impl std::ops::Deref for Wait {
    type Target = WaitStarted;

    fn deref(&self) -> &WaitStarted {
        &self.started
    }
}

/// A signal that a step received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: Timestamp,
    /// The signal and its sender.
    pub received: Arc<SignalReceived>,
}

/// One attempt of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Counts from 1.
    pub number: u32,
    /// When it was first sent.
    pub started_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// Its state.
    pub state: AttemptState,
    /// Every time it was throttled.
    pub throttles: Vec<Throttle>,
    /// Every time the process that waited for it ended, at the time this was found.
    pub interruptions: Vec<Timestamp>,
    /// What its polls saw last, since it was last sent. `None` where it does not poll.
    pub observed: Option<LatestObservation>,
    /// What it has created, where it waits for that.
    pub created: Option<Box<Created>>,
    /// Its children, where its step has several targets.
    pub children: AttemptChildren,
}

/// What the polls of an attempt saw last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestObservation {
    /// When this was first seen without anything else in between.
    pub since: Timestamp,
    /// When it was last recorded.
    pub at: Timestamp,
    /// What was seen, and the number of polls by then.
    pub seen: Arc<AttemptObserved>,
}

impl LatestObservation {
    /// Whether it differs from what was recorded before it.
    pub fn is_change(&self) -> bool {
        self.since == self.at
    }
}

/// The children of an attempt of a step with several targets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttemptChildren {
    /// The targets, where they were looked up in AWS.
    pub targets: Option<Arc<TargetsResolved>>,
    /// The executions of those that were started, by the indices of their targets, in the order in which they started.
    pub started: IndexMap<u32, ExecutionId>,
    /// Those that have ended, in the order in which they ended.
    pub ended: Vec<Arc<ChildEnded>>,
    /// The accounts of the locations of the step, where they were looked up.
    pub locations: Option<Arc<LocationsResolved>>,
}

impl AttemptChildren {
    /// The indices of the targets whose children were started and have not ended.
    pub fn running(&self) -> Vec<u32> {
        let ended: HashSet<u32> = self.ended.iter().map(|ended| ended.target).collect();
        self.started.keys().copied().filter(|target| !ended.contains(target)).collect()
    }
}

/// One throttle of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Throttle {
    /// When.
    pub at: Timestamp,
    /// The service's error, and when the call was sent again.
    pub throttled: Arc<AttemptThrottled>,
}

/// The state of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum AttemptState {
    /// Sent; no response yet.
    InFlight {
        /// Counts its sendings from 1.
        sending: u32,
        /// The deadline of this sending.
        deadline: Option<Timestamp>,
    },
    /// Throttled; to be sent again.
    Throttled {
        /// How often it was sent.
        sending: u32,
        /// When it is sent again.
        retry_at: Timestamp,
    },
    /// The process that waited for it ended; it will be sent again.
    Interrupted {
        /// How often it was sent.
        sending: u32,
    },
    /// Ended.
    Ended {
        /// When.
        at: Timestamp,
        /// The outcome, and when the next attempt starts, if there is one.
        ended: Arc<AttemptEnded>,
    },
}

/// How a run of a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEnding {
    /// When.
    pub at: Timestamp,
    pub(super) ended: Arc<StepEnded>,
}

impl std::ops::Deref for StepEnding {
    type Target = StepEnded;

    fn deref(&self) -> &StepEnded {
        &self.ended
    }
}

impl StepEnding {
    /// The data of the event.
    pub fn shared(&self) -> Arc<StepEnded> {
        Arc::clone(&self.ended)
    }
}

impl Attempt {
    /// When it was first throttled.
    pub fn throttled_since(&self) -> Option<Timestamp> {
        self.throttles.first().map(|throttle| throttle.at)
    }
}

impl StepExecution {
    /// The latest attempt.
    pub fn last_attempt(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// A caveat about its success.
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

    /// Whether the journal redacts this output.
    pub fn hides(&self, output: &str) -> bool {
        match &self.ending {
            Some(ending) => ending.hidden.iter().any(|hidden| hidden == output),
            None => output == CURRENT_ITERATOR_VALUE && self.hidden.iter().any(|hidden| hidden == "Iterators"),
        }
    }

    /// Its status.
    pub fn status(&self) -> Status {
        match &self.ending {
            Some(ending) => ending.status,
            None if self.waits_for_person() => Status::Waiting,
            None => Status::InProgress,
        }
    }

    /// Whether it waits for a person.
    pub fn waits_for_person(&self) -> bool {
        self.ending.is_none() && self.wait.as_ref().is_some_and(|wait| wait.wanted != WaitKind::Time)
    }
}
