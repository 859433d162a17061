//! Errors of the application as exit codes, with what to do about them.

mod attachments;
mod files;

use super::error::CliError;
use super::exit::Exit;
use super::{file_error, redrive_error};
use crate::actions::LookupError;
use crate::automation::{AutomationError, Departure, Notice, RoleSource, SignalError};
use crate::engine::{EngineError, SignalRejected};
use crate::event::{LeaveReason, Status};
use crate::name::ExecutionId;
use crate::presentation::targets_advice;
use crate::report::one_line;
use crate::runner::RunError;
use crate::scripts::InterpreterError;
use crate::store::{Entry, FindError};

/// The exit code of an error.
pub(super) fn exit_code(error: &AutomationError) -> Exit {
    match error {
        AutomationError::Interpreter(InterpreterError::Environment(_)) => Exit::Failed,
        AutomationError::Store(_)
        | AutomationError::Find(FindError::Store(_))
        | AutomationError::DocumentMissing { .. }
        | AutomationError::InvalidPlace { .. }
        | AutomationError::InvalidHistory { .. } => Exit::Journal,
        AutomationError::Find(FindError::None { .. } | FindError::Ambiguous { .. } | FindError::Empty)
        | AutomationError::JournalRequired { .. }
        | AutomationError::NoJournal { .. }
        | AutomationError::TemplateMissing { .. }
        | AutomationError::TemplateUnreadable { .. }
        | AutomationError::Connect(_)
        | AutomationError::Accounts(_)
        | AutomationError::Locations(_)
        | AutomationError::Identity(_)
        | AutomationError::RoleUnreachable { .. }
        | AutomationError::OtherRegion { .. }
        | AutomationError::UnknownParameter { .. }
        | AutomationError::UnknownTargetParameter { .. }
        | AutomationError::Targets(_)
        | AutomationError::UnknownTargetType { .. }
        | AutomationError::OtherTargetType { .. }
        | AutomationError::ParameterIsFixed { .. }
        | AutomationError::SecretsMissing { .. }
        | AutomationError::VariableUnavailable { .. }
        | AutomationError::TimeoutNotWhole
        | AutomationError::TimeoutTooLong { .. }
        | AutomationError::Delays(_)
        | AutomationError::LockUnresolved(_)
        | AutomationError::Signal(_)
        | AutomationError::UnknownStep { .. }
        | AutomationError::StepNotRun { .. }
        | AutomationError::HasEnded { .. }
        | AutomationError::Gone { .. }
        | AutomationError::HasParent { .. }
        | AutomationError::FileUnreadable { .. }
        | AutomationError::FolderUnreadable { .. }
        | AutomationError::Models(_)
        | AutomationError::Interpreter(_)
        | AutomationError::AttachmentLocation(_)
        | AutomationError::CaseFile(_) => Exit::Usage,
        AutomationError::TargetLookup { source, .. } => match &**source {
            LookupError::Call(_) | LookupError::TooMany { .. } => Exit::Failed,
            LookupError::UnknownType { .. } => Exit::Usage,
        },
        AutomationError::Attachment(error) => attachments::exit_code(error),
        AutomationError::RecordCase(error) => files::record_case_exit(error),
        AutomationError::Import { source, .. } => files::import_exit(source),
        AutomationError::Target { source, .. } => exit_code(source),
        AutomationError::Redrive(error) => redrive_error::exit_code(error),
        AutomationError::File(error) => file_error::exit_code(error),
        AutomationError::InvalidRole { given_by, .. } => match given_by {
            RoleSource::Caller => Exit::Usage,
            RoleSource::Document => Exit::Invalid,
        },
        AutomationError::DocumentInvalid { .. }
        | AutomationError::InvalidFile { .. }
        | AutomationError::TemplateInvalid(_)
        | AutomationError::RoleUnresolved(_)
        | AutomationError::Parameters { .. } => Exit::Invalid,
        AutomationError::LockHeld { .. }
        | AutomationError::AlreadyRunning { .. }
        | AutomationError::FunctionsRunning { .. } => Exit::Conflict,
        AutomationError::DecisionRequired { .. } => Exit::Unfinished,
        AutomationError::Aborted { .. }
        | AutomationError::OutcomeTaken
        | AutomationError::NoThread { .. }
        | AutomationError::Export { .. }
        | AutomationError::GeneratedRunbookInvalid { .. } => Exit::Internal,
        AutomationError::Run { source, .. } => match source {
            RunError::Start(_) => Exit::Invalid,
            RunError::Store(_) => Exit::Journal,
            RunError::Engine(EngineError::MissingSecret(_)) => Exit::Usage,
            RunError::Engine(_) | RunError::Replay(_) => Exit::Internal,
            RunError::Left => Exit::Unfinished,
        },
        AutomationError::Left { execution, departure, .. } => match execution {
            Some(left) if departure.is_termination => match left.ended {
                Some(status) => Exit::from(status),
                None => Exit::Unfinished,
            },
            Some(_) | None => Exit::Cancelled,
        },
    }
}

