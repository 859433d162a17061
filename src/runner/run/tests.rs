//! The run loop with a manual clock and scripted actions: time advances only when the runner has nothing else to wait
//! for.

mod internal_errors;
mod leaving;
mod observations;
mod prepared_calls;
mod resuming;
mod stop_requests;

use std::collections::VecDeque;
use std::sync::Mutex;

use indexmap::IndexMap;
use serde_json::json;

use super::*;
use crate::actions::ActionHandler;
use crate::clock::ManualClock;
use crate::event::{
    ActionResult, DocumentIdentity, Environment, Event, Failure, FailureStage, FailureType, Launch, Settings, Status,
};
use crate::name::ExecutionId;
use crate::runner::mailbox;
use crate::store::{MemoryStore, ReceivedStops, StartOutcome, Stored};

/// The result of each call, in order; a call beyond the script never returns.
#[derive(Debug)]
struct Script {
    calls: Mutex<VecDeque<Call>>,
    made: Mutex<Vec<String>>,
    dropped: Arc<Mutex<u32>>,
}

#[derive(Debug)]
enum Call {
    Succeed,
    Fail,
    Hang,
}

/// Counts the abandoned calls.
struct AbandonedCallCounter(Arc<Mutex<u32>>);

impl Drop for AbandonedCallCounter {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

impl Script {
    fn new(calls: impl IntoIterator<Item = Call>) -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::new(calls.into_iter().collect()),
            made: Mutex::default(),
            dropped: Arc::default(),
        })
    }
}

impl Script {
    /// Answers the next call as the script says.
    fn answer(&self, task: &Task) -> ActionFuture<'_> {
        self.made.lock().unwrap().push(format!("{} {}.{}", task.step, task.attempt, task.sending));
        let call = self.calls.lock().unwrap().pop_front().unwrap_or(Call::Hang);
        let dropped = Arc::clone(&self.dropped);
        Box::pin(async move {
            match call {
                Call::Succeed => Ok(ActionResult { document: Some(json!({})), ..ActionResult::default() }),
                Call::Fail => Err(Failure::new(FailureStage::Invocation, FailureType::Action, "failed").into()),
                Call::Hang => {
                    let _waiting = AbandonedCallCounter(dropped);
                    std::future::pending().await
                }
            }
        })
    }
}

impl ActionHandler for Script {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        PreparedCall::new(async move { self.answer(&task).await })
    }
}

/// A registry whose only handler is this one.
fn registry(handler: Arc<impl ActionHandler + 'static>) -> Arc<ActionRegistry> {
    Arc::new(ActionRegistry::for_every_action(handler))
}

fn runbook(steps: &str) -> Runbook {
    let text = format!("{{schemaVersion: '0.3', mainSteps: [{steps}]}}");
    let document = crate::document::read("test", text.as_bytes()).unwrap();
    crate::runbook::load(&document).runbook.unwrap()
}

fn begin(runbook: &Runbook) -> Start {
    Start {
        execution: ExecutionId::new("e"),
        document: DocumentIdentity { name: "test".to_owned(), sha256: String::new() },
        parameters: IndexMap::new(),
        executed_by: "tester".to_owned(),
        environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
        settings: Settings {
            attempt_delays: [1_000].into(),
            throttle_delays: [1_000].into(),
            throttle_window: 0,
            jitter: 0.0,
            long_invocations: false,
            result_limit: None,
            poll_interval: None,
            idempotency_token: false,
        },
        seed: 1,
        outline: engine::outline(runbook, false),
        launch: Launch::default(),
        reused: Vec::new(),
    }
}

const ONE_STEP: &str =
    "{name: a, action: 'aws:invokeLambdaFunction', maxAttempts: 2, timeoutSeconds: 10, inputs: {FunctionName: f}}";

/// Runs the execution. The clock jumps to the next deadline whenever nothing else can happen.
async fn run_in_virtual_time(script: &Arc<Script>, store: Arc<dyn EventStore>) -> (Result<Finished, RunError>, i64) {
    let runbook = runbook(ONE_STEP);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(store, registry(Arc::clone(script)), Arc::new(clock.clone()));
    let (_sender, mailbox) = mailbox();
    let run = runner.run(&runbook, "", begin(&runbook), mailbox, None);
    tokio::pin!(run);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut run => break ended,
            () = tokio::task::yield_now() => { clock.advance_to_next(); }
        }
    };
    (ended, clock.now().as_second())
}

#[tokio::test]
async fn hanging_call_is_abandoned_at_its_deadline_and_retried() {
    let script = Script::new([Call::Hang, Call::Succeed]);
    let (ended, seconds) = run_in_virtual_time(&script, Arc::new(MemoryStore::new())).await;
    let execution = ended.unwrap().execution;
    assert_eq!(
        (execution.status(), seconds, script.made.lock().unwrap().clone(), *script.dropped.lock().unwrap()),
        (Status::Success, 11, vec!["a 1.1".to_owned(), "a 2.1".to_owned()], 1)
    );
}

