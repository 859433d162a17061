//! Functions of this machine, and how one failed.

use serde::Serialize;
use serde_json::Value;

use crate::local_lambda::Function;
use crate::report::{Palette, one_line, safe_lines};

/// A function in the JSON form: stable, fields may be added. Names are those of the Lambda API where it has them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedFunction<'a> {
    function_name: &'a str,
    logical_id: &'a str,
    description: &'a str,
    runtime: String,
    handler: &'a str,
    timeout: u64,
    memory_size: u32,
    /// Why it cannot be run here.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<String>,
}

impl<'a> From<&'a Function> for ListedFunction<'a> {
    fn from(function: &'a Function) -> Self {
        Self {
            function_name: &function.name,
            logical_id: &function.logical_id,
            description: &function.description,
            runtime: function.runtime.to_string(),
            handler: &function.handler,
            timeout: function.timeout.as_secs(),
            memory_size: function.memory_megabytes,
            unavailable: function.unavailable(),
        }
    }
}

/// The functions of a template as a table.
pub fn render_functions(listed: &[ListedFunction<'_>], palette: Palette) -> String {
    let width = |of: &dyn Fn(&ListedFunction<'_>) -> usize, least: usize| {
        listed.iter().map(of).max().unwrap_or_default().max(least)
    };
    let names = width(&|function| function.function_name.chars().count(), 4);
    let runtimes = width(&|function| function.runtime.chars().count(), 7);
    let head = format!("{:<names$}  {:<runtimes$}  {:>7}  {}", "NAME", "RUNTIME", "TIMEOUT", "DESCRIPTION");
    let mut text = format!("{}\n", palette.faint(&head));
    for function in listed {
        let timeout = format!("{}s", function.timeout);
        let name = palette.strong(&format!("{:<names$}", one_line(function.function_name)));
        let description = one_line(function.description);
        let line = format!("{name}  {:<runtimes$}  {timeout:>7}  {description}", one_line(&function.runtime));
        text.push_str(&format!("{}\n", line.trim_end()));
        if let Some(reason) = &function.unavailable {
            text.push_str(&format!("  {}\n", palette.error(&format!("cannot run locally: {}", one_line(reason)))));
        }
    }
    text
}

/// The error of a function: its type, message and stack trace.
pub fn render_function_error(name: &str, kind: &str, payload: &[u8], palette: Palette) -> String {
    let error: Value = serde_json::from_slice(payload).unwrap_or(Value::Null);
    let part = |name: &str| error.get(name).and_then(Value::as_str).map(|text| one_line(text).into_owned());
    let what = match (part("errorType"), part("errorMessage")) {
        (Some(error_type), Some(message)) => format!("{error_type}: {message}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => "the reply has the details".to_owned(),
    };
    let mut text = format!("{} {} failed ({kind}): {what}\n", palette.strong(&palette.error("error:")), name);
    for line in error.get("stackTrace").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        for line in safe_lines(line) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}
