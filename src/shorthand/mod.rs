//! The AWS CLI's shorthand syntax for maps: `A=1,B=2`.
//!
//! Owns: the grammar, and the errors with the bytes that are wrong. Does not own: which values may be shorthand, and files
//! (the caller reads what `@=` names). Pure; imports only `limits`.
//!
//! The grammar is that of version 2 of the AWS CLI, which documents it as "shorthand syntax":
//!
//! ```text
//! map     = pair *("," pair)
//! pair    = key "=" values / key "@=" values         ; with "@=" a value file://FILE is the content of the file
//! key     = 1*(letter / digit / "-" / "_" / "." / "#" / "/" / ":")
//! values  = value / value 1*("," value) / list / braces ; nothing at all is one empty value
//! list    = "[" [item *("," item)] "]"
//! braces  = "{" [key "=" item *("," key "=" item)] "}"
//! item    = value / list / braces
//! value   = "'" … "'" / DQUOTE … DQUOTE / text
//! ```
//!
//! A quoted value has `\'` (`\"`) for its quote and `\\` for a backslash; a bare one has `\,` for a comma, and every other
//! backslash is one. White space around the parts does not count. After a comma comes the next pair where `=` follows,
//! else the next value. Unlike there, an empty key and one that is given twice within braces are refused, white space
//! before the first key is not, and a key never begins within a value that has an escaped comma.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::limits::SHORTHAND_DEPTH;

/// Why a text is not valid shorthand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ShorthandError {
    /// What is wrong, as one sentence without a full stop.
    pub what: String,
    /// What to do, where it is not plain.
    pub help: Option<&'static str>,
    /// The bytes of the text that are wrong.
    pub span: Range<usize>,
}

/// Whether a text begins as shorthand does: with a key and `=` or `@=`.
pub fn begins_pair(text: &str) -> bool {
    first_key(text).is_some()
}

/// The key that a text begins with, when it begins as shorthand does.
pub fn first_key(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let (key, rest) = text.split_at(text.find(|c| !is_key(c))?);
    let rest = rest.trim_start();
    (!key.is_empty() && (rest.starts_with('=') || rest.starts_with("@="))).then_some(key)
}

/// Gives the content of a file, or why it cannot be read.
pub type Content<'c> = dyn FnMut(&str) -> Result<String, Box<dyn std::error::Error>> + 'c;

/// Reads a map: each value is a text, a list or a map. `content` gives the content of a file for `@=`, or why it cannot.
pub fn parse_map(text: &str, content: &mut Content<'_>) -> Result<Map<String, Value>, ShorthandError> {
    let mut parser = Parser { text, at: 0, depth: 0, content };
    let mut map = Map::new();
    parser.skip_space();
    loop {
        parser.pair(&mut map)?;
        if parser.is_at_end() {
            return Ok(map);
        }
        parser.expect(',')?;
    }
}

const fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '/' | ':')
}

/// Where a bare value ends.
#[derive(Debug, Clone, Copy)]
enum Ends {
    /// Of the first value: `=` is a part of it.
    First,
    /// Of a further one: with `=` behind it, it was a key.
    Further,
}

impl Ends {
    const fn has(self, c: char) -> bool {
        match (self, c) {
            (_, ',' | '"' | '\'') | (Self::First, ']' | '}') | (Self::Further, '=') => true,
            (Self::First | Self::Further, _) => false,
        }
    }
}

struct Parser<'t, 'c> {
    text: &'t str,
    at: usize,
    depth: usize,
    content: &'c mut Content<'c>,
}

