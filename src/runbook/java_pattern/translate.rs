//! Reading Java's grammar and writing that of `fancy-regex`.

use std::fmt::Write;

use super::PatternError;
use super::property;
use crate::limits::PATTERN_DEPTH;

/// What ends a line in Java.
pub(super) const LINE_TERMINATORS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The same as ranges for a class.
const LINE_ENDS: &str = r"\x{a}\x{d}\x{85}\x{2028}\x{2029}";

/// The same without `\r`, which may be the first half of one terminator.
const LINE_ENDS_BUT_CR: &str = r"\x{a}\x{85}\x{2028}\x{2029}";

/// What `\b` takes for a part of a word.
const WORD: &str = r"[\p{L}\p{Nd}\p{Mn}\x{5f}]";

/// The pattern in the words of `fancy-regex`. With `many_lines` false the text to match has no line terminator.
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

/// One character of the pattern.
#[derive(Debug, Clone, Copy)]
struct Token {
    c: char,
    /// It stood between `\Q` and `\E`, and so has no meaning beyond itself.
    quoted: bool,
    /// The byte where it stands.
    at: usize,
}

/// The characters of a pattern, with `\Q` and `\E` taken out.
fn unquoted(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut rest = pattern.char_indices().peekable();
    let mut quoted = false;
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match (c, next, quoted) {
            ('\\', Some('Q'), false) | ('\\', Some('E'), true) => {
                quoted = !quoted;
                rest.next();
            }
            ('\\', Some(escaped), false) => {
                tokens.push(Token { c, quoted: false, at });
                tokens.push(Token { c: escaped, quoted: false, at: at + 1 });
                rest.next();
            }
            _ => tokens.push(Token { c, quoted, at }),
        }
    }
    tokens
}

/// The capturing groups of the whole pattern: a reference may stand before its group.
struct Groups {
    /// The name of each, in the order they open.
    names: Vec<Option<String>>,
}

impl Groups {
    fn count(tokens: &[Token]) -> Self {
        let plain = |at: usize| tokens.get(at).filter(|token| !token.quoted).map(|token| token.c);
        let mut names = Vec::new();
        let mut classes = 0_usize;
        let mut at = 0;
        while at < tokens.len() {
            match plain(at) {
                Some('\\') => at += 1,
                Some('[') => classes += 1,
                Some(']') => classes = classes.saturating_sub(1),
                Some('(') if classes == 0 => match (plain(at + 1), plain(at + 2), plain(at + 3)) {
                    (Some('?'), Some('<'), Some(first)) if first.is_ascii_alphabetic() => {
                        let name = (at + 3..).map_while(plain).take_while(char::is_ascii_alphanumeric).collect();
                        names.push(Some(name));
                    }
                    (Some('?'), _, _) => {}
                    _ => names.push(None),
                },
                Some(_) | None => {}
            }
            at += 1;
        }
        Self { names }
    }

    fn number_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.as_deref() == Some(name)).map(|at| at + 1)
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

/// What a piece of a sequence was.
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
            '*' | '+' | '?' => return Err(self.error(&format!("a dangling `{}`: nothing stands before it", token.c))),
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

    fn group(&mut self) -> Result<Piece, PatternError> {
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
    fn group_name(&mut self, open: usize, end: char) -> Result<String, PatternError> {
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

    /// One character that stands for itself.
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

    /// What stands behind a backslash, outside of classes.
    fn escape(&mut self) -> Result<(), PatternError> {
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

    /// `[…]`, brackets included, in the words of `fancy-regex`.
    fn class(&mut self) -> Result<String, PatternError> {
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
            return Err(self.error_at(start, &format!("a range from `{first}` to `{last}`, which lies before it")));
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

    /// A character within brackets, or what an escape there stands for.
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

    /// What stands behind a backslash and means the same within brackets and outside.
    fn class_escape(&mut self) -> Result<Item, PatternError> {
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

    /// `\p{…}` or `\pL`, the letter `p` read: what goes between brackets.
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

/// What an escape stands for.
enum Item {
    One(char),
    /// What goes between brackets.
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

/// A character as `fancy-regex` reads it everywhere.
fn written(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) }
}
