//! Our side: runbooks made to measure, and executions of them through the library, journal in memory.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use runwright::actions::{Actions, Perform, Performed, Task};
use runwright::clock::SystemClock;
use runwright::document;
use runwright::driver::{Driver, cancellation};
use runwright::engine::{Start, outline};
use runwright::event::{
    DocumentIdentity, Environment, Failure as StepFailure, FailureStage, FailureType, Outline, Settings, Status,
};
use runwright::lambda::{ConnectOptions, LambdaClient};
use runwright::name::ExecutionId;
use runwright::runbook::{self, Runbook};
use runwright::store::MemoryStore;

use crate::{Failure, harness};

/// A runbook of `steps` steps of about 250 bytes with two references each: to a parameter, and to the output of the
/// step before (of the first: the parameter again).
pub(crate) fn rich(steps: usize, function: &str) -> String {
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

/// A runbook of `steps` steps that are as short as steps can be, so that many fit into one document.
pub(crate) fn lean(steps: usize) -> String {
    let mut text = "schemaVersion: \"0.3\"\nmainSteps:\n".to_owned();
    for step in 1..=steps {
        let _ =
            writeln!(text, "- {{name: s{step}, action: aws:invokeLambdaFunction, inputs: {{FunctionName: instant}}}}");
    }
    text
}

/// Reads a runbook as the program does.
pub(crate) fn load(text: &str) -> Result<Runbook, Failure> {
    let document = document::read("bench.yaml", text.as_bytes())?;
    let loaded = runbook::load(&document);
    loaded.runbook.ok_or_else(|| format!("the runbook was refused: {:?}", loaded.diagnostics.first()).into())
}

/// Executes one runbook, as often as is asked.
#[derive(Clone)]
pub(crate) struct Executor {
    runbook: Arc<Runbook>,
    outline: Arc<Outline>,
    actions: Arc<dyn Perform>,
    /// Waits between attempts, in milliseconds.
    delays: Arc<[u64]>,
    started: Arc<AtomicUsize>,
}

impl Executor {
    /// One whose functions are behind `url`.
    pub(crate) async fn connected(text: &str, url: &str) -> Result<Self, Failure> {
        let options = ConnectOptions {
            region: Some("us-east-1".into()),
            endpoint_url: Some(url.to_owned()),
            ..ConnectOptions::default()
        };
        let lambda = LambdaClient::connect(&options).await?;
        Self::new(text, Arc::new(Actions { lambda, last_reply: None }))
    }

    fn new(text: &str, actions: Arc<dyn Perform>) -> Result<Self, Failure> {
        let runbook = Arc::new(load(text)?);
        let outline = outline(&runbook, false);
        Ok(Self { runbook, outline, actions, delays: Arc::from([3_600_000]), started: Arc::default() })
    }

    /// One execution from start to end; it must be a `Success`.
    pub(crate) async fn execute(&self, driver: &Driver) -> Result<(), Failure> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let start = Start {
            execution: ExecutionId::new(format!("00000000-0000-4000-8000-{number:012x}")),
            document: DocumentIdentity { name: "bench".into(), sha256: "0".repeat(64) },
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
                idempotency_token: false,
            },
            seed: 1,
            outline: Arc::clone(&self.outline),
            launch: runwright::event::Launch::default(),
            kept: Vec::new(),
        };
        let (_keep, cancel) = cancellation();
        let execution = driver.run(&self.runbook, "", start, cancel, None).await?.execution;
        match execution.status() {
            Status::Success => Ok(()),
            other => Err(format!("an execution ended {other:?}: {:?}", execution.summary().failure_message).into()),
        }
    }

    /// A driver with an empty journal.
    pub(crate) fn driver(&self) -> Driver {
        Driver::new(Arc::new(MemoryStore::new()), Arc::clone(&self.actions), Arc::new(SystemClock))
    }

    /// One execution with a journal of its own.
    pub(crate) async fn once(&self) -> Result<(), Failure> {
        self.execute(&self.driver()).await
    }

    /// `width` executions at once, one journal.
    pub(crate) async fn crowd(&self, width: usize) -> Result<(), Failure> {
        let driver = self.driver();
        let mut executions = tokio::task::JoinSet::new();
        for _ in 0..width {
            let (executor, driver) = (self.clone(), driver.clone());
            executions.spawn(async move { executor.execute(&driver).await.map_err(|failure| failure.to_string()) });
        }
        while let Some(outcome) = executions.join_next().await {
            outcome??;
        }
        Ok(())
    }
}

/// `count` executions that all wait at the endpoint at once; the memory they hold, in bytes.
pub(crate) async fn hold(url: &str, count: usize) -> Result<f64, Failure> {
    let warm = Executor::connected(&rich(1, "instant"), url).await?;
    warm.once().await?;
    let executor = Executor { actions: Arc::clone(&warm.actions), ..Executor::connected(&rich(1, "hold"), url).await? };
    let before = harness::resident_bytes()?;
    let driver = executor.driver();
    let mut executions = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (executor, driver) = (executor.clone(), driver.clone());
        executions.spawn(async move { executor.execute(&driver).await.map_err(|failure| failure.to_string()) });
    }
    let after = crate::memory::when_held(url, count).await?;
    while let Some(outcome) = executions.join_next().await {
        outcome??;
    }
    Ok(after - before)
}

/// Fails at once.
#[derive(Debug, Default)]
struct Refusing {
    tries: AtomicUsize,
}

impl Perform for Refusing {
    fn perform(&self, _: Task) -> Performed<'_> {
        self.tries.fetch_add(1, Ordering::Relaxed);
        let failure = StepFailure::new(FailureStage::Invocation, FailureType::Action, "not now");
        Box::pin(std::future::ready(Err(failure.into())))
    }
}

/// `count` executions that failed once and wait for their next attempt; the memory they hold, in bytes.
pub(crate) async fn wait(count: usize) -> Result<f64, Failure> {
    let refusing = Arc::new(Refusing::default());
    let text = rich(1, "instant").replace("timeoutSeconds: 60", "timeoutSeconds: 60\n    maxAttempts: 2");
    let executor = Executor::new(&text, Arc::clone(&refusing) as Arc<dyn Perform>)?;
    let before = harness::resident_bytes()?;
    let driver = executor.driver();
    let mut executions = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (executor, driver) = (executor.clone(), driver.clone());
        executions.spawn(async move { executor.execute(&driver).await.map_err(|failure| failure.to_string()) });
    }
    // One thread: when this task is woken, every other has gone as far as it can.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let tries = refusing.tries.load(Ordering::Relaxed);
    if tries != count || executions.try_join_next().is_some() {
        return Err(format!("{tries} of {count} executions failed once, and they should all be waiting").into());
    }
    Ok(harness::resident_bytes()? - before)
}
