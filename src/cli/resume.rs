//! `runwright resume [ID…]`: resuming interrupted executions.

use std::sync::Arc;

use clap::Args;
use tokio::task::JoinSet;

use super::error::CliError;
use super::foreground::{
    Beginning, Form, View, automation_of, exit_of, finish_notices, give_outputs, run_in_foreground, send_notices,
};
use super::interpreter_args::InterpreterArgs;
use super::interrupted_calls::decide;
use super::journal_args::Policy;
use super::notices::NoticeObserver;
use super::notify::{NotifyArgs, NotifyOnInsteadArgs};
use super::output::{self, tell};
use super::overrides::OverrideArgs;
use super::parameters::RunningParameterArgs;
use super::runtime::{runtime, wait};
use super::screen::Screen;
use super::signals::{self, SignalPolicy, Signals, TerminateArgs};
use super::state::StateArgs;
use super::targets::SuppliedTargetArgs;
use super::{Exit, background, identity, targets};
use crate::automation::children::InterruptedCallPolicy;
use crate::automation::{Automation, AutomationError, ResumePlan, ResumeRequest, RunControl, system_user};
use crate::event::OnInterrupted;
use crate::presentation::render_left_alone;
use crate::runner::Finished;
use crate::store::Entry;

const AFTER_HELP: &str = "\
Examples:
  runwright resume                        all interrupted executions
  runwright resume 3fa85f64               one execution
  runwright resume last --on-interrupted fail
  runwright resume last -p Password=file://password.txt
  runwright resume last --targets @hosts.txt

A call that was in flight is sent again under the same attempt number if its action can be repeated: it only reads, is \
idempotent, or carries a token. Any other call may have run: --on-interrupted retry sends it again (at least once), fail \
fails its step (at most once), and onFailure decides. By default a function is invoked again, and the step of any other \
action fails. The execution continues with the runbook it was started with, even if the file has changed. Sensitive \
values are not stored in the journal: supply them again.

Exit codes: those of `run`; 8 if another process runs the execution; 6 if a decision of yours is needed";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ResumeArgs {
    /// Execution IDs, unique prefixes of them, or `last` [default: all interrupted executions, except those that their
    /// user aborted with Ctrl-C]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    parameters: RunningParameterArgs,
    #[command(flatten)]
    targets: SuppliedTargetArgs,
    /// What to do with a call that was in flight and may have run, instead of the policy chosen at the start
    #[arg(id = "resume_on_interrupted", long = "on-interrupted", value_name = "POLICY", value_enum)]
    on_interrupted: Option<Policy>,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Print only the result
    #[arg(short, long)]
    quiet: bool,
    /// Show the output of local functions while they run
    #[arg(long)]
    show_logs: bool,
    /// Never prompt
    #[arg(long)]
    no_input: bool,
    #[command(flatten)]
    interpreters: InterpreterArgs,
    #[command(flatten)]
    terminate: TerminateArgs,
    #[command(flatten)]
    notify: NotifyArgs,
    #[command(flatten)]
    notify_on: NotifyOnInsteadArgs,
    #[command(flatten)]
    state: StateArgs,
    /// Resume without a terminal; sensitive values come as JSON on standard input
    #[arg(long, hide = true)]
    background: bool,
    /// Nothing of it has run: this process has only stored it, and hands it over
    #[arg(long, hide = true, requires = "background")]
    begun_by: Option<String>,
}

impl ResumeArgs {
    /// Listens to signals for these executions.
    fn listen(&self, controls: Vec<RunControl>) -> Result<Signals, CliError> {
        let on_terminate = self.terminate.on_terminate;
        let policy = if self.background {
            SignalPolicy::background(on_terminate)
        } else {
            SignalPolicy::foreground(on_terminate, true)
        };
        signals::listen(controls, policy)
    }
}

/// Resumes executions.
pub(super) fn resume(args: &ResumeArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    if args.background {
        return background::run(&args.ids, || resume_named(args, verbose, screen));
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
        tell("no interrupted executions: the journal is empty\n");
        return Ok(Exit::Success);
    };
    let found = wait(automation_of(&journal).interrupted())?;
    let mut entries: Vec<Entry> = found.into_iter().map(|found| found.entry).collect();
    // Only an explicit ID overrides that.
    let named: Vec<Entry> = entries.extract_if(.., |entry| !entry.is_resumed_automatically()).collect();
    tell(&render_left_alone(&named));
    match entries.as_slice() {
        [] if named.is_empty() => {
            tell("no interrupted executions\n");
            Ok(Exit::Success)
        }
        [] => Ok(Exit::Success),
        [entry] => resume_one(args, entry, verbose, screen),
        _ => resume_several(args, entries, verbose, screen),
    }
}

fn resume_one(args: &ResumeArgs, entry: &Entry, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let form = match (args.background, args.quiet) {
        (true, _) => Form::Nothing,
        (false, true) => Form::Quiet,
        (false, false) => Form::Whole,
    };
    let can_ask = !args.background && screen.can_ask && !args.no_input;
    let asked = can_ask.then(system_user);
    let view = View { logs: args.show_logs, form, jsonl: false, verbose, pipeline: output::pipeline().clone(), asked };
    let journal = args.state.journal()?;
    let automation = automation_of(&journal);
    let plan = plan(args, &automation, entry, screen)?;
    let finished = runtime()?.block_on(async {
        let control = RunControl::default();
        let signals = args.listen(vec![control.clone()])?;
        // Before it is resumed: a running execution needs no notification.
        let notices = automation.claim_interruption_notices(&[entry], &args.notify.targets()).await?;
        let notifying = send_notices(Some(notices), &signals);
        let finished = resume_planned(args, &automation, plan, &view, control, &signals, screen).await;
        finish_notices(notifying).await;
        finished
    })?;
    if !args.background {
        targets::tell_summary(&journal, &finished.execution)?;
        give_outputs(&finished.execution)?;
    }
    Ok(exit_of(&finished))
}

