//! Property tests: parsing, rendering and position lookup never panic, whatever the bytes.

use proptest::prelude::*;

use super::{Node, NodeKind, read};
use crate::diagnostic::{one_line, render, to_json};
use crate::document::Document;

const SAMPLES: [&str; 3] = [
    "%YAML 1.2\n---\n# note\nschemaVersion: '0.3'\ndescription: >-\n  one\n  two\n\n  three\nparameters:\n  Ids: {type: StringList, default: [\"a\\u00e9\\\n   b\", 'it''s']}\nmainSteps:\n  - name: é\n    action: aws:invokeLambdaFunction\n    inputs: &in\n      Payload: |2\n         {\"a\": \"{{ Ids }}\"}\n\n    isEnd: true\n  - name: two\n    inputs: *in\n    nextStep:\n",
    "{\"schemaVersion\": \"0.3\",\t\"mainSteps\": [{\"name\": \"a\\ud83d\\ude00\", \"n\": -1.5e3, \"inputs\": {\"x\": null, \"y\": [true]}}]}",
    "a:\r\n  b: {\r\n  c: [1,\r\n  \"x\r\n y\"]\r\n  }\r\n  d: >+\r\n    x\r\n\r\n     y\r\n\r\n",
];

fn parse_and_check(bytes: &[u8]) {
    match read("any", bytes) {
        Ok(document) => check_positions(&document.root, &document),
        Err(unreadable) => {
            assert!(!unreadable.problems.is_empty());
            for problem in &unreadable.problems {
                let range = problem.span.range();
                assert!(unreadable.source.text().get(range.clone()).is_some(), "{problem:?}");
                one_line(problem, &unreadable.source);
            }
            let text =
                render(&unreadable.problems, &unreadable.source, bytes.len().is_multiple_of(2), bytes.len() % 200);
            assert!(!text.is_empty());
            assert_eq!(to_json(&unreadable.problems, &unreadable.source).len(), unreadable.problems.len());
        }
    }
}

fn check_positions(node: &Node, document: &Document) {
    let source = document.source.text();
    assert!(source.get(node.span.range()).is_some(), "{node:?}");
    match &node.kind {
        NodeKind::String { text, .. } => {
            for end in 0..=text.len() {
                let span = document.span_within(node, end / 2..end);
                assert!(source.get(span.range()).is_some(), "{node:?} {end}");
            }
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| check_positions(item, document)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                assert!(source.get(entry.key.span.range()).is_some(), "{entry:?}");
                check_positions(&entry.value, document);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}

proptest! {
    #[test]
    fn any_bytes_parse_or_are_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        parse_and_check(&bytes);
    }

    #[test]
    fn any_yaml_characters_parse_or_are_rejected(text in "[\\[\\]{}:,#&*!|>'\"%@`?\\-+ \t\r\n\\\\a-c0-2~.<é漢\u{85}\u{2028}\u{feff}]{0,60}") {
        parse_and_check(text.as_bytes());
    }

    #[test]
    fn any_mutation_of_a_sample_parses_or_is_rejected(
        sample in 0..SAMPLES.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), 0..4_u8, any::<u8>()), 1..6),
    ) {
        let mut bytes = SAMPLES[sample].as_bytes().to_vec();
        parse_and_check(&bytes);
        for (at, change, byte) in changes {
            let at = at.index(bytes.len());
            match change {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"[]{}:,#&*!|>'\"- \t\r\n\\"[usize::from(byte) % 20]),
                2 => bytes.truncate(at.max(1)),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        parse_and_check(&bytes);
    }
}
