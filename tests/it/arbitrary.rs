//! Loading never panics, whatever the text.

use proptest::prelude::*;

use crate::support;

/// A runbook with every action, to mutate.
const ALL_ACTIONS: &str = include_str!("all_actions.yaml");

/// Keywords of runbooks, inserted at random positions.
const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{ a.b }}",
    "step:",
    "- ",
    ": ",
    "\n",
    "\"",
    "'",
    "|",
    ">-",
    "~",
    "0",
    "-1",
    "1e999",
    "[",
    "]",
    "{",
    "}",
    "&a",
    "*a",
    "!x",
    "\t",
    "é",
    "\u{0}",
    "isEnd: true",
    "nextStep: first",
    "Not:",
    "aws:loop",
    "aws:branch",
    "mainSteps",
];

proptest! {
    #[test]
    fn any_bytes_load_or_are_rejected(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        support::read("bytes", &bytes).rendered();
    }

    #[test]
    fn mutated_runbooks_load_or_are_rejected(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, prop::sample::select(WORDS)), 1..6)
    ) {
        let mut text: Vec<char> = ALL_ACTIONS.chars().collect();
        for (at, removed, word) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, word.chars());
        }
        let text: String = text.into_iter().collect();
        support::read("damaged", text.as_bytes()).rendered();
    }
}