async fn resume_planned(
    args: &ResumeArgs,
    automation: &Automation,
    plan: ResumePlan,
    view: &View,
    control: RunControl,
    signals: &Signals,
    screen: Screen,
) -> Result<Finished, CliError> {
    automation.claim(&plan, &NoticeObserver { screen }).await?;
    if args.background {
        background::ready();
    }
    let runbook = Arc::clone(&plan.context.runbook);
    let begin: Beginning<'_> = Box::new(|control, observer| Box::pin(automation.run_claimed(plan, control, observer)));
    run_in_foreground(automation, runbook, view, control, signals, screen, begin).await
}

/// Resumes several executions at once; each is shown in lines that begin with its id.
fn resume_several(args: &ResumeArgs, entries: Vec<Entry>, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let journal = args.state.journal()?;
    let automation = automation_of(&journal);
    let mut worst = Exit::Success;
    let mut planned = Vec::new();
    for entry in entries {
        let form = match (args.background, args.quiet) {
            (true, _) => Form::Nothing,
            (false, true) => Form::Quiet,
            (false, false) => Form::Lines(entry.id.short().to_owned()),
        };
        let view = View {
            logs: args.show_logs,
            form,
            jsonl: false,
            verbose,
            pipeline: output::pipeline().clone(),
            asked: None,
        };
        match plan_among_others(args, &automation, &entry, screen) {
            Ok(plan) => planned.push((entry, plan, view)),
            Err(error) => {
                tell(&format!("{}: not resumed\n", entry.id));
                worst = worst_exit(worst, error.tell(screen));
            }
        }
    }
    let ended = runtime()?.block_on(async {
        let controls: Vec<RunControl> = planned.iter().map(|_| RunControl::default()).collect();
        let signals = args.listen(controls.clone())?;
        let entries: Vec<&Entry> = planned.iter().map(|(entry, _, _)| entry).collect();
        let notices = automation.claim_interruption_notices(&entries, &args.notify.targets()).await?;
        let notifying = send_notices(Some(notices), &signals);
        if args.background {
            background::ready();
        }
        let mut running = JoinSet::new();
        for ((_, plan, view), control) in planned.into_iter().zip(controls) {
            let (automation, signals) = (automation.clone(), signals.clone());
            running.spawn(async move {
                automation.claim(&plan, &NoticeObserver { screen }).await?;
                let runbook = Arc::clone(&plan.context.runbook);
                let begin: Beginning<'_> =
                    Box::new(|control, observer| Box::pin(automation.run_claimed(plan, control, observer)));
                run_in_foreground(&automation, runbook, &view, control, &signals, screen, begin).await
            });
        }
        let mut ended = Vec::new();
        while let Some(done) = running.join_next().await {
            let done = done.unwrap_or_else(|source| Err(AutomationError::Aborted { source }.into()));
            // The others may run for long.
            ended.push(done.map_or_else(|error| error.tell(screen), |finished| exit_of(&finished)));
        }
        finish_notices(notifying).await;
        Ok::<_, CliError>(ended)
    })?;
    Ok(ended.into_iter().fold(worst, worst_exit))
}

/// The first that is not a success.
fn worst_exit(one: Exit, other: Exit) -> Exit {
    if one == Exit::Success { other } else { one }
}

/// Plans an execution that is resumed beside others. Sensitive values are supplied for one alone.
fn plan_among_others(
    args: &ResumeArgs,
    automation: &Automation,
    entry: &Entry,
    screen: Screen,
) -> Result<ResumePlan, CliError> {
    let execution = wait(automation.read(&entry.id))?;
    if !execution.started().launch.sensitive.is_empty() {
        return Err(CliError::usage(
            "an execution that was started with --sensitive cannot be resumed together with others",
        )
        .help(format!("resume it by itself: `runwright resume {}`", entry.id)));
    }
    plan(args, automation, entry, screen)
}

fn plan(args: &ResumeArgs, automation: &Automation, entry: &Entry, screen: Screen) -> Result<ResumePlan, CliError> {
    let (supplied_again, targets) = if args.background {
        background::sensitive_values()?.supplied()
    } else {
        (args.parameters.given()?, args.targets.list()?)
    };
    let mut request = ResumeRequest {
        execution: entry.id.clone(),
        resumed: identity::resumed(),
        supplied_again,
        targets,
        overrides: args.overrides.overrides(),
        interrupted_calls: InterruptedCallPolicy {
            instead: args.on_interrupted.map(OnInterrupted::from),
            ..InterruptedCallPolicy::default()
        },
        notification_targets: args.notify.targets(),
        notify_on: args.notify_on.chosen(),
        interpreters: args.interpreters.options(&args.state, screen),
        begun_by: args.begun_by.clone(),
    };
    let can_ask = !args.background && screen.can_ask;
    let plan = decide(&mut request, can_ask, screen, &async |request: &ResumeRequest| {
        automation.plan_resume(request, &NoticeObserver { screen }).await
    })?;
    output::redact(&plan.context.secrets);
    Ok(plan)
}
