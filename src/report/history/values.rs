//! Inputs and outputs: all of them on one line, or each whole.

use std::borrow::Cow;

use serde_json::Value;

use crate::limits::HISTORY_VALUE_CHARS;
use crate::report::{escape_json, one_line, safe_lines};

/// A text cut to so many characters, with a mark where it is cut.
pub(super) fn cut(text: &str, characters: usize) -> Cow<'_, str> {
    // Bytes are at least as many as characters.
    if text.len() <= characters {
        return Cow::Borrowed(text);
    }
    if text.char_indices().nth(characters).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.char_indices().nth(characters.saturating_sub(1)).map_or(0, |(at, _)| at);
    Cow::Owned(format!("{}…", text.get(..kept).unwrap_or_default()))
}

/// `Name=value, Other=…` on one line, each value shortened.
pub(super) fn brief<'a>(values: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let mut line = String::new();
    for (name, value) in values {
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&one_line(name));
        line.push('=');
        line.push_str(&short(value));
    }
    line
}

/// A value in at most so many characters as one line has room for.
pub(super) fn short(value: &Value) -> String {
    let text = match value {
        // A payload of megabytes is not written out to be thrown away.
        Value::String(text) => Cow::Borrowed(text.get(..ahead(text)).unwrap_or(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Cow::Owned(value.to_string())
        }
    };
    cut(&one_line(&text), HISTORY_VALUE_CHARS).into_owned()
}

/// Bytes that surely hold as many characters as are shown, and one more so that the cut is seen.
fn ahead(text: &str) -> usize {
    let enough = (HISTORY_VALUE_CHARS + 1) * 4;
    (enough..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// Each value whole: a text as its lines, everything else as JSON.
pub(super) fn whole<'a>(values: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, value) in values {
        let name = one_line(name);
        let shown = match value {
            Value::String(text) => match parsed(text) {
                Some(json) => pretty(&json),
                None => safe_lines(text),
            },
            Value::Array(_) | Value::Object(_) => pretty(value),
            Value::Null | Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        };
        match shown.as_slice() {
            [] => lines.push(format!("{name} =")),
            [line] => lines.push(format!("{name} = {line}")),
            several => {
                lines.push(format!("{name} ="));
                lines.extend(several.iter().map(|line| format!("  {line}")));
            }
        }
    }
    lines
}

/// Parses a payload, which is JSON as text, so that its structure is shown.
fn parsed(text: &str) -> Option<Value> {
    let structured = text.trim_start().starts_with(['{', '[']);
    if structured { serde_json::from_str(text).ok() } else { None }
}

fn pretty(value: &Value) -> Vec<String> {
    // A value has only texts as keys, so it always has a JSON form.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    escape_json(&text).lines().map(str::to_owned).collect()
}
