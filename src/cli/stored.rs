//! What the journal has of an execution, as commands need it.

use std::path::Path;

use super::Exit;
use super::error::{CliError, tell};
use super::screen::Screen;
use super::state::store_error;
use super::{functions, keep};
use crate::diagnostic::{Source, render};
use crate::event::{Connection, Recorded};
use crate::execution::{Disorder, Execution};
use crate::lambda::local::Functions;
use crate::name::ExecutionId;
use crate::runbook::{self, Runbook};
use crate::store::Journal;

/// A runbook whose text is in the journal.
pub(super) struct StoredRunbook {
    pub(super) source: Source,
    pub(super) runbook: Runbook,
}

/// The fold of a history.
pub(super) fn replay(id: &ExecutionId, events: &[Recorded]) -> Result<Execution, CliError> {
    Execution::replay(events).map_err(|why| disorder(id, &why))
}

/// A history that no execution can have.
pub(super) fn disorder(id: &ExecutionId, why: &Disorder) -> CliError {
    CliError::new(Exit::Journal, format!("the history of execution {id} cannot have happened: {why}"))
        .help("it was changed by something else than runwright; `runwright executions events` shows it")
}

/// The runbook that an execution began with.
pub(super) fn runbook(journal: &Journal, execution: &Execution, screen: Screen) -> Result<StoredRunbook, CliError> {
    let identity = &execution.started().document;
    let text = journal.document(&identity.sha256).map_err(|error| store_error(&error))?.ok_or_else(|| {
        CliError::new(Exit::Journal, format!("the journal does not have the runbook of execution {}", execution.id()))
    })?;
    read(&identity.name, &text, screen)
}

/// A runbook of a text that was valid when it was kept.
pub(super) fn read(name: &str, text: &str, screen: Screen) -> Result<StoredRunbook, CliError> {
    let document = crate::document::read(name, text.as_bytes()).map_err(|unreadable| {
        tell(&render(&unreadable.problems, &unreadable.source, screen.errors.colour, Screen::width()));
        invalid(name)
    })?;
    let loaded = runbook::load(&document);
    if let Some(runbook) = loaded.runbook {
        return Ok(StoredRunbook { source: document.source, runbook });
    }
    tell(&render(&loaded.diagnostics, &document.source, screen.errors.colour, Screen::width()));
    Err(invalid(name))
}

fn invalid(name: &str) -> CliError {
    CliError::new(Exit::Invalid, format!("the runbook {name}, as the journal has it, is not valid for this version"))
}

/// The functions of this machine that an execution was started with. A template that has changed is told.
pub(super) fn functions(connection: &Connection, screen: Screen) -> Result<Option<Functions>, CliError> {
    let Some(template) = &connection.functions else { return Ok(None) };
    if !Path::new(&template.file).exists() {
        return Err(CliError::usage(format!("{}: the functions template is not there any more", template.file))
            .help("name another one: --functions FILE"));
    }
    if keep::template(&template.file)?.sha256 != template.sha256 {
        let word = screen.errors.strong(&screen.errors.warn("warning:"));
        tell(&format!(
            "{word} {} has changed since the execution began; its functions are used as they are now\n",
            template.file
        ));
    }
    functions::load(&template.file, connection.region.as_deref(), screen).map(Some)
}
