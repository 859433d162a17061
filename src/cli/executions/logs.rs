//! `runwright executions logs ID`

use clap::{Args, ValueEnum};

use super::history::view;
use crate::automation::{LogBatch, LogEnd, LogReader, ensure_step_ran};
use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::foreground::automation_of;
use crate::cli::output::{Format, Reader, give_while_read, tell};
use crate::cli::runtime::{runtime, wait};
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::watch::{removed, tell_abandoned};
use crate::report::history::{HistoryLine, log_text};
use crate::store::{Entry, StoredLine};

const AFTER_HELP: &str = "\
Examples:
  runwright executions logs last
  runwright executions logs 4105a4fc --step restart
  runwright executions logs 4105a4fc --follow

Local functions: every stored line. Functions in AWS: the last 4 KB of an invocation, if the step requested it with \
LogType: Tail; the full log is in CloudWatch Logs.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct LogsArgs {
    /// Execution ID, a unique prefix of one, or `last`
    id: String,
    /// Only the logs of this step
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Wait for more until the execution ends or is interrupted
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    state: StateArgs,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogsOutput::Text, help_heading = "Output")]
    output: LogsOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogsOutput {
    /// Text
    Text,
    /// One JSON document per line
    Jsonl,
}

/// Shows the log.
pub(super) fn logs(args: &LogsArgs, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.state.find(&args.id)?;
    let automation = automation_of(&journal);
    let mut log = automation.log(&entry.id, args.step.as_deref())?;
    if args.follow {
        return runtime()?.block_on(follow(&mut log, args, &entry, screen));
    }
    let stored = wait(automation.get(entry))?;
    if let Some(step) = args.step.as_deref() {
        ensure_step_ran(&stored.execution, step)?;
    }
    drop(stored);
    let mut is_empty = true;
    loop {
        let lines = wait(log.read())?;
        if lines.is_empty() {
            break;
        }
        is_empty = false;
        if give_lines(lines, args.output, screen)? == Reader::Gone {
            break;
        }
    }
    if is_empty {
        tell("no log lines; for functions in AWS, set LogType: Tail in the step to store the end of the log\n");
    }
    Ok(Exit::Success)
}

async fn follow(log: &mut LogReader, args: &LogsArgs, entry: &Entry, screen: Screen) -> Result<Exit, CliError> {
    loop {
        let end = match log.next().await? {
            LogBatch::Lines(lines) => match give_lines(lines, args.output, screen)? {
                Reader::There => continue,
                Reader::Gone => return Ok(Exit::Unfinished),
            },
            LogBatch::End(end) => end,
        };
        return match end {
            LogEnd::Ended(status) => Ok(Exit::from(status)),
            LogEnd::Interrupted => {
                tell_abandoned(&entry.id);
                Ok(Exit::Unfinished)
            }
            LogEnd::Removed => Err(removed(&entry.id)),
        };
    }
}

fn give_lines(lines: Vec<StoredLine>, output: LogsOutput, screen: Screen) -> Result<Reader, CliError> {
    let lines: Vec<HistoryLine> = lines.into_iter().map(history_line).collect();
    let (format, text) = match output {
        LogsOutput::Text => (Format::Text, log_text(&lines, &view(screen))),
        LogsOutput::Jsonl => (Format::Json, lines.iter().map(|line| line.json() + "\n").collect()),
    };
    give_while_read(format, &text)
}

fn history_line(line: StoredLine) -> HistoryLine {
    let StoredLine { at, step, attempt, function, text } = line;
    HistoryLine { at, step: step.to_string(), attempt, function, text }
}
