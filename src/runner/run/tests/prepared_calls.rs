//! Calls are prepared, and nothing more, while events are being stored.

use tokio::sync::Semaphore;

use super::*;

/// The log of a run, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    /// The entries after an index.
    fn since(&self, before: usize) -> String {
        self.0.lock().unwrap()[before..].join(", ")
    }
}

/// A store whose appends wait for a permit.
#[derive(Debug)]
pub(super) struct GatedStore {
    pub(super) stored: MemoryStore,
    pub(super) let_in: Arc<Semaphore>,
    pub(super) log: Log,
}

impl EventStore for GatedStore {
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.log.note("stored: the start".to_owned());
        self.stored.create(document, events)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        Box::pin(async move {
            match self.let_in.acquire().await {
                Ok(let_in) => let_in.forget(),
                Err(_) => return Err(StoreError::NoStart),
            }
            self.log.note(format!("stored: {}", events.last().unwrap().event.kind()));
            self.stored.append(execution, events).await
        })
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
        self.stored.events_page(execution, from, limit)
    }

    fn first_event<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Recorded>> {
        self.stored.first_event(execution)
    }

    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        self.stored.document(sha256)
    }
}

/// Logs when a call is prepared, sent and abandoned. `broken` can never be sent, `hanging` never returns, and `late`
/// returns at the next poll.
#[derive(Debug)]
struct LoggingHandler(Log);

/// Records that the call is abandoned.
struct PendingCall {
    log: Log,
    step: String,
    is_answered: bool,
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        if !self.is_answered {
            self.log.note(format!("abandoned: {}", self.step));
        }
    }
}

impl ActionHandler for LoggingHandler {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        let gate = Arc::new(Semaphore::new(0));
        let permit = Arc::clone(&gate);
        let call = async move {
            let step = task.step.to_string();
            let mut awaited = PendingCall { log: self.0.clone(), step: step.clone(), is_answered: false };
            self.0.note(format!("prepared: {step}"));
            if step == "broken" {
                awaited.is_answered = true;
                let what = "it makes no request";
                return Err(Failure::new(FailureStage::InputValidation, FailureType::Verification, what).into());
            }
            gate.acquire().await.unwrap().forget();
            self.0.note(format!("sent: {step}"));
            match step.as_str() {
                "hanging" => std::future::pending().await,
                "late" => tokio::task::yield_now().await,
                _ => {}
            }
            awaited.is_answered = true;
            Ok(ActionResult { document: Some(json!({})), ..ActionResult::default() })
        };
        PreparedCall::held(call, move || permit.add_permits(1))
    }
}

/// An action of the test once the run makes no more progress.
#[derive(Debug, Clone, Copy)]
enum TestAction {
    /// Permits one more append.
    Keep,
    /// Rejects all further appends.
    Refuse,
    Cancel,
    Complete,
    /// Advances the time to the next deadline.
    Pass,
}

/// Runs two steps until no progress is possible, and again after each action. Returns the log in between, and the
/// result.
async fn run_with_actions(second: &str, acts: &[TestAction]) -> (Vec<String>, Option<Result<Status, RunError>>) {
    let (log, let_in) = (Log::default(), Arc::new(Semaphore::new(0)));
    let store = GatedStore { stored: MemoryStore::new(), let_in: Arc::clone(&let_in), log: log.clone() };
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(Arc::new(store), registry(Arc::new(LoggingHandler(log.clone()))), Arc::new(clock.clone()));
    let step = |name: &str| {
        format!("{{name: {name}, action: 'aws:invokeLambdaFunction', timeoutSeconds: 10, inputs: {{FunctionName: f}}}}")
    };
    let runbook = runbook(&format!("{}, {}", step("first"), step(second)));
    let (stop, mailbox) = mailbox();
    let run = runner.run(&runbook, "", begin(&runbook), mailbox, None);
    tokio::pin!(run);
    let mut seen = Vec::new();
    let mut acts = acts.iter();
    loop {
        let before = log.0.lock().unwrap().len();
        // Polls again if a wake-up arrives during a poll.
        loop {
            let known = log.0.lock().unwrap().len();
            if let Some(ended) = poll_once(run.as_mut()).await {
                seen.push(log.since(before));
                return (seen, Some(ended.map(|finished| finished.execution.status())));
            }
            if log.0.lock().unwrap().len() == known {
                break;
            }
        }
        seen.push(log.since(before));
        match acts.next() {
            Some(TestAction::Keep) => let_in.add_permits(1),
            Some(TestAction::Refuse) => let_in.close(),
            Some(TestAction::Cancel) => stop.cancel("tester"),
            Some(TestAction::Complete) => stop.complete("tester"),
            Some(TestAction::Pass) => assert!(clock.advance_to_next()),
            None => return (seen, None),
        }
    }
}

const STARTED: &str = "stored: the start, prepared: first, sent: first, prepared: ";

#[tokio::test]
async fn call_is_prepared_before_its_start_is_stored_and_sent_after() {
    let (seen, ended) = run_with_actions("second", &[TestAction::Keep, TestAction::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Success))), "{ended:?}");
    let begun = format!("{STARTED}second");
    assert_eq!(seen, [begun.as_str(), "stored: AttemptStarted, sent: second", "stored: ExecutionEnded"]);
}

#[tokio::test]
async fn call_is_not_sent_if_its_start_cannot_be_stored() {
    let (seen, ended) = run_with_actions("second", &[TestAction::Refuse]).await;
    assert!(matches!(ended, Some(Err(RunError::Store(_)))), "{ended:?}");
    assert_eq!(seen, [format!("{STARTED}second").as_str(), "abandoned: second"]);
}

#[tokio::test]
async fn failed_preparation_fails_the_attempt_after_its_start_is_stored() {
    let (seen, ended) = run_with_actions("broken", &[TestAction::Keep, TestAction::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Failed))), "{ended:?}");
    assert_eq!(seen, [format!("{STARTED}broken").as_str(), "stored: AttemptStarted", "stored: ExecutionEnded"]);
}

#[tokio::test]
async fn prepared_call_is_not_sent_after_a_cancel() {
    let (seen, ended) =
        run_with_actions("second", &[TestAction::Cancel, TestAction::Keep, TestAction::Keep, TestAction::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Cancelled))), "{ended:?}");
    let begun = format!("{STARTED}second");
    assert_eq!(seen, [&begun, "", "stored: AttemptStarted", "stored: ExecutionEnded, abandoned: second"]);
}

#[tokio::test]
async fn call_is_abandoned_after_the_cancel_is_stored() {
    for (act, status) in [(TestAction::Cancel, Status::Cancelled), (TestAction::Pass, Status::TimedOut)] {
        let (seen, ended) =
            run_with_actions("hanging", &[TestAction::Keep, act, TestAction::Keep, TestAction::Keep]).await;
        assert!(matches!(ended, Some(Ok(ended)) if ended == status), "{act:?}: {ended:?}");
        let (begun, sent) = (format!("{STARTED}hanging"), "stored: AttemptStarted, sent: hanging");
        assert_eq!(seen, [&begun, sent, "", "stored: ExecutionEnded, abandoned: hanging"], "{act:?}");
    }
}

#[tokio::test]
async fn reply_during_another_append_is_not_lost() {
    let (seen, ended) =
        run_with_actions("late", &[TestAction::Complete, TestAction::Keep, TestAction::Keep, TestAction::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Success))), "{ended:?}");
    let (begun, sent) = (format!("{STARTED}late"), "stored: AttemptStarted, sent: late");
    assert_eq!(seen, [&begun, "", sent, "stored: CompleteRequested", "stored: ExecutionEnded"]);
}
