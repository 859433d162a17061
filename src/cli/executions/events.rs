//! `runwright executions events ID`

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueEnum};

use crate::automation::{Follow, FollowEnd, FollowItem};
use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::foreground::automation_of;
use crate::cli::output::{Format, Reader, give_while_read};
use crate::cli::runtime::runtime;
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::watch::{removed, tell_abandoned};
use crate::clock::SystemClock;
use crate::limits::OUTPUT_BUFFER;
use crate::report::{JsonLines, Plain, Reporter};

const AFTER_HELP: &str = "\
Examples:
  runwright executions events last
  runwright executions events 4105a4fc --follow
  runwright executions events 4105a4fc --output jsonl > history.jsonl

Exit codes: those of `run`, by the status of the execution; 6 while it has not ended";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct EventsArgs {
    /// Execution ID, a unique prefix of one, or `last`
    id: String,
    /// Wait for more until the execution ends or is interrupted
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    state: StateArgs,
    /// Output format; jsonl is the format of `run --output jsonl`
    #[arg(long, value_name = "FORM", value_enum, default_value_t = EventsOutput::Text, help_heading = "Output")]
    output: EventsOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EventsOutput {
    /// One line per event
    Text,
    /// One JSON document per event
    Jsonl,
}

/// Shows every event, and with `--follow` those to come.
pub(super) fn events(args: &EventsArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.state.find(&args.id)?;
    let format = match args.output {
        EventsOutput::Text => Format::Text,
        EventsOutput::Jsonl => Format::Json,
    };
    let buffer = Buffer { format, bytes: Arc::default() };
    let writer = Box::new(buffer.clone());
    let mut reporter: Box<dyn Reporter> = match args.output {
        EventsOutput::Text => Box::new(Plain::new(writer, screen.results, Arc::new(SystemClock), verbose)),
        EventsOutput::Jsonl => Box::new(JsonLines::new(writer)),
    };
    runtime()?.block_on(async {
        let mut follow = automation_of(&journal).follow(&entry.id).await?.without_children();
        if report_ready(&mut follow, &mut *reporter, &buffer).await? == Reader::Gone || !args.follow {
            return Ok(status_exit(&follow));
        }
        while follow.wait().await? {
            if report_ready(&mut follow, &mut *reporter, &buffer).await? == Reader::Gone {
                return Ok(Exit::Unfinished);
            }
        }
        match follow.into_end() {
            Some(FollowEnd::Ended(execution)) => Ok(Exit::from(execution.status())),
            Some(FollowEnd::Removed) => Err(removed(&entry.id)),
            Some(FollowEnd::Interrupted) | None => {
                tell_abandoned(&entry.id);
                Ok(Exit::Unfinished)
            }
        }
    })
}

/// The exit code for the status of the execution so far.
fn status_exit(follow: &Follow) -> Exit {
    follow.execution().map_or(Exit::Unfinished, |execution| Exit::from(execution.status()))
}

/// Shows all events that are stored.
async fn report_ready(follow: &mut Follow, reporter: &mut dyn Reporter, buffer: &Buffer) -> Result<Reader, CliError> {
    while let Some(item) = follow.next_ready().await? {
        if let FollowItem::Event { execution, recorded } = item {
            reporter.observe(execution, &recorded);
        }
        if buffer.is_full() && buffer.flush()? == Reader::Gone {
            return Ok(Reader::Gone);
        }
    }
    buffer.flush()
}

/// Collects what a reporter writes: a long history takes fewer writes than it has events.
#[derive(Clone)]
struct Buffer {
    format: Format,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Buffer {
    fn is_full(&self) -> bool {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len() >= OUTPUT_BUFFER
    }

    fn flush(&self) -> Result<Reader, CliError> {
        let bytes = std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        give_while_read(self.format, &String::from_utf8_lossy(&bytes))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
