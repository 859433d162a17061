//! The loop of one execution.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;

use crate::actions::{
    ActionFuture, ActionOutcome, ActionRegistry, ChildControl, ChildReport, DecidedChildren, ObservationReceiver,
    PreparedCall, ProgressReceiver, Task, connect_children, connect_observations, connect_progress,
};
use crate::clock::{Clock, ContinuousClock};
use crate::engine::{self, EngineError, Input, Interrupted, Outstanding, PendingStart, Start, Undecided};
use crate::event::{AttemptObserved, AttemptProgressed, Event, ExecutionResumed, Recorded};
use crate::execution::{Created, Execution, InvalidHistory};
use crate::name::StepExecutionId;
use crate::redaction::Secrets;
use crate::runbook::inputs::ActionRequest;
use crate::runbook::{Action, Runbook};
use crate::store::{self, EventStore, StartOutcome, StoreError};

use super::last_words::HeldOutcome;
use super::mailbox::{Cursor, Mailbox, PendingSignal, Request};
use super::stop_created::stop_created;

/// Takes the events of each append right after they are durable, without secrets. It must not block, and cannot stop the
/// run.
pub type EventObserver<'a> = &'a mut (dyn FnMut(&[Recorded]) + Send);

/// Why a run stopped before the end of the execution. The history is complete up to the last append.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The events could not be stored: nothing more may be sent.
    #[error("could not write to the journal; execution paused: {0}")]
    Store(#[from] StoreError),
    /// A variable has no value to start with; nothing ran.
    #[error("the execution cannot start: {0}")]
    Start(EngineError),
    /// An internal error: the engine rejected its input.
    #[error("internal error: {0}")]
    Engine(#[from] EngineError),
    /// An internal error: the events contradict each other.
    #[error("internal error: {0}")]
    Replay(#[from] InvalidHistory),
    /// The execution was to be left ([`MailboxSender::leave`](super::MailboxSender::leave)), and nothing is in flight.
    #[error("the execution was left for another process to resume")]
    Left,
}

/// Runs executions.
#[derive(Debug, Clone)]
pub struct Runner {
    store: Arc<dyn EventStore>,
    actions: Arc<ActionRegistry>,
    clock: Arc<dyn Clock>,
    secrets: Secrets,
}

/// An execution that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The state from the stored events: secrets are redacted.
    pub execution: Execution,
    /// The state with real values, when they differ.
    unmasked: Option<Execution>,
}

impl Finished {
    /// The execution with its real values: only for code that passes a secret on as a secret.
    pub fn unmasked(&self) -> &Execution {
        self.unmasked.as_ref().unwrap_or(&self.execution)
    }
}

/// Identifies a call: the attempt and the sending.
#[derive(Debug, PartialEq, Eq)]
struct Sending {
    run: StepExecutionId,
    attempt: u32,
    number: u32,
}

/// What the loop waits for.
enum Awaiting<'a> {
    /// Nothing: the execution has ended.
    Nothing,
    /// Nothing: the engine can decide at once.
    Decision,
    /// The response to a call.
    Answer(Call<'a>),
    /// A moment.
    Moment(Timestamp),
}

/// What follows from a decision, once its events are durable.
enum Planned<'a> {
    /// Nothing is sent.
    Wait(Awaiting<'a>),
    /// A call is sent.
    Send {
        sending: Sending,
        deadline: Option<Timestamp>,
        /// Its children, where it may run one for each of several targets.
        children: Option<ChildControl>,
        /// What its polls see, where it polls.
        observations: Option<ObservationReceiver>,
        /// What it creates, where it records that.
        progress: Option<ProgressReceiver>,
        call: PreparedCall<'a>,
    },
}

impl<'a> Planned<'a> {
    /// Runs another future, and meanwhile prepares the next call, or polls the one in flight.
    async fn progress_while<T>(&mut self, other: impl Future<Output = T>) -> T {
        match self {
            Self::Send { call, .. } => call.prepare_while(other).await,
            Self::Wait(Awaiting::Answer(call)) => call.poll_while(other).await,
            Self::Wait(Awaiting::Nothing | Awaiting::Decision | Awaiting::Moment(_)) => other.await,
        }
    }

    /// Does what was planned. The events of the decision must be durable.
    fn act(self) -> Awaiting<'a> {
        match self {
            Self::Wait(awaiting) => awaiting,
            Self::Send { sending, deadline, children, observations, progress, call } => {
                Awaiting::Answer(Call { sending, deadline, children, observations, progress, answer: call.send() })
            }
        }
    }
}

