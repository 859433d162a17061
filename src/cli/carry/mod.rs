//! Carrying executions on in this process.
//!
//! Owns: putting together what one execution needs (the way to its functions, its reporters, its place in the journal,
//! its turn at a lock) and driving it to its end or to the moment it is left. Does not own: where the execution comes
//! from (`run`, `resume`, `again`, `stop` say that). For commands alone.

mod asking;
mod turn;
mod waits;
mod watch;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use indexmap::IndexMap;
use tokio::task::JoinHandle;

use super::Exit;
use super::children::Hosting;
use super::error::{CliError, give, tell};
use super::functions;
use super::hangup;
use super::identity;
use super::interruptions::Interruptions;
use super::notify::Notifier;
use super::output::{self, Format};
use super::parameters::{self, Known};
use super::pipeline::Pipeline;
use super::role;
use super::screen::Screen;
use super::secrets::{LogKeeper, Logs};
use super::signals::{self, Departure, OnTerminate, SignalPolicy, Signals};
use super::state::store_error;
use super::world::World;
use crate::actions::{Actions, LastReply};
use crate::children::{Above, Answers, Children, Family, Library};
use crate::clock::{self, Clock, SystemClock};
use crate::driver::{CancelReceiver, CancelSender, Driver, DriverError, Finished, Takeover, cancellation};
use crate::engine::{self, Interrupted, RestartPoint, Start};
use crate::event::{Connection, DocumentIdentity, ExecutionStarted, Launch, LeaveReason, Recorded, Settings};
use crate::execution::Execution;
use crate::expression::Template;
use crate::lambda::local::{Functions, LogSink, Options};
use crate::lambda::{Access, LambdaClient};
use crate::limits::TERMINATION_GRACE;
use crate::masking::Secrets;
use crate::name::ExecutionId;
use crate::report::{JsonLines, LogLine, Plain, Quiet, Reporter, Reports, Terminal, one_line, output_line, short_id};
use crate::runbook::Runbook;
use crate::runbook::binding::Supplied;
use crate::store::{Journal, LockTurn, MemoryStore, OnConflict, Store};

use asking::Asker;
use turn::Turn;
pub(super) use waits::Waits;
pub(super) use watch::{WatchHandle, Watcher};

/// Something to carry on, checked.
pub(super) struct Job {
    pub(super) runbook: Arc<Runbook>,
    /// The file that was named, for hints.
    pub(super) file: String,
    pub(super) connection: Connection,
    /// The functions of this machine, when they are the ones.
    pub(super) local: Option<Functions>,
    /// What must not be seen.
    pub(super) secrets: Secrets,
    pub(super) show: Show,
    pub(super) pipeline: Pipeline,
    pub(super) last_reply: Option<LastReply>,
    pub(super) people: People,
}

/// Who does something about what waits for somebody.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    /// Who sits at the terminal and can be asked.
    pub(super) asked: Option<String>,
    /// Who starts it, when it is not the user of this machine.
    pub(super) starter: Option<String>,
    pub(super) notify: Notifier,
}

/// What is shown meanwhile.
#[derive(Debug, Clone, Default)]
pub(super) struct Show {
    /// The lines of local functions.
    pub(super) logs: bool,
    pub(super) form: Form,
    /// Whether events go to standard output.
    pub(super) jsonl: bool,
    pub(super) verbose: bool,
}

/// The form of what is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// What the terminal can show.
    #[default]
    Whole,
    /// The result alone.
    Quiet,
    /// Lines that begin with this: several are shown at once.
    Lines(String),
    /// Nothing: nobody watches.
    Nothing,
}

/// Where events are kept.
#[derive(Clone)]
pub(super) enum Keeping {
    /// In memory, until the process ends.
    Memory,
    /// On disk.
    Journal(Arc<Journal>),
}

/// A new execution.
pub(super) struct Fresh {
    /// The text of the runbook.
    pub(super) document: String,
    pub(super) identity: DocumentIdentity,
    pub(super) supplied: IndexMap<String, Supplied>,
    pub(super) settings: Settings,
    /// Its lock is not filled in yet.
    pub(super) launch: Launch,
    pub(super) lock: Option<Lock>,
    /// What another execution ran that this one does not run again.
    pub(super) kept: Option<(Execution, RestartPoint)>,
}

