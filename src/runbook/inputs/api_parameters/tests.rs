//! Inputs become parameters of an API as the row of the action says.

use serde_json::{from_value, json};

use super::*;
use crate::runbook::inputs::{input, spec::ActionSpec};

static ROW: ActionSpec = ActionSpec::new("example:convert", "Converts.").inputs(&[
    input("Name", Kind::Text, "A text.").required(),
    input("Count", Kind::Integer, "A number."),
    input("Force", Kind::Boolean, "A boolean."),
    input("Ids", Kind::List, "A list."),
    input("Options", Kind::Map, "A map."),
    input("Tags", Kind::MapList, "A list of maps."),
]);

const LIMITS: &[InputLimit] = &[
    InputLimit::characters("Name", 2, 5),
    InputLimit::range("Count", 1, 3),
    InputLimit::items("Ids", 2),
    InputLimit::form("Name", "lower-case letters", |text| text.chars().all(|c| c.is_ascii_lowercase())),
];

fn parameters(inputs: Value) -> Result<Value, String> {
    let inputs: IndexMap<String, Value> = from_value(inputs).unwrap();
    api_parameters(&ROW, LIMITS, &inputs).map(Value::Object).map_err(|problem| problem.to_string())
}

#[test]
fn values_take_the_type_of_their_input_and_empty_ones_are_absent() {
    let given = json!({
        "Name": "abc", "Count": "2", "Force": "True", "Ids": "i-1", "Options": "{\"a\": 1}", "Tags": {"Key": "k"},
        "Further": {"kept": true}, "Empty": "", "None": null, "NoItems": [], "NoMembers": {},
    });
    let converted = json!({
        "Name": "abc", "Count": 2, "Force": true, "Ids": ["i-1"], "Options": {"a": 1}, "Tags": [{"Key": "k"}],
        "Further": {"kept": true},
    });
    assert_eq!(parameters(given), Ok(converted));
}

#[test]
fn each_problem_names_its_input() {
    let wrong = [
        json!({}),
        json!({ "Name": "" }),
        json!({ "Name": "a" }),
        json!({ "Name": "abcdef" }),
        json!({ "Name": "ABC" }),
        json!({ "Name": "abc", "Count": "two" }),
        json!({ "Name": "abc", "Count": 4 }),
        json!({ "Name": "abc", "Force": "perhaps" }),
        json!({ "Name": "abc", "Ids": ["a", "b", "c"] }),
        json!({ "Name": "abc", "Options": ["a"] }),
        json!({ "Name": "abc", "Tags": "Key=k" }),
    ];
    let problems: Vec<String> = wrong.into_iter().map(|inputs| parameters(inputs).unwrap_err()).collect();
    assert_eq!(
        problems,
        [
            "the input Name is required, and has no value",
            "the input Name is required, and has no value",
            "Name has 1 characters, and at least 2 are required",
            "Name has 6 characters, and at most 5 are allowed",
            "Name is \"ABC\", and must be lower-case letters",
            "Count must be a whole number, and is the text \"two\"",
            "Count is 4, and must be 1 to 3",
            "Force must be a boolean, and is the text \"perhaps\"",
            "Ids has 3 items, and at most 2 are allowed",
            "Options must be a map, and is a list of the text \"a\"",
            "Tags must be a list of maps, and is the text \"Key=k\"",
        ]
    );
}
