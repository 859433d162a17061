//! The second reading: values from a deserializer, joined with the positions of the outline and checked against them.
//!
//! Where the two readings disagree, the document is refused.

use std::fmt::{self, Display};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::{Code, Diagnostic, Span};

use super::node::{Key, MapEntry, Node, NodeKind, Style};
use super::outline::{Mark, Outline, Problems, Shape};

/// Why there is no tree.
#[derive(Debug)]
pub(super) enum Failure<E> {
    /// The two readings disagree.
    Disagreement(Diagnostic),
    /// The second reader refuses the text.
    Reader(E),
}

/// Builds the tree. `read` passes the seed to a deserializer over the same `text`. Problems with single values go to
/// `problems`, and the tree must not be used then.
pub(super) fn join<'text, E>(
    outline: &mut Outline<'text>,
    text: &'text str,
    problems: &mut Problems,
    read: impl FnOnce(NodeSeed<'_, '_, 'text>) -> Result<Node, E>,
) -> Result<Node, Failure<E>> {
    let mut walk = Walk {
        marks: &mut outline.marks,
        at: 0,
        alias: None,
        keep_texts: outline.has_aliases,
        source: text,
        problems,
        disagreement: None,
    };
    let result = read(NodeSeed(&mut walk));
    match (walk.disagreement.take(), result) {
        (Some(problem), _) => Err(Failure::Disagreement(problem)),
        (None, Ok(root)) => Ok(root),
        (None, Err(error)) => Err(Failure::Reader(error)),
    }
}

#[derive(Debug)]
pub(super) struct Walk<'walk, 'text> {
    marks: &'walk mut [Mark<'text>],
    at: usize,
    /// The outermost alias whose value is being read.
    alias: Option<Span>,
    /// Texts are kept where an alias repeats them; without aliases each is moved into its node.
    keep_texts: bool,
    source: &'text str,
    problems: &'walk mut Problems,
    disagreement: Option<Diagnostic>,
}

/// The index to return to after an alias.
#[derive(Debug)]
struct Return {
    at: usize,
    alias: Option<Span>,
}

impl Walk<'_, '_> {
    /// Jumps to the node of an alias. Returns the index to continue at afterwards.
    fn enter(&mut self) -> Option<Return> {
        let Some(Mark { shape: Shape::Alias(target), span }) = self.marks.get(self.at) else { return None };
        let back = Return { at: self.at + 1, alias: self.alias };
        self.alias = self.alias.or(Some(*span));
        self.at = *target;
        Some(back)
    }

    fn leave(&mut self, back: Option<Return>) {
        if let Some(back) = back {
            self.at = back.at;
            self.alias = back.alias;
        }
    }

    fn span(&self) -> Span {
        self.marks.get(self.at).map(|mark| mark.span).unwrap_or_default()
    }

    /// Enters a list or a map.
    fn open<E: Error>(&mut self, wanted: &str) -> Result<Span, E> {
        let span = self.span();
        match (self.marks.get(self.at).map(|mark| &mark.shape), wanted) {
            (Some(Shape::Sequence), "a list") | (Some(Shape::Mapping), "a map") => {
                self.at += 1;
                Ok(span)
            }
            _ => Err(self.disagree(wanted)),
        }
    }

    fn close<E: Error>(&mut self) -> Result<(), E> {
        match self.marks.get(self.at).map(|mark| &mark.shape) {
            Some(Shape::End) => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.disagree("the end of the list or map")),
        }
    }

    /// Takes a text that the other reader reads as `value`.
    fn text<E: Error>(&mut self, value: &str) -> Result<(String, Style, Span), E> {
        let keep = self.keep_texts;
        let Some(mark) = self.marks.get_mut(self.at) else { return Err(self.disagree("a text")) };
        let span = mark.span;
        let taken = match &mut mark.shape {
            Shape::Scalar { text, style, .. } if *text == value => {
                let text = if keep { value.to_owned() } else { std::mem::take(text).into_owned() };
                Some((text, *style, span))
            }
            // Where a block scalar ends with the text and no line break follows, YAML 1.2 adds one and 1.1 does not.
            // The author sees no difference; the value is the 1.1 one, as always.
            Shape::Scalar { text, style: style @ (Style::Literal | Style::Folded), last: true }
                if text.strip_suffix('\n') == Some(value) =>
            {
                Some((value.to_owned(), *style, span))
            }
            Shape::Scalar { .. } | Shape::Sequence | Shape::Mapping | Shape::End | Shape::Alias(_) => None,
        };
        match taken {
            Some(taken) => {
                self.at += 1;
                Ok(taken)
            }
            None => Err(self.disagree(&format!("the text {}", shown(value)))),
        }
    }

    /// Takes an unquoted word or number for which `agrees` holds.
    fn plain<E: Error>(&mut self, value: impl Display, agrees: impl FnOnce(&str) -> bool) -> Result<Span, E> {
        let span = self.span();
        match self.marks.get(self.at).map(|mark| &mark.shape) {
            Some(Shape::Scalar { text, .. }) if agrees(text) => {
                self.at += 1;
                Ok(span)
            }
            _ => Err(self.disagree(&value.to_string())),
        }
    }

    fn written(&self) -> &str {
        self.source.get(self.span().range()).unwrap_or_default()
    }

    /// The error that stops the reading; the problem is recorded with both readings in it.
    fn disagree<E: Error>(&mut self, other: &str) -> E {
        let here = match self.marks.get(self.at).map(|mark| &mark.shape) {
            Some(Shape::Scalar { text, style: Style::Plain, .. }) => format!("`{}`", shortened(text)),
            Some(Shape::Scalar { text, .. }) => format!("the text {}", shown(text)),
            Some(Shape::Sequence) => "a list".to_owned(),
            Some(Shape::Mapping) => "a map".to_owned(),
            Some(Shape::Alias(_)) => "an alias".to_owned(),
            Some(Shape::End) => "the end of the list or map".to_owned(),
            None => "the end of the document".to_owned(),
        };
        self.disagreement.get_or_insert_with(|| {
            let span = self.marks.get(self.at).map(|mark| mark.span).unwrap_or_default();
            let span = self.alias.unwrap_or(span);
            Diagnostic::new(Code::AmbiguousYaml, span, "YAML parsers disagree on this value")
                .help(format!("YAML 1.2 reads {here}; YAML 1.1 reads {other}"))
                .help("write it in double quotes, or more plainly, so that there is one reading")
        });
        E::custom("two readings")
    }
}

