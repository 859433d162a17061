//! Any text is a template; resolving it ends with a value or a reason.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use runwright::expression::{Lookup, Part, Reference, Scope, Template, Tree};
use serde_json::{Value, json};

/// Only parameters have a value.
#[derive(Debug)]
struct Parameters(Value);

impl Scope for Parameters {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        match reference {
            Reference::Parameter(_) => Lookup::Value(Cow::Borrowed(&self.0)),
            _ => Lookup::Unset("nothing has run".into()),
        }
    }
}

fuzz_target!(|text: &str| {
    let template = Template::parse(text);
    // The pieces together are the text.
    let mut at = 0;
    for part in template.parts() {
        match part {
            Part::Text(piece) => {
                assert_eq!(text.get(at..at + piece.len()), Some(piece.as_str()));
                at += piece.len();
            }
            Part::Reference { at: range, name_at, .. } => {
                assert_eq!(range.start, at);
                assert!(range.start < name_at.start && name_at.end < range.end);
                assert!(text.get(name_at.clone()).is_some());
                at = range.end;
            }
        }
    }
    assert_eq!(at, text.len());
    // The displayed template parses to the same template.
    let again = Template::parse(&template.to_string());
    assert!(template.references().eq(again.references()));

    let tree = Tree::from_json(&json!({"whole": text, "list": [text, {"deep": text}]}));
    for value in [json!(["a", {"b": "{{ c }}"}]), json!("\"quoted\""), json!(17), Value::Null] {
        let scope = Parameters(value);
        let _ = template.resolve_text(&scope).map_err(|unresolved| unresolved.to_string());
        let _ = tree.resolve(&scope).map_err(|unresolved| unresolved.to_string());
    }
});
