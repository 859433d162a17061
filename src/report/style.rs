//! The styles that a palette writes.

/// The length of one of the styles that this program writes: bold, faint, italic, underlined, the colours of text, and
/// the end of them. No text is hidden or given a background by it.
pub fn style_length(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find('m')?;
    let is_known = |code: &str| matches!(code, "" | "0" | "1" | "2" | "3" | "4" | "22" | "39") || is_colour(code);
    codes.get(..end)?.split(';').all(is_known).then_some("\u{1b}[".len() + end + 1)
}

fn is_colour(code: &str) -> bool {
    code.len() == 2 && matches!(code.parse::<u8>(), Ok(30..=37 | 90..=97))
}

#[cfg(test)]
mod tests;
