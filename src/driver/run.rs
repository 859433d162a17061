//! The loop of one execution.

use std::sync::Arc;

use crate::actions::{Perform, Performed, Task};
use crate::clock::Clock;
use crate::engine::{self, Input, Interrupted, Outstanding, Start, Unexpected};
use crate::event::{ExecutionResumed, Recorded};
use crate::execution::{Disorder, Execution};
use crate::masking::Secrets;
use crate::name::StepExecutionId;
use crate::runbook::Runbook;
use crate::store::{Store, StoreError};

use super::cancel::{CancelReceiver, Request, Seen, Told};

/// Sees every event right after it is durable, with the state that it led to: both without secrets. It cannot stop the
/// run.
pub type Observer<'a> = &'a mut (dyn FnMut(&Execution, &Recorded) + Send);

/// Why a run could not go on. The execution itself has not ended; its history is as far as it was appended.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The journal did not take the events: nothing more may be sent to the world.
    #[error("the events of the execution could not be kept, so it was not carried on: {0}")]
    Store(#[from] StoreError),
    /// A variable has no value to start with; nothing has run.
    #[error("the execution cannot start: {0}")]
    Start(Unexpected),
    /// A fault of this program.
    #[error("internal error: {0}")]
    Engine(#[from] Unexpected),
    /// A fault of this program.
    #[error("internal error: {0}")]
    Replay(#[from] Disorder),
}

/// Runs executions.
#[derive(Debug, Clone)]
pub struct Driver {
    store: Arc<dyn Store>,
    actions: Arc<dyn Perform>,
    clock: Arc<dyn Clock>,
    secrets: Secrets,
}

/// An execution that is over.
#[derive(Debug)]
pub struct Finished {
    /// The fold of what was kept: secrets are masked.
    pub execution: Execution,
    /// With its real values, when they differ.
    unmasked: Option<Execution>,
}

impl Finished {
    /// The execution with its real values: only for what hands a secret on as a secret.
    pub fn unmasked(&self) -> &Execution {
        self.unmasked.as_ref().unwrap_or(&self.execution)
    }
}

/// Which sending of which attempt a call is.
#[derive(Debug, PartialEq, Eq)]
struct Sending {
    run: StepExecutionId,
    attempt: u32,
    number: u32,
}

/// What ended a wait.
enum Happened {
    Input(Input),
    Asked(Request),
}

/// Who carries an execution on that another process left, and how.
#[derive(Debug, Clone)]
pub struct Takeover {
    /// Who, and where.
    pub resumed: ExecutionResumed,
    /// What becomes of an attempt in flight.
    pub interrupted: Interrupted,
}

impl Driver {
    /// A driver that keeps events in `store`, acts through `actions` and lives by `clock`.
    pub fn new(store: Arc<dyn Store>, actions: Arc<dyn Perform>, clock: Arc<dyn Clock>) -> Self {
        Self { store, actions, clock, secrets: Secrets::default() }
    }

    /// Masks these wherever they would be kept or seen; steps get the real values. They belong to one execution.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    /// Runs an execution from its start to its end. `document` is the text of the runbook, to be kept with it.
    pub async fn run(
        &self,
        runbook: &Runbook,
        document: &str,
        start: Start,
        cancel: CancelReceiver,
        observer: Option<Observer<'_>>,
    ) -> Result<Finished, DriverError> {
        let (execution, mut events) = engine::start(runbook, start, self.clock.now()).map_err(not_started)?;
        let mut shown = Shown { state: None, observer, always: self.secrets.is_active() };
        self.secrets.rewrite(runbook, &mut events);
        self.store.open(document, &events).await?;
        shown.show(&events)?;
        self.carry_on(runbook, execution, &cancel, Seen::default(), shown).await
    }

    /// Begins an execution without its first step, for somebody to [`resume`](Self::resume). What comes back has its
    /// real values.
    pub async fn open(&self, runbook: &Runbook, document: &str, start: Start) -> Result<Execution, DriverError> {
        let (execution, mut events) = engine::open(runbook, start, self.clock.now()).map_err(not_started)?;
        self.secrets.rewrite(runbook, &mut events);
        self.store.open(document, &events).await?;
        Ok(execution)
    }

    /// Carries on an execution from its history to its end. What the history hides has been given again
    /// ([`Execution::reveal`]). Without a takeover nothing of it was under way: it was begun with [`open`](Self::open).
    /// The observer sees the history first.
    pub async fn resume(
        &self,
        runbook: &Runbook,
        mut execution: Execution,
        takeover: Option<Takeover>,
        cancel: CancelReceiver,
        observer: Option<Observer<'_>>,
    ) -> Result<Finished, DriverError> {
        let always = self.secrets.is_active();
        let mut shown = Shown { state: None, observer, always };
        if always || shown.observer.is_some() {
            shown.show(&self.store.history(execution.id()).await?)?;
        }
        self.secrets.resume(runbook, &execution);
        let mut seen = Seen::default();
        if let Some(Takeover { resumed, interrupted }) = takeover {
            let now = self.clock.now();
            let mut events = engine::decide(runbook, &mut execution, Input::Resumed { resumed, interrupted }, now)?;
            if interrupted == Interrupted::GiveUp
                && let Some(request) = cancel.pending(seen)
            {
                seen.note(&request);
                events.extend(engine::decide(runbook, &mut execution, request.into(), now)?);
            }
            self.keep(runbook, &execution, &mut events, &mut shown).await?;
        }
        self.carry_on(runbook, execution, &cancel, seen, shown).await
    }

    /// Does what is outstanding until nothing is.
    async fn carry_on(
        &self,
        runbook: &Runbook,
        mut execution: Execution,
        cancel: &CancelReceiver,
        mut seen: Seen,
        mut shown: Shown<'_>,
    ) -> Result<Finished, DriverError> {
        // The call under way, for as long as it is: what else happens meanwhile does not send it again.
        let mut call: Option<(Sending, Performed<'_>)> = None;
        loop {
            if !matches!(engine::outstanding(&execution), Outstanding::Attempt { .. }) {
                call = None;
            }
            let happened = match engine::outstanding(&execution) {
                Outstanding::Nothing => return Ok(shown.finished(execution, self.secrets.is_active())),
                Outstanding::Decision => match cancel.pending(seen) {
                    Some(request) => Happened::Asked(request),
                    None => Happened::Input(Input::Woken),
                },
                Outstanding::Attempt { step, attempt, sending, deadline } => {
                    let sending_now = Sending { run: step.id.clone(), attempt, number: sending };
                    let inputs = Arc::clone(&step.inputs);
                    let action = runbook.step(step.step.as_str()).map(|step| step.inputs.action());
                    let Some(action) = action else {
                        return Err(Unexpected::UnknownStep(step.step.to_string()).into());
                    };
                    let task = Task {
                        execution: execution.id().clone(),
                        step: step.step.clone(),
                        step_execution: step.id.clone(),
                        action,
                        inputs,
                        attempt,
                        sending,
                        result_limit: execution.started().settings.result_limit,
                        idempotency_token: execution.started().settings.idempotency_token,
                    };
                    // Whatever ends first ends the wait; dropping the call stops waiting for it at once.
                    let mut under_way = match call.take() {
                        Some((known, under_way)) if known == sending_now => under_way,
                        Some(_) | None => self.actions.perform(task),
                    };
                    let happened = tokio::select! {
                        biased;
                        request = cancel.asked(seen) => Happened::Asked(request),
                        result = &mut under_way => Happened::Input(Input::AttemptEnded(result)),
                        () = self.until(deadline) => Happened::Input(Input::Woken),
                    };
                    if !matches!(happened, Happened::Input(Input::AttemptEnded(_))) {
                        call = Some((sending_now, under_way));
                    }
                    happened
                }
                Outstanding::Wait { until } => tokio::select! {
                    biased;
                    request = cancel.asked(seen) => Happened::Asked(request),
                    () = self.clock.sleep_until(until) => Happened::Input(Input::Woken),
                },
            };
            // A request that was made before changes nothing; being woken has to.
            let is_decision = matches!(happened, Happened::Input(_))
                && matches!(engine::outstanding(&execution), Outstanding::Decision);
            let input = match happened {
                Happened::Input(input) => input,
                Happened::Asked(request) => {
                    seen.note(&request);
                    request.into()
                }
            };
            self.learn(runbook, &execution, &input);
            let mut events = engine::decide(runbook, &mut execution, input, self.clock.now())?;
            if is_decision && events.is_empty() {
                return Err(Unexpected::Torn.into());
            }
            self.keep(runbook, &execution, &mut events, &mut shown).await?;
        }
    }

    async fn until(&self, deadline: Option<jiff::Timestamp>) {
        match deadline {
            Some(deadline) => self.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }

    /// What a result holds is secret before anything is said of it.
    fn learn(&self, runbook: &Runbook, execution: &Execution, input: &Input) {
        if let Input::AttemptEnded(result) = input
            && let Some(step) = execution.current().and_then(|run| runbook.step(run.step.as_str()))
        {
            self.secrets.learn_result(step, result);
        }
    }

    /// Masks, appends, then shows.
    async fn keep(
        &self,
        runbook: &Runbook,
        execution: &Execution,
        events: &mut [Recorded],
        shown: &mut Shown<'_>,
    ) -> Result<(), DriverError> {
        if events.is_empty() {
            return Ok(());
        }
        self.secrets.rewrite(runbook, events);
        self.store.append(execution.id(), events).await?;
        shown.show(events)?;
        Ok(())
    }
}

fn not_started(error: Unexpected) -> DriverError {
    match error {
        Unexpected::Variable { .. } => DriverError::Start(error),
        Unexpected::NoAttempt
        | Unexpected::UnknownStep(_)
        | Unexpected::Disorder(_)
        | Unexpected::Hidden(_)
        | Unexpected::Torn => DriverError::Engine(error),
    }
}

impl From<Request> for Input {
    fn from(request: Request) -> Self {
        match request {
            Request::Cancel { by } => Self::Cancel { by },
            Request::Complete { by } => Self::Complete { by },
            Request::Signal(Told { step_execution, received }) => Self::Signal { step_execution, received },
        }
    }
}

/// What the observer has seen: a fold of its own, since the engine's is ahead by the rest of a batch and has secrets.
struct Shown<'a> {
    state: Option<Execution>,
    observer: Option<Observer<'a>>,
    /// Folds whether anybody watches or not: the engine's fold is not to be shown.
    always: bool,
}

impl Shown<'_> {
    fn show(&mut self, events: &[Recorded]) -> Result<(), Disorder> {
        if self.observer.is_none() && !self.always {
            return Ok(());
        }
        for recorded in events {
            let state = match &mut self.state {
                Some(state) => {
                    state.apply(recorded)?;
                    state
                }
                none => none.insert(Execution::begin(recorded)?),
            };
            if let Some(observer) = &mut self.observer {
                observer(state, recorded);
            }
        }
        Ok(())
    }

    fn finished(self, execution: Execution, masked: bool) -> Finished {
        match self.state {
            Some(shown) if masked => Finished { execution: shown, unmasked: Some(execution) },
            Some(_) | None => Finished { execution, unmasked: None },
        }
    }
}

#[cfg(test)]
mod tests;
