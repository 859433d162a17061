//! `runwright resume [ID…]`: carrying on what a dead process left.

use std::sync::Arc;

use clap::Args;
use tokio::task::JoinSet;

use super::Exit;
use super::background;
use super::carry::{self, Claimed, Deed, Form, Job, Keeping, People, Show, Stops, Watcher};
use super::error::{CliError, tell};
use super::functions;
use super::hidden;
use super::identity;
use super::interruptions::Interruptions;
use super::keep::{self, Policy};
use super::notify::{Notifier, NotifyArgs, NotifyOnInsteadArgs};
use super::overrides::OverrideArgs;
use super::parameters::RunningParameterArgs;
use super::pipeline::Pipeline;
use super::prompt;
use super::screen::Screen;
use super::secrets;
use super::signals::{self, SignalPolicy, Signals, TerminateArgs};
use super::state::{StateArgs, store_error};
use super::stored::{self, StoredRunbook};
use super::targets;
use crate::children::{Answers, waits_for_children};
use crate::driver::{CancelSender, Takeover, cancellation};
use crate::engine::{Interrupted, Outstanding, outstanding};
use crate::event::{ExecutionResumed, Launch, LeaveReason, OnInterrupted, Status};
use crate::execution::{AttemptState, Execution};
use crate::limits::RECOVERED_NAMED;
use crate::report::{one_line, short_id};
use crate::store::{Claim, Entry, Journal, Shown};

const AFTER_HELP: &str = "\
Examples:
  runwright resume                        everything that a dead process left
  runwright resume 3fa85f64               this one
  runwright resume last --on-interrupted fail
  runwright resume last -p Password=file://password.txt

A call that was in flight may have run: by default it is sent again (at least once), under its attempt number. With \
--on-interrupted fail its step fails instead (at most once), and onFailure decides. The runbook is the one that the \
execution began with, whatever its file has now. Sensitive values are not in the journal: give them again.

Exit codes: those of `run`; 8 when another process carries the execution on; 6 when something was left for you to decide";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ResumeArgs {
    /// The executions: ids, unique beginnings of ids, or `last`; without any, all that nobody carries on, but for those
    /// that their user left with Ctrl-C
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    parameters: RunningParameterArgs,
    /// What becomes of a call that was in flight, instead of what was said at the start
    #[arg(id = "resume_on_interrupted", long = "on-interrupted", value_name = "POLICY", value_enum)]
    on_interrupted: Option<Policy>,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Show the result alone
    #[arg(short, long)]
    quiet: bool,
    /// Show what local functions print, while they run
    #[arg(long)]
    show_logs: bool,
    /// Ask nothing on the terminal
    #[arg(long)]
    no_input: bool,
    #[command(flatten)]
    terminate: TerminateArgs,
    #[command(flatten)]
    notify: NotifyArgs,
    #[command(flatten)]
    notify_on: NotifyOnInsteadArgs,
    #[command(flatten)]
    state: StateArgs,
    /// Carry on without a terminal; sensitive values come as JSON on standard input
    #[arg(long, hide = true)]
    background: bool,
    /// Nothing of it was under way: this process has only begun it, and hands it over
    #[arg(long, hide = true, requires = "background")]
    begun_by: Option<String>,
}

impl ResumeArgs {
    /// Listens to signals for these executions.
    fn listen(&self, cancels: Vec<CancelSender>) -> Result<Signals, CliError> {
        let on_terminate = self.terminate.on_terminate;
        let policy = if self.background {
            SignalPolicy::background(on_terminate)
        } else {
            SignalPolicy::foreground(on_terminate, true)
        };
        signals::listen(cancels, policy)
    }
}

/// Carries executions on.
pub(super) fn resume(args: &ResumeArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    if args.background {
        return background::carried(&args.ids, || resume_named(args, verbose, screen));
    }
    if args.ids.is_empty() { resume_all(args, verbose, screen) } else { resume_named(args, verbose, screen) }
}

fn resume_named(args: &ResumeArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    match args.ids.as_slice() {
        [id] => {
            let (_, entry) = args.state.find(id)?;
            resume_one(args, &entry, verbose, screen)
        }
        ids => {
            let mut entries: Vec<Entry> = Vec::new();
            for id in ids {
                let (_, entry) = args.state.find(id)?;
                if entries.iter().all(|known| known.id != entry.id) {
                    entries.push(entry);
                }
            }
            resume_several(args, entries, verbose, screen)
        }
    }
}