/// `--lock` and `--on-conflict`
#[derive(Debug, Clone)]
pub(super) struct Lock {
    pub(super) name: Template,
    pub(super) on_conflict: OnConflict,
}

/// An execution that this process has claimed. What its journal hides has been given again.
pub(super) struct Claimed {
    pub(super) execution: Execution,
    pub(super) takeover: Option<Takeover>,
    /// What becomes of calls of its children that were in flight.
    pub(super) answers: Answers,
}

/// What to carry on.
pub(super) enum Deed {
    Start(Box<Fresh>),
    TakeOver(Box<Claimed>),
}

/// How an execution is asked to stop, and this process to leave it.
pub(super) struct Stops {
    pub(super) cancel: CancelSender,
    pub(super) cancelled: CancelReceiver,
    pub(super) signals: Signals,
}

/// An execution that was begun and not carried on.
pub(super) struct Opened {
    pub(super) execution: Execution,
}

/// Why there is no end.
enum Stopped {
    /// It was left, and nothing was in flight any more.
    Left,
    Failed(CliError),
}

impl From<CliError> for Stopped {
    fn from(error: CliError) -> Self {
        Self::Failed(error)
    }
}

/// What came of an execution in this process.
struct Course {
    /// None when it was left with a call in flight.
    outcome: Option<Result<Finished, Stopped>>,
    /// How this process left what had not ended: the execution, or children of it that were cleaning up.
    departure: Option<Departure>,
}

/// Carries one execution on to its end, or until this process leaves it, and shows it meanwhile.
pub(super) async fn carry(
    job: &Job,
    keeping: &Keeping,
    watcher: Option<&Watcher>,
    deed: Deed,
    stops: Stops,
    screen: Screen,
) -> Result<Finished, CliError> {
    let id = OnceLock::new();
    if let Deed::TakeOver(claimed) = &deed {
        let _known = id.set(claimed.execution.id().clone());
    }
    let Course { outcome, departure } = course(job, keeping, watcher, deed, &stops, &id, screen).await;
    let reason = match (&outcome, departure) {
        (Some(Ok(_)), None) => None,
        (Some(Err(Stopped::Failed(error))), _) => {
            Some((error.exit == Exit::Internal).then_some(LeaveReason::InternalError))
        }
        (_, departure) => Some(Some(departure.unwrap_or(Departure::TERMINATED).reason)),
    };
    if let (Keeping::Journal(journal), Some(id), Some(reason)) = (keeping, id.get(), reason)
        && let Err(error) = journal.release(id, reason).await
    {
        tracing::debug!(%error, "the execution belongs to this process until it ends");
    }
    match outcome {
        Some(Ok(finished)) => Ok(finished),
        Some(Err(Stopped::Failed(error))) => Err(error),
        Some(Err(Stopped::Left)) => Err(left(keeping, id.get(), Departure::TERMINATED, false)),
        None => Err(left(keeping, id.get(), departure.unwrap_or(Departure::TERMINATED), true)),
    }
}

