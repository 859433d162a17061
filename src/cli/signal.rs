//! `runwright signal ID SIGNAL`: answers a step that waits, or gives up the step under way.

use clap::{Args, ValueEnum};

use super::Exit;
use super::error::CliError;
use super::foreground::automation_of;
use super::identity::IdentityArgs;
use super::output::tell;
use super::runtime::runtime;
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
    let signal = args.signal.signal()?;
    let automation = automation_of(&args.state.journal()?);
    let by = if args.identity.as_aws_identity {
        args.identity.name(&automation.read(&entry.id)?.started().launch.connection)?
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
            let status = status.map_or_else(|| "skipped".to_owned(), |status| screen.errors.status(status));
            tell(&format!("step {step} has it and is {status}; `runwright attach {id}` shows what follows\n"));
            Exit::Success
        }
        SignalOutcome::Stored => {
            tell(&format!("stored; no process runs execution {id}: `runwright resume {id}` resumes it\n"));
            Exit::Unfinished
        }
        SignalOutcome::StoredNotTaken => {
            tell(&format!("stored, and not taken yet; `runwright executions show {id}` shows why\n"));
            Exit::Unfinished
        }
    })
}
