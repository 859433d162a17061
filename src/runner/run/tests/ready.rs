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

    /// What came after so much.
    fn since(&self, before: usize) -> String {
        self.0.lock().unwrap()[before..].join(", ")
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
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.log.note("kept: the start".to_owned());
        self.kept.create(document, events)
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

/// Says when a call is ready, when it is sent, and when it is abandoned. `broken` can never be sent,
/// `hanging` is never answered, and `late` is answered at the next poll.
#[derive(Debug)]
struct Careful(Log);

/// Records that the call is abandoned.
struct Awaited {
    log: Log,
    step: String,
    is_answered: bool,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if !self.is_answered {
            self.log.note(format!("given up: {}", self.step));
        }
    }
}

impl ActionExecutor for Careful {
    fn perform(&self, task: Task) -> ActionFuture<'_> {
        self.prepare(task, SendGate::opened())
    }

    fn prepare(&self, task: Task, gate: SendGate) -> ActionFuture<'_> {
        Box::pin(async move {
            let step = task.step.to_string();
            let mut awaited = Awaited { log: self.0.clone(), step: step.clone(), is_answered: false };
            self.0.note(format!("ready: {step}"));
            if step == "broken" {
                awaited.is_answered = true;
                let what = "it makes no request";
                return Err(Failure::new(FailureStage::InputValidation, FailureType::Verification, what).into());
            }
            gate.wait().await;
            self.0.note(format!("sent: {step}"));
            match step.as_str() {
                "hanging" => std::future::pending().await,
                "late" => tokio::task::yield_now().await,
                _ => {}
            }
            awaited.is_answered = true;
            Ok(ActionResult { document: Some(json!({})), ..ActionResult::default() })
        })
    }
}

/// What is done once nothing more happens by itself.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// One more append is let in.
    Keep,
    /// None ever is.
    Refuse,
    Cancel,
    Complete,
    /// Time passes to the next moment that anybody waits for.
    Pass,
}

/// Runs two steps until nothing more happens, and again after each act. What happened in between, and how it ended.
async fn acted(second: &str, acts: &[Act]) -> (Vec<String>, Option<Result<Status, RunError>>) {
    let (log, let_in) = (Log::default(), Arc::new(Semaphore::new(0)));
    let store = Slow { kept: MemoryStore::new(), let_in: Arc::clone(&let_in), log: log.clone() };
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(Arc::new(store), Arc::new(Careful(log.clone())), Arc::new(clock.clone()));
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
        // What is woken while it is looked at is looked at again.
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
            Some(Act::Keep) => let_in.add_permits(1),
            Some(Act::Refuse) => let_in.close(),
            Some(Act::Cancel) => stop.cancel("tester"),
            Some(Act::Complete) => stop.complete("tester"),
            Some(Act::Pass) => assert!(clock.advance_to_next()),
            None => return (seen, None),
        }
    }
}

const BEGUN: &str = "kept: the start, ready: first, sent: first, ready: ";

#[tokio::test]
async fn a_call_is_made_ready_before_its_start_is_kept_and_sent_after() {
    let (seen, ended) = acted("second", &[Act::Keep, Act::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Success))), "{ended:?}");
    let begun = format!("{BEGUN}second");
    assert_eq!(seen, [begun.as_str(), "kept: AttemptStarted, sent: second", "kept: ExecutionEnded"]);
}

#[tokio::test]
async fn where_its_start_cannot_be_kept_a_call_is_never_sent() {
    let (seen, ended) = acted("second", &[Act::Refuse]).await;
    assert!(matches!(ended, Some(Err(RunError::Store(_)))), "{ended:?}");
    assert_eq!(seen, [format!("{BEGUN}second").as_str(), "given up: second"]);
}

#[tokio::test]
async fn a_call_that_cannot_be_made_has_failed_once_its_start_is_kept() {
    let (seen, ended) = acted("broken", &[Act::Keep, Act::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Failed))), "{ended:?}");
    assert_eq!(seen, [format!("{BEGUN}broken").as_str(), "kept: AttemptStarted", "kept: ExecutionEnded"]);
}

#[tokio::test]
async fn prepared_call_is_not_sent_after_a_cancel() {
    let (seen, ended) = acted("second", &[Act::Cancel, Act::Keep, Act::Keep, Act::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Cancelled))), "{ended:?}");
    let begun = format!("{BEGUN}second");
    assert_eq!(seen, [&begun, "", "kept: AttemptStarted", "kept: ExecutionEnded, given up: second"]);
}

#[tokio::test]
async fn a_call_is_given_up_after_that_is_kept() {
    for (act, status) in [(Act::Cancel, Status::Cancelled), (Act::Pass, Status::TimedOut)] {
        let (seen, ended) = acted("hanging", &[Act::Keep, act, Act::Keep, Act::Keep]).await;
        assert!(matches!(ended, Some(Ok(ended)) if ended == status), "{act:?}: {ended:?}");
        let (begun, sent) = (format!("{BEGUN}hanging"), "kept: AttemptStarted, sent: hanging");
        assert_eq!(seen, [&begun, sent, "", "kept: ExecutionEnded, given up: hanging"], "{act:?}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_while_something_else_is_kept_is_not_lost() {
    let (seen, ended) = acted("late", &[Act::Complete, Act::Keep, Act::Keep, Act::Keep]).await;
    assert!(matches!(ended, Some(Ok(Status::Success))), "{ended:?}");
    let (begun, sent) = (format!("{BEGUN}late"), "kept: AttemptStarted, sent: late");
    assert_eq!(seen, [&begun, "", sent, "kept: CompleteRequested", "kept: ExecutionEnded"]);
}
