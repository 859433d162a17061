//! Which characters are unsafe.
//!
//! The sets are those of the Unicode Character Database: `Cc` (control characters), `Zl` and `Zp` (separators of lines and
//! paragraphs), `Bidi_Control`, `Default_Ignorable_Code_Point` (everything that is not drawn), and the characters of
//! interlinear annotations. A joiner or a variation selector that writes a script or an emoji is safe where it does so:
//! Persian needs one, and so does a family of four.

/// A character of a text, and whether it is unsafe at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Classified {
    /// The byte of the text that it begins at.
    pub(super) at: usize,
    pub(super) character: char,
    pub(super) is_unsafe: bool,
}

impl Classified {
    /// Writes the character, or its escape where it is unsafe.
    pub(super) fn write(self, into: &mut String) {
        match self.character {
            _ if !self.is_unsafe => into.push(self.character),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            other => into.extend(other.escape_unicode()),
        }
    }
}

/// The context before a character, as far as a joiner or a variation selector needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A letter or a symbol beyond ASCII.
    Drawn,
    /// A variation selector that belongs to one.
    Varied,
    /// Anything else.
    Other,
}

/// Every character of the text in its order.
pub(super) fn classify(text: &str) -> impl Iterator<Item = Classified> {
    let mut before = Before::Other;
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (at, character) = characters.next()?;
        let next = characters.peek().map(|(_, next)| *next);
        let is_unsafe = match character {
            '\u{200c}' | '\u{200d}' => before == Before::Other || !next.is_some_and(is_drawn),
            // The keycap of a digit is the digit, the selector and the key.
            '\u{fe0e}' | '\u{fe0f}' => before != Before::Drawn && next != Some('\u{20e3}'),
            _ => is_unsafe_anywhere(character),
        };
        before = match character {
            '\u{fe0e}' | '\u{fe0f}' if !is_unsafe => Before::Varied,
            _ if is_drawn(character) => Before::Drawn,
            _ => Before::Other,
        };
        Some(Classified { at, character, is_unsafe })
    })
}

fn is_drawn(character: char) -> bool {
    !character.is_ascii()
        && !is_unsafe_anywhere(character)
        && !character.is_whitespace()
        && !matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Whether a character is unsafe at every position.
fn is_unsafe_anywhere(character: char) -> bool {
    if character < '\u{a0}' {
        return character.is_control();
    }
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0d}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
