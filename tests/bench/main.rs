//! `cargo bench`: the cost of Runwright, compared with yardsticks that are measured beside it.
//!
//! All processes, the endpoint included, are pinned to one core; sides alternate; medians are compared. Each group
//! begins with an A/A control, the yardstick against itself: its distance from 1.00 is the possible error of a ratio
//! beside it. `cargo bench -- chain` measures only the groups whose name contains that word.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    reason = "a benchmark prints, and panics if it cannot measure"
)]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

mod durable_sdk_calls;
mod endpoint;
mod executions;
mod generated_journals;
mod harness;
mod journal;
mod memory;
mod programs;
mod scripts;
mod sdk_calls;
mod table;

use std::future::Future;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;

use endpoint::Endpoint;
use executions::Executor;
use harness::{Cost, interleave, measure};
use runwright::clock::SystemClock;
use runwright::store::{Journal, MemoryStore};
use table::Quantity::{Size, Time};
use table::{Figure, Quantity, Target};

/// The error that stops a measurement.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// The argument that starts the endpoint.
pub(crate) const SERVE: &str = "--serve-endpoint";
/// The argument that starts the measurement; without it, this program calls itself with the environment that it needs.
pub(crate) const MEASURE: &str = "--measure";
/// The argument that starts a process that holds memory.
pub(crate) const MEMORY: &str = "--hold-memory";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some(SERVE) => endpoint::serve(),
        Some(MEMORY) => hold_memory(&arguments),
        Some(MEASURE) => all(&arguments),
        _ => with_credentials(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn with_credentials(arguments: &[String]) -> Result<(), Failure> {
    let mut measuring = std::process::Command::new(std::env::current_exe()?);
    measuring.arg(MEASURE).args(arguments);
    programs::with_credentials(&mut measuring);
    if measuring.status()?.success() { Ok(()) } else { Err("the figures above are all there are".into()) }
}

fn hold_memory(arguments: &[String]) -> Result<(), Failure> {
    let [_, what, url, count] = arguments else { return Err("usage: --hold-memory WHAT URL COUNT".into()) };
    harness::raise_file_limit();
    let count = count.parse()?;
    let bytes = match what.as_str() {
        "bare" => runtime().block_on(sdk_calls::hold(url, count))?,
        "ours" => runtime().block_on(executions::hold(url, count, Arc::new(MemoryStore::new())))?,
        "ours-journal" => {
            let folder = journal::folder()?;
            let store = Journal::create(folder.path(), Arc::new(SystemClock))?;
            runtime().block_on(executions::hold(url, count, Arc::new(store)))?
        }
        "ours-polling" => runtime().block_on(executions::poll(url, count))?,
        "ours-waiting" => runtime().block_on(executions::wait(count))?,
        other => return Err(format!("nothing is called {other}").into()),
    };
    println!("{bytes}");
    Ok(())
}

type Group = (&'static str, fn(&Endpoint) -> Result<(), Failure>);

const GROUPS: &[Group] = &[
    ("chain", chain),
    ("flight", flight),
    ("memory", memory),
    ("journal-commits", journal::commits),
    ("journal-shared-commits", journal::shared_commits),
    ("journal-steps", journal::steps),
    ("journal-together", journal::together),
    ("journal-apart", journal::apart),
    ("journal-held", journal::held),
    ("journal-reading", journal::reading),
    ("api", api),
    ("validate", validate),
    ("process", process),
    ("scripts", |_| scripts::measure_chain()),
];

fn all(arguments: &[String]) -> Result<(), Failure> {
    harness::pin_to_one_core()?;
    harness::raise_file_limit();
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let endpoint = Endpoint::start()?;
    table::print_heading();
    for (name, measure) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            measure(&endpoint)?;
        }
    }
    Ok(())
}

