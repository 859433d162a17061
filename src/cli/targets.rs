//! `--targets` and `--target-maps`: one runbook for many targets. The run itself: `automation::targets`.

use clap::Args;

use super::error::CliError;
use super::output::tell;
use super::read;
use super::runtime::wait;
use super::screen::Screen;
use crate::automation::{
    InvalidTargets, LookupContext, OpenJournal, TargetRequest, TargetSource, expand_targets, parse_targets,
    read_max_concurrency, read_max_errors, read_target_type, summarize_targets,
};
use crate::event::{LaunchTargets, TargetList};
use crate::execution::{AutomationExecution, Execution};
use crate::limits::DOCUMENT_BYTES;
use crate::presentation::{render_children, render_targets};
use crate::redaction::Secrets;
use crate::report::one_line;
use crate::runbook::Runbook;
use crate::runbook::inputs::execute_automation::{Amount, TargetType};

/// The targets of a run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Targets")]
pub(super) struct TargetArgs {
    /// Run the runbook once for each target: a,b,c, or @FILE with one per line, or the forms of the AWS CLI:
    /// Key=ParameterValues,Values=a,b, JSON, file://FILE. Looked up in AWS with the keys tag:NAME, ResourceGroup, and
    /// AWS::EC2::Instance with the value *
    #[arg(long, value_name = "VALUES", requires = "target_parameter", conflicts_with = "target_maps")]
    targets: Vec<String>,
    /// Parameter that receives the target
    #[arg(long, value_name = "NAME")]
    target_parameter: Option<String>,
    /// Run the runbook once for each map of parameters: a JSON list, a JSON or YAML file of one, or
    /// InstanceId=i-1,Zone=a for each
    #[arg(long, value_name = "SOURCE")]
    target_maps: Vec<String>,
    /// Type of the resources that are looked up, such as /AWS::EC2::Volume; / is every type [default: the type that the
    /// parameter takes]
    #[arg(long, value_name = "TYPE", value_parser = read_target_type, requires = "targets")]
    target_type: Option<TargetType>,
    /// Concurrency limit: a number, or a percentage of the targets; ramps up from 1 [default: 10]
    #[arg(long, value_name = "N|N%", value_parser = read_max_concurrency)]
    max_concurrency: Option<Amount>,
    /// Stop starting targets after more than this many failures: a number, or a percentage of the targets [default: 0]
    #[arg(long, value_name = "N|N%", value_parser = read_max_errors)]
    max_errors: Option<Amount>,
}

/// The targets of an execution that was started before.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Targets")]
pub(super) struct SuppliedTargetArgs {
    /// Run these targets, as in `run`; supply sensitive ones again
    #[arg(long, value_name = "VALUES", conflicts_with = "target_maps")]
    targets: Vec<String>,
    /// Likewise for a run over maps of parameters
    #[arg(long, value_name = "SOURCE")]
    target_maps: Vec<String>,
}

impl SuppliedTargetArgs {
    /// The targets; none when there are none.
    pub(super) fn list(&self) -> Result<Option<TargetList>, CliError> {
        match parse_targets(&self.targets, &self.target_maps, &mut target_file)? {
            None => Ok(None),
            Some(TargetSource::Listed(list)) => Ok(Some(list)),
            Some(TargetSource::LookedUp(selector)) => Err(CliError::usage(format!(
                "--targets: targets by {} are looked up when an execution starts, and this one has started",
                selector.key()
            ))
            .help("list the targets: --targets a,b; or start a new execution with `runwright run`")),
        }
    }
}

impl TargetArgs {
    /// The targets of a run of a runbook, as they are requested; none when there are none.
    pub(super) fn request(&self, file: &str) -> Result<Option<TargetRequest>, CliError> {
        let Self { targets, target_parameter, target_maps, target_type, max_concurrency, max_errors } = self.clone();
        let Some(source) = parse_targets(&targets, &target_maps, &mut target_file)? else {
            if max_concurrency.is_some() || max_errors.is_some() || target_parameter.is_some() {
                return Err(CliError::usage("the list of targets is empty").help("list them: --targets a,b,c"));
            }
            return Ok(None);
        };
        if target_type.is_some() && matches!(source, TargetSource::Listed(_)) {
            return Err(CliError::usage(
                "--target-type is the type of targets that are looked up, and these are listed",
            )
            .help("leave it out, or write --targets Key=tag:NAME,Values=a,b"));
        }
        if file == read::STDIN {
            return Err(CliError::usage("a runbook from standard input cannot run over targets")
                .help("write it to a file: each target reads the file when it starts"));
        }
        Ok(Some(TargetRequest { source, parameter: target_parameter, max_concurrency, max_errors, target_type }))
    }
}

/// The targets of a request, looked up in AWS where they are not listed.
pub(super) fn resolve(request: TargetRequest, at: &LookupContext<'_>) -> Result<LaunchTargets, CliError> {
    wait(request.resolve(at))
}

impl TargetArgs {
    /// The targets within each account and Region, where they are looked up if they are not listed; none when nothing is said
    /// about them. Each location may have targets of its own.
    pub(super) fn within_locations(
        &self,
        runbook: &Runbook,
        secrets: &Secrets,
    ) -> Result<Option<LaunchTargets>, CliError> {
        let Self { targets, target_parameter, target_maps, target_type, max_concurrency, max_errors } = self.clone();
        let source = parse_targets(&targets, &target_maps, &mut target_file)?;
        if source.is_none() && target_parameter.is_none() && max_concurrency.is_none() && max_errors.is_none() {
            return Ok(None);
        }
        if target_type.is_some() {
            return Err(CliError::usage("--target-type does not apply to targets in other accounts and Regions")
                .help("the type is that of the parameter which receives the target"));
        }
        let source = source.unwrap_or(TargetSource::Listed(TargetList::Values(Vec::new())));
        let request = TargetRequest { source, parameter: target_parameter, max_concurrency, max_errors, target_type };
        Ok(Some(request.within_locations(runbook, secrets)?))
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
pub(super) fn target_file(file: &str) -> Result<String, InvalidTargets> {
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
