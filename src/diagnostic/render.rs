//! Renders diagnostics as text, with source lines and carets.

use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, Title};

use crate::limits::DIAGNOSTIC_CONTEXT;
use crate::untrusted::pictures;

use super::json::word;
use super::{Diagnostic, Position, Severity, Source, Span};

/// The problems of one text in the look of rustc, in the order of their places, each with its lines and carets.
///
/// `width` is the number of columns of the terminal. Lines far longer than it are cut around what is wrong. No
/// control character of the text reaches the terminal. Every problem ends with an empty line.
pub fn render(diagnostics: &[Diagnostic], source: &Source, colour: bool, width: usize) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(width.max(40));
    let mut text = String::new();
    for diagnostic in super::in_order(diagnostics) {
        text.push_str(&one(diagnostic, source, &renderer));
        text.push_str("\n\n");
    }
    text
}

/// A problem in one line: `file:line:column: error[code]: message`.
pub fn one_line(diagnostic: &Diagnostic, source: &Source) -> String {
    let place = source.position(diagnostic.span.start);
    format!(
        "{}:{}:{}: {}[{}]: {}",
        visible(source.name()),
        place.line,
        place.column,
        word(diagnostic.severity()),
        diagnostic.code,
        visible(&diagnostic.message)
    )
}

/// How many problems there are: `2 errors, 1 warning`; empty when there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count();
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning] {
        let number = count(severity);
        if number > 0 {
            let separator = if text.is_empty() { "" } else { ", " };
            let plural = if number == 1 { "" } else { "s" };
            // Writing to a text cannot fail.
            let _ = write!(text, "{separator}{number} {}{plural}", word(severity));
        }
    }
    text
}

fn one(diagnostic: &Diagnostic, source: &Source, renderer: &Renderer) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title: Title<'_> = level.primary_title(visible(&diagnostic.message)).id(diagnostic.code.as_str());
    let place = source.position(diagnostic.span.start);
    let name = visible(source.name());
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(visible(help)));
    if source.text().is_empty() {
        let origin = Origin::path(name).line(place.line).char_column(place.column);
        return renderer.render(&[title.element(origin).elements(help)]);
    }

    let mut marked = vec![(diagnostic.span, true, diagnostic.label.as_str())];
    marked.extend(diagnostic.related.iter().map(|(span, text)| (*span, false, text.as_str())));
    let window = Window::around(source, &marked);
    let shown_place = window.place();
    let elsewhere = window.cut_off.into_iter().map(|(span, label)| {
        let place = source.position(span.start);
        Level::NOTE.message(format!("{name}:{}:{}: {label}", place.line, place.column))
    });
    let snippet = Snippet::source(window.text).line_start(window.first_line).path(name.as_str()).annotations(
        window.marks.into_iter().map(|(range, primary, label)| {
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(range).label((!label.is_empty()).then_some(label))
        }),
    );
    let text = renderer.render(&[title.element(snippet).elements(elsewhere).elements(help)]);
    // The renderer counts columns in the line as it is shown, which begins later when it was cut.
    let counted = format!("{name}:{}:{}", shown_place.line, shown_place.column);
    match text.split_once("--> ").and_then(|(before, after)| Some((before, after.split_once(&counted)?))) {
        Some((before, (style, after))) if shown_place != place => {
            format!("{before}--> {style}{name}:{}:{}{after}", place.line, place.column)
        }
        _ => text,
    }
}

/// The lines of a text that a problem shows, safe to print, and the marks in them.
struct Window {
    text: String,
    first_line: usize,
    marks: Vec<(Range<usize>, bool, String)>,
    /// Related places in a part of their line that is not shown.
    cut_off: Vec<(Span, String)>,
}

