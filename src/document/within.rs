//! Maps the characters of a decoded text to their positions in the file.

use std::ops::Range;

use crate::diagnostic::{Source, Span};

use super::node::{Node, NodeKind, Style};

/// [`Document::span_within`](super::Document::span_within) for a node whose document is gone.
pub fn span_within(source: &Source, node: &Node, range: Range<usize>) -> Span {
    let NodeKind::String { text, style } = &node.kind else { return node.span };
    if range.start > range.end || range.end > text.len() {
        return node.span;
    }
    // Blank lines that belong to a block scalar may follow the node's last character.
    let written = source.text().get(node.span.range().start..).unwrap_or_default();
    let mut pairs = Pairs { text, written, range, at_text: 0, at_written: 0, start: None, end: None };
    let followed = match style {
        Style::Plain => pairs.flow(None),
        Style::SingleQuoted => pairs.flow(Some('\'')),
        Style::DoubleQuoted => pairs.flow(Some('"')),
        Style::Literal | Style::Folded => pairs.block(),
    };
    let base = node.span.range().start;
    match (followed, pairs.start, pairs.end) {
        (Some(()), Some(start), Some(end)) => Span::new(base + start, base + end.max(start)),
        _ => node.span,
    }
}

/// A walk through the decoded text and the written characters side by side. Every step checks that the two agree, so a
/// position is either exact or missing.
struct Pairs<'a> {
    text: &'a str,
    written: &'a str,
    range: Range<usize>,
    at_text: usize,
    at_written: usize,
    start: Option<usize>,
    end: Option<usize>,
}

