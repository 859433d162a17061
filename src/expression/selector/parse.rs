//! Parses the selector dialect into segments.

use super::{Place, Segment, SelectorError, quoted, written};
use crate::limits::SELECTOR_DEPTH;

/// The segments of a whole selector, without `$`.
pub(super) fn segments(text: &str) -> Result<Vec<Segment>, SelectorError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.skip_space();
    if reader.rest().is_empty() {
        return Err(reader.error("the selector is empty", Some("write `$` for the whole result")));
    }
    if reader.take('$') {
        if reader.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return Err(reader.error("a dot is missing after `$`", Some("write `$.name`")));
        }
    } else if reader.peek() == Some('@') {
        return Err(reader.error("`@` has a meaning only in a filter", Some("begin the selector with `$`")));
    }
    let segments = reader.path(true)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(segments),
        Some(c) => Err(reader.unexpected(c)),
    }
}

/// A position in the text that is parsed.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The number of open brackets.
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn take_text(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn error(&self, message: impl Into<String>, help: Option<&str>) -> SelectorError {
        SelectorError { message: message.into(), help: help.map(str::to_owned), offset: self.at }
    }

    fn unexpected(&self, c: char) -> SelectorError {
        self.error(format!("unexpected {c:?} in the selector"), None)
    }

    /// Parses segments as far as there are any. `bare_start`: the first may be a name without a dot.
    fn path(&mut self, bare_start: bool) -> Result<Vec<Segment>, SelectorError> {
        let mut segments = Vec::new();
        if bare_start && self.peek().is_some_and(|c| is_name(c) || matches!(c, '\'' | '"' | '*')) && self.at_start() {
            segments.push(self.named()?);
        }
        loop {
            match self.peek() {
                Some('[') => segments.push(self.bracketed()?),
                Some('.') => {
                    let deep = self.take_text("..") || !self.take('.');
                    let segment = match self.peek() {
                        Some('[') => self.bracketed()?,
                        Some(_) => self.named()?,
                        None => return Err(self.error("the selector ends with a dot", Some("remove the dot"))),
                    };
                    segments.push(if deep { Segment::Deep(Box::new(segment)) } else { segment });
                }
                Some(_) | None => return Ok(segments),
            }
        }
    }

    fn at_start(&self) -> bool {
        self.text.get(..self.at).is_some_and(|before| before.trim().is_empty())
    }

    /// Parses what follows a dot: a name, a quoted name or `*`.
    fn named(&mut self) -> Result<Segment, SelectorError> {
        let start = self.at;
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Segment::Many("[*]".to_owned()))
            }
            Some('\'' | '"') => Ok(Segment::Place(Place::Child(self.quoted_text()?))),
            Some(c) if is_name(c) => {
                let name = self.take_while(is_name);
                if self.peek() == Some('(') {
                    self.at = start;
                    return Err(self.error(
                        format!("selectors have no functions such as `{name}()`"),
                        Some("select the value, and compute with it in a function or in another step"),
                    ));
                }
                Ok(Segment::Place(Place::Child(name.to_owned())))
            }
            Some('.') => Err(self.error("too many dots in the selector", Some("`.name` or `..name`"))),
            Some(c) => Err(self.unexpected(c)),
            None => Err(self.error("the selector ends with a dot", Some("remove the dot"))),
        }
    }

    /// Parses the content of brackets.
    fn bracketed(&mut self) -> Result<Segment, SelectorError> {
        let open = self.at;
        self.enter('[')?;
        let segment = match self.peek() {
            Some('*') => {
                self.at += 1;
                Segment::Many("[*]".to_owned())
            }
            Some('\'' | '"') => {
                let name = self.quoted_text()?;
                self.skip_space();
                if self.peek() == Some(',') {
                    return Err(self.error("brackets hold one name", Some("declare one output for each name")));
                }
                Segment::Place(Place::Child(name))
            }
            Some('?') => {
                self.at += 1;
                Segment::Many(format!("[?{}]", self.filter()?))
            }
            Some('(') => {
                return Err(
                    self.error("selectors do not compute indexes", Some("write `[-1]` for the last element of a list"))
                );
            }
            Some('-' | ':' | '0'..='9') => self.indexes()?,
            Some(c) if is_name(c) => {
                let name = self.take_while(is_name);
                let help = format!("write `['{name}']`");
                return Err(self.error("a name in brackets must be quoted", Some(&help)));
            }
            Some(c) => return Err(self.unexpected(c)),
            None => return Err(unclosed(self, open)),
        };
        self.skip_space();
        if self.take(']') {
            self.depth -= 1;
            return Ok(segment);
        }
        Err(match self.peek() {
            Some(c) => self.unexpected(c),
            None => unclosed(self, open),
        })
    }

    /// Opens a bracket, and refuses to nest deeper than [`SELECTOR_DEPTH`].
    fn enter(&mut self, bracket: char) -> Result<(), SelectorError> {
        self.take(bracket);
        self.depth += 1;
        if self.depth > SELECTOR_DEPTH {
            return Err(self.error(format!("the selector nests brackets more than {SELECTOR_DEPTH} deep"), None));
        }
        self.skip_space();
        Ok(())
    }

    /// `0`, `-1`, `0,2`, `1:3`, `:2`, `::2`
    fn indexes(&mut self) -> Result<Segment, SelectorError> {
        let start = self.at;
        let text = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | ',' | ' ')).trim_end();
        let wrong = |reader: &mut Self| {
            reader.at = start;
            Err(reader
                .error(format!("`[{text}]` is not an index or range"), Some("write `[0]`, `[-1]`, `[0,2]` or `[1:3]`")))
        };
        let compact: String = text.chars().filter(|c| *c != ' ').collect();
        if let Some(index) = whole_number(&compact) {
            return Ok(Segment::Place(Place::Index(index)));
        }
        let list: Option<Vec<String>> =
            compact.split(',').map(|part| whole_number(part).map(|index| index.to_string())).collect();
        let range: Option<Vec<String>> =
            compact
                .split(':')
                .map(|part| {
                    if part.is_empty() {
                        Some(String::new())
                    } else {
                        whole_number(part).map(|index| index.to_string())
                    }
                })
                .collect();
        match (list, range) {
            (Some(list), _) => Ok(Segment::Many(format!("[{}]", list.join(",")))),
            (None, Some(range)) if (2..=3).contains(&range.len()) => {
                Ok(Segment::Many(format!("[{}]", range.join(":"))))
            }
            (None, _) => wrong(self),
        }
    }

    /// Parses a filter after `?`: `(@.k == 'v')`, with or without parentheses, into RFC 9535 syntax.
    fn filter(&mut self) -> Result<String, SelectorError> {
        self.skip_space();
        if self.peek() == Some('(') {
            let open = self.at;
            self.enter('(')?;
            let filter = self.filter()?;
            self.skip_space();
            if !self.take(')') {
                return Err(match self.peek() {
                    Some(_) => self.no_such_operator(),
                    None => unclosed(self, open),
                });
            }
            self.depth -= 1;
            return Ok(filter);
        }
        if self.peek() == Some('!') {
            return Err(self.error(
                "filters have no `!`",
                Some("compare with one of == != > < >= <=, as in `[?(@.State != 'running')]`"),
            ));
        }
        let left = self.operand()?;
        self.skip_space();
        let operator = ["==", "!=", ">=", "<=", ">", "<"].into_iter().find(|operator| self.take_text(operator));
        match (operator, self.peek()) {
            (Some(operator), _) => {
                let right = self.operand()?;
                Ok(format!("{} {operator} {}", left.written, right.written))
            }
            (None, Some(')' | ']') | None) if left.is_path => Ok(left.written),
            (None, Some(')' | ']')) => {
                Err(self.error("a filter compares a field of the element", Some("write `[?(@.Name == 'value')]`")))
            }
            (None, _) => Err(self.no_such_operator()),
        }
    }

    fn no_such_operator(&self) -> SelectorError {
        if self.rest().starts_with("&&") || self.rest().starts_with("||") {
            return self.error(
                "a filter holds one comparison; the service knows no `&&` and no `||`",
                Some("declare two outputs, or decide in a function"),
            );
        }
        self.error("unknown operator in a filter", Some("compare with one of == != > < >= <="))
    }

    /// One side of a comparison.
    fn operand(&mut self) -> Result<Operand, SelectorError> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(root @ ('@' | '$')) => {
                self.at += 1;
                let segments = self.path(false)?;
                Ok(Operand { written: format!("{root}{}", written(&segments)), is_path: true })
            }
            Some('\'' | '"') => Ok(Operand { written: quoted(&self.quoted_text()?), is_path: false }),
            Some(c) if c == '-' || c.is_ascii_alphanumeric() => {
                let literal = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'));
                let is_number = || literal.parse::<serde_json::Number>().is_ok();
                if matches!(literal, "true" | "false" | "null") || is_number() {
                    return Ok(Operand { written: literal.to_owned(), is_path: false });
                }
                self.at = start;
                Err(self.error(
                    format!("`{literal}` in a filter is neither a field nor a value"),
                    Some(&format!("write `@.{literal}` for a field of the element, `'{literal}'` for a text")),
                ))
            }
            Some(c) => Err(self.unexpected(c)),
            None => Err(self.error("the filter ends too early", Some("write `[?(@.Name == 'value')]`"))),
        }
    }

    /// A text in single or double quotes, with the escapes of RFC 9535; both quotes may be escaped in either.
    fn quoted_text(&mut self) -> Result<String, SelectorError> {
        let open = self.at;
        let Some(quote) = self.peek() else { return Err(unclosed(self, open)) };
        self.take(quote);
        let mut content = String::new();
        loop {
            content.push_str(self.take_while(|c| c != quote && c != '\\'));
            if self.take(quote) {
                return Ok(content);
            }
            match self.peek() {
                Some(_) => content.push(self.escape(open)?),
                None => return Err(unclosed(self, open)),
            }
        }
    }

    /// Parses an escape in the text that is opened at `open`.
    fn escape(&mut self, open: usize) -> Result<char, SelectorError> {
        let start = self.at;
        self.take('\\');
        let Some(escaped) = self.peek() else { return Err(unclosed(self, open)) };
        self.take(escaped);
        match escaped {
            '\'' | '"' | '\\' | '/' => Ok(escaped),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'u' => self.code_point().ok_or_else(|| {
                self.at = start;
                self.error("`\\u` names no character", Some("write four hexadecimal digits, such as `\\u000a`"))
            }),
            other => {
                self.at = start;
                Err(self.error(
                    format!("`\\{}` is not a valid escape in a selector", other.escape_debug()),
                    Some("write `\\\\` for a backslash; the escapes are \\' \\\" \\\\ \\/ \\n \\r \\t \\b \\f \\uXXXX"),
                ))
            }
        }
    }

    /// Parses the digits after `\u`: four, or two surrogates with `\u` between them.
    fn code_point(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        let second = if (0xD800..0xDC00).contains(&first) && self.take_text("\\u") { self.four_digits() } else { None };
        char::decode_utf16(std::iter::once(first).chain(second)).next()?.ok()
    }

    fn four_digits(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        self.at += digits.len();
        u16::from_str_radix(digits, 16).ok()
    }
}

/// One side of a comparison in RFC 9535 syntax.
struct Operand {
    written: String,
    is_path: bool,
}

/// The error for a delimiter that is opened at `open` and never closed.
fn unclosed(reader: &Reader<'_>, open: usize) -> SelectorError {
    let opened = reader.text.get(open..).and_then(|rest| rest.chars().next()).unwrap_or('[');
    SelectorError { message: format!("{opened} is never closed in the selector"), help: None, offset: open }
}

/// A name without quotes ends at a character with a meaning of its own, and at space.
fn is_name(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(
            c,
            '.' | '[' | ']' | '(' | ')' | '\'' | '"' | '*' | ',' | '=' | '!' | '<' | '>' | '?' | '@' | '&' | '|'
        )
}

/// An index in the range that RFC 9535 allows.
fn whole_number(text: &str) -> Option<i64> {
    const LARGEST: i64 = (1 << 53) - 1;
    text.parse::<i64>().ok().filter(|index| (-LARGEST..=LARGEST).contains(index))
}
