//! The journal: the cost of durability, the gain of shared commits, and reading.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use runwright::clock::SystemClock;
use runwright::execution::Execution;
use runwright::name::ExecutionId;
use runwright::store::{EventStore as _, Journal};
use rusqlite::Connection;

use crate::durable_sdk_calls::Rows;
use crate::endpoint::{self, Endpoint};
use crate::executions::Executor;
use crate::harness::{Cost, Side, interleave, measure};
use crate::table::Quantity::{self, Count, Size, Time};
use crate::table::Target;
use crate::{Failure, executions, generated_journals, memory, programs, row, runtime, sdk_calls, timed};

/// A folder on the disk of the build; removed on drop.
pub(crate) fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
}

fn create(folder: &Path) -> Result<Arc<Journal>, Failure> {
    Ok(Arc::new(Journal::create(folder, Arc::new(SystemClock))?))
}

/// Counts the commits of a chain.
pub(crate) fn commits(_: &Endpoint) -> Result<(), Failure> {
    const STEPS: usize = 100;
    let folder = folder()?;
    let journal = create(folder.path())?;
    let executor = Executor::instant(&executions::referencing_runbook(STEPS, "instant"))?;
    runtime().block_on(executor.execute(&executor.runner_on(Arc::clone(&journal) as _)))?;
    let (commits, most) = (journal.commits() as f64, (STEPS + 3) as f64);
    row("chain of 100 steps, durable commits", Count(commits), None, Target::AtMost(Count(most)));
    if commits > most { Err("a step waits for the disk more often than it should".into()) } else { Ok(()) }
}

/// Counts the commits that concurrent executions share, and the pages that appends write to the log.
pub(crate) fn shared_commits(_: &Endpoint) -> Result<(), Failure> {
    const WIDTH: usize = 300;
    const STEPS: usize = 10;
    // The header of a page of the log.
    const HEADER: u64 = 24;
    let folder = folder()?;
    let journal = create(folder.path())?;
    let executor = Executor::instant(&executions::referencing_runbook(STEPS, "instant"))?;
    let runtime = runtime();
    runtime.block_on(executor.crowd_on(&executor.runner_on(Arc::clone(&journal) as _), WIDTH))?;
    let appends = (WIDTH * (STEPS + 1)) as f64;
    let ratio = Target::RatioAtLeast(5.0);
    row("300 executions at once, appends: commits", Count(appends), Some(Count(journal.commits() as f64)), ratio);
    drop(journal);

    let folder = self::folder()?;
    let journal = create(folder.path())?;
    let log = generated_journals::file(folder.path()).with_extension("db-wal");
    let size = || std::fs::metadata(&log).map(|log| log.len());
    // So many that the pages of the schema and of the start hardly count, and too few for a checkpoint of the log.
    let alone = Executor::instant(&executions::referencing_runbook(300, "instant"))?;
    runtime.block_on(alone.execute(&alone.runner_on(Arc::clone(&journal) as _)))?;
    let frames = size()? / (4096 + HEADER);
    let pages = (frames as f64) / (journal.commits() as f64);
    row("a commit of a chain, pages of the log", Count(pages), None, Target::AtMost(Count(2.0)));
    Ok(())
}

/// Sequential durable steps.
pub(crate) fn steps(endpoint: &Endpoint) -> Result<(), Failure> {
    const STEPS: usize = 300;
    let folder = folder()?;
    let runtime = runtime();
    let client = sdk_calls::client(&endpoint.url());
    let executor =
        runtime.block_on(Executor::connected(&executions::referencing_runbook(STEPS, "instant"), &endpoint.url()))?;
    let runner = executor.runner_on(create(folder.path())?);
    runtime.block_on(executor.execute(&runner))?;
    let written: u64 = Connection::open(generated_journals::file(folder.path()))?.query_row(
        "SELECT sum(length(kind) + length(body)) FROM events WHERE sequence > 0",
        [],
        |row| row.get(0),
    )?;
    let rows = Rows::create(folder.path(), usize::try_from(written)? / STEPS)?;
    let bare = || timed(&runtime, rows.chain(&client, STEPS)).per(STEPS);
    let ours = || timed(&runtime, async { executor.execute(&runner).await.map(drop) }).per(STEPS);
    let [first, second, ours] = interleave(21, [&mut { bare }, &mut { bare }, &mut { ours }]);
    let name = "a call and a commit, wall: bare against itself";
    row(name, Time(first.wall), Some(Time(second.wall)), Target::Control);
    let name = "a call and a commit, CPU: bare against itself";
    row(name, Time(first.cpu), Some(Time(second.cpu)), Target::Control);
    let name = "durable step, wall: bare call and commit";
    row(name, Time(ours.wall), Some(Time(first.wall)), Target::RatioAtMost(1.15));
    let name = "durable step, CPU: bare call and commit";
    row(name, Time(ours.cpu), Some(Time(first.cpu)), Target::Control);
    Ok(())
}

