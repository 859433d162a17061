//! Positions of nodes, and of characters within their values.

use super::{Document, Node, NodeKind, document};

/// Every key and value in order: its characters, escaped.
fn spans(text: &str) -> Vec<String> {
    fn add(node: &Node, document: &Document, spans: &mut Vec<String>) {
        match &node.kind {
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    spans.push(document.source.slice(entry.key.span).to_owned());
                    spans.push(document.source.slice(entry.value.span).to_owned());
                    add(&entry.value, document, spans);
                }
            }
            NodeKind::Sequence(items) => {
                for item in items {
                    spans.push(document.source.slice(item.span).to_owned());
                    add(item, document, spans);
                }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } => {}
        }
    }
    let document = document(text);
    let mut all = Vec::new();
    add(&document.root, &document, &mut all);
    all
}

#[test]
fn node_spans_cover_the_source_text() {
    for (text, expected) in [
        ("é: ü # ö\n'k' : \"v\"   # \"x\"\n", vec!["é", "ü", "'k'", "\"v\""]),
        (
            "a: [1, {b: c}]\nd:\n- x\n- y\n\n",
            vec!["a", "[1, {b: c}]", "1", "{b: c}", "b", "c", "d", "- x\n- y", "x", "y"],
        ),
        ("a:\n  b: 1\n  c: 2\n\n# end\nd: 3\n", vec!["a", "b: 1\n  c: 2", "b", "1", "c", "2", "d", "3"]),
        (
            "a: |+  # x | y\n  t\n\n\nb: >2\n   u\nc: |\nd: x\n",
            vec!["a", "|+  # x | y\n  t", "b", ">2\n   u", "c", "|", "d", "x"],
        ),
        ("\"k | # y\": |\n\n  | t |\n", vec!["\"k | # y\"", "|\n\n  | t |"]),
        ("a: |", vec!["a", "|"]),
        ("a:\n  - |\n    x\n  - >-\n    y\n", vec!["a", "- |\n    x\n  - >-\n    y", "|\n    x", ">-\n    y"]),
        ("a: &x !!str  t\nb: !!map\n  c: 1\nd: *x\n", vec!["a", "t", "b", "c: 1", "c", "1", "d", "t"]),
        ("a: &x |\n  t\nb: &y\nc: !!str\n", vec!["a", "|\n  t", "b", "", "c", ""]),
        ("a: x\n  y\nb: 'z\n\n  w'\n", vec!["a", "x\n  y", "b", "'z\n\n  w'"]),
        ("{\"é\" : [ 1 , \"x\" ]}", vec!["\"é\"", "[ 1 , \"x\" ]", "1", "\"x\""]),
        (
            "é:\n  b: {\n    c: [é,\n  d],\n  }\n  e: 2\n",
            vec![
                "é",
                "b: {\n    c: [é,\n  d],\n  }\n  e: 2",
                "b",
                "{\n    c: [é,\n  d],\n  }",
                "c",
                "[é,\n  d]",
                "é",
                "d",
                "e",
                "2",
            ],
        ),
    ] {
        assert_eq!(spans(text), expected, "{text:?}");
    }
}

#[test]
fn empty_values_have_empty_spans() {
    let document = document("a:\nb:   # x\nc:\n  -\n  - 1\n");
    let places: Vec<u32> = ["a", "b"].iter().map(|key| document.root.get(key).unwrap().value.span.start).collect();
    let list = match &document.root.get("c").unwrap().value.kind {
        NodeKind::Sequence(items) => items.iter().map(|item| item.span.start).collect(),
        _ => vec![],
    };
    assert_eq!((places, list), (vec![2, 5], vec![18, 23]));
}

/// Removes the `«…»` pair from the text; `span_within` must find the first `wanted` of the value `a` there.
fn assert_within(marked: &str, wanted: &str) {
    let start = marked.find('«').unwrap();
    let end = marked.find('»').unwrap() - '«'.len_utf8();
    let document = document(&marked.replace(['«', '»'], ""));
    let node = &document.root.get("a").unwrap().value;
    let at = node.as_text().unwrap().find(wanted).unwrap();
    let span = document.span_within(node, at..at + wanted.len());
    assert_eq!(span.range(), start..end, "{marked:?}: {:?}", document.source.slice(span));
}

#[test]
fn positions_within_plain_and_quoted_scalars() {
    assert_within("a: x «{{ b }}» y\n", "{{ b }}");
    assert_within("a: one two\n  three «four»\n\n\n  five\n", "four");
    assert_within("a: one two\n  three four\n\n\n  «five»\n", "five");
    assert_within("a: one «two\n  three» four\n", "two three");
    assert_within("a: 'it''s «{{ b }}»'\n", "{{ b }}");
    assert_within("a: '«it''s»'\n", "it's");
    assert_within("a: \"\\u00e9\\x41\\t «{{ b }}» \\\"\"\n", "{{ b }}");
    assert_within("a: \"x «\\u00e9»\"\n", "é");
    assert_within("a: \"x \\\n     y «z»\"\n", "z");
    assert_within("a: \"x \\\n\n     y «z»\"\n", "z");
    assert_within("a: \"x\r\n     y\r\n\r\n  «z»\"\r\n", "z");
    assert_within("a: é漢 «{{ b }}»\n", "{{ b }}");
    assert_within("{\"a\": \"\\ud83d\\ude00 \\/ é «{{ b }}»\"}", "{{ b }}");
    assert_within("b: [\"x\"]\na: \"«»x\"", "");
}

#[test]
fn positions_within_block_scalars() {
    assert_within("a: |\n  one\n    two «{{ b }}»\n", "{{ b }}");
    assert_within("a: |\n\n\n  one\n\n  «two»\n", "two");
    assert_within("a: |-  # why\n  one\n  «two»", "two");
    assert_within("a: |2\n    one\n  «two»\n", "two");
    assert_within("a: |+\n  on«e\n\n\n»b: 1\n", "e\n\n\n");
    assert_within("a: |\r\n  one\r\n  «two»\r\n", "two");
    assert_within("a: |\n  one«\n  t»wo\n", "\nt");
    assert_within("a: >\n  one\n  two\n\n  three\n  «four»\n", "four");
    assert_within("a: >\n  one\n  two\n   more «in»\n  back\n", "in");
    assert_within("a: >\n  one\n  two\n   more\n  «back»\n", "back");
    assert_within("a: >-\n\n  one «two\n  three» four\n", "two three");
    assert_within("a: >\r\n  one\r\n  two\r\n\r\n\r\n  «three»\r\n", "three");
    assert_within("a: >1\n   one\n  two\n «three»\n", "three");
    assert_within("a: |\n  é漢 «{{ b }}»\n", "{{ b }}");
    assert_within("b: 1\na:\n  &x |\n  one\n  «two»\n", "two");
}

#[test]
fn range_outside_the_text_falls_back_to_the_node() {
    let document = document("a: one\nb: 2\n");
    let (text, number) = (&document.root.get("a").unwrap().value, &document.root.get("b").unwrap().value);
    assert_eq!(document.span_within(text, 1..9), text.span);
    assert_eq!(document.span_within(number, 0..1), number.span);
}

#[test]
fn alias_position_is_that_of_its_anchor_value() {
    let document = document("a: &x {k: [one, 'two']}\nb: *x\n");
    let [a, b] = ["a", "b"].map(|key| document.root.get(key).unwrap().value.clone());
    assert_eq!(a, b);
}
