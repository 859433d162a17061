//! Targets that are supplied for an execution which was started before: sensitive ones again, or others to run.

use indexmap::IndexMap;

use crate::event::{Launch, LaunchTargets, TargetForm, TargetList};
use crate::execution::{EARLIER_TARGETS_PARAMETER, Execution};
use crate::name::ExecutionId;
use crate::runbook::binding::Supplied;

/// Why the targets of an execution cannot be run as requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetsError {
    /// Sensitive targets have to be supplied again.
    #[error("the targets are sensitive, and sensitive values are not stored in the journal")]
    Missing {
        /// The form of the targets.
        form: TargetForm,
    },
    /// The targets of an execution that is resumed cannot be changed.
    #[error("the targets of execution {} cannot be changed while it runs", execution.short())]
    Fixed {
        /// The execution.
        execution: ExecutionId,
        /// The form of the targets.
        form: TargetForm,
    },
    /// The execution does not run over targets.
    #[error("execution {} does not run over targets", execution.short())]
    NotOverTargets {
        /// The execution.
        execution: ExecutionId,
    },
    /// Which targets succeeded is unknown: the execution came from another journal without their executions.
    #[error(
        "execution {} was imported without the executions of its targets: their results are unknown",
        execution.short()
    )]
    Unknown {
        /// The execution.
        execution: ExecutionId,
        /// The form of its targets.
        form: TargetForm,
    },
    /// A lookup found no targets when the execution started.
    #[error("execution {} has no targets: no resources matched when it started", execution.short())]
    NothingMatched {
        /// The execution.
        execution: ExecutionId,
    },
    /// The targets were values and the supplied ones are maps, or the other way round.
    #[error("execution {} was started with targets of another form", execution.short())]
    OtherForm {
        /// The execution.
        execution: ExecutionId,
        /// The form of its targets.
        form: TargetForm,
    },
}

/// The targets of an execution that is resumed. Without `needs_secrets` sensitive ones may stay unknown: the execution is
/// only cancelled, and no target starts.
pub(super) fn resumed_targets(
    execution: &Execution,
    supplied: Option<&TargetList>,
    needs_secrets: bool,
) -> Result<Option<LaunchTargets>, TargetsError> {
    match (&execution.started().launch.targets, supplied) {
        (Some(targets), None) if targets.hidden && !needs_secrets => Ok(Some(unknown_targets(targets))),
        (Some(targets), None) if !targets.hidden => Ok(Some(LaunchTargets::clone(targets))),
        (Some(targets), Some(_)) if !targets.hidden => {
            Err(TargetsError::Fixed { execution: execution.id().clone(), form: targets.list.form() })
        }
        (_, supplied) => restarted_targets(execution, supplied.cloned()),
    }
}

/// Sensitive targets without the mask that the journal has in place of them.
pub(super) fn unknown_targets(targets: &LaunchTargets) -> LaunchTargets {
    let list = match targets.list.form() {
        TargetForm::Values => TargetList::Values(Vec::new()),
        TargetForm::Maps => TargetList::Maps(Vec::new()),
    };
    LaunchTargets { list, ..targets.clone() }
}

/// The targets of a new execution like this one.
pub(super) fn restarted_targets(
    execution: &Execution,
    supplied: Option<TargetList>,
) -> Result<Option<LaunchTargets>, TargetsError> {
    let launch = &execution.started().launch;
    let id = || execution.id().clone();
    match (&launch.targets, supplied) {
        (None, Some(_)) if !launch.over_targets => Err(TargetsError::NotOverTargets { execution: id() }),
        // The generated runbook has a parameter for them: see `supply_earlier_targets`.
        (None, _) => Ok(None),
        (Some(targets), None) if targets.hidden => Err(TargetsError::Missing { form: targets.list.form() }),
        (Some(targets), None) if targets.list.is_empty() => Err(TargetsError::NothingMatched { execution: id() }),
        (Some(targets), None) => Ok(Some(LaunchTargets::clone(targets))),
        (Some(targets), Some(list)) if targets.list.form() != list.form() => {
            Err(TargetsError::OtherForm { execution: id(), form: targets.list.form() })
        }
        (Some(targets), Some(list)) => {
            // Targets that the lookup did not find are not said to be found by it.
            let is_part = targets.hidden || is_part(&list, &targets.list);
            let found_by = targets.found_by.clone().filter(|_| is_part);
            Ok(Some(LaunchTargets { list, found_by, ..LaunchTargets::clone(targets) }))
        }
    }
}

/// Whether all targets of a list are among others.
fn is_part(list: &TargetList, of: &TargetList) -> bool {
    match (list, of) {
        (TargetList::Values(values), TargetList::Values(of)) => values.iter().all(|value| of.contains(value)),
        (TargetList::Maps(maps), TargetList::Maps(of)) => maps.iter().all(|map| of.contains(map)),
        (TargetList::Values(_), TargetList::Maps(_)) | (TargetList::Maps(_), TargetList::Values(_)) => false,
    }
}

/// Supplies the targets of an execution of an earlier program, as the parameter of the runbook that it generated.
pub(super) fn supply_earlier_targets(
    launch: &Launch,
    targets: Option<&TargetList>,
    supplied: &mut IndexMap<String, Supplied>,
) {
    if let Some(targets) = targets.filter(|_| launch.over_targets) {
        supplied.insert(EARLIER_TARGETS_PARAMETER.to_owned(), Supplied::Json(targets.to_json()));
    }
}
