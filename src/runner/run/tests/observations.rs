//! What the polls of a call see reaches the history, and holds up neither the polls nor the call.

use tokio::sync::Semaphore;

use super::prepared_calls::{GatedStore, Log};
use super::*;
use crate::clock::after;
use crate::event::Observation;

const WAIT: &str = "{name: wait, action: 'aws:waitForAwsResourceProperty', timeoutSeconds: 60, inputs: {Service: ec2, \
                    Api: DescribeVolumes, PropertySelector: '$.State', DesiredValues: [available]}}";

/// Polls every 25 seconds. Each poll sees the next text; the last one is seen for ever, and `available` ends the attempt.
#[derive(Debug)]
struct Polls {
    texts: &'static [&'static str],
    clock: ManualClock,
}

impl ActionHandler for Polls {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let observations = task.observations.take().unwrap();
        PreparedCall::new(async move {
            let last = self.texts.last().copied().unwrap();
            let texts = self.texts.iter().copied().chain(std::iter::repeat(last));
            for (polls, text) in (1..).zip(texts) {
                observations.report(polls, Observation::Value(text.to_owned()));
                if text == "available" {
                    break;
                }
                self.clock.sleep_until(after(self.clock.now(), Duration::from_secs(25))).await;
            }
            Ok(ActionResult { document: Some(json!({})), ..ActionResult::default() })
        })
    }
}

/// Runs to the end, where `stalled` times the clock advances before the store accepts an append. Returns the
/// observations and ends in the history, each with its second.
async fn observed(texts: &'static [&'static str], stalled: usize) -> Vec<String> {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let let_in = Arc::new(Semaphore::new(0));
    let store = GatedStore { stored: MemoryStore::new(), let_in: Arc::clone(&let_in), log: Log::default() };
    let actions = registry(Arc::new(Polls { texts, clock: clock.clone() }));
    let runner = Runner::new(Arc::new(store), actions, Arc::new(clock.clone()));
    let runbook = runbook(WAIT);
    let (_sender, mailbox) = mailbox();
    let mut lines = Vec::new();
    {
        let mut observe = |events: &[Recorded]| {
            for recorded in events {
                let second = recorded.at.as_second();
                match &recorded.event {
                    Event::AttemptObserved(seen) => {
                        lines.push(format!("{second}s poll {} {}", seen.polls, seen.observed.text()));
                    }
                    Event::StepEnded(ended) => lines.push(format!("{second}s {}", ended.status)),
                    _ => {}
                }
            }
        };
        let run = runner.run(&runbook, "", begin(&runbook), mailbox, Some(&mut observe));
        tokio::pin!(run);
        for turn in 0.. {
            if let Some(ended) = settle(run.as_mut()).await {
                ended.unwrap();
                break;
            }
            if turn == stalled {
                let_in.add_permits(100);
            } else {
                clock.advance_to_next();
            }
        }
    }
    lines
}

/// Polls until nothing more can happen at this time.
async fn settle<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    for _ in 0..20 {
        if let Some(output) = poll_once(&mut future).await {
            return Some(output);
        }
    }
    None
}

#[tokio::test]
async fn observations_are_recorded_while_the_call_continues() {
    let seen = observed(&["pending", "pending", "available"], 0).await;
    assert_eq!(seen, ["0s poll 1 pending", "50s poll 3 available", "50s Success"]);
}

#[tokio::test]
async fn last_poll_before_the_deadline_is_recorded() {
    let seen = observed(&["pending"], 0).await;
    assert_eq!(seen, ["0s poll 1 pending", "60s poll 3 pending", "60s TimedOut"]);
}

#[tokio::test]
async fn slow_store_holds_up_no_poll_and_gets_the_latest_observation() {
    let seen = observed(&["pending", "creating", "modifying"], 2).await;
    assert_eq!(seen, ["0s poll 1 pending", "50s poll 3 modifying", "60s TimedOut"]);
}
