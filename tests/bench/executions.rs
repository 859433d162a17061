//! The Runwright side: generated runbooks, and their executions through the library.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use runwright::actions::{ActionHandler, ActionRegistry, Connections, PollLimits, PreparedCall, Task};
use runwright::aws::{Access, ApiClient, ConnectOptions, Models};
use runwright::clock::SystemClock;
use runwright::document;
use runwright::engine::{Start, outline};
use runwright::event::{
    ActionResult, DocumentIdentity, Environment, Event, Failure as StepFailure, FailureStage, FailureType, Outline,
    Recorded, Settings, Status, sha256,
};
use runwright::lambda::LambdaClient;
use runwright::name::ExecutionId;
use runwright::runbook::{self, Runbook};
use runwright::runner::{EventObserver, Runner, mailbox};
use runwright::store::{EventStore, MemoryStore};

use crate::{Failure, harness};

/// The number of started executions. Ids are numbered, so that many fit into one journal.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// A runbook of `steps` steps of about 250 bytes with two references each: to a parameter, and to the output of the
/// step before (of the first: the parameter again).
pub(crate) fn referencing_runbook(steps: usize, function: &str) -> String {
    let mut text =
        "schemaVersion: \"0.3\"\nparameters:\n  Name:\n    type: String\n    default: value\nmainSteps:\n".to_owned();
    for step in 1..=steps {
        let before = if step == 1 { "Name".to_owned() } else { format!("step{}.Count", step - 1) };
        let _ = write!(
            text,
            "  - name: step{step}\n    action: aws:invokeLambdaFunction\n    timeoutSeconds: 60\n    inputs:\n      \
             FunctionName: {function}\n      InputPayload:\n        name: \"{{{{ Name }}}}\"\n        before: \"{{{{ {before} }}}}\"\n    \
             outputs:\n      - Name: Count\n        Selector: $.count\n        Type: Integer\n"
        );
    }
    text
}

/// A runbook of `steps` minimal steps, so that many fit into one document.
pub(crate) fn minimal_runbook(steps: usize) -> String {
    let mut text = "schemaVersion: \"0.3\"\nmainSteps:\n".to_owned();
    for step in 1..=steps {
        let _ =
            writeln!(text, "- {{name: s{step}, action: aws:invokeLambdaFunction, inputs: {{FunctionName: instant}}}}");
    }
    text
}

/// A runbook of `steps` minimal steps that call an operation of an AWS API.
pub(crate) fn api_runbook(steps: usize, inputs: &str) -> String {
    let mut text = "schemaVersion: \"0.3\"\nmainSteps:\n".to_owned();
    for step in 1..=steps {
        let _ = writeln!(text, "- {{name: s{step}, action: aws:executeAwsApi, inputs: {{{inputs}}}}}");
    }
    text
}

/// Loads a runbook as the program does.
pub(crate) fn load(text: &str) -> Result<Runbook, Failure> {
    let document = document::read("bench.yaml", text.as_bytes())?;
    let loaded = runbook::load(&document);
    loaded.runbook.ok_or_else(|| format!("the runbook was refused: {:?}", loaded.diagnostics.first()).into())
}

/// Executes one runbook repeatedly.
#[derive(Clone)]
pub(crate) struct Executor {
    text: Arc<str>,
    sha256: Arc<str>,
    runbook: Arc<Runbook>,
    outline: Arc<Outline>,
    actions: Arc<ActionRegistry>,
    /// Waits between attempts, in milliseconds.
    delays: Arc<[u64]>,
}

impl Executor {
    /// An executor whose functions are behind `url`.
    pub(crate) async fn connected(text: &str, url: &str) -> Result<Self, Failure> {
        let options = ConnectOptions {
            region: Some("us-east-1".into()),
            endpoint_url: Some(url.to_owned()),
            ..ConnectOptions::default()
        };
        let access = Access::find(&options).await?;
        let connections = Connections {
            lambda: LambdaClient::for_caller(&access),
            api: ApiClient::new(access, Models::shared()),
            clock: Arc::new(SystemClock),
            polls: PollLimits::default(),
            scripts: None,
            last_reply: None,
            children: None,
        };
        Self::new(text, Arc::new(ActionRegistry::connected(connections)))
    }

