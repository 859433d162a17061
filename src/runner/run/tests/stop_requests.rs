//! Requests to stop that are stored after a decision and before its events.

use crate::store::{Request, RequestKind, RequestStore};

use super::*;

/// A store into which another process writes a request to stop right before a start is appended for the n-th time.
#[derive(Debug)]
struct ContestedStore {
    stored: MemoryStore,
    stop: RequestKind,
    starts_before: Mutex<u32>,
}

impl EventStore for ContestedStore {
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.stored.create(document, events)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.stored.append(execution, events)
    }

    fn append_start<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        received: ReceivedStops,
    ) -> Stored<'a, StartOutcome> {
        Box::pin(async move {
            let is_due = self.starts_before.lock().unwrap().checked_sub(1).is_none();
            *self.starts_before.lock().unwrap() -= u32::from(!is_due);
            if is_due {
                let request = Request { kind: self.stop.clone(), by: "anna".to_owned(), at: Timestamp::UNIX_EPOCH };
                self.stored.request(execution, request).await?;
            }
            self.stored.append_start(execution, events, received).await
        })
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

const TWO_STEPS: &str = "{name: a, action: 'aws:invokeLambdaFunction', maxAttempts: 2, timeoutSeconds: 10, \
                         inputs: {FunctionName: f}}, \
                         {name: b, action: 'aws:invokeLambdaFunction', maxAttempts: 1, inputs: {FunctionName: f}}";

/// Runs both steps with a request to stop before a start; returns the calls, the kinds of the events after the first
/// three, and the execution.
async fn run_contested(
    calls: impl IntoIterator<Item = Call>,
    stop: RequestKind,
    starts_before: u32,
) -> (Vec<String>, Vec<&'static str>, Execution) {
    let runbook = runbook(TWO_STEPS);
    let script = Script::new(calls);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let contested =
        Arc::new(ContestedStore { stored: MemoryStore::new(), stop, starts_before: Mutex::new(starts_before) });
    let runner = Runner::new(Arc::clone(&contested) as _, registry(Arc::clone(&script)), Arc::new(clock.clone()));
    let (_sender, mailbox) = mailbox();
    let mut shown = Vec::new();
    let mut observe = |events: &[Recorded]| shown.extend(events.iter().map(|recorded| recorded.event.kind()));
    let ended = {
        let run = runner.run(&runbook, "", begin(&runbook), mailbox, Some(&mut observe));
        tokio::pin!(run);
        loop {
            tokio::select! {
                biased;
                ended = &mut run => break ended,
                () = tokio::task::yield_now() => { clock.advance_to_next(); }
            }
        }
    };
    let execution = ended.unwrap().execution;
    let history = contested.history(execution.id()).await.unwrap();
    let stored: Vec<&str> = history.iter().map(|recorded| recorded.event.kind()).collect();
    assert_eq!((&stored, Execution::replay(&history).unwrap()), (&shown, execution.clone()));
    let made = script.made.lock().unwrap().clone();
    (made, stored[3..].to_vec(), execution)
}

#[tokio::test]
async fn stop_request_is_received_before_the_next_step_starts() {
    let cancelled = vec!["AttemptEnded", "StepEnded", "CancelRequested", "ExecutionEnded"];
    let completed = vec!["AttemptEnded", "StepEnded", "CompleteRequested", "ExecutionEnded"];
    for (stop, events, status) in
        [(RequestKind::Cancel, cancelled, Status::Cancelled), (RequestKind::Complete, completed, Status::Success)]
    {
        let (made, stored, execution) = run_contested([Call::Succeed, Call::Succeed], stop, 0).await;
        assert_eq!((made, stored, execution.status()), (vec!["a 1.1".to_owned()], events, status));
    }
}

#[tokio::test]
async fn cancel_request_is_received_before_the_next_attempt_starts() {
    let (made, stored, execution) = run_contested([Call::Fail, Call::Succeed], RequestKind::Cancel, 0).await;
    let events = vec!["AttemptEnded", "CancelRequested", "StepEnded", "ExecutionEnded"];
    assert_eq!((made, stored, execution.status()), (vec!["a 1.1".to_owned()], events, Status::Cancelled));
}

#[tokio::test]
async fn request_that_was_received_does_not_hold_up_a_start() {
    // Complete lets the step finish: its second attempt starts, and the step after it does not.
    let (made, stored, execution) = run_contested([Call::Fail, Call::Succeed], RequestKind::Complete, 0).await;
    let events =
        vec!["AttemptEnded", "CompleteRequested", "AttemptStarted", "AttemptEnded", "StepEnded", "ExecutionEnded"];
    let calls = vec!["a 1.1".to_owned(), "a 2.1".to_owned()];
    assert_eq!((made, stored, execution.status()), (calls, events, Status::Success));
}
