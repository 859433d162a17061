//! Input that wants to be expensive. Each is refused at the place where it goes too far.

use std::fmt::Write;
use std::io::Read;

use super::{outcome, read};
use crate::document::read_bounded;
use crate::limits::{DOCUMENT_ALIASES, DOCUMENT_BYTES, DOCUMENT_DEPTH, DOCUMENT_PROBLEMS};

#[test]
fn a_file_that_is_too_large_is_not_kept() {
    let bytes = read_bounded(std::io::repeat(b'a').take(100 * 1024 * 1024)).unwrap();
    assert_eq!((bytes.len(), outcome(&bytes)), (DOCUMENT_BYTES + 1, "1:1 document-too-large \"\"".into()));
}

#[test]
fn the_largest_file_is_read() {
    let text = format!("a: {}", "x".repeat(DOCUMENT_BYTES - 3));
    assert!(read("book.yaml", text.as_bytes()).is_ok());
}

#[test]
fn a_document_of_too_many_values_is_refused_before_it_is_built() {
    let values = "1,".repeat(600_000);
    for (text, place) in [(format!("{{\"a\": [{values}1]}}"), "1:1000007"), (format!("a: [{values}1]"), "1:999999")] {
        let refused = outcome(text.as_bytes());
        assert!(refused.starts_with(&format!("{place} document-too-large")), "{refused:.60}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_shown_at_their_place() {
    assert_eq!(outcome(b"a: 1\nb: \xC3\xA9x\xFF\xFEy\n"), "2:6 invalid-utf8 \"\u{FFFD}\"");
    assert_eq!(outcome(b"a: \xE6\xBC"), "1:4 invalid-utf8 \"\u{FFFD}\"");
    let utf16 = read("book.yaml", b"\xFF\xFEa\0:\0").unwrap_err();
    assert_eq!(utf16.problems[0].help, ["this is UTF-16; save the file as UTF-8"]);
}

#[test]
fn control_characters_are_refused_one_and_all() {
    assert_eq!(
        outcome("a: x\0y\nb: \"\u{1b}[31m\"\nc: \u{9b}\n"),
        "1:5 control-character \"\\0\"; 2:5 control-character \"\\u{1b}\"; 3:4 control-character \"\\u{9b}\""
    );
}

#[test]
fn nesting_stops_at_the_limit_however_it_is_written() {
    let deep = 10_000;
    let block = (0..1_000).fold(String::new(), |text, level| text + &" ".repeat(level) + "a:\n");
    let column = "a: ".len() + DOCUMENT_DEPTH;
    for (text, place) in [
        (format!("a: {}", "[".repeat(200)), "unclosed"),
        (format!("a: {}{}", "[".repeat(200), "]".repeat(200)), &*format!("1:{column}")),
        (format!("a: {}{}", "[".repeat(deep), "]".repeat(deep)), ""),
        (format!("{{\"a\": {}", "[".repeat(deep)), &*format!("1:{}", "{\"a\": ".len() + DOCUMENT_DEPTH)),
        (format!("a:\n{}x", "- ".repeat(deep)), &*format!("2:{}", 2 * (DOCUMENT_DEPTH - 1) + 1)),
        (block, &*format!("{}:{}", DOCUMENT_DEPTH + 1, DOCUMENT_DEPTH + 1)),
    ] {
        let found = outcome(&text);
        match place {
            // The event reader gives up on its own before the first of so many brackets is known to be a value.
            "" | "unclosed" => assert!(!found.starts_with('{'), "{found}"),
            place => assert!(found.starts_with(&format!("{place} nested-too-deep")), "{place}: {found}"),
        }
    }
}

#[test]
fn the_deepest_allowed_nesting_is_read() {
    let levels = DOCUMENT_DEPTH - 1;
    for lead in ["a: ", "{\"a\": "] {
        let close = if lead.starts_with('{') { "}" } else { "" };
        let text = format!("{lead}{}{}{close}", "[".repeat(levels), "]".repeat(levels));
        assert!(read("book.yaml", text.as_bytes()).is_ok(), "{lead}");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        writeln!(bomb, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", ")).unwrap();
    }
    assert!(outcome(&bomb).contains(" alias \"*a"), "{}", outcome(&bomb));

    let many = format!("a: &x 1\nb: [{}]\n", vec!["*x"; DOCUMENT_ALIASES + 1].join(","));
    assert!(outcome(&many).starts_with("2:305 alias \"*x\""), "{}", outcome(&many));
    let enough = format!("a: &x 1\nb: [{}]\n", vec!["*x"; DOCUMENT_ALIASES].join(","));
    assert!(read("book.yaml", enough.as_bytes()).is_ok());

    let long = format!("a: &x {}\nb: [{}]\n", "x".repeat(50_000), vec!["*x"; 50].join(","));
    assert!(outcome(&long).contains(" alias \"*x\""), "{}", outcome(&long));
}

#[test]
fn depth_counts_through_aliases() {
    let half = DOCUMENT_DEPTH / 2 + 1;
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(half), "]".repeat(half));
    let text = format!("a: &x {}\nb: {}\n", nested("1"), nested("*x"));
    assert!(outcome(&text).contains("nested-too-deep \"*x\""), "{}", outcome(&text));
}

#[test]
fn problems_are_bounded() {
    let text = "a: 1\n".repeat(10_000);
    assert_eq!(read("book.yaml", text.as_bytes()).unwrap_err().problems.len(), DOCUMENT_PROBLEMS);
}