    /// An executor whose functions respond at once, in this process.
    pub(crate) fn instant(text: &str) -> Result<Self, Failure> {
        Self::new(text, Arc::new(ActionRegistry::for_every_action(Arc::new(InstantHandler))))
    }

    fn new(text: &str, actions: Arc<ActionRegistry>) -> Result<Self, Failure> {
        let runbook = Arc::new(load(text)?);
        let outline = outline(&runbook, false);
        let sha256 = sha256(text);
        let delays = Arc::from([3_600_000]);
        Ok(Self { text: text.into(), sha256: sha256.into(), runbook, outline, actions, delays })
    }

    /// The text of the runbook.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// An executor with the same functions for another runbook.
    pub(crate) fn with_runbook(&self, text: &str) -> Result<Self, Failure> {
        Self::new(text, Arc::clone(&self.actions))
    }

    /// Runs one execution, which must succeed. Returns its id.
    pub(crate) async fn execute(&self, runner: &Runner) -> Result<ExecutionId, Failure> {
        self.observed(runner, None).await
    }

    /// Likewise, and shows its events.
    async fn observe<'a>(&'a self, runner: &'a Runner, observer: EventObserver<'a>) -> Result<ExecutionId, Failure> {
        self.observed(runner, Some(observer)).await
    }

    async fn observed<'a>(
        &'a self,
        runner: &'a Runner,
        observer: Option<EventObserver<'a>>,
    ) -> Result<ExecutionId, Failure> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let id = ExecutionId::new(format!("{number:08x}-0000-4000-8000-{number:012x}"));
        let start = Start {
            execution: id.clone(),
            document: DocumentIdentity { name: "bench".into(), sha256: self.sha256.to_string() },
            parameters: [("Name".into(), "value".into())].into_iter().collect(),
            executed_by: "bench".into(),
            environment: Environment { region: Some("us-east-1".into()), account_id: None, partition: "aws".into() },
            settings: Settings {
                attempt_delays: Arc::clone(&self.delays),
                throttle_delays: Arc::clone(&self.delays),
                throttle_window: 0,
                jitter: 0.0,
                long_invocations: false,
                result_limit: None,
                // Between two polls of an execution that waits: long enough to measure all of them.
                poll_interval: Some(3_600_000),
                idempotency_token: false,
            },
            seed: 1,
            outline: Arc::clone(&self.outline),
            launch: runwright::event::Launch::default(),
            reused: Vec::new(),
        };
        let (_sender, mailbox) = mailbox();
        let execution = runner.run(&self.runbook, &self.text, start, mailbox, observer).await?.execution;
        match execution.status() {
            Status::Success => Ok(id),
            other => Err(format!("an execution ended {other:?}: {:?}", execution.summary().failure_message).into()),
        }
    }

    /// A runner that stores events in this store.
    pub(crate) fn runner_on(&self, store: Arc<dyn EventStore>) -> Runner {
        Runner::new(store, Arc::clone(&self.actions), Arc::new(SystemClock))
    }

    /// A runner that stores events in memory.
    fn runner(&self) -> Runner {
        self.runner_on(Arc::new(MemoryStore::new()))
    }

    /// Runs one execution in memory.
    pub(crate) async fn once(&self) -> Result<(), Failure> {
        self.execute(&self.runner()).await.map(drop)
    }

    /// Runs `width` concurrent executions in memory.
    pub(crate) async fn crowd(&self, width: usize) -> Result<(), Failure> {
        self.crowd_on(&self.runner(), width).await
    }

    /// Runs `width` concurrent executions.
    pub(crate) async fn crowd_on(&self, runner: &Runner, width: usize) -> Result<(), Failure> {
        let mut executions = tokio::task::JoinSet::new();
        for _ in 0..width {
            let (executor, runner) = (self.clone(), runner.clone());
            executions.spawn(async move { executor.execute(&runner).await.map_err(|failure| failure.to_string()) });
        }
        while let Some(outcome) = executions.join_next().await {
            outcome??;
        }
        Ok(())
    }
}

