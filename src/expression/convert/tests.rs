use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The conversions of a value, in the order of [`DataType::ALL`].
type Row = (Value, [Option<Value>; 6]);

#[test]
fn conversion_table_is_complete() {
    let rows: Vec<Row> = vec![
        // from                            String                  StringList               Integer           Boolean            StringMap           MapList
        (json!("a"), [Some(json!("a")), Some(json!(["a"])), None, None, None, None]),
        (json!(""), [Some(json!("")), Some(json!([""])), None, None, None, None]),
        (json!("12"), [Some(json!("12")), Some(json!(["12"])), Some(json!(12)), None, None, None]),
        (json!("-7"), [Some(json!("-7")), Some(json!(["-7"])), Some(json!(-7)), None, None, None]),
        (json!("1.5"), [Some(json!("1.5")), Some(json!(["1.5"])), None, None, None, None]),
        (json!("true"), [Some(json!("true")), Some(json!(["true"])), None, Some(json!(true)), None, None]),
        (json!("True"), [Some(json!("True")), Some(json!(["True"])), None, None, None, None]),
        (json!("{}"), [Some(json!("{}")), Some(json!(["{}"])), None, None, None, None]),
        (json!(5), [Some(json!("5")), Some(json!(["5"])), Some(json!(5)), None, None, None]),
        (json!(5.0), [None, None, None, None, None, None]),
        (json!(false), [Some(json!("false")), Some(json!(["false"])), None, Some(json!(false)), None, None]),
        (json!(["a"]), [Some(json!("a")), Some(json!(["a"])), None, None, None, None]),
        (json!(["5"]), [Some(json!("5")), Some(json!(["5"])), Some(json!(5)), None, None, None]),
        (json!([5]), [Some(json!("5")), Some(json!(["5"])), Some(json!(5)), None, None, None]),
        (json!([true]), [Some(json!("true")), Some(json!(["true"])), None, Some(json!(true)), None, None]),
        (json!(["a", "b"]), [None, Some(json!(["a", "b"])), None, None, None, None]),
        (json!([1, 2]), [None, Some(json!(["1", "2"])), None, None, None, None]),
        (json!([true, false]), [None, Some(json!(["true", "false"])), None, None, None, None]),
        (json!([null]), [None, None, None, None, None, None]),
        (json!([1.5]), [None, None, None, None, None, None]),
        (json!([["a"]]), [None, None, None, None, None, None]),
        (json!([]), [None, Some(json!([])), None, None, None, Some(json!([]))]),
        (
            json!({"b": 1, "a": 2}),
            [Some(json!(r#"{"b":1,"a":2}"#)), None, None, None, Some(json!({"b": 1, "a": 2})), None],
        ),
        (json!([{"k": 1}]), [None, None, None, None, None, Some(json!([{"k": 1}]))]),
        (json!([{"k": 1}, {}]), [None, None, None, None, None, Some(json!([{"k": 1}, {}]))]),
        (json!([{"k": 1}, "a"]), [None, None, None, None, None, None]),
        (json!(null), [None, None, None, None, None, None]),
    ];
    for (value, expected) in rows {
        assert_eq!(DataType::ALL.map(|wanted| convert(&value, wanted).ok()), expected, "{value}");
    }
}

#[test]
fn failed_conversion_reports_the_actual_value() {
    let refusals = [
        (json!(["a", "b"]), DataType::String),
        (json!({"a": 1}), DataType::Integer),
        (json!("soon"), DataType::Boolean),
        (json!(null), DataType::String),
        (json!([{}]), DataType::StringList),
        (json!("x".repeat(50)), DataType::Integer),
    ];
    assert_eq!(
        refusals.map(|(value, wanted)| convert(&value, wanted).unwrap_err().to_string()),
        [
            "a list of 2 values cannot become String",
            "a map of 1 entry cannot become Integer",
            "the text \"soon\" cannot become Boolean",
            "null cannot become String",
            "a list of an empty map cannot become StringList",
            "the text \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\" cannot become Integer",
        ]
    );
}

#[test]
fn strict_check_accepts_only_the_same_type() {
    for (value, types) in [
        (json!("5"), vec![DataType::String]),
        (json!(5), vec![DataType::Integer]),
        (json!(5.5), vec![]),
        (json!(true), vec![DataType::Boolean]),
        (json!(["a"]), vec![DataType::StringList]),
        (json!([1]), vec![]),
        (json!({"a": 1}), vec![DataType::StringMap]),
        (json!([{"a": 1}]), vec![DataType::MapList]),
        (json!([]), vec![DataType::StringList, DataType::MapList]),
        (json!(null), vec![]),
    ] {
        let accepted: Vec<_> = DataType::ALL.into_iter().filter(|data_type| accepts(&value, *data_type)).collect();
        assert_eq!(accepted, types, "{value}");
    }
}

#[test]
fn type_names_round_trip() {
    assert_eq!(DataType::ALL.map(|data_type| DataType::parse(data_type.as_str())), DataType::ALL.map(Some));
    assert_eq!(DataType::parse("string"), None);
}

proptest! {
    #[test]
    fn converted_value_has_the_requested_type(text in any::<String>(), number in any::<f64>(), which in 0..6_usize) {
        let wanted = DataType::ALL[which];
        for value in [json!(text), json!(number), json!([text]), json!({"k": [text, number]})] {
            if let Ok(converted) = convert(&value, wanted) {
                prop_assert!(accepts(&converted, wanted));
            }
        }
    }
}
