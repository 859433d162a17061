//! Internal errors after a reply: the outcome of the attempt is stored before the run ends.

use super::*;
use crate::engine::{Interrupted, outstanding};
use crate::event::{ExecutionResumed, Outcome};
use crate::runner::last_words::HeldOutcome;
use crate::runner::write_last_words;

const TWO_STEPS: &str = "{name: a, action: 'aws:invokeLambdaFunction', nextStep: b, inputs: {FunctionName: f}}, \
                   {name: b, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}}";

fn kinds(events: &[Recorded]) -> Vec<&'static str> {
    events.iter().map(|recorded| recorded.event.kind()).collect()
}

fn runner(script: &Arc<Script>, store: &Arc<MemoryStore>) -> Runner {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let (store, script) = (Arc::clone(store) as Arc<dyn EventStore>, registry(Arc::clone(script)));
    Runner::new(store, script, Arc::new(clock))
}

#[tokio::test]
async fn outcome_before_an_internal_error_is_stored_and_not_resent() {
    let whole = runbook(TWO_STEPS);
    // A runbook that jumps to a missing step: no document loads as one.
    let broken = whole.without_step("b");
    let store = Arc::new(MemoryStore::new());
    let script = Script::new([Call::Succeed]);
    let (_sender, mailbox) = mailbox();
    let failed = runner(&script, &store).run(&broken, "", begin(&whole), mailbox.clone(), None).await.unwrap_err();
    let events = store.history(&ExecutionId::new("e")).await.unwrap();
    assert_eq!(
        (failed.to_string(), kinds(&events)),
        (
            "internal error: the runbook has no step b, which the execution has reached".to_owned(),
            vec!["ExecutionStarted", "StepStarted", "AttemptStarted", "AttemptEnded", "StepEnded"]
        )
    );
    // The resumed execution fails in the same way, and does not repeat the call.
    let execution = Execution::replay(&events).unwrap();
    let again = runner(&script, &store).resume(&broken, execution, None, mailbox, None).await.unwrap_err();
    assert_eq!((again.to_string(), script.made.lock().unwrap().len()), (failed.to_string(), 1));
}

#[tokio::test]
async fn panicking_thread_stores_the_outcome_in_hand() {
    let runbook = runbook(TWO_STEPS);
    let store = Arc::new(MemoryStore::new());
    let (execution, events, _) = engine::start(&runbook, begin(&runbook), Timestamp::UNIX_EPOCH).unwrap();
    store.create("", &events).await.unwrap();
    let answer = Input::AttemptEnded(Ok(ActionResult::default()));
    let outcome = engine::outcome(&execution, &answer, Timestamp::UNIX_EPOCH).unwrap();
    let written = Arc::clone(&store) as Arc<dyn EventStore>;
    let id = execution.id().clone();
    std::thread::spawn(move || {
        drop(HeldOutcome::hold(&written, &id, outcome.clone()));
        // A later panic does not affect the decided outcome.
        write_last_words();
        let _held = HeldOutcome::hold(&written, &id, outcome);
        write_last_words();
        write_last_words();
    })
    .join()
    .unwrap();
    let events = store.history(execution.id()).await.unwrap();
    assert_eq!(kinds(&events), ["ExecutionStarted", "StepStarted", "AttemptStarted", "AttemptEnded"]);

    // The step ends as answered with a lost result. The call is not repeated.
    let script = Script::new([]);
    let resumed = ExecutionResumed { by: "tester".to_owned(), host: "here".to_owned(), version: "1".to_owned() };
    let takeover = Takeover { resumed, interrupted: Interrupted::Retry };
    let execution = Execution::replay(&events).unwrap();
    assert!(matches!(outstanding(&execution), Outstanding::Decision));
    let (_sender, mailbox) = mailbox();
    let ended =
        runner(&script, &store).resume(&runbook, execution, Some(takeover), mailbox, None).await.unwrap().execution;
    let failure = ended.latest("a").unwrap().ending.as_ref().unwrap().failure.clone().unwrap();
    assert_eq!(
        (ended.status(), failure.message.as_str(), script.made.lock().unwrap().len()),
        (Status::Failed, "The attempt ended, and the process failed before its result was stored.", 0)
    );
}

#[test]
fn outcome_in_hand_is_the_first_decided_event() {
    let runbook = runbook(ONE_STEP);
    let (mut execution, _, _) = engine::start(&runbook, begin(&runbook), Timestamp::UNIX_EPOCH).unwrap();
    let answer =
        Input::AttemptEnded(Ok(ActionResult { request_id: Some("r-1".to_owned()), ..ActionResult::default() }));
    let held = engine::outcome(&execution, &answer, Timestamp::UNIX_EPOCH);
    let decided = engine::decide(&runbook, &mut execution, answer, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(held.as_ref(), decided.first());
    assert!(
        matches!(&held.unwrap().event, Event::AttemptEnded(ended) if matches!(ended.outcome, Outcome::Succeeded { .. }))
    );
}
