//! What is made ready while events are on their way to the disk, and that nothing more than that happens.

use tokio::sync::Semaphore;

use super::*;

/// What happened, in order.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }
}

/// Keeps events once it is let.
#[derive(Debug)]
struct Slow {
    kept: MemoryStore,
    let_in: Arc<Semaphore>,
    log: Log,
}

impl Store for Slow {
    fn open<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.log.note("kept: the start".to_owned());
        self.kept.open(document, events)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        Box::pin(async move {
            match self.let_in.acquire().await {
                Ok(let_in) => let_in.forget(),
                Err(_) => return Err(StoreError::NoStart),
            }
            self.log.note(format!("kept: {}", events.last().unwrap().event.kind()));
            self.kept.append(execution, events).await
        })
    }

    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>> {
        self.kept.history(execution)
    }
}

/// Says when it is ready and when it sends; `broken` can never be sent.
#[derive(Debug)]
struct Careful(Log);

impl Perform for Careful {
    fn perform(&self, task: Task) -> Performed<'_> {
        self.prepare(task, Permit::granted())
    }

    fn prepare(&self, task: Task, permit: Permit) -> Performed<'_> {
        Box::pin(async move {
            self.0.note(format!("ready: {}", task.step));
            if task.step.as_str() == "broken" {
                let what = "it makes no request";
                return Err(Failure::new(FailureStage::InputValidation, FailureType::Verification, what).into());
            }
            permit.wait().await;
            self.0.note(format!("sent: {}", task.step));
            Ok(ActionResult { document: Some(json!({})), ..ActionResult::default() })
        })
    }
}

fn step(name: &str) -> String {
    format!("{{name: {name}, action: 'aws:invokeLambdaFunction', inputs: {{FunctionName: f}}}}")
}

/// Runs two steps until it can go no further, then with one more append let in each time. What happened in between, and how
/// it ended.
async fn slowly(second: &str, closed_after: usize) -> (Vec<String>, Option<Result<Status, DriverError>>) {
    let (log, let_in) = (Log::default(), Arc::new(Semaphore::new(0)));
    let store = Slow { kept: MemoryStore::new(), let_in: Arc::clone(&let_in), log: log.clone() };
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let driver = Driver::new(Arc::new(store), Arc::new(Careful(log.clone())), Arc::new(clock));
    let runbook = runbook(&format!("{}, {}", step("first"), step(second)));
    let (_keep, cancel) = cancellation();
    let run = driver.run(&runbook, "", begin(&runbook), cancel, None);
    tokio::pin!(run);
    let mut seen = Vec::new();
    for turn in 0..10 {
        for _ in 0..10 {
            if let Some(ended) = poll_once(run.as_mut()).await {
                seen.push(log.take());
                return (seen, Some(ended.map(|finished| finished.execution.status())));
            }
        }
        seen.push(log.take());
        if turn == closed_after { let_in.close() } else { let_in.add_permits(1) }
    }
    (seen, None)
}

#[tokio::test]
async fn a_call_is_made_ready_before_its_start_is_kept_and_sent_after() {
    let (seen, ended) = slowly("second", usize::MAX).await;
    assert!(matches!(ended, Some(Ok(Status::Success))), "{ended:?}");
    assert_eq!(
        seen,
        [
            "kept: the start, ready: first, sent: first, ready: second",
            "kept: AttemptStarted, sent: second",
            "kept: ExecutionEnded"
        ]
    );
}

#[tokio::test]
async fn where_its_start_cannot_be_kept_a_call_is_never_sent() {
    let (seen, ended) = slowly("second", 0).await;
    assert!(matches!(ended, Some(Err(DriverError::Store(_)))), "{ended:?}");
    assert_eq!(seen, ["kept: the start, ready: first, sent: first, ready: second", ""]);
}

#[tokio::test]
async fn a_call_that_cannot_be_made_has_failed_once_its_start_is_kept() {
    let (seen, ended) = slowly("broken", usize::MAX).await;
    assert!(matches!(ended, Some(Ok(Status::Failed))), "{ended:?}");
    assert_eq!(
        seen,
        ["kept: the start, ready: first, sent: first, ready: broken", "kept: AttemptStarted", "kept: ExecutionEnded"]
    );
}
