//! Answers the calls of a case with its mocked replies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use serde_json::Value;
use tokio::sync::watch;

use super::case::{Answer, Case, Replies, Reply, Turn};
use crate::actions::{
    ActionHandler, ActionOutcome, ActionRegistry, AfterPoll, Judgement, PollDelays, PollReporter, PreparedCall,
    ScriptConnection, Task,
};
use crate::clock::{Clock, ManualClock, after};
use crate::diagnostic::Span;
use crate::event::ErrorClass;
use crate::name::{StepExecutionId, StepName};
use crate::runbook::Action;

/// A call of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The step.
    pub step: StepName,
    /// Its action.
    pub action: Action,
    /// The run of the step, from 1.
    pub iteration: usize,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The inputs.
    pub inputs: Arc<IndexMap<String, Value>>,
}

/// Answers calls with the replies of a case.
#[derive(Debug)]
pub(super) struct Script {
    replies: IndexMap<String, Replies>,
    /// The handlers that evaluate the replies.
    judges: ActionRegistry,
    /// The handlers that run scripts without a reply.
    real: Option<ActionRegistry>,
    clock: ManualClock,
    state: Mutex<State>,
    /// The scripts that run.
    running: watch::Sender<usize>,
}

/// A script that could not be run here, whatever the runbook says.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptNotRun {
    /// The step.
    pub step: StepName,
    /// Why: the failure message of the step.
    pub message: String,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the run of its step, from 1.
    runs: HashMap<StepExecutionId, usize>,
    /// How many calls of each run were answered.
    answered: HashMap<StepExecutionId, u32>,
    /// How often the reply at each position was used.
    used: HashMap<Span, u32>,
    calls: Vec<Call>,
    unanswered: Option<Call>,
    not_run: Option<ScriptNotRun>,
}

/// Counts a script while it runs.
struct RunningCount<'a>(&'a watch::Sender<usize>);

impl<'a> RunningCount<'a> {
    fn new(running: &'a watch::Sender<usize>) -> Self {
        running.send_modify(|running| *running += 1);
        Self(running)
    }
}

impl Drop for RunningCount<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}

