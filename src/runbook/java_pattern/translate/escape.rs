//! Escapes: the text after a backslash.

use std::fmt::Write;

use super::{LINE_ENDS, PatternError, Translator, WORD};
use crate::runbook::java_pattern::property;

impl Translator {
    /// An escape outside of classes.
    pub(super) fn escape(&mut self) -> Result<(), PatternError> {
        let start = self.at;
        let Some(c) = self.tokens.get(self.at + 1).map(|token| token.c) else {
            return Err(self.error("a backslash at its end"));
        };
        match c {
            '1'..='9' => {
                self.at += 1;
                return self.reference(start);
            }
            'k' => {
                self.at += 2;
                if !self.take('<') {
                    return Err(self.error_at(start, "`\\k` without a name; write `\\k<name>`"));
                }
                let name = self.group_name(start, '>')?;
                let number = self.groups.number_of(&name).ok_or_else(|| {
                    self.error_at(start, &format!("a reference to a group `{name}` that it does not have"))
                })?;
                self.push_reference(number);
                return Ok(());
            }
            'A' | 'G' => self.out.push_str(r"\A"),
            'z' => self.out.push_str(r"\z"),
            'Z' => self.dollar(false),
            'b' if self.tokens.get(self.at + 2).is_some_and(|token| token.c == '{' && !token.quoted) => {
                return Err(self.error("`\\b{…}`, which is not supported"));
            }
            'b' => {
                let _ = write!(self.out, "(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))");
            }
            'B' => {
                let _ = write!(self.out, "(?:(?<={WORD})(?={WORD})|(?<!{WORD})(?!{WORD}))");
            }
            'R' => {
                let _ = write!(self.out, r"(?:\x{{d}}\x{{a}}|[{LINE_ENDS}\x{{b}}\x{{c}}])");
            }
            'X' | 'N' => return Err(self.error(&format!("`\\{c}`, which is not supported"))),
            _ => {
                return match self.class_escape()? {
                    Item::One(c) => {
                        self.literal(c);
                        Ok(())
                    }
                    Item::Set(set) => {
                        self.push_class(&format!("[{set}]"));
                        Ok(())
                    }
                };
            }
        }
        self.at += 2;
        Ok(())
    }

    /// `\1`: as many digits as still name a group.
    fn reference(&mut self, start: usize) -> Result<(), PatternError> {
        let mut number = 0_usize;
        while let Some(digit) = self.tokens.get(self.at).and_then(|token| token.c.to_digit(10)) {
            let longer = number.saturating_mul(10).saturating_add(digit as usize);
            if number > 0 && longer > self.opened {
                break;
            }
            number = longer;
            self.at += 1;
        }
        if number > self.groups.names.len() {
            return Err(self.error_at(start, &format!("a reference to group {number}, which it does not have")));
        }
        self.push_reference(number);
        Ok(())
    }

    fn push_reference(&mut self, number: usize) {
        let flag = if self.flags.ignore_case { "?i:" } else { "?:" };
        let _ = write!(self.out, "({flag}\\{number})");
    }