async fn course(
    job: &Job,
    keeping: &Keeping,
    watcher: Option<&Watcher>,
    deed: Deed,
    stops: &Stops,
    id: &OnceLock<ExecutionId>,
    screen: Screen,
) -> Course {
    let signals = &stops.signals;
    let reports = Reports::new(reporters(job, screen));
    let logs = Logs::new(reports.clone(), job.secrets.clone(), &job.runbook, job.show.logs, keeper(keeping));
    let opening =
        World::open(&job.connection, job.local.clone(), options(job, &logs), &job.secrets, &job.file, &job.runbook);
    let opened = tokio::select! {
        biased;
        () = signals.terminated() => Err(Stopped::Left),
        departure = signals.departure() => return Course { outcome: None, departure: Some(departure) },
        opened = opening => opened.map_err(Stopped::Failed),
    };
    let world = match opened {
        Ok(world) => Arc::new(world),
        Err(stopped) => return Course { outcome: Some(Err(stopped)), departure: None },
    };
    let waits = Waits::new();
    let asking = job.people.asked.clone().map(|name| {
        let (runbook, cancel, reports) = (Arc::clone(&job.runbook), stops.cancel.clone(), reports.clone());
        tokio::spawn(asking::ask(Asker { runbook, name, cancel, reports, palette: screen.errors }, waits.now()))
    });
    let mut telling = tokio::spawn(tell_people(job.people.notify.clone(), world.access().cloned(), waits.now()));
    let family = family(keeping, watcher, &world, &reports, &job.people.notify, &deed);
    let driving = Driving {
        job,
        keeping,
        watcher,
        world: &world,
        stops,
        reports: &reports,
        logs: &logs,
        waits: &waits,
        id,
        family: &family,
    };
    let outcome = OnceLock::new();
    let departure = {
        let work = async {
            let ended = driving.drive(deed, screen).await;
            // From here on it has come out so, whatever becomes of what follows.
            let ended = outcome.get_or_init(|| ended);
            let notify = async {
                if let Ok(finished) = ended {
                    job.people.notify.ended(&finished.execution).await;
                }
            };
            let finish = async {
                // Children that were stopped with it clean up.
                family.finish().await;
                if ended.is_ok() {
                    for line in world.drain().await {
                        tell(&format!("warning: {line}\n"));
                    }
                }
            };
            tokio::join!(notify, finish);
        };
        let mut work = std::pin::pin!(work);
        let (mut is_leaving, mut is_told, mut has_terminal) = (false, false, true);
        loop {
            tokio::select! {
                biased;
                departure = signals.departure() => {
                    // Before anything of the run is dropped: a child that is dropped is asked to stop.
                    family.abandon();
                    break Some(departure);
                }
                () = signals.terminated(), if !is_leaving => {
                    is_leaving = true;
                    stops.cancel.leave();
                    family.leave();
                }
                () = signals.hung_up(), if has_terminal => {
                    has_terminal = false;
                    if let Some(asking) = &asking {
                        asking.abort();
                        reports.hold(false);
                    }
                    hangup::leave_terminal(&reports, keeping.folder(), id.get());
                }
                () = &mut work => break None,
                // Something is in flight.
                () = std::future::ready(()), if is_leaving && !is_told => {
                    is_told = true;
                    tell(&format!(
                        "terminated: nothing new is started; what is in flight is waited for at most {} s, and a second \
                         signal leaves at once\n",
                        TERMINATION_GRACE.as_secs()
                    ));
                }
            }
        }
    };
    // Nothing can wait any more: a question goes away, and what is being told is told to the end.
    drop(waits);
    if let Some(asking) = asking
        && let Err(error) = asking.await
    {
        tracing::debug!(%error, "nobody was asked");
    }
    reports.close();
    tokio::select! {
        biased;
        _ = signals.departure() => telling.abort(),
        told = &mut telling => {
            if let Err(error) = told {
                tracing::debug!(%error, "nobody was told");
            }
        }
    }
    world.shutdown().await;
    Course { outcome: outcome.into_inner(), departure }
}

/// Carries one execution on in this process, until it ends or this process leaves it. Meanwhile people are notified of the
/// interruptions that were found.
pub(super) fn alone(
    job: &Job,
    keeping: &Keeping,
    deed: Deed,
    on_terminate: OnTerminate,
    found: Option<Interruptions>,
    screen: Screen,
) -> Result<Finished, CliError> {
    functions::runtime()?.block_on(async {
        let (cancel, cancelled) = cancellation();
        let policy = SignalPolicy::foreground(on_terminate, keeping.folder().is_some());
        let signals = signals::listen(vec![cancel.clone()], policy)?;
        let watcher = match keeping {
            Keeping::Memory => None,
            Keeping::Journal(journal) => Some(Watcher::start(Arc::clone(journal))),
        };
        let notifying = notify_of(found, &signals);
        let ended = carry(job, keeping, watcher.as_ref(), deed, Stops { cancel, cancelled, signals }, screen).await;
        notified(notifying).await;
        ended
    })
}