/// A text for messages: quoted, escaped and shortened.
fn shown(text: &str) -> String {
    format!("{:?}", shortened(text))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Reads one node.
#[derive(Debug)]
pub(super) struct NodeSeed<'seed, 'walk, 'text>(&'seed mut Walk<'walk, 'text>);

impl<'de> DeserializeSeed<'de> for NodeSeed<'_, '_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let back = self.0.enter();
        let node = deserializer.deserialize_any(NodeVisitor(&mut *self.0))?;
        self.0.leave(back);
        Ok(node)
    }
}

struct NodeVisitor<'seed, 'walk, 'text>(&'seed mut Walk<'walk, 'text>);

impl NodeVisitor<'_, '_, '_> {
    fn number(self, number: Option<serde_json::Number>, span: Span, exact: bool) -> Node {
        let kind = match number {
            Some(number) if exact => NodeKind::Number(number),
            Some(_) | None => {
                let written = self.0.source.get(span.range()).unwrap_or_default();
                let message = if exact {
                    format!("`{}` is a number that JSON does not have", shortened(written))
                } else {
                    format!("the number `{}` has too many digits to be kept exactly", shortened(written))
                };
                self.0.problems.push(
                    Diagnostic::new(Code::NumberRange, span, message)
                        .help(format!("quote it to make it a text: \"{}\"", shortened(written))),
                );
                NodeKind::Null
            }
        };
        Node { kind, span }
    }
}

impl<'de> Visitor<'de> for NodeVisitor<'_, '_, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        let span = self.0.plain("null", |text| matches!(text, "" | "~" | "null" | "Null" | "NULL"))?;
        Ok(Node { kind: NodeKind::Null, span })
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        let word = if value { "true" } else { "false" };
        let span = self.0.plain(value, |text| text.eq_ignore_ascii_case(word))?;
        Ok(Node { kind: NodeKind::Bool(value), span })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        let span = self.0.plain(value, |text| integer(text) == Some(value.into()))?;
        Ok(self.number(Some(value.into()), span, true))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        let span = self.0.plain(value, |text| integer(text) == Some(value.into()))?;
        Ok(self.number(Some(value.into()), span, true))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        let span =
            self.0.plain(value, |text| i128::try_from(value).is_err() || integer(text) == value.try_into().ok())?;
        Ok(self.number(None, span, false))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        let span = self.0.plain(value, |text| integer(text) == Some(value))?;
        Ok(self.number(None, span, false))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        // YAML's words for infinity and NaN start with a dot; Rust reads only digits and exponents the same.
        let mut exact = true;
        let span = self.0.plain(value, |text| {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            exact = value.abs() < EXACT || !digits.bytes().all(|byte| byte.is_ascii_digit());
            !value.is_finite() || text.parse::<f64>().is_ok_and(|read| read.to_bits() == value.to_bits())
        })?;
        Ok(self.number(serde_json::Number::from_f64(value), span, exact))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        let (text, style, span) = self.0.text(value)?;
        Ok(Node { kind: NodeKind::String { text, style }, span })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let span = self.0.open("a list")?;
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(NodeSeed(&mut *self.0))? {
            nodes.push(node);
        }
        self.0.close()?;
        Ok(Node { kind: NodeKind::Sequence(nodes), span })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let span = self.0.open("a map")?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed(&mut *self.0))? {
            let value = map.next_value_seed(NodeSeed(&mut *self.0))?;
            entries.push(MapEntry { key, value });
        }
        self.0.close()?;
        Ok(Node { kind: NodeKind::Mapping(entries), span })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _tagged: A) -> Result<Node, A::Error> {
        Err(self.0.disagree("a tag"))
    }
}

/// Reads one key. A key that is not a string is reported, and stays in the tree as written.
struct KeySeed<'seed, 'walk, 'text>(&'seed mut Walk<'walk, 'text>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_, '_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        let back = self.0.enter();
        let span = self.0.span();
        let written = shortened(self.0.written());
        let node = deserializer.deserialize_any(NodeVisitor(&mut *self.0))?;
        self.0.leave(back);
        let what = node.described();
        let NodeKind::String { text, .. } = node.kind else {
            self.0.problems.push(not_text(span, &written, what));
            return Ok(Key { text: written, span });
        };
        Ok(Key { text, span })
    }
}

fn not_text(span: Span, written: &str, what: &str) -> Diagnostic {
    let problem = Diagnostic::new(Code::KeyNotText, span, format!("a key must be a text, and this is {what}"));
    if written.is_empty() {
        problem.help("write the key before the `:`")
    } else {
        problem.help(format!("quote it: \"{written}\""))
    }
}

/// Below this every whole number has a floating-point number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number as YAML 1.2 and 1.1 both write it.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let radixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let (digits, radix) = radixes
        .iter()
        .find_map(|(prefix, radix)| digits.strip_prefix(prefix).map(|digits| (digits, *radix)))
        .unwrap_or((digits, 10));
    let value = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}
