//! Plays a case: the real runner, mocked replies, and a virtual clock.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use super::case::{Case, EXECUTION_ID, FirstMoment, ScriptedSignal, Stop, StopKind};
use super::runs;
use super::script::{Call, Script, ScriptNotRun};
use crate::actions::{ActionRegistry, ScriptConnection};
use crate::clock::{Clock, ManualClock, SleepFuture, SystemClock, after};
use crate::diagnostic::Span;
use crate::engine::{self, Start};
use crate::event::{DocumentIdentity, Event, Launch, Recorded, Settings, Signal, SignalReceived, WaitKind};
use crate::execution::Execution;
use crate::limits::{CASE_EVENTS, CASE_IDLE_TURNS};
use crate::name::{ExecutionId, StepExecutionId};
use crate::runbook::Runbook;
use crate::runner::delays::DelayPolicy;
use crate::runner::{MailboxSender, RunError, Runner, mailbox};
use crate::store::MemoryStore;

/// The result of playing a case.
#[derive(Debug)]
pub struct Played {
    /// The execution, as far as it ran; `None` when it could not start.
    pub execution: Option<Execution>,
    /// Why it did not run to its end.
    pub broken: Option<Broken>,
    /// Every call, in order.
    pub calls: Vec<Call>,
    /// Replies that were used less often than expected: the step, and their position.
    pub unused_replies: Vec<(String, Span)>,
    /// Signals that no step waited for.
    pub unused_signals: Vec<Span>,
    /// Signals that their step rejected, and why.
    pub refused_signals: Vec<(ScriptedSignal, String)>,
    /// Signals that were accepted.
    pub taken_signals: Vec<Span>,
    /// Whether the stop request of the case was made.
    pub was_stopped: bool,
}

/// Why a case did not run to its end.
#[derive(Debug)]
pub enum Broken {
    /// A call without a reply.
    Unanswered(Box<Call>),
    /// Deadlock: a step without a timeout waits for ever.
    Stuck {
        /// The step.
        step: String,
    },
    /// A script could not be run on this machine.
    ScriptNotRun(ScriptNotRun),
    /// More events than a case may have.
    TooLong,
    /// It could not start, or an internal error occurred.
    Runner(RunError),
}

/// The retry settings: the defaults of `run`, without jitter.
fn settings() -> Settings {
    let policy = DelayPolicy { initial: Duration::from_secs(1), multiplier: 2.0, longest: Duration::from_secs(30) };
    let delays = policy.delays(None).unwrap_or_default();
    Settings {
        attempt_delays: Arc::clone(&delays),
        throttle_delays: delays,
        throttle_window: 300_000,
        jitter: 0.0,
        long_invocations: false,
        result_limit: None,
        poll_interval: None,
        idempotency_token: false,
    }
}