/// One sending, from the moment it is sent to its response.
struct Call<'a> {
    sending: Sending,
    /// Its deadline.
    deadline: Option<Timestamp>,
    /// Its children, where it may run one for each of several targets.
    children: Option<ChildControl>,
    /// What its polls see, where it polls.
    observations: Option<ObservationReceiver>,
    /// What it creates, where it records that.
    progress: Option<ProgressReceiver>,
    answer: ActionFuture<'a>,
}

impl Call<'_> {
    /// Polls the call while another future runs.
    async fn poll_while<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        let mut is_answered = false;
        std::future::poll_fn(|context| {
            if let Poll::Ready(outcome) = other.as_mut().poll(context) {
                return Poll::Ready(outcome);
            }
            // It must not be polled after its end.
            if !is_answered && let Poll::Ready(answer) = self.answer.as_mut().poll(context) {
                is_answered = true;
                self.answer = Box::pin(std::future::ready(answer));
            }
            Poll::Pending
        })
        .await
    }

    /// What follows from its result: its last poll is recorded first, and the result is given again.
    fn answered(&mut self, result: ActionOutcome) -> Input {
        match self.observations.as_mut().and_then(ObservationReceiver::unseen) {
            Some(seen) => {
                self.answer = Box::pin(std::future::ready(result));
                Input::Observed(seen)
            }
            None => Input::AttemptEnded(result),
        }
    }

    /// What follows from its deadline: its last poll is recorded first.
    fn deadline_passed(&mut self) -> Input {
        let latest = self.observations.as_mut().and_then(ObservationReceiver::take_latest);
        latest.map_or(Input::TimerFired, Input::Observed)
    }
}

impl Awaiting<'_> {
    /// Lets the action continue that has created something. It must be durable.
    fn acknowledge_progress(&mut self) {
        if let Self::Answer(Call { progress: Some(progress), .. }) = self {
            progress.acknowledge();
        }
    }

    /// Passes the decisions about the children of the call to its action. They must be durable.
    fn direct_children(&self, execution: &Execution) {
        let Self::Answer(Call { children: Some(control), .. }) = self else { return };
        if let Outstanding::Children { children, running, awaits_accounts, .. } = engine::outstanding(execution) {
            control.direct(DecidedChildren {
                started: children.started.keys().copied().collect(),
                ended: children.ended.clone(),
                locations: children.locations.clone(),
                are_complete: running.is_empty() && !awaits_accounts,
            });
        }
    }
}

/// The next report of the children of a call; never when it has none.
async fn next_report(children: Option<&mut ChildControl>) -> Input {
    match children {
        Some(children) => match children.next().await {
            ChildReport::TargetsResolved(resolved) => Input::TargetsResolved(resolved),
            ChildReport::LocationsResolved(resolved) => Input::LocationsResolved(resolved),
            ChildReport::Ended(ended) => Input::ChildEnded(ended),
        },
        None => std::future::pending().await,
    }
}

/// What the next poll of a call sees; never when it does not poll.
async fn next_observation(observations: Option<&mut ObservationReceiver>) -> AttemptObserved {
    match observations {
        Some(observations) => observations.next().await,
        None => std::future::pending().await,
    }
}

/// The next thing that a call creates; never when it creates nothing.
async fn next_progress(progress: Option<&mut ProgressReceiver>) -> AttemptProgressed {
    match progress {
        Some(progress) => progress.next().await,
        None => std::future::pending().await,
    }
}

/// The result of a decision.
struct Decided<'a> {
    /// The events to append.
    events: Vec<Recorded>,
    /// The first start among them.
    start: Option<PendingStart>,
    /// The call that is abandoned.
    under_way: Option<Call<'a>>,
    next: Planned<'a>,
}