impl Pairs<'_> {
    fn next_text(&self) -> Option<char> {
        self.text.get(self.at_text..)?.chars().next()
    }

    fn next_written(&self) -> Option<char> {
        self.written.get(self.at_written..)?.chars().next()
    }

    /// Advances over the next decoded character, which must be `decoded` and has `length` written bytes.
    fn pair(&mut self, decoded: char, length: usize) -> Option<()> {
        if self.next_text()? != decoded {
            return None;
        }
        let (from, to) = (self.at_text, self.at_text + decoded.len_utf8());
        if from <= self.range.start && self.range.start < to {
            self.start = Some(self.at_written);
        }
        if from < self.range.end && self.range.end <= to {
            self.end = Some(self.at_written + length);
        }
        self.at_text = to;
        self.at_written += length;
        Some(())
    }

    /// All requested characters have been read.
    fn done(&mut self) -> bool {
        if self.at_text == self.range.start && self.start.is_none() {
            self.start = Some(self.at_written);
        }
        if self.range.is_empty() && self.start.is_some() {
            self.end = self.start;
        }
        self.start.is_some() && self.end.is_some()
    }

    /// Plain and quoted texts.
    fn flow(&mut self, quote: Option<char>) -> Option<()> {
        if quote.is_some() {
            self.at_written += 1;
        }
        loop {
            if self.done() {
                return Some(());
            }
            match (self.next_written()?, quote) {
                ('\'', Some('\'')) => {
                    let doubled = self.written.get(self.at_written..)?.starts_with("''");
                    doubled.then_some(())?;
                    self.pair('\'', 2)?;
                }
                ('"', Some('"')) => return None,
                ('\\', Some('"')) => self.escape()?,
                (' ' | '\t' | '\r' | '\n', _) => self.blank()?,
                (character, _) => self.pair(character, character.len_utf8())?,
            }
        }
    }

    /// Blanks: unchanged within a line, folded around a line break.
    fn blank(&mut self) -> Option<()> {
        let rest = self.written.get(self.at_written..)?;
        let run = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let breaks = rest.get(..run)?.matches('\n').count();
        if breaks == 0 {
            let character = self.next_written()?;
            return self.pair(character, character.len_utf8());
        }
        if breaks == 1 {
            return self.pair(' ', run);
        }
        self.breaks(run, breaks - 1)
    }

    /// Advances over `count` line breaks of the text, which have `length` written bytes.
    fn breaks(&mut self, length: usize, count: usize) -> Option<()> {
        let end = self.at_written + length;
        for _ in 1..count {
            let rest = self.written.get(self.at_written..end)?;
            self.pair('\n', rest.find('\n')? + 1)?;
        }
        if count > 0 {
            self.pair('\n', end.checked_sub(self.at_written)?)?;
        }
        self.at_written = end;
        Some(())
    }

    /// An escape in a text in double quotes.
    fn escape(&mut self) -> Option<()> {
        let rest = self.written.get(self.at_written..)?;
        let code = |from: usize, digits: usize| {
            let hexadecimal = rest.get(from..from + digits)?;
            u32::from_str_radix(hexadecimal, 16).ok()
        };
        let (decoded, length) = match rest.chars().nth(1)? {
            '\r' | '\n' => {
                // The line break vanishes with the indentation after it; further breaks stay.
                let after = rest.get(1..)?;
                let run = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len();
                let breaks = after.get(..run)?.matches('\n').count();
                return self.breaks(run + 1, breaks.checked_sub(1)?);
            }
            '0' => ('\0', 2),
            'a' => ('\x07', 2),
            'b' => ('\x08', 2),
            't' | '\t' => ('\t', 2),
            'n' => ('\n', 2),
            'v' => ('\x0B', 2),
            'f' => ('\x0C', 2),
            'r' => ('\r', 2),
            'e' => ('\x1B', 2),
            'N' => ('\u{85}', 2),
            '_' => ('\u{A0}', 2),
            'L' => ('\u{2028}', 2),
            'P' => ('\u{2029}', 2),
            'x' => (char::from_u32(code(2, 2)?)?, 4),
            'U' => (char::from_u32(code(2, 8)?)?, 10),
            'u' => match code(2, 4)? {
                high @ 0xD800..=0xDBFF => {
                    // JSON writes characters beyond the first plane as a pair.
                    let low = code(8, 4)?.checked_sub(0xDC00)?;
                    (char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + low)?, 12)
                }
                code => (char::from_u32(code)?, 6),
            },
            itself => (itself, 1 + itself.len_utf8()),
        };
        self.pair(decoded, length)
    }

    /// Block scalars.
    fn block(&mut self) -> Option<()> {
        self.at_written = self.written.find('\n')? + 1;
        let indentation = self.indentation()?;
        loop {
            self.skip_indentation(indentation);
            loop {
                if self.done() {
                    return Some(());
                }
                match self.next_written()? {
                    '\n' => break,
                    '\r' if self.written.get(self.at_written..)?.starts_with("\r\n") => break,
                    character => self.pair(character, character.len_utf8())?,
                }
            }
            self.block_breaks(indentation)?;
        }
    }

    /// The written columns that do not belong to the text: the difference in length of its first line.
    fn indentation(&self) -> Option<usize> {
        let leading = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let first = |text: &str| text.lines().find(|line| !line.trim_matches(' ').is_empty()).map(leading);
        first(self.written.get(self.at_written..)?)?.checked_sub(first(self.text)?)
    }

    fn skip_indentation(&mut self, indentation: usize) {
        let rest = self.written.get(self.at_written..).unwrap_or_default();
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        self.at_written += spaces.min(indentation);
    }

    /// The line breaks up to the next line that is not blank: as many as the text has here, or a space.
    fn block_breaks(&mut self, indentation: usize) -> Option<()> {
        let mut first = true;
        loop {
            let rest = self.written.get(self.at_written..)?;
            let length = if rest.starts_with("\r\n") { 2 } else { 1 };
            if !rest.starts_with(['\n', '\r']) {
                return Some(());
            }
            match self.next_text() {
                Some('\n') => self.pair('\n', length)?,
                // One break folds into a space; of several the first vanishes.
                Some(' ') if first => self.pair(' ', length)?,
                _ => self.at_written += length,
            }
            first = false;
            if self.done() {
                return Some(());
            }
            let here = self.at_written;
            self.skip_indentation(indentation);
            if !self.written.get(self.at_written..)?.starts_with(['\n', '\r']) {
                self.at_written = here;
                return Some(());
            }
        }
    }
}