#[tokio::test]
async fn stored_events_replay_to_the_execution() {
    let store = Arc::new(MemoryStore::new());
    let (ended, _) = run_in_virtual_time(&Script::new([Call::Fail, Call::Fail]), store.clone()).await;
    let execution = ended.unwrap().execution;
    let history = store.history(execution.id()).await.unwrap();
    assert_eq!((Execution::replay(&history).unwrap(), execution.status()), (execution.clone(), Status::Failed));
}

#[tokio::test]
async fn variable_without_initial_value_is_not_an_internal_error() {
    let text = format!(
        "{{schemaVersion: '0.3', variables: {{V: {{type: String, default: '{{{{ global:REGION }}}}'}}}}, mainSteps: [{ONE_STEP}]}}"
    );
    let document = crate::document::read("test", text.as_bytes()).unwrap();
    let runbook = crate::runbook::load(&document).runbook.unwrap();
    let script = Script::new([]);
    let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let runner = Runner::new(Arc::new(MemoryStore::new()), registry(Arc::clone(&script)), clock);
    let error = runner.run(&runbook, "", begin(&runbook), mailbox().1, None).await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), script.made.lock().unwrap().len()),
        (
            "the execution cannot start: the default of the variable V cannot be used: {{ global:REGION }} has no \
             value: no region is set: give --region or set AWS_REGION",
            0
        )
    );
}

/// A store that accepts a number of appends and no more.
#[derive(Debug)]
struct FullStore {
    taken: Mutex<u32>,
    room: u32,
}

impl FullStore {
    fn take<'a>(&self, execution: &ExecutionId, events: &[Recorded]) -> Stored<'a, ()> {
        let mut taken = self.taken.lock().unwrap();
        let kept = *taken < self.room;
        *taken += 1;
        let found = events[0].sequence;
        let full = StoreError::Conflict { execution: execution.clone(), expected: 0, found };
        Box::pin(std::future::ready(if kept { Ok(()) } else { Err(full) }))
    }
}

impl EventStore for FullStore {
    fn create<'a>(&'a self, _document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.take(&ExecutionId::new("e"), events)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.take(execution, events)
    }

    fn append_start<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        _received: ReceivedStops,
    ) -> Stored<'a, StartOutcome> {
        Box::pin(async move { self.append(execution, events).await.map(|()| StartOutcome::Appended) })
    }

    fn events_page<'a>(&'a self, _execution: &'a ExecutionId, _from: u64, _limit: u32) -> Stored<'a, Vec<Recorded>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn first_event<'a>(&'a self, _execution: &'a ExecutionId) -> Stored<'a, Option<Recorded>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn document<'a>(&'a self, _sha256: &'a str) -> Stored<'a, Option<String>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

#[tokio::test]
async fn call_is_not_sent_before_its_event_is_stored() {
    for (room, calls) in [(0, 0), (1, 1), (2, 1), (3, 2)] {
        let script = Script::new([Call::Fail, Call::Fail]);
        let (ended, _) = run_in_virtual_time(&script, Arc::new(FullStore { taken: Mutex::new(0), room })).await;
        assert!(matches!(ended, Err(RunError::Store(_))));
        assert_eq!(script.made.lock().unwrap().len(), calls, "with room for {room} appends");
    }
}

#[tokio::test]
async fn cancel_before_sending_sends_nothing() {
    let runbook = runbook(ONE_STEP);
    let script = Script::new([Call::Hang]);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(Arc::new(MemoryStore::new()), registry(Arc::clone(&script)), Arc::new(clock.clone()));
    let (stop, mailbox) = mailbox();
    let mut kinds = Vec::new();
    let mut observe = |events: &[Recorded]| {
        for recorded in events {
            kinds.push(recorded.event.kind());
            if matches!(recorded.event, Event::AttemptStarted(_)) {
                stop.cancel("tester");
                stop.cancel("another operator");
            }
        }
    };
    let execution = runner.run(&runbook, "", begin(&runbook), mailbox, Some(&mut observe)).await.unwrap().execution;
    // The cancel came before the call was sent, so there is no call to abandon.
    assert_eq!(
        (execution.status(), execution.cancel().unwrap().by.as_str(), *script.dropped.lock().unwrap(), kinds),
        (
            Status::Cancelled,
            "tester",
            0,
            vec![
                "ExecutionStarted",
                "StepStarted",
                "AttemptStarted",
                "CancelRequested",
                "AttemptEnded",
                "StepEnded",
                "ExecutionEnded"
            ]
        )
    );
}

#[tokio::test]
async fn cancel_abandons_the_call_in_flight() {
    let runbook = runbook(ONE_STEP);
    let script = Script::new([Call::Hang]);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(Arc::new(MemoryStore::new()), registry(Arc::clone(&script)), Arc::new(clock));
    let (stop, mailbox) = mailbox();
    let run = runner.run(&runbook, "", begin(&runbook), mailbox, None);
    tokio::pin!(run);
    // One poll sends the call, which never returns.
    assert!(poll_once(run.as_mut()).await.is_none());
    stop.cancel("tester");
    let execution = run.await.unwrap().execution;
    assert_eq!((execution.status(), *script.dropped.lock().unwrap()), (Status::Cancelled, 1));
}

/// Polls once; none if the future is pending.
async fn poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut future).poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
