//! `runwright executions prune --older-than AGE`

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::automation::{Automation, Persistence, PruneRequest};
use crate::cli::error::CliError;
use crate::cli::output::tell;
use crate::cli::runtime::{runtime, wait};
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::{Exit, read};
use crate::clock::{Clock, SystemClock};
use crate::duration::moment_before;
use crate::event::Status;
use crate::presentation::render_size;
use crate::report::one_line;
use crate::store::Pruned;

const AFTER_HELP: &str = "\
Examples:
  runwright executions prune --older-than 30d --dry-run
  runwright executions prune --older-than 7d --status Success --yes

The age is the time since the end of the execution. Executions that have not ended are never removed.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PruneArgs {
    /// Minimum time since the end of the execution: 30d, 12h, 2w
    #[arg(long, value_name = "AGE")]
    older_than: String,
    /// Only executions with this status (repeatable)
    #[arg(long, value_name = "STATUS", value_enum, ignore_case = true)]
    status: Vec<EndWord>,
    /// Only report which executions would be removed
    #[arg(long)]
    dry_run: bool,
    /// Remove without confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    state: StateArgs,
}

/// How an execution can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum EndWord {
    /// It completed successfully
    Success,
    /// It failed
    Failed,
    /// It timed out
    TimedOut,
    /// It was cancelled
    Cancelled,
}

impl EndWord {
    const fn status(self) -> Status {
        match self {
            Self::Success => Status::Success,
            Self::Failed => Status::Failed,
            Self::TimedOut => Status::TimedOut,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// Removes executions that ended long ago.
pub(super) fn prune(args: &PruneArgs, screen: Screen) -> Result<Exit, CliError> {
    let ended_before = args.ended_before()?;
    let Some(journal) = args.state.existing()? else {
        tell(&format!("no executions in {}\n", one_line(&args.state.folder()?.to_string_lossy())));
        return Ok(Exit::Success);
    };
    let automation = Automation::new(Persistence::Journal(journal));
    let request = PruneRequest { ended_before, statuses: args.status.iter().map(|word| word.status()).collect() };
    let preview = wait(automation.preview_prune(&request))?;
    let found = preview.executions;
    if found == 0 {
        tell("nothing to remove: no matching execution is that old\n");
        return Ok(Exit::Success);
    }
    if args.dry_run {
        let by_status: Vec<String> =
            preview.by_status.iter().map(|(status, count)| format!("{count} {status}")).collect();
        tell(&format!("dry run: {} would be removed ({})\n", counted(found), by_status.join(", ")));
        return Ok(Exit::Success);
    }
    if !args.yes && !screen.can_ask {
        return Err(CliError::usage(format!(
            "{} would be removed, but there is no terminal to ask for confirmation",
            counted(found)
        ))
        .help("use --yes"));
    }
    if !args.yes && !confirmed(found)? {
        return Err(CliError::new(Exit::Cancelled, "cancelled; nothing was removed"));
    }
    let Pruned { executions, bytes } = runtime()?.block_on(automation.prune(&request))?;
    tell(&format!("{} removed, {} freed\n", counted(executions), render_size(bytes)));
    Ok(Exit::Success)
}

impl PruneArgs {
    fn ended_before(&self) -> Result<Timestamp, CliError> {
        let now = SystemClock.now();
        let at = moment_before(&self.older_than, now, &TimeZone::system())
            .map_err(|why| CliError::usage(format!("--older-than: {why}")))?;
        if at >= now {
            return Err(CliError::usage("--older-than: an age of 0 would remove every ended execution")
                .help("write an age such as 30d, at least 1s"));
        }
        Ok(at)
    }
}

fn confirmed(found: u64) -> Result<bool, CliError> {
    let failed =
        |error: std::io::Error| CliError::new(Exit::Cancelled, format!("cannot read the confirmation: {error}"));
    tell(&format!("Remove {}? [y/N] ", counted(found)));
    let answer = read::typed_line(&mut std::io::stdin().lock()).map_err(failed)?.unwrap_or_default();
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn counted(executions: u64) -> String {
    if executions == 1 { "1 execution".to_owned() } else { format!("{executions} executions") }
}
