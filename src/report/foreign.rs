//! Text that functions and services wrote, made harmless for a terminal and bounded.
//!
//! Control characters could move the cursor, recolour or retitle the terminal, and bidirectional marks could show
//! text in another order than it has. Each is shown as an escape instead.

use std::borrow::Cow;

use crate::limits::{REPORT_LINE_CHARS, REPORT_LINES};

/// Whether a character does something to a terminal beyond standing in its cell.
pub(super) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn escape(character: char, into: &mut String) {
    match character {
        '\t' => into.push_str("    "),
        '\n' => into.push_str("\\n"),
        '\r' => into.push_str("\\r"),
        other => into.extend(other.escape_unicode()),
    }
}

/// The text on one line: line ends are shown as `\n`, what is too long ends with how much is left out.
pub fn one_line(text: &str) -> Cow<'_, str> {
    // Bytes are at least as many as characters, so a short text needs no count.
    let cut = if text.len() > REPORT_LINE_CHARS { text.char_indices().nth(REPORT_LINE_CHARS) } else { None };
    if cut.is_none() && !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let (shown, rest) = text.split_at(cut.map_or(text.len(), |(at, _)| at));
    let mut safe = String::with_capacity(shown.len());
    for character in shown.chars() {
        if is_harmful(character) {
            escape(character, &mut safe);
        } else {
            safe.push(character);
        }
    }
    if !rest.is_empty() {
        safe.push_str(&format!(" … ({} more characters)", rest.chars().count()));
    }
    Cow::Owned(safe)
}

/// The lines of a text, each harmless; of very many lines the first and how many more there are.
pub fn safe_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().take(REPORT_LINES).map(|line| one_line(line).into_owned()).collect();
    let more = text.lines().skip(REPORT_LINES).count();
    if more > 0 {
        lines.push(format!("… ({more} more lines)"));
    }
    lines
}

/// JSON text with escapes for what a terminal would act upon; JSON itself asks for few of them. Outside of strings
/// there are only line ends, which stay.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    let harmful = |character: char| is_harmful(character) && character != '\n';
    if !json.contains(harmful) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if harmful(character) {
            safe.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}
