//! Finds secret values in texts and replaces them by the mask.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::MASK;
use super::unescape::{Unescaped, unescaped_forms};
use crate::limits::{LOG_TAIL_BYTES, MASK_BYTES, MASK_CHARACTERS, MASK_CUT_CHARACTERS, MASK_PIECE_BYTES};

/// Shorter pieces of base64 occur in other base64 by coincidence.
const BASE64_CHARACTERS: usize = 6;

/// Shorter texts in base64 are not decoded: they are words.
const BASE64_RUN: usize = 8;

/// The most positions in one text where it may have been cut. Texts that this program cuts have one.
const CUTS: usize = 8;

/// Base64 within base64.
const BASE64_LEVELS: usize = 2;

/// All secret values, prepared for the search.
#[derive(Default)]
pub(super) struct Finder {
    texts: HashSet<String>,
    /// Texts that are matched only as a whole value: within longer texts they would be found by coincidence.
    short: HashSet<String>,
    numbers: HashSet<String>,
    bytes: usize,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Nothing,
    Ready {
        automaton: Box<AhoCorasick>,
        kinds: Vec<Kind>,
    },
    /// There are more secrets than can be searched for.
    TooMany,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    /// A short text in its quotes: only within JSON.
    Quoted,
    /// Digits that are not part of a longer number or word.
    Number,
    /// Base64 whose first or last character contains bits of a neighbour too.
    Base64 {
        before: bool,
        after: bool,
    },
}

impl Finder {
    /// Adds a text, which is searched for within longer ones from a length of `searched_from` characters. False when
    /// it is shorter, so that it can only be matched as a whole value.
    pub(super) fn add_text(&mut self, text: &str, searched_from: usize) -> bool {
        if text.trim().is_empty() || text == MASK {
            return true;
        }
        let long = text.chars().count() >= searched_from;
        let set = if long { &mut self.texts } else { &mut self.short };
        if set.insert(text.to_owned()) {
            self.bytes += text.len();
        }
        long
    }

    /// Adds a number. False when it is too short to be searched for.
    pub(super) fn add_number(&mut self, number: String) -> bool {
        if number.len() < MASK_CHARACTERS {
            return false;
        }
        self.bytes += number.len();
        self.numbers.insert(number);
        true
    }

    /// Adds the values of another one.
    pub(super) fn add_all(&mut self, other: &Self) {
        for text in &other.texts {
            self.add_text(text, 0);
        }
        for text in &other.short {
            self.add_text(text, usize::MAX);
        }
        for number in &other.numbers {
            self.add_number(number.clone());
        }
    }

    pub(super) fn count(&self) -> usize {
        self.texts.len() + self.short.len() + self.numbers.len()
    }

    /// Prepares the search for the values that were added.
    pub(super) fn build(&mut self) {
        if self.count() == 0 {
            return;
        }
        if self.bytes > MASK_BYTES {
            self.state = State::TooMany;
            return;
        }
        let mut needles: Vec<String> = Vec::new();
        let mut kinds = Vec::new();
        let mut push = |needle: String, kind: Kind| {
            needles.push(needle);
            kinds.push(kind);
        };
        for text in &self.texts {
            for piece in pieces(text) {
                // Encoded data is often JSON.
                let escaped = serde_json::Value::from(piece).to_string();
                let escaped = escaped.get(1..escaped.len() - 1).filter(|escaped| *escaped != piece);
                for (encoded, kind) in [Some(piece), escaped].into_iter().flatten().flat_map(base64_forms) {
                    push(encoded, kind);
                }
                push(piece.to_owned(), Kind::Text);
            }
        }
        for text in &self.short {
            push(format!("\"{text}\""), Kind::Quoted);
        }
        for number in &self.numbers {
            push(number.clone(), Kind::Number);
        }
        self.state = match AhoCorasick::new(&needles) {
            Ok(automaton) => State::Ready { automaton: Box::new(automaton), kinds },
            Err(_) => State::TooMany,
        };
    }

    /// Whether a number is one of the secrets.
    pub(super) fn has_number(&self, number: &str) -> bool {
        matches!(self.state, State::TooMany) || self.numbers.contains(number)
    }

