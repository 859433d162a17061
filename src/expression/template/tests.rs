use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::expression::Global;

/// The pieces of a text, references as `<name>`.
fn pieces(text: &str) -> Vec<String> {
    Template::parse(text)
        .parts()
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Reference { reference, .. } => format!("<{reference}>"),
        })
        .collect()
}

#[test]
fn every_reference_syntax_is_parsed() {
    for name in [
        "Param",
        "step.Output",
        "my_step_2.Image-Id",
        "variable:count",
        "global:DATE",
        "global:DATE_TIME",
        "global:REGION",
        "global:ACCOUNT_ID",
        "global:AWS_PARTITION",
        "automation:EXECUTION_ID",
        "ssm:/aws/service/ami-amazon-linux-latest/amzn-ami-hvm-x86_64-gp2",
        "ssm:latestAmi",
        "automation:RESOURCE_ID",
        "global:date",
    ] {
        for text in [format!("{{{{{name}}}}}"), format!("{{{{ {name} }}}}"), format!("{{{{\t{name}\r\n}}}}")] {
            let template = Template::parse(&text);
            assert_eq!(
                (template.whole().map(ToString::to_string), template.to_string()),
                (Some(name.to_owned()), text.clone()),
                "{text:?}"
            );
        }
    }
}

#[test]
fn names_resolve_to_reference_kinds() {
    let kinds: Vec<Option<Reference>> =
        ["a.B", "variable:v", "global:DATE_TIME", "global:X", "automation:X", "ssm:x", "TARGET_ID"]
            .map(Reference::parse)
            .into();
    assert_eq!(
        kinds,
        [
            Some(Reference::StepOutput { step: "a".into(), output: "B".into() }),
            Some(Reference::Variable("v".into())),
            Some(Reference::Global(Global::DateTime)),
            Some(Reference::UnknownSystem("global:X".to_owned())),
            Some(Reference::UnknownSystem("automation:X".to_owned())),
            Some(Reference::Ssm("x".to_owned())),
            Some(Reference::Parameter("TARGET_ID".into())),
        ]
    );
}

#[test]
fn near_references_are_literal_text() {
    for text in [
        "awk '{{print $2}}'",
        "{{{}}}",
        "{{ automation:EXECUTION_ID }",
        "{{ a.b.c }}",
        "{{ a.b[0] }}",
        "{{ a. }}",
        "{{ .b }}",
        "{{}}",
        "{{ }}",
        "{{ a b }}",
        "{{ other:name }}",
        "{{ variable: }}",
        "{{ größe }}",
        "{{ Name",
        "{{ Name } }",
        "{{\u{a0}Name }}",
        "}} Name {{",
        "{",
        "",
    ] {
        let template = Template::parse(text);
        assert_eq!((template.has_references(), template.to_string()), (false, text.to_owned()));
    }
}

#[test]
fn extra_braces_around_a_reference_are_literal_text() {
    assert_eq!(pieces(r#"{"a":{{{ x }}},"b":{{y.Z}}}"#), [r#"{"a":{"#, "<x>", r#"},"b":"#, "<y.Z>", "}"]);
    assert_eq!(pieces("{{ {{x}} }}"), ["{{ ", "<x>", " }}"]);
    assert_eq!(pieces("{{x}}{{y}}"), ["<x>", "<y>"]);
}

#[test]
fn reference_has_its_source_range() {
    let text = "é {{  step.Out }}!";
    let template = Template::parse(text);
    let places: Vec<_> = template
        .parts()
        .iter()
        .filter_map(|part| match part {
            Part::Reference { at, name_at, .. } => Some((&text[at.clone()], &text[name_at.clone()])),
            Part::Text(_) => None,
        })
        .collect();
    assert_eq!(places, [("{{  step.Out }}", "step.Out")]);
}

#[test]
fn whole_template_is_one_reference_and_whitespace() {
    let whole = |text: &str| Template::parse(text).whole().map(ToString::to_string);
    assert_eq!(
        ["{{a}}", " \n{{a}}\t", "{{a}}{{b}}", "{{a}}.", "-{{a}}", "a"].map(whole),
        [Some("a".to_owned()), Some("a".to_owned()), None, None, None, None]
    );
}

#[test]
fn value_without_references_is_one_literal() {
    let value = json!({"a": [1, null, {"b": "text {{print $1}}"}], "c": true});
    assert_eq!(ValueTemplate::from_json(&value), ValueTemplate::Literal(value));
}

#[test]
fn value_template_keeps_literals_and_lists_references() {
    let value = json!({"a": [1, "{{ x }}"], "b": {"c": {"d": [2]}, "e": "{{ s.O }}-{{ x }}"}});
    let tree = ValueTemplate::from_json(&value);
    assert_eq!(tree.references().map(ToString::to_string).collect::<Vec<_>>(), ["x", "s.O", "x"]);
    assert_eq!(tree.to_json(), value);
    assert!(matches!(&tree, ValueTemplate::Map(entries) if matches!(&entries["b"], ValueTemplate::Map(inner)
        if inner["c"] == ValueTemplate::Literal(json!({"d": [2]})))));
}

proptest! {
    #[test]
    fn joined_pieces_equal_the_text(text in r"(?s)([{}a.: \n]|\{\{ ?[a-z]{1,3}(\.[a-z])? ?\}\}|.){0,40}") {
        let template = Template::parse(&text);
        let mut joined = String::new();
        for part in template.parts() {
            match part {
                Part::Text(piece) => joined.push_str(piece),
                Part::Reference { at, name_at, reference, written } => {
                    prop_assert_eq!(at.start, joined.len());
                    prop_assert_eq!(&text[name_at.clone()], reference.to_string());
                    prop_assert_eq!(&text[at.clone()], &**written);
                    joined.push_str(&text[at.clone()]);
                }
            }
        }
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn any_text_is_a_template(text in any::<String>()) {
        prop_assert_eq!(Template::parse(&text).to_string(), text);
    }
}