/// Why a wait ended.
enum WakeReason {
    Input(Input),
    Requested(Request),
}

/// The process that resumes an execution, and how.
#[derive(Debug, Clone)]
pub struct Takeover {
    /// The process.
    pub resumed: ExecutionResumed,
    /// What to do about an attempt in flight.
    pub interrupted: Interrupted,
}

impl Runner {
    /// A runner that stores events in `store`, acts through `actions` and takes the time from `clock`.
    pub fn new(store: Arc<dyn EventStore>, actions: Arc<ActionRegistry>, clock: Arc<dyn Clock>) -> Self {
        Self { store, actions, clock, secrets: Secrets::default() }
    }

    /// Redacts these secrets wherever they would be stored or observed; steps get the real values. They belong to one
    /// execution.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    /// Runs an execution from start to end. `document` is the text of the runbook, stored with it.
    pub fn run<'a>(
        &'a self,
        runbook: &'a Runbook,
        document: &'a str,
        start: Start,
        mailbox: Mailbox,
        observer: Option<EventObserver<'a>>,
    ) -> impl Future<Output = Result<Finished, RunError>> + Send + 'a {
        // A future holds its arguments to its end, and thousands of runs may wait: boxing keeps each of them small.
        let started = engine::start(runbook, start, self.clock.now())
            .map(|(execution, events, request)| (Box::new(execution), events, request))
            .map_err(not_started);
        async move {
            if mailbox.is_leaving() {
                return Err(RunError::Left);
            }
            let (mut execution, mut events, request) = started?;
            let mut observed = Observed(observer);
            self.secrets.rewrite(runbook, &mut events);
            self.store.create(document, &events).await?;
            observed.show(&events);
            drop(events);
            let seen = Cursor::default();
            self.run_outstanding(runbook, &mut execution, request, &mailbox, seen, &mut observed).await?;
            self.finish(*execution).await
        }
    }

    /// Begins an execution without its first step, for another process to [`resume`](Self::resume). Returns it with its
    /// real values.
    pub async fn open(&self, runbook: &Runbook, document: &str, start: Start) -> Result<Execution, RunError> {
        let (execution, mut events) = engine::open(runbook, start, self.clock.now()).map_err(not_started)?;
        self.secrets.rewrite(runbook, &mut events);
        self.store.create(document, &events).await?;
        Ok(execution)
    }

    /// Resumes an execution from its history and runs it to the end. Redacted values must have been supplied again
    /// ([`Execution::reveal`]). Without a takeover no step has started: [`open`](Self::open) began the execution.
    /// Where the clock is behind the history, time continues from the latest event, so that no wait gets longer.
    pub async fn resume(
        &self,
        runbook: &Runbook,
        mut execution: Execution,
        takeover: Option<Takeover>,
        mailbox: Mailbox,
        observer: Option<EventObserver<'_>>,
    ) -> Result<Finished, RunError> {
        if mailbox.is_leaving() {
            return Err(RunError::Left);
        }
        let clock = ContinuousClock::new(Arc::clone(&self.clock));
        clock.continue_from(execution.changed_at());
        let runner = Self { clock: Arc::new(clock), ..self.clone() };
        let mut observed = Observed(observer);
        self.secrets.resume(runbook, &execution);
        let mut seen = Cursor::default();
        let mut request = None;
        if let Some(Takeover { resumed, interrupted }) = takeover {
            let now = runner.clock.now();
            let input = Input::Resumed { resumed, interrupted };
            let decided = engine::decide_revocable(runbook, &mut execution, input, now);
            let (mut events, mut start) = decided.map_err(EngineError::from)?;
            if interrupted == Interrupted::Abandon
                && let Some(requested) = mailbox.pending(seen)
            {
                seen.note(&requested);
                let input = requested.into();
                events.extend(engine::decide(runbook, &mut execution, input, now).map_err(EngineError::from)?);
                start = None;
            }
            request = start.as_mut().and_then(PendingStart::take_request);
            runner.secrets.rewrite(runbook, &mut events);
            let idle = &mut Planned::Wait(Awaiting::Decision);
            let stopped = runner.append_unless_stopped(&execution, &events, start, seen, &mut observed, idle).await?;
            if let Some(stopped) = stopped {
                request = None;
                runner.revoke(runbook, &mut execution, &mut events, stopped, &mailbox);
                runner.append(&execution, &events, &mut observed, idle).await?;
            }
        }
        runner.run_outstanding(runbook, &mut execution, request, &mailbox, seen, &mut observed).await?;
        self.finish(execution).await
    }

    /// Does the outstanding work until none is left, or until the execution is left. `request` is the one of the attempt
    /// that has just started.
    async fn run_outstanding(
        &self,
        runbook: &Runbook,
        execution: &mut Execution,
        request: Option<ActionRequest>,
        mailbox: &Mailbox,
        mut seen: Cursor,
        observed: &mut Observed<'_>,
    ) -> Result<(), RunError> {
        let mut next = self.next(runbook, execution, &mut None, request)?.act();
        next.direct_children(execution);
        loop {
            let happened = match &mut next {
                Awaiting::Nothing => return Ok(()),
                Awaiting::Decision | Awaiting::Moment(_) if mailbox.is_leaving() => return Err(RunError::Left),
                // Further requests are in the journal, for the process that resumes the execution.
                Awaiting::Answer(call) if mailbox.is_leaving() => tokio::select! {
                    biased;
                    made = next_progress(call.progress.as_mut()) => WakeReason::Input(Input::Progressed(made)),
                    result = &mut call.answer => WakeReason::Input(Input::AttemptEnded(result)),
                    () = self.until(call.deadline) => WakeReason::Input(Input::TimerFired),
                    () = mailbox.call_abandoned() => return Err(RunError::Left),
                },
                Awaiting::Decision => match mailbox.pending(seen) {
                    Some(request) => WakeReason::Requested(request),
                    None => WakeReason::Input(Input::TimerFired),
                },
                // The first of these to end ends the wait; dropping the call abandons it at once.
                Awaiting::Answer(call) => tokio::select! {
                    biased;
                    request = mailbox.asked(seen) => WakeReason::Requested(request),
                    report = next_report(call.children.as_mut()) => WakeReason::Input(report),
                    made = next_progress(call.progress.as_mut()) => WakeReason::Input(Input::Progressed(made)),
                    seen = next_observation(call.observations.as_mut()) => WakeReason::Input(Input::Observed(seen)),
                    result = &mut call.answer => WakeReason::Input(call.answered(result)),
                    () = self.until(call.deadline) => WakeReason::Input(call.deadline_passed()),
                    () = mailbox.leaving() => continue,
                },
                Awaiting::Moment(until) => tokio::select! {
                    biased;
                    request = mailbox.asked(seen) => WakeReason::Requested(request),
                    () = self.clock.sleep_until(*until) => WakeReason::Input(Input::TimerFired),
                    () = mailbox.leaving() => return Err(RunError::Left),
                },
            };
            if let Awaiting::Answer(Call { progress: Some(_), .. }) = &next {
                // Boxed: the loop would otherwise reserve space for it while it waits.
                Box::pin(self.stop_abandoned(runbook, execution, &happened, observed)).await?;
            }
            let decided = match self.decide(runbook, execution, next, happened, &mut seen) {
                Ok(decided) => decided,
                // The outcome stays recorded even when the next decision fails.
                Err(Undecided { error, decided }) => {
                    self.append(execution, &decided, observed, &mut Planned::Wait(Awaiting::Nothing)).await?;
                    return Err(error.into());
                }
            };
            let Decided { mut events, start, under_way, next: mut planned } = decided;
            if mailbox.is_leaving() {
                // The timer fired too early, a poll saw something, or something was created: the call is still in flight.
                let is_news =
                    |it: &Recorded| matches!(it.event, Event::AttemptObserved(_) | Event::AttemptProgressed(_));
                if events.iter().all(is_news) && matches!(planned, Planned::Wait(Awaiting::Answer(_))) {
                    self.append(execution, &events, observed, &mut planned).await?;
                    next = planned.act();
                    next.acknowledge_progress();
                    continue;
                }
                return self.keep_outcome(execution, events, observed).await;
            }
            // The call is prepared while its events are written to disk.
            let stopped = self.append_unless_stopped(execution, &events, start, seen, observed, &mut planned).await?;
            if let Some(stopped) = stopped {
                self.revoke(runbook, execution, &mut events, stopped, mailbox);
                planned = self.next(runbook, execution, &mut None, None)?;
                self.append(execution, &events, observed, &mut planned).await?;
            }
            // Abandoning a call is visible outside, so its event must be durable first as well.
            drop(under_way);
            next = planned.act();
            next.direct_children(execution);
            next.acknowledge_progress();
        }
    }

    /// Stops what the attempt in flight has created, if the attempt is about to be abandoned, and records that.
    async fn stop_abandoned(
        &self,
        runbook: &Runbook,
        execution: &mut Execution,
        happened: &WakeReason,
        observed: &mut Observed<'_>,
    ) -> Result<(), RunError> {
        let input = match happened {
            WakeReason::Input(input) => Cow::Borrowed(input),
            WakeReason::Requested(request) => Cow::Owned(request.clone().into()),
        };
        let stopped = stop_created(&self.actions, &*self.clock, runbook, execution, &input).await;
        let Some(stopped) = stopped else { return Ok(()) };
        let decided = engine::decide(runbook, execution, stopped, self.clock.now());
        let mut events = decided.map_err(EngineError::from)?;
        self.secrets.rewrite(runbook, &mut events);
        self.append(execution, &events, observed, &mut Planned::Wait(Awaiting::Decision)).await
    }

    /// Decides what follows from a wake-up. The returned events are free of secrets, those of an error included. Kept
    /// out of the loop, whose future would otherwise reserve space for it while it waits.
    fn decide<'a>(
        &'a self,
        runbook: &Runbook,
        execution: &mut Execution,
        waited_for: Awaiting<'a>,
        happened: WakeReason,
        seen: &mut Cursor,
    ) -> Result<Decided<'a>, Undecided> {
        // A request that changes nothing is ignored; a timer must always lead to events.
        let is_decision = matches!((&waited_for, &happened), (Awaiting::Decision, WakeReason::Input(_)));
        // Other events during a call do not send it again.
        let mut under_way = match waited_for {
            Awaiting::Answer(call) if !matches!(happened, WakeReason::Input(Input::AttemptEnded(_))) => Some(call),
            Awaiting::Answer(_) | Awaiting::Nothing | Awaiting::Decision | Awaiting::Moment(_) => None,
        };
        let input = match happened {
            WakeReason::Input(input) => input,
            WakeReason::Requested(request) => {
                seen.note(&request);
                request.into()
            }
        };
        let input = self.redacted(runbook, execution, input);
        let now = self.clock.now();
        let _held = engine::outcome(execution, &input, now).map(|outcome| {
            let mut outcome = [outcome];
            self.secrets.rewrite(runbook, &mut outcome);
            let [outcome] = outcome;
            HeldOutcome::hold(&self.store, execution.id(), outcome)
        });
        self.register(runbook, execution, &input);
        let (mut events, mut start, error) = match engine::decide_revocable(runbook, execution, input, now) {
            Ok((events, _)) if is_decision && events.is_empty() => (events, None, Some(EngineError::IncompleteHistory)),
            Ok((events, start)) => (events, start, None),
            Err(Undecided { error, decided }) => {
                let applied = decided.iter().try_for_each(|recorded| execution.apply(recorded));
                (decided, None, Some(applied.map_or_else(EngineError::from, |()| error)))
            }
        };
        self.secrets.rewrite(runbook, &mut events);
        let next = match error {
            None => {
                let request = start.as_mut().and_then(PendingStart::take_request);
                self.next(runbook, execution, &mut under_way, request)
            }
            Some(error) => Err(error),
        };
        match next {
            Ok(next) => Ok(Decided { events, start, under_way, next }),
            Err(error) => Err(Undecided { error, decided: events }),
        }
    }

    /// Plans what follows: for an attempt, the call in flight continues, or a new one is prepared, with the request that
    /// was built when the attempt started. An abandoned call stays in `under_way`.
    fn next<'a>(
        &'a self,
        runbook: &Runbook,
        execution: &Execution,
        under_way: &mut Option<Call<'a>>,
        request: Option<ActionRequest>,
    ) -> Result<Planned<'a>, EngineError> {
        let (step, attempt, sending, deadline, has_children) = match engine::outstanding(execution) {
            Outstanding::Nothing => return Ok(Planned::Wait(Awaiting::Nothing)),
            Outstanding::Decision => return Ok(Planned::Wait(Awaiting::Decision)),
            Outstanding::Wait { until, reason: _ } => return Ok(Planned::Wait(Awaiting::Moment(until))),
            Outstanding::Attempt { step, attempt, sending, deadline } => (step, attempt, sending, deadline, false),
            Outstanding::Children { step, attempt, sending, deadline, .. } => (step, attempt, sending, deadline, true),
        };
        let sending_now = Sending { run: step.id.clone(), attempt, number: sending };
        if let Some(call) = under_way.take_if(|call| call.sending == sending_now) {
            return Ok(Planned::Wait(Awaiting::Answer(Call { deadline, ..call })));
        }
        let action = runbook.step(step.step.as_str()).map(|step| step.inputs.action());
        // Its targets may still have to be looked up.
        let may_have_children = has_children || action == Some(Action::EXECUTE_AUTOMATION);
        let (children, link) = may_have_children.then(connect_children).unzip();
        let spec = action.map(Action::spec);
        let polling = spec.and_then(|spec| spec.polling.as_ref());
        let (observations, sender) = polling.map(|it| connect_observations(attempt, it.property.name())).unzip();
        let creates = spec.is_some_and(|spec| !spec.creates.is_empty());
        let (progress, reporter) = creates.then(|| connect_progress(attempt)).unzip();
        let created = step.last_attempt().and_then(|last| last.created.as_deref());
        let task = Task {
            execution: execution.id().clone(),
            step: step.step.clone(),
            step_execution: step.id.clone(),
            action: action.ok_or_else(|| EngineError::UnknownStep(step.step.to_string()))?,
            inputs: Arc::clone(&step.inputs),
            request,
            attempt,
            sending,
            result_limit: execution.started().settings.result_limit,
            poll_interval: execution.started().settings.poll_interval.map(Duration::from_millis),
            idempotency_token: execution.started().settings.idempotency_token,
            targets: step.last_attempt().and_then(|last| last.children.targets.clone()),
            children: link,
            observations: sender,
            progress: reporter,
            created: created.map(Created::identifiers).unwrap_or_default(),
        };
        let call = self.actions.prepare(task);
        Ok(Planned::Send { sending: sending_now, deadline, children, observations, progress, call })
    }

    /// Appends the decided events up to the outcome. The process that resumes the execution decides the others again:
    /// the history ends after the outcome, as if the process had been stopped there.
    async fn keep_outcome(
        &self,
        execution: &Execution,
        mut events: Vec<Recorded>,
        observed: &mut Observed<'_>,
    ) -> Result<(), RunError> {
        let outcome = events.iter().position(|recorded| recorded.event.starts_work());
        events.truncate(outcome.unwrap_or(events.len()));
        let has_ended = matches!(events.last().map(|last| &last.event), Some(Event::ExecutionEnded(_)));
        self.append(execution, &events, observed, &mut Planned::Wait(Awaiting::Decision)).await?;
        if has_ended { Ok(()) } else { Err(RunError::Left) }
    }

    /// The execution that has ended. Where something is redacted, its stored form is read again: the state of the engine
    /// has the real values.
    async fn finish(&self, execution: Execution) -> Result<Finished, RunError> {
        if !self.secrets.is_active() {
            return Ok(Finished { execution, unmasked: None });
        }
        let stored = Execution::replay(&self.store.history(execution.id()).await?)?;
        Ok(Finished { execution: stored, unmasked: Some(execution) })
    }

    async fn until(&self, deadline: Option<Timestamp>) {
        match deadline {
            Some(deadline) => self.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }

    /// An observation without secrets: the engine shortens it, and half a secret is not found.
    fn redacted(&self, runbook: &Runbook, execution: &Execution, input: Input) -> Input {
        match input {
            Input::Observed(seen) => {
                let step = execution.current().and_then(|run| runbook.step(run.step.as_str()));
                Input::Observed(self.secrets.observation(step, seen))
            }
            input @ (Input::AttemptEnded(_)
            | Input::TargetsResolved(_)
            | Input::ChildEnded(_)
            | Input::Progressed(_)
            | Input::LocationsResolved(_)
            | Input::TimerFired
            | Input::Cancel { .. }
            | Input::Complete { .. }
            | Input::Signal { .. }
            | Input::Resumed { .. }) => input,
        }
    }

    /// Registers the secrets of a result before anything is stored or observed of it.
    fn register(&self, runbook: &Runbook, execution: &Execution, input: &Input) {
        if let Input::AttemptEnded(result) = input
            && let Some(step) = execution.current().and_then(|run| runbook.step(run.step.as_str()))
        {
            self.secrets.register_result(step, result);
        }
    }

    /// Appends a decision, unless it starts a step or an attempt and the execution is to stop: then nothing is stored,
    /// and the start is to be revoked.
    async fn append_unless_stopped(
        &self,
        execution: &Execution,
        events: &[Recorded],
        start: Option<PendingStart>,
        seen: Cursor,
        observed: &mut Observed<'_>,
        planned: &mut Planned<'_>,
    ) -> Result<Option<(PendingStart, store::Request)>, RunError> {
        let is_start = |recorded: &Recorded| matches!(recorded.event, Event::StepStarted(_) | Event::AttemptStarted(_));
        let Some(start) = start.filter(|_| events.iter().any(is_start)) else {
            return self.append(execution, events, observed, planned).await.map(|()| None);
        };
        let appended = self.store.append_start(execution.id(), events, seen.stops());
        match planned.progress_while(appended).await? {
            StartOutcome::Appended => {
                observed.show(events);
                Ok(None)
            }
            StartOutcome::StopRequested(request) => Ok(Some((start, request))),
        }
    }

    /// Revokes a start that was not stored, so that the request to stop is received next.
    fn revoke(
        &self,
        runbook: &Runbook,
        execution: &mut Execution,
        events: &mut Vec<Recorded>,
        (start, stop): (PendingStart, store::Request),
        mailbox: &Mailbox,
    ) {
        start.revoke(execution, events);
        // Events are redacted by the step that is current.
        self.secrets.resume(runbook, execution);
        mailbox.deliver(stop);
    }

    /// Appends events without secrets, then shows them. Meanwhile prepares the next call.
    async fn append(
        &self,
        execution: &Execution,
        events: &[Recorded],
        observed: &mut Observed<'_>,
        planned: &mut Planned<'_>,
    ) -> Result<(), RunError> {
        if events.is_empty() {
            return Ok(());
        }
        planned.progress_while(self.store.append(execution.id(), events)).await?;
        observed.show(events);
        Ok(())
    }
}

fn not_started(error: EngineError) -> RunError {
    match error {
        EngineError::Variable { .. } => RunError::Start(error),
        EngineError::NoAttempt
        | EngineError::UnknownStep(_)
        | EngineError::InvalidHistory(_)
        | EngineError::MissingSecret(_)
        | EngineError::IncompleteHistory => RunError::Engine(error),
    }
}

impl From<Request> for Input {
    fn from(request: Request) -> Self {
        match request {
            Request::Cancel { by } => Self::Cancel { by },
            Request::Complete { by } => Self::Complete { by },
            Request::Signal(PendingSignal { step_execution, received }) => Self::Signal { step_execution, received },
        }
    }
}

/// The observer, if there is one.
struct Observed<'a>(Option<EventObserver<'a>>);

impl Observed<'_> {
    fn show(&mut self, events: &[Recorded]) {
        if let Some(observer) = &mut self.0 {
            observer(events);
        }
    }
}

#[cfg(test)]
mod tests;
