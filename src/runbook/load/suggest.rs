//! "Did you mean": the nearest of the names that would have been right.

use crate::diagnostic::suggestion;
use crate::limits::NAMES_COMPARED;

/// Finds nearest names, within a budget.
#[derive(Debug)]
pub(crate) struct Suggest {
    left: usize,
}

impl Suggest {
    pub(super) fn new() -> Self {
        Self { left: NAMES_COMPARED }
    }

    /// The candidate that `word` most likely was meant to be: the same in other letter case, or a few letters away.
    pub(crate) fn nearest<'c>(&mut self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let left = &mut self.left;
        let affordable = candidates.into_iter().take_while(|_| {
            *left = left.saturating_sub(1);
            *left > 0
        });
        suggestion(word, affordable)
    }
}
