//! Reads strict JSON: positions from `jsonc-parser`, values from `serde_json`.

use std::borrow::Cow;

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::limits::{DOCUMENT_DEPTH, DOCUMENT_NODES};

use super::node::{Node, Style};
use super::outline::{Mark, Outline, Problems, Shape, check_duplicates};
use super::walk::{self, Failure};

/// Why a text is not a JSON document.
pub(super) enum Refusal {
    /// It is not JSON; it may still be YAML in flow style.
    NotJson(Problems),
    /// It is JSON, or close to it, and is refused.
    Final(Problems),
}

pub(super) fn read(text: &str) -> Result<Node, Refusal> {
    // Both parsers recurse and hold the whole tree, so its size is checked before either starts.
    if let Some(problem) = too_large(text) {
        return Err(Refusal::Final(problem.into()));
    }
    let parsed = match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => parsed,
        Err(error) => return Err(not_json(text, &error)),
    };
    let Some(value) = parsed.value else {
        return Err(Refusal::NotJson(Problems::from(Diagnostic::new(
            Code::EmptyDocument,
            Span::default(),
            "the document is empty",
        ))));
    };
    let mut problems = Problems::default();
    let mut outline = Outline::default();
    note(value, &mut outline, &mut problems);

    let mut deserializer = serde_json::Deserializer::from_str(text);
    let root: Result<Node, Failure<serde_json::Error>> = walk::join(&mut outline, text, &mut problems, |seed| {
        let root = serde::de::DeserializeSeed::deserialize(seed, &mut deserializer)?;
        deserializer.end()?;
        Ok(root)
    });
    match root {
        Ok(root) if problems.is_empty() => super::check_root(root, &mut problems).ok_or(Refusal::Final(problems)),
        Ok(_) => Err(Refusal::Final(problems)),
        Err(Failure::Disagreement(problem)) => {
            problems.push(problem);
            Err(Refusal::Final(problems))
        }
        Err(Failure::Reader(error)) => {
            let out_of_range = error.to_string().starts_with("number out of range");
            problems.push(second_opinion(text, &error, out_of_range));
            // As YAML such a number would silently become a text.
            Err(if out_of_range { Refusal::Final(problems) } else { Refusal::NotJson(problems) })
        }
    }
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The first bracket beyond the nesting limit, or the first value beyond the size limit.
fn too_large(text: &str) -> Option<Diagnostic> {
    let mut nodes = 0;
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > DOCUMENT_DEPTH {
                    return Some(super::yaml::too_deep(Span::new(at, at + 1)));
                }
            }
            // Every value but the first of its list follows one of these.
            b',' | b':' if !in_text => {
                nodes += 1;
                if nodes > DOCUMENT_NODES {
                    return Some(super::yaml::too_many_nodes(Span::new(at, at + 1)));
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Recursion is safe: the depth was checked.
fn note<'text>(value: Value<'text>, outline: &mut Outline<'text>, problems: &mut Problems) {
    let span = span(value.range());
    let scalar = |text: Cow<'text, str>, style| Shape::Scalar { text, style, last: false };
    match value {
        Value::StringLit(literal) => {
            outline.marks.push(Mark { shape: scalar(literal.value, Style::DoubleQuoted), span });
        }
        Value::NumberLit(literal) => {
            outline.marks.push(Mark { shape: scalar(literal.value.into(), Style::Plain), span });
        }
        Value::BooleanLit(literal) => {
            let text = if literal.value { "true" } else { "false" };
            outline.marks.push(Mark { shape: scalar(text.into(), Style::Plain), span });
        }
        Value::NullKeyword(_) => outline.marks.push(Mark { shape: scalar("null".into(), Style::Plain), span }),
        Value::Array(array) => {
            outline.marks.push(Mark { shape: Shape::Sequence, span });
            for element in array.elements {
                note(element, outline, problems);
            }
            outline.marks.push(Mark { shape: Shape::End, span });
        }
        Value::Object(object) => {
            outline.marks.push(Mark { shape: Shape::Mapping, span });
            let mut keys = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let key_span = self::span(property.name.range());
                let text = match property.name {
                    ObjectPropName::String(literal) => literal.value,
                    ObjectPropName::Word(word) => word.value.into(),
                };
                keys.push(outline.marks.len());
                outline.marks.push(Mark { shape: scalar(text, Style::DoubleQuoted), span: key_span });
                note(property.value, outline, problems);
            }
            outline.marks.push(Mark { shape: Shape::End, span });
            check_duplicates(&outline.marks, &mut keys, problems);
        }
    }
}