    /// The redacted text; `None` when it contains no secret.
    pub(super) fn masked(&self, text: &str) -> Option<String> {
        self.masked_within(text, BASE64_LEVELS)
    }

    /// Likewise for a log tail, which may begin within a secret.
    pub(super) fn masked_log(&self, text: &str) -> Option<String> {
        let ranges = self.cut_beginning(text).into_iter().collect::<Vec<_>>();
        let begun = replaced(text, ranges);
        self.masked(begun.as_deref().unwrap_or(text)).or(begun)
    }

    fn masked_within(&self, text: &str, levels: usize) -> Option<String> {
        let (automaton, kinds) = match &self.state {
            State::Nothing => return None,
            State::TooMany => return (text.chars().count() >= MASK_CHARACTERS).then(|| MASK.to_owned()),
            State::Ready { automaton, kinds } => (automaton, kinds),
        };
        if self.short.contains(text) {
            return Some(MASK.to_owned());
        }
        let encoded = if levels > 0 { self.encoded(text, levels) } else { None };
        self.written(encoded.as_deref().unwrap_or(text), automaton, kinds).or(encoded)
    }

    /// Redacts the secrets that appear in the text, escaped or as pieces of base64.
    fn written(&self, text: &str, automaton: &AhoCorasick, kinds: &[Kind]) -> Option<String> {
        let is_json = text.trim_start().starts_with(['{', '[', '"']);
        let may_be_cut = text.contains('…');
        let mut ranges = Vec::new();
        for view in unescaped_forms(text) {
            for found in automaton.find_overlapping_iter(&*view.bytes) {
                let kind = kinds.get(found.pattern().as_usize()).copied().unwrap_or(Kind::Text);
                if let Some(range) = meant(kind, found.range(), &view.bytes, is_json) {
                    ranges.push(view.place(range.start)..view.place(range.end));
                }
            }
            if may_be_cut {
                self.cut_ends(&view, &mut ranges);
            }
        }
        replaced(text, ranges)
    }

    /// Decodes everything in the text that looks like base64, redacts it and encodes it again.
    fn encoded(&self, text: &str, levels: usize) -> Option<String> {
        let mut masked: Option<String> = None;
        let mut done = 0;
        for run in base64_runs(text) {
            let Some(replacement) = text.get(run.clone()).and_then(|own| self.decoded(own, levels)) else { continue };
            let masked = masked.get_or_insert_default();
            masked.push_str(text.get(done..run.start).unwrap_or_default());
            masked.push_str(&replacement);
            done = run.end;
        }
        masked.map(|masked| masked + text.get(done..).unwrap_or_default())
    }

    fn decoded(&self, run: &str, levels: usize) -> Option<String> {
        let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
        let (engine, bytes) = engines.iter().find_map(|engine| Some((engine, engine.decode(run).ok()?)))?;
        let decoded = String::from_utf8_lossy(&bytes);
        let begun = self.cut_beginning(&decoded).and_then(|range| replaced(&decoded, vec![range]));
        let masked = self.masked_within(begun.as_deref().unwrap_or(&decoded), levels - 1).or(begun)?;
        Some(engine.encode(masked))
    }

    /// Prefixes of secrets right before an ellipsis: a message shows only the beginning of a value.
    fn cut_ends(&self, view: &Unescaped<'_>, ranges: &mut Vec<Range<usize>>) {
        let ellipsis = "…".as_bytes();
        let ends: Vec<usize> = view
            .bytes
            .windows(ellipsis.len())
            .enumerate()
            .filter(|(_, window)| *window == ellipsis)
            .map(|(at, _)| at)
            .collect();
        for end in ends.iter().rev().take(CUTS) {
            let shown = view.bytes.get(..*end).unwrap_or_default();
            for text in &self.texts {
                let most = text.len().saturating_sub(1).min(MASK_PIECE_BYTES);
                let beginning = (MASK_CUT_CHARACTERS..=most)
                    .rev()
                    .find(|length| text.as_bytes().get(..*length).is_some_and(|beginning| shown.ends_with(beginning)));
                if let Some(length) = beginning {
                    ranges.push(view.place(end - length)..view.place(*end));
                }
            }
        }
    }

