//! Resuming executions of another process.

use serde_json::Value;

use super::*;
use crate::event::AttemptStarted;
use crate::redaction::{Pattern, Patterns};

/// Returns `{}` and records the inputs.
#[derive(Debug, Default)]
struct RecordingHandler(Mutex<Vec<String>>);

impl ActionHandler for RecordingHandler {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        PreparedCall::new(async move {
            let payload = task.inputs.get("InputPayload").map_or_else(String::new, Value::to_string);
            self.0.lock().unwrap().push(format!("{} {}.{} {payload}", task.step, task.attempt, task.sending));
            Ok(ActionResult { document: Some(json!({})), ..ActionResult::default() })
        })
    }
}

/// A store that counts appends and rejects all of them, when another process has claimed the execution.
#[derive(Debug, Default)]
struct CountingStore {
    events: MemoryStore,
    appends: Mutex<Vec<Vec<&'static str>>>,
    is_taken: bool,
}

impl EventStore for CountingStore {
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.events.create(document, events)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.appends.lock().unwrap().push(events.iter().map(|recorded| recorded.event.kind()).collect());
        if self.is_taken {
            let conflict =
                StoreError::Conflict { execution: execution.clone(), expected: 9, found: events[0].sequence };
            return Box::pin(std::future::ready(Err(conflict)));
        }
        self.events.append(execution, events)
    }

    fn append_start<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        _received: ReceivedStops,
    ) -> Stored<'a, StartOutcome> {
        Box::pin(async move { self.append(execution, events).await.map(|()| StartOutcome::Appended) })
    }

    fn events_page<'a>(&'a self, execution: &'a ExecutionId, from: u64, limit: u32) -> Stored<'a, Vec<Recorded>> {
        self.events.events_page(execution, from, limit)
    }

    fn first_event<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Recorded>> {
        self.events.first_event(execution)
    }

    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        self.events.document(sha256)
    }
}

const WITH_CLEAN_UP: &str = "{name: a, action: 'aws:invokeLambdaFunction', onCancel: 'step:tidy', isEnd: true, \
                      timeoutSeconds: 10, inputs: {FunctionName: f}}, \
                      {name: tidy, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}}";

/// An execution whose process crashed during its first attempt, and the clock a minute later.
async fn interrupted_execution(runbook: &Runbook, store: &CountingStore) -> (Execution, ManualClock) {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let (execution, events, _) = engine::start(runbook, begin(runbook), clock.now()).unwrap();
    store.create("", &events).await.unwrap();
    assert!(matches!(engine::outstanding(&execution), Outstanding::Attempt { .. }));
    clock.advance(Duration::from_mins(1));
    (Execution::replay(&events).unwrap(), clock)
}

fn takeover(interrupted: Interrupted) -> Takeover {
    let resumed = ExecutionResumed { by: "other".to_owned(), host: "there".to_owned(), version: "1".to_owned() };
    Takeover { resumed, interrupted }
}

fn runner(store: &Arc<CountingStore>, actions: Arc<ActionRegistry>, clock: &ManualClock) -> Runner {
    Runner::new(Arc::clone(store) as Arc<dyn EventStore>, actions, Arc::new(clock.clone()))
}

#[tokio::test]
async fn interrupted_attempt_is_resent_after_its_event_is_stored() {
    let runbook = runbook(ONE_STEP);
    let store = Arc::new(CountingStore::default());
    let (execution, clock) = interrupted_execution(&runbook, &store).await;
    let script = Script::new([Call::Succeed]);
    let runner = runner(&store, registry(Arc::clone(&script)), &clock);
    let mut seen = Vec::new();
    let mut observe = |events: &[Recorded]| {
        for recorded in events {
            if let Event::AttemptStarted(AttemptStarted { attempt, sending, deadline }) = &recorded.event {
                seen.push((*attempt, *sending, deadline.unwrap().as_second()));
            }
        }
    };
    let (_sender, mailbox) = mailbox();
    let ended = runner
        .resume(&runbook, execution, Some(takeover(Interrupted::Retry)), mailbox, Some(&mut observe))
        .await
        .unwrap();
    assert_eq!(
        (ended.execution.status(), script.made.lock().unwrap().clone(), seen, store.appends.lock().unwrap().clone()),
        (
            Status::Success,
            vec!["a 1.2".to_owned()],
            // The observer receives the new events.
            vec![(1, 2, 70)],
            vec![
                vec!["ExecutionResumed", "AttemptInterrupted", "AttemptStarted"],
                vec!["AttemptEnded", "StepEnded", "ExecutionEnded"]
            ]
        )
    );
    let history = store.history(ended.execution.id()).await.unwrap();
    assert_eq!(Execution::replay(&history).unwrap(), ended.execution);
}