/// Notifies people of interruptions in the background, until this process is to leave at once.
pub(super) fn notify_of(found: Option<Interruptions>, signals: &Signals) -> Option<JoinHandle<()>> {
    let signals = signals.clone();
    let stop = async move {
        signals.departure().await;
    };
    found.map(|interruptions| tokio::spawn(interruptions.send(stop)))
}

/// Waits until people are notified.
pub(super) async fn notified(notifying: Option<JoinHandle<()>>) {
    if let Some(task) = notifying
        && let Err(error) = task.await
    {
        tracing::debug!(%error, "nobody was notified");
    }
}

/// Tells people of every wait, until nothing can wait any more.
pub(super) async fn tell_people(notify: Notifier, access: Option<Access>, mut now: waits::Now) {
    let mut told = None;
    loop {
        let waiting = now.borrow_and_update().clone();
        // Those who have to be told know it already when somebody else has said something.
        if let Some(waiting) = waiting.filter(|waiting| told.as_ref() != Some(&waiting.step_execution)) {
            notify.waiting(&waiting.execution, access.as_ref()).await;
            told = Some(waiting.step_execution.clone());
        }
        if now.changed().await.is_err() {
            return;
        }
    }
}

/// The document's outputs, one a line on standard output.
pub(super) fn give_outputs(execution: &Execution) -> Result<(), CliError> {
    let outputs = execution.ending().into_iter().flat_map(|ending| &ending.outputs);
    give(&outputs.map(|(name, values)| output_line(name, values) + "\n").collect::<String>())
}

/// Begins an execution, for another process to carry on.
pub(super) async fn open(job: &Job, journal: &Arc<Journal>, fresh: Fresh, screen: Screen) -> Result<Opened, CliError> {
    let options = Options::default();
    let world = World::open(&job.connection, job.local.clone(), options, &job.secrets, &job.file, &job.runbook);
    let world = world.await?;
    let on_conflict = fresh.lock.as_ref().map(|lock| lock.on_conflict);
    let (start, _, document, lock) = prepare(job, &world, fresh, screen).await?;
    world.shutdown().await;
    let id = start.execution.clone();
    let actions = Actions { lambda: world.client(None, &id).await?, last_reply: None, children: None };
    let store: Arc<dyn Store> = Arc::clone(journal) as Arc<dyn Store>;
    let driver = Driver::new(store, Arc::new(actions), Arc::new(SystemClock)).with_secrets(job.secrets.clone());
    let execution = driver.open(&job.runbook, &document, start).await.map_err(|error| failed(&error, None))?;
    if let (Some(lock), Some(on_conflict)) = (lock, on_conflict) {
        // Only whoever starts it knows what to do about others; whoever carries it on waits its turn.
        let turn = journal.enqueue(&lock, &id, on_conflict).await.map_err(|error| store_error(&error))?;
        if let LockTurn::Refused { holder } = turn {
            let (cancel, cancelled) = cancellation();
            cancel.cancel(format!("lock {lock}, which {holder} holds"));
            let ended = driver.resume(&job.runbook, execution, None, cancelled, None).await;
            ended.map_err(|error| failed(&error, Some(&id)))?;
            return Err(turn::refused(journal, &lock, &holder));
        }
    }
    Ok(Opened { execution })
}

/// Everything that an execution goes on with.
struct Driving<'a> {
    job: &'a Job,
    keeping: &'a Keeping,
    watcher: Option<&'a Watcher>,
    world: &'a World,
    stops: &'a Stops,
    reports: &'a Reports,
    logs: &'a Logs,
    waits: &'a Waits,
    /// The execution, once it is known.
    id: &'a OnceLock<ExecutionId>,
    family: &'a Arc<Family>,
}