fn rate(cost: Cost) -> Quantity {
    Quantity::Rate(1e9 / cost.wall)
}

/// Executions at once share commits.
pub(crate) fn together(endpoint: &Endpoint) -> Result<(), Failure> {
    const WIDTH: usize = 100;
    const STEPS: usize = 50;
    let runtime = runtime();
    let instant =
        runtime.block_on(Executor::connected(&executions::referencing_runbook(STEPS, "instant"), &endpoint.url()))?;
    let brief = instant.with_runbook(&executions::referencing_runbook(STEPS, "brief"))?;
    let without = Executor::instant(instant.text())?;
    for (name, executor, target) in [
        ("100 at once, functions of 5 ms: one alone", brief, Target::RatioAtLeast(5.0)),
        ("100 at once, steps without a call: one alone", without, Target::RatioAtLeast(5.0)),
        // One core is saturated by calls of one execution; concurrency cannot add throughput.
        ("100 at once, functions that take no time: one", instant, Target::Control),
    ] {
        let folder = folder()?;
        let journal = create(folder.path())?;
        let runner = executor.runner_on(Arc::clone(&journal) as _);
        let one = || timed(&runtime, async { executor.execute(&runner).await.map(drop) }).per(STEPS);
        let crowd = || timed(&runtime, executor.crowd_on(&runner, WIDTH)).per(WIDTH * STEPS);
        let [one, crowd] = interleave(9, [&mut { one }, &mut { crowd }]);
        row(name, rate(crowd), Some(rate(one)), target);
    }
    Ok(())
}

/// A hanging call does not delay other executions.
pub(crate) fn apart(endpoint: &Endpoint) -> Result<(), Failure> {
    const WIDTH: usize = 100;
    const STEPS: usize = 20;
    let folder = folder()?;
    let url = endpoint.url();
    let runtime = runtime();
    let executor = runtime.block_on(Executor::connected(&executions::referencing_runbook(STEPS, "instant"), &url))?;
    let slow = executor.with_runbook(&executions::referencing_runbook(1, "hold"))?;
    let runner = executor.runner_on(create(folder.path())?);
    let crowd = || timed(&runtime, executor.crowd_on(&runner, WIDTH)).per(WIDTH * STEPS);
    let beside = || {
        let held = {
            let (slow, runner) = (slow.clone(), runner.clone());
            runtime.spawn(async move { slow.execute(&runner).await.map_err(|failure| failure.to_string()) })
        };
        let arrived = runtime.block_on(memory::until_held(&url, 1));
        let cost = crowd();
        assert!(!held.is_finished(), "the slow call returned too early");
        let released = endpoint::release(&url).map_err(|failure| failure.to_string());
        let ended = runtime.block_on(held).map_err(|error| error.to_string()).and_then(|ended| ended);
        if let Err(failure) = arrived.map_err(|failure| failure.to_string()).and(released).and(ended.map(drop)) {
            panic!("{failure}");
        }
        cost
    };
    let [alone, beside] = interleave(9, [&mut { crowd }, &mut { beside }]);
    let name = "100 at once beside a call that hangs: without it";
    row(name, rate(beside), Some(rate(alone)), Target::RatioAtLeast(0.9));
    Ok(())
}

/// Memory of executions in flight whose events are on disk.
pub(crate) fn held(endpoint: &Endpoint) -> Result<(), Failure> {
    const COUNT: usize = 1_000;
    let url = endpoint.url();
    let each = |what| Ok::<_, Failure>(Size(memory::in_fresh_process(what, &url, COUNT)? / COUNT as f64));
    let (memory, journal) = (each("ours")?, each("ours-journal")?);
    row("1,000 in flight, durable, each: kept in memory", journal, Some(memory), Target::RatioAtMost(1.1));
    Ok(())
}