#[tokio::test]
async fn resent_hanging_call_is_abandoned_at_its_own_deadline() {
    let runbook = runbook(ONE_STEP);
    let store = Arc::new(CountingStore::default());
    let (execution, clock) = interrupted_execution(&runbook, &store).await;
    let script = Script::new([Call::Hang, Call::Succeed]);
    let runner = runner(&store, registry(Arc::clone(&script)), &clock);
    let (_sender, mailbox) = mailbox();
    let run = runner.resume(&runbook, execution, Some(takeover(Interrupted::Retry)), mailbox, None);
    tokio::pin!(run);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut run => break ended,
            () = tokio::task::yield_now() => { clock.advance_to_next(); }
        }
    };
    assert_eq!(
        (ended.unwrap().execution.status(), script.made.lock().unwrap().clone(), clock.now().as_second()),
        (Status::Success, vec!["a 1.2".to_owned(), "a 2.1".to_owned()], 71)
    );
}

#[tokio::test]
async fn resume_with_policy_fail_sends_nothing() {
    let runbook = runbook(ONE_STEP);
    let store = Arc::new(CountingStore::default());
    let (execution, clock) = interrupted_execution(&runbook, &store).await;
    let script = Script::new([]);
    let runner = runner(&store, registry(Arc::clone(&script)), &clock);
    let (_sender, mailbox) = mailbox();
    let ended = runner.resume(&runbook, execution, Some(takeover(Interrupted::Fail)), mailbox, None).await.unwrap();
    assert_eq!((ended.execution.status(), script.made.lock().unwrap().len()), (Status::Failed, 0));
}

#[tokio::test]
async fn pending_cancel_is_stored_in_one_append_with_the_resume() {
    let runbook = runbook(WITH_CLEAN_UP);
    let store = Arc::new(CountingStore::default());
    let (execution, clock) = interrupted_execution(&runbook, &store).await;
    let script = Script::new([Call::Succeed]);
    let runner = runner(&store, registry(Arc::clone(&script)), &clock);
    let (stop, mailbox) = mailbox();
    stop.cancel("tester");
    let ended = runner.resume(&runbook, execution, Some(takeover(Interrupted::Abandon)), mailbox, None).await.unwrap();
    assert_eq!(
        (ended.execution.status(), script.made.lock().unwrap().clone(), store.appends.lock().unwrap().clone()),
        (
            Status::Cancelled,
            vec!["tidy 1.1".to_owned()],
            vec![
                vec![
                    "ExecutionResumed",
                    "AttemptInterrupted",
                    "CancelRequested",
                    "AttemptEnded",
                    "StepEnded",
                    "StepStarted",
                    "AttemptStarted"
                ],
                vec!["AttemptEnded", "StepEnded", "ExecutionEnded"]
            ]
        )
    );
}

#[tokio::test]
async fn second_cancel_lets_the_on_cancel_chain_continue() {
    let runbook = runbook(WITH_CLEAN_UP);
    let store = Arc::new(CountingStore::default());
    let (mut execution, clock) = interrupted_execution(&runbook, &store).await;
    // Cancelled once, and the process crashed again within the chain.
    let events =
        engine::decide(&runbook, &mut execution, Input::Cancel { by: "first".to_owned() }, clock.now()).unwrap();
    store.events.append(execution.id(), &events).await.unwrap();
    let script = Script::new([Call::Succeed]);
    let runner = runner(&store, registry(Arc::clone(&script)), &clock);
    let (stop, mailbox) = mailbox();
    stop.cancel("second");
    let ended = runner.resume(&runbook, execution, Some(takeover(Interrupted::Abandon)), mailbox, None).await.unwrap();
    let by = ended.execution.cancel().map(|cancel| cancel.by.clone());
    assert_eq!(
        (ended.execution.status(), by.as_deref(), script.made.lock().unwrap().clone()),
        (Status::Cancelled, Some("first"), vec!["tidy 1.2".to_owned()])
    );
}

#[tokio::test]
async fn rejected_append_ends_the_run_before_sending() {
    let runbook = runbook(ONE_STEP);
    let store = Arc::new(CountingStore { is_taken: true, ..CountingStore::default() });
    let (execution, clock) = interrupted_execution(&runbook, &store).await;
    for (policy, appends) in [(Interrupted::Retry, 1), (Interrupted::Fail, 2), (Interrupted::Abandon, 3)] {
        let script = Script::new([Call::Succeed]);
        let runner = runner(&store, registry(Arc::clone(&script)), &clock);
        let (_sender, mailbox) = mailbox();
        let refused =
            runner.resume(&runbook, execution.clone(), Some(takeover(policy)), mailbox, None).await.unwrap_err();
        assert!(matches!(refused, RunError::Store(StoreError::Conflict { .. })), "{refused}");
        assert_eq!((script.made.lock().unwrap().len(), store.appends.lock().unwrap().len()), (0, appends));
    }
}

