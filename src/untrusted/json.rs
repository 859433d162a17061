//! JSON with escapes for unsafe characters, which leave every value the same.

use std::borrow::Cow;

use super::are_plain_lines;
use super::unsafe_characters::{Classified, classify};

/// The JSON text with an escape for each unsafe character within a string. White space between strings stays; an unsafe
/// character there is not JSON, and is escaped too.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    escape_json_with(json, |_| false)
}

/// Likewise, and escapes more characters within strings: `more` gets the text from a character on, and returns whether
/// to escape it. It is not called for parts of an escape.
pub fn escape_json_with(json: &str, more: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let acts = |it: &Classified| it.is_unsafe && !matches!(it.character, '\n' | '\r' | '\t');
    if are_plain_lines(json) && !json.char_indices().any(|(at, _)| more(json.get(at..).unwrap_or_default())) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len());
    let mut is_in_string = false;
    let mut is_escape = false;
    for it in classify(json) {
        let follows_backslash = std::mem::take(&mut is_escape);
        match it.character {
            '"' if !follows_backslash => is_in_string = !is_in_string,
            '\\' if is_in_string && !follows_backslash => is_escape = true,
            _ => {}
        }
        let is_more =
            is_in_string && !follows_backslash && it.character != '\\' && more(json.get(it.at..).unwrap_or_default());
        if acts(&it) || is_more {
            escape(it.character, &mut safe);
        } else {
            safe.push(it.character);
        }
    }
    Cow::Owned(safe)
}

/// `\u` and four digits, two times for characters beyond the first 65,536.
fn escape(character: char, into: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        into.push_str(&format!("\\u{unit:04x}"));
    }
}
