//! `runwright stop ID`: from another terminal, or after a crash.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::foreground::{Beginning, Form, View, automation_of, run_in_foreground};
use super::interpreter_args::InterpreterArgs;
use super::interrupted_calls::decide;
use super::notices::NoticeObserver;
use super::notify::NotifyArgs;
use super::output::{self, tell};
use super::overrides::OverrideArgs;
use super::parameters::RunningParameterArgs;
use super::runtime::runtime;
use super::screen::Screen;
use super::signals::{self, SignalPolicy, TerminateArgs};
use super::state::StateArgs;
use super::watch::{Watched, watch};
use super::{Exit, identity};
use crate::automation::children::InterruptedCallPolicy;
use crate::automation::{ResumeRequest, RunControl, StopPlan, StopType, system_user};
use crate::event::Status;
use crate::name::ExecutionId;

const AFTER_HELP: &str = "\
Examples:
  runwright stop last
  runwright stop 3fa85f64 --type Complete
  runwright stop 3fa85f64 --no-wait

Cancel: the running step becomes Cancelled, its onCancel steps run for at most two minutes, and the execution ends \
Cancelled. Complete: the current step is the last one; a waiting approval or pause ends Cancelled, and the execution \
ends Success. An invoked function may keep running in either case. If no process runs the execution, this command \
stops it by itself.

Exit codes: 0 stopped, or requested with --no-wait; 2 the execution has already ended; 6 stopped waiting for the end";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct StopArgs {
    /// Execution ID, a unique prefix of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Stop now, or after the current step
    #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t = StopWord::Cancel)]
    stop_type: StopWord,
    /// Request the stop without waiting for the end
    #[arg(long)]
    no_wait: bool,
    /// Print only the result
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    interpreters: InterpreterArgs,
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
enum StopWord {
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
        return Err(has_ended(&entry.id, status));
    }
    let journal = args.state.journal()?;
    let form = if args.quiet { Form::Quiet } else { Form::Whole };
    let view = View { form, verbose, pipeline: output::pipeline().clone(), ..View::default() };
    let stop_type = match args.stop_type {
        StopWord::Cancel => StopType::Cancel,
        StopWord::Complete => StopType::Complete,
    };
    let automation = automation_of(&journal);
    let mut request = ResumeRequest {
        execution: entry.id.clone(),
        resumed: identity::resumed(),
        supplied_again: args.parameters.given()?,
        targets: None,
        overrides: args.overrides.overrides(),
        interrupted_calls: InterruptedCallPolicy::default(),
        notification_targets: args.notify.targets(),
        notify_on: None,
        interpreters: args.interpreters.options(&args.state, screen),
        begun_by: None,
    };
    let plan = decide(&mut request, screen.can_ask, screen, &async |request: &ResumeRequest| {
        automation.plan_stop(stop_type, request, &NoticeObserver { screen }).await
    })?;
    let by = system_user();
    runtime()?.block_on(async {
        let control = RunControl::default();
        if let StopPlan::Here(plan) = plan {
            output::redact(&plan.context.secrets);
            if automation.claim_to_stop(&plan, &NoticeObserver { screen }).await? {
                let policy = SignalPolicy::foreground(args.terminate.on_terminate, true);
                let signals = signals::listen(vec![control.clone()], policy)?;
                let runbook = Arc::clone(&plan.context.runbook);
                let begin: Beginning<'_> = Box::new(|control, observer| {
                    Box::pin(automation.stop_here(*plan, stop_type, &by, control, observer))
                });
                let finished = run_in_foreground(&automation, runbook, &view, control, &signals, screen, begin).await?;
                return Ok(stopped(finished.execution.status()));
            }
        }
        automation.request_stop(&entry.id, stop_type, &by).await?;
        let id = entry.id.short();
        if args.no_wait {
            tell(&format!("stop requested; to follow the execution: `runwright attach {id}`\n"));
            return Ok(Exit::Success);
        }
        match watch(&automation, &entry.id, &view, screen).await? {
            // It ended before its process received the request.
            Watched::Ended(ended) if stop_type.came_too_late(&ended) => Err(has_ended(ended.id(), ended.status())),
            Watched::Ended(ended) => Ok(stopped(ended.status())),
            Watched::Detached => {
                tell(&format!("stop requested; no longer waiting for the end: `runwright attach {id}`\n"));
                Ok(Exit::Unfinished)
            }
            Watched::Abandoned => {
                tell(&format!("the process of execution {id} ended; to stop it, repeat `runwright stop {id}`\n"));
                Ok(Exit::Unfinished)
            }
        }
    })
}

/// A cancelled execution is a success of this command; one that ended by itself keeps its exit code.
fn stopped(status: Status) -> Exit {
    match status {
        Status::Cancelled => Exit::Success,
        other => Exit::from(other),
    }
}

fn has_ended(execution: &ExecutionId, status: Status) -> CliError {
    CliError::usage(format!("execution {execution} has ended: {status}"))
        .help("`runwright executions list --status InProgress` shows the running executions")
}
