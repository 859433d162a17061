//! `runwright signal ID SIGNAL`: answers a waiting step, or stops the current step.

use clap::{Args, ValueEnum};

use super::Exit;
use super::error::CliError;
use super::foreground::automation_of;
use super::identity::IdentityArgs;
use super::output::tell;
use super::runtime::{runtime, wait};
use super::screen::Screen;
use super::state::StateArgs;
use crate::automation::{SignalOutcome, SignalRequest, system_user};
use crate::event::Signal;

const AFTER_HELP: &str = "\
Examples:
  runwright signal last approve
  runwright signal 3fa85f64 reject --comment 'not tonight'
  runwright signal last resume
  runwright signal last start-step --step restart
  runwright signal last start-step --rest
  runwright signal last stop-step --comment 'hangs'

approve and reject answer an approval, resume ends a pause, start-step and skip-step control an interactive execution \
(run --mode interactive). stop-step abandons the current step: it becomes Cancelled, and its onFailure decides what \
follows. A signal applies to the step that waits now. It is stored in the journal, so it is not lost if the process of \
the execution ends. You act as the user of this machine, or with --as-aws-identity as the owner of your AWS \
credentials. One person's approval counts once.

Exit codes: 0 the step received the signal, 2 no step waits for it or you may not send it, 6 stored, but no process runs \
the execution";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SignalArgs {
    /// Execution ID, a unique prefix of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Signal to send
    #[arg(value_name = "SIGNAL", value_enum)]
    signal: Word,
    /// Reason, stored in the history
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Send the signal only if this is the waiting, next or current step
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// With start-step: also start all following steps without asking
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
    /// Approve (you must be an approver)
    Approve,
    /// Reject (you must be an approver)
    Reject,
    /// Resume a paused step
    Resume,
    /// Run the next step of an interactive execution
    StartStep,
    /// Skip the next step of an interactive execution
    SkipStep,
    /// Abandon the current step
    StopStep,
    /// Withdraw just-in-time access (does not apply to runbooks)
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
                return Err(CliError::usage("revoke withdraws just-in-time access, which runbook steps cannot grant")
                    .help("to abandon the current step: stop-step; to end the execution: `runwright stop`"));
            }
        })
    }
}

/// What a signal did to its step.
const fn past_participle(signal: Signal) -> &'static str {
    match signal {
        Signal::Approve => "approved",
        Signal::Reject => "rejected",
        Signal::Resume => "resumed",
        Signal::StartStep => "started",
        Signal::SkipStep => "skipped",
        Signal::StopStep => "stopped",
    }
}

/// Sends a signal and waits until the step has received it.
pub(super) fn signal(args: &SignalArgs, screen: Screen) -> Result<Exit, CliError> {
    let (_, entry) = args.state.find(&args.id)?;
    let signal = args.signal.signal()?;
    let automation = automation_of(&args.state.journal()?);
    let by = if args.identity.as_aws_identity {
        args.identity.name(&wait(automation.read(&entry.id))?.started().launch.connection)?
    } else {
        system_user()
    };
    let request = SignalRequest {
        comment: args.comment.clone(),
        step: args.step.clone(),
        starts_rest: args.rest,
        ..SignalRequest::new(entry.id.clone(), signal, &by)
    };
    let outcome = runtime()?.block_on(automation.signal(request))?;
    let id = entry.id.short();
    Ok(match outcome {
        SignalOutcome::Taken { step, status } => {
            let status = status.map(|status| format!(" and is {}", screen.errors.status(status))).unwrap_or_default();
            let done = past_participle(signal);
            tell(&format!("step {step} was {done}{status}; follow with `runwright attach {id}`\n"));
            Exit::Success
        }
        SignalOutcome::Stored => {
            tell(&format!(
                "signal stored, but no process runs execution {id}; to resume it: `runwright resume {id}`\n"
            ));
            Exit::Unfinished
        }
        SignalOutcome::StoredNotTaken => {
            tell(&format!("signal stored, but not processed yet; `runwright executions show {id}` shows the state\n"));
            Exit::Unfinished
        }
    })
}
