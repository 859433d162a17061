//! The result of one invocation.

use std::borrow::Cow;

use base64::Engine as _;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::automation::INVOKE_STEP;
use crate::execution::Execution;
use crate::lambda::InvokeReply;
use crate::report::{Palette, escape_json, one_line, safe_lines};

/// The end of an invocation.
#[derive(Debug)]
pub struct InvocationEnd<'a> {
    /// The execution of one step.
    pub execution: &'a Execution,
    /// The reply of the last attempt, when one came.
    pub reply: Option<InvokeReply>,
    /// Whether the log was asked for.
    pub wants_log: bool,
}

impl InvocationEnd<'_> {
    /// The response besides the payload: Lambda's names, in the order of its documentation.
    fn metadata(&self) -> IndexMap<&'static str, Value> {
        let mut facts = IndexMap::new();
        let Some(reply) = &self.reply else { return facts };
        facts.insert("StatusCode", Value::from(reply.status_code));
        let texts = [
            ("ExecutedVersion", &reply.executed_version),
            ("FunctionError", &reply.function_error),
            ("RequestId", &reply.request_id),
        ];
        facts.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.as_deref()?)))));
        if let Some(log) = reply.log_result.as_deref().filter(|_| self.wants_log) {
            facts.insert("LogResult", Value::from(log));
        }
        facts
    }

    /// The log, decoded.
    fn log(&self) -> Option<String> {
        let log = self.reply.as_ref()?.log_result.as_deref().filter(|_| self.wants_log)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(log).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// For people, and for programs that read `NAME = value`.
    pub fn facts(&self, palette: Palette) -> String {
        let mut text = String::new();
        for (name, value) in self.metadata() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // The log is not shortened to one line.
            let value = if name == "LogResult" { Cow::Owned(value) } else { one_line(&value).into_owned().into() };
            text.push_str(&palette.faint(&format!("{name} = {value}")));
            text.push('\n');
        }
        for line in self.log().map(|log| safe_lines(&log)).unwrap_or_default() {
            text.push_str(&format!("  {line}\n"));
        }
        text
    }

    /// One JSON document. It has the payload as the function wrote it.
    pub fn document(&self, in_outfile: bool) -> String {
        let mut facts: Map<String, Value> =
            self.metadata().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        facts.insert("Status".to_owned(), Value::from(self.execution.status().as_str()));
        let run = self.execution.latest(INVOKE_STEP);
        facts.insert("Attempts".to_owned(), Value::from(run.map_or(0, |run| run.attempts.len())));
        facts.insert("AutomationExecutionId".to_owned(), Value::from(self.execution.id().as_str()));
        facts.extend(self.log().map(|log| ("Log".to_owned(), Value::from(log))));
        if let Some(failure) = run.and_then(|run| run.ending.as_ref()?.failure.as_ref()) {
            // A failure always has a JSON form.
            facts.insert("Error".to_owned(), serde_json::to_value(failure).unwrap_or_default());
        }
        let raw =
            self.reply.as_ref().map(|reply| reply.payload.as_slice()).filter(|raw| !in_outfile && !raw.is_empty());
        let mut document = escape_json(&serde_json::to_string_pretty(&facts).unwrap_or_default()).into_owned();
        if let Some(raw) = raw {
            let text = String::from_utf8_lossy(raw);
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(raw).is_ok();
            let (name, payload) = if is_json {
                ("Payload", text.trim().to_owned())
            } else {
                ("PayloadText", escape_json(&Value::from(&*text).to_string()).into_owned())
            };
            // The map is never empty, so its end is a line of its own.
            let open = document.strip_suffix("\n}").unwrap_or(&document);
            document = format!("{open},\n  \"{name}\": {payload}\n}}");
        }
        document.push('\n');
        document
    }

    /// The outputs of the step as texts.
    pub fn texts(&self) -> IndexMap<String, String> {
        let outputs =
            self.execution.latest(INVOKE_STEP).and_then(|run| run.ending.as_ref()).map(|ending| &ending.outputs);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        outputs
            .into_iter()
            .flat_map(|outputs| outputs.iter())
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect()
    }
}