impl Driving<'_> {
    async fn drive(&self, deed: Deed, screen: Screen) -> Result<Finished, Stopped> {
        let Self { job, keeping, watcher, world, stops, reports, logs, waits, id: _, family } = *self;
        let mut observe = |execution: &Execution, recorded: &Recorded| {
            logs.observe(execution, recorded);
            reports.observe(execution, recorded);
            waits.observe(execution);
        };
        let driver = |lambda: LambdaClient, children: Children| {
            let actions = Actions { lambda, last_reply: job.last_reply.clone(), children: Some(Arc::new(children)) };
            Driver::new(family.store(), Arc::new(actions), Arc::new(SystemClock)).with_secrets(job.secrets.clone())
        };
        let cancelled = stops.cancelled.clone();
        let (id, ended) = match deed {
            Deed::Start(fresh) => {
                let on_conflict = fresh.lock.as_ref().map(|lock| lock.on_conflict);
                let (start, client, document, lock) = prepare(job, world, *fresh, screen).await?;
                let id = start.execution.clone();
                let _known = self.id.set(id.clone());
                let _watched = watcher.map(|watcher| watcher.watch(id.clone(), stops.cancel.clone()));
                let above = Above::of_start(&start, Arc::clone(&job.runbook), job.secrets.clone());
                let driver = driver(client, Children::of(Arc::clone(family), above, stops.cancel.clone()));
                let ended = match (lock, on_conflict, keeping) {
                    (Some(lock), Some(on_conflict), Keeping::Journal(journal)) => {
                        let opened = driver.open(&job.runbook, &document, start).await;
                        let execution = opened.map_err(|error| broken(&error, None))?;
                        match turn::wait(journal, &lock, &id, on_conflict, stops).await? {
                            Turn::Ours | Turn::Stopped => {}
                            Turn::Left => return Err(Stopped::Left),
                            Turn::Refused { holder } => {
                                let ended = driver.resume(&job.runbook, execution, None, cancelled, None).await;
                                ended.map_err(|error| broken(&error, Some(&id)))?;
                                return Err(turn::refused(journal, &lock, &holder).into());
                            }
                        }
                        driver.resume(&job.runbook, execution, None, cancelled, Some(&mut observe)).await
                    }
                    _ => driver.run(&job.runbook, &document, start, cancelled, Some(&mut observe)).await,
                };
                (id, ended)
            }
            Deed::TakeOver(claimed) => {
                let Claimed { execution, takeover, answers: _ } = *claimed;
                let started = execution.started();
                let id = started.execution.clone();
                let _watched = watcher.map(|watcher| watcher.watch(id.clone(), stops.cancel.clone()));
                let now = SystemClock.now();
                let known = Known { environment: &started.environment, execution: id.as_str(), now };
                let scope = known.scope(&started.parameters);
                let role = role::role(job.connection.assume_role.as_deref(), &job.runbook, &scope)?;
                let client = world.client(role, &id).await?;
                refuse_elsewhere(world, started)?;
                let mut takeover = takeover;
                if let (Some(lock), Keeping::Journal(journal)) = (&started.launch.lock, keeping) {
                    match (turn::wait(journal, lock, &id, OnConflict::Queue, stops).await?, &mut takeover) {
                        // What is stopped before its turn sends nothing again; it only cleans up.
                        (Turn::Stopped, Some(takeover)) => takeover.interrupted = Interrupted::GiveUp,
                        (Turn::Left, _) => return Err(Stopped::Left),
                        (Turn::Stopped | Turn::Ours | Turn::Refused { .. }, _) => {}
                    }
                }
                let above = Above::of_started(execution.started(), Arc::clone(&job.runbook), job.secrets.clone());
                let children = Children::of(Arc::clone(family), above, stops.cancel.clone());
                let given_up = takeover.as_ref().is_some_and(|takeover| takeover.interrupted == Interrupted::GiveUp);
                children.stop_left(&execution, given_up).await.map_err(|error| store_error(&error))?;
                let ended = driver(client, children)
                    .resume(&job.runbook, execution, takeover, cancelled, Some(&mut observe))
                    .await;
                (id, ended)
            }
        };
        let is_kept = match keeping {
            Keeping::Memory => false,
            Keeping::Journal(journal) => journal.entry(&id).is_ok_and(|entry| entry.is_some()),
        };
        ended.map_err(|error| broken(&error, is_kept.then_some(&id)))
    }
}

