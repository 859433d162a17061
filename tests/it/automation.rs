//! The application as a library, for front ends other than the command line.

use std::path::Path;
use std::sync::{Arc, Mutex};

use runwright::automation::{
    Automation, FollowEnd, FollowItem, IgnoreEvents, Observer, OpenJournal, Persistence, RunControl, SignalRequest,
    StartRequest,
};
use runwright::clock::{Clock as _, SystemClock};
use runwright::event::{Event, Recorded, Signal, Status};
use runwright::execution::Execution;
use runwright::name::ExecutionId;
use runwright::store::{Journal, Request, RequestKind, RequestStore as _, Store};

/// A runbook whose approval message has a secret of its own execution, and a note that is not secret.
const RELEASE: &str = "
schemaVersion: '0.3'
parameters:
  Token: { type: String }
  Note: { type: String }
mainSteps:
  - name: ask
    action: aws:approve
    inputs: { Approvers: [anna], Message: 'token {{ Token }}, note {{ Note }}' }
outputs: [ask.ApprovalStatus]
";

const FIRST: &str = "first-secret-4f1d7c2a";
const SECOND: &str = "second-secret-9b3e6d58";

/// Records the observed events.
#[derive(Default)]
struct Recorder(Mutex<Vec<Recorded>>);

impl Observer for Recorder {
    fn event(&self, _: &Execution, recorded: &Recorded) {
        self.0.lock().unwrap().push(recorded.clone());
    }
}

/// Which of the two secrets the events contain.
fn secrets_in(events: &[Recorded]) -> [bool; 2] {
    let text = serde_json::to_string(events).unwrap();
    [FIRST, SECOND].map(|secret| text.contains(secret))
}

/// The message of the approval.
fn message(execution: &Execution) -> String {
    execution.latest("ask").unwrap().inputs["Message"].as_str().unwrap().to_owned()
}

/// Follows an execution to its end and approves its step. Returns the followed events.
async fn follow_and_approve(automation: &Automation, id: &ExecutionId) -> (Vec<Recorded>, Box<Execution>) {
    let mut follow = automation.follow(id).await.unwrap();
    let mut followed = Vec::new();
    while let Some(item) = follow.next().await.unwrap() {
        let FollowItem::Event { recorded, .. } = item else {
            panic!("unexpected item without children and logs: {item:?}")
        };
        if matches!(recorded.event, Event::WaitStarted(_)) {
            automation.signal(SignalRequest::new(id.clone(), Signal::Approve, "anna")).await.unwrap();
        }
        followed.push(recorded);
    }
    match follow.into_end() {
        Some(FollowEnd::Ended(execution)) => (followed, execution),
        end => panic!("unexpected end: {end:?}"),
    }
}

