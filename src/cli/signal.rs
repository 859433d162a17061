//! `runwright signal ID SIGNAL`: telling an execution what it waits for, or giving up a step (spec 5.2).

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Exit;
use super::error::{CliError, tell};
use super::functions;
use super::identity::IdentityArgs;
use super::screen::Screen;
use super::state::{StateArgs, store_error};
use super::stored;
use crate::automation::{AutomationError, StoredRunbook};
use crate::clock::{Clock, SystemClock};
use crate::engine::{self, Input, Unwanted, unwanted};
use crate::event::{Event, Signal, SignalReceived, Status, Wanted};
use crate::execution::Execution;
use crate::limits::{COMMENT_CHARACTERS, FOLLOW_POLL, SIGNAL_WAIT};
use crate::name::{ExecutionId, StepExecutionId, StepName};
use crate::report::{one_line, short_id};
use crate::store::{Entry, Journal, Request, RequestKind, Shown};

const AFTER_HELP: &str = "\
Examples:
  runwright signal last approve
  runwright signal 3fa85f64 reject --comment 'not tonight'
  runwright signal last resume
  runwright signal last start-step --step restart
  runwright signal last start-step --rest
  runwright signal last stop-step --comment 'hangs'

approve and reject are for an approval, resume for a pause, start-step and skip-step for an execution that runs step \
by step (run --mode interactive). stop-step gives up the step under way, which becomes Cancelled, and its onFailure \
decides what follows. A signal is for the step that waits now. It is kept, so that it counts even when the process \
dies that carries the execution on. Who you are is the user of this machine, or with --as-aws-identity whoever your \
AWS credentials are of; one person's approval counts once.

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
    /// Only when this is the step: the one that comes next, or the one that is under way
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// With start-step: start the steps that follow as well, without asking
    #[arg(long)]
    rest: bool,
    #[command(flatten)]
    identity: IdentityArgs,
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
    /// The next step of an interactive execution is run
    StartStep,
    /// The next step of an interactive execution is left out
    SkipStep,
    /// The step under way is given up
    StopStep,
    /// Access that was granted for a time is withdrawn: not of runbooks
    Revoke,
}