    /// An escape with the same meaning within brackets and outside.
    pub(super) fn class_escape(&mut self) -> Result<Item, PatternError> {
        let start = self.at;
        let Some(c) = self.tokens.get(self.at + 1).map(|token| token.c) else {
            return Err(self.error("a backslash at its end"));
        };
        self.at += 2;
        if let Some(set) = predefined(c.to_ascii_lowercase()) {
            return Ok(Item::Set(if c.is_ascii_uppercase() { format!("[^{set}]") } else { set.to_owned() }));
        }
        let one = match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'a' => '\u{7}',
            'e' => '\u{1b}',
            '0' => self.octal(start)?,
            'x' => self.hexadecimal(start)?,
            'u' => self.unicode(start)?,
            'c' => {
                let control = self.tokens.get(self.at).map(|token| token.c).filter(char::is_ascii);
                self.at += 1;
                control
                    .and_then(|c| char::from_u32(u32::from(c) ^ 64))
                    .ok_or_else(|| self.error_at(start, "a `\\c` without a control character behind it"))?
            }
            'p' | 'P' => return self.property(start, c == 'P').map(Item::Set),
            c if c.is_ascii_alphanumeric() => {
                return Err(self.error_at(start, &format!("an unknown escape `\\{c}` here")));
            }
            c => c,
        };
        Ok(Item::One(one))
    }

    /// `\0` and one to three octal digits, at most 377.
    fn octal(&mut self, start: usize) -> Result<char, PatternError> {
        let mut value = 0;
        let mut count = 0;
        while let Some(digit) = self.tokens.get(self.at).and_then(|token| token.c.to_digit(8)) {
            if count == 3 || value * 8 + digit > 0o377 {
                break;
            }
            value = value * 8 + digit;
            count += 1;
            self.at += 1;
        }
        char::from_u32(value).filter(|_| count > 0).ok_or_else(|| self.error_at(start, "a `\\0` without octal digits"))
    }

    /// `\x41` or `\x{1F600}`
    fn hexadecimal(&mut self, start: usize) -> Result<char, PatternError> {
        let value = if self.tokens.get(self.at).is_some_and(|token| token.c == '{') {
            let digits: String = self
                .tokens
                .iter()
                .skip(self.at + 1)
                .map(|token| token.c)
                .take_while(char::is_ascii_hexdigit)
                .take(8)
                .collect();
            self.at += digits.len() + 1;
            let closed = self.tokens.get(self.at).is_some_and(|token| token.c == '}');
            self.at += 1;
            u32::from_str_radix(&digits, 16).ok().filter(|_| closed)
        } else {
            self.hex_digits(2)
        };
        value
            .and_then(char::from_u32)
            .ok_or_else(|| self.error_at(start, "a `\\x` without a character's number such as `\\x41` or `\\x{1F600}`"))
    }

    /// `\u0041`, or two of them for a character beyond U+FFFF.
    fn unicode(&mut self, start: usize) -> Result<char, PatternError> {
        let wrong =
            |translator: &Self| translator.error_at(start, "a `\\u` without four hexadecimal digits of a character");
        let first = self.hex_digits(4).ok_or_else(|| wrong(self))?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| wrong(self));
        }
        let follows = |at: usize, c: char| self.tokens.get(at).is_some_and(|token| token.c == c && !token.quoted);
        if !(follows(self.at, '\\') && follows(self.at + 1, 'u')) {
            return Err(wrong(self));
        }
        self.at += 2;
        let second =
            self.hex_digits(4).filter(|second| (0xDC00..0xE000).contains(second)).ok_or_else(|| wrong(self))?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(|| wrong(self))
    }

    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        let digits: Option<String> =
            self.tokens.get(self.at..self.at + count).map(|tokens| tokens.iter().map(|token| token.c).collect());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        self.at += count;
        u32::from_str_radix(&digits, 16).ok()
    }

    /// `\p{…}` or `\pL`, after the letter `p`: returns the class content.
    fn property(&mut self, start: usize, negated: bool) -> Result<String, PatternError> {
        let mut name = String::new();
        match self.tokens.get(self.at).map(|token| token.c) {
            Some('{') => {
                self.at += 1;
                loop {
                    match self.tokens.get(self.at).map(|token| token.c) {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => return Err(self.error_at(start, "a `\\p{` that is never closed")),
                    }
                    self.at += 1;
                }
            }
            Some(c) => name.push(c),
            None => return Err(self.error_at(start, "a `\\p` without a name")),
        }
        self.at += 1;
        match property::ranges(&name, self.flags.ignore_case) {
            Ok(set) if negated => Ok(format!("[^{set}]")),
            Ok(set) => Ok(set),
            Err(why) => Err(self.error_at(start, &format!("`\\p{{{name}}}`: {why}"))),
        }
    }
}

/// The meaning of an escape.
pub(super) enum Item {
    One(char),
    /// The class content.
    Set(String),
}

/// The ranges of the predefined classes, as Java has them without the flag `U`.
fn predefined(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "0-9",
        'w' => r"a-zA-Z\x{5f}0-9",
        's' => r"\x{20}\x{9}-\x{d}",
        'h' => r"\x{20}\x{9}\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
        'v' => r"\x{a}-\x{d}\x{85}\x{2028}\x{2029}",
        _ => return None,
    })
}
