//! Words that YAML 1.1 and 1.2 parsers read as different values.
//!
//! This program reads YAML 1.2, and many tools still read YAML 1.1. A plain `yes` is a text in the one and `true` in
//! the other; in quotes it is a text in both.

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Node, NodeKind, Style};

/// The value of a plain scalar for a YAML 1.1 parser, if it is not a string.
pub(super) fn other_reading(text: &str) -> Option<&'static str> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Some("the boolean true"),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Some("the boolean false"),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        return Some("an octal number");
    }
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    let is_sexagesimal = rest.peek().is_some()
        && (1..=4).contains(&first.len())
        && !first.starts_with('0')
        && first.bytes().all(|byte| byte.is_ascii_digit())
        && rest.all(|part| {
            (1..=2).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse::<u8>().is_ok_and(|number| number < 60)
        });
    is_sexagesimal.then_some("a number of base 60")
}

/// The warning for a plain text that is not a string in YAML 1.1.
pub(super) fn ambiguous(node: &Node) -> Option<Diagnostic> {
    let NodeKind::String { text, style: Style::Plain } = &node.kind else { return None };
    let other = other_reading(text)?;
    Some(
        Diagnostic::new(
            Code::AmbiguousWord,
            node.span,
            format!("`{text}` is a text in YAML 1.2, but {other} in YAML 1.1"),
        )
        .label("write it in quotes")
        .help(format!("`\"{text}\"` is a text in both")),
    )
}
