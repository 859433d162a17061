//! Decodes bytes to text: checks the size, the encoding, the characters.

use std::io::{self, Read};

use crate::diagnostic::{Code, Diagnostic, Source, Span};
use crate::limits::DOCUMENT_BYTES;

use super::UnreadableDocument;

/// Reads at most one byte more than a document may have, so that [`read`](super::read) refuses a larger one without the
/// rest ever being in memory.
///
/// # Errors
///
/// The reader's own.
pub fn read_bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a document, without a byte order mark.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Source, UnreadableDocument> {
    if bytes.len() > DOCUMENT_BYTES {
        let message = format!("the document is larger than {} KiB", DOCUMENT_BYTES / 1024);
        return Err(refused(
            Source::new(name, ""),
            Diagnostic::new(Code::DocumentTooLarge, Span::default(), message)
                .help("the service takes at most 64 KB; keep data and long scripts outside the runbook"),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => Err(not_utf8(name, bytes, error.valid_up_to())),
    }
}

fn not_utf8(name: &str, bytes: &[u8], at: usize) -> UnreadableDocument {
    let utf16 = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    let byte = bytes.get(at).copied().unwrap_or_default();
    // Everything before the first bad byte is unchanged by the replacement, so its offset holds in both.
    let source = Source::new(name, String::from_utf8_lossy(bytes));
    let span = Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
    let problem = Diagnostic::new(Code::InvalidUtf8, span, format!("the byte 0x{byte:02X} is not UTF-8"));
    let help = if utf16 { "this is UTF-16; save the file as UTF-8" } else { "save the file as UTF-8" };
    refused(source, problem.help(help))
}

fn refused(source: Source, problem: Diagnostic) -> UnreadableDocument {
    UnreadableDocument { source, problems: vec![problem] }
}

/// The characters that YAML forbids: a parser may stop at one of them or drop it, so all are refused.
pub(super) fn forbidden_characters(text: &str) -> impl Iterator<Item = (usize, char)> {
    // Nearly every text has none; this checks bytes alone and so is fast.
    let suspicious = text.bytes().any(|byte| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127 | 0xC2 | 0xEF));
    let text = if suspicious { text } else { "" };
    text.char_indices().filter(|(_, character)| {
        matches!(character,
            '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}'
            | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    })
}
