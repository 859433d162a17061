//! `runwright signal ID approve|reject|resume`: telling a step that waits for somebody.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Exit;
use super::carry;
use super::error::{CliError, tell};
use super::functions;
use super::screen::Screen;
use super::state::{StateArgs, store_error};
use super::stored;
use crate::clock::{Clock, SystemClock};
use crate::engine::{Unwanted, unwanted};
use crate::event::{Signal, SignalReceived};
use crate::execution::Execution;
use crate::limits::{COMMENT_CHARACTERS, FOLLOW_POLL, SIGNAL_WAIT};
use crate::name::{ExecutionId, StepExecutionId};
use crate::report::{one_line, short_id};
use crate::store::{Journal, Request, RequestKind, Shown};

const AFTER_HELP: &str = "\
Examples:
  runwright signal last approve
  runwright signal 3fa85f64 reject --comment 'not tonight'
  runwright signal last resume

A signal is for the step that waits now. It is kept, so that it counts even when the process dies that carries the \
execution on. Who you are is the user of this machine; one person's approval counts once.

Exit codes: 0 the step has it, 2 no step waits for it or you may not give it, 6 it is kept and nobody carries the execution on";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SignalArgs {
    /// The execution: an id, a unique beginning of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// What to say
    #[arg(value_name = "SIGNAL", value_enum)]
    signal: Word,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    state: StateArgs,
}

/// `SignalType`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// One who may approve does
    Approve,
    /// One who may approve does not
    Reject,
    /// A paused step goes on
    Resume,
}

impl From<Word> for Signal {
    fn from(word: Word) -> Self {
        match word {
            Word::Approve => Self::Approve,
            Word::Reject => Self::Reject,
            Word::Resume => Self::Resume,
        }
    }
}

/// Sends a signal and waits until the step has it.
pub(super) fn signal(args: &SignalArgs, screen: Screen) -> Result<Exit, CliError> {
    let (_, entry) = args.state.find(&args.id)?;
    let id = short_id(entry.id.as_str()).to_owned();
    if let Some(status) = entry.status.ended() {
        return Err(CliError::usage(format!("execution {} has ended: {status}", entry.id)));
    }
    if args.comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_CHARACTERS) {
        return Err(CliError::usage(format!("--comment has at most {COMMENT_CHARACTERS} characters")));
    }
    let journal = args.state.journal()?;
    let received = SignalReceived { signal: args.signal.into(), by: carry::user(), comment: args.comment.clone() };
    let step_execution = unwanted(&state(&journal, &entry.id)?, &received).map_err(|why| refused(&why, &id))?;
    let kind = RequestKind::Signal {
        signal: received.signal,
        step_execution: step_execution.clone(),
        comment: received.comment.clone(),
    };
    let request = Request { kind, by: received.by.clone(), at: SystemClock.now() };
    functions::runtime()?.block_on(async {
        journal.request(&entry.id, request).await.map_err(|error| store_error(&error))?;
        if matches!(entry.status, Shown::Interrupted) {
            tell(&format!("kept; nobody carries execution {id} on: `runwright resume {id}` does\n"));
            return Ok(Exit::Unfinished);
        }
        taken(&journal, &entry.id, &step_execution, &received, screen).await
    })
}

/// Waits until the step has the signal.
async fn taken(
    journal: &Arc<Journal>,
    execution: &ExecutionId,
    run: &StepExecutionId,
    sent: &SignalReceived,
    screen: Screen,
) -> Result<Exit, CliError> {
    let id = short_id(execution.as_str());
    let patience = SystemClock.sleep_until(crate::clock::after(SystemClock.now(), SIGNAL_WAIT));
    let look = async {
        loop {
            let state = state(journal, execution)?;
            let step = state.runs().iter().find(|step| step.id == *run);
            let signals = step.and_then(|step| step.wait.as_ref()).map(|wait| wait.signals.as_slice());
            if signals.unwrap_or_default().iter().any(|it| *it.received == *sent) {
                return Ok::<_, CliError>(step.map(|step| (step.step.clone(), step.status())));
            }
            tokio::time::sleep(FOLLOW_POLL).await;
        }
    };
    tokio::select! {
        had = look => {
            if let Some((step, status)) = had? {
                let status = screen.errors.status(status);
                tell(&format!("step {step} has it and is {status}; `runwright attach {id}` shows what follows\n"));
            }
            Ok(Exit::Success)
        }
        () = patience => {
            tell(&format!("kept, and not taken yet; `runwright executions show {id}` tells why\n"));
            Ok(Exit::Unfinished)
        }
    }
}

fn state(journal: &Journal, id: &ExecutionId) -> Result<Execution, CliError> {
    let events = journal.events(id, 0).map_err(|error| store_error(&error))?;
    stored::replay(id, &events)
}

fn refused(why: &Unwanted, id: &str) -> CliError {
    let error = CliError::usage(one_line(&why.to_string()).into_owned());
    match why {
        Unwanted::NothingWaits => error.help(format!("`runwright executions show {id}` shows what it is doing")),
        Unwanted::Another { .. } => error.help(format!("`runwright signal {id} …` takes approve, reject or resume")),
        Unwanted::Stranger { .. } | Unwanted::Again { .. } | Unwanted::Own { .. } => {
            error.help("somebody else has to do it")
        }
    }
}