/// Sequential steps.
fn chain(endpoint: &Endpoint) -> Result<(), Failure> {
    const STEPS: usize = 1_000;
    let runtime = runtime();
    let client = sdk_calls::client(&endpoint.url());
    let executor =
        runtime.block_on(Executor::connected(&executions::referencing_runbook(STEPS, "instant"), &endpoint.url()))?;
    let bare = || timed(&runtime, sdk_calls::chain(&client, STEPS)).per(STEPS);
    let ours = || timed(&runtime, executor.once()).per(STEPS);
    let [first, second, chain] = interleave(15, [&mut { bare }, &mut { bare }, &mut { ours }]);
    row("a call, wall: bare SDK against itself", Time(first.wall), Some(Time(second.wall)), Target::Control);
    row("a call, CPU: bare SDK against itself", Time(first.cpu), Some(Time(second.cpu)), Target::Control);
    let target = Target::RatioAtMost(1.25);
    row("chain of 1,000, a step, wall: bare SDK", Time(chain.wall), Some(Time(first.wall)), target);
    row("chain of 1,000, a step, CPU: bare SDK", Time(chain.cpu), Some(Time(first.cpu)), target);

    let short = runtime.block_on(Executor::connected(&executions::minimal_runbook(STEPS), &endpoint.url()))?;
    let long = runtime.block_on(Executor::connected(&executions::minimal_runbook(10 * STEPS), &endpoint.url()))?;
    let [short, long] = interleave(
        5,
        [&mut || timed(&runtime, short.once()).per(STEPS), &mut || timed(&runtime, long.once()).per(10 * STEPS)],
    );
    let target = Target::RatioAtMost(1.10);
    row("chain of 10,000, a step, CPU: chain of 1,000", Time(long.cpu), Some(Time(short.cpu)), target);
    Ok(())
}

/// Concurrent calls.
fn flight(endpoint: &Endpoint) -> Result<(), Failure> {
    const WIDTH: usize = 100;
    const STEPS: usize = 50;
    const COUNT: usize = WIDTH * STEPS;
    let runtime = runtime();
    let client = sdk_calls::client(&endpoint.url());
    let executor =
        runtime.block_on(Executor::connected(&executions::referencing_runbook(STEPS, "instant"), &endpoint.url()))?;
    let bare = || timed(&runtime, sdk_calls::crowd(&client, COUNT, WIDTH)).per(COUNT);
    let ours = || timed(&runtime, executor.crowd(WIDTH)).per(COUNT);
    let [first, second, ours] = interleave(9, [&mut { bare }, &mut { bare }, &mut { ours }]);
    let rate = |cost: Cost| Quantity::Rate(1e9 / cost.wall);
    row("100 in flight: bare SDK against itself", rate(first), Some(rate(second)), Target::Control);
    row("100 in flight: bare SDK", rate(ours), Some(rate(first)), Target::RatioAtLeast(0.85));
    Ok(())
}

/// Memory of many executions.
fn memory(endpoint: &Endpoint) -> Result<(), Failure> {
    const COUNT: usize = 1_000;
    let url = endpoint.url();
    let each = |what| Ok::<_, Failure>(Size(memory::in_fresh_process(what, &url, COUNT)? / COUNT as f64));
    let first = each("bare")?;
    row("1,000 in flight, each: bare SDK against itself", first, Some(each("bare")?), Target::Control);
    row("1,000 executions in flight, each: bare SDK", each("ours")?, Some(first), Target::AtMost(Size(48e3)));
    row("1,000 executions between two polls, each", each("ours-polling")?, None, Target::AtMost(Size(8e3)));
    let waiting = Size(memory::in_fresh_process("ours-waiting", &url, 10 * COUNT)?);
    row("10,000 executions waiting, in all", waiting, None, Target::AtMost(Size(60e6)));
    Ok(())
}

