//! Unusual YAML: the value that both parsers yield, or the reason of its rejection.

use super::outcome;

/// Prints all differences at once, so that a change of a parser is visible as a whole.
fn assert_table(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(text, expected)| (text, expected, outcome(text)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(text, expected, found)| format!("{text:?}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plain_scalars_resolve_to_types() {
    assert_table(&[
        ("a: on", r#"{"a":"on"}"#),
        ("a: [yes, no, off, y, n, NO]", r#"{"a":["yes","no","off","y","n","NO"]}"#),
        ("a: [true, True, FALSE, tRUE]", r#"{"a":[true,true,false,"tRUE"]}"#),
        ("on: 1", r#"{"on":1}"#),
        ("a: [~, null, Null, NULL, nUll]", r#"{"a":[null,null,null,null,"nUll"]}"#),
        ("a:", r#"{"a":null}"#),
        ("a: ''", r#"{"a":""}"#),
        ("schemaVersion: 0.3", r#"{"schemaVersion":0.3}"#),
        ("a: 012345678901", r#"{"a":"012345678901"}"#),
        ("a: 123456789012", r#"{"a":123456789012}"#),
        ("a: 0755", r#"{"a":"0755"}"#),
        ("a: [0x1F, 0o17, 0b101, -0x10, +5]", r#"{"a":[31,15,5,-16,5]}"#),
        ("a: 12:30:45", r#"{"a":"12:30:45"}"#),
        ("a: 1_000", r#"{"a":"1_000"}"#),
        ("a: 2024-01-31", r#"{"a":"2024-01-31"}"#),
        ("a: 2024-01-31T10:00:00Z", r#"{"a":"2024-01-31T10:00:00Z"}"#),
        ("a: [1e3, 1.50, .5, 5., -0]", r#"{"a":[1000.0,1.5,0.5,5.0,0]}"#),
        ("a: 18446744073709551615", r#"{"a":18446744073709551615}"#),
        ("a: -9223372036854775808", r#"{"a":-9223372036854775808}"#),
        ("a: 18446744073709551616", r#"1:4 number-range "18446744073709551616""#),
        ("a: 123456789012345678901234567890", r#"1:4 number-range "123456789012345678901234567890""#),
        ("a: -123456789012345678901234567890", r#"1:4 number-range "-123456789012345678901234567890""#),
        (
            "a: 1234567890123456789012345678901234567890123",
            r#"1:4 number-range "1234567890123456789012345678901234567890123""#,
        ),
        ("a: '123456789012345678901234567890'", r#"{"a":"123456789012345678901234567890"}"#),
        ("a: [.inf, -.INF, .nan]", r#"1:5 number-range ".inf"; 1:11 number-range "-.INF"; 1:18 number-range ".nan""#),
        ("a: [inf, nan, infinity, 1e999]", r#"{"a":["inf","nan","infinity","1e999"]}"#),
        ("a: !!str 12", r#"{"a":"12"}"#),
        ("a: !!int '12'", r#"{"a":12}"#),
        ("a: !!float 3", r#"{"a":3.0}"#),
        ("a: !!bool 'true'", r#"{"a":true}"#),
        ("a: !!null ~", r#"{"a":null}"#),
        ("a: <<", r#"{"a":"<<"}"#),
    ]);
}

#[test]
fn byte_order_marks_and_comments_are_skipped() {
    assert_table(&[
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", r#"{"a":1,"b":"x\ny\n"}"#),
        ("# note\n---\n# note\na: 1\n", r#"{"a":1}"#),
        ("\u{FEFF}a: 1\n", r#"{"a":1}"#),
        ("\u{FEFF}{\"a\": 1}\n", r#"{"a":1}"#),
        ("%YAML 1.1\n---\na: 1\n", r#"{"a":1}"#),
        ("%YAML 1.2\n---\na: 1\n", r#"{"a":1}"#),
        ("---\na: 1\n...\n", r#"{"a":1}"#),
        ("--- {a: 1}\n", r#"{"a":1}"#),
        ("a: 1\n---\nb: 2\n", r#"2:1 several-documents "---""#),
        ("a: 1\n---\n", r#"2:1 several-documents "---""#),
        ("a: 1\n...\nb: 2\n", r#"3:1 several-documents "b: 2""#),
        ("", r#"1:1 empty-document """#),
        ("  \n\t\n", r#"1:1 empty-document """#),
        ("# only\n", r#"1:1 empty-document """#),
        ("---\n", r#"1:1 empty-document """#),
        ("null\n", r#"1:1 empty-document "null""#),
        ("- a\n- b\n", r#"1:1 root-not-map "- a\n- b""#),
        ("[a]", r#"1:1 root-not-map "[a]""#),
        ("just text", r#"1:1 root-not-map "just text""#),
        ("12", r#"1:1 root-not-map "12""#),
    ]);
}

#[test]
fn strings_resolve_in_every_style() {
    assert_table(&[
        ("a: x\n  y\n\n  z\n", r#"{"a":"x y\nz"}"#),
        ("a: 'it''s\n\n  ok'\n", r#"{"a":"it's\nok"}"#),
        ("a: \"x\\\n   y \\u00e9\\t\\/\\x41\"\n", r#"{"a":"xy é\t/A"}"#),
        ("a: |\n  x\n   y\n\n  z\n\n\nb: 1\n", r#"{"a":"x\n y\n\nz\n","b":1}"#),
        ("a: |+\n  x\n\n\nb: 1\n", r#"{"a":"x\n\n\n","b":1}"#),
        ("a: |-\n  x\n\nb: 1\n", r#"{"a":"x","b":1}"#),
        ("a: |2\n   x\n  y\n", r#"{"a":" x\ny\n"}"#),
        ("a: >\n  x\n  y\n\n  z\n   w\n  v\n", r#"{"a":"x y\nz\n w\nv\n"}"#),
        ("a: >-\n\n  x\n  y\n", r#"{"a":"\nx y"}"#),
        ("a: |\nb: 1\n", r#"{"a":"","b":1}"#),
        ("a: |  # why\n  x\n", r#"{"a":"x\n"}"#),
        // Without a final line break YAML 1.1 has none in the value either; the values follow YAML 1.1.
        ("a: |\n  x", r#"{"a":"x"}"#),
        ("a: >\n  x\n  y", r#"{"a":"x y"}"#),
        ("a: |+\n  x", r#"{"a":"x"}"#),
        ("a: |\n  # no comment\n  x: y\n", r##"{"a":"# no comment\nx: y\n"}"##),
        ("a: http://x/y#z", r#"{"a":"http://x/y#z"}"#),
        ("a: x # note", r#"{"a":"x"}"#),
        ("a: '{{ B }}'", r#"{"a":"{{ B }}"}"#),
        ("a: x {{ B }} y", r#"{"a":"x {{ B }} y"}"#),
        ("a: |\n  \tx\n", r#"2:3 tab-indentation "\t""#),
        ("a: \"x\u{2028}y\"", "{\"a\":\"x\u{2028}y\"}"),
        ("a: x\u{85}y", r#"1:4 ambiguous-yaml "x\u{85}y""#),
        ("a: 漢字 \u{1F600}", "{\"a\":\"漢字 \u{1F600}\"}"),
    ]);
}

#[test]
fn lists_maps_and_aliases_are_parsed() {
    assert_table(&[
        ("a:\n- 1\n- 2\nb: 3\n", r#"{"a":[1,2],"b":3}"#),
        ("a: [1, [2, {b: c}], ]\n", r#"{"a":[1,[2,{"b":"c"}]]}"#),
        ("a: {b, c: }\n", r#"{"a":{"b":null,"c":null}}"#),
        ("a: {b: 1, \"c\":2}\n", r#"{"a":{"b":1,"c":2}}"#),
        ("a: [b: 1]\n", r#"{"a":[{"b":1}]}"#),
        ("a:\n  - b: 1\n    c: 2\n  -\n  - - 3\n", r#"{"a":[{"b":1,"c":2},null,[3]]}"#),
        ("? a\n: b\n", r#"{"a":"b"}"#),
        ("a: &x [1, 2]\nb: *x\nc: {d: *x}\n", r#"{"a":[1,2],"b":[1,2],"c":{"d":[1,2]}}"#),
        ("a: &x !!str 1\nb: *x\n", r#"{"a":"1","b":"1"}"#),
        ("a: &x b\n*x : 1\n", r#"{"a":"b","b":1}"#),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", r#"{"a":{"b":1},"c":{"<<":{"b":1},"d":2}}"#),
        // YAML 1.1 parsers accept this and the specification does not: lines in brackets with too little indentation.
        ("a:\n  b: {\n    c: 1\n  }\n  d: 2\n", r#"{"a":{"b":{"c":1},"d":2}}"#),
        ("a:\n  - b: [\n  x, # no ] here\n  'y ] z'\n  ]\n    c: 2\n", r#"{"a":[{"b":["x","y ] z"],"c":2}]}"#),
        ("a:\n  b:\n    c: \"x\n  y\"\n    d: 1\n", r#"{"a":{"b":{"c":"x y","d":1}}}"#),
        ("a: &x [*x]\n", r#"1:8 alias "*x""#),
        ("a: *x\n", r#"1:4 syntax "*""#),
        ("a: &x 1\nb: &x 2\nc: &y 3\nd: *x\n", r#"2:4 alias "&x""#),
    ]);
}

#[test]
fn unusual_and_duplicate_keys() {
    assert_table(&[
        ("a: 1\nb: 2\na: 3\nb: 4\n", r#"3:1 duplicate-key "a"; 4:1 duplicate-key "b""#),
        ("a: {b: 1, 'b': 2, \"b\": 3}\n", r#"1:11 duplicate-key "'b'"; 1:19 duplicate-key "\"b\"""#),
        ("a: {b: 1}\nc: {b: 1}\n", r#"{"a":{"b":1},"c":{"b":1}}"#),
        ("1: a\n", r#"1:1 key-not-text "1""#),
        ("true: a\nfalse: b\n", r#"1:1 key-not-text "true"; 2:1 key-not-text "false""#),
        ("~: a\n", r#"1:1 key-not-text "~""#),
        (": a\n", r#"1:1 syntax ":""#),
        ("'1': a\n", r#"{"1":"a"}"#),
        ("[a, b]: c\n", r#"1:1 key-not-text "[a, b]""#),
        ("? - a\n: b\n", r#"1:3 key-not-text "- a""#),
        ("a: {{ Foo }}\nb: {{ step.Out }}\n", r#"1:4 key-not-text "{{ Foo }}"; 2:4 key-not-text "{{ step.Out }}""#),
        ("a:\n  - {{Foo}}\n", r#"2:5 key-not-text "{{Foo}}""#),
        ("{{ Foo }}: b\n", r#"1:1 key-not-text "{{ Foo }}""#),
        ("a: 1\n1: x\na: 2\n", r#"2:1 key-not-text "1"; 3:1 duplicate-key "a""#),
    ]);
}

#[test]
fn yaml_syntax_errors_are_explained() {
    assert_table(&[
        (
            "a: !Ref Foo\nb: !GetAtt\n  - c\nd: !!set {x}\n",
            r#"1:4 custom-tag "!Ref"; 2:4 custom-tag "!GetAtt"; 4:4 custom-tag "!!set""#,
        ),
        ("a: ! x\n", r#"1:4 custom-tag "!""#),
        ("a: &x !Sub\n  b: 1\n", r#"1:7 custom-tag "!Sub""#),
        ("a:\n\tb: 1\n", r#"2:1 tab-indentation "\t""#),
        ("a:\n  b: 1\n\tc: 2\n", r#"3:1 tab-indentation "\t""#),
        ("a: \"x\nb: 1\n", r#"1:4 syntax "\"""#),
        ("a: 'x\nb: 1\n", r#"1:4 syntax "'""#),
        ("a: b: c\n", r#"1:5 syntax ":""#),
        ("a: \"b\" c\n", r#"1:8 syntax "c""#),
        ("a: {{ Foo }}-x\n", r#"1:4 key-not-text "{{ Foo }}"; 1:13 syntax "-""#),
        ("a: [1, 2\nb: 3\n", r#"2:2 syntax ":""#),
        ("a: @x\n", r#"1:4 syntax "@""#),
        ("a: %x\n", r#"1:4 syntax "%""#),
        ("a: \"\\q\"\n", r#"1:4 syntax "\"""#),
        ("a: 1\n b: 2\n", r#"2:3 syntax ":""#),
        ("a:\n  b: 1\n c: 2\n", r#"3:2 syntax "c""#),
        ("a\nb: 1\n", r#"2:2 syntax ":""#),
        ("a: 1\nb\n\nc: 1\n", r#"2:1 syntax "b""#),
    ]);
}