/// Plays a case of a runbook. Waits take no real time, unless a script runs. The handlers in `judges` evaluate the mocked
/// replies; `scripts` runs the scripts that have none.
pub async fn play(
    case: &Case,
    runbook: &Runbook,
    document: DocumentIdentity,
    judges: &ActionRegistry,
    scripts: Option<ScriptConnection>,
) -> Played {
    let clock = ManualClock::at(case.now);
    let script = Arc::new(Script::new(case, judges.clone(), scripts, clock.clone()));
    let actions = ActionRegistry::for_every_action(Arc::clone(&script) as _);
    let runner = Runner::new(Arc::new(MemoryStore::new()), Arc::new(actions), Arc::new(clock.clone()));
    let settings = settings();
    let start = Start {
        execution: ExecutionId::new(EXECUTION_ID),
        document,
        parameters: case.parameters.clone(),
        executed_by: case.started_by.clone(),
        environment: case.environment.clone(),
        outline: engine::outline(runbook, settings.long_invocations),
        settings,
        seed: 0,
        launch: Launch { no_self_approval: case.no_self_approval, ..Launch::default() },
        reused: Vec::new(),
    };
    let (cancel, cancelled) = mailbox();
    let agenda = Agenda::new(case, clock.clone(), cancel);
    let mut state: Option<Execution> = None;
    let mut observe = |events: &[Recorded]| {
        for recorded in events {
            // The runner has folded the same events.
            let applied = match &mut state {
                Some(state) => state.apply(recorded),
                none => Execution::begin(recorded).map(|begun| *none = Some(begun)),
            };
            let (Ok(()), Some(state)) = (applied, &state) else { continue };
            if let (Event::StepStarted(_), Some(run)) = (&recorded.event, state.current()) {
                script.reached(run.id.clone(), runs::number(state, run));
            }
            agenda.observe(state, recorded);
        }
    };
    let ended = {
        let run = runner.run(runbook, "", start, cancelled, Some(&mut observe));
        tokio::pin!(run);
        let mut idle = 0;
        loop {
            tokio::select! {
                biased;
                ended = &mut run => break ended.map(|_| None),
                () = agenda.next() => idle = 0,
                // All ready tasks have been polled, several times in case one wakes another.
                () = tokio::task::yield_now(), if idle < CASE_IDLE_TURNS => idle += 1,
                () = std::future::ready(()), if idle >= CASE_IDLE_TURNS => {
                    idle = 0;
                    if let Some(call) = script.unanswered() {
                        break Ok(Some(Broken::Unanswered(Box::new(call))));
                    }
                    if let Some(not_run) = script.not_run() {
                        break Ok(Some(Broken::ScriptNotRun(not_run)));
                    }
                    if agenda.is_too_long() {
                        break Ok(Some(Broken::TooLong));
                    }
                    let mut running = script.running();
                    if *running.borrow() > 0 {
                        tokio::select! {
                            biased;
                            ended = &mut run => break ended.map(|_| None),
                            // The sender is held here. Another script may have started by now.
                            _ = running.changed() => continue,
                            () = pass_real_time(&clock) => {}
                        }
                    }
                    if !clock.advance_to_next() {
                        break Ok(Some(Broken::Stuck { step: agenda.current() }));
                    }
                }
            }
        }
    };
    let broken = ended.unwrap_or_else(|error| Some(Broken::Runner(error)));
    let (calls, unused_replies) = (script.calls(), script.unused());
    agenda.played(broken, calls, unused_replies)
}

/// Ends when as much time has really passed as is left until the first moment that a sleeper waits for.
async fn pass_real_time(clock: &ManualClock) {
    let Some(moment) = clock.next_moment() else { return std::future::pending().await };
    let left = Duration::try_from(moment.duration_since(clock.now())).unwrap_or_default();
    SystemClock.sleep_until(after(SystemClock.now(), left)).await;
}

/// The signals and stop requests that are due, and when.
struct Agenda<'a> {
    case: &'a Case,
    clock: ManualClock,
    cancel: MailboxSender,
    state: Mutex<State<'a>>,
}

#[derive(Default)]
struct State<'a> {
    events: Vec<Recorded>,
    due: Vec<(SleepFuture, DueAction<'a>)>,
    taken: Vec<Span>,
    refused: Vec<(ScriptedSignal, String)>,
    stop_is_planned: bool,
}

