//! "Did you mean": the nearest of the names that would have been right.

/// Comparisons of names in one document. A document of many wrong names and many right ones would otherwise take
/// quadratic time; beyond this the messages come without a suggestion.
const COMPARISONS: usize = 200_000;

/// Finds nearest names, within a budget.
#[derive(Debug)]
pub(crate) struct Suggest {
    left: usize,
}

impl Suggest {
    pub(super) fn new() -> Self {
        Self { left: COMPARISONS }
    }

    /// The candidate that `word` most likely was meant to be: the same in other letter case, or few letters away.
    pub(crate) fn nearest<'c>(&mut self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let tolerated = match word.chars().count() {
            0..=2 => 0,
            3..=5 => 1,
            6..=9 => 2,
            _ => 3,
        };
        let mut best: Option<(usize, &str)> = None;
        for candidate in candidates {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            let distance = if candidate.eq_ignore_ascii_case(word) {
                0
            } else {
                strsim::damerau_levenshtein(&candidate.to_ascii_lowercase(), &word.to_ascii_lowercase())
            };
            if distance <= tolerated && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }
}