fn resume_all(args: &ResumeArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let Some(journal) = args.state.existing()? else {
        tell("nothing to carry on: there are no executions\n");
        return Ok(Exit::Success);
    };
    let mut entries = journal.interrupted().map_err(|error| store_error(&error))?;
    // Only whoever names them knows better.
    let named: Vec<Entry> = entries.extract_if(.., |entry| !entry.is_resumed_unasked()).collect();
    tell(&left_alone(&named));
    match entries.as_slice() {
        [] if named.is_empty() => {
            tell("nothing to carry on: every execution has ended or is carried on by a process\n");
            Ok(Exit::Success)
        }
        [] => Ok(Exit::Success),
        [entry] => resume_one(args, entry, verbose, screen),
        _ => resume_several(args, entries, verbose, screen),
    }
}

/// What is resumed by its id alone, a line each.
fn left_alone(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries.iter().take(RECOVERED_NAMED) {
        let why = match entry.left {
            _ if entry.is_imported => "came from another journal and may be carried on there",
            Some(LeaveReason::User) => "was left by its user with Ctrl-C",
            Some(LeaveReason::InternalError) => "was interrupted by an internal error",
            Some(LeaveReason::Termination) | None => "was interrupted",
        };
        let (short, name) = (short_id(entry.id.as_str()), one_line(&entry.document.name));
        text.push_str(&format!(
            "not resumed unasked: {short} ({name}) {why}; to resume it: `runwright resume {short}`\n"
        ));
    }
    if let more @ 1.. = entries.len().saturating_sub(RECOVERED_NAMED) {
        text.push_str(&format!(
            "not resumed unasked: {more} more; `runwright executions list --status Interrupted` shows them\n"
        ));
    }
    text
}

fn resume_one(args: &ResumeArgs, entry: &Entry, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let show = Show {
        logs: args.show_logs,
        form: match (args.background, args.quiet) {
            (true, _) => Form::Nothing,
            (false, true) => Form::Quiet,
            (false, false) => Form::Whole,
        },
        jsonl: false,
        verbose,
    };
    let journal = args.state.journal()?;
    let prepared = prepare(args, &journal, entry, show, true, screen)?;
    let Prepared { job, claimed, stopped_by } = prepared;
    let finished = functions::runtime()?.block_on(async {
        let (cancel, cancelled) = cancellation();
        let signals = args.listen(vec![cancel.clone()])?;
        // Before it is resumed: what runs again is no news.
        let found = Interruptions::claim(&journal, &[entry], &args.notify).await;
        let notifying = carry::notify_of(Some(found), &signals);
        if let Err(error) = claim(&journal, entry, args.begun_by.as_deref()).await {
            carry::notified(notifying).await;
            return Err(error);
        }
        if args.background {
            background::ready();
        }
        let watcher = Watcher::start(Arc::clone(&journal));
        if let Some(by) = stopped_by {
            cancel.cancel(by);
        }
        let stops = Stops { cancel, cancelled, signals };
        let deed = Deed::TakeOver(Box::new(claimed));
        let keeping = Keeping::Journal(Arc::clone(&journal));
        let finished = carry::carry(&job, &keeping, Some(&watcher), deed, stops, screen).await;
        carry::notified(notifying).await;
        finished
    })?;
    if !args.background {
        targets::tell_summary(&journal, &finished.execution)?;
        carry::give_outputs(&finished.execution)?;
    }
    Ok(Exit::from(finished.execution.status()))
}

/// Carries several on at once; each is told in lines that begin with its id.
fn resume_several(args: &ResumeArgs, entries: Vec<Entry>, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let journal = args.state.journal()?;
    let mut worst = Exit::Success;
    let mut jobs = Vec::new();
    for entry in entries {
        let prefix = short_id(entry.id.as_str()).to_owned();
        let form = match (args.background, args.quiet) {
            (true, _) => Form::Nothing,
            (false, true) => Form::Quiet,
            (false, false) => Form::Lines(prefix),
        };
        let show = Show { logs: args.show_logs, form, jsonl: false, verbose };
        match prepare(args, &journal, &entry, show, false, screen) {
            Ok(prepared) => jobs.push((entry, prepared)),
            Err(error) => {
                tell(&format!("{}: left as it is\n", entry.id));
                worst = worse(worst, error.tell(screen));
            }
        }
    }
    let ended = functions::runtime()?.block_on(async {
        let watcher = Arc::new(Watcher::start(Arc::clone(&journal)));
        let stops: Vec<_> = jobs.iter().map(|_| cancellation()).collect();
        let cancels = stops.iter().map(|(cancel, _)| cancel.clone()).collect();
        let signals = args.listen(cancels)?;
        let entries: Vec<&Entry> = jobs.iter().map(|(entry, _)| entry).collect();
        let found = Interruptions::claim(&journal, &entries, &args.notify).await;
        let notifying = carry::notify_of(Some(found), &signals);
        if args.background {
            background::ready();
        }
        let mut set = JoinSet::new();
        for ((entry, Prepared { job, claimed, stopped_by }), (cancel, cancelled)) in jobs.into_iter().zip(stops) {
            if let Some(by) = stopped_by {
                cancel.cancel(by);
            }
            let (journal, watcher) = (Arc::clone(&journal), Arc::clone(&watcher));
            let stops = Stops { cancel, cancelled, signals: signals.clone() };
            set.spawn(async move {
                claim(&journal, &entry, None).await?;
                let deed = Deed::TakeOver(Box::new(claimed));
                carry::carry(&job, &Keeping::Journal(journal), Some(&watcher), deed, stops, screen).await
            });
        }
        let mut ended = Vec::new();
        while let Some(done) = set.join_next().await {
            let done = done.unwrap_or_else(|error| {
                Err(CliError::new(Exit::Internal, format!("an execution was broken off: {error}")))
            });
            // The others may go on for long.
            ended.push(done.map_or_else(|error| error.tell(screen), |done| Exit::from(done.execution.status())));
        }
        carry::notified(notifying).await;
        Ok::<_, CliError>(ended)
    })?;
    Ok(ended.into_iter().fold(worst, worse))
}

