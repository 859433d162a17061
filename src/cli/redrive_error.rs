//! Errors of redrives and reruns as exit codes, with what to do about them.

use super::error::CliError;
use super::exit::Exit;
use crate::automation::RedriveError;
use crate::event::Next;
use crate::name::StepName;

/// Steps that a message names.
const STEPS_NAMED: usize = 20;

/// The exit code of an error.
pub(super) fn exit_code(error: &RedriveError) -> Exit {
    match error {
        RedriveError::Unfinished { is_running: true, .. } => Exit::Conflict,
        RedriveError::RunbookInvalid { .. }
        | RedriveError::NotExecutable { .. }
        | RedriveError::StepRepeated { .. }
        | RedriveError::OrderChanged { .. }
        | RedriveError::StepsChanged { .. } => Exit::Invalid,
        RedriveError::Unfinished { is_running: false, .. }
        | RedriveError::OverLocations { .. }
        | RedriveError::TargetsSucceeded { .. }
        | RedriveError::RunbookFixedByTargets
        | RedriveError::UnknownStep { .. }
        | RedriveError::StepInLoop { .. }
        | RedriveError::BranchNotTaken { .. }
        | RedriveError::StepGone { .. }
        | RedriveError::NothingFailed { .. }
        | RedriveError::OutputLost { .. }
        | RedriveError::VariableLost { .. }
        | RedriveError::SecretsMissing { .. } => Exit::Usage,
    }
}

/// What happened, with the flag that led to it.
pub(super) fn message(error: &RedriveError) -> String {
    match error {
        RedriveError::UnknownStep { .. } | RedriveError::StepInLoop { .. } | RedriveError::BranchNotTaken { .. } => {
            format!("--from {error}")
        }
        _ => error.to_string(),
    }
}

/// What to do about an error.
pub(super) fn advice(error: &RedriveError) -> Option<String> {
    Some(match error {
        RedriveError::Unfinished { execution, is_running: true } => {
            let id = execution.short();
            format!("follow it with `runwright attach {id}`, or stop it with `runwright stop {id}`")
        }
        RedriveError::Unfinished { execution, is_running: false } => {
            let id = execution.short();
            format!("resume it with `runwright resume {id}`, or stop it with `runwright stop {id}` and redrive it then")
        }
        RedriveError::OverLocations { execution } => format!(
            "`runwright rerun {}` runs in all of them again; start a new execution for some of them: \
             `runwright run FILE --target-locations …`",
            execution.short()
        ),
        RedriveError::TargetsSucceeded { .. } => "`runwright rerun` runs all of them again".to_owned(),
        RedriveError::RunbookFixedByTargets => {
            "start a new one with the other runbook: `runwright run FILE --targets …`".to_owned()
        }
        RedriveError::RunbookInvalid { .. } => "fix it, or use the stored runbook: --original".to_owned(),
        RedriveError::NotExecutable { .. } => return None,
        RedriveError::UnknownStep { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
        RedriveError::UnknownStep { nearest: None, steps, .. } => {
            let names: Vec<&str> = steps.iter().map(StepName::as_str).take(STEPS_NAMED).collect();
            let more = if steps.len() > STEPS_NAMED { ", …" } else { "" };
            format!("the steps are {}{more}", names.join(", "))
        }
        RedriveError::StepInLoop { looping, .. } => format!("loops run again as a whole: --from {looping}"),
        RedriveError::BranchNotTaken { .. } => {
            "start at the step that chose the branch, or use `runwright rerun`".to_owned()
        }
        RedriveError::StepGone { .. } => {
            "choose the step with --from STEP, or use the stored runbook: --original".to_owned()
        }
        RedriveError::NothingFailed { .. } => {
            "choose the step with --from STEP; `runwright rerun` starts from the beginning".to_owned()
        }
        RedriveError::OutputLost { source_step, .. } => {
            format!("start at the step that produces it: --from {source_step}")
        }
        RedriveError::VariableLost { source_step, .. } => {
            format!("start at the step that sets it, or earlier: --from {source_step}")
        }
        RedriveError::StepRepeated { step, .. } => {
            format!("`--from {step}` runs it and all following steps again; `--original` uses the stored order")
        }
        RedriveError::OrderChanged { divergence, from, change } => {
            let remedy = match (&divergence.inside, &divergence.now) {
                (Some(looping), _) => format!("`--from {looping}` runs the loop again; "),
                (None, Next::Step(step)) => format!("`--from {step}` starts there; "),
                (None, Next::End) => String::new(),
            };
            format!(
                "{remedy}`--document {}` continues with {from} anyway, `--original` uses the stored order",
                change.name
            )
        }
        RedriveError::StepsChanged { steps, change } => format!(
            "`--document {}` uses the current runbook anyway, `--original` the stored one; `--from {}` runs the changed {} \
             again",
            change.name,
            steps.first().map(StepName::as_str).unwrap_or_default(),
            if steps.len() == 1 { "step" } else { "steps" }
        ),
        RedriveError::SecretsMissing { parameters } => {
            let flags: Vec<String> = parameters.iter().map(|name| format!("-p {name}=file://FILE")).collect();
            format!("supply them again: {}", flags.join(" "))
        }
    })
}

/// Adds what is reported before the error itself.
pub(super) fn with_details(error: RedriveError, told: CliError) -> CliError {
    match error {
        RedriveError::RunbookInvalid { source_text, problems }
        | RedriveError::NotExecutable { source_text, problems } => told.diagnostics(*source_text, problems),
        RedriveError::OrderChanged { change, .. } | RedriveError::StepsChanged { change, .. } => {
            told.difference(change)
        }
        _ => told,
    }
}