    /// The end of a secret at the start of a log tail.
    fn cut_beginning(&self, text: &str) -> Option<Range<usize>> {
        // The last character may be cut too.
        if text.len() + 8 < LOG_TAIL_BYTES {
            return None;
        }
        let rest = text.trim_start_matches(char::REPLACEMENT_CHARACTER);
        let begin = text.len() - rest.len();
        let longest = self.texts.iter().filter_map(|secret| {
            let ends = secret.char_indices().map(|(at, _)| secret.get(at..).unwrap_or_default()).skip(1);
            ends.take_while(|end| end.len() >= MASK_CUT_CHARACTERS).find(|end| rest.starts_with(end)).map(str::len)
        });
        longest.max().map(|length| begin..begin + length)
    }
}

/// The part of a match to redact.
fn meant(kind: Kind, found: Range<usize>, bytes: &[u8], is_json: bool) -> Option<Range<usize>> {
    let before = found.start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(found.end);
    match kind {
        Kind::Text => Some(found),
        Kind::Quoted => is_json.then(|| found.start + 1..found.end - 1),
        Kind::Number => {
            let joined = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            (!joined(before) && !joined(after)).then_some(found)
        }
        Kind::Base64 { before: shared_before, after: shared_after } => {
            let more = |shared: bool, byte: Option<&u8>| usize::from(shared && byte.copied().is_some_and(is_base64));
            Some(found.start - more(shared_before, before)..found.end + more(shared_after, after))
        }
    }
}

/// The text with one mask for each range; adjacent ranges are merged.
fn replaced(text: &str, mut ranges: Vec<Range<usize>>) -> Option<String> {
    if ranges.is_empty() {
        return None;
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    let mut ranges = ranges.into_iter().peekable();
    while let Some(mut range) = ranges.next() {
        while let Some(next) = ranges.next_if(|next| next.start <= range.end) {
            range.end = range.end.max(next.end);
        }
        masked.push_str(text.get(done..range.start).unwrap_or_default());
        masked.push_str(MASK);
        done = range.end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    Some(masked)
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// The ranges of a text that look like base64 of some length: characters of one of its alphabets, and the padding.
fn base64_runs(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let length = |from: usize, is: fn(u8) -> bool| {
            bytes.get(from..).unwrap_or_default().iter().take_while(|byte| is(**byte)).count()
        };
        if !is_base64(*byte) {
            at += 1;
            continue;
        }
        let end = at + length(at, |byte| byte != b'=' && is_base64(byte));
        let filled = end + length(end, |byte| byte == b'=').min(2);
        if end - at >= BASE64_RUN {
            runs.push(at..filled);
        }
        at = filled.max(at + 1);
    }
    runs
}

/// Splits a long text into consecutive pieces; the last one overlaps the one before rather than being short.
fn pieces(text: &str) -> Vec<&str> {
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let mut pieces = Vec::new();
    let mut begin = 0;
    while text.len() - begin > MASK_PIECE_BYTES {
        let end = boundary(begin + MASK_PIECE_BYTES);
        pieces.extend(text.get(begin..end));
        begin = end;
    }
    let last = if begin == 0 { 0 } else { boundary(text.len() - MASK_PIECE_BYTES) };
    pieces.extend(text.get(last..));
    pieces
}

/// The encodings of a text within base64, one for each of the three alignments.
fn base64_forms(text: &str) -> Vec<(String, Kind)> {
    let mut forms = Vec::new();
    for offset in 0..3_usize {
        let bytes = [vec![0; offset], text.as_bytes().to_vec()].concat();
        // The first characters contain bits of the offset, the last one bits of what follows.
        let first = (offset * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        let shared = (offset != 0, bytes.len() * 8 % 6 != 0);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&bytes);
            if let Some(own) = encoded.get(first..last).filter(|own| own.len() >= BASE64_CHARACTERS) {
                let form = own.to_owned();
                if !forms.iter().any(|(known, _)| *known == form) {
                    forms.push((form, Kind::Base64 { before: shared.0, after: shared.1 }));
                }
            }
        }
    }
    forms
}
