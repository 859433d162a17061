//! Computes where a node begins and ends. The events count characters, and their ranges include an anchor or omit the
//! header of a block scalar.

use crate::diagnostic::Span;
use crate::document::node::Style;

/// Converts character offsets to byte offsets.
pub(super) enum Offsets {
    /// All characters are one byte.
    Same(usize),
    /// The byte at which each character begins, and the length of the text.
    Table(Vec<u32>),
}

impl Offsets {
    pub(super) fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Same(text.len());
        }
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let starts = text.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX));
        Self::Table(starts.chain([end]).collect())
    }

    pub(super) fn at(&self, characters: usize) -> usize {
        match self {
            Self::Same(length) => characters.min(*length),
            Self::Table(starts) => starts.get(characters).or(starts.last()).copied().unwrap_or_default() as usize,
        }
    }

    pub(super) fn span(&self, span: saphyr_parser::Span) -> Span {
        Span::new(self.at(span.start.index()), self.at(span.end.index()))
    }
}

/// The range of a scalar; the node before it ended at `last_end`.
pub(super) fn scalar(
    text: &str,
    event: Span,
    style: Style,
    value: &str,
    has_properties: bool,
    last_end: usize,
) -> Span {
    let event = event.range();
    let start = if has_properties { after_properties(text, event.start) } else { event.start };
    match style {
        Style::Plain if value.is_empty() && has_properties => Span::new(event.end, event.end),
        Style::Plain if value.is_empty() => {
            // The event is that of the `:` that nothing follows, of what follows the dash, or of what follows at all.
            let colon = text.get(event.start..).is_some_and(|rest| rest.starts_with([':', '?']));
            let at =
                if colon { event.start + 1 } else { after_dashes(text, event.start, last_end).unwrap_or(last_end) };
            Span::new(at, at)
        }
        Style::Plain => Span::new(start, event.end),
        Style::SingleQuoted | Style::DoubleQuoted => Span::new(start, quote_end(text, start, style)),
        Style::Literal | Style::Folded => {
            // Without properties the event begins at the content.
            let header = if has_properties { start } else { block_header(text, event.start, value, last_end) };
            let end =
                text.get(header..event.end.max(header)).map_or(event.end, |block| header + block.trim_end().len());
            Span::new(header, end)
        }
    }
}

/// The start of a block list that is the value of a key: its first dash, though the event may be after it.
pub(super) fn first_dash(text: &str, event: usize, last_end: usize) -> usize {
    let from = line_of(text, event).max(last_end);
    let before = text.get(from..).unwrap_or_default();
    let start = from + before.len() - before.trim_start_matches([' ', '\t']).len();
    if text.get(start..).is_some_and(|rest| rest.starts_with('-')) { start } else { event }
}

/// The end of the dashes in the line of `event` and before it.
fn after_dashes(text: &str, event: usize, last_end: usize) -> Option<usize> {
    let mut at = line_of(text, event).max(last_end);
    let mut end = None;
    loop {
        let rest = text.get(at..event)?;
        at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if !text.get(at..event)?.starts_with('-') {
            return end;
        }
        at += 1;
        end = Some(at);
    }
}

/// Where the bracket has closed whose end the parser reports at `event`: there, or after a comma before it.
pub(super) fn closed(text: &str, event: usize) -> usize {
    let mut at = event;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        at += rest.len() - trimmed.len();
        if trimmed.starts_with('#') {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else {
            return (at + 1).min(text.len());
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// The end of the quoted text that opens at `start`.
fn quote_end(text: &str, start: usize, style: Style) -> usize {
    let bytes = text.as_bytes();
    let quote = if style == Style::SingleQuoted { b'\'' } else { b'"' };
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == quote {
            if style == Style::SingleQuoted && bytes.get(at + 1) == Some(&b'\'') {
                at += 1;
            } else {
                return at + 1;
            }
        } else if *byte == b'\\' && style == Style::DoubleQuoted {
            at += 1;
        }
        at += 1;
    }
    text.len()
}

/// The `|` or `>` of the block scalar whose content begins at `content`.
fn block_header(text: &str, content: usize, value: &str, last_end: usize) -> usize {
    if value.trim().is_empty() && text.get(content..).is_some_and(|rest| rest.starts_with(['|', '>'])) {
        // Without content the event is that of the header itself.
        return content;
    }
    let mut line_end = text.get(..content).and_then(|before| before.rfind('\n')).unwrap_or(0);
    loop {
        let line_start = text.get(..line_end).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(line_start..line_end).unwrap_or_default();
        if !line.trim().is_empty() || line_start == 0 {
            let from = last_end.clamp(line_start, line_end);
            return header_in_line(text.get(from..line_end).unwrap_or_default()).map_or(from, |at| from + at);
        }
        line_end = line_start - 1;
    }
}

/// The first `|` or `>` after which only indicators and a comment follow.
fn header_in_line(line: &str) -> Option<usize> {
    line.match_indices(['|', '>']).map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).unwrap_or_default();
        let rest = line
            .get(at + 1..)
            .unwrap_or_default()
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
        let free = before.is_empty() || before.ends_with([' ', '\t', ':', '-']);
        free && (rest.trim().is_empty() || rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'))
    })
}

/// The start of the node after `&anchor` and `!tag`, in any order.
pub(super) fn after_properties(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        let blank = rest.len() - trimmed.len();
        if trimmed.starts_with('#') && (blank > 0 || at == start) {
            at += blank + trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with(['&', '!']) {
            at += blank + word_length(trimmed);
        } else {
            return at + blank;
        }
    }
}

/// The tag among the properties that begin at `start`.
pub(super) fn tag(text: &str, start: usize) -> Span {
    property(text, start, '!')
}

/// The anchor among the properties that begin at `start`.
pub(super) fn anchor(text: &str, start: usize) -> Span {
    property(text, start, '&')
}

/// At most two properties precede a node; this is the one with the given sign.
fn property(text: &str, start: usize, sign: char) -> Span {
    let first = word(text, start);
    let is_first = text.get(first.range()).is_some_and(|word| word.starts_with(sign));
    if is_first { first } else { word(text, first.range().end) }
}

/// The next word, on any line.
fn word(text: &str, from: usize) -> Span {
    let rest = text.get(from..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start().len();
    let length = word_length(rest.trim_start());
    Span::new(from + blank, from + blank + length)
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}')).unwrap_or(text.len())
}

/// A span that is not empty: an empty one is extended to the rest of its line.
pub(super) fn or_line(text: &str, span: Span) -> Span {
    let range = span.range();
    if !range.is_empty() {
        return span;
    }
    let line = text.get(range.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    Span::new(range.start, range.start + line.len())
}
