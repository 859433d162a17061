//! Comments, messages and documents use the standard terms: this lists words that must not replace them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::files_below;

/// Words that are not used, and the terms to use.
const WORDS: [(&str, &str); 26] = [
    ("carry on", "resume"),
    ("carries on", "runs, resumes"),
    ("carried on", "resumed"),
    ("carrying on", "running, resuming"),
    ("carries it on", "runs it"),
    ("carry it on", "resume it"),
    ("dead process", "interrupted execution, ended process"),
    ("is told", "is reported, gets"),
    ("puts up with", "tolerates"),
    ("put up with", "tolerated"),
    ("made up", "generated"),
    ("circle", "cycle"),
    ("hears nobody", "needs the journal"),
    ("was faster", "was first"),
    ("carries the execution on", "runs the execution"),
    ("had anew", "refreshed, obtained again"),
    ("became of", "the outcome of, the result of"),
    ("came of", "the outcome of, the result of"),
    ("ended badly", "failed"),
    ("given up", "abandoned, out of attempts"),
    ("whoever", "the user who, the process that"),
    ("complain of", "report"),
    ("broken off", "interrupted, aborted, cut off"),
    ("somebody", "a person, an approver, another user"),
    ("to mend", "to fix"),
    ("and its like", "and similar"),
];

#[test]
fn replaced_words_are_not_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = files_below(&root.join("src"), "rs");
    files.extend(files_below(&root.join("docs"), "md"));
    files.extend([root.join("README.md"), root.join("CHANGELOG.md")]);
    assert!(files.len() > 200, "only {} files were found", files.len());
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        found.extend(unused_words(&text).into_iter().map(|words| format!("{}: {words}", file.display())));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn words_are_found_across_lines_and_letter_cases() {
    let text = "/// Carried\n    /// on by another.\n//! it is\n//! told\nlet said = \"was \\\n    faster\"; // <circle>, encircle, circles";
    let expected = [
        "use resumed instead of carried on",
        "use is reported, gets instead of is told",
        "use was first instead of was faster",
    ];
    assert_eq!(unused_words(text), expected);
    assert_eq!(unused_words("in a circle"), ["use cycle instead of circle"]);
}

/// The words of the list in a text; comments and strings are joined across lines.
fn unused_words(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '!']).trim_end_matches('\\').trim());
    let text = lines.collect::<Vec<_>>().join(" ").to_lowercase();
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let has = |words: &str| {
        text.match_indices(words).any(|(at, _)| {
            // `<circle>` is an element of SVG.
            let before = text[..at].chars().next_back();
            is_apart(before) && before != Some('<') && is_apart(text[at + words.len()..].chars().next())
        })
    };
    let found = WORDS.iter().filter(|(words, _)| has(words));
    found.map(|(words, better)| format!("use {better} instead of {words}")).collect()
}
