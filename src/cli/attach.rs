//! `runwright attach ID`: watching an execution of any process.

use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::carry::{self, Form, Show};
use super::error::{CliError, tell};
use super::functions;
use super::pipeline::Pipeline;
use super::screen::Screen;
use super::signals;
use super::state::{StateArgs, store_error};
use crate::driver::cancellation;
use crate::execution::Execution;
use crate::limits::{FOLLOW_LOOKS, FOLLOW_POLL};
use crate::name::ExecutionId;
use crate::report::{JsonLines, LogLine, Reports, one_line, short_id};
use crate::store::{Journal, Shown};

const AFTER_HELP: &str = "\
Examples:
  runwright attach last
  runwright attach 3fa85f64 --events > history.jsonl

Watching changes nothing: an interrupt (Ctrl-C) ends the watch, and the execution goes on. `runwright stop` stops it.

Exit codes: that of the execution when it ends; 6 when it has not ended and is not watched any more, or nobody carries it on";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct AttachArgs {
    /// The execution: an id, a unique beginning of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Show what local functions print
    #[arg(long)]
    show_logs: bool,
    /// Show the result alone
    #[arg(short, long)]
    quiet: bool,
    /// Give every event as a line of JSON on standard output
    #[arg(long)]
    events: bool,
    #[command(flatten)]
    state: StateArgs,
}

/// Shows an execution from its start until it ends.
pub(super) fn attach(args: &AttachArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.state.find(&args.id)?;
    let form = if args.quiet { Form::Quiet } else { Form::Whole };
    let show = Show { logs: args.show_logs, form, jsonl: args.events, verbose };
    let followed = functions::runtime()?.block_on(follow(&journal, &entry.id, &show, screen))?;
    match followed {
        Followed::Ended(execution) => {
            if !args.events {
                carry::give_outputs(&execution)?;
            }
            Ok(Exit::from(execution.status()))
        }
        Followed::Left => {
            tell(&format!("not watched any more; it goes on: `runwright attach {}`\n", short_id(entry.id.as_str())));
            Ok(Exit::Unfinished)
        }
        Followed::Abandoned => {
            let id = short_id(entry.id.as_str());
            tell(&format!("nobody carries execution {id} on: `runwright resume {id}` does\n"));
            Ok(Exit::Unfinished)
        }
    }
}

/// How a watch ended.
pub(super) enum Followed {
    /// The execution ended.
    Ended(Box<Execution>),
    /// Somebody interrupted the watch.
    Left,
    /// Nobody carries it on.
    Abandoned,
}

/// Shows an execution until it ends, or nobody carries it on.
pub(super) async fn follow(
    journal: &Arc<Journal>,
    id: &ExecutionId,
    show: &Show,
    screen: Screen,
) -> Result<Followed, CliError> {
    let mut reporters = Vec::from_iter(carry::progress(show, &Pipeline::here(), false, screen));
    if show.jsonl {
        reporters.push(Box::new(JsonLines::new(Box::new(std::io::stdout()))));
    }
    let reports = Reports::new(reporters);
    if let Ok(Some(entry)) = journal.entry(id)
        && entry.status == Shown::Queued
    {
        tell(&format!("it waits for lock {}\n", one_line(entry.lock.as_deref().unwrap_or_default())));
    }
    let (cancel, cancelled) = cancellation();
    // The first signal ends the watch: nothing is cancelled.
    let _leave = signals::listen(vec![cancel])?;
    let mut watch = Watch { journal, id, state: None, lines: 0, reports: &reports, logs: show.logs };
    let followed = tokio::select! {
        biased;
        () = cancelled.any() => Ok(Followed::Left),
        followed = watch.until_over() => followed,
    };
    reports.close();
    followed
}

struct Watch<'a> {
    journal: &'a Arc<Journal>,
    id: &'a ExecutionId,
    state: Option<Execution>,
    lines: u64,
    reports: &'a Reports,
    logs: bool,
}

impl Watch<'_> {
    async fn until_over(&mut self) -> Result<Followed, CliError> {
        let mut quiet_looks = 0;
        loop {
            self.show_new()?;
            if let Some(state) = self.state.take_if(|state| state.status().is_terminal()) {
                return Ok(Followed::Ended(Box::new(state)));
            }
            if quiet_looks == 0 && self.is_abandoned()? {
                // What was written between the two looks.
                self.show_new()?;
                return Ok(match self.state.take_if(|state| state.status().is_terminal()) {
                    Some(state) => Followed::Ended(Box::new(state)),
                    None => Followed::Abandoned,
                });
            }
            tokio::time::sleep(FOLLOW_POLL).await;
            let changed = self.journal.changed().map_err(|error| store_error(&error))?;
            // A death changes nothing in the journal.
            quiet_looks = if changed { 0 } else { (quiet_looks + 1) % FOLLOW_LOOKS };
        }
    }

    fn show_new(&mut self) -> Result<(), CliError> {
        let from = self.state.as_ref().map_or(0, Execution::next_sequence);
        let events = self.journal.events(self.id, from).map_err(|error| store_error(&error))?;
        for recorded in &events {
            let state = match &mut self.state {
                Some(state) => {
                    state.apply(recorded).map_err(|error| disorder(&error))?;
                    state
                }
                none => none.insert(Execution::begin(recorded).map_err(|error| disorder(&error))?),
            };
            self.reports.observe(state, recorded);
        }
        if self.logs {
            let lines = self.journal.log_lines(self.id, self.lines).map_err(|error| store_error(&error))?;
            for (number, line) in lines {
                self.lines = number;
                self.reports.log(&LogLine { function: line.function, text: line.text });
            }
        }
        Ok(())
    }

    fn is_abandoned(&self) -> Result<bool, CliError> {
        let entry = self.journal.entry(self.id).map_err(|error| store_error(&error))?;
        Ok(entry.is_none_or(|entry| matches!(entry.status, Shown::Interrupted)))
    }
}

fn disorder(error: &crate::execution::Disorder) -> CliError {
    CliError::new(Exit::Journal, format!("the history cannot have happened: {error}"))
}
