//! Translates Java's pattern grammar to that of `fancy-regex`.

mod class;
mod escape;
mod group;
mod token;

use std::fmt::Write;

use self::token::{Groups, Token, unquoted};
use super::PatternError;
use crate::limits::PATTERN_DEPTH;

/// Line terminators in Java.
pub(super) const LINE_TERMINATORS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The same as ranges for a class.
const LINE_ENDS: &str = r"\x{a}\x{d}\x{85}\x{2028}\x{2029}";

/// The same without `\r`, which may be the first half of one terminator.
const LINE_ENDS_BUT_CR: &str = r"\x{a}\x{85}\x{2028}\x{2029}";

/// The word characters of `\b`.
const WORD: &str = r"[\p{L}\p{Nd}\p{Mn}\x{5f}]";

/// The pattern in the syntax of `fancy-regex`. With `many_lines` false the text to match has no line terminator.
pub(super) fn translate(pattern: &str, many_lines: bool) -> Result<String, PatternError> {
    let tokens = unquoted(pattern);
    let mut translator = Translator {
        end: pattern.len(),
        groups: Groups::count(&tokens),
        tokens,
        at: 0,
        depth: 0,
        flags: Flags::default(),
        many_lines,
        opened: 0,
        out: String::with_capacity(pattern.len() * 2),
    };
    translator.alternatives()?;
    match translator.token() {
        None => Ok(translator.out),
        Some(_) => Err(translator.error("an unmatched closing parenthesis")),
    }
}

/// The inline flags in force.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    /// `i`
    ignore_case: bool,
    /// `u`: `i` reaches beyond ASCII.
    unicode_case: bool,
    /// `m`
    multi_line: bool,
    /// `s`
    dot_all: bool,
    /// `x`
    comments: bool,
    /// `d`
    unix_lines: bool,
}

struct Translator {
    tokens: Vec<Token>,
    /// The length of the pattern in bytes.
    end: usize,
    at: usize,
    depth: usize,
    flags: Flags,
    many_lines: bool,
    groups: Groups,
    /// How many capturing groups have been opened so far.
    opened: usize,
    out: String,
}

/// The kind of a piece of a sequence.
#[derive(PartialEq, Eq)]
enum Piece {
    /// Something that can be repeated.
    Atom,
    /// A look-around.
    LookAround,
    /// Flags for what follows.
    Flags,
}

impl Translator {
    fn error(&self, what: &str) -> PatternError {
        self.error_at(self.at, what)
    }

    fn error_at(&self, token: usize, what: &str) -> PatternError {
        let offset = self.tokens.get(token).map_or(self.end, |token| token.at);
        PatternError { message: format!("the pattern has {what}"), offset }
    }

