//! The runbooks that steps run: where they are, and what carries their executions on.

use std::any::Any;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueHint};

use super::args::assignment;
use super::carry::{Waits, WatchHandle, tell_people};
use super::error::CliError;
use super::notify::Notifier;
use super::parameters::Known;
use super::role;
use super::world::World;
use super::{resume, state};
use crate::actions::{Actions, Perform, RunChildren};
use crate::children::{Begun, Host, Hosted, Library};
use crate::clock::{Clock, SystemClock};
use crate::driver::CancelSender;
use crate::event::{ExecutionResumed, Launch, Recorded};
use crate::execution::{Execution, Phase};
use crate::name::ExecutionId;
use crate::report::{Reports, one_line};
use crate::runbook::inputs::execute_automation::document_name;

/// Where other runbooks are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Other runbooks")]
pub(super) struct ChildArgs {
    /// The file of a runbook that a step runs (repeatable); without it NAME.yaml, .yml or .json beside the runbook
    #[arg(id = "child_document", long = "document", value_name = "NAME=FILE", value_parser = assignment)]
    document: Vec<(String, String)>,
    /// A folder where runbooks that steps run are looked for after that (repeatable)
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    runbook_path: Vec<String>,
}

impl ChildArgs {
    /// Notes them for whoever carries the execution on.
    pub(super) fn note(&self, launch: &mut Launch) -> Result<(), CliError> {
        let absolute = |file: &str| state::absolute(Path::new(file)).display().to_string();
        for (name, file) in &self.document {
            let Some(known) = document_name(name) else {
                return Err(CliError::usage(format!("--document {}: this is no name of a runbook", one_line(name)))
                    .help("write --document NAME=FILE, with the name as the step has it"));
            };
            if !Path::new(file).is_file() {
                return Err(CliError::usage(format!("--document {name}: there is no file {}", one_line(file))));
            }
            if launch.documents.insert(known.to_owned(), absolute(file)).is_some() {
                return Err(CliError::usage(format!("--document {name} is given twice")));
            }
        }
        launch.runbook_path = self.runbook_path.iter().map(|folder| absolute(folder)).collect();
        Ok(())
    }

    /// The runbooks that can be found.
    pub(super) fn library(&self) -> Result<Library, CliError> {
        let mut launch = Launch::default();
        self.note(&mut launch)?;
        Ok(Library::of_launch(&launch))
    }
}

/// What children get from the command that runs their parent.
pub(super) struct Hosting {
    pub(super) world: Arc<World>,
    pub(super) reports: Reports,
    pub(super) watch: Option<WatchHandle>,
    /// Who is told of what children wait for.
    pub(super) notify: Notifier,
    /// What each of them waits for.
    pub(super) waits: Mutex<HashMap<ExecutionId, Waits>>,
}

impl std::fmt::Debug for Hosting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hosting").finish_non_exhaustive()
    }
}

impl Host for Hosting {
    fn actions<'a>(
        &'a self,
        child: Begun<'a>,
        children: Arc<dyn RunChildren>,
    ) -> Hosted<'a, Result<Arc<dyn Perform>, String>> {
        Box::pin(async move {
            let Begun { execution, runbook, parameters, environment, launch, secrets: _ } = child;
            let known = Known { environment, execution: execution.as_str(), now: SystemClock.now() };
            let role = role::role(launch.connection.assume_role.as_deref(), runbook, &known.scope(parameters))
                .map_err(|error| error.message)?;
            let lambda = self.world.client(role, execution).await.map_err(|error| error.message)?;
            Ok(Arc::new(Actions { lambda, last_reply: None, children: Some(children) }) as Arc<dyn Perform>)
        })
    }

    fn watch(&self, execution: &ExecutionId, cancel: &CancelSender) -> Box<dyn Any + Send> {
        Box::new(self.watch.as_ref().map(|watch| watch.watch(execution.clone(), cancel.clone())))
    }

    fn observe(&self, execution: &Execution, recorded: &Recorded) {
        self.reports.child(execution, recorded);
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(execution.phase(), Phase::Ended { .. }) {
            waits.remove(execution.id());
            return;
        }
        let wait = waits.entry(execution.id().clone()).or_insert_with(|| {
            let waits = Waits::new();
            tokio::spawn(tell_people(self.notify.clone(), self.world.access().cloned(), waits.now()));
            waits
        });
        wait.observe(execution);
    }

    fn resumed(&self) -> ExecutionResumed {
        resume::resumed()
    }
}
