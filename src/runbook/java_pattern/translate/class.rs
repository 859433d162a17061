//! Character classes: the content of brackets.

use std::fmt::Write;

use super::escape::Item;
use super::token::Token;
use super::{PatternError, Translator, written};

impl Translator {
    /// `[…]`, brackets included, in the syntax of `fancy-regex`.
    pub(super) fn class(&mut self) -> Result<String, PatternError> {
        let open = self.at;
        self.enter()?;
        self.at += 1;
        let negated = if self.take('^') { "^" } else { "" };
        let mut operands: Vec<String> = Vec::new();
        let mut union = String::new();
        loop {
            let Some(token) = self.token() else {
                return Err(self.error_at(open, "a class that is never closed"));
            };
            match (token.c, token.quoted) {
                (']', false) if !(union.is_empty() && operands.is_empty()) => break,
                ('[', false) => union.push_str(&self.class()?),
                ('&', false) if self.peek_second() == Some('&') => {
                    if union.is_empty() {
                        return Err(self.error("an `&&` in a class with nothing before it"));
                    }
                    self.at += 1;
                    self.take('&');
                    operands.push(std::mem::take(&mut union));
                }
                _ => self.item(&mut union)?,
            }
        }
        self.at += 1;
        self.depth -= 1;
        if operands.is_empty() {
            return Ok(format!("[{negated}{union}]"));
        }
        if union.is_empty() {
            return Err(self.error_at(open, "an `&&` in a class with nothing behind it"));
        }
        operands.push(union);
        let intersection: Vec<String> = operands.iter().map(|operand| format!("[{operand}]")).collect();
        Ok(format!("[{negated}{}]", intersection.join("&&")))
    }

    /// One character, one range or one predefined class within brackets.
    fn item(&mut self, union: &mut String) -> Result<(), PatternError> {
        let start = self.at;
        let first = match self.class_character()? {
            Item::One(c) => c,
            Item::Set(set) => {
                union.push_str(&set);
                return Ok(());
            }
        };
        let last = if self.peek() == Some('-') && !matches!(self.peek_second(), Some('[' | ']')) {
            self.take('-');
            match self.class_character()? {
                Item::One(c) => c,
                Item::Set(_) => return Err(self.error_at(start, "a range that ends with a class")),
            }
        } else {
            first
        };
        if last < first {
            return Err(self.error_at(start, &format!("a range from `{first}` to `{last}`, which comes before it")));
        }
        self.push_range(first, last, union);
        Ok(())
    }

    fn push_range(&self, first: char, last: char, union: &mut String) {
        let mut push = |first: char, last: char| {
            let _ = if first == last {
                write!(union, "{}", written(first))
            } else {
                write!(union, "{}-{}", written(first), written(last))
            };
        };
        push(first, last);
        if self.flags.ignore_case && !self.flags.unicode_case {
            let (lower, upper) = ((first.max('a'), last.min('z')), (first.max('A'), last.min('Z')));
            if lower.0 <= lower.1 {
                push(lower.0.to_ascii_uppercase(), lower.1.to_ascii_uppercase());
            }
            if upper.0 <= upper.1 {
                push(upper.0.to_ascii_lowercase(), upper.1.to_ascii_lowercase());
            }
        }
    }

    /// A character within brackets, or the meaning of an escape there.
    fn class_character(&mut self) -> Result<Item, PatternError> {
        match self.token() {
            Some(Token { c: '\\', quoted: false, .. }) => self.class_escape(),
            Some(Token { c, .. }) => {
                self.at += 1;
                Ok(Item::One(c))
            }
            None => Err(self.error("a class that is never closed")),
        }
    }
}
