//! JSON: parsed strictly, with YAML flow style as the fallback.

use super::{Format, outcome, read};

#[test]
fn first_character_selects_json() {
    let formats = ["{\"a\": 1}", "\n\t {\"a\":\t[1]}\r\n", "{a: 1}", "{\"a\": 1,}", "a: {}"]
        .map(|text| read("x", text.as_bytes()).unwrap().format);
    assert_eq!(formats, [Format::Json, Format::Json, Format::Yaml, Format::Yaml, Format::Yaml]);
}

#[test]
fn json_values_parse_and_invalid_json_is_rejected() {
    let wrong: Vec<String> = [
        (
            r#"{"a": "x\u00e9\ud83d\ude00\/\n", "b": [1, -2.5e3, true, null]}"#,
            "{\"a\":\"xé\u{1F600}/\\n\",\"b\":[1,-2500.0,true,null]}",
        ),
        ("{\t\"a\":\t\"\u{7f}\"}", "{\"a\":\"\u{7f}\"}"),
        (r#"{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}"#, r#"1:24 duplicate-key "\"c\""; 1:33 duplicate-key "\"a\"""#),
        (r#"{"a": 123456789012345678901234567890}"#, r#"1:7 number-range "123456789012345678901234567890""#),
        (r#"{"a": 0.1, "b": 1E400}"#, r#"1:17 number-range "1E400""#),
        ("{\"a\": 1} // note", "1:10 syntax \"// note\""),
        ("{\n  /* note */ \"a\": 1}", "2:3 syntax \"/* note */\""),
        ("{\"a\": 1}\n{\"b\": 2}", "2:1 several-documents \"{\""),
        ("{\"a\": \"x}", "1:7 syntax \"\\\"x}\""),
        ("{\"a\": [1, 2}", "1:12 syntax \"}\""),
        ("{\"a\": 1\n \"b\": 2}", "2:2 syntax \"\\\"\""),
        ("{\"a\" 1}", "1:6 syntax \"1\""),
        ("{\"a\": \"\\q\"}", "1:8 syntax \"\\\\q\""),
        (r#"{"a": [1, 2 "b"]}"#, "1:13 syntax \"\\\"\""),
        (r#"{"a": 1 "b": 2}"#, "1:9 syntax \"\\\"\""),
        (r#"{"a": 1, b "c": 2}"#, "1:10 syntax \"b\""),
        ("{", "1:1 syntax \"{\""),
        ("{\"a\": {{ Foo }}}", "1:7 key-not-text \"{{ Foo }}\""),
    ]
    .into_iter()
    .map(|(text, expected)| (text, expected, outcome(text)))
    .filter(|(_, expected, found)| expected != found)
    .map(|(text, expected, found)| format!("{text:?}\n  expected {expected}\n  found    {found}"))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
