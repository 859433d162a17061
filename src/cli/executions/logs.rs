//! `runwright executions logs ID`

use std::collections::HashSet;

use clap::{Args, ValueEnum};

use super::history::{History, abandoned, changed, find, journal, standing, view};
use super::show::known_step;
use crate::cli::error::{CliError, tell};
use crate::cli::output::{Format, Reader, give_while_read};
use crate::cli::screen::Screen;
use crate::cli::state::{StateArgs, store_error};
use crate::cli::{Exit, functions};
use crate::event::Recorded;
use crate::report::history::{HistoryLine, Standing, log_lines, log_text};
use crate::store::{Entry, Journal, StoredLine};

const AFTER_HELP: &str = "\
Examples:
  runwright executions logs last
  runwright executions logs 4105a4fc --step restart
  runwright executions logs 4105a4fc --follow

Functions of this machine: every line that was kept. Functions in AWS: the last 4 KB of an invocation, where the step \
asked for it with LogType: Tail; all of it is in CloudWatch Logs.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct LogsArgs {
    /// The execution: its id, the beginning of it, or `last`
    id: String,
    /// Only what functions of this step wrote
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Wait for more until the execution ends, or nobody carries it on
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    state: StateArgs,
    /// The form: lines with time, step and attempt, or each as a line of JSON
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogsOutput::Text, help_heading = "Output")]
    output: LogsOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogsOutput {
    /// For people
    Text,
    /// Each line as one of JSON
    Jsonl,
}

/// Shows the log.
pub(super) fn logs(args: &LogsArgs, screen: Screen) -> Result<Exit, CliError> {
    let journal = journal(&args.state)?;
    let entry = find(&journal, &args.id)?;
    journal.changed().map_err(|error| store_error(&error))?;
    let history = History::read(&journal, &entry)?;
    if let Some(step) = args.step.as_deref().filter(|_| !args.follow) {
        known_step(&history, step)?;
    }
    let (events, kept) = (history.events, HashSet::new());
    let mut log = Log { args, screen, journal: &journal, events, after: 0, tails: 0, kept };
    let told = log.tell(&entry)?;
    if args.follow {
        return functions::runtime()?.block_on(log.follow(&entry));
    }
    if told == Told::Nothing {
        tell("no log lines; a step of a function in AWS has some where it asks for them with LogType: Tail\n");
    }
    Ok(Exit::Success)
}

/// What has been shown of a log so far.
struct Log<'a> {
    args: &'a LogsArgs,
    screen: Screen,
    journal: &'a Journal,
    /// The events so far.
    events: Vec<Recorded>,
    /// The last kept line that was shown.
    after: u64,
    /// How many lines of tails were shown.
    tails: usize,
    /// The attempts of which lines are kept.
    kept: HashSet<(String, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Lines,
    /// Nobody reads any more.
    Gone,
}

impl Log<'_> {
    /// Shows what is new.
    fn tell(&mut self, entry: &Entry) -> Result<Told, CliError> {
        // The events first: a tail then is never shown before the kept lines of its attempt are known.
        let from = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.events.extend(self.journal.events(&entry.id, from).map_err(|error| store_error(&error))?);
        let kept = self.journal.log_lines(&entry.id, self.after).map_err(|error| store_error(&error))?;
        let mut lines: Vec<HistoryLine> = Vec::with_capacity(kept.len());
        for (number, line) in kept {
            self.after = number;
            self.kept.insert((line.step.to_string(), line.attempt));
            lines.push(told(line));
        }
        let known = &self.kept;
        let tails = log_lines(&self.events, &|step, attempt| known.contains(&(step.to_owned(), attempt)));
        lines.extend(tails.iter().skip(self.tails).cloned());
        self.tails = self.tails.max(tails.len());
        if let Some(step) = &self.args.step {
            lines.retain(|line| line.step == *step);
        }
        lines.sort_by_key(|line| line.at);
        if lines.is_empty() {
            return Ok(Told::Nothing);
        }
        let (format, text) = match self.args.output {
            LogsOutput::Text => (Format::Text, log_text(&lines, &view(self.screen))),
            LogsOutput::Jsonl => (Format::Json, lines.iter().map(|line| line.json() + "\n").collect()),
        };
        Ok(match give_while_read(format, &text)? {
            Reader::There => Told::Lines,
            Reader::Gone => Told::Gone,
        })
    }

    async fn follow(&mut self, entry: &Entry) -> Result<Exit, CliError> {
        loop {
            let now = self.journal.entry(&entry.id).map_err(|error| store_error(&error))?;
            if self.tell(entry)? == Told::Gone {
                return Ok(Exit::Unfinished);
            }
            match now.as_ref().map(standing) {
                Some(Standing::Ended(status)) => return Ok(Exit::from(status)),
                Some(Standing::Interrupted { .. }) => {
                    tell(&abandoned(&entry.id));
                    return Ok(Exit::Unfinished);
                }
                None => {
                    return Err(CliError::new(Exit::Failed, format!("execution {} was removed meanwhile", entry.id)));
                }
                Some(Standing::Running { .. } | Standing::Queued { .. }) => {}
            }
            changed(self.journal).await?;
        }
    }
}

fn told(line: StoredLine) -> HistoryLine {
    let StoredLine { at, step, attempt, function, text } = line;
    HistoryLine { at, step: step.to_string(), attempt, function, text }
}
