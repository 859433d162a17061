use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Values by the name of their reference.
struct Values(HashMap<&'static str, Value>);

impl Scope for Values {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        match self.0.get(reference.to_string().as_str()) {
            Some(value) => Lookup::Value(Cow::Borrowed(value)),
            None => Lookup::Unset(format!("nothing is called {reference}")),
        }
    }
}

fn values() -> Values {
    Values(HashMap::from([
        ("text", json!("a \"quoted\"\nline")),
        ("count", json!(3)),
        ("yes", json!(true)),
        ("one", json!(["only"])),
        ("two", json!(["a", "b"])),
        ("none", json!([])),
        ("map", json!({"z": 1, "a": {"<": "&"}})),
        ("maps", json!([{"k": 1}, {"k": 2}])),
        ("s.Out", json!("out")),
        ("variable:v", json!(["x"])),
        ("automation:EXECUTION_ID", json!("id")),
    ]))
}

fn resolve(tree: &Value) -> Result<Value, Unresolved> {
    ValueTemplate::from_json(tree).resolve(&values()).map(Cow::into_owned)
}

#[test]
fn whole_string_reference_keeps_its_type() {
    for (name, value) in &values().0 {
        assert_eq!(resolve(&json!(format!(" {{{{ {name} }}}}\n"))), Ok(value.clone()), "{name}");
        assert_eq!(resolve(&json!({"k": format!("{{{{{name}}}}}")})), Ok(json!({"k": value})), "{name}");
    }
}

#[test]
fn list_reference_in_a_list_is_spliced() {
    assert_eq!(
        resolve(&json!(["x", "{{ two }}", "{{ none }}", "{{ maps }}", "{{ count }}", "{{ map }}", ["{{ one }}"]])),
        Ok(json!(["x", "a", "b", {"k": 1}, {"k": 2}, 3, {"z": 1, "a": {"<": "&"}}, ["only"]]))
    );
}

#[test]
fn embedded_reference_is_inserted_as_text() {
    for (template, text) in [
        ("<{{ text }}>", "<a \"quoted\"\nline>"),
        ("{{ count }}/{{ yes }}", "3/true"),
        ("-{{ one }}-{{ variable:v }}", "-only-x"),
        ("-{{ two }}", r#"-["a","b"]"#),
        ("-{{ none }}", "-[]"),
        ("-{{ map }}", r#"-{"z":1,"a":{"<":"&"}}"#),
        ("-{{ maps }}", r#"-[{"k":1},{"k":2}]"#),
        (r#"{"Setup":{{ map }}}"#, r#"{"Setup":{"z":1,"a":{"<":"&"}}}"#),
        ("{{ s.Out }}_{{automation:EXECUTION_ID}}", "out_id"),
        ("awk '{{print $2}}' {{ count }}", "awk '{{print $2}}' 3"),
    ] {
        assert_eq!(resolve(&json!(template)), Ok(json!(text)));
        assert_eq!(Template::parse(template).resolve_text(&values()), Ok(text.to_owned()));
    }
}

#[test]
fn keys_are_not_templates_and_values_are_not_resolved_twice() {
    let scope = Values(HashMap::from([("a", json!("{{ b }}"))]));
    let tree = ValueTemplate::from_json(&json!({"{{ a }}": "{{ a }} {{ a }}"}));
    assert_eq!(tree.resolve(&scope).unwrap().into_owned(), json!({"{{ a }}": "{{ b }} {{ b }}"}));
}

#[test]
fn value_without_reference_is_borrowed() {
    let tree = ValueTemplate::from_json(&json!({"a": [1, 2]}));
    let scope = values();
    assert!(matches!(tree.resolve(&scope), Ok(Cow::Borrowed(_))));
    assert!(matches!(ValueTemplate::text("{{ map }}").resolve(&scope), Ok(Cow::Borrowed(_))));
}

#[test]
fn unresolved_reference_reports_its_reason() {
    let error = resolve(&json!({"a": ["b", "c {{ s.Missing }}"]})).unwrap_err();
    assert_eq!(error.to_string(), "{{ s.Missing }} has no value: nothing is called s.Missing");
}

#[test]
fn oversized_resolution_is_rejected() {
    let scope = Values(HashMap::from([("big", json!("x".repeat(RESOLVED_BYTES / 4)))]));
    let message = "the value grows beyond 8 MiB when {{ big }} is put in; \
                   pass large data by its location (an object key, a table name) instead";
    for tree in [json!("{{ big }} {{ big }} {{ big }} {{ big }} {{ big }}"), json!(vec!["{{ big }}"; 5])] {
        assert_eq!(ValueTemplate::from_json(&tree).resolve(&scope).unwrap_err().to_string(), message);
    }
    assert!(ValueTemplate::text("{{ big }} {{ big }} {{ big }}").resolve(&scope).is_ok());
}

proptest! {
    #[test]
    fn any_text_resolves_or_reports_its_reason(text in r"(?s)(\{\{ ?(text|two|map|s\.Out|nope) ?\}\}|[{}]|.){0,20}") {
        let _ = ValueTemplate::from_json(&json!([{"k": text}])).resolve(&values());
    }
}
