//! `runwright stop ID`: from another terminal, or after a crash.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Exit;
use super::attach::{self, Followed};
use super::carry::{self, Claimed, Deed, Form, Job, Keeping, People, Show, Stops};
use super::error::{CliError, tell};
use super::functions;
use super::hidden;
use super::identity;
use super::notify::{Notifier, NotifyArgs};
use super::overrides::OverrideArgs;
use super::parameters::RunningParameterArgs;
use super::pipeline::Pipeline;
use super::resume;
use super::screen::Screen;
use super::secrets;
use super::signals::{self, SignalPolicy, TerminateArgs};
use super::state::{StateArgs, store_error};
use super::stored::{self, StoredRunbook};
use crate::children::Answers;
use crate::clock::{Clock, SystemClock};
use crate::driver::{Takeover, cancellation};
use crate::engine::Interrupted;
use crate::event::Status;
use crate::report::short_id;
use crate::runbook::OnCancel;
use crate::store::{Claim, Entry, Journal, Request, RequestKind};

const AFTER_HELP: &str = "\
Examples:
  runwright stop last
  runwright stop 3fa85f64 --type Complete
  runwright stop 3fa85f64 --no-wait

Cancel: the running step becomes Cancelled, its onCancel steps run for at most two minutes, and the execution ends \
Cancelled. Complete: the current step is the last one; an approval or a pause that waits ends Cancelled, and the \
execution Success. A function that was invoked may go on in either case. An \
execution that nobody carries on any more is stopped by this command itself.

Exit codes: 0 stopped, or asked for with --no-wait; 2 it has ended already; 6 not watched any more";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct StopArgs {
    /// The execution: an id, a unique beginning of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Stop at once, or after the current step
    #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t = StopType::Cancel)]
    stop_type: StopType,
    /// Ask for it, and do not wait for the end
    #[arg(long)]
    no_wait: bool,
    /// Show the result alone
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    terminate: TerminateArgs,
    #[command(flatten)]
    notify: NotifyArgs,
    #[command(flatten)]
    parameters: RunningParameterArgs,
    #[command(flatten)]
    overrides: OverrideArgs,
    #[command(flatten)]
    state: StateArgs,
}

/// `StopAutomationExecution.Type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StopType {
    /// Stop now
    #[value(name = "Cancel")]
    Cancel,
    /// Finish the current step
    #[value(name = "Complete")]
    Complete,
}

/// Stops an execution.
pub(super) fn stop(args: &StopArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (_, entry) = args.state.find(&args.id)?;
    if let Some(status) = entry.status.ended() {
        return Err(CliError::usage(format!("execution {} has ended: {status}", entry.id))
            .help("there is nothing to stop; `runwright executions list` shows what runs"));
    }
    let journal = args.state.journal()?;
    let show = Show { form: if args.quiet { Form::Quiet } else { Form::Whole }, verbose, ..Show::default() };
    if entry.owner.is_none()
        && let Some(exit) = stop_here(args, &journal, &entry, show.clone(), screen)?
    {
        return Ok(exit);
    }
    let kind = match args.stop_type {
        StopType::Cancel => RequestKind::Cancel,
        StopType::Complete => RequestKind::Complete,
    };
    let request = Request { kind, by: identity::user(), at: SystemClock.now() };
    let id = short_id(entry.id.as_str()).to_owned();
    functions::runtime()?.block_on(async {
        journal.request(&entry.id, request).await.map_err(|error| store_error(&error))?;
        if args.no_wait {
            tell(&format!("asked; `runwright attach {id}` shows what becomes of it\n"));
            return Ok(Exit::Success);
        }
        match attach::follow(&journal, &entry.id, &show, screen).await? {
            Followed::Ended(execution) => Ok(stopped(execution.status())),
            Followed::Left => {
                tell(&format!("asked, and not watched any more: `runwright attach {id}`\n"));
                Ok(Exit::Unfinished)
            }
            Followed::Abandoned => {
                tell(&format!("its process died meanwhile: `runwright stop {id}` once more stops it\n"));
                Ok(Exit::Unfinished)
            }
        }
    })
}

/// Takes over what nobody carries on, to stop it. None when another process did so before: that one is to be asked.
fn stop_here(
    args: &StopArgs,
    journal: &Arc<Journal>,
    entry: &Entry,
    show: Show,
    screen: Screen,
) -> Result<Option<Exit>, CliError> {
    let events = journal.events(&entry.id, 0).map_err(|error| store_error(&error))?;
    let mut execution = stored::replay(&entry.id, &events)?;
    let launch = execution.started().launch.clone();
    let StoredRunbook { runbook, .. } = stored::runbook(journal, &execution, screen)?;
    let secrets = secrets::of_launch(&launch.sensitive);
    let given = args.parameters.given(&runbook)?;
    // Only a clean-up is held up by a sensitive value that it may need.
    let current = execution.current().and_then(|run| runbook.step(run.step.as_str()));
    let cleans_up = current.is_some_and(|step| matches!(step.on_cancel, OnCancel::Step(_)));
    if cleans_up || !given.is_empty() {
        hidden::reveal(&mut execution, &runbook, &given, screen)?;
    }
    let connection = args.overrides.over(&launch.connection)?;
    let local = stored::functions(&connection, screen)?;
    let interrupted = match args.stop_type {
        StopType::Cancel => Interrupted::GiveUp,
        StopType::Complete => resume::policy(&execution, launch.on_interrupted, screen.can_ask, screen)?,
    };
    let notify = Notifier { to: args.notify.clone(), on: launch.notify_on.clone() };
    let job = Job {
        runbook: Arc::new(runbook),
        file: launch.file.clone().unwrap_or_default(),
        connection,
        local,
        secrets,
        show,
        pipeline: Pipeline::here(),
        last_reply: None,
        people: People { notify, ..People::default() },
    };
    let takeover = Some(Takeover { resumed: resume::resumed(), interrupted });
    let finished = functions::runtime()?.block_on(async {
        match journal.claim(&entry.id).await.map_err(|error| store_error(&error))? {
            Claim::Running { .. } => return Ok(None),
            claim => resume::won(claim, entry)?,
        }
        let (cancel, cancelled) = cancellation();
        match args.stop_type {
            StopType::Cancel => cancel.cancel(identity::user()),
            StopType::Complete => cancel.complete(identity::user()),
        }
        let policy = SignalPolicy::foreground(args.terminate.on_terminate, true);
        let signals = signals::listen(vec![cancel.clone()], policy)?;
        let deed = Deed::TakeOver(Box::new(Claimed { execution, takeover, answers: Answers::default() }));
        let keeping = Keeping::Journal(Arc::clone(journal));
        carry::carry(&job, &keeping, None, deed, Stops { cancel, cancelled, signals }, screen).await.map(Some)
    })?;
    Ok(finished.map(|finished| stopped(finished.execution.status())))
}

/// Stopped is what was asked for; an execution that was faster ended as it did.
fn stopped(status: Status) -> Exit {
    match status {
        Status::Cancelled => Exit::Success,
        other => Exit::from(other),
    }
}
