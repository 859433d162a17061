//! Problems as pipelines show them beside the log.

use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::event::Status;
use crate::execution::Execution;
use crate::report::one_line;
use crate::untrusted::pipeline::{AnnotationLevel, AnnotationRange, LogCommand, Pipeline};

/// The failures of an execution, as annotations of the pipeline.
pub fn annotate_failures(pipeline: &Pipeline, execution: &Execution) -> Vec<LogCommand> {
    let document = &execution.started().document.name;
    let mut commands = Vec::new();
    let mut push = |level, title: &str, message: &str| {
        commands.extend(pipeline.issue(level, &one_line(title), message));
    };
    let mut told = false;
    for run in execution.runs() {
        let Some(ending) = run.ending.as_ref().filter(|it| matches!(it.status, Status::Failed | Status::TimedOut))
        else {
            continue;
        };
        let outline = execution.started().outline.steps.iter().find(|outline| outline.name == run.step);
        // A step that aborts its loop has ended the loop, which has an annotation.
        if run.parent.is_some() && outline.is_some_and(|outline| outline.on_failure == "Abort") {
            continue;
        }
        let counts = outline.is_none_or(|outline| outline.is_critical || outline.on_failure == "Abort");
        let message = ending.failure.as_ref().map_or("no reason was recorded", |failure| &failure.message);
        told |= counts;
        let level = if counts { AnnotationLevel::Error } else { AnnotationLevel::Warning };
        push(level, &format!("{document}: step {} {}", run.step, ending.status), message);
    }
    if !told && execution.status() != Status::Success {
        let reason = execution.ending().and_then(|ending| ending.failure_message.as_deref());
        push(AnnotationLevel::Error, document, reason.unwrap_or(&format!("ended {}", execution.status())));
    }
    commands
}

/// A problem as an annotation of a GitHub workflow.
pub fn annotate_problem(diagnostic: &Diagnostic, source: &Source) -> LogCommand {
    let level = match diagnostic.severity() {
        Severity::Error => AnnotationLevel::Error,
        Severity::Warning => AnnotationLevel::Warning,
    };
    let position = |at| {
        let position = source.position(at);
        (position.line, position.column)
    };
    let place = AnnotationRange {
        file: source.name(),
        start: position(diagnostic.span.start),
        end: position(diagnostic.span.end),
    };
    let mut message = diagnostic.message.clone();
    for help in &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    LogCommand::annotation(level, place, diagnostic.code.as_str(), &message)
}
