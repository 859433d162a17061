//! The number of durable commits of the journal: a count, without measuring time.

use std::sync::Arc;

use indexmap::IndexMap;
use runwright::actions::{ActionHandler, ActionRegistry, PreparedCall, Task};
use runwright::clock::SystemClock;
use runwright::engine::{Start, outline};
use runwright::event::{ActionResult, DocumentIdentity, Environment, Launch, Settings, Status};
use runwright::name::ExecutionId;
use runwright::runbook::{self, Runbook};
use runwright::runner::{Runner, mailbox};
use runwright::store::{EventStore as _, Journal};
use serde_json::json;

/// The steps of the chain.
const STEPS: u64 = 100;

/// Additional commits: the start, and two heartbeats that are due on a slow disk.
const SPARE: u64 = 3;

/// Succeeds at once.
#[derive(Debug)]
struct InstantHandler;

impl ActionHandler for InstantHandler {
    fn prepare(&self, _: Task) -> PreparedCall<'_> {
        let result = ActionResult { document: Some(json!({"Payload": {"count": 7}})), ..ActionResult::default() };
        PreparedCall::new(std::future::ready(Ok(result)))
    }
}

fn chain(steps: u64) -> Runbook {
    let steps = (1..=steps).fold(String::new(), |text, step| {
        text + &format!("{{name: s{step}, action: 'aws:invokeLambdaFunction', inputs: {{FunctionName: f}}}},")
    });
    let text = format!("{{schemaVersion: '0.3', mainSteps: [{steps}]}}");
    runbook::load(&runwright::document::read("chain", text.as_bytes()).unwrap()).runbook.unwrap()
}

fn start(runbook: &Runbook, execution: &ExecutionId) -> Start {
    Start {
        execution: execution.clone(),
        document: DocumentIdentity { name: "chain".to_owned(), sha256: "0".repeat(64) },
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
        outline: outline(runbook, false),
        launch: Launch::default(),
        reused: Vec::new(),
    }
}

#[tokio::test]
async fn sequential_steps_need_one_commit_each() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::create(folder.path(), Arc::new(SystemClock)).unwrap());
    let runner = Runner::new(
        Arc::clone(&journal) as _,
        Arc::new(ActionRegistry::for_every_action(Arc::new(InstantHandler))),
        Arc::new(SystemClock),
    );
    let (runbook, execution) = (chain(STEPS), ExecutionId::new("00000000-0000-4000-8000-000000000001"));
    let (_sender, mailbox) = mailbox();
    let ended = runner.run(&runbook, "", start(&runbook, &execution), mailbox, None).await.unwrap().execution;
    let (commits, events) = (journal.commits(), journal.history(&execution).await.unwrap().len() as u64);
    println!("a chain of {STEPS} steps: {commits} durable commits");
    // A step has four events: its start and end, and those of its attempt.
    assert_eq!((ended.status(), events), (Status::Success, 4 * STEPS + 2));
    assert!((STEPS..=STEPS + SPARE).contains(&commits), "{commits} commits for {STEPS} steps");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_executions_share_commits() {
    const EXECUTIONS: u64 = 200;
    const SHORT: u64 = 10;
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::create(folder.path(), Arc::new(SystemClock)).unwrap());
    let runner = Runner::new(
        Arc::clone(&journal) as _,
        Arc::new(ActionRegistry::for_every_action(Arc::new(InstantHandler))),
        Arc::new(SystemClock),
    );
    let runbook = Arc::new(chain(SHORT));
    let mut executions = tokio::task::JoinSet::new();
    for number in 0..EXECUTIONS {
        let (runner, runbook) = (runner.clone(), Arc::clone(&runbook));
        executions.spawn(async move {
            let execution = ExecutionId::new(format!("00000000-0000-4000-8000-{number:012x}"));
            let (_sender, mailbox) = mailbox();
            let start = start(&runbook, &execution);
            runner.run(&runbook, "", start, mailbox, None).await.unwrap().execution.status()
        });
    }
    let ended = executions.join_all().await;
    let alone = EXECUTIONS * (SHORT + 1);
    let commits = journal.commits();
    println!("{EXECUTIONS} executions of {SHORT} steps at once: {commits} durable commits instead of {alone}");
    assert_eq!(ended, vec![Status::Success; usize::try_from(EXECUTIONS).unwrap()]);
    assert!(commits * 5 <= alone, "{commits} commits, compared with {alone} of separate executions");
}
