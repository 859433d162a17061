//! The flags that `redrive` and `rerun` share, and the run of the new execution.

use clap::{Args, ValueHint};

use super::error::CliError;
use super::foreground::{Form, View, automation_of, exit_of, give_outputs, start_in_foreground};
use super::interpreter_args::InterpreterArgs;
use super::local_functions::hint_at_template;
use super::notices::NoticeObserver;
use super::notify::{NotifyArgs, NotifyOnInsteadArgs};
use super::output::{self, give_json};
use super::overrides::OverrideArgs;
use super::parameters::RunningParameterArgs;
use super::runtime::wait;
use super::screen::Screen;
use super::signals::TerminateArgs;
use super::state::StateArgs;
use super::stored_parameters::StoredOverrideArgs;
use super::targets::SuppliedTargetArgs;
use super::{Exit, documents, targets};
use crate::automation::{
    Automation, AutomationError, RestartRequest, RunbookChoice, StartRequest, StoredRunbook, document_identity,
    load_models, recorded_path, system_user,
};
use crate::name::ExecutionId;

/// What to start again, and how.
#[derive(Debug, Args)]
pub(super) struct RestartArgs {
    /// Execution ID, a unique prefix of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    parameters: RunningParameterArgs,
    #[command(flatten)]
    stored: StoredOverrideArgs,
    #[command(flatten)]
    targets: SuppliedTargetArgs,
    /// Runbook to use instead of the file that the execution was started from
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "original")]
    document: Option<String>,
    /// Use the stored runbook of the old execution instead of its file
    #[arg(long)]
    original: bool,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Print the execution as one JSON document
    #[arg(long)]
    json: bool,
    /// Print only the result
    #[arg(short, long)]
    quiet: bool,
    /// Show the output of local functions while they run
    #[arg(long)]
    show_logs: bool,
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
}

impl RestartArgs {
    /// The request, for the execution that the user named.
    fn request(&self, execution: ExecutionId, screen: Screen) -> Result<RestartRequest, CliError> {
        let overrides = self.overrides.overrides();
        let runbook = match &self.document {
            Some(file) => {
                let models = load_models(overrides.aws_models.as_deref())?;
                let (source, runbook) = documents::validate(file, None, &models)?.usable()?;
                let name = document_identity(file, source.text()).name;
                let runbook = Box::new(StoredRunbook { source, runbook });
                RunbookChoice::Replacement { runbook, name, file: recorded_path(file) }
            }
            None if self.original => RunbookChoice::Original,
            None => RunbookChoice::Current,
        };
        Ok(RestartRequest {
            execution,
            runbook,
            supplied: self.parameters.given()?,
            targets: self.targets.list()?,
            overrides,
            notification_targets: self.notify.targets(),
            notify_on: self.notify_on.chosen(),
            interpreters: self.interpreters.options(&self.state, screen),
            ssm_parameters: self.stored.values()?,
            started_by: system_user(),
        })
    }

    /// Runs the new execution that `plan` makes of the request.
    pub(super) fn run(
        &self,
        verbose: bool,
        screen: Screen,
        plan: impl AsyncFnOnce(&Automation, RestartRequest, &NoticeObserver) -> Result<StartRequest, AutomationError>,
    ) -> Result<Exit, CliError> {
        let (_, entry) = self.state.find(&self.id)?;
        let request = self.request(entry.id, screen)?;
        let journal = self.state.journal()?;
        let automation = automation_of(&journal);
        let request = wait(plan(&automation, request, &NoticeObserver { screen }))?;
        output::redact(&request.context.secrets);
        let view = View {
            logs: self.show_logs,
            form: if self.quiet { Form::Quiet } else { Form::Whole },
            jsonl: false,
            verbose,
            pipeline: output::pipeline().clone(),
            asked: screen.can_ask.then(system_user),
        };
        let file = request.launch.file.clone().unwrap_or_default();
        let finished = start_in_foreground(&automation, request, &view, self.terminate.on_terminate, None, screen)
            .map_err(|error| hint_at_template(error, &file))?;
        targets::tell_summary(&journal, &finished.execution)?;
        if self.json {
            let mut summary = finished.execution.summary();
            targets::expand(&journal, &finished.execution, &mut summary)?;
            give_json(&summary)?;
        } else {
            give_outputs(&finished.execution)?;
        }
        Ok(exit_of(&finished))
    }
}
