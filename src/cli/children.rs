//! `--document` and `--runbook-path`: where to find child runbooks.

use std::path::Path;

use clap::{Args, ValueHint};

use super::error::CliError;
use super::shared_args::assignment;
use crate::automation::children::Library;
use crate::automation::recorded_path;
use crate::event::Launch;
use crate::report::one_line;
use crate::runbook::inputs::execute_automation::document_name;

/// Where to find child runbooks.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Child runbooks")]
pub(super) struct ChildArgs {
    /// File of a child runbook (repeatable) [default: NAME.yaml, .yml or .json beside the runbook]
    #[arg(id = "child_document", long = "document", value_name = "NAME=FILE", value_parser = assignment)]
    document: Vec<(String, String)>,
    /// Folder to search for further child runbooks (repeatable)
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    runbook_path: Vec<String>,
}

impl ChildArgs {
    /// Records them for the process that runs the execution.
    pub(super) fn note(&self, launch: &mut Launch) -> Result<(), CliError> {
        for (name, file) in &self.document {
            let Some(known) = document_name(name) else {
                return Err(CliError::usage(format!("--document {}: not a valid runbook name", one_line(name)))
                    .help("write --document NAME=FILE, with the name that the step uses"));
            };
            if !Path::new(file).is_file() {
                return Err(CliError::usage(format!("--document {name}: file {} does not exist", one_line(file))));
            }
            if launch.documents.insert(known.to_owned(), recorded_path(file)).is_some() {
                return Err(CliError::usage(format!("--document {name} is given twice")));
            }
        }
        launch.runbook_path = self.runbook_path.iter().map(|folder| recorded_path(folder)).collect();
        Ok(())
    }

    /// The runbooks that can be found.
    pub(super) fn library(&self) -> Result<Library, CliError> {
        let mut launch = Launch::default();
        self.note(&mut launch)?;
        Ok(Library::of_launch(&launch))
    }
}