/// What happened, with the flag that led to it.
fn message(error: &AutomationError) -> String {
    match error {
        AutomationError::InvalidRole { given_by: RoleSource::Caller, text } => {
            format!("The format of the supplied assume role ARN isn't valid. --assume-role is {text}")
        }
        AutomationError::TimeoutNotWhole | AutomationError::TimeoutTooLong { .. } => format!("--{error}"),
        AutomationError::LockUnresolved(unresolved) => format!("--lock: {unresolved}"),
        AutomationError::Redrive(error) => redrive_error::message(error),
        _ => error.to_string(),
    }
}

/// What to do about a notice, where there is something to be done.
pub(super) fn notice_advice(notice: &Notice) -> Option<String> {
    match notice {
        Notice::CancelledStepKept { from, .. } => Some(format!("--from {from} runs it")),
        Notice::FailedStepKept { from, .. } => Some(format!("--from {from} runs it again")),
        _ => None,
    }
}

/// What to do about an error, where there is something to be done.
pub(super) fn advice(error: &AutomationError) -> Option<String> {
    match error {
        AutomationError::Store(error) => error.help(),
        AutomationError::Find(error) => find_advice(error),
        AutomationError::JournalRequired { .. } => Some("leave out --ephemeral".to_owned()),
        AutomationError::NoJournal { .. } => {
            Some("start one with `runwright run FILE`, or use another folder: --state-dir FOLDER".to_owned())
        }
        AutomationError::InvalidHistory { .. } => {
            Some("another program changed it; `runwright executions events` shows its events".to_owned())
        }
        AutomationError::TemplateMissing { is_recorded: true, .. } => {
            Some("use another template: --functions FILE".to_owned())
        }
        AutomationError::TemplateMissing { is_recorded: false, .. } => {
            Some("--functions takes an AWS SAM or CloudFormation template, or a folder that has one".to_owned())
        }
        AutomationError::Identity(_) => {
            Some("leave out --as-aws-identity to act as the user of this machine".to_owned())
        }
        AutomationError::InvalidRole { .. } => {
            Some("write arn:aws:iam::123456789012:role/NAME; --assume-role '' uses your own credentials".to_owned())
        }
        AutomationError::RoleUnresolved(_) => Some("set the parameter, or use --assume-role".to_owned()),
        AutomationError::OtherRegion { execution, .. } => {
            Some(format!("start a new execution there: `runwright redrive {}`", execution.short()))
        }
        AutomationError::Parameters { problems } => {
            let missing: Vec<String> = problems
                .iter()
                .filter_map(|problem| match problem {
                    crate::runbook::binding::BindingProblem::Missing { name } => Some(format!("-p {name}=…")),
                    _ => None,
                })
                .collect();
            (!missing.is_empty()).then(|| format!("add {}", missing.join(" ")))
        }
        AutomationError::Signal(error) => signal_advice(error),
        AutomationError::UnknownParameter { nearest, .. }
        | AutomationError::UnknownTargetParameter { nearest, .. }
        | AutomationError::UnknownStep { nearest, .. } => {
            nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?"))
        }
        AutomationError::Redrive(error) => redrive_error::advice(error),
        AutomationError::File(error) => file_error::advice(error),
        AutomationError::Target { position, count, target, .. } => Some(match target {
            Some(target) => format!("for the target {target}"),
            None => format!("for target {position} of {count}"),
        }),
        AutomationError::Targets(error) => Some(targets_advice(error)),
        AutomationError::TargetLookup { source, .. } => lookup_advice(source),
        AutomationError::UnknownTargetType { .. } => Some(
            "add the type, such as --target-type /AWS::EC2::Instance, or list the targets: --targets a,b".to_owned(),
        ),
        AutomationError::OtherTargetType { .. } => Some("leave out --target-type".to_owned()),
        AutomationError::ParameterIsFixed { execution, parameter } => Some(format!(
            "start a new execution with another value: `runwright redrive {} -p {parameter}=…`",
            execution.short()
        )),
        AutomationError::SecretsMissing { execution, parameters } => {
            let flags: Vec<String> = parameters.iter().map(|name| format!("-p {name}=file://FILE")).collect();
            Some(format!("supply them again: runwright resume {} {}", execution.short(), flags.join(" ")))
        }
        AutomationError::Delays(_) => {
            Some("--retry-delay is the first delay, --retry-max-delay the longest".to_owned())
        }
        AutomationError::LockUnresolved(_) => Some("use parameters of the runbook".to_owned()),
        AutomationError::LockHeld { holder, .. } => Some(format!(
            "follow it with `runwright attach {}`; --on-conflict queue waits for the lock",
            holder.short()
        )),
        AutomationError::Run { source, stored } => run_advice(source, stored.as_ref()),
        AutomationError::Left { execution, departure, .. } => {
            let left = execution.as_ref()?;
            Some(match left.ended {
                Some(status) => format!("the execution has ended: {status}"),
                None => leave_advice(left.id.short(), *departure),
            })
        }
        AutomationError::HasEnded { execution, status } => Some(match status {
            Status::Success => format!("to run it again: `runwright rerun {}`", execution.short()),
            _ => format!("to start again from the step that failed: `runwright redrive {}`", execution.short()),
        }),
        AutomationError::AlreadyRunning { execution, .. } => {
            Some(format!("follow it with `runwright attach {}`", execution.short()))
        }
        AutomationError::FunctionsRunning { execution, .. } => Some(format!(
            "they were killed, but at least one waits in the kernel or belongs to another user; when it has ended: \
             `runwright resume {}`",
            execution.short()
        )),
        AutomationError::HasParent { parent, .. } => {
            Some(format!("resume the parent, which resumes this child: `runwright resume {}`", parent.short()))
        }
        AutomationError::DecisionRequired { execution, .. } => Some(format!(
            "to send it again: `runwright resume {} --on-interrupted retry`; to fail its step: `… fail`",
            execution.short()
        )),
        AutomationError::FileUnreadable { file, source } => files::unreadable_advice(file, source),
        AutomationError::CaseFile(error) => Some(files::case_file_advice(error)),
        AutomationError::RecordCase(error) => Some(files::record_case_advice(error)),
        AutomationError::Import { source, .. } => files::import_advice(source),
        AutomationError::Models(error) => files::models_advice(error),
        AutomationError::Attachment(error) => attachments::advice(error),
        AutomationError::DocumentMissing { .. }
        | AutomationError::Interpreter(_)
        | AutomationError::DocumentInvalid { .. }
        | AutomationError::InvalidFile { .. }
        | AutomationError::FolderUnreadable { .. }
        | AutomationError::Export { .. }
        | AutomationError::TemplateUnreadable { .. }
        | AutomationError::TemplateInvalid(_)
        | AutomationError::AttachmentLocation(_)
        | AutomationError::Connect(_)
        | AutomationError::Accounts(_)
        | AutomationError::Locations(_)
        | AutomationError::InvalidPlace { .. }
        | AutomationError::RoleUnreachable { .. }
        | AutomationError::VariableUnavailable { .. }
        | AutomationError::TimeoutNotWhole
        | AutomationError::TimeoutTooLong { .. }
        | AutomationError::GeneratedRunbookInvalid { .. }
        | AutomationError::StepNotRun { .. }
        | AutomationError::Aborted { .. }
        | AutomationError::OutcomeTaken
        | AutomationError::NoThread { .. }
        | AutomationError::Gone { .. } => None,
    }
}