/// Whoever steps start, and where their runbooks are.
fn family(
    keeping: &Keeping,
    watcher: Option<&Watcher>,
    world: &Arc<World>,
    reports: &Reports,
    notify: &Notifier,
    deed: &Deed,
) -> Arc<Family> {
    let (launch, answers) = match deed {
        Deed::Start(fresh) => (&fresh.launch, Answers::default()),
        Deed::TakeOver(claimed) => (&claimed.execution.started().launch, claimed.answers.clone()),
    };
    let hosting = Hosting {
        world: Arc::clone(world),
        reports: reports.clone(),
        watch: watcher.map(Watcher::handle),
        notify: notify.clone(),
        waits: Mutex::default(),
    };
    let library = Arc::new(Library::of_launch(launch));
    Family::new(keeping.store(), Arc::new(SystemClock), library, Arc::new(hosting), answers)
}

/// What a new execution starts with: its client, the text of its document, and its lock.
async fn prepare(
    job: &Job,
    world: &World,
    fresh: Fresh,
    screen: Screen,
) -> Result<(Start, LambdaClient, String, Option<String>), CliError> {
    let Fresh { document, identity, supplied, settings, mut launch, lock, kept } = fresh;
    let execution = ExecutionId::new(clock::random_id());
    let environment = world.environment();
    let known = Known { environment: &environment, execution: execution.as_str(), now: SystemClock.now() };
    let parameters = parameters::bound(&job.runbook, &supplied, &known, screen)?;
    let scope = known.scope(&parameters);
    let role = role::role(job.connection.assume_role.as_deref(), &job.runbook, &scope)?;
    let client = world.client(role, &execution).await?;
    let lock = lock.map(|lock| {
        let name = lock.name.resolve_text(&scope);
        name.map_err(|why| CliError::usage(format!("--lock: {why}")).help("refer to parameters of the runbook"))
    });
    launch.lock = lock.transpose()?.map(|name| job.secrets.text(&name).into_owned());
    let start = Start {
        execution,
        document: identity,
        parameters,
        executed_by: job.people.starter.clone().unwrap_or_else(identity::user),
        outline: engine::outline(&job.runbook, settings.long_invocations),
        environment,
        settings,
        seed: clock::random_seed(),
        kept: kept.map(|(execution, point)| engine::keep(&execution, &point)).unwrap_or_default(),
        launch: launch.clone(),
    };
    Ok((start, client, document, launch.lock))
}

impl Lock {
    /// The lock of an execution that is started again: it is filled in with the parameters that it has now.
    pub(super) fn again(name: &str) -> Self {
        Self { name: Template::parse(name), on_conflict: OnConflict::Queue }
    }
}

impl Keeping {
    /// The folder of the journal; none when nothing is kept.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Journal(journal) => Some(journal.folder()),
        }
    }

    fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::Journal(journal) => Arc::clone(journal) as Arc<dyn Store>,
        }
    }
}

fn keeper(keeping: &Keeping) -> Option<LogKeeper> {
    match keeping {
        Keeping::Memory => None,
        Keeping::Journal(journal) => Some(LogKeeper::new(Arc::clone(journal))),
    }
}

/// Who watches: one on standard error, and with `jsonl` one on standard output.
fn reporters(job: &Job, screen: Screen) -> Vec<Box<dyn Reporter>> {
    let mut reporters = Vec::new();
    reporters.extend(progress(&job.show, &job.pipeline, job.people.asked.is_some(), screen));
    if job.show.jsonl {
        reporters.push(Box::new(JsonLines::new(Box::new(output::stdout(Format::Json)))));
    }
    reporters
}

/// The one on standard error.
pub(super) fn progress(show: &Show, pipeline: &Pipeline, is_asked: bool, screen: Screen) -> Option<Box<dyn Reporter>> {
    let stderr = || Box::new(output::stderr());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match &show.form {
        Form::Nothing => None,
        Form::Quiet => Some(Box::new(Quiet::new(stderr(), screen.errors))),
        Form::Whole if screen.live && !show.verbose && !pipeline.reads_log() => {
            let terminal = Terminal::on_terminal(output::terminal(), Screen::columns, screen.errors, clock);
            Some(Box::new(terminal.asked(is_asked)))
        }
        // What tracing writes would tear a line that moves.
        Form::Whole => Some(Box::new(Plain::new(stderr(), screen.errors, clock, show.verbose))),
        Form::Lines(prefix) => {
            Some(Box::new(Plain::new(stderr(), screen.errors, clock, show.verbose).with_prefix(prefix)))
        }
    }
}