impl Script {
    pub(super) fn new(
        case: &Case,
        judges: ActionRegistry,
        scripts: Option<ScriptConnection>,
        clock: ManualClock,
    ) -> Self {
        let real = scripts.map(|ScriptConnection { runner, limits_payload }| {
            let runner = runner.with_clock(Arc::new(clock.clone()));
            ActionRegistry::offline_but_scripts(ScriptConnection { runner, limits_payload })
        });
        let (state, running) = (Mutex::default(), watch::Sender::default());
        Self { replies: case.steps.clone(), judges, real, clock, state, running }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers the number of this run of its step, from 1. Must precede its first call.
    pub(super) fn reached(&self, run: StepExecutionId, number: usize) {
        self.state().runs.insert(run, number);
    }

    /// Every call, in order.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// A call without a reply.
    pub(super) fn unanswered(&self) -> Option<Call> {
        self.state().unanswered.clone()
    }

    /// A script that could not be run here.
    pub(super) fn not_run(&self) -> Option<ScriptNotRun> {
        self.state().not_run.clone()
    }

    /// The number of scripts that run.
    pub(super) fn running(&self) -> watch::Receiver<usize> {
        self.running.subscribe()
    }

    /// The handlers that run the script of a task; `None` when the case answers it.
    fn runs(&self, task: &Task) -> Option<&ActionRegistry> {
        let is_mocked = task.action != Action::EXECUTE_SCRIPT || self.replies.contains_key(task.step.as_str());
        self.real.as_ref().filter(|_| !is_mocked)
    }

    /// Runs the script of a task.
    async fn run(&self, real: &ActionRegistry, task: Task) -> ActionOutcome {
        let step = task.step.clone();
        {
            let mut state = self.state();
            let call = state.call(&task);
            state.calls.push(call);
        }
        let outcome = {
            let _running = RunningCount::new(&self.running);
            real.prepare(task).send().await
        };
        let cause = outcome.as_ref().err().and_then(|error| error.failure.cause.as_ref());
        if let Err(error) = &outcome
            && cause.is_some_and(|cause| cause.class == ErrorClass::Setup)
        {
            self.state().not_run = Some(ScriptNotRun { step, message: error.failure.message.clone() });
            // Aborts the case: that this machine lacks something is no result of the runbook.
            return std::future::pending().await;
        }
        outcome
    }

    /// The positions of replies that were used less often than expected, with the step; without those of defaults.
    pub(super) fn unused(&self) -> Vec<(String, Span)> {
        let state = self.state();
        let mut unused = Vec::new();
        for (step, replies) in self.replies.iter().filter(|(_, replies)| !replies.is_default) {
            let lists: Vec<&Vec<Reply>> = match &replies.turn {
                Turn::Every(replies) => vec![replies],
                Turn::ByIteration(iterations) => iterations.iter().collect(),
            };
            let wanting =
                |reply: &&Reply| state.used.get(&reply.at).copied().unwrap_or_default() < reply.times.unwrap_or(1);
            if let Some(reply) = lists.into_iter().flatten().find(wanting) {
                unused.push((step.clone(), reply.at));
            }
        }
        unused
    }

    /// The reply to the next call of a run of a step.
    fn next(&self, task: &Task) -> Option<Reply> {
        let mut state = self.state();
        let call = state.call(task);
        let iteration = call.iteration;
        let number = {
            let answered = state.answered.entry(task.step_execution.clone()).or_default();
            *answered += 1;
            *answered
        };
        let list = self.replies.get(task.step.as_str()).and_then(|replies| match &replies.turn {
            Turn::Every(replies) => Some(replies),
            Turn::ByIteration(iterations) => iterations.get(iteration - 1),
        });
        let reply = list.and_then(|list| nth(list, number)).cloned();
        match &reply {
            Some(reply) => {
                *state.used.entry(reply.at).or_default() += 1;
                state.calls.push(call);
            }
            None => state.unanswered = Some(call),
        }
        reply
    }
}

impl State {
    fn call(&self, task: &Task) -> Call {
        Call {
            step: task.step.clone(),
            action: task.action,
            iteration: self.runs.get(&task.step_execution).copied().unwrap_or(1),
            attempt: task.attempt,
            inputs: Arc::clone(&task.inputs),
        }
    }
}

/// The reply to call number `number` of a run, from 1.
fn nth(list: &[Reply], number: u32) -> Option<&Reply> {
    let mut before = 0_u32;
    list.iter().find(|reply| {
        let Some(times) = reply.times else { return true };
        before = before.saturating_add(times);
        number <= before
    })
}

impl ActionHandler for Script {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        PreparedCall::new(async move {
            if let Some(real) = self.runs(&task) {
                return self.run(real, task).await;
            }
            let mut delays = PollDelays::new(task.poll_interval);
            let mut polls = PollReporter::new(task.observations.clone());
            loop {
                // A call without a reply aborts the case; until then there is no answer.
                let Some(Reply { delay, answer, .. }) = self.next(&task) else { return std::future::pending().await };
                // Yields, so that a loop which never ends can be aborted.
                tokio::task::yield_now().await;
                if !delay.is_zero() {
                    self.clock.sleep_until(after(self.clock.now(), delay)).await;
                }
                let Answer::Reply(reply) = answer else { return std::future::pending().await };
                let next = match self.judges.judge(&task, reply) {
                    Judgement::Ended(outcome) => return outcome,
                    Judgement::Polled(poll) => polls.report(poll),
                };
                match next {
                    AfterPoll::Ended(outcome) => return outcome,
                    // The next reply answers the next poll.
                    AfterPoll::Again { at_least } => {
                        let delay = delays.next_delay().max(at_least.unwrap_or_default());
                        self.clock.sleep_until(after(self.clock.now(), delay)).await;
                    }
                }
            }
        })
    }
}