fn span(range: Range) -> Span {
    Span::new(range.start, range.end)
}

fn not_json(text: &str, error: &ParseError) -> Refusal {
    use ParseErrorKind as Kind;
    let range = error.range();
    let start = floor(text, range.start);
    let end = floor(text, range.end.max(range.start));
    // An error about an unclosed bracket spans to the end of the text: point at its first character.
    let end = text.get(start..end).and_then(|wrong| wrong.find('\n')).map_or(end, |line| start + line);
    let one = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(start, end.max(start + one));
    let found = |message: &str| Diagnostic::new(Code::Syntax, span, message);
    let problem = match error.kind() {
        Kind::CommentsNotAllowed | Kind::UnterminatedCommentBlock => {
            let problem = found("JSON has no comments").help("remove it, or write the runbook as YAML (`# comment`)");
            return Refusal::Final(problem.into());
        }
        Kind::MultipleRootJsonValues => {
            Diagnostic::new(Code::SeveralDocuments, span, "something follows the end of the document")
                .help("a file holds one document; remove what follows, or a `}` too many before it")
        }
        Kind::TrailingCommasNotAllowed => found("a comma before the closing bracket").help("remove the comma"),
        Kind::ExpectedComma => {
            // The parser stops right after the previous entry; the place of the missing comma is further on.
            let blank = text.get(start..).map_or(0, |rest| rest.len() - rest.trim_start().len());
            let next = start + blank;
            let one = text.get(next..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let span = Span::new(next, next + one);
            Diagnostic::new(Code::Syntax, span, "a `,` or a closing bracket is missing before this")
                .help("separate entries with `,`; close a list with `]` and a map with `}`")
        }
        Kind::ExpectedColonAfterObjectKey => found("a `:` is missing after the key"),
        Kind::ExpectedObjectValue => found("the value of this key is missing"),
        Kind::ExpectedStringObjectProperty | Kind::UnexpectedWord | Kind::UnexpectedTokenInObject => {
            found("a text in double quotes is needed here")
        }
        Kind::SingleQuotedStringsNotAllowed => found("JSON texts stand in double quotes").help("replace `'` by `\"`"),
        Kind::UnterminatedObject => found("this `{` is never closed").help("add the missing `}`"),
        Kind::UnterminatedArray => found("this `[` is never closed").help("add the missing `]`"),
        Kind::UnexpectedCloseBrace => found("this `}` closes nothing").help("remove it, or add the `{` it closes"),
        Kind::UnexpectedCloseBracket => found("this `]` closes nothing").help("remove it, or add the `[` it closes"),
        Kind::UnexpectedColon => found("a `:` where a value is needed"),
        Kind::UnexpectedComma => found("a `,` where a value is needed"),
        Kind::UnexpectedToken => found("not a JSON value"),
        Kind::BareDecimalPointNumbersNotAllowed
        | Kind::ExpectedDigit
        | Kind::ExpectedDigitFollowingNegativeSign
        | Kind::ExpectedPlusMinusOrDigitInNumberLiteral
        | Kind::HexadecimalNumbersNotAllowed
        | Kind::NonFiniteNumbersNotAllowed
        | Kind::UnaryPlusNumbersNotAllowed => {
            found("not a JSON number").help("write decimal digits, or quote it to make it a text")
        }
        Kind::NestingDepthExceeded => super::yaml::too_deep(span),
        Kind::String(kind) => found(&format!("this text is not well-formed: {kind}")).help(
            "a text ends with `\"`; inside it write `\\\"`, `\\\\` and `\\n` for a quote, a backslash and a line break",
        ),
    };
    Refusal::NotJson(problem.into())
}

/// Reports what `serde_json` refuses although the first parser accepted it.
fn second_opinion(text: &str, error: &serde_json::Error, out_of_range: bool) -> Diagnostic {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    // Its columns count bytes, up to and including the wrong one.
    let at = floor(text, (line_start + error.column()).saturating_sub(1));
    if out_of_range {
        let of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at..).unwrap_or_default();
        let start = before.trim_end_matches(of_number).len();
        let end = text.len() - after.trim_start_matches(of_number).len();
        let written = text.get(start..end).unwrap_or_default();
        return Diagnostic::new(Code::NumberRange, Span::new(start, end), "this number is too large to be kept")
            .help(format!("quote it to make it a text: \"{written}\""));
    }
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    Diagnostic::new(Code::Syntax, Span::new(at, at + width), format!("not well-formed JSON: {message}"))
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