/// How local functions are run: what they print goes to whoever shows it or keeps it.
fn options(job: &Job, logs: &Logs) -> Options {
    let log = logs.wanted().then(|| {
        let logs = logs.clone();
        LogSink::new(move |line| {
            logs.line(LogLine { function: line.function.to_owned(), text: line.text.to_owned() });
        })
    });
    Options { log, pass_environment: job.connection.pass_env.clone(), ..Options::default() }
}

/// Says that this process leaves an execution, and what becomes of it.
fn left(keeping: &Keeping, id: Option<&ExecutionId>, departure: Departure, is_in_flight: bool) -> CliError {
    let entry = match (keeping, id) {
        (Keeping::Journal(journal), Some(id)) => journal.entry(id).ok().flatten(),
        (Keeping::Journal(_) | Keeping::Memory, _) => None,
    };
    let in_flight = if is_in_flight { "; a function that was invoked may still be running" } else { "" };
    let Some(entry) = entry else {
        let message = if departure.is_termination {
            "terminated before the execution began: nothing has run".to_owned()
        } else {
            format!("left at once{in_flight}")
        };
        return CliError::new(Exit::Cancelled, message);
    };
    let (short, name) = (short_id(entry.id.as_str()), one_line(&entry.document.name));
    let error = if departure.is_termination {
        let exit = entry.status.ended().map_or(Exit::Unfinished, Exit::from);
        CliError::new(exit, format!("terminated: execution {short} ({name}) is left to be resumed{in_flight}"))
    } else {
        CliError::new(Exit::Cancelled, format!("left at once{in_flight}"))
    };
    match (entry.status.ended(), departure.reason) {
        (Some(status), _) => error.help(format!("the execution has ended: {status}")),
        (None, LeaveReason::User) => {
            error.help(format!("to resume it: `runwright resume {short}`; nothing else resumes it"))
        }
        (None, LeaveReason::Termination | LeaveReason::InternalError) => {
            error.help(format!("to resume it: `runwright resume {short}`"))
        }
    }
}

/// Refuses to carry an execution on in another region than the one it began in: its calls would reach other functions.
fn refuse_elsewhere(world: &World, started: &ExecutionStarted) -> Result<(), CliError> {
    let (here, there) = (world.environment().region, started.environment.region.clone());
    // Without a region nothing is called, then or now.
    let (Some(here), Some(there)) = (here, there) else { return Ok(()) };
    if here == there {
        return Ok(());
    }
    Err(CliError::usage(format!("the execution began in {there}, and its calls would go to {here} now"))
        .help(format!("`runwright redrive {}` starts a new one there", short_id(started.execution.as_str()))))
}

/// Why an execution has no end.
fn broken(error: &DriverError, kept: Option<&ExecutionId>) -> Stopped {
    match error {
        DriverError::Left => Stopped::Left,
        DriverError::Start(_) | DriverError::Store(_) | DriverError::Engine(_) | DriverError::Replay(_) => {
            Stopped::Failed(failed(error, kept))
        }
    }
}

/// Why an execution could not be carried on.
fn failed(error: &DriverError, kept: Option<&ExecutionId>) -> CliError {
    let message = one_line(&error.to_string()).into_owned();
    match error {
        // Nothing has run: a default of the runbook has no value here.
        DriverError::Start(_) => CliError::new(Exit::Invalid, message),
        DriverError::Store(error) => {
            let told = CliError::new(Exit::Journal, message);
            let resume = match kept {
                Some(id) => format!("what was kept stays; carry it on with `runwright resume {id}`"),
                None => "nothing has run".to_owned(),
            };
            match error.help() {
                Some(help) => told.help(format!("{help}; {resume}")),
                None => told.help(resume),
            }
        }
        DriverError::Engine(engine::Unexpected::Hidden(_)) => CliError::usage(message),
        DriverError::Left => CliError::new(Exit::Unfinished, message),
        DriverError::Engine(_) | DriverError::Replay(_) => CliError::new(Exit::Internal, message),
    }
}
