//! Explains YAML syntax errors to authors.

use crate::diagnostic::{Code, Diagnostic, Span};

/// The problem at byte `at`, which the event parser describes as `found`.
pub(super) fn explain(text: &str, at: usize, found: &str) -> Diagnostic {
    let tabs = if found.contains("tab") { first_tabs(text, at) } else { tabs_at(text, at) };
    if let Some(span) = tabs {
        return tab(span);
    }
    if let Some(sign) = found.strip_prefix("unexpected character: `").and_then(|rest| rest.chars().next()) {
        // The parser counts wrongly after a non-ASCII directive, so `at` may be off.
        let width = if text.get(at..).is_some_and(|rest| rest.starts_with(sign)) { sign.len_utf8() } else { 0 };
        return Diagnostic::new(
            Code::Syntax,
            Span::new(at, at + width),
            format!("a text that starts with {sign:?} must be quoted"),
        )
        .help("put the whole text in single quotes");
    }
    let (message, help) = words(found);
    if message.starts_with(NO_COLON)
        && let Some(span) = line_before(text, at)
    {
        return Diagnostic::new(Code::Syntax, span, message).help(help);
    }
    let one = text.get(at..).and_then(|rest| rest.chars().next()).filter(|next| *next != '\n' && *next != '\r');
    let span = Span::new(at, at + one.map_or(0, char::len_utf8));
    let problem = Diagnostic::new(Code::Syntax, span, message);
    let problem = if help.is_empty() { problem } else { problem.help(help) };
    match unquoted_reference(text, at) {
        Some(reference) => problem
            .related(reference, "without quotes this begins a map")
            .help("put the whole value in double quotes: a text that starts with `{{` has to be quoted"),
        None => problem,
    }
}

/// Reports what `serde_yaml` refuses although the first parser accepted it.
pub(super) fn second_opinion(text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let message = error.to_string();
    if message.contains("repetition limit") {
        return Diagnostic::new(Code::Alias, Span::default(), "the aliases of this document repeat too much")
            .help("aliases of values that have aliases themselves multiply; write values out");
    }
    let at = error
        .location()
        .map_or(0, |location| text.char_indices().nth(location.index()).map_or(text.len(), |(at, _)| at));
    if let Some(span) = tabs_at(text, at) {
        return tab(span);
    }
    let one = text.get(at..).and_then(|rest| rest.chars().next()).filter(|next| *next != '\n' && *next != '\r');
    let message = message.split(" at line ").next().unwrap_or(&message);
    let span = Span::new(at, at + one.map_or(0, char::len_utf8));
    Diagnostic::new(Code::Syntax, span, format!("not every YAML reader can read this: {message}"))
        .help("write it more plainly, for example with the value in double quotes")
}

fn tab(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TabIndentation, span, "YAML is indented with spaces, and this is a tab")
        .help("replace the tab by spaces")
}

/// The first tabs that indent a line, from the line of `at` on.
fn first_tabs(text: &str, at: usize) -> Option<Span> {
    let mut line_start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    for line in text.get(line_start..)?.split_inclusive('\n') {
        let content = line.trim_end();
        let blank = content.len() - content.trim_start().len();
        if let Some(tabs) = tabs_at(text, line_start + blank) {
            return Some(tabs);
        }
        line_start += line.len();
    }
    None
}

/// The tabs that indent the line of `at`, when `at` is among or right after them.
fn tabs_at(text: &str, at: usize) -> Option<Span> {
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..)?.lines().next()?;
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    let indentation = line.get(..blank)?;
    let first = indentation.find('\t')?;
    let last = indentation.rfind('\t')? + 1;
    (at <= line_start + blank + 1).then(|| Span::new(line_start + first, line_start + last))
}

/// `{{` at the start of a value in the line of `at`.
fn unquoted_reference(text: &str, at: usize) -> Option<Span> {
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..)?.lines().next()?;
    let value = [": {{", "- {{"].iter().find_map(|lead| line.find(lead))? + 2;
    Some(Span::new(line_start + value, line_start + value + 2))
}

const NO_COLON: &str = "a `:` is missing after this key";

/// The last line before that of `at` that is not blank, unless `at` has something before it in its own line.
fn line_before(text: &str, at: usize) -> Option<Span> {
    let before = text.get(..at)?;
    let own = before.get(before.rfind('\n')? + 1..)?;
    if !own.trim().is_empty() {
        return None;
    }
    let before = before.trim_end();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.get(line_start..)?;
    Some(Span::new(line_start + line.len() - line.trim_start().len(), before.len()))
}

/// Translates the event parser's messages to plain words, and adds advice.
fn words(found: &str) -> (String, &'static str) {
    let (message, help) = match found {
        "while scanning a quoted scalar, found unexpected end of stream"
        | "while scanning a quoted scalar, found unexpected document indicator" => (
            "this quote is never closed",
            "add the closing quote; inside '…' write '' for a quote, inside \"…\" write \\\"",
        ),
        "while parsing a quoted scalar, found unknown escape character" => (
            "this text in double quotes has an escape that YAML does not know",
            "write `\\\\` for a backslash, or use single quotes, where a backslash is a backslash",
        ),
        "invalid indentation in quoted scalar" => (
            "this quote is not closed, or a line of its text starts too far left",
            "add the closing quote, or indent every line of the text deeper than its key",
        ),
        "invalid indentation" | "invalid indentation in flow construct" => (
            "this line starts left of where it must",
            "indent it deeper than the key that its value in brackets belongs to",
        ),
        "invalid trailing content after double-quoted scalar" => {
            ("something follows the closing quote", "put the whole value in quotes, or escape the quotes inside it")
        }
        "mapping values are not allowed in this context" => (
            "a `:` that begins a value cannot stand here",
            "quote the value if the `:` belongs to it; otherwise check the indentation of this line and the one before",
        ),
        "while parsing a block mapping, did not find expected key" => (
            "a key of the map was expected here",
            "indent this line like the other keys of its map, and check the quotes of the value before it",
        ),
        "while parsing a block collection, did not find expected '-' indicator" => (
            "an entry of the list (`- …`) was expected here",
            "indent this line like the other entries of its list, or deeper if it belongs to one of them",
        ),
        "simple key expect ':'" | "simple key expected ':'" | "could not find expected ':'" => {
            (NO_COLON, "write `key: value`, with a space after the `:`")
        }
        "while parsing a flow mapping, did not find expected ',' or '}'" => (
            "a `,` or `}` was expected here",
            "close the map with `}`, or quote the value if the bracket belongs to it",
        ),
        "while parsing a flow sequence, expected ',' or ']'" => (
            "a `,` or `]` was expected here",
            "close the list with `]`, or quote the value if the bracket belongs to it",
        ),
        "while parsing node, found unknown anchor" => {
            ("this alias has no anchor before it", "quote it if it is a text that starts with `*`")
        }
        "while parsing a node, did not find expected node content" => ("a value was expected here", ""),
        "the handle wasn't declared" => ("this tag has no meaning here", "remove the tag, or quote the text"),
        _ => return (format!("not well-formed YAML: {found}"), ""),
    };
    (message.to_owned(), help)
}
