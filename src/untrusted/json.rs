//! JSON with escapes for unsafe characters, which leave every value the same.

use std::borrow::Cow;

use super::are_plain_lines;
use super::unsafe_characters::{Classified, classify};

/// The JSON text with an escape for each unsafe character within a string. Between the strings of JSON there is only
/// white space, which stays; what is unsafe there is no JSON, and is escaped all the same.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    escape_json_with(json, |_| false)
}

/// The same, with more characters that are escaped within strings: `more` gets the text from a character on, and says
/// whether it is one. It is asked about no part of an escape.
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
