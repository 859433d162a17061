//! `runwright attach ID`: watching an execution of any process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::error::{CliError, tell};
use super::foreground::{self, Form, View};
use super::functions;
use super::pipeline::Pipeline;
use super::screen::Screen;
use super::signals;
use super::state::{StateArgs, store_error};
use crate::event::Recorded;
use crate::execution::Execution;
use crate::limits::{FOLLOW_LOOKS, FOLLOW_POLL};
use crate::name::ExecutionId;
use crate::report::{LogLine, Reports, one_line, short_id};
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
    let pipeline = Pipeline::here();
    let show = View { logs: args.show_logs, form, jsonl: args.events, verbose, pipeline, asked: None };
    let followed = functions::runtime()?.block_on(follow(&journal, &entry.id, &show, screen))?;
    match followed {
        Followed::Ended(execution) => {
            if !args.events {
                foreground::give_outputs(&execution)?;
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
    view: &View,
    screen: Screen,
) -> Result<Followed, CliError> {
    let reports = Reports::new(foreground::reporters(view, screen));
    if let Ok(Some(entry)) = journal.entry(id)
        && entry.status == Shown::Queued
    {
        tell(&format!("it waits for lock {}\n", one_line(entry.lock.as_deref().unwrap_or_default())));
    }
    // The first signal ends the watch: nothing is cancelled.
    let signal = signals::any_signal()?;
    let mut watch =
        Watch { journal, id, state: None, children: HashMap::new(), lines: 0, reports: &reports, logs: view.logs };
    let followed = tokio::select! {
        biased;
        () = signal => Ok(Followed::Left),
        followed = watch.until_over() => followed,
    };
    reports.close();
    followed
}

struct Watch<'a> {
    journal: &'a Arc<Journal>,
    id: &'a ExecutionId,
    state: Option<Execution>,
    /// The executions that its steps started, and theirs.
    children: HashMap<ExecutionId, Execution>,
    lines: u64,
    reports: &'a Reports,
    logs: bool,
}

impl Watch<'_> {
    async fn until_over(&mut self) -> Result<Followed, CliError> {
        let mut quiet_looks = 0;
        loop {
            self.show_new(quiet_looks == 0)?;
            if let Some(state) = self.state.take_if(|state| state.status().is_terminal()) {
                return Ok(Followed::Ended(Box::new(state)));
            }
            if quiet_looks == 0 && self.is_abandoned()? {
                // What was written between the two looks.
                self.show_new(true)?;
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

    /// Shows what is new, in the order in which it happened.
    fn show_new(&mut self, changed: bool) -> Result<(), CliError> {
        let from = self.state.as_ref().map_or(0, Execution::next_sequence);
        let events = self.journal.events(self.id, from).map_err(|error| store_error(&error))?;
        let mut children = if changed || !events.is_empty() { self.new_of_children()? } else { Vec::new() }.into_iter();
        let mut next = children.next();
        for recorded in &events {
            while let Some((child, news)) = next.take_if(|(_, news)| news.at < recorded.at) {
                self.show_child(child, &news)?;
                next = children.next();
            }
            let state = match &mut self.state {
                Some(state) => {
                    state.apply(recorded).map_err(|error| disorder(&error))?;
                    state
                }
                none => none.insert(Execution::begin(recorded).map_err(|error| disorder(&error))?),
            };
            self.reports.observe(state, recorded);
        }
        for (child, news) in next.into_iter().chain(children) {
            self.show_child(child, &news)?;
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

    /// What is new of all that its steps started.
    fn new_of_children(&self) -> Result<Vec<(ExecutionId, Recorded)>, CliError> {
        let mut news = Vec::new();
        let mut above = vec![self.id.clone()];
        while let Some(parent) = above.pop() {
            for child in self.journal.children(&parent).map_err(|error| store_error(&error))? {
                let known = self.children.get(&child.id);
                if known.is_some_and(|known| known.status().is_terminal()) {
                    continue;
                }
                let from = known.map_or(0, Execution::next_sequence);
                let events = self.journal.events(&child.id, from).map_err(|error| store_error(&error))?;
                // A clock that went back does not change their order.
                let mut latest = jiff::Timestamp::MIN;
                for recorded in events {
                    latest = latest.max(recorded.at);
                    news.push((latest, child.id.clone(), recorded));
                }
                above.push(child.id);
            }
        }
        news.sort_by_key(|(at, _, _)| *at);
        Ok(news.into_iter().map(|(_, child, recorded)| (child, recorded)).collect())
    }

    fn show_child(&mut self, child: ExecutionId, recorded: &Recorded) -> Result<(), CliError> {
        let state = match self.children.entry(child) {
            Entry::Occupied(known) => {
                let state = known.into_mut();
                state.apply(recorded).map_err(|error| disorder(&error))?;
                state
            }
            Entry::Vacant(place) => place.insert(Execution::begin(recorded).map_err(|error| disorder(&error))?),
        };
        self.reports.child(state, recorded);
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
