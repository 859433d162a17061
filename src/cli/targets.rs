//! `--targets` and `--target-maps`: one runbook for many targets. The run itself: `automation::targets`.

use clap::Args;

use super::error::CliError;
use super::output::tell;
use super::read;
use super::runtime::wait;
use super::screen::Screen;
use crate::automation::{
    InvalidTargets, OpenJournal, TargetList, TargetRun, expand_targets, parse_target_maps, parse_target_values,
    read_max_concurrency, read_max_errors, summarize_targets,
};
use crate::execution::{AutomationExecution, Execution};
use crate::limits::DOCUMENT_BYTES;
use crate::presentation::{render_children, render_targets};
use crate::report::one_line;
use crate::runbook::Runbook;
use crate::runbook::inputs::execute_automation::Amount;

/// The targets of a run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Targets")]
pub(super) struct TargetArgs {
    /// Run the runbook once for each target: a,b,c, or @FILE with one per line, or the forms of the AWS CLI:
    /// Key=ParameterValues,Values=a,b, JSON, file://FILE
    #[arg(long, value_name = "VALUES", requires = "target_parameter", conflicts_with = "target_maps")]
    targets: Vec<String>,
    /// Parameter that receives the target
    #[arg(long, value_name = "NAME")]
    target_parameter: Option<String>,
    /// Run the runbook once for each map of parameters: a JSON list, a JSON or YAML file of one, or
    /// InstanceId=i-1,Zone=a for each
    #[arg(long, value_name = "SOURCE")]
    target_maps: Vec<String>,
    /// Concurrency limit: a number, or a percentage of the targets; ramps up from 1 [default: 10]
    #[arg(long, value_name = "N|N%", value_parser = read_max_concurrency)]
    max_concurrency: Option<Amount>,
    /// Stop starting targets after more than this many failures: a number, or a percentage of the targets [default: 0]
    #[arg(long, value_name = "N|N%", value_parser = read_max_errors)]
    max_errors: Option<Amount>,
}

impl TargetArgs {
    /// The run for the targets; none when there are no targets.
    pub(super) fn run(&self, file: &str, runbook: &Runbook) -> Result<Option<TargetRun>, CliError> {
        let list = match (self.targets.as_slice(), self.target_maps.as_slice()) {
            ([], []) => {
                if self.max_concurrency.is_some() || self.max_errors.is_some() || self.target_parameter.is_some() {
                    return Err(CliError::usage("the list of targets is empty").help("list them: --targets a,b,c"));
                }
                return Ok(None);
            }
            (words @ [_, ..], _) => TargetList::Values {
                parameter: self.target_parameter.clone().unwrap_or_default(),
                values: parse_target_values(words, &mut target_file)?,
            },
            ([], words) => TargetList::Maps {
                maps: parse_target_maps(words, &mut target_file)?,
                parameter: self.target_parameter.clone(),
            },
        };
        let run = TargetRun::new(list, runbook, self.max_concurrency, self.max_errors)?;
        if file == read::STDIN {
            return Err(CliError::usage("a runbook from standard input cannot run over targets")
                .help("write it to a file: each target reads the file when it starts"));
        }
        Ok(Some(run))
    }
}

impl From<InvalidTargets> for CliError {
    fn from(error: InvalidTargets) -> Self {
        let told = Self::usage(error.what);
        match error.help {
            Some(help) => told.help(help),
            None => told,
        }
    }
}

/// The text of a file with targets.
fn target_file(file: &str) -> Result<String, InvalidTargets> {
    let invalid = |what: String| InvalidTargets { what, help: None };
    let (name, bytes) =
        read::bytes(file, DOCUMENT_BYTES).map_err(|error| InvalidTargets { what: error.message, help: error.help })?;
    if bytes.len() > DOCUMENT_BYTES {
        return Err(invalid(format!("{}: the file is larger than {DOCUMENT_BYTES} bytes", one_line(&name))));
    }
    String::from_utf8(bytes).map_err(|_| invalid(format!("{}: the file is not UTF-8", one_line(&name))))
}

/// Shows every target as a separate step, as the service does.
pub(super) fn expand(
    journal: &OpenJournal,
    execution: &Execution,
    shape: &mut AutomationExecution,
) -> Result<(), CliError> {
    wait(expand_targets(journal.store(), execution, shape))
}

/// Reports the results of all targets at the end of a run.
pub(super) fn tell_summary(journal: &OpenJournal, execution: &Execution) -> Result<(), CliError> {
    if let Some(summary) = wait(summarize_targets(journal.store(), execution))? {
        tell(&render_targets(&summary));
    }
    Ok(())
}

/// The executions that the steps of one started, for people; empty when there are none.
pub(super) fn render(journal: &OpenJournal, execution: &Execution, screen: Screen) -> Result<String, CliError> {
    let children = wait(async { Ok(journal.store().children(execution.id()).await?) })?;
    Ok(render_children(&children, screen.results))
}