fn open(folder: &Path) -> Automation {
    Automation::open(folder).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_redacted_per_execution() {
    let folder = tempfile::tempdir().unwrap();
    let automation = open(folder.path());
    let observers = [Arc::new(Recorder::default()), Arc::new(Recorder::default())];
    let mut running = Vec::new();
    // The secret of one execution is ordinary text in the other.
    for ((token, note), observer) in [(FIRST, SECOND), (SECOND, FIRST)].into_iter().zip(&observers) {
        let request = StartRequest::new("release.yaml", RELEASE, "operator").unwrap().with_sensitive(&["Token"]);
        let request = request.with_parameter("Token", token).with_parameter("Note", note);
        let observer = Arc::clone(observer) as Arc<dyn Observer>;
        running.push(automation.start(request, RunControl::default(), observer).await.unwrap());
    }
    // Both wait before either is approved.
    let (first, second) = (running[0].id().clone(), running[1].id().clone());
    let (first, second) =
        tokio::join!(follow_and_approve(&automation, &first), follow_and_approve(&automation, &second));
    for running in running {
        running.close().await;
    }
    let ends = [&first.1, &second.1];
    let seen = observers.map(|observer| std::mem::take(&mut *observer.0.lock().unwrap()));
    let stored =
        async |end: &Execution| automation.get(automation.entry(end.id()).await.unwrap()).await.unwrap().events;
    let stored = [stored(ends[0]).await, stored(ends[1]).await];
    assert_eq!(
        (
            ends.map(|end| message(end)),
            ends.map(|end| end.ending().unwrap().outputs["ask.ApprovalStatus"].clone()),
            [secrets_in(&seen[0]), secrets_in(&seen[1])],
            [secrets_in(&stored[0]), secrets_in(&stored[1])],
            [first.0 == stored[0], second.0 == stored[1]],
        ),
        (
            [format!("token ****, note {SECOND}"), format!("token ****, note {FIRST}")],
            [vec!["Approved".to_owned()], vec!["Approved".to_owned()]],
            [[false, true], [true, false]],
            [[false, true], [true, false]],
            [true, true],
        )
    );
}

#[tokio::test]
async fn following_a_long_history_yields_every_event() {
    let folder = tempfile::tempdir().unwrap();
    let automation = open(folder.path());
    let step = |name: &str| {
        format!("{{ name: {name}, action: aws:updateVariable, inputs: {{ Name: 'variable:Count', Value: '1' }} }}")
    };
    let steps = ["one", "two", "three"].map(step).join(", ");
    let items: Vec<String> = (0..100).map(|item| item.to_string()).collect();
    let runbook = format!(
        "
schemaVersion: '0.3'
variables:
  Count: {{ type: String, default: '0' }}
mainSteps:
  - name: each
    action: aws:loop
    inputs: {{ IteratorDataType: Integer, Iterators: [{}], Steps: [{steps}] }}
",
        items.join(", ")
    );
    let request = StartRequest::new("count.yaml", &runbook, "operator").unwrap();
    let mut running = automation.start(request, RunControl::default(), Arc::new(IgnoreEvents)).await.unwrap();
    let finished = running.outcome().await.unwrap();
    // Another process, which opens the folder later.
    let later = open(folder.path());
    let mut follow = later.follow(running.id()).await.unwrap();
    let mut followed = Vec::new();
    while let Some(item) = follow.next().await.unwrap() {
        let FollowItem::Event { execution, recorded } = item else {
            panic!("unexpected item without children and logs: {item:?}")
        };
        assert_eq!(execution.next_sequence(), recorded.sequence + 1);
        followed.push(recorded);
    }
    let stored = later.get(later.entry(running.id()).await.unwrap()).await.unwrap();
    assert!(
        stored.events.len() > usize::try_from(runwright::limits::FOLLOW_PAGE).unwrap(),
        "{:?}",
        finished.execution.ending()
    );
    assert_eq!((followed, follow.into_end()), (stored.events, Some(FollowEnd::Ended(Box::new(finished.execution)))));
}

#[tokio::test]
async fn following_an_interrupted_execution_ends_as_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let automation = open(folder.path());
    let request = StartRequest::new("release.yaml", RELEASE, "operator").unwrap();
    let request = request.with_parameter("Token", "a").with_parameter("Note", "b");
    let mut running = automation.start(request, RunControl::default(), Arc::new(IgnoreEvents)).await.unwrap();
    let mut follow = automation.follow(running.id()).await.unwrap();
    let mut kinds = Vec::new();
    while let Some(item) = follow.next().await.unwrap() {
        let FollowItem::Event { recorded, .. } = item else {
            panic!("unexpected item without children and logs: {item:?}")
        };
        if matches!(recorded.event, Event::WaitStarted(_)) {
            running.control().leave();
            running.outcome().await.unwrap_err();
        }
        kinds.push(serde_json::to_value(&recorded.event).unwrap()["event"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        (kinds, follow.into_end()),
        (["ExecutionStarted", "StepStarted", "WaitStarted"].map(str::to_owned).to_vec(), Some(FollowEnd::Interrupted))
    );
}

/// Executions that wait at once in one process.
const WAITING: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_to_one_of_many_executions_costs_no_query_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::create(folder.path(), Arc::new(SystemClock)).unwrap());
    let open = OpenJournal::with_store(folder.path(), Arc::clone(&journal) as Arc<dyn Store>);
    let automation = Automation::new(Persistence::Journal(open));
    let text = "{schemaVersion: '0.3', mainSteps: [{name: wait, action: 'aws:pause', inputs: {}}]}";
    let mut running = Vec::new();
    for _ in 0..WAITING {
        let request = StartRequest::new("wait.yaml", text, "operator").unwrap();
        running.push(automation.start(request, RunControl::default(), Arc::new(IgnoreEvents)).await.unwrap());
    }
    for running in &running {
        let mut follow = automation.follow(running.id()).await.unwrap();
        while let Some(FollowItem::Event { recorded, .. }) = follow.next().await.unwrap() {
            if matches!(recorded.event, Event::WaitStarted(_)) {
                break;
            }
        }
    }
    // Another process cancels one of them.
    let other = Journal::create(folder.path(), Arc::new(SystemClock)).unwrap();
    let before = journal.queries();
    let by = "operator".to_owned();
    let request = Request { kind: RequestKind::Cancel, by, at: SystemClock.now() };
    other.request(running[WAITING - 1].id(), request).await.unwrap();
    let cancelled = running[WAITING - 1].outcome().await.unwrap().execution;
    let queries = journal.queries() - before;
    assert_eq!(cancelled.status(), Status::Cancelled);
    assert!(queries < 200, "{queries} queries for {WAITING} executions");
    for running in &running {
        running.control().leave();
    }
    for running in running {
        running.close().await;
    }
}
