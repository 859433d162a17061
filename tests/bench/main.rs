//! `cargo bench`: what Runwright costs, held against yardsticks that are measured beside it.
//!
//! Everything, the endpoint included, is pinned to one core; sides take turns; medians are compared. Each group begins with an
//! A/A control, the yardstick against itself: its distance from 1.00 is what a ratio beside it can be wrong by.
//! `cargo bench -- chain` measures only the groups whose name holds that word.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    reason = "a benchmark prints, and stops when it cannot measure"
)]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

mod bare;
mod endpoint;
mod harness;
mod memory;
mod programs;
mod table;

use std::future::Future;
use std::process::ExitCode;

use endpoint::Endpoint;
use harness::{Cost, interleave, measure};
use table::{Figure, Quantity, Target};

/// Whatever stops a measurement.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// The argument that makes this program the endpoint.
pub(crate) const SERVE: &str = "--serve-endpoint";
/// The argument that makes this program a holder of memory.
pub(crate) const MEMORY: &str = "--hold-memory";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some(SERVE) => endpoint::serve(),
        Some(MEMORY) => hold_memory(&arguments),
        _ => all(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn hold_memory(arguments: &[String]) -> Result<(), Failure> {
    let [_, what, url, count] = arguments else { return Err("usage: --hold-memory WHAT URL COUNT".into()) };
    harness::raise_file_limit();
    let count = count.parse()?;
    let bytes = match what.as_str() {
        "bare" => runtime().block_on(bare::hold(url, count))?,
        other => return Err(format!("nothing is called {other}").into()),
    };
    println!("{bytes}");
    Ok(())
}

type Group = (&'static str, fn(&Endpoint) -> Result<(), Failure>);

const GROUPS: &[Group] = &[("chain", chain), ("flight", flight), ("memory", memory), ("process", process)];

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

/// The calls of one chain.
const CHAIN: usize = 1_000;

fn chain(endpoint: &Endpoint) -> Result<(), Failure> {
    let runtime = runtime();
    let client = bare::client(&endpoint.url());
    let bare = || timed(&runtime, bare::chain(&client, CHAIN)).per(CHAIN);
    let [first, second] = interleave(15, [&mut { bare }, &mut { bare }]);
    control("chain of 1,000, a step: bare SDK twice, wall", first.wall, second.wall);
    control("chain of 1,000, a step: bare SDK twice, CPU", first.cpu, second.cpu);
    Ok(())
}

fn flight(endpoint: &Endpoint) -> Result<(), Failure> {
    const COUNT: usize = 5_000;
    const WIDTH: usize = 100;
    let runtime = runtime();
    let client = bare::client(&endpoint.url());
    let bare = || timed(&runtime, bare::crowd(&client, COUNT, WIDTH)).per(COUNT);
    let [first, second] = interleave(7, [&mut { bare }, &mut { bare }]);
    table::print(&Figure {
        name: "100 in flight: bare SDK twice".into(),
        ours: Quantity::Rate(1e9 / first.wall),
        yardstick: Some(Quantity::Rate(1e9 / second.wall)),
        target: Target::Control,
    });
    Ok(())
}

fn memory(endpoint: &Endpoint) -> Result<(), Failure> {
    const COUNT: usize = 1_000;
    let url = endpoint.url();
    let first = memory::in_fresh_process("bare", &url, COUNT)? / COUNT as f64;
    let second = memory::in_fresh_process("bare", &url, COUNT)? / COUNT as f64;
    table::print(&Figure {
        name: "1,000 calls in flight, each: bare SDK twice".into(),
        ours: Quantity::Size(first),
        yardstick: Some(Quantity::Size(second)),
        target: Target::Control,
    });
    Ok(())
}

fn process(endpoint: &Endpoint) -> Result<(), Failure> {
    let yardsticks = programs::build_yardsticks()?;
    let one_call = || {
        programs::run(programs::quiet(yardsticks.join("yardstick-one-call")).args([
            &endpoint.url(),
            "instant",
            bare::PAYLOAD,
        ]))
    };
    let clap_only = || programs::run(programs::quiet(yardsticks.join("yardstick-clap-only")).arg("file"));
    let [call, call_again, clap, clap_again] =
        interleave(60, [&mut { one_call }, &mut { one_call }, &mut { clap_only }, &mut { clap_only }]);
    control("one call, whole process: minimal program twice", call.wall, call_again.wall);
    control("arguments only, whole process: clap twice", clap.wall, clap_again.wall);
    table::print(&Figure {
        name: "release binary".into(),
        ours: Quantity::Size(std::fs::metadata(programs::RUNWRIGHT)?.len() as f64),
        yardstick: None,
        target: Target::AtMost(Quantity::Size(16e6)),
    });
    Ok(())
}

fn control(name: &str, first: f64, second: f64) {
    table::print(&Figure {
        name: name.into(),
        ours: Quantity::Time(first),
        yardstick: Some(Quantity::Time(second)),
        target: Target::Control,
    });
}

/// A runtime of one thread, as the binary has it.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("{error}"))
}

/// The cost of driving `work` to its end, which must be a good one.
fn timed(runtime: &tokio::runtime::Runtime, work: impl Future<Output = Result<(), Failure>>) -> Cost {
    measure(|| runtime.block_on(work).unwrap_or_else(|failure| panic!("{failure}")))
}
