//! Hostile input. The parser rejects each at the position where it exceeds a limit.

use std::fmt::Write;
use std::io::Read;

use super::{outcome, read};
use crate::document::read_bounded;
use crate::limits::{DOCUMENT_ALIASES, DOCUMENT_BYTES, DOCUMENT_DEPTH, DOCUMENT_PROBLEMS};

#[test]
fn oversized_file_is_rejected_without_keeping_its_text() {
    let bytes = read_bounded(std::io::repeat(b'a').take(100 * 1024 * 1024)).unwrap();
    assert_eq!((bytes.len(), outcome(&bytes)), (DOCUMENT_BYTES + 1, "1:1 document-too-large \"\"".into()));
}

#[test]
fn largest_allowed_file_is_parsed() {
    let text = format!("a: {}", "x".repeat(DOCUMENT_BYTES - 3));
    assert!(read("book.yaml", text.as_bytes()).is_ok());
}

#[test]
fn document_with_too_many_values_is_rejected_early() {
    let values = "1,".repeat(600_000);
    for (text, place) in [(format!("{{\"a\": [{values}1]}}"), "1:1000007"), (format!("a: [{values}1]"), "1:999999")] {
        let refused = outcome(text.as_bytes());
        assert!(refused.starts_with(&format!("{place} document-too-large")), "{refused:.60}");
    }
}

#[test]
fn invalid_utf8_is_reported_at_its_position() {
    assert_eq!(outcome(b"a: 1\nb: \xC3\xA9x\xFF\xFEy\n"), "2:6 invalid-utf8 \"\u{FFFD}\"");
    assert_eq!(outcome(b"a: \xE6\xBC"), "1:4 invalid-utf8 \"\u{FFFD}\"");
    let utf16 = read("book.yaml", b"\xFF\xFEa\0:\0").unwrap_err();
    assert_eq!(utf16.problems[0].help, ["this is UTF-16; save the file as UTF-8"]);
}

#[test]
fn every_control_character_is_rejected() {
    assert_eq!(
        outcome("a: x\0y\nb: \"\u{1b}[31m\"\nc: \u{9b}\n"),
        "1:5 control-character \"\\0\"; 2:5 control-character \"\\u{1b}\"; 3:4 control-character \"\\u{9b}\""
    );
}

#[test]
fn nesting_limit_applies_to_every_syntax() {
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
            // The YAML event reader fails before it knows that the first of so many brackets is a value.
            "" | "unclosed" => assert!(!found.starts_with('{'), "{found}"),
            place => assert!(found.starts_with(&format!("{place} nested-too-deep")), "{place}: {found}"),
        }
    }
}

#[test]
fn deepest_allowed_nesting_is_parsed() {
    let levels = DOCUMENT_DEPTH - 1;
    for lead in ["a: ", "{\"a\": "] {
        let close = if lead.starts_with('{') { "}" } else { "" };
        let text = format!("{lead}{}{}{close}", "[".repeat(levels), "]".repeat(levels));
        assert!(read("book.yaml", text.as_bytes()).is_ok(), "{lead}");
    }
}

#[test]
fn alias_expansion_bomb_is_rejected() {
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
fn nesting_depth_includes_aliases() {
    let half = DOCUMENT_DEPTH / 2 + 1;
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(half), "]".repeat(half));
    let text = format!("a: &x {}\nb: {}\n", nested("1"), nested("*x"));
    assert!(outcome(&text).contains("nested-too-deep \"*x\""), "{}", outcome(&text));
}

#[test]
fn number_of_problems_is_limited() {
    let text = "a: 1\n".repeat(10_000);
    assert_eq!(read("book.yaml", text.as_bytes()).unwrap_err().problems.len(), DOCUMENT_PROBLEMS);
}
