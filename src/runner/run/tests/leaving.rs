//! Leaving executions for another process to resume.

use super::*;
use crate::runner::MailboxSender;

const TWO_STEPS: &str = "{name: a, action: 'aws:invokeLambdaFunction', maxAttempts: 2, timeoutSeconds: 10, inputs: {FunctionName: f}}, \
                   {name: b, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}}";

/// Returns the scripted reply to each call once leaving has begun.
#[derive(Debug)]
struct LeavingHandler {
    script: Arc<Script>,
    leave: MailboxSender,
}

impl ActionHandler for LeavingHandler {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        PreparedCall::new(async move {
            let call = self.script.answer(&task);
            self.leave.leave();
            tokio::task::yield_now().await;
            call.await
        })
    }
}

/// The result of leaving: the kinds of the events, and the number of calls.
async fn run_and_leave(
    steps: &str,
    calls: impl IntoIterator<Item = Call>,
) -> (Vec<&'static str>, Vec<String>, Arc<MemoryStore>) {
    let runbook = runbook(steps);
    let (store, script) = (Arc::new(MemoryStore::new()), Script::new(calls));
    let (leave, mailbox) = mailbox();
    let actions = registry(Arc::new(LeavingHandler { script: Arc::clone(&script), leave }));
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(Arc::clone(&store) as Arc<dyn EventStore>, actions, Arc::new(clock.clone()));
    let run = runner.run(&runbook, "", begin(&runbook), mailbox, None);
    tokio::pin!(run);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut run => break ended,
            () = tokio::task::yield_now() => { clock.advance_to_next(); }
        }
    };
    assert!(matches!(ended, Err(RunError::Left)), "{ended:?}");
    let history = store.history(&ExecutionId::new("e")).await.unwrap();
    let kinds = history.iter().map(|recorded| recorded.event.kind()).collect();
    let made = script.made.lock().unwrap().clone();
    (kinds, made, store)
}

const STARTED: [&str; 3] = ["ExecutionStarted", "StepStarted", "AttemptStarted"];

#[tokio::test]
async fn leaving_awaits_the_call_in_flight_and_starts_nothing_new() {
    let continues = "{name: a, action: 'aws:invokeLambdaFunction', onFailure: Continue, inputs: {FunctionName: f}}, \
                           {name: b, action: 'aws:sleep', inputs: {Duration: PT1S}}";
    let rows: [(&str, Call, &[&str]); 4] = [
        (TWO_STEPS, Call::Succeed, &["AttemptEnded", "StepEnded"]),
        (TWO_STEPS, Call::Fail, &["AttemptEnded"]),
        // The attempt times out, which ends it too.
        (TWO_STEPS, Call::Hang, &["AttemptEnded"]),
        (continues, Call::Fail, &["AttemptEnded", "StepEnded"]),
    ];
    for (steps, call, ends) in rows {
        let (kinds, made, _) = run_and_leave(steps, [call]).await;
        assert_eq!((kinds, made), ([&STARTED[..], ends].concat(), vec!["a 1.1".to_owned()]));
    }
}

#[tokio::test]
async fn left_execution_resumes_after_the_recorded_outcome() {
    let runbook = runbook(TWO_STEPS);
    let (_, _, store) = run_and_leave(TWO_STEPS, [Call::Succeed]).await;
    let execution = Execution::replay(&store.history(&ExecutionId::new("e")).await.unwrap()).unwrap();
    let script = Script::new([Call::Succeed]);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runner = Runner::new(store, registry(Arc::clone(&script)), Arc::new(clock));
    let resumed = ExecutionResumed { by: "other".to_owned(), host: "there".to_owned(), version: "1".to_owned() };
    let takeover = Takeover { resumed, interrupted: Interrupted::Retry };
    let (_sender, mailbox) = mailbox();
    let ended = runner.resume(&runbook, execution, Some(takeover), mailbox, None).await.unwrap().execution;
    assert_eq!((ended.status(), script.made.lock().unwrap().clone()), (Status::Success, vec!["b 1.1".to_owned()]));
}

#[tokio::test]
async fn leaving_during_the_last_step_ends_the_execution() {
    let runbook = runbook(ONE_STEP);
    let (leave, mailbox) = mailbox();
    let actions = Arc::new(LeavingHandler { script: Script::new([Call::Succeed]), leave });
    let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let runner = Runner::new(Arc::new(MemoryStore::new()), registry(actions), clock);
    let ended = runner.run(&runbook, "", begin(&runbook), mailbox, None).await.unwrap().execution;
    assert_eq!(ended.status(), Status::Success);
}

#[tokio::test]
async fn leaving_a_wait_is_immediate_and_unstarted_executions_are_not_stored() {
    let sleeping = runbook("{name: rest, action: 'aws:sleep', inputs: {Duration: PT1H}}");
    let store = Arc::new(MemoryStore::new());
    let runner = |store: &Arc<MemoryStore>| {
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        Runner::new(Arc::clone(store) as Arc<dyn EventStore>, registry(Script::new([])), clock)
    };
    let (leave, receiver) = mailbox();
    leave.leave();
    let first = runner(&store);
    let never = first.run(&sleeping, "", begin(&sleeping), receiver, None).await;
    assert!(matches!(never, Err(RunError::Left)), "{never:?}");
    assert_eq!(store.history(&ExecutionId::new("e")).await, Ok(Vec::new()));
    let (leave, receiver) = mailbox();
    let second = runner(&store);
    let run = second.run(&sleeping, "", begin(&sleeping), receiver, None);
    tokio::pin!(run);
    assert!(poll_once(run.as_mut()).await.is_none());
    leave.leave();
    assert!(matches!(run.await, Err(RunError::Left)));
    let history = store.history(&ExecutionId::new("e")).await.unwrap();
    let kinds: Vec<_> = history.iter().map(|recorded| recorded.event.kind()).collect();
    assert_eq!(kinds, ["ExecutionStarted", "StepStarted", "WaitStarted"]);
}

#[tokio::test]
async fn leaving_does_not_await_child_executions() {
    let runbook = runbook(ONE_STEP);
    let (leave, mailbox) = mailbox();
    let actions = Arc::new(LeavingHandler { script: Script::new([Call::Hang]), leave: leave.clone() });
    let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let runner = Runner::new(Arc::new(MemoryStore::new()), registry(actions), clock);
    let run = runner.run(&runbook, "", begin(&runbook), mailbox, None);
    tokio::pin!(run);
    assert!(poll_once(run.as_mut()).await.is_none());
    leave.abandon_call();
    assert!(matches!(run.await, Err(RunError::Left)));
}
