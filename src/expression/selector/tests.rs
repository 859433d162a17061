use proptest::prelude::*;
use serde_json::json;

use super::*;

fn document() -> Value {
    json!({
        "Name": "n",
        "a-b": 1,
        "a.b": {"c.d": [10, 11, 12]},
        "it's": "quoted",
        "nothing": null,
        "Snapshots": [{"State": "pending", "Size": 1}, {"State": "done", "Size": 8}, {"State": "done"}],
        "Reservations": [
            {"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]},
            {"Instances": [{"InstanceId": "i-3"}]},
        ],
    })
}

fn select(selector: &str) -> Option<Value> {
    Selector::parse(selector).unwrap().select(&document()).map(Cow::into_owned)
}

#[test]
fn every_path_syntax_selects_the_value() {
    for (selector, expected) in [
        ("$.Name", json!("n")),
        (" $.Name ", json!("n")),
        ("Name", json!("n")),
        ("$['Name']", json!("n")),
        ("$[\"Name\"]", json!("n")),
        (".Name", json!("n")),
        ("$.'Name'", json!("n")),
        ("$.a-b", json!(1)),
        ("['a.b']['c.d'][0]", json!(10)),
        ("$.'a.b'.'c.d'[1]", json!(11)),
        ("$.\"a.b\".['c.d'].[2]", json!(12)),
        ("$.'a.b'['c.d'][-1]", json!(12)),
        (r"$['it\'s']", json!("quoted")),
        ("$[\"it's\"]", json!("quoted")),
        ("Snapshots[0].State", json!("pending")),
        ("$.Snapshots.[1].State", json!("done")),
        ("$.Snapshots[ 0 ].Size", json!(1)),
        ("$.nothing", json!(null)),
        ("$", document()),
    ] {
        assert_eq!(select(selector), Some(expected), "{selector}");
    }
}

#[test]
fn escapes_in_quoted_names_are_decoded() {
    for (selector, name) in [
        (r"$['\u000a']", "\n"),
        (r"$['\u00E4\u00e4']", "ää"),
        (r#"$["\uD83D\uDE00!"]"#, "😀!"),
        (r"$.'\b\f\n\r\t'", "\u{8}\u{c}\n\r\t"),
        (r#"$['\'\"\\\/']"#, "'\"\\/"),
        (r#"$["\'\"\\\/"]"#, "'\"\\/"),
        (r"$['\\u000a']", r"\u000a"),
    ] {
        let value = json!({name: 1});
        let found = Selector::parse(selector).unwrap().select(&value).map(Cow::into_owned);
        assert_eq!(found, Some(json!(1)), "{selector}");
    }
    let rows = json!([{"k": "a\nb", "v": 1}, {"k": "anb", "v": 2}]);
    let filter = Selector::parse(r"$[?(@.k == 'a\nb')].v").unwrap();
    assert_eq!(filter.select(&rows).map(Cow::into_owned), Some(json!([1])));
}

#[test]
fn missing_path_is_unset() {
    for selector in [
        "$.Missing",
        "$.name",
        "$.Snapshots[3]",
        "$.Snapshots[-4]",
        "$.Name[0]",
        "$.Name.x",
        "$[0]",
        "$.Snapshots.State",
        "$.nothing.x",
    ] {
        assert_eq!(select(selector), None, "{selector}");
    }
}

#[test]
fn search_selector_returns_a_list() {
    for (selector, expected) in [
        ("$..InstanceId", json!(["i-1", "i-2", "i-3"])),
        ("$.Reservations..Instances..InstanceId", json!(["i-1", "i-2", "i-3"])),
        ("Reservations[*].Instances[0].InstanceId", json!(["i-1", "i-3"])),
        ("$.Reservations.*.Instances[-1].InstanceId", json!(["i-2", "i-3"])),
        ("$..['c.d']", json!([[10, 11, 12]])),
        ("$..'c.d'[0]", json!([10])),
        ("$.Snapshots[0,2].State", json!(["pending", "done"])),
        ("$.Snapshots[1:].State", json!(["done", "done"])),
        ("$.Snapshots[:2].Size", json!([1, 8])),
        ("$.Snapshots[::2].State", json!(["pending", "done"])),
        ("$.Snapshots[?(@.State == 'done')].Size", json!([8])),
        ("$.Snapshots[?(@.State=='pending')].Size", json!([1])),
        ("$.Snapshots[?@.State != \"done\"].Size", json!([1])),
        ("$.Snapshots[?((@.Size > 1))].State", json!(["done"])),
        ("$.Snapshots[?(@.Size >= 1)].Size", json!([1, 8])),
        ("$.Snapshots[?(8 > @.Size)].Size", json!([1])),
        ("$.Snapshots[?(@.Size <= -1.5e0)]", json!([])),
        ("$.Snapshots[?(@.Size)].Size", json!([1, 8])),
        ("$.Snapshots[?(@['State'] == $.Snapshots[0].State)].Size", json!([1])),
        ("$.Reservations[?(@.Instances[1].InstanceId == 'i-2')].Instances[0].InstanceId", json!(["i-1"])),
        ("$..[?(@.InstanceId == 'i-3')].InstanceId", json!(["i-3"])),
        ("$..Missing", json!([])),
        ("$.Missing[*]", json!([])),
    ] {
        assert_eq!(select(selector), Some(expected), "{selector}");
    }
}

#[test]
fn unsupported_selector_syntax_is_rejected_with_help() {
    let shown = |selector: &str| {
        let error = Selector::parse(selector).unwrap_err();
        (error.offset, error.message, error.help.unwrap_or_default())
    };
    for (selector, offset, message, help) in [
        ("", 0, "the selector is empty", "write `$` for the whole result"),
        ("  ", 2, "the selector is empty", "write `$` for the whole result"),
        ("$Name", 1, "a dot is missing after `$`", "write `$.name`"),
        ("@.a", 0, "`@` has a meaning only in a filter", "begin the selector with `$`"),
        ("$.", 2, "the selector ends with a dot", "remove the dot"),
        ("$...a", 3, "too many dots in the selector", "`.name` or `..name`"),
        ("$.a b", 4, "unexpected 'b' in the selector", ""),
        ("$.a]", 3, "unexpected ']' in the selector", ""),
        ("$.a[0", 3, "[ is never closed in the selector", ""),
        ("$['a", 2, "' is never closed in the selector", ""),
        ("$['a\\", 2, "' is never closed in the selector", ""),
        (
            r"$['a\d']",
            4,
            r"`\d` is not a valid escape in a selector",
            r#"write `\\` for a backslash; the escapes are \' \" \\ \/ \n \r \t \b \f \uXXXX"#,
        ),
        (r"$['\u00g0']", 3, r"`\u` names no character", r"write four hexadecimal digits, such as `\u000a`"),
        (r"$['\u12']", 3, r"`\u` names no character", r"write four hexadecimal digits, such as `\u000a`"),
        (r"$['a\uD83D']", 4, r"`\u` names no character", r"write four hexadecimal digits, such as `\u000a`"),
        (r"$['\uD83D\u0041']", 3, r"`\u` names no character", r"write four hexadecimal digits, such as `\u000a`"),
        (r"$['\uDE00']", 3, r"`\u` names no character", r"write four hexadecimal digits, such as `\u000a`"),
        (
            "$.a.length()",
            4,
            "selectors have no functions such as `length()`",
            "select the value, and compute with it in a function or in another step",
        ),
        ("$.a[(@.length-1)]", 4, "selectors do not compute indexes", "write `[-1]` for the last element of a list"),
        ("$[name]", 6, "a name in brackets must be quoted", "write `['name']`"),
        ("$['a','b']", 5, "brackets hold one name", "declare one output for each name"),
        ("$[1-2]", 2, "`[1-2]` is not an index or range", "write `[0]`, `[-1]`, `[0,2]` or `[1:3]`"),
        (
            "$[?(@.a == 1 && @.b == 2)]",
            13,
            "a filter holds one comparison; the service knows no `&&` and no `||`",
            "declare two outputs, or decide in a function",
        ),
        ("$[?(@.a =~ /x/)]", 8, "unknown operator in a filter", "compare with one of == != > < >= <="),
        ("$[?(@.a in ['x'])]", 8, "unknown operator in a filter", "compare with one of == != > < >= <="),
        (
            "$[?(!@.a)]",
            4,
            "filters have no `!`",
            "compare with one of == != > < >= <=, as in `[?(@.State != 'running')]`",
        ),
        (
            "$[?(@.a == done)]",
            11,
            "`done` in a filter is neither a field nor a value",
            "write `@.done` for a field of the element, `'done'` for a text",
        ),
        ("$[?('a')]", 7, "a filter compares a field of the element", "write `[?(@.Name == 'value')]`"),
    ] {
        assert_eq!(shown(selector), (offset, message.to_owned(), help.to_owned()), "{selector}");
    }
}

#[test]
fn deep_selector_nesting_is_rejected_before_recursion() {
    for nested in ["(", "@[?("] {
        let selector = format!("$[?{}", nested.repeat(100_000));
        assert_eq!(Selector::parse(&selector).unwrap_err().message, "the selector nests brackets more than 32 deep");
    }
    assert!(Selector::parse(&format!("$[?{}@.a{}]", "(".repeat(31), ")".repeat(31))).is_ok());
}

#[test]
fn leading_payload_segment_is_optional() {
    for (selector, result, expected) in [
        ("$.Payload.x", json!({"x": 1}), Some(json!(1))),
        ("$.Payload.x", json!({"Payload": {"x": 2}, "x": 1}), Some(json!(2))),
        ("$.Payload", json!({"x": 1}), Some(json!({"x": 1}))),
        ("Payload..x", json!({"y": {"x": 3}}), Some(json!([3]))),
        ("Payload..x", json!({"Payload": {"x": 3}}), Some(json!([3]))),
        ("$.Payload[0]", json!(["a"]), Some(json!("a"))),
        ("$.Payload.missing", json!({"x": 1}), None),
        ("$.x.Payload", json!({"x": 1}), None),
        ("$..Payload", json!({"x": 1}), Some(json!([]))),
    ] {
        let selector = Selector::parse(selector).unwrap();
        assert_eq!(selector.select_with_payload_fallback(&result).map(Cow::into_owned), expected, "{selector:?}");
    }
}

#[test]
fn display_shows_the_normalized_selector() {
    let path = |selector: &str| Selector::parse(selector).unwrap().path();
    assert_eq!(path("InstanceIds.[0].'a.b'.c-d.\"it's\""), r"$.InstanceIds[0]['a.b']['c-d']['it\'s']");
    assert_eq!(path("Snapshots[?(@.State=='x')]..a-b"), "$.Snapshots[?@.State == 'x']..['a-b']");
    assert_eq!(Selector::parse("a[0]").unwrap().as_str(), "a[0]");
}

proptest! {
    #[test]
    fn any_selector_parses_or_is_rejected(selector in r#"([$@.\[\]()?*:,'"=!<>&| a-c0-9-]|\.\.|\[\?\(@\.a|\\){0,24}"#) {
        if let Ok(selector) = Selector::parse(&selector) {
            let again = Selector::parse(&selector.path()).unwrap();
            prop_assert_eq!(again.path(), selector.path());
            let found = |selector: &Selector| selector.select_with_payload_fallback(&document()).map(Cow::into_owned);
            prop_assert_eq!(found(&again), found(&selector));
        }
    }

    #[test]
    fn any_text_parses_or_is_rejected(text in any::<String>()) {
        match Selector::parse(&text) {
            Ok(selector) => { let _ = selector.select(&document()); }
            Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn any_quoted_name_is_selected(name in any::<String>()) {
        let value = json!({"k": {name.clone(): 1}});
        let quoted = name.replace('\\', r"\\").replace('"', "\\\"");
        for selector in [format!("$.k[\"{quoted}\"]"), format!("$.*.\"{quoted}\"")] {
            let selector = Selector::parse(&selector).unwrap();
            let found = selector.select(&value).map(Cow::into_owned);
            prop_assert_eq!(found, Some(if selector.is_search() { json!([1]) } else { json!(1) }));
            let again = Selector::parse(&selector.path()).unwrap();
            prop_assert_eq!(again.path(), selector.path());
            prop_assert_eq!(again.select(&value), selector.select(&value));
        }
    }

    #[test]
    fn control_characters_in_names_round_trip(name in r"[\x00-\x1f\\'nu0a]{0,6}") {
        let value = json!({name.clone(): 1});
        let selector = Selector { text: String::new(), path: Path::Place(vec![Place::Child(name)]) };
        let again = Selector::parse(&selector.path()).unwrap();
        prop_assert_eq!(again.select(&value).map(Cow::into_owned), Some(json!(1)));
    }
}
