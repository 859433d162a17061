//! Words of command lines.

use crate::report::one_line;

/// A word as a shell takes it.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | ':' | '/' | '+' | ',' | '@');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    one_line(&format!("'{}'", word.replace('\'', "'\\''"))).into_owned()
}