/// Parsing and validating runbooks, in the library.
#[expect(clippy::unnecessary_wraps, reason = "groups have one signature")]
fn validate(_: &Endpoint) -> Result<(), Failure> {
    let text = executions::referencing_runbook(500, "instant");
    let parse = || measure(|| drop(black_box(serde_yaml::from_str::<serde_yaml::Value>(&text))));
    let check =
        |text: &str| measure(|| drop(black_box(executions::load(text).unwrap_or_else(|failure| panic!("{failure}")))));
    let [first, second, ours] = interleave(31, [&mut { parse }, &mut { parse }, &mut || check(&text)]);
    row("500 steps, parse: serde_yaml against itself", Time(first.wall), Some(Time(second.wall)), Target::Control);
    row("500 steps, validate: serde_yaml", Time(ours.wall), Some(Time(first.wall)), Target::RatioAtMost(5.0));

    let (short, long) = (executions::minimal_runbook(1_000), executions::minimal_runbook(10_000));
    let parse = |text: &str| measure(|| drop(black_box(serde_yaml::from_str::<serde_yaml::Value>(text))));
    let [parse_short, parse_long, short, long] = interleave(
        9,
        [
            &mut || parse(&short).per(1_000),
            &mut || parse(&long).per(10_000),
            &mut || check(&short).per(1_000),
            &mut || check(&long).per(10_000),
        ],
    );
    let (of_parse, of_ours) = (Time(parse_long.wall), Time(long.wall));
    row("10,000 steps, parse, a step: 1,000 steps", of_parse, Some(Time(parse_short.wall)), Target::Control);
    row("10,000 steps, validate, a step: 1,000 steps", of_ours, Some(Time(short.wall)), Target::RatioAtMost(1.25));
    Ok(())
}

/// Whole processes, from start to exit.
fn process(endpoint: &Endpoint) -> Result<(), Failure> {
    let yardsticks = programs::build_yardsticks()?;
    let folder = tempfile::tempdir()?;
    let small = folder.path().join("small.yaml");
    std::fs::write(&small, executions::referencing_runbook(1, "instant"))?;
    let large = folder.path().join("large.yaml");
    std::fs::write(&large, executions::referencing_runbook(500, "instant"))?;
    let url = endpoint.url();

    let mut call = programs::quiet(yardsticks.join("yardstick-one-call"));
    call.args([&url, "instant", sdk_calls::PAYLOAD]);
    let mut call_again = programs::quiet(yardsticks.join("yardstick-one-call"));
    call_again.args([&url, "instant", sdk_calls::PAYLOAD]);
    let mut clap = programs::quiet(yardsticks.join("yardstick-clap-only"));
    clap.arg("file");
    let mut execute = programs::quiet(programs::RUNWRIGHT);
    execute.args(["run", "--ephemeral"]).arg(&small).args(["--endpoint-url", &url]);
    let mut durable = programs::quiet(programs::RUNWRIGHT);
    let state = journal::folder()?;
    durable.arg("run").arg(&small).args(["--endpoint-url", &url, "--state-dir"]).arg(state.path());
    let mut help = programs::quiet(programs::RUNWRIGHT);
    help.arg("--help");
    let mut validate = programs::quiet(programs::RUNWRIGHT);
    validate.arg("validate").arg(&small);
    let mut validate_large = programs::quiet(programs::RUNWRIGHT);
    validate_large.arg("validate").arg(&large);
    // A command that does nothing would appear fast.
    programs::expect_output(&mut execute, "Success")?;
    programs::expect_output(&mut durable, "Success")?;
    programs::expect_output(&mut help, "validate")?;
    programs::expect_output(&mut validate, "small.yaml")?;

    let [call, call_again, clap, execute, durable, help, validate, validate_large] = interleave(
        100,
        [
            &mut || programs::run(&mut call),
            &mut || programs::run(&mut call_again),
            &mut || programs::run(&mut clap),
            &mut || programs::run(&mut execute),
            &mut || programs::run(&mut durable),
            &mut || programs::run(&mut help),
            &mut || programs::run(&mut validate),
            &mut || programs::run(&mut validate_large),
        ],
    );
    row(
        "process, one call: minimal program against itself",
        Time(call_again.wall),
        Some(Time(call.wall)),
        Target::Control,
    );
    row(
        "process, run --ephemeral of one step: minimal program",
        Time(execute.wall),
        Some(Time(call.wall)),
        Target::RatioAtMost(1.5),
    );
    row(
        "process, run of one step: run --ephemeral of it",
        Time(durable.wall),
        Some(Time(execute.wall)),
        Target::Control,
    );
    row("process, --help: clap alone", Time(help.wall), Some(Time(clap.wall)), Target::AtMost(Time(3e6)));
    row(
        "process, validate of one step: clap alone",
        Time(validate.wall),
        Some(Time(clap.wall)),
        Target::AtMost(Time(3e6)),
    );
    row("process, validate of 500 steps", Time(validate_large.wall), None, Target::Control);
    let size = std::fs::metadata(programs::RUNWRIGHT)?.len() as f64;
    row("release binary", Size(size), None, Target::AtMost(Size(23e6)));
    Ok(())
}

