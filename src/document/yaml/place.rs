//! Where a node really begins and ends. The events count characters, and their ranges include an anchor or leave
//! out the header of a block scalar.

use crate::diagnostic::Span;
use crate::document::node::Style;

/// From characters to bytes.
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

/// The place of a scalar, `last_end` being where the node before it ended.
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
            // The event is that of the `:` or `-` that nothing follows, or of what follows instead.
            let indicator = matches!(text.get(event.clone()), Some(":" | "-" | "?"));
            let at = if indicator { event.end } else { last_end };
            Span::new(at, at)
        }
        Style::Plain => Span::new(start, event.end),
        Style::SingleQuoted | Style::DoubleQuoted => Span::new(start, quote_end(text, start, style)),
        Style::Literal | Style::Folded => {
            let header = block_header(text, event.start, value, last_end);
            let end =
                text.get(header..event.end.max(header)).map_or(event.end, |block| header + block.trim_end().len());
            Span::new(header, end)
        }
    }
}

/// Where the quote that opens at `start` has closed.
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

/// Where the node begins after `&anchor` and `!tag`, whatever their order.
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
    let mut at = start;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let length = word_length(trimmed);
        if !trimmed.starts_with('&') {
            return Span::new(at, at + length);
        }
        at += length;
    }
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}')).unwrap_or(text.len())
}

/// A span with something in it: an empty one becomes the rest of its line.
pub(super) fn or_line(text: &str, span: Span) -> Span {
    let range = span.range();
    if !range.is_empty() {
        return span;
    }
    let line = text.get(range.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    Span::new(range.start, range.start + line.len())
}