impl Window {
    fn around(source: &Source, marked: &[(Span, bool, &str)]) -> Self {
        // A span of several lines is marked in its first one only.
        let places: Vec<(usize, Range<usize>)> = marked.iter().map(|(span, ..)| in_line(source, *span)).collect();
        let first = places.iter().map(|(line, _)| *line).min().unwrap_or(1);
        let last = places.iter().map(|(line, _)| *line).max().unwrap_or(1);
        let mut text = String::new();
        let mut marks: Vec<(Range<usize>, bool, String)> = Vec::new();
        let mut cut_off = Vec::new();
        for number in first..=last {
            let near = places.iter().any(|(line, _)| line.abs_diff(number) <= 2);
            // Lines far from every mark are folded away, so they need no text.
            let line = if near { source.line(number) } else { "" };
            // The problem's own mark comes first, as in `marked`.
            let here = || places.iter().zip(marked).filter(|((line, _), _)| *line == number);
            let shown = Shown::of(line, here().map(|((_, range), _)| range.clone()));
            let start = text.len();
            for ((_, range), (span, primary, label)) in here() {
                if !primary && !shown.has(range.start) {
                    cut_off.push((*span, visible(label)));
                    continue;
                }
                let range = start + shown.at(range.start)..start + shown.at(range.end);
                marks.push((range, *primary, visible(label)));
            }
            text.push_str(&shown.text);
            text.push('\n');
        }
        Self { text, first_line: first, marks, cut_off }
    }

    /// The place of the problem, in the lines as they are shown.
    fn place(&self) -> Position {
        let start = self.marks.iter().find(|(_, primary, _)| *primary).map_or(0, |(range, ..)| range.start);
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.first_line + before.matches('\n').count();
        Position { line, column: before.get(line_start..).unwrap_or_default().chars().count() + 1 }
    }
}

/// The line of a span (from 1), and its bytes in that line.
fn in_line(source: &Source, span: Span) -> (usize, Range<usize>) {
    let line = source.position(span.start).line;
    let text = source.line(line);
    let line_start = source.line_start(line);
    let start = (span.range().start.saturating_sub(line_start)).min(text.len());
    let end = (span.range().end.saturating_sub(line_start)).clamp(start, text.len());
    (line, start..end)
}

/// One line as it is shown: cut to what is near the marks, with control characters made visible.
struct Shown {
    text: String,
    cut: Range<usize>,
    /// Bytes of the line and of the shown text at which each shown character begins, and the two ends.
    map: Vec<(usize, usize)>,
}

impl Shown {
    fn of(line: &str, marks: impl Iterator<Item = Range<usize>>) -> Self {
        let cut = Self::cut(line, marks);
        let mut text = String::new();
        let mut map = Vec::new();
        if cut.start > 0 {
            map.push((0, 0));
            text.push('…');
        }
        for (at, shown) in pictures(line.get(cut.clone()).unwrap_or_default()) {
            map.push((cut.start + at, text.len()));
            text.push(shown);
        }
        map.push((cut.end, text.len()));
        if cut.end < line.len() {
            text.push('…');
            map.push((line.len(), text.len()));
        }
        Self { text, cut, map }
    }

    /// The part of a line that is shown.
    fn cut(line: &str, marks: impl Iterator<Item = Range<usize>>) -> Range<usize> {
        if line.len() <= 4 * DIAGNOSTIC_CONTEXT {
            return 0..line.len();
        }
        // Marks far apart in one line cannot all be shown; the first is the one the problem is about.
        let mark = { marks }.next().unwrap_or(0..0);
        let mut start = mark.start.saturating_sub(DIAGNOSTIC_CONTEXT);
        let mut end = (mark.end.min(mark.start + 2 * DIAGNOSTIC_CONTEXT) + DIAGNOSTIC_CONTEXT).min(line.len());
        while !line.is_char_boundary(start) {
            start -= 1;
        }
        while !line.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    /// Whether a byte of the line is in the shown part.
    fn has(&self, byte: usize) -> bool {
        self.cut.start <= byte && byte <= self.cut.end
    }

    /// Where a byte of the line is shown; what is cut off is at the nearest end.
    fn at(&self, byte: usize) -> usize {
        let after = self.map.partition_point(|(of_line, _)| *of_line < byte);
        self.map.get(after).or(self.map.last()).map_or(0, |(_, shown)| *shown)
    }
}

/// A text that can be printed: no character of it moves the cursor, changes colours or the direction of writing.
pub(super) fn visible(text: &str) -> String {
    pictures(text).map(|(_, shown)| shown).collect()
}