/// Steps that call AWS APIs, in whole processes.
fn api(endpoint: &Endpoint) -> Result<(), Failure> {
    const STEPS: usize = 1_000;
    let folder = tempfile::tempdir()?;
    let url = endpoint.url();
    let mut programs: Vec<std::process::Command> = Vec::new();
    let texts = [
        executions::minimal_runbook(STEPS),
        executions::api_runbook(STEPS, "Service: ssm, Api: GetParameter, Name: n"),
        executions::minimal_runbook(1),
        executions::api_runbook(1, "Service: ssm, Api: GetParameter, Name: n"),
        executions::api_runbook(1, "Service: ec2, Api: DescribeInstances"),
    ];
    for (at, text) in texts.into_iter().enumerate() {
        let file = folder.path().join(format!("{at}.yaml"));
        std::fs::write(&file, text)?;
        let mut program = programs::quiet(programs::RUNWRIGHT);
        program.args(["run", "--ephemeral"]).arg(&file).args(["--endpoint-url", &url]);
        programs::expect_output(&mut program, "Success")?;
        programs.push(program);
    }
    let [lambda, api, one_lambda, one_api, one_ec2] = programs.as_mut_slice() else {
        return Err("five programs".into());
    };
    let [lambda, api] =
        interleave(9, [&mut || programs::run(lambda).per(STEPS), &mut || programs::run(api).per(STEPS)]);
    let target = Target::RatioAtMost(1.2);
    row("chain of 1,000 API calls, a step: Lambda invocations", Time(api.wall), Some(Time(lambda.wall)), target);
    let [one_lambda, one_api, one_ec2] = interleave(
        50,
        [&mut || programs::run(one_lambda), &mut || programs::run(one_api), &mut || programs::run(one_ec2)],
    );
    let first = |cost: Cost| Time(cost.wall - one_lambda.wall);
    row("first API call of Parameter Store, over an invocation", first(one_api), None, Target::AtMost(Time(30e6)));
    row("first API call of EC2, over an invocation", first(one_ec2), None, Target::AtMost(Time(30e6)));
    Ok(())
}

/// Prints one row. The text after the colon of a name is the yardstick.
pub(crate) fn row(name: &str, ours: Quantity, yardstick: Option<Quantity>, target: Target) {
    table::print(&Figure { name: name.into(), ours, yardstick, target });
}

/// A runtime of one thread, as the binary has it.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("{error}"))
}

/// The cost of running `work` to its end, which must succeed.
pub(crate) fn timed(runtime: &tokio::runtime::Runtime, work: impl Future<Output = Result<(), Failure>>) -> Cost {
    measure(|| runtime.block_on(work).unwrap_or_else(|failure| panic!("{failure}")))
}
