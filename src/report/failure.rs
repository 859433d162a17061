//! A failure in full: everything that an operator needs to find its cause.

use super::{Palette, one_line, safe_lines};
use crate::event::{CallReach, Cause, Failure, FailureStage, ReportedError};
use crate::limits::REPORT_BRIEF_CHARS;

/// The width of the column of names.
const NAMES: usize = 15;

/// The failure in a few words: what the function said, else the first sentence of what happened.
pub(super) fn brief(failure: &Failure) -> String {
    let said = failure.cause.as_ref().and_then(|cause| cause.reported_error.as_ref()).and_then(|error| {
        match (&error.error_type, &error.message) {
            (Some(error_type), Some(message)) => Some(format!("{error_type}: {message}")),
            (Some(text), None) | (None, Some(text)) => Some(text.clone()),
            (None, None) => None,
        }
    });
    let text = said.as_deref().unwrap_or(&failure.message);
    let line = one_line(text.trim().lines().next().unwrap_or_default()).trim_end_matches('.').to_owned();
    shortened(&line)
}

/// The part of a line that fits beside other text.
pub(super) fn shortened(line: &str) -> String {
    match line.char_indices().nth(REPORT_BRIEF_CHARS) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// Everything that is known of a failure, as lines of a name and a text, without indentation.
pub(super) fn details(failure: &Failure, palette: Palette) -> Vec<String> {
    let mut block = Block { palette, lines: Vec::new() };
    if let Some(error) = failure.cause.as_ref().and_then(|cause| cause.reported_error.as_ref()) {
        match (&error.error_type, error.kind.as_str()) {
            (Some(error_type), ReportedError::OF_A_SCRIPT) => block.error("script error", &one_line(error_type)),
            (None, ReportedError::OF_A_SCRIPT) => {}
            (Some(error_type), kind) => block.error("function error", &format!("{kind}, {}", one_line(error_type))),
            (None, kind) => block.error("function error", kind),
        }
        let trace = error.trace.join("\n");
        // The message of the failure of a script contains all of it already.
        let is_repeated = error.kind == ReportedError::OF_A_SCRIPT
            && error.message.as_ref().is_some_and(|message| failure.message.contains(message.as_str()))
            && failure.message.contains(&trace);
        match &error.message {
            _ if is_repeated => {}
            Some(message) => block.text("message", message),
            // Without a message the reply itself is all the function said.
            None => block.text("reply", &error.payload),
        }
        if !is_repeated {
            block.text("trace", &trace);
        }
    }
    if let Some(cause) = &failure.cause {
        if let Some(code) = &cause.code {
            match cause.http_status {
                Some(status) => block.error("service error", &format!("{} (HTTP {status})", one_line(code))),
                None => block.error("service error", &one_line(code)),
            }
        }
        block.text("log", cause.log_tail.as_deref().unwrap_or_default());
    }
    for (name, values) in &failure.details {
        block.text(&one_line(name), &values.join("\n"));
    }
    // Without a cause, a failure at the call is a stop: the message is complete.
    if failure.cause.is_some() || failure.stage != FailureStage::Invocation {
        block.text("kind", &kind(failure));
    }
    if let Some(cause) = &failure.cause {
        block.text("request id", cause.request_id.as_deref().unwrap_or_default());
        block.text("the action", progress(cause));
        if let Some(remedy) = &cause.remedy {
            block.strong("remedy", remedy);
        }
    }
    block.lines
}

fn kind(failure: &Failure) -> String {
    let place = format!("{} failed at {}", failure.failure_type.as_str(), failure.stage.as_str());
    match &failure.cause {
        Some(cause) => format!("{} ({place})", cause.class.as_str()),
        None => place,
    }
}

fn progress(cause: &Cause) -> &'static str {
    match cause.progress {
        CallReach::NotRun => "did not run",
        CallReach::MayHaveRun => "may have run, or may still be running",
        CallReach::Ran => "ran",
    }
}

struct Block {
    palette: Palette,
    lines: Vec<String>,
}

impl Block {
    fn push(&mut self, name: &str, lines: impl IntoIterator<Item = String>) {
        for (index, line) in lines.into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let name = format!("{name:<NAMES$}");
            self.lines.push(format!("{} {line}", self.palette.faint(&name)).trim_end().to_owned());
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.push(name, safe_lines(text.trim_end()));
    }

    fn error(&mut self, name: &str, text: &str) {
        let painted = self.palette.error(text);
        self.push(name, [painted]);
    }

    fn strong(&mut self, name: &str, text: &str) {
        let painted: Vec<String> = safe_lines(text.trim_end()).iter().map(|line| self.palette.strong(line)).collect();
        self.push(name, painted);
    }
}
