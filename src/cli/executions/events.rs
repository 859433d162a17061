//! `runwright executions events ID`

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueEnum};

use super::history::{History, abandoned, changed, find, journal, standing};
use crate::cli::error::{CliError, tell};
use crate::cli::output::{Format, Reader, give_while_read};
use crate::cli::screen::Screen;
use crate::cli::state::{StateArgs, store_error};
use crate::cli::{Exit, functions};
use crate::clock::SystemClock;
use crate::execution::Execution;
use crate::report::history::Standing;
use crate::report::{JsonLines, Plain, Reporter};
use crate::store::{Entry, Journal};

const AFTER_HELP: &str = "\
Examples:
  runwright executions events last
  runwright executions events 4105a4fc --follow
  runwright executions events 4105a4fc --output jsonl > history.jsonl

Exit codes are those of `run`: by the status of the execution, 6 while it has not ended.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct EventsArgs {
    /// The execution: its id, the beginning of it, or `last`
    id: String,
    /// Wait for more until the execution ends, or nobody carries it on
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    state: StateArgs,
    /// The form: a line for each event, or the lines that `run --output jsonl` gives
    #[arg(long, value_name = "FORM", value_enum, default_value_t = EventsOutput::Text, help_heading = "Output")]
    output: EventsOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EventsOutput {
    /// A line for each event
    Text,
    /// Each event as a line of JSON
    Jsonl,
}

/// Tells every event, and those to come when it is asked for.
pub(super) fn events(args: &EventsArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let journal = journal(&args.state)?;
    let entry = find(&journal, &args.id)?;
    // Seen before the events are read, so that nothing falls between.
    journal.changed().map_err(|error| store_error(&error))?;
    let history = History::read(&journal, &entry)?;
    let format = match args.output {
        EventsOutput::Text => Format::Text,
        EventsOutput::Jsonl => Format::Json,
    };
    let told = Told { format, bytes: Arc::default() };
    let writer = Box::new(told.clone());
    let mut reporter: Box<dyn Reporter> = match args.output {
        EventsOutput::Text => Box::new(Plain::new(writer, screen.results, Arc::new(SystemClock), verbose)),
        EventsOutput::Jsonl => Box::new(JsonLines::new(writer)),
    };
    let execution = replay(&history, &mut *reporter)?;
    told.give()?;
    if !args.follow {
        return Ok(Exit::from(execution.status()));
    }
    functions::runtime()?.block_on(follow(&journal, &entry, execution, &mut *reporter, &told))
}

fn replay(history: &History, reporter: &mut dyn Reporter) -> Result<Execution, CliError> {
    let damaged = |disorder: crate::execution::Disorder| CliError::new(Exit::Internal, disorder.to_string());
    let Some((first, rest)) = history.events.split_first() else {
        return Err(damaged(crate::execution::Disorder::NotStarted));
    };
    let mut execution = Execution::begin(first).map_err(damaged)?;
    reporter.observe(&execution, first);
    for recorded in rest {
        execution.apply(recorded).map_err(damaged)?;
        reporter.observe(&execution, recorded);
    }
    Ok(execution)
}

async fn follow(
    journal: &Journal,
    entry: &Entry,
    mut execution: Execution,
    reporter: &mut dyn Reporter,
    told: &Told,
) -> Result<Exit, CliError> {
    while !execution.status().is_terminal() {
        // How it stands is looked at before its events: what was written until then is told before it is left.
        let now = journal.entry(&entry.id).map_err(|error| store_error(&error))?;
        let events = journal.events(&entry.id, execution.next_sequence()).map_err(|error| store_error(&error))?;
        for recorded in &events {
            execution.apply(recorded).map_err(|disorder| CliError::new(Exit::Internal, disorder.to_string()))?;
            reporter.observe(&execution, recorded);
        }
        if told.give()? == Reader::Gone {
            return Ok(Exit::Unfinished);
        }
        match now.as_ref().map(standing) {
            _ if execution.status().is_terminal() => break,
            Some(Standing::Interrupted { .. }) => {
                tell(&abandoned(&entry.id));
                return Ok(Exit::Unfinished);
            }
            None => {
                return Err(CliError::new(Exit::Failed, format!("execution {} was removed meanwhile", entry.id)));
            }
            Some(Standing::Ended(_) | Standing::Running { .. } | Standing::Queued { .. }) => {}
        }
        changed(journal).await?;
    }
    Ok(Exit::from(execution.status()))
}

/// What a reporter wrote and standard output has not got yet: a long history goes out at once, not in as many writes as
/// it has events.
#[derive(Clone)]
struct Told {
    format: Format,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Told {
    fn give(&self) -> Result<Reader, CliError> {
        let bytes = std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        give_while_read(self.format, &String::from_utf8_lossy(&bytes))
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
