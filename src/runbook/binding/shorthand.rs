//! The AWS CLI's shorthand for lists and maps: `a,b`, `"a, b",c`, `k1=v1,k2=v2`.

use serde_json::{Map, Value};

use super::ValueError;

/// `a,b`: texts between commas.
pub(super) fn list(text: &str) -> Result<Value, ValueError> {
    let mut reader = Reader { rest: text };
    let mut items = Vec::new();
    loop {
        items.push(Value::String(reader.word(",")?));
        if !reader.take(',')? {
            return Ok(Value::Array(items));
        }
    }
}

/// `k1=v1,k2=v2`
pub(super) fn map(text: &str) -> Result<Value, ValueError> {
    let mut reader = Reader { rest: text };
    let mut entries = Map::new();
    loop {
        let key = reader.word("=,")?;
        if key.is_empty() || !reader.take('=').unwrap_or(false) {
            return Err(ValueError::NoPair { at: format!("{key}{}", reader.rest) });
        }
        let value = Value::String(reader.word(",")?);
        if entries.insert(key.clone(), value).is_some() {
            return Err(ValueError::DuplicateKey { key });
        }
        if !reader.take(',')? {
            return Ok(Value::Object(entries));
        }
    }
}

/// `[a,b]`
pub(super) fn bare_list(text: &str) -> Option<Value> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    // A text with quotes or brackets was meant as JSON, and the JSON error helps more.
    if inside.contains(['"', '[', '{']) { None } else { list(inside).ok() }
}

/// `{k=v}`
pub(super) fn bare_map(text: &str) -> Option<Value> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    if inside.contains(['"', '[', '{']) { None } else { map(inside).ok() }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// A word, in quotes or up to one of the characters `ends`; `\` escapes a comma, a quote, an equals sign and
    /// itself. Space around it is ignored.
    fn word(&mut self, ends: &str) -> Result<String, ValueError> {
        self.rest = self.rest.trim_start();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let mut characters = self.rest.char_indices().skip(usize::from(quote.is_some()));
        let mut word = String::new();
        let mut end = self.rest.len();
        let mut closed = quote.is_none();
        while let Some((at, c)) = characters.next() {
            match (c, quote) {
                ('\\', _) => match characters.next() {
                    Some((_, escaped @ ('\\' | '"' | '\'' | ',' | '='))) => word.push(escaped),
                    // A backslash before anything else is literal, as in a Windows path.
                    Some((_, other)) => word.extend(['\\', other]),
                    None => word.push('\\'),
                },
                (c, Some(quote)) if c == quote => {
                    end = at + c.len_utf8();
                    closed = true;
                    break;
                }
                (c, None) if ends.contains(c) => {
                    end = at;
                    break;
                }
                _ => word.push(c),
            }
        }
        if !closed {
            return Err(ValueError::OpenQuote { at: self.rest.to_owned() });
        }
        if quote.is_none() {
            word.truncate(word.trim_end().len());
        }
        self.rest = self.rest.get(end..).unwrap_or_default().trim_start();
        Ok(word)
    }

    /// Whether `wanted` comes next. Only the end is allowed instead.
    fn take(&mut self, wanted: char) -> Result<bool, ValueError> {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                Ok(true)
            }
            None if self.rest.is_empty() => Ok(false),
            None => Err(ValueError::AfterQuote { at: self.rest.to_owned() }),
        }
    }
}