/// Long histories, long lists, and a journal of a gigabyte.
pub(crate) fn reading(endpoint: &Endpoint) -> Result<(), Failure> {
    const EXECUTIONS: usize = 100_000;
    const BYTES: u64 = 1 << 30;
    let (large, empty, other) = (folder()?, folder()?, folder()?);
    let made = generated_journals::large(large.path(), EXECUTIONS, BYTES)?;
    let database = Connection::open(generated_journals::file(large.path()))?;
    let milliseconds = |most| Target::AtMost(Time(most * 1e6));

    let scan = |id: &ExecutionId| {
        measure(|| _ = black_box(scan_events(&database, id).unwrap_or_else(|error| panic!("{error}"))))
    };
    let journal = create(large.path())?;
    let runtime = runtime();
    let replay = |id: &ExecutionId| {
        let events = runtime.block_on(journal.history(id)).unwrap_or_else(|error| panic!("{error}"));
        drop(black_box(Execution::replay(&events).unwrap_or_else(|error| panic!("{error}"))));
        events.len()
    };
    let count = replay(&made.longest);
    if count < 100_000 {
        return Err(format!("the history has only {count} events").into());
    }
    let [scanned, replayed] =
        interleave(9, [&mut || scan(&made.longest), &mut || measure(|| _ = black_box(replay(&made.longest)))]);
    row("replay of 100,000 events: SQLite scan", Time(replayed.wall), Some(Time(scanned.wall)), milliseconds(300.0));
    drop(journal);

    let state = |command: &mut std::process::Command| {
        command.arg("--state-dir").arg(large.path());
    };
    let mut show = programs::quiet(programs::RUNWRIGHT);
    show.args(["executions", "show", made.long.as_str()]);
    state(&mut show);
    programs::expect_output(&mut show, "step10000")?;
    let [scanned, shown] = interleave(9, [&mut || scan(&made.long), &mut || programs::run(&mut show)]);
    row("show of 10,000 steps: SQLite scan", Time(shown.wall), Some(Time(scanned.wall)), milliseconds(150.0));

    let mut list = programs::quiet(programs::RUNWRIGHT);
    list.args(["executions", "list"]);
    state(&mut list);
    let mut search = programs::quiet(programs::RUNWRIGHT);
    search.args(["executions", "list", "--status", "Success", "--runbook", "ben*", "-p", "Name=value77"]);
    state(&mut search);
    programs::expect_output(&mut list, "Success")?;
    programs::expect_output(&mut search, "Success")?;
    let scan_all = || measure(|| _ = black_box(scan_executions(&database).unwrap_or_else(|error| panic!("{error}"))));
    let [scanned, listed, searched] =
        interleave(15, [&mut { scan_all }, &mut || programs::run(&mut list), &mut || programs::run(&mut search)]);
    let scanned = Some(Time(scanned.wall));
    row("list of 100,000 executions: SQLite scan", Time(listed.wall), scanned, milliseconds(100.0));
    row("list of 100,000, filtered: SQLite scan", Time(searched.wall), scanned, milliseconds(100.0));
    drop(database);
    start_up(endpoint, [large.path(), empty.path(), other.path()])
}

/// `run` of one step with a journal of a gigabyte, and with two new ones.
fn start_up(endpoint: &Endpoint, folders: [&Path; 3]) -> Result<(), Failure> {
    let url = endpoint.url();
    let scratch = folder()?;
    let book = scratch.path().join("small.yaml");
    std::fs::write(&book, executions::referencing_runbook(1, "instant"))?;
    let mut commands = folders.map(|folder| {
        let mut command = programs::quiet(programs::RUNWRIGHT);
        command.arg("run").arg(&book).args(["--endpoint-url", &url, "--state-dir"]).arg(folder);
        command
    });
    for command in &mut commands {
        programs::expect_output(command, "Success")?;
    }
    let mut sides = commands.each_mut().map(|command| move || programs::run(command));
    let [large, empty, other] = interleave(60, sides.each_mut().map(|side| side as Side<'_>));
    let name = "run of one step, empty journal against itself";
    row(name, Time(other.wall), Some(Time(empty.wall)), Target::Control);
    let name = "run of one step, journal of 1 GB: empty journal";
    row(name, Time(large.wall), Some(Time(empty.wall)), Target::RatioAtMost(1.1));
    Ok(())
}

/// Reads the rows of a history only; returns their bytes.
fn scan_events(database: &Connection, id: &ExecutionId) -> rusqlite::Result<usize> {
    let number: i64 =
        database.query_row("SELECT number FROM executions WHERE id = ?1", [id.as_str()], |row| row.get(0))?;
    let select = "SELECT place, at, kind, body FROM events WHERE place >= ?1 AND place < ?2 ORDER BY place";
    let mut statement = database.prepare_cached(select)?;
    let mut rows = statement.query((number << 32, (number + 1) << 32))?;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let (_, _): (i64, i64) = (row.get(0)?, row.get(1)?);
        bytes += row.get_ref(2)?.as_str()?.len() + row.get_ref(3)?.as_str()?.len();
    }
    Ok(bytes)
}

/// Reads the rows of all executions only; returns their bytes.
fn scan_executions(database: &Connection) -> rusqlite::Result<usize> {
    let select = "SELECT id, document_name, status, started_at, ended_at FROM executions ORDER BY number DESC";
    let mut statement = database.prepare_cached(select)?;
    let mut rows = statement.query([])?;
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let (_, _): (i64, Option<i64>) = (row.get(3)?, row.get(4)?);
        bytes += row.get_ref(0)?.as_str()?.len() + row.get_ref(1)?.as_str()?.len() + row.get_ref(2)?.as_str()?.len();
    }
    Ok(bytes)
}
