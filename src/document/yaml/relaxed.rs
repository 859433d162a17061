//! Accepts brackets and quotes whose continuation lines are not indented enough.
//!
//! The specification requires every line of a value in brackets or quotes to be indented deeper than its key; YAML 1.1
//! parsers never did, and published runbooks have `}` under the key that it belongs to. The event parser insists, so it
//! gets such lines with spaces inserted, and its positions are mapped back to the text as written. The second reading
//! uses the text as written: if the spaces changed a value, the two would disagree.

use crate::limits::DOCUMENT_BYTES;

/// The text with spaces inserted, and for each of its characters the byte of the original.
pub(super) fn indented(text: &str) -> Option<(String, Vec<u32>)> {
    let regions = regions(text);
    let mut relaxed = String::with_capacity(text.len());
    let mut starts = Vec::with_capacity(text.len());
    let mut regions = regions.into_iter().peekable();
    for (at, character) in text.char_indices() {
        let from = u32::try_from(at).ok()?;
        while regions.next_if(|region| region.end <= at).is_some() {}
        let region = regions.peek().filter(|region| region.start < at);
        if let Some(region) = region
            && text.get(..at)?.ends_with('\n')
        {
            if relaxed.len() + region.column > 2 * DOCUMENT_BYTES {
                return None;
            }
            relaxed.extend(std::iter::repeat_n(' ', region.column));
            starts.extend(std::iter::repeat_n(from, region.column));
        }
        relaxed.push(character);
        starts.push(from);
    }
    starts.push(u32::try_from(text.len()).ok()?);
    Some((relaxed, starts))
}

/// A value in brackets or quotes over several lines.
struct Region {
    start: usize,
    end: usize,
    /// The column of its first character, which is deeper than its key.
    column: usize,
}

fn regions(text: &str) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut line_start = 0;
    // Lines deeper than this are in a block scalar.
    let mut block: Option<usize> = None;
    while let Some(rest) = text.get(line_start..).filter(|rest| !rest.is_empty()) {
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let mut next_line = line_start + line.len();
        let content = line.trim_end();
        let indentation = content.len() - content.trim_start_matches(' ').len();
        let in_block = block.is_some_and(|outer| content.is_empty() || indentation > outer);
        if !in_block && !content.is_empty() {
            block = None;
            if let Some(at) = value_start(content) {
                let value = content.get(at..).unwrap_or_default();
                if value.starts_with(['|', '>']) {
                    // A list entry's text is deeper than its dash, a key's deeper than the key.
                    block = Some(indentation);
                } else if value.starts_with(['[', '{', '"', '\'']) {
                    let start = line_start + at;
                    let end = start + length(text.get(start..).unwrap_or_default());
                    if end > next_line {
                        let column = text.get(line_start..start).unwrap_or_default().chars().count();
                        regions.push(Region { start, end, column });
                        let after = text.get(end..).and_then(|after| after.find('\n'));
                        next_line = after.map_or(text.len(), |after| end + after + 1);
                    }
                }
            }
        }
        line_start = next_line;
    }
    regions
}

/// The start of the value in a line: after the dashes and the key.
fn value_start(line: &str) -> Option<usize> {
    let mut at = line.len() - line.trim_start().len();
    while line.get(at..)?.starts_with("- ") {
        let rest = line.get(at + 1..)?;
        at += 1 + rest.len() - rest.trim_start().len();
    }
    let rest = line.get(at..)?;
    if rest.starts_with(['[', '{', '|', '>']) {
        return Some(at);
    }
    let key = if rest.starts_with(['"', '\'']) { length(rest) } else { rest.find(": ")? };
    match rest.get(key..)?.strip_prefix(':') {
        Some(value) if value.starts_with([' ', '\t']) => Some(line.len() - value.trim_start().len()),
        // A quoted string that is not a key is a value.
        _ if rest.starts_with(['"', '\'']) => Some(at),
        _ => None,
    }
}

/// The bytes of the value in brackets or quotes that `text` begins with.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut quote) = (0, 0_usize, None);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match (byte, quote) {
            (b'\\', Some(b'"')) => at += 1,
            (byte, Some(open)) if *byte == open => quote = None,
            (b'"' | b'\'', None) => quote = Some(*byte),
            (b'#', None) if at < 2 || bytes.get(at - 2).is_some_and(u8::is_ascii_whitespace) => {
                let rest = bytes.get(at..).unwrap_or_default();
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            }
            (b'[' | b'{', None) => depth += 1,
            (b']' | b'}', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && quote.is_none() {
            break;
        }
    }
    at.min(bytes.len())
}
