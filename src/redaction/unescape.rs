//! Removes the escapes of JSON, of logs and of URLs from a text, so that the search finds secrets as they read. Each
//! byte of an unescaped text knows its position in the original.

use std::borrow::Cow;

/// Texts within texts within texts: the reply of a function that returns that of another one, in the input of a third.
/// Each level doubles the backslashes, so more levels are very unlikely.
const ESCAPE_LEVELS: usize = 6;

/// An unescaped text, and the position of each byte and of the end in the original.
pub(super) struct Unescaped<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    places: Option<Vec<usize>>,
}

impl<'t> Unescaped<'t> {
    fn plain(text: &'t str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), places: None }
    }

    /// The position in the original of the byte at `index`, or the end of the text.
    pub(super) fn place(&self, index: usize) -> usize {
        match &self.places {
            None => index,
            Some(places) => places.get(index).or(places.last()).copied().unwrap_or(index),
        }
    }

    /// Unescapes with `read`, which takes the rest of the bytes and returns the bytes meant and how many it read, or
    /// `None` to copy one.
    fn read(&self, mut read: impl FnMut(&[u8]) -> Option<(Vec<u8>, usize)>) -> Unescaped<'static> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut places = Vec::with_capacity(self.bytes.len() + 1);
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (meant, length) = read(rest).unwrap_or_else(|| (rest.iter().take(1).copied().collect(), 1));
            places.extend(std::iter::repeat_n(self.place(at), meant.len()));
            bytes.extend(meant);
            at += length;
        }
        places.push(self.place(at));
        Unescaped { bytes: Cow::Owned(bytes), places: Some(places) }
    }

    /// Without one level of backslashes; `None` when there are none.
    fn unescaped(&self) -> Option<Unescaped<'static>> {
        self.bytes.contains(&b'\\').then(|| self.read(escape))
    }

    /// Without URL escapes; `None` when there are none.
    fn decoded(&self, plus_is_space: bool) -> Option<Unescaped<'static>> {
        let any = self.bytes.contains(&b'%') || (plus_is_space && self.bytes.contains(&b'+'));
        any.then(|| {
            self.read(|rest| match rest {
                [b'%', high, low, ..] => Some((vec![hex(&[*high, *low])?.try_into().ok()?], 3)),
                [b'+', ..] if plus_is_space => Some((vec![b' '], 1)),
                _ => None,
            })
        })
    }
}

/// All unescaped forms of the text, beginning with the text itself.
pub(super) fn unescaped_forms(text: &str) -> Vec<Unescaped<'_>> {
    let mut levels = vec![Unescaped::plain(text)];
    for _ in 0..ESCAPE_LEVELS {
        match levels.last().and_then(Unescaped::unescaped) {
            Some(view) => levels.push(view),
            None => break,
        }
    }
    let mut more = Vec::new();
    for level in &levels {
        for plus_is_space in [false, true] {
            if let Some(decoded) = level.decoded(plus_is_space) {
                more.extend(decoded.unescaped());
                more.push(decoded);
            }
        }
    }
    levels.extend(more);
    levels
}

/// Reads one escape of JSON, Rust, Python or a shell.
fn escape(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [b'\\', kind, after @ ..] = rest else { return None };
    let one = |byte: u8| Some((vec![byte], 2));
    match kind {
        b'"' | b'\'' | b'\\' | b'/' => one(*kind),
        b'n' => one(b'\n'),
        b't' => one(b'\t'),
        b'r' => one(b'\r'),
        b'b' => one(8),
        b'f' => one(12),
        b'0' => one(0),
        b'x' => Some((vec![hex(after.get(..2)?)?.try_into().ok()?], 4)),
        b'u' => unicode(after),
        _ => None,
    }
}

/// Reads the character of a `\u` escape: four digits, two times four, or any number in braces.
fn unicode(after: &[u8]) -> Option<(Vec<u8>, usize)> {
    if let [b'{', digits @ ..] = after {
        let length = digits.iter().take(7).position(|byte| *byte == b'}')?;
        return Some((utf8(hex(digits.get(..length)?)?)?, length + 4));
    }
    let first = hex(after.get(..4)?)?;
    match (first, after.get(4..)) {
        (0xD800..=0xDBFF, Some([b'\\', b'u', low @ ..])) => {
            let second = hex(low.get(..4)?)?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
            Some((utf8(0x1_0000 + ((first - 0xD800) << 10) + second)?, 12))
        }
        _ => Some((utf8(first)?, 6)),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    let only_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    only_digits.then(|| std::str::from_utf8(digits).ok()).flatten().and_then(|text| u32::from_str_radix(text, 16).ok())
}

fn utf8(code: u32) -> Option<Vec<u8>> {
    char::from_u32(code).map(|letter| letter.to_string().into_bytes())
}
