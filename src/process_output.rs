//! Bounds the stored output of a process: the beginning, immediately, and the end, once it is known.
//!
//! Owns: the two bounds, where a text may be cut, and the division into lines. Does not own: the pipe, or the observers. Used by
//! `local_lambda` and `scripts`.

use crate::limits;

/// The stored output of one attempt.
#[derive(Debug)]
pub(crate) struct Output {
    /// Bytes of the beginning that may still pass.
    passing: usize,
    /// The output after these; at most twice the size that is stored.
    last: Vec<u8>,
    left_out: u64,
}

/// The rest of an attempt's output at its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Remainder {
    /// Bytes between the beginning and the end that are lost.
    pub(crate) left_out: u64,
    /// The end.
    pub(crate) bytes: Vec<u8>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { passing: limits::LOG_FIRST_BYTES, last: Vec::new(), left_out: 0 }
    }

    /// Adds output; returns the part that belongs to the beginning.
    pub(crate) fn take_in<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (first, more) = bytes.split_at(self.passing.min(bytes.len()));
        self.passing -= first.len();
        self.last.extend_from_slice(more);
        let most = limits::LOG_LAST_BYTES;
        if self.last.len() > 2 * most {
            self.lose(self.last.len() - most);
        }
        first
    }

    /// Ends an attempt: returns the stored end of its output, and begins the next attempt.
    ///
    /// `begun` is the line in which the beginning ends; it is cut or dropped when bytes are lost after it.
    pub(crate) fn finish(&mut self, begun: &mut Vec<u8>) -> Remainder {
        let lines = self.last.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        // The last line may be without an end.
        let start = lines.into_iter().nth(limits::LOG_LAST_LINES).unwrap_or_default();
        self.lose(start.max(self.last.len().saturating_sub(limits::LOG_LAST_BYTES)));
        if self.left_out > 0 {
            // Lines stay whole unless they are very long: a part of one is of little use, and could be a part of a
            // secret.
            let nearby = self.last.get(..limits::LINE_BYTES).unwrap_or(&self.last);
            if let Some(end) = nearby.iter().position(|byte| *byte == b'\n') {
                self.lose(end + 1);
            } else {
                self.lose(partial_start(&self.last));
                self.last.splice(..0, ELLIPSIS.bytes());
            }
            let kept = if begun.len() <= limits::LINE_BYTES { 0 } else { floor_boundary(begun, begun.len()) };
            self.left_out += count(begun.len() - kept);
            begun.truncate(kept);
            if kept > 0 {
                begun.extend_from_slice(ELLIPSIS.as_bytes());
            }
        }
        let ended = std::mem::replace(self, Self::new());
        Remainder { left_out: ended.left_out, bytes: ended.last }
    }

    fn lose(&mut self, bytes: usize) {
        self.last.drain(..bytes);
        self.left_out += count(bytes);
    }
}

/// Adds output to a line that is not finished, and passes each line that it finishes on, without its line break. A longer
/// line than [`limits::LOG_LINE_BYTES`] is passed on in parts.
pub(crate) fn finish_lines(unfinished: &mut Vec<u8>, bytes: &[u8], mut send: impl FnMut(Vec<u8>)) {
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (text, is_whole) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
        unfinished.extend_from_slice(text);
        while unfinished.len() > limits::LOG_LINE_BYTES {
            let more = unfinished.split_off(floor_boundary(unfinished, limits::LOG_LINE_BYTES));
            send(std::mem::replace(unfinished, more));
        }
        if is_whole {
            send(std::mem::take(unfinished));
        }
    }
}

/// Marks the cut of a long line; redaction looks for parts of secrets before it.
const ELLIPSIS: &str = "…";

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The last position at or before `at` that is not within a UTF-8 character.
pub(crate) fn floor_boundary(bytes: &[u8], at: usize) -> usize {
    // The character that `at` may be within begins at most three bytes before it.
    for back in 1..=3 {
        let Some(start) = at.checked_sub(back) else { break };
        let Some(byte) = bytes.get(start) else { continue };
        if !is_continuation(*byte) {
            return if start + character_length(*byte) > at { start } else { at };
        }
    }
    at
}

/// How many bytes at the beginning belong to a character that began before.
pub(crate) fn partial_start(bytes: &[u8]) -> usize {
    bytes.iter().take(3).take_while(|byte| is_continuation(**byte)).count()
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// How many bytes the character has that begins with this one.
const fn character_length(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
