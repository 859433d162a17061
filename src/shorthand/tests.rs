use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Result<Value, String> {
    let mut content = |file: &str| match file {
        "there" => Ok("what is in it".to_owned()),
        _ => Err(format!("{file}: there is no such file").into()),
    };
    parse_map(text, &mut content)
        .map(Value::Object)
        .map_err(|error| format!("{}..{}: {}", error.span.start, error.span.end, error.what))
}

/// Each row has the result of version 2 of the AWS CLI, except for the deviations that the module documents.
#[test]
fn shorthand_parses_like_the_aws_cli() {
    let rows = [
        ("A=1,B=2", json!({"A": "1", "B": "2"})),
        ("A=1,2,B=3", json!({"A": ["1", "2"], "B": "3"})),
        ("A=[1,2],B=3", json!({"A": ["1", "2"], "B": "3"})),
        ("A=1,B", json!({"A": ["1", "B"]})),
        ("A=1,B=2,3", json!({"A": "1", "B": ["2", "3"]})),
        ("A=1,,B=2", json!({"A": "1", "B": "2"})),
        ("A=],}x", json!({"A": ["]", "}x"]})),
        ("A=[x]", json!({"A": ["x"]})),
        ("A=[]", json!({"A": []})),
        ("A=[ a , b ,]", json!({"A": ["a", "b"]})),
        ("A=[a,,b]", json!({"A": ["a", "", "b"]})),
        ("A=[[a,b],[c]]", json!({"A": [["a", "b"], ["c"]]})),
        ("A={k=v,l=[1,2],m={n=o}}", json!({"A": {"k": "v", "l": ["1", "2"], "m": {"n": "o"}}})),
        ("A={}", json!({"A": {}})),
        ("A=[{k=v},{k=w}]", json!({"A": [{"k": "v"}, {"k": "w"}]})),
        ("A=", json!({"A": ""})),
        ("A=,B=2", json!({"A": "", "B": "2"})),
        ("A=x=y", json!({"A": "x=y"})),
        ("A=1,B=x=y", json!({"A": "1", "B": "x=y"})),
        ("A=a[0]", Value::Null),
        ("A=hello world , B = two words ", json!({"A": "hello world", "B": "two words"})),
        ("A=\"a,b\",c", json!({"A": ["a,b", "c"]})),
        ("A='a,b',\"c=d\"", json!({"A": ["a,b", "c=d"]})),
        ("A='it\\'s',B=\"say \\\"hi\\\"\"", json!({"A": "it's", "B": "say \"hi\""})),
        ("A=\"C:\\\\dir\"", json!({"A": "C:\\dir"})),
        ("A=\"C:\\dir\\\",B=1", json!({"A": "C:\\dir\\", "B": "1"})),
        ("A=C:\\dir,B=1", json!({"A": "C:\\dir", "B": "1"})),
        ("A=a\\,b,c", json!({"A": ["a,b", "c"]})),
        ("A='{\"k\": \"v\"}'", json!({"A": "{\"k\": \"v\"}"})),
        ("A=\"\"", json!({"A": ""})),
        ("A=\" x \"", json!({"A": " x "})),
        ("tag:Name=web", json!({"tag:Name": "web"})),
        ("a-b_c.d#e/f:g=1", json!({"a-b_c.d#e/f:g": "1"})),
        ("A=größe,日本", json!({"A": ["größe", "日本"]})),
        ("A=1,\n  B=2\n", json!({"A": "1", "B": "2"})),
        ("A@=file://there,B=file://there", json!({"A": "what is in it", "B": "file://there"})),
        ("A=1,[x", Value::Null),
        ("A={k@=file://there}", json!({"A": {"k": "what is in it"}})),
        ("Key=ParameterValues,Values=i-1,i-2", json!({"Key": "ParameterValues", "Values": ["i-1", "i-2"]})),
    ];
    for (text, expected) in rows {
        match expected {
            Value::Null => assert!(read(text).is_err(), "{text:?} is {:?}", read(text)),
            expected => assert_eq!(read(text), Ok(expected), "{text:?}"),
        }
    }
}

#[test]
fn invalid_shorthand_is_reported_with_position() {
    let rows = [
        ("", "0..0: expected `NAME=`, found the end"),
        ("=1", "0..1: expected `NAME=`, found `=`"),
        ("A", "1..1: expected `=` after `A`, found the end"),
        ("A=1,", "4..4: expected a value or `NAME=` after the comma, found the end"),
        ("A=1,,2", "6..6: expected `=` after `2`, found the end"),
        ("A=1,b c=2", "6..7: expected `=` after `b`, found `c`"),
        ("A=\"x", "2..3: the quote \" is never closed"),
        ("A=1,'x", "4..5: the quote ' is never closed"),
        ("A=x\"y\"", "3..4: expected `,`, found `\"`"),
        ("A=[1,2", "6..6: expected `,` or `]`, found the end"),
        ("A=[1,", "5..5: expected a value, found the end"),
        ("A={k=v", "6..6: expected `,` or `}`, found the end"),
        ("A={\"k\":\"v\"}", "3..4: expected `NAME=`, found `\"`"),
        ("A=1]", "3..4: expected `,`, found `]`"),
        ("A=1,A=2", "4..5: `A` is given twice"),
        ("A={k=1,k=2}", "7..8: `k` is given twice"),
        ("A@=file://gone", "3..14: gone: there is no such file"),
        ("ä=1", "0..2: expected `NAME=`, found `ä`"),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text), Err(expected.to_owned()), "{text:?}");
    }
    let deep = format!("A={}", "[".repeat(SHORTHAND_DEPTH + 1));
    assert_eq!(
        read(&deep),
        Err(format!("{}..{}: lists and maps are more than 16 deep", SHORTHAND_DEPTH + 2, SHORTHAND_DEPTH + 3))
    );
}

#[test]
fn shorthand_is_detected_by_its_first_key() {
    let rows = [
        ("A=1", Some("A")),
        (" Key = x", Some("Key")),
        ("A@=x", Some("A")),
        ("A", None),
        ("a,b=c", None),
        ("=x", None),
    ];
    for (text, key) in rows {
        assert_eq!(first_key(text), key, "{text:?}");
    }
}

proptest! {
    /// Quoted values round-trip.
    #[test]
    fn quoted_values_round_trip(values in proptest::collection::vec("\\PC{0,8}", 1..4)) {
        let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let text = format!("A=[{}],B=1", values.iter().map(quoted).collect::<Vec<_>>().join(","));
        prop_assert_eq!(read(&text), Ok(json!({"A": values, "B": "1"})));
    }

    /// No text makes the parser panic, and error positions are within the text.
    #[test]
    fn any_text_parses_or_is_rejected(text in "[A-C=,\\[\\]{}\"'@ \\\\ä]{0,24}") {
        if let Err(error) = parse_map(&text, &mut |_| Ok(String::new())) {
            prop_assert!(error.span.end <= text.len() && text.is_char_boundary(error.span.start));
        }
    }
}
