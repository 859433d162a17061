use serde_json::json;

use super::*;

#[test]
fn values_are_shown_as_the_api_shows_them() {
    for (value, input, outputs) in [
        (json!("running"), r#""running""#, vec!["running"]),
        (json!(["i-1", "i-2"]), r#"["i-1","i-2"]"#, vec!["i-1", "i-2"]),
        (json!([]), "[]", vec![]),
        (json!(1), "1", vec!["1"]),
        (json!(true), "true", vec!["true"]),
        (json!({"b": 1, "a": [2]}), r#"{"b":1,"a":[2]}"#, vec![r#"{"b":1,"a":[2]}"#]),
        (json!([{"k": 1}, {}]), r#"[{"k":1},{}]"#, vec![r#"{"k":1}"#, "{}"]),
        (json!(null), "null", vec!["null"]),
    ] {
        assert_eq!(
            (input_text(&value).as_str(), output_texts(&value)),
            (input, outputs.iter().map(ToString::to_string).collect())
        );
    }
}

#[test]
fn single_item_list_is_embedded_as_its_item() {
    let shown = [json!(["x"]), json!([7]), json!([{"k": 1}]), json!([["x"]]), json!(["x", "y"]), json!(1.5)];
    assert_eq!(shown.map(|value| embedded(&value)), ["x", "7", r#"{"k":1}"#, r#"["x"]"#, r#"["x","y"]"#, "1.5"]);
}
