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

fn resolved(tree: &Value) -> Result<Value, Unresolved> {
    ValueTemplate::from_json(tree).resolve(&values()).map(Cow::into_owned)
}

#[test]
fn a_whole_reference_keeps_its_type() {
    for (name, value) in &values().0 {
        assert_eq!(resolved(&json!(format!(" {{{{ {name} }}}}\n"))), Ok(value.clone()), "{name}");
        assert_eq!(resolved(&json!({"k": format!("{{{{{name}}}}}")})), Ok(json!({"k": value})), "{name}");
    }
}

#[test]
fn a_list_in_a_list_is_spliced() {
    assert_eq!(
        resolved(&json!(["x", "{{ two }}", "{{ none }}", "{{ maps }}", "{{ count }}", "{{ map }}", ["{{ one }}"]])),
        Ok(json!(["x", "a", "b", {"k": 1}, {"k": 2}, 3, {"z": 1, "a": {"<": "&"}}, ["only"]]))
    );
}

#[test]
fn an_embedded_reference_is_raw_text() {
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
        assert_eq!(resolved(&json!(template)), Ok(json!(text)));
        assert_eq!(Template::parse(template).resolve_text(&values()), Ok(text.to_owned()));
    }
}

#[test]
fn keys_are_never_templates_and_values_are_not_read_again() {
    let scope = Values(HashMap::from([("a", json!("{{ b }}"))]));
    let tree = ValueTemplate::from_json(&json!({"{{ a }}": "{{ a }} {{ a }}"}));
    assert_eq!(tree.resolve(&scope).unwrap().into_owned(), json!({"{{ a }}": "{{ b }} {{ b }}"}));
}

#[test]
fn what_has_no_reference_is_borrowed() {
    let tree = ValueTemplate::from_json(&json!({"a": [1, 2]}));
    let scope = values();
    assert!(matches!(tree.resolve(&scope), Ok(Cow::Borrowed(_))));
    assert!(matches!(ValueTemplate::text("{{ map }}").resolve(&scope), Ok(Cow::Borrowed(_))));
}

#[test]
fn a_reference_without_a_value_says_why() {
    let error = resolved(&json!({"a": ["b", "c {{ s.Missing }}"]})).unwrap_err();
    assert_eq!(error.to_string(), "{{ s.Missing }} has no value: nothing is called s.Missing");
}

#[test]
fn a_result_that_grows_too_large_is_refused() {
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
    fn any_text_resolves_or_says_why(text in r"(?s)(\{\{ ?(text|two|map|s\.Out|nope) ?\}\}|[{}]|.){0,20}") {
        let _ = ValueTemplate::from_json(&json!([{"k": text}])).resolve(&values());
    }
}