/// The first that is not a success.
fn worse(one: Exit, other: Exit) -> Exit {
    if one == Exit::Success { other } else { one }
}

/// An execution, ready to be carried on.
struct Prepared {
    job: Job,
    claimed: Claimed,
    /// Whoever waited for it does so no more: it is stopped, and cleans up.
    stopped_by: Option<String>,
}

/// What a step started is carried on with the execution of the step. Where that has ended nobody waits any more, and it
/// is stopped: what comes back says by whom.
fn without_parent(journal: &Journal, launch: &Launch) -> Result<Option<String>, CliError> {
    let Some(parent) = &launch.parent else { return Ok(None) };
    let above = journal.entry(&parent.execution).map_err(|error| store_error(&error))?;
    match above.filter(|above| above.status.ended().is_none()) {
        Some(above) => {
            let id = short_id(above.id.as_str());
            Err(CliError::usage(format!("it was started by step {} of execution {}", parent.step, above.id))
                .help(format!("carry that one on, and this one with it: `runwright resume {id}`")))
        }
        None => Ok(Some(format!("its parent {}, which has ended", parent.execution))),
    }
}

/// Asks what becomes of the calls of children that were in flight.
fn ask_for_children(
    journal: &Journal,
    execution: &Execution,
    can_ask: bool,
    answers: &mut Answers,
    screen: Screen,
) -> Result<(), CliError> {
    if !waits_for_children(execution) {
        return Ok(());
    }
    for child in journal.children(execution.id()).map_err(|error| store_error(&error))? {
        if child.status != Shown::Interrupted {
            continue;
        }
        let child = stored::replay(&child.id, &journal.events(&child.id, 0).map_err(|error| store_error(&error))?)?;
        ask_for_children(journal, &child, can_ask, answers, screen)?;
        let asked = answers.instead.unwrap_or(child.started().launch.on_interrupted);
        answers.of.insert(child.id().clone(), policy(&child, asked, can_ask, screen)?);
    }
    Ok(())
}

fn prepare(
    args: &ResumeArgs,
    journal: &Arc<Journal>,
    entry: &Entry,
    show: Show,
    alone: bool,
    screen: Screen,
) -> Result<Prepared, CliError> {
    if args.begun_by.is_none() {
        refuse_unfit(entry)?;
    }
    let events = journal.events(&entry.id, 0).map_err(|error| store_error(&error))?;
    let mut execution = stored::replay(&entry.id, &events)?;
    let launch = execution.started().launch.clone();
    if !alone && !launch.sensitive.is_empty() {
        return Err(CliError::usage("it was started with --sensitive, and is carried on by itself alone")
            .help(format!("carry it on by itself: `runwright resume {}`", entry.id)));
    }
    let StoredRunbook { runbook, .. } = stored::runbook(journal, &execution, screen)?;
    let secrets = secrets::of_launch(&launch.sensitive);
    let given = if args.background { background::sensitive_values()? } else { args.parameters.given(&runbook)? };
    hidden::reveal(&mut execution, &runbook, &given, screen)?;
    hidden::refuse_lost_outputs(&execution, &runbook)?;
    let connection = args.overrides.over(&launch.connection)?;
    let local = stored::functions(&connection, screen)?;
    let asked = args.on_interrupted.map_or(launch.on_interrupted, OnInterrupted::from);
    let can_ask = !args.background && screen.can_ask;
    let mut answers = Answers { instead: args.on_interrupted.map(OnInterrupted::from), ..Answers::default() };
    let stopped_by = without_parent(journal, &launch)?;
    let interrupted = if stopped_by.is_some() {
        Interrupted::GiveUp
    } else {
        ask_for_children(journal, &execution, can_ask, &mut answers, screen)?;
        policy(&execution, asked, can_ask, screen)?
    };
    let asks = alone && can_ask && !args.no_input;
    let notify = Notifier { to: args.notify.clone(), on: args.notify_on.over(&launch.notify_on) };
    let people = People { asked: asks.then(identity::user), starter: None, notify };
    let takeover = args.begun_by.is_none().then(|| Takeover { resumed: resumed(), interrupted });
    let job = Job {
        runbook: Arc::new(runbook),
        file: launch.file.clone().unwrap_or_default(),
        connection,
        local,
        secrets,
        show,
        pipeline: Pipeline::here(),
        last_reply: None,
        people,
    };
    Ok(Prepared { job, claimed: Claimed { execution, takeover, answers }, stopped_by })
}

