//! Sanitizes untrusted text for a terminal, a log and JSON.
//!
//! Owns: which characters are unsafe, and how each is escaped; which lines pipelines read as commands ([`pipeline`]).
//! An unsafe character moves the cursor, restyles or retitles the terminal, shows text in another order than it has,
//! breaks a line, or is invisible. Does not own: the environment variables that identify the pipeline (`cli`). Pure;
//! imports only `limits`.

mod json;
pub mod pipeline;
mod unsafe_characters;

use std::borrow::Cow;

use crate::limits::{REPORT_LINE_CHARS, REPORT_LINES};

pub use json::{escape_json, escape_json_with};
use unsafe_characters::classify;

/// Whether a text has a character that is unsafe at its position.
pub fn has_unsafe(text: &str) -> bool {
    !is_plain_ascii(text) && classify(text).any(|character| character.is_unsafe)
}

/// Most text is printable ASCII; the check by bytes is faster.
fn is_plain_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Likewise for several lines.
fn are_plain_lines(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~'))
}

/// The text on one line: line breaks are shown as `\n`, and a long text is cut, with the length of the rest.
pub fn one_line(text: &str) -> Cow<'_, str> {
    // Bytes are at least as many as characters, so a short text needs no count.
    let cut = if text.len() > REPORT_LINE_CHARS { text.char_indices().nth(REPORT_LINE_CHARS) } else { None };
    if cut.is_none() && !has_unsafe(text) {
        return Cow::Borrowed(text);
    }
    let (shown, rest) = text.split_at(cut.map_or(text.len(), |(at, _)| at));
    let mut safe = String::with_capacity(shown.len());
    for character in classify(shown) {
        match character.character {
            '\t' => safe.push_str("    "),
            _ => character.write(&mut safe),
        }
    }
    if !rest.is_empty() {
        safe.push_str(&format!(" … ({} more characters)", rest.chars().count()));
    }
    Cow::Owned(safe)
}

/// The lines of a text, sanitized; of very many lines only the first, and the number of the others.
pub fn safe_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().take(REPORT_LINES).map(|line| one_line(line).into_owned()).collect();
    let more = text.lines().skip(REPORT_LINES).count();
    if more > 0 {
        lines.push(format!("… ({more} more lines)"));
    }
    lines
}

/// The whole text with its lines and tabs, every other unsafe character escaped.
pub fn safe_text(text: &str) -> Cow<'_, str> {
    safe_text_with(text, |_| None)
}

/// Likewise, and keeps some sequences unchanged: `kept` gets the text from an unsafe character on, and returns the
/// length in bytes of the sequence that begins there.
pub fn safe_text_with(text: &str, kept: impl Fn(&str) -> Option<usize>) -> Cow<'_, str> {
    let acts = |character: char| !matches!(character, '\n' | '\t');
    if are_plain_lines(text) || !classify(text).any(|it| it.is_unsafe && acts(it.character)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut kept_until = 0;
    for character in classify(text) {
        if character.is_unsafe && acts(character.character) && character.at >= kept_until {
            let Some(length) = kept(text.get(character.at..).unwrap_or_default()) else {
                character.write(&mut safe);
                continue;
            };
            kept_until = character.at + length;
        }
        safe.push(character.character);
    }
    Cow::Owned(safe)
}

/// The text with one character for each of its characters: control characters become their pictures, other unsafe ones
/// a replacement character. For texts with column marks below them. Tabs stay.
pub fn pictures(text: &str) -> impl Iterator<Item = (usize, char)> {
    classify(text).map(|it| {
        let shown = match it.character {
            '\t' => '\t',
            control @ '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(control)).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            _ if it.is_unsafe => '\u{fffd}',
            character => character,
        };
        (it.at, shown)
    })
}

/// The unsafe characters of a text as references of XML, which mean the same; the text is XML already. Line ends and tabs stay.
pub fn escape_xml(xml: &str) -> Cow<'_, str> {
    let acts = |character: char| !matches!(character, '\n' | '\r' | '\t');
    if are_plain_lines(xml) || !classify(xml).any(|it| it.is_unsafe && acts(it.character)) {
        return Cow::Borrowed(xml);
    }
    let mut safe = String::with_capacity(xml.len());
    for it in classify(xml) {
        if it.is_unsafe && acts(it.character) {
            safe.push_str(&format!("&#x{:x};", u32::from(it.character)));
        } else {
            safe.push(it.character);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests;