/// `count` executions that all wait at the endpoint at once; the memory they hold, in bytes.
pub(crate) async fn hold(url: &str, count: usize, store: Arc<dyn EventStore>) -> Result<f64, Failure> {
    let warm = Executor::connected(&referencing_runbook(1, "instant"), url).await?;
    warm.execute(&warm.runner_on(Arc::clone(&store))).await?;
    let executor = warm.with_runbook(&referencing_runbook(1, "hold"))?;
    let before = harness::resident_bytes()?;
    let runner = executor.runner_on(store);
    let mut executions = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (executor, runner) = (executor.clone(), runner.clone());
        executions.spawn(async move { executor.execute(&runner).await.map_err(|failure| failure.to_string()) });
    }
    let after = crate::memory::when_held(url, count).await?;
    while let Some(outcome) = executions.join_next().await {
        outcome??;
    }
    Ok(after - before)
}

/// Returns the reply of the endpoint at once.
#[derive(Debug)]
struct InstantHandler;

impl ActionHandler for InstantHandler {
    fn prepare(&self, _: Task) -> PreparedCall<'_> {
        let reply = serde_json::json!({"ok": true, "count": 7});
        let outputs = [
            ("StatusCode", serde_json::json!(200)),
            ("ExecutedVersion", serde_json::json!("$LATEST")),
            ("Payload", serde_json::json!(reply.to_string())),
        ];
        let result = ActionResult {
            outputs: outputs.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            document: Some(reply),
            request_id: Some("0f0e0d0c-0b0a-4908-8706-050403020100".to_owned()),
            ..ActionResult::default()
        };
        PreparedCall::new(std::future::ready(Ok(result)))
    }
}

/// Fails at once.
#[derive(Debug, Default)]
struct FailingHandler {
    tries: AtomicUsize,
}

impl ActionHandler for FailingHandler {
    fn prepare(&self, _: Task) -> PreparedCall<'_> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        let failure = StepFailure::new(FailureStage::Invocation, FailureType::Action, "not now");
        PreparedCall::refused(failure.into())
    }
}

/// `count` executions that failed once and wait for their next attempt; the memory they hold, in bytes.
pub(crate) async fn wait(count: usize) -> Result<f64, Failure> {
    let refusing = Arc::new(FailingHandler::default());
    let text =
        referencing_runbook(1, "instant").replace("timeoutSeconds: 60", "timeoutSeconds: 60\n    maxAttempts: 2");
    let executor = Executor::new(&text, Arc::new(ActionRegistry::for_every_action(Arc::clone(&refusing) as _)))?;
    let before = harness::resident_bytes()?;
    let runner = executor.runner();
    let mut executions = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (executor, runner) = (executor.clone(), runner.clone());
        executions.spawn(async move { executor.execute(&runner).await.map_err(|failure| failure.to_string()) });
    }
    // One thread: when this task wakes, every other task has made all possible progress.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let tries = refusing.tries.load(Ordering::Relaxed);
    if tries != count || executions.try_join_next().is_some() {
        return Err(format!("{tries} of {count} executions failed once, and they should all be waiting").into());
    }
    Ok(harness::resident_bytes()? - before)
}

/// `count` executions that wait for a property between two polls; the memory they hold, in bytes.
pub(crate) async fn poll(url: &str, count: usize) -> Result<f64, Failure> {
    let step = |desired: &str| {
        format!(
            "schemaVersion: \"0.3\"\nmainSteps:\n- name: wait\n  action: aws:waitForAwsResourceProperty\n  inputs: {{Service: \
             ssm, Api: GetParameter, Name: n, PropertySelector: $.Parameter.Value, DesiredValues: [\"{desired}\"]}}\n"
        )
    };
    let warm = Executor::connected(&step("7"), url).await?;
    warm.once().await?;
    let executor = warm.with_runbook(&step("never"))?;
    let before = harness::resident_bytes()?;
    let runner = executor.runner();
    let polled = Arc::new(AtomicUsize::new(0));
    let mut executions = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (executor, runner, polled) = (executor.clone(), runner.clone(), Arc::clone(&polled));
        executions.spawn(async move {
            let mut observe = |events: &[Recorded]| {
                let seen = events.iter().filter(|recorded| matches!(recorded.event, Event::AttemptObserved(_)));
                polled.fetch_add(seen.count(), Ordering::Relaxed);
            };
            executor.observe(&runner, &mut observe).await.map_err(|failure| failure.to_string())
        });
    }
    let mut left = 1200;
    while polled.load(Ordering::Relaxed) < count {
        left -= 1;
        if left == 0 || executions.try_join_next().is_some() {
            return Err(format!("{} of {count} executions have polled", polled.load(Ordering::Relaxed)).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(harness::resident_bytes()? - before)
}