fn run_advice(source: &RunError, stored: Option<&ExecutionId>) -> Option<String> {
    let RunError::Store(error) = source else { return None };
    let resume = match stored {
        Some(id) => format!("the stored events are safe; to resume: `runwright resume {id}`"),
        None => "nothing has run".to_owned(),
    };
    Some(match error.help() {
        Some(help) => format!("{help}; {resume}"),
        None => resume,
    })
}

fn lookup_advice(error: &LookupError) -> Option<String> {
    match error {
        LookupError::Call(error) => error.cause.remedy.as_ref().map(|remedy| remedy.trim_end_matches('.').to_owned()),
        LookupError::TooMany { .. } => Some("select fewer of them, or split them into several runs".to_owned()),
        LookupError::UnknownType { .. } => Some("use --target-type / for resources of every type".to_owned()),
    }
}

fn find_advice(error: &FindError) -> Option<String> {
    match error {
        FindError::None { given, .. } if given.is_empty() => Some("`last` is the newest execution".to_owned()),
        FindError::None { near, .. } if near.is_empty() => {
            Some("`runwright executions list` lists the executions; `last` is the newest one".to_owned())
        }
        // The candidates follow as lines.
        FindError::Ambiguous { .. } => Some("write a longer prefix of the ID:".to_owned()),
        FindError::None { .. } | FindError::Empty | FindError::Store(_) => error.help(),
    }
}