/// Who carries it on, and where.
pub(super) fn resumed() -> ExecutionResumed {
    ExecutionResumed { by: identity::user(), host: keep::host(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// Refuses what has ended, and what a living process carries on.
pub(super) fn refuse_unfit(entry: &Entry) -> Result<(), CliError> {
    match entry.status.ended() {
        Some(status) => {
            let error = CliError::usage(format!("execution {} has ended: {status}", entry.id));
            Err(match status {
                Status::Success => {
                    error.help(format!("`runwright rerun {}` starts it afresh", short_id(entry.id.as_str())))
                }
                _ => error.help(format!(
                    "`runwright redrive {}` starts a new one from the step where it ended",
                    short_id(entry.id.as_str())
                )),
            })
        }
        None => match &entry.owner {
            Some(owner) => Err(CliError::new(
                Exit::Conflict,
                format!("execution {} is carried on by process {} on {}", entry.id, owner.pid, owner.host),
            )
            .help(format!("`runwright attach {}` shows it", short_id(entry.id.as_str())))),
            None => Ok(()),
        },
    }
}

/// Takes the execution over, unless somebody was faster.
pub(super) async fn claim(journal: &Journal, entry: &Entry, from: Option<&str>) -> Result<(), CliError> {
    let claimed = match from {
        Some(process) => journal.claim_from(&entry.id, process),
        None => journal.claim(&entry.id),
    };
    won(claimed.await.map_err(|error| store_error(&error))?, entry)
}

/// Refuses what is not this process's now.
pub(super) fn won(claim: Claim, entry: &Entry) -> Result<(), CliError> {
    match claim {
        Claim::Won => Ok(()),
        Claim::Running { owner } => Err(CliError::new(
            Exit::Conflict,
            format!(
                "execution {} is carried on by process {} on {}, which was faster",
                entry.id, owner.pid, owner.host
            ),
        )
        .help(format!("`runwright attach {}` shows it", short_id(entry.id.as_str())))),
        Claim::Ended(status) => Err(CliError::usage(format!("execution {} has ended: {status}", entry.id))),
        Claim::Unknown => Err(CliError::usage(format!("execution {} is gone", entry.id))),
    }
}

/// What becomes of a call in flight.
pub(super) fn policy(
    execution: &Execution,
    asked: OnInterrupted,
    can_ask: bool,
    screen: Screen,
) -> Result<Interrupted, CliError> {
    // Nothing was sent but by its children, and what is repeated finds them.
    if waits_for_children(execution) {
        return Ok(Interrupted::Retry);
    }
    let Outstanding::Attempt { step, attempt, .. } = outstanding(execution) else { return Ok(Interrupted::Retry) };
    let since = step.last_attempt().filter(|attempt| matches!(attempt.state, AttemptState::InFlight { .. }));
    match asked {
        OnInterrupted::Retry => Ok(Interrupted::Retry),
        OnInterrupted::Fail => Ok(Interrupted::Fail),
        OnInterrupted::Ask => {
            let id = short_id(execution.id().as_str());
            let sent = since.map_or_else(String::new, |attempt| format!(", sent at {:.0}", attempt.sent_at));
            let what = format!("attempt {attempt} of step {}{sent}, may have run", step.step);
            if !can_ask {
                return Err(CliError::new(Exit::Unfinished, format!("{what}, and nobody can be asked here")).help(
                    format!("`runwright resume {id} --on-interrupted retry` sends it again, `… fail` fails its step"),
                ));
            }
            match prompt::choose(&what, &[("r", "send it again"), ("f", "fail the step"), ("l", "leave it")], screen)? {
                0 => Ok(Interrupted::Retry),
                1 => Ok(Interrupted::Fail),
                _ => Err(CliError::new(Exit::Unfinished, format!("execution {id} is left as it is"))),
            }
        }
    }
}
