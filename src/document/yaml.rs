//! Reads YAML: positions from the events of `saphyr-parser`, values from `serde_yaml`.
//!
//! The events come one by one and without recursion, so depth, aliases and size are checked, and refused, before
//! `serde_yaml` reads the text.

mod place;
mod relaxed;
mod syntax;

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde::de::DeserializeSeed;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::limits::{
    DOCUMENT_ALIASES, DOCUMENT_DEPTH, DOCUMENT_NODES, DOCUMENT_REPEATED_BYTES, DOCUMENT_REPEATED_NODES,
};

use super::node::{Node, Style};
use super::outline::{Mark, Outline, Problems, Shape, check_duplicates};
use super::text::forbidden_characters;
use super::walk::{self, Failure};

use place::Offsets;

pub(super) fn read(text: &str) -> Result<Node, Problems> {
    let mut problems = Problems::default();
    for (at, character) in forbidden_characters(text) {
        let span = Span::new(at, at + character.len_utf8());
        let message = format!("the character U+{:04X} may not stand in a document", u32::from(character));
        problems.push(
            Diagnostic::new(Code::ControlCharacter, span, message)
                .help("remove it, or write it as an escape in a text in double quotes (`\\u001b`)"),
        );
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let relaxed;
    let mut outline = match Reader::new(text, Offsets::of(text), &mut problems).read(text) {
        Ok(outline) => outline,
        Err(Stop::Indentation) => {
            // Reported when more indentation of the lines does not help either.
            let mut other = Problems::default();
            relaxed = relaxed::indented(text);
            let again = relaxed.as_ref().and_then(|(relaxed, starts)| {
                Reader::new(text, Offsets::Table(starts.clone()), &mut other).read(relaxed).ok()
            });
            let Some(outline) = again else { return Err(problems) };
            problems = other;
            outline
        }
        Err(Stop::Final) => return Err(problems),
    };
    let root = walk::join(&mut outline, text, &mut problems, |seed| {
        seed.deserialize(serde_yaml::Deserializer::from_str(text))
    });
    match root {
        Ok(root) if problems.is_empty() => super::check_root(root, &mut problems).ok_or(problems),
        Ok(_) => Err(problems),
        Err(Failure::Disagreement(problem)) => {
            problems.push(problem);
            Err(problems)
        }
        Err(Failure::Reader(error)) => {
            problems.push(syntax::second_opinion(text, &error));
            Err(problems)
        }
    }
}

pub(super) fn too_many_nodes(span: Span) -> Diagnostic {
    let message = format!("the document has more than {DOCUMENT_NODES} values");
    Diagnostic::new(Code::DocumentTooLarge, span, message).help("keep data outside the runbook")
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("lists and maps are nested deeper than {DOCUMENT_DEPTH} levels");
    Diagnostic::new(Code::NestedTooDeep, span, message).help("flatten the data, or pass it as a JSON text")
}

/// A list or map that has begun and not ended.
struct Frame {
    /// Its mark.
    start: usize,
    /// In brackets.
    flow: bool,
    shape: FrameShape,
    /// The keys of a map, once it ends, are the indices in `Reader::keys` from here on.
    keys_from: usize,
    /// It is at the position of a key.
    is_key: bool,
    /// The repeatable size left when it began; see `Reader::repeatable`.
    anchor: Option<Anchored>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameShape {
    Sequence,
    /// A map, and whether a key is next.
    Mapping {
        key_next: bool,
        /// Its key begins with `{` right after its own: a reference without quotes.
        braces: bool,
    },
}

/// A node with an anchor.
#[derive(Clone, Copy)]
struct Anchored {
    id: usize,
    /// Nodes and bytes of text before it.
    nodes: usize,
    bytes: usize,
    /// Levels below it, so far.
    height: usize,
}

/// A finished node that an alias may repeat.
#[derive(Clone, Copy)]
struct Repeatable {
    mark: usize,
    nodes: usize,
    bytes: usize,
    height: usize,
}

struct Reader<'text, 'problems> {
    text: &'text str,
    offsets: Offsets,
    problems: &'problems mut Problems,
    outline: Outline<'text>,
    frames: Vec<Frame>,
    keys: Vec<usize>,
    anchors: HashMap<usize, Repeatable>,
    anchor_names: HashMap<&'text str, Span>,
    aliases: usize,
    /// Nodes and bytes of text so far, repetitions included, and of these the repeated ones.
    nodes: usize,
    bytes: usize,
    repeated_nodes: usize,
    repeated_bytes: usize,
    /// Where the last value, key or closing bracket ended.
    last_end: usize,
    /// The structure is wrong in a way that the second reading cannot follow.
    broken: bool,
}

/// Why the first reading ended early. The problems say more.
enum Stop {
    /// The second reading would make no sense.
    Final,
    /// A line in brackets or quotes is not indented enough for the event parser.
    Indentation,
}

/// Whether to continue with the next event.
type Step = Result<(), Stop>;

impl<'text, 'problems> Reader<'text, 'problems> {
    fn new(text: &'text str, offsets: Offsets, problems: &'problems mut Problems) -> Self {
        Self {
            text,
            offsets,
            problems,
            outline: Outline::default(),
            frames: Vec::new(),
            keys: Vec::new(),
            anchors: HashMap::new(),
            anchor_names: HashMap::new(),
            aliases: 0,
            nodes: 0,
            bytes: 0,
            repeated_nodes: 0,
            repeated_bytes: 0,
            last_end: 0,
            broken: false,
        }
    }

    /// Reads the events of `fed`, which is the text, or the text with more indentation.
    fn read(mut self, fed: &'text str) -> Result<Outline<'text>, Stop> {
        let mut parser = Parser::new_from_str(fed);
        let mut documents = 0;
        while let Some(event) = parser.next_event() {
            let (event, span) = match event {
                Ok((event, span)) => (event, self.offsets.span(span)),
                Err(error) => {
                    let at = self.offsets.at(error.marker().index());
                    self.problems.push(syntax::explain(self.text, at, error.info()));
                    let indentation = error.info().contains("invalid indentation");
                    return Err(if indentation { Stop::Indentation } else { Stop::Final });
                }
            };
            let step = match event {
                Event::DocumentStart(_) if documents == 1 => {
                    self.problems.push(
                        Diagnostic::new(
                            Code::SeveralDocuments,
                            place::or_line(self.text, span),
                            "a second document begins here",
                        )
                        .help("a file holds one document; remove the `---`, or put what follows into its own file"),
                    );
                    Err(Stop::Final)
                }
                Event::DocumentStart(_) => {
                    documents += 1;
                    Ok(())
                }
                Event::Alias(anchor) => self.alias(anchor, span),
                Event::Scalar(text, style, anchor, tag) => {
                    self.scalar(text, style, anchor, tag.as_deref(), span);
                    Ok(())
                }
                Event::SequenceStart(anchor, tag) => self.open(FrameShape::Sequence, anchor, tag.as_deref(), span),
                Event::MappingStart(anchor, tag) => {
                    let shape = FrameShape::Mapping { key_next: true, braces: false };
                    self.open(shape, anchor, tag.as_deref(), span)
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    self.close(span);
                    Ok(())
                }
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            };
            step?;
            if self.nodes > DOCUMENT_NODES {
                self.problems.push(too_many_nodes(place::or_line(self.text, span)));
                return Err(Stop::Final);
            }
        }
        if documents == 0 {
            self.problems.push(
                Diagnostic::new(Code::EmptyDocument, Span::default(), "the document is empty")
                    .help("a runbook starts with `schemaVersion: \"0.3\"`"),
            );
            return Err(Stop::Final);
        }
        if self.broken { Err(Stop::Final) } else { Ok(self.outline) }
    }

    /// Records that a node begins, and returns whether it is at the position of a key.
    fn begin(&mut self, text: usize) -> bool {
        self.nodes += 1;
        self.bytes += text;
        match self.frames.last_mut().map(|frame| &mut frame.shape) {
            Some(FrameShape::Mapping { key_next, .. }) => {
                *key_next = !*key_next;
                !*key_next
            }
            Some(FrameShape::Sequence) | None => false,
        }
    }

    fn scalar(&mut self, text: Cow<'text, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, span: Span) {
        self.check_tag(tag, span);
        self.check_anchor(anchor, span);
        let is_key = self.begin(text.len());
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let has_properties = anchor > 0 || tag.is_some();
        let span = place::scalar(self.text, span, style, &text, has_properties, self.last_end);
        self.last_end = self.last_end.max(span.range().end);
        let mark = self.outline.marks.len();
        if is_key {
            self.keys.push(mark);
        }
        if anchor > 0 {
            let repeatable = Repeatable { mark, nodes: 1, bytes: text.len(), height: 0 };
            self.anchors.insert(anchor, repeatable);
        }
        let last = self.text.get(span.range().end..).is_some_and(|rest| rest.trim_matches(' ').is_empty());
        self.outline.marks.push(Mark { shape: Shape::Scalar { text, style, last }, span });
    }

    fn open(&mut self, shape: FrameShape, anchor: usize, tag: Option<&Tag>, span: Span) -> Step {
        self.check_tag(tag, span);
        self.check_anchor(anchor, span);
        let start = if anchor > 0 || tag.is_some() {
            place::after_properties(self.text, span.range().start)
        } else {
            span.range().start
        };
        let opened = span.range().end > start;
        let flow = opened && self.text.get(start..).is_some_and(|rest| rest.starts_with(['[', '{']));
        let value_of_key = matches!(self.frames.last(), Some(Frame { shape: FrameShape::Mapping { .. }, .. }));
        let start = if shape == FrameShape::Sequence && !flow && value_of_key {
            place::first_dash(self.text, start, self.last_end)
        } else {
            start
        };
        if self.frames.len() >= DOCUMENT_DEPTH {
            self.problems.push(too_deep(Span::new(start, start + usize::from(flow))));
            return Err(Stop::Final);
        }
        let is_key = self.begin(0);
        if is_key {
            self.broken = true;
            let parent = self.frames.last_mut();
            if let Some(Frame { flow: true, shape: FrameShape::Mapping { braces, .. }, start: outer, .. }) = parent {
                let outer = self.outline.marks.get(*outer).map(|mark| mark.span.range().start + 1).unwrap_or_default();
                let between = self.text.get(outer..start).unwrap_or("?");
                *braces = flow && matches!(shape, FrameShape::Mapping { .. }) && between.trim().is_empty();
            }
        }
        let mark = self.outline.marks.len();
        let anchor =
            (anchor > 0).then_some(Anchored { id: anchor, nodes: self.nodes - 1, bytes: self.bytes, height: 0 });
        self.frames.push(Frame { start: mark, flow, shape, keys_from: self.keys.len(), is_key, anchor });
        let depth = self.frames.len();
        self.raise(depth);
        let kind = match shape {
            FrameShape::Sequence => Shape::Sequence,
            FrameShape::Mapping { .. } => Shape::Mapping,
        };
        self.outline.marks.push(Mark { shape: kind, span: Span::new(start, start) });
        Ok(())
    }

    /// Records in the enclosing anchors that their nodes reach down to `depth`.
    fn raise(&mut self, depth: usize) {
        for (level, frame) in self.frames.iter_mut().enumerate() {
            if let Some(anchor) = &mut frame.anchor {
                anchor.height = anchor.height.max(depth - level);
            }
        }
    }

    fn close(&mut self, span: Span) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.flow {
            self.last_end = place::closed(self.text, span.range().start);
        }
        let mut whole = Span::default();
        if let Some(mark) = self.outline.marks.get_mut(frame.start) {
            mark.span = Span::new(mark.span.range().start, self.last_end);
            whole = mark.span;
        }
        self.outline.marks.push(Mark { shape: Shape::End, span: Span::new(self.last_end, self.last_end) });
        if let Some(anchor) = frame.anchor {
            let repeatable = Repeatable {
                mark: frame.start,
                nodes: self.nodes - anchor.nodes,
                bytes: self.bytes - anchor.bytes,
                height: anchor.height,
            };
            self.anchors.insert(anchor.id, repeatable);
        }
        if let Some(keys) = self.keys.get_mut(frame.keys_from..) {
            check_duplicates(&self.outline.marks, keys, self.problems);
        }
        self.keys.truncate(frame.keys_from);
        let in_braces =
            matches!(self.frames.last(), Some(Frame { shape: FrameShape::Mapping { braces: true, .. }, .. }));
        if let FrameShape::Mapping { braces: true, .. } = frame.shape {
            let written = self.text.get(whole.range()).unwrap_or_default();
            self.problems.push(
                Diagnostic::new(
                    Code::KeyNotText,
                    whole,
                    "without quotes, `{{ … }}` is a map in a map and no reference",
                )
                .help(format!("quote it: \"{written}\"")),
            );
        } else if frame.is_key && !in_braces {
            let what = if frame.shape == FrameShape::Sequence { "a list" } else { "a map" };
            self.problems.push(
                Diagnostic::new(Code::KeyNotText, whole, format!("a key must be a text, and this is {what}"))
                    .help("write a text before the `:`, in quotes if it starts with a bracket"),
            );
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Step {
        let is_key = self.begin(0);
        self.last_end = span.range().end;
        self.outline.has_aliases = true;
        self.aliases += 1;
        let refuse = |message: String, help: &str| Diagnostic::new(Code::Alias, span, message).help(help);
        let refusal = match self.anchors.get(&anchor) {
            None => refuse("this alias is inside the value that it repeats".to_owned(), "write out the value instead"),
            Some(_) if self.aliases > DOCUMENT_ALIASES => refuse(
                format!("the document has more than {DOCUMENT_ALIASES} aliases"),
                "write values out instead of repeating them",
            ),
            Some(target) => {
                self.nodes += target.nodes - 1;
                self.bytes += target.bytes;
                self.repeated_nodes += target.nodes;
                self.repeated_bytes += target.bytes;
                let (mark, depth) = (target.mark, self.frames.len() + target.height);
                self.raise(depth);
                if self.repeated_nodes > DOCUMENT_REPEATED_NODES || self.repeated_bytes > DOCUMENT_REPEATED_BYTES {
                    refuse(
                        "the aliases of this document repeat too much".to_owned(),
                        "aliases of values that have aliases themselves multiply; write values out",
                    )
                } else if depth > DOCUMENT_DEPTH {
                    too_deep(span)
                } else {
                    let mark_index = self.outline.marks.len();
                    if is_key {
                        self.keys.push(mark_index);
                        if !matches!(self.outline.marks.get(mark), Some(Mark { shape: Shape::Scalar { .. }, .. })) {
                            self.broken = true;
                            self.problems.push(Diagnostic::new(
                                Code::KeyNotText,
                                span,
                                "a key must be a text, and this repeats a list or a map",
                            ));
                        }
                    }
                    self.outline.marks.push(Mark { shape: Shape::Alias(mark), span });
                    return Ok(());
                }
            }
        };
        self.problems.push(refusal);
        Err(Stop::Final)
    }

    /// One parser distinguishes anchors by number and the other by name, and `serde_yaml` confuses nodes after a name
    /// that is used again; no document needs that.
    fn check_anchor(&mut self, anchor: usize, span: Span) {
        if anchor == 0 {
            return;
        }
        let at = place::anchor(self.text, span.range().start);
        let name = self.text.get(at.range()).unwrap_or_default();
        if let Some(first) = self.anchor_names.insert(name, at) {
            self.broken = true;
            self.problems.push(
                Diagnostic::new(Code::Alias, at, format!("the anchor `{name}` is defined twice"))
                    .related(first, "first here")
                    .help("give each anchor a name of its own"),
            );
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, span: Span) {
        let Some(tag) = tag else { return };
        let known = matches!(&*tag.suffix, "str" | "int" | "float" | "bool" | "null" | "seq" | "map");
        if tag.is_yaml_core_schema() && known {
            return;
        }
        self.broken = true;
        let at = place::tag(self.text, span.range().start);
        let written = self.text.get(at.range()).unwrap_or_default();
        self.problems.push(
            Diagnostic::new(Code::CustomTag, at, format!("the tag `{written}` means nothing in a runbook"))
                .help("remove it; a parameter or an output is referred to as \"{{ Name }}\" or \"{{ step.Output }}\""),
        );
    }
}
