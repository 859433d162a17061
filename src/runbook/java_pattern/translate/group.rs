//! Constructs that begin with a parenthesis: groups, look-arounds, flags.

use std::fmt::Write;

use super::{PatternError, Piece, Translator};

impl Translator {
    pub(super) fn group(&mut self) -> Result<Piece, PatternError> {
        let open = self.at;
        self.enter()?;
        self.at += 1;
        let outer = self.flags;
        let mut piece = Piece::Atom;
        if self.take('?') {
            let kind = self.tokens.get(self.at).map(|token| token.c);
            let second = self.tokens.get(self.at + 1).map(|token| token.c);
            match (kind, second) {
                (Some(kind @ (':' | '>')), _) => {
                    self.at += 1;
                    let _ = write!(self.out, "(?{kind}");
                }
                (Some(kind @ ('=' | '!')), _) => {
                    self.at += 1;
                    piece = Piece::LookAround;
                    let _ = write!(self.out, "(?{kind}");
                }
                (Some('<'), Some(kind @ ('=' | '!'))) => {
                    self.at += 2;
                    piece = Piece::LookAround;
                    let _ = write!(self.out, "(?<{kind}");
                }
                (Some('<'), _) => {
                    self.at += 1;
                    let name = self.group_name(open, '>')?;
                    if self.groups.number_of(&name).is_some_and(|number| number <= self.opened) {
                        return Err(self.error_at(open, &format!("two groups named `{name}`")));
                    }
                    self.opened += 1;
                    self.out.push('(');
                }
                _ => {
                    if self.inline_flags(open)? {
                        self.depth -= 1;
                        return Ok(Piece::Flags);
                    }
                    self.out.push_str("(?:");
                }
            }
        } else {
            self.opened += 1;
            self.out.push('(');
        }
        self.alternatives()?;
        self.flags = outer;
        if !self.take(')') {
            return Err(self.error_at(open, "a group that is never closed"));
        }
        self.depth -= 1;
        self.out.push(')');
        Ok(piece)
    }

    /// A name and the `end` behind it.
    pub(super) fn group_name(&mut self, open: usize, end: char) -> Result<String, PatternError> {
        let mut name = String::new();
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token.c {
                c if c == end && !name.is_empty() => {
                    return Ok(name);
                }
                c if c.is_ascii_alphabetic() || (c.is_ascii_digit() && !name.is_empty()) => name.push(c),
                _ => break,
            }
        }
        Err(self.error_at(open, "a group whose name is not letters and digits"))
    }

    /// `(?ims-x)` (true: it ends here) or `(?i:` (false: a group follows).
    fn inline_flags(&mut self, open: usize) -> Result<bool, PatternError> {
        let mut on = true;
        loop {
            let token = self.tokens.get(self.at).copied();
            self.at += 1;
            let flag = match token.map(|token| token.c) {
                Some(')') => return Ok(true),
                Some(':') => return Ok(false),
                Some('-') if on => {
                    on = false;
                    continue;
                }
                Some('i') => &mut self.flags.ignore_case,
                Some('u') => &mut self.flags.unicode_case,
                Some('m') => &mut self.flags.multi_line,
                Some('s') => &mut self.flags.dot_all,
                Some('x') => &mut self.flags.comments,
                Some('d') => &mut self.flags.unix_lines,
                Some('U') => {
                    return Err(self.error_at(open, "the flag `U` (Unicode classes), which is not supported; name the classes, as in \\p{IsAlphabetic}"));
                }
                Some(c) => return Err(self.error_at(open, &format!("an unknown kind of group or flag `(?{c}`"))),
                None => return Err(self.error_at(open, "a group that is never closed")),
            };
            *flag = on;
        }
    }
}