    /// The next character, past space and comments where the flag `x` is on.
    fn token(&mut self) -> Option<Token> {
        while self.flags.comments {
            match self.tokens.get(self.at) {
                Some(Token { c: ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r', quoted: false, .. }) => self.at += 1,
                Some(Token { c: '#', quoted: false, .. }) => {
                    while self.tokens.get(self.at).is_some_and(|token| !self.ends_line(token.c)) {
                        self.at += 1;
                    }
                }
                Some(_) | None => break,
            }
        }
        self.tokens.get(self.at).copied()
    }

    fn ends_line(&self, c: char) -> bool {
        if self.flags.unix_lines { c == '\n' } else { LINE_TERMINATORS.contains(&c) }
    }

    /// The next character when it has a meaning of its own.
    fn peek(&mut self) -> Option<char> {
        self.token().filter(|token| !token.quoted).map(|token| token.c)
    }

    /// The character right behind the next one.
    fn peek_second(&mut self) -> Option<char> {
        self.token()?;
        let at = self.at;
        self.at += 1;
        let second = self.peek();
        self.at = at;
        second
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    /// `…|…|…` up to a closing parenthesis or the end.
    fn alternatives(&mut self) -> Result<(), PatternError> {
        loop {
            self.sequence()?;
            if !self.take('|') {
                return Ok(());
            }
            self.out.push('|');
        }
    }

    fn sequence(&mut self) -> Result<(), PatternError> {
        loop {
            let Some(token) = self.token() else { return Ok(()) };
            if !token.quoted && matches!(token.c, '|' | ')') {
                return Ok(());
            }
            let start = self.at;
            let piece = self.piece(token)?;
            self.quantifier(start, &piece)?;
        }
    }

    fn piece(&mut self, token: Token) -> Result<Piece, PatternError> {
        if token.quoted {
            self.at += 1;
            self.literal(token.c);
            return Ok(Piece::Atom);
        }
        match token.c {
            '(' => return self.group(),
            '[' => {
                let class = self.class()?;
                self.push_class(&class);
            }
            '\\' => self.escape()?,
            '.' => {
                self.at += 1;
                self.out.push_str(if self.flags.dot_all {
                    "(?s:.)"
                } else if self.flags.unix_lines {
                    r"[^\x{a}]"
                } else {
                    r"[^\x{a}\x{d}\x{85}\x{2028}\x{2029}]"
                });
            }
            '^' => {
                self.at += 1;
                self.caret();
            }
            '$' => {
                self.at += 1;
                self.dollar(self.flags.multi_line);
            }
            '*' | '+' | '?' => {
                return Err(self.error(&format!("a dangling `{}` without an expression before it", token.c)));
            }
            '{' => return Err(self.error("a `{` that begins no repetition; write `\\{` for the character")),
            c => {
                self.at += 1;
                self.literal(c);
            }
        }
        Ok(Piece::Atom)
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, each greedy, reluctant or possessive.
    fn quantifier(&mut self, start: usize, piece: &Piece) -> Result<(), PatternError> {
        let quantifier = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                c.to_string()
            }
            Some('{') => self.repetition()?,
            Some(_) | None => return Ok(()),
        };
        match piece {
            Piece::Atom => {}
            Piece::LookAround => return Err(self.error_at(start, "a repeated look-around; remove the repetition")),
            Piece::Flags => return Err(self.error_at(start, "a repetition of flags")),
        }
        self.out.push_str(&quantifier);
        if let Some(mode @ ('?' | '+')) = self.peek() {
            self.at += 1;
            self.out.push(mode);
        }
        match self.peek() {
            Some('*' | '+' | '?' | '{') => Err(self.error("a repetition of a repetition; put the first into a group")),
            Some(_) | None => Ok(()),
        }
    }

    fn repetition(&mut self) -> Result<String, PatternError> {
        let start = self.at;
        self.at += 1;
        let least = self.digits();
        let comma = self.take(',');
        let most = self.digits();
        let wrong = || {
            Err(self.error_at(start, "a `{` that begins no repetition such as {2,5}; write `\\{` for the character"))
        };
        if least.is_empty()
            || (!comma && !most.is_empty())
            || self.tokens.get(self.at).is_none_or(|token| token.c != '}')
        {
            return wrong();
        }
        self.at += 1;
        let (Ok(at_least), Ok(at_most)) =
            (least.parse::<i32>(), if most.is_empty() { Ok(i32::MAX) } else { most.parse::<i32>() })
        else {
            return Err(self.error_at(start, "a repetition with too large a number"));
        };
        if at_most < at_least {
            return Err(self.error_at(start, "a repetition whose least number is above its most"));
        }
        Ok(if comma { format!("{{{least},{most}}}") } else { format!("{{{least}}}") })
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        digits
    }

    fn enter(&mut self) -> Result<(), PatternError> {
        self.depth += 1;
        if self.depth > PATTERN_DEPTH {
            return Err(self.error(&format!("more than {PATTERN_DEPTH} groups within each other")));
        }
        Ok(())
    }

    /// One literal character.
    fn literal(&mut self, c: char) {
        let Flags { ignore_case, unicode_case, .. } = self.flags;
        if ignore_case && unicode_case {
            let _ = write!(self.out, "(?i:{})", written(c));
        } else if ignore_case && c.is_ascii_alphabetic() {
            let _ = write!(self.out, "[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase());
        } else {
            self.out.push_str(&written(c));
        }
    }

    /// A finished class, `[…]`.
    fn push_class(&mut self, class: &str) {
        if self.flags.ignore_case && self.flags.unicode_case {
            let _ = write!(self.out, "(?i:{class})");
        } else {
            self.out.push_str(class);
        }
    }

    fn caret(&mut self) {
        if !self.flags.multi_line {
            self.out.push_str(r"\A");
        } else if !self.many_lines {
            self.out.push_str(r"(?:\A(?!\z))");
        } else if self.flags.unix_lines {
            self.out.push_str(r"(?:(?:\A|(?<=\x{a}))(?!\z))");
        } else {
            let _ = write!(self.out, r"(?:(?:\A|(?<=[{LINE_ENDS_BUT_CR}])|(?<=\x{{d}})(?!\x{{a}}))(?!\z))");
        }
    }

    /// `$`, and `\Z` with `every_line` false.
    fn dollar(&mut self, every_line: bool) {
        if !self.many_lines {
            self.out.push_str(r"\z");
            return;
        }
        let _ = match (every_line, self.flags.unix_lines) {
            (false, true) => write!(self.out, r"(?=\x{{a}}?\z)"),
            (true, true) => write!(self.out, r"(?=\x{{a}}|\z)"),
            (false, false) => write!(
                self.out,
                r"(?:\z|(?=(?:\x{{d}}\x{{a}}|[\x{{d}}\x{{85}}\x{{2028}}\x{{2029}}])\z)|(?<!\x{{d}})(?=\x{{a}}\z))"
            ),
            (true, false) => {
                write!(self.out, r"(?:\z|(?=[\x{{d}}\x{{85}}\x{{2028}}\x{{2029}}])|(?<!\x{{d}})(?=\x{{a}}))")
            }
        };
    }
}

/// A character as `fancy-regex` reads it everywhere.
fn written(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) }
}