impl Word {
    fn signal(self) -> Result<Signal, CliError> {
        Ok(match self {
            Self::Approve => Signal::Approve,
            Self::Reject => Signal::Reject,
            Self::Resume => Signal::Resume,
            Self::StartStep => Signal::StartStep,
            Self::SkipStep => Signal::SkipStep,
            Self::StopStep => Signal::StopStep,
            Self::Revoke => {
                return Err(CliError::usage("revoke withdraws just-in-time access, which no runbook step grants")
                    .help("to give up the step under way: stop-step; to end the execution: `runwright stop`"));
            }
        })
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
    let signal = args.signal.signal()?;
    let state = state(&journal, &entry.id)?;
    let by = args.identity.name(&state.started().launch.connection)?;
    if args.rest && signal != Signal::StartStep {
        return Err(CliError::usage("--rest starts the steps that follow, so it belongs to start-step"));
    }
    let received = SignalReceived { rest: args.rest, ..SignalReceived::new(signal, by, args.comment.clone()) };
    let step_execution =
        unwanted(&state, &received).map_err(|why| match (&why, waiting_below(&journal, &entry.id)) {
            (Unwanted::NothingWaits, Some(child)) => refused(&why, &id).help(format!(
                "{} waits, which it started: `runwright signal {} …`",
                one_line(&child.document.name),
                short_id(child.id.as_str())
            )),
            (_, _) => refused(&why, &id),
        })?;
    let step = reached(&state);
    if let Some(given) = args.step.as_deref().filter(|given| Some(*given) != step.as_ref().map(StepName::as_str)) {
        let there = step.as_ref().map_or("no step", StepName::as_str);
        return Err(CliError::usage(format!("step {} is not the one: it is {there}", one_line(given)))
            .help(format!("`runwright executions show {id}` shows what it is doing")));
    }
    not_decided(&journal, &entry.id, &state, &received, &step_execution)?;
    let kind = RequestKind::Signal {
        signal: received.signal,
        step_execution: step_execution.clone(),
        comment: received.comment.clone(),
        rest: received.rest,
    };
    let request = Request { kind, by: received.by.clone(), at: SystemClock.now() };
    functions::runtime()?.block_on(async {
        journal.request(&entry.id, request).await.map_err(|error| store_error(&error))?;
        if matches!(entry.status, Shown::Interrupted) {
            tell(&format!("kept; nobody carries execution {id} on: `runwright resume {id}` does\n"));
            return Ok(Exit::Unfinished);
        }
        taken(&journal, state, &received, &step_execution, screen).await
    })
}

/// Refuses a signal to a step that has what it waits for in signals that were kept before and nobody has taken yet.
fn not_decided(
    journal: &Journal,
    id: &ExecutionId,
    state: &Execution,
    received: &SignalReceived,
    wanted_by: &StepExecutionId,
) -> Result<(), CliError> {
    let mut kept = Vec::new();
    for (_, request) in journal.requests(id).map_err(|error| store_error(&error))? {
        if let RequestKind::Signal { signal, step_execution, comment, rest } = request.kind
            && step_execution == *wanted_by
        {
            kept.push(SignalReceived { rest, ..SignalReceived::new(signal, request.by, comment) });
        }
    }
    if kept.is_empty() {
        return Ok(());
    }
    let StoredRunbook { runbook, .. } = stored::runbook(journal, state)?;
    let mut ahead = state.clone();
    let mut last = None;
    for before in kept {
        if unwanted(&ahead, &before).as_ref() != Ok(wanted_by) {
            continue;
        }
        last = Some(before.by.clone());
        let input = Input::Signal { step_execution: wanted_by.clone(), received: before };
        if engine::decide(&runbook, &mut ahead, input, SystemClock.now()).is_err() {
            // What comes of it needs a value that is not kept: whoever carries it on finds out.
            return Ok(());
        }
    }
    let Some(by) = last else { return Ok(()) };
    let short = short_id(id.as_str());
    match unwanted(&ahead, received) {
        Ok(wants) if wants == *wanted_by => Ok(()),
        Err(why @ Unwanted::Again { .. }) => Err(refused(&why, short)),
        Ok(_) | Err(_) => {
            let step = reached(state).map(|step| step.to_string()).unwrap_or_default();
            Err(CliError::usage(format!("step {step} has its answer already: {} was faster", one_line(&by)))
                .help(format!("`runwright executions show {short}` shows what it is doing")))
        }
    }
}

/// Waits until the step has the signal, from a state before that on.
async fn taken(
    journal: &Arc<Journal>,
    mut state: Execution,
    sent: &SignalReceived,
    wanted_by: &StepExecutionId,
    screen: Screen,
) -> Result<Exit, CliError> {
    let execution = state.id().clone();
    let id = short_id(execution.as_str());
    let patience = SystemClock.sleep_until(crate::clock::after(SystemClock.now(), SIGNAL_WAIT));
    let look = async {
        let mut by = None;
        loop {
            let mut has_it = None;
            for recorded in journal.events(&execution, state.next_sequence()).map_err(|error| store_error(&error))? {
                if has_it.is_none() && is_that(&recorded.event, sent) {
                    has_it = Some(reached(&state));
                }
                if let Event::SignalReceived(received) = &recorded.event {
                    by = Some(format!(": {} was faster", one_line(&received.by)));
                }
                let corrupt = |source| AutomationError::InvalidHistory { execution: execution.clone(), source };
                state.apply(&recorded).map_err(corrupt)?;
            }
            if let Some(step) = has_it {
                // Told as it stands now, a moment later.
                return Ok::<_, CliError>(step.map(|step| (latest(&state, &step, screen), step)));
            }
            if unwanted(&state, sent).as_ref() != Ok(wanted_by) {
                let by = by.unwrap_or_default();
                return Err(CliError::usage(format!("the step no longer waits for this{by}"))
                    .help(format!("`runwright executions show {id}` shows what came of it")));
            }
            tokio::time::sleep(FOLLOW_POLL).await;
        }
    };
    tokio::select! {
        had = look => {
            if let Some((status, step)) = had? {
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

/// How a step stands, for people.
fn latest(execution: &Execution, step: &StepName, screen: Screen) -> String {
    let status = execution.latest(step.as_str()).map(|run| screen.errors.status(run.status()));
    status.unwrap_or_else(|| "skipped".to_owned())
}

/// The step under way, or the one that waits to be started.
fn reached(execution: &Execution) -> Option<StepName> {
    match execution.waits_for().map(|wait| &wait.wanted) {
        Some(Wanted::Start(next)) => Some(next.step.clone()),
        Some(Wanted::Time | Wanted::Resume | Wanted::Approval(_)) | None => {
            execution.current().map(|run| run.step.clone())
        }
    }
}

/// Whether an event is what came of a signal. What is said with it may be masked there.
fn is_that(event: &Event, sent: &SignalReceived) -> bool {
    match event {
        Event::SignalReceived(received) => received.signal == sent.signal && received.by == sent.by,
        Event::StepSkipped(skipped) => sent.signal == Signal::SkipStep && skipped.by == sent.by,
        Event::ExecutionStarted(_)
        | Event::StepKept(_)
        | Event::ExecutionResumed(_)
        | Event::StepStarted(_)
        | Event::IterationStarted(_)
        | Event::AttemptStarted(_)
        | Event::AttemptThrottled(_)
        | Event::WaitStarted(_)
        | Event::VariableUpdated(_)
        | Event::AttemptInterrupted(_)
        | Event::AttemptEnded(_)
        | Event::StepEnded(_)
        | Event::CancelRequested(_)
        | Event::CompleteRequested(_)
        | Event::ExecutionEnded(_) => false,
    }
}

/// One of the executions below that waits for somebody.
fn waiting_below(journal: &Journal, id: &ExecutionId) -> Option<Entry> {
    let mut above = vec![id.clone()];
    while let Some(parent) = above.pop() {
        for child in journal.children(&parent).ok()? {
            match child.status {
                Shown::Running(Status::Waiting) => return Some(child),
                Shown::Running(_) | Shown::Interrupted => above.push(child.id),
                Shown::Ended(_) | Shown::Queued => {}
            }
        }
    }
    None
}

fn state(journal: &Journal, id: &ExecutionId) -> Result<Execution, CliError> {
    let events = journal.events(id, 0).map_err(|error| store_error(&error))?;
    stored::replay(id, &events)
}

fn refused(why: &Unwanted, id: &str) -> CliError {
    let error = CliError::usage(one_line(&why.to_string()).into_owned());
    match why {
        Unwanted::NothingWaits | Unwanted::NothingRuns => {
            error.help(format!("`runwright executions show {id}` shows what it is doing"))
        }
        Unwanted::Another { wanted, .. } => error.help(format!("`runwright signal {id} …` takes {wanted} now")),
        Unwanted::Stranger { .. } | Unwanted::Again { .. } | Unwanted::Own { .. } => {
            error.help("somebody else has to do it")
        }
    }
}