#[derive(Clone)]
enum DueAction<'a> {
    Signal(&'a ScriptedSignal, StepExecutionId),
    Stop(&'a Stop),
}

impl<'a> Agenda<'a> {
    fn new(case: &'a Case, clock: ManualClock, cancel: MailboxSender) -> Self {
        let agenda = Self { case, clock, cancel, state: Mutex::default() };
        if let Some(stop) = case.stop.as_ref().filter(|stop| stop.from == FirstMoment::Start) {
            agenda.plan_stop(stop);
        }
        agenda
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn plan_stop(&self, stop: &'a Stop) {
        let sleep = self.clock.sleep_until(after(self.clock.now(), stop.after));
        let mut state = self.state();
        state.stop_is_planned = true;
        state.due.push((sleep, DueAction::Stop(stop)));
    }

    /// Takes an event, and schedules the signals that follow from it.
    fn observe(&self, execution: &Execution, recorded: &Recorded) {
        self.state().events.push(recorded.clone());
        match &recorded.event {
            Event::StepStarted(started) => {
                let planned = self.state().stop_is_planned;
                let meant = |stop: &&Stop| stop.from == FirstMoment::Step(started.step.to_string());
                if let Some(stop) = self.case.stop.as_ref().filter(|stop| !planned && meant(stop)) {
                    self.plan_stop(stop);
                }
                self.plan_signals(execution, recorded, |signal| signal == Signal::StopStep);
            }
            Event::WaitStarted(wait) if wait.wanted != WaitKind::Time => {
                self.plan_signals(execution, recorded, |signal| signal != Signal::StopStep);
            }
            _ => {}
        }
    }

    /// Schedules signals of some kinds to the current step.
    fn plan_signals(&self, execution: &Execution, recorded: &Recorded, is_kind: impl Fn(Signal) -> bool) {
        let Some(run) = execution.current() else { return };
        let iteration = runs::number(execution, run);
        let is_meant = |signal: &&ScriptedSignal| {
            is_kind(signal.signal) && signal.step == run.step.as_str() && signal.iteration == iteration
        };
        for signal in self.case.signals.iter().filter(is_meant) {
            let sleep = self.clock.sleep_until(after(recorded.at, signal.after));
            self.state().due.push((sleep, DueAction::Signal(signal, run.id.clone())));
        }
    }

    /// Sends the first signal or request that is due; never completes without one.
    async fn next(&self) {
        let deed = std::future::poll_fn(|context| {
            let mut state = self.state();
            let ready = state.due.iter_mut().position(|(sleep, _)| Pin::as_mut(sleep).poll(context).is_ready());
            ready.map_or(Poll::Pending, |index| Poll::Ready(state.due.remove(index).1))
        })
        .await;
        match deed {
            DueAction::Stop(stop) if stop.kind == StopKind::Cancel => self.cancel.cancel(stop.by.as_str()),
            DueAction::Stop(stop) => self.cancel.complete(stop.by.as_str()),
            DueAction::Signal(signal, run) => {
                let received = SignalReceived::new(signal.signal, signal.by.clone(), signal.comment.clone());
                let known = self.execution();
                let would_be = known.map_or(Err("the execution has not begun".to_owned()), |execution| {
                    engine::validate_signal(&execution, &received).map_err(|why| why.to_string())
                });
                match would_be {
                    Ok(_) => self.state().taken.push(signal.at),
                    Err(why) => self.state().refused.push((signal.clone(), why)),
                }
                self.cancel.signal(run, received);
            }
        }
    }

    fn execution(&self) -> Option<Execution> {
        Execution::replay(&self.state().events).ok()
    }

    fn is_too_long(&self) -> bool {
        self.state().events.len() > CASE_EVENTS
    }

    fn current(&self) -> String {
        let execution = self.execution();
        execution.and_then(|execution| Some(execution.current()?.step.to_string())).unwrap_or_default()
    }

    fn played(self, broken: Option<Broken>, calls: Vec<Call>, unused_replies: Vec<(String, Span)>) -> Played {
        let execution = self.execution();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let was_stopped = execution.as_ref().is_some_and(|it| it.cancel().is_some() || it.complete().is_some());
        let given = |at: &Span| state.taken.contains(at) || state.refused.iter().any(|(signal, _)| signal.at == *at);
        let unused_signals = self.case.signals.iter().map(|signal| signal.at).filter(|at| !given(at)).collect();
        Played {
            execution,
            broken,
            calls,
            unused_replies,
            unused_signals,
            refused_signals: state.refused,
            taken_signals: state.taken,
            was_stopped,
        }
    }
}