/// The executions with this prefix, a line each.
fn candidates(error: &FindError) -> Vec<String> {
    let FindError::Ambiguous { count, newest, .. } = error else { return Vec::new() };
    let line = |entry: &Entry| {
        format!("  {} {} {}, started {}", entry.id, entry.document.name, entry.status, entry.started_at)
    };
    let mut lines: Vec<String> = newest.iter().map(line).collect();
    let more = count.saturating_sub(u64::try_from(newest.len()).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines
}

fn signal_advice(error: &SignalError) -> Option<String> {
    match error {
        SignalError::Rejected { waiting_child: Some(child), .. } => Some(format!(
            "its child {} waits: `runwright signal {} …`",
            one_line(&child.document.name),
            child.id.short()
        )),
        SignalError::Rejected { execution, reason, waiting_child: None } => Some(match reason {
            SignalRejected::NothingWaits | SignalRejected::NothingRuns => show_advice(execution),
            SignalRejected::WrongSignal { wanted, .. } => {
                format!("the step accepts only {wanted}: `runwright signal {} …`", execution.short())
            }
            SignalRejected::NotAnApprover { .. }
            | SignalRejected::AlreadyApproved { .. }
            | SignalRejected::SelfApproval { .. } => "another user must do it".to_owned(),
        }),
        SignalError::OtherStep { execution, .. }
        | SignalError::AlreadyAnswered { execution, .. }
        | SignalError::TooLate { execution, .. } => Some(show_advice(execution)),
        SignalError::CommentTooLong => None,
        SignalError::RestWithoutStart => Some("leave out --rest, or send start-step".to_owned()),
    }
}

fn show_advice(execution: &ExecutionId) -> String {
    format!("`runwright executions show {}` shows its state", execution.short())
}

fn leave_advice(short: &str, departure: Departure) -> String {
    match departure.reason {
        LeaveReason::User => format!("to resume it: `runwright resume {short}`; it is not resumed automatically"),
        LeaveReason::Termination | LeaveReason::InternalError => format!("to resume it: `runwright resume {short}`"),
    }
}

impl From<AutomationError> for CliError {
    fn from(error: AutomationError) -> Self {
        let told = Self::new(exit_code(&error), message(&error));
        let told = match advice(&error) {
            Some(advice) => told.help(advice),
            None => told,
        };
        match error {
            AutomationError::Find(error) => candidates(&error).into_iter().fold(told, CliError::detail),
            AutomationError::Connect(_) => told.unconnected(),
            AutomationError::TemplateInvalid(errors) => {
                errors.0.iter().fold(told, |told, problem| told.detail(problem.to_string()))
            }
            AutomationError::DocumentInvalid { source_text, problems, .. }
            | AutomationError::InvalidFile { source_text, problems } => told.diagnostics(*source_text, problems),
            AutomationError::Parameters { problems } => told.parameters(problems),
            AutomationError::Redrive(error) => redrive_error::with_details(*error, told),
            AutomationError::Target { source, .. } => {
                let of_target = Self::from(*source);
                match told.help {
                    Some(advice) => of_target.help(advice),
                    None => of_target,
                }
            }
            _ => told,
        }
    }
}