#[tokio::test]
async fn opened_execution_begins_when_it_is_resumed() {
    let runbook = runbook(ONE_STEP);
    let store = Arc::new(CountingStore::default());
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let script = Script::new([Call::Succeed]);
    let runner = runner(&store, registry(Arc::clone(&script)), &clock);
    let execution = runner.open(&runbook, "", begin(&runbook)).await.unwrap();
    let (_sender, mailbox) = mailbox();
    let ended = runner.resume(&runbook, execution, None, mailbox, None).await.unwrap();
    assert_eq!(
        (ended.execution.status(), store.appends.lock().unwrap().clone()),
        (
            Status::Success,
            vec![vec!["StepStarted", "AttemptStarted"], vec!["AttemptEnded", "StepEnded", "ExecutionEnded"]]
        )
    );
}

#[tokio::test]
async fn restored_secret_is_sent_and_not_stored() {
    let step = |name: &str| {
        format!(
            "{{name: {name}, action: 'aws:invokeLambdaFunction', inputs: {{FunctionName: f, InputPayload: {{key: '{{{{ Token }}}}'}}}}}}"
        )
    };
    let text = format!(
        "{{schemaVersion: '0.3', parameters: {{Token: {{type: String}}}}, mainSteps: [{}, {}]}}",
        step("a"),
        step("b")
    );
    let document = crate::document::read("test", text.as_bytes()).unwrap();
    let runbook = crate::runbook::load(&document).runbook.unwrap();
    let secrets = || Secrets::new(Patterns::new(vec![Pattern::new("Token").unwrap()]));
    let store = Arc::new(CountingStore::default());
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let mut start = begin(&runbook);
    start.parameters.insert("Token".into(), json!("correct horse battery"));
    let hanging = Script::new([Call::Hang]);
    let first = runner(&store, registry(hanging), &clock).with_secrets(secrets());
    let (_sender, mailbox) = mailbox();
    {
        // The process crashes during the first call.
        let run = first.run(&runbook, "", start, mailbox.clone(), None);
        tokio::pin!(run);
        assert!(poll_once(run.as_mut()).await.is_none());
    }
    let history = store.history(&ExecutionId::new("e")).await.unwrap();
    let mut execution = Execution::replay(&history).unwrap();
    let remembering = Arc::new(RecordingHandler::default());
    let second = runner(&store, registry(Arc::clone(&remembering)), &clock).with_secrets(secrets());
    let refused =
        second.resume(&runbook, execution.clone(), Some(takeover(Interrupted::Retry)), mailbox.clone(), None).await;
    assert!(matches!(refused, Err(RunError::Engine(EngineError::MissingSecret(_)))), "{refused:?}");
    assert!(execution.reveal("Token", json!("correct horse battery")));
    let ended = second.resume(&runbook, execution, Some(takeover(Interrupted::Retry)), mailbox, None).await.unwrap();
    let sent = |attempt: &str| format!("{attempt} {{\"key\":\"correct horse battery\"}}");
    assert_eq!(
        (ended.execution.status(), remembering.0.lock().unwrap().clone()),
        (Status::Success, vec![sent("a 1.2"), sent("b 1.1")])
    );
    let history = store.history(&ExecutionId::new("e")).await.unwrap();
    let kept = serde_json::to_string(&history).unwrap();
    assert!(!kept.contains("horse"), "{kept}");
    assert_eq!(Execution::replay(&history).unwrap(), ended.execution);
}

#[tokio::test]
async fn wait_is_not_extended_after_resume_with_clock_set_back() {
    let runbook = runbook("{name: rest, action: 'aws:sleep', inputs: {Duration: PT1H}}");
    let store = Arc::new(CountingStore::default());
    let noon = Timestamp::from_second(12 * 3600).unwrap();
    // Its process crashes right after the wait began.
    let (_, events, _) = engine::start(&runbook, begin(&runbook), noon).unwrap();
    store.create("", &events).await.unwrap();
    let execution = Execution::replay(&events).unwrap();
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = runner(&store, registry(Script::new([])), &clock);
    let (_sender, mailbox) = mailbox();
    let run = runner.resume(&runbook, execution, Some(takeover(Interrupted::Retry)), mailbox, None);
    tokio::pin!(run);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut run => break ended.unwrap().execution,
            () = tokio::task::yield_now() => { clock.advance_to_next(); }
        }
    };
    let history = store.history(ended.id()).await.unwrap();
    let resumed = ended.resumes()[0].at;
    assert_eq!(
        (ended.status(), clock.now().as_second(), history.is_sorted_by_key(|recorded| recorded.at), resumed),
        (Status::Success, 3600, true, noon)
    );
}