impl<'t> Parser<'t, '_> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn current(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn wrong(&self, what: impl Into<String>) -> ShorthandError {
        let length = self.current().map_or(0, char::len_utf8);
        ShorthandError { what: what.into(), help: None, span: self.at..self.at + length }
    }

    fn found(&self) -> String {
        self.current().map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"))
    }

    /// Takes a character with the white space around it.
    fn expect(&mut self, wanted: char) -> Result<(), ShorthandError> {
        self.skip_space();
        if self.current() != Some(wanted) {
            return Err(self.wrong(format!("expected `{wanted}`, found {}", self.found())));
        }
        self.at += wanted.len_utf8();
        self.skip_space();
        Ok(())
    }

    fn pair(&mut self, map: &mut Map<String, Value>) -> Result<(), ShorthandError> {
        let (key, span, from_file) = self.key()?;
        let values = self.values(from_file)?;
        insert(map, key, values, span)
    }

    /// A key and its `=`, and whether its values may be files.
    fn key(&mut self) -> Result<(&'t str, Range<usize>, bool), ShorthandError> {
        let rest = self.rest();
        let key = rest.split_at(rest.find(|c| !is_key(c)).unwrap_or(rest.len())).0;
        if key.is_empty() {
            let mut error = self.wrong(format!("expected `NAME=`, found {}", self.found()));
            if matches!(self.current(), Some('"' | '\'')) {
                error.help = Some("a name has no quotes; put JSON into quotes as a whole: NAME='{\"key\": \"value\"}'");
            }
            return Err(error);
        }
        let span = self.at..self.at + key.len();
        self.at = span.end;
        self.skip_space();
        let from_file = self.rest().starts_with("@=");
        if from_file {
            self.at += 1;
        }
        if self.current() != Some('=') {
            let mut error = self.wrong(format!("expected `=` after `{key}`, found {}", self.found()));
            error.help = Some("put a value with a comma into quotes, or write `\\,`");
            return Err(error);
        }
        self.expect('=')?;
        Ok((key, span, from_file))
    }

    fn values(&mut self, from_file: bool) -> Result<Value, ShorthandError> {
        match self.current() {
            None => Ok(Value::String(String::new())),
            Some('[') => self.list(from_file),
            Some('{') => self.braces(),
            Some(_) => self.comma_separated(from_file),
        }
    }

    fn comma_separated(&mut self, from_file: bool) -> Result<Value, ShorthandError> {
        let first = self.value(Ends::First, from_file)?;
        let mut further = Vec::new();
        loop {
            self.skip_space();
            let comma = self.at;
            if self.current() != Some(',') {
                break;
            }
            self.at += 1;
            self.skip_space();
            if self.is_at_end() {
                let mut error = self.wrong("expected a value or `NAME=` after the comma, found the end");
                error.help = Some("leave the comma out, or write an empty value as \"\"");
                return Err(error);
            }
            let begins = self.at;
            let is_quoted = matches!(self.current(), Some('"' | '\''));
            let next = self.value(Ends::Further, from_file)?;
            let is_value = is_quoted || begins < self.at;
            self.skip_space();
            match self.current() {
                None | Some(',') if is_value => further.push(next),
                // Nothing is between two commas: the AWS CLI ignores the first one.
                Some(',') => break,
                // The text was a key, or empty: the pair that follows decides.
                Some(_) | None => {
                    self.at = comma;
                    break;
                }
            }
        }
        if further.is_empty() {
            return Ok(first);
        }
        further.insert(0, first);
        Ok(Value::Array(further))
    }

    fn list(&mut self, from_file: bool) -> Result<Value, ShorthandError> {
        self.nested(|parser| {
            let mut items = Vec::new();
            parser.expect('[')?;
            while parser.current() != Some(']') {
                items.push(parser.item(from_file)?);
                parser.skip_space();
                if parser.current() != Some(']') {
                    parser.expect_or_end(',', ']')?;
                }
            }
            parser.at += 1;
            Ok(Value::Array(items))
        })
    }

    fn braces(&mut self) -> Result<Value, ShorthandError> {
        self.nested(|parser| {
            let mut map = Map::new();
            parser.expect('{')?;
            while parser.current() != Some('}') {
                let (key, span, from_file) = parser.key()?;
                let value = parser.item(from_file)?;
                insert(&mut map, key, value, span)?;
                parser.skip_space();
                if parser.current() != Some('}') {
                    parser.expect_or_end(',', '}')?;
                }
            }
            parser.at += 1;
            Ok(Value::Object(map))
        })
    }

    fn expect_or_end(&mut self, separator: char, end: char) -> Result<(), ShorthandError> {
        self.skip_space();
        if self.current() == Some(separator) {
            return self.expect(separator);
        }
        Err(self.wrong(format!("expected `{separator}` or `{end}`, found {}", self.found())))
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Value, ShorthandError>,
    ) -> Result<Value, ShorthandError> {
        if self.depth == SHORTHAND_DEPTH {
            return Err(self.wrong(format!("lists and maps are more than {SHORTHAND_DEPTH} deep")));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn item(&mut self, from_file: bool) -> Result<Value, ShorthandError> {
        match self.current() {
            Some('[') => self.list(from_file),
            Some('{') => self.braces(),
            Some(_) => self.value(Ends::First, from_file),
            None => Err(self.wrong("expected a value, found the end")),
        }
    }

    fn value(&mut self, ends: Ends, from_file: bool) -> Result<Value, ShorthandError> {
        let begins = self.at;
        let text = match self.current() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => self.bare(ends),
        };
        let Some(file) = text.strip_prefix("file://").filter(|_| from_file) else { return Ok(Value::String(text)) };
        let content = (self.content)(file);
        content.map(Value::String).map_err(|error| ShorthandError {
            what: error.to_string(),
            help: None,
            span: begins..self.at,
        })
    }

    /// Up to a comma or what else ends it; empty where nothing is there.
    fn bare(&mut self, ends: Ends) -> String {
        let rest = self.rest();
        let mut text = String::new();
        let mut characters = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = characters.next() {
            let is_first = at == 0;
            match c {
                '\\' if characters.next_if(|(_, next)| *next == ',').is_some() => text.push(','),
                // Brackets and `=` are allowed within a bare value, and do not begin one.
                '[' | '{' | '=' if is_first => {
                    end = at;
                    break;
                }
                // A bracket that nothing has opened is a part of a value that begins with it.
                ']' | '}' if is_first => text.push(c),
                c if ends.has(c) => {
                    end = at;
                    break;
                }
                c => text.push(c),
            }
        }
        self.at += end;
        text.truncate(text.trim_end().len());
        text
    }

    /// A value in quotes. Where no quote closes it but one behind a backslash, that one does: `"C:\folder\"`.
    fn quoted(&mut self, quote: char) -> Result<String, ShorthandError> {
        let inside = self.rest().get(1..).unwrap_or_default();
        let mut characters = inside.char_indices();
        let mut close = None;
        let mut escaped_close = None;
        while let Some((at, c)) = characters.next() {
            if c == '\\' {
                let mut ahead = characters.clone();
                match ahead.next() {
                    Some((_, '\\')) => characters = ahead,
                    Some((at, next)) if next == quote => {
                        escaped_close = Some(at);
                        characters = ahead;
                    }
                    Some(_) | None => {}
                }
            } else if c == quote {
                close = Some(at);
                break;
            }
        }
        let Some(close) = close.or(escaped_close) else {
            let mut error = self.wrong(format!("the quote {quote} is never closed"));
            error.help =
                Some("close it before the comma or the end; the shell takes quotes away, so quote the whole too");
            return Err(error);
        };
        self.at += 1 + close + 1;
        let text = inside.get(..close).unwrap_or_default();
        Ok(text.replace(&format!("\\{quote}"), &quote.to_string()).replace("\\\\", "\\"))
    }
}

fn insert(map: &mut Map<String, Value>, key: &str, value: Value, span: Range<usize>) -> Result<(), ShorthandError> {
    if map.insert(key.to_owned(), value).is_none() {
        return Ok(());
    }
    let what = format!("`{key}` is given twice");
    Err(ShorthandError { what, help: Some("write several values of one name as NAME=a,b"), span })
}

#[cfg(test)]
mod tests;
