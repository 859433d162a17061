//! The flags of the journal: where an execution is stored, its lock, its labels, and how it is resumed.

use clap::{Args, ValueEnum};
use indexmap::IndexMap;

use super::error::CliError;
use super::execute_args::ExecuteArgs;
use super::signals::TerminateArgs;
use super::state::StateArgs;
use super::{Exit, read};
use crate::automation::{Lock, Persistence, local_launch, read_label, recorded_path, with_environment};
use crate::event::{Connection, Launch, OnInterrupted, Origin};
use crate::expression::Template;
use crate::limits::{LABELS, LOCK_BYTES};
use crate::store::OnConflict;

/// How an execution is stored.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Journal")]
pub(super) struct JournalArgs {
    #[command(flatten)]
    pub(super) state: StateArgs,
    /// Run without a journal; the execution is not stored
    #[arg(long)]
    pub(super) ephemeral: bool,
    /// Policy for a call that was in flight when the process ended, and that may have run: retry it, fail its step, or
    /// ask [default: retry for functions, fail for other actions]
    #[arg(long, value_name = "POLICY", value_enum)]
    pub(super) on_interrupted: Option<Policy>,
    /// Executions with the same lock run one after another; may refer to parameters: 'restart-{{ InstanceId }}'
    #[arg(long, value_name = "NAME")]
    lock: Option<String>,
    /// What to do while another execution holds the lock: wait, refuse to start, or stop it first
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Conflict::Queue)]
    on_conflict: Conflict,
    /// Attach a label, shown in `executions list` (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = read_label)]
    label: Vec<(String, String)>,
    /// The user who starts the execution cannot approve its steps
    #[arg(long)]
    no_self_approval: bool,
    /// What to do with interrupted executions: report them, resume them in the background, or ignore them
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Recover::Tell)]
    pub(super) recover: Recover,
    #[command(flatten)]
    pub(super) terminate: TerminateArgs,
}

/// `--on-interrupted`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Policy {
    /// Send it again (at least once)
    Retry,
    /// Fail its step (at most once)
    Fail,
    /// Ask the user who resumes the execution
    Ask,
}

/// `--on-conflict`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Conflict {
    /// Wait for the lock
    Queue,
    /// Refuse to start
    Reject,
    /// Stop the holder, and the executions that wait for the lock
    Replace,
}

/// `--recover`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Recover {
    /// Report them
    Tell,
    /// Resume them in the background, except those that their user aborted with Ctrl-C
    Resume,
    /// Ignore them
    Off,
}

impl From<Policy> for OnInterrupted {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Retry => Self::Retry,
            Policy::Fail => Self::Fail,
            Policy::Ask => Self::Ask,
        }
    }
}

impl JournalArgs {
    /// Where events are stored; the journal is created when there is none.
    pub(super) fn persistence(&self) -> Result<Persistence, CliError> {
        if !self.ephemeral {
            let journal = self.state.journal().map_err(|error| {
                let instead = "run without a journal: --ephemeral";
                match &error.help {
                    _ if error.exit != Exit::Journal => error,
                    Some(help) => {
                        let help = format!("{help}; or {instead}");
                        error.help(help)
                    }
                    None => error.help(format!("use another folder: --state-dir FOLDER, or {instead}")),
                }
            });
            return journal.map(Persistence::Journal);
        }
        if self.lock.is_some() {
            return Err(CliError::usage("--lock needs the journal, and --ephemeral runs without it")
                .help("use --ephemeral=false, or leave out --lock"));
        }
        Ok(Persistence::Memory)
    }

    /// `--lock`, parsed.
    pub(super) fn lock(&self) -> Result<Option<Lock>, CliError> {
        let Some(name) = &self.lock else { return Ok(None) };
        if name.is_empty() || name.len() > LOCK_BYTES {
            return Err(CliError::usage(format!("--lock takes a name of 1 to {LOCK_BYTES} bytes")));
        }
        let on_conflict = match self.on_conflict {
            Conflict::Queue => OnConflict::Queue,
            Conflict::Reject => OnConflict::Reject,
            Conflict::Replace => OnConflict::Replace,
        };
        Ok(Some(Lock { name: Template::parse(name), on_conflict }))
    }

    /// How the execution is started. `file` is the runbook's, where it has one.
    pub(super) fn launch(
        &self,
        execute: &ExecuteArgs,
        connection: &Connection,
        file: Option<&str>,
    ) -> Result<Launch, CliError> {
        if self.label.len() > LABELS {
            return Err(CliError::usage(format!("an execution has at most {LABELS} labels")));
        }
        let file = file.filter(|file| *file != read::STDIN);
        // The command line overrides variables and files.
        let mut labels = IndexMap::new();
        for (name, value) in &self.label {
            labels.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(Launch {
            file: file.map(recorded_path),
            origin: Origin::New,
            connection: with_environment(connection.clone()),
            on_interrupted: self.on_interrupted.map(OnInterrupted::from),
            lock: None,
            lock_template: self.lock.clone(),
            no_self_approval: self.no_self_approval,
            labels,
            sensitive: execute.secrets.names(),
            ..local_launch()
        })
    }
}
