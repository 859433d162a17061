mod stored;

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::expression::{Lookup, Reference, ValueTemplate};
use crate::runbook::Constraints;

/// A scope with the region only.
struct Region;

impl Scope for Region {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        match reference.to_string().as_str() {
            "global:REGION" => Lookup::Value(Cow::Owned(json!("eu-central-1"))),
            other => Lookup::Unset(format!("{other} is not known here")),
        }
    }
}

fn data_type(text: &str) -> ParameterType {
    match text {
        "AWS::EC2::Instance::Id" => ParameterType::Aws(AwsType::Ec2InstanceId),
        "AWS::S3::Bucket::Name" => ParameterType::Aws(AwsType::S3BucketName),
        "List<AWS::IAM::Role::Arn>" => ParameterType::AwsList(AwsType::IamRoleArn),
        text => ParameterType::Data(DataType::parse(text).unwrap()),
    }
}

/// Parameters as a runbook declares them.
fn declared(parameters: &Value) -> IndexMap<ParameterName, Parameter> {
    let count = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_u64);
    let parameter = |entry: &Value| Parameter {
        parameter_type: data_type(entry["type"].as_str().unwrap()),
        description: None,
        default: entry.get("default").map(ValueTemplate::from_json),
        constraints: Constraints {
            allowed_values: entry.get("allowedValues").map(|values| values.as_array().unwrap().clone()),
            allowed_pattern: entry.get("allowedPattern").map(|pattern| pattern.as_str().unwrap().to_owned()),
            min_items: count(entry, "minItems"),
            max_items: count(entry, "maxItems"),
            min_chars: count(entry, "minChars"),
            max_chars: count(entry, "maxChars"),
        },
    };
    let entries = parameters.as_object().unwrap().iter();
    entries.map(|(name, entry)| (name.as_str().into(), parameter(entry))).collect()
}

/// The bound values, as JSON; or the messages of all problems with their help after ` | `.
fn bind_json(parameters: &Value, supplied: &IndexMap<String, Supplied>) -> Result<Value, Vec<String>> {
    match bind(&declared(parameters), supplied, &Region) {
        Ok(values) => Ok(Value::Object(values.into_iter().map(|(name, value)| (name.to_string(), value)).collect())),
        Err(problems) => Err(problems
            .iter()
            .map(|problem| [vec![problem.to_string()], problem.help()].concat().join(" | "))
            .collect()),
    }
}

fn texts(supplied: &[(&str, &str)]) -> IndexMap<String, Supplied> {
    supplied.iter().map(|(name, text)| ((*name).to_owned(), Supplied::Text((*text).to_owned()))).collect()
}

/// Binds a parameters file.
fn from_file(parameters: &Value, file: &Value) -> Result<Value, Vec<String>> {
    match from_json(file, &declared(parameters)) {
        Ok(supplied) => bind_json(parameters, &supplied),
        Err(problem) => Err(vec![problem.to_string()]),
    }
}

/// Reads one supplied value as a type.
fn read_value(data_type: &str, given: Supplied) -> Result<Value, Vec<String>> {
    bind_json(&json!({"P": {"type": data_type}}), &IndexMap::from([("P".to_owned(), given)]))
        .map(|bound| bound["P"].clone())
}

#[test]
fn supplied_text_is_parsed_as_its_type() {
    for (data_type, text, expected) in [
        ("String", " a,b ", json!(" a,b ")),
        ("String", "{{ Other }}", json!("{{ Other }}")),
        ("String", "[1]", json!("[1]")),
        ("Integer", "-5", json!(-5)),
        ("Boolean", "true", json!(true)),
        ("Boolean", "False", json!(false)),
        ("StringList", "a,b", json!(["a", "b"])),
        ("StringList", "a", json!(["a"])),
        ("StringList", "", json!([])),
        ("StringList", r#" "a, b" , 'c' ,d e, f\,g "#, json!(["a, b", "c", "d e", "f,g"])),
        ("StringList", r#""say \"hi\"",C:\dir\new , x\ "#, json!(["say \"hi\"", r"C:\dir\new", r"x\"])),
        ("StringList", "a,,b,", json!(["a", "", "b", ""])),
        ("StringList", r#"["a", "b,c", 5, true]"#, json!(["a", "b,c", "5", "true"])),
        ("StringList", "[a,b]", json!(["a", "b"])),
        ("StringMap", "k1=v1,k2=v2", json!({"k1": "v1", "k2": "v2"})),
        ("StringMap", r#"k="a, b",'x y'=c=d"#, json!({"k": "a, b", "x y": "c=d"})),
        ("StringMap", r#"{"k": {"n": [1]}}"#, json!({"k": {"n": [1]}})),
        ("StringMap", "{k=v}", json!({"k": "v"})),
        ("StringMap", "", json!({})),
        ("MapList", r#"[{"k": 1}, {}]"#, json!([{"k": 1}, {}])),
        ("MapList", r#"{"k": 1},{"k": 2}"#, json!([{"k": 1}, {"k": 2}])),
        ("MapList", "Key=a,Values=b", json!([{"Key": "a", "Values": "b"}])),
        ("AWS::EC2::Instance::Id", "i-0123456789abcdef0", json!("i-0123456789abcdef0")),
        ("List<AWS::IAM::Role::Arn>", "arn:aws:iam::123456789012:role/a", json!(["arn:aws:iam::123456789012:role/a"])),
    ] {
        assert_eq!(read_value(data_type, Supplied::Text(text.to_owned())), Ok(expected), "{data_type} {text}");
    }
}

#[test]
fn invalid_text_reports_the_expected_form() {
    for (data_type, text, sentence) in [
        ("Integer", "5.5", "integer. | found the text \"5.5\", expected a whole number"),
        ("Boolean", "yes", "boolean. | found the text \"yes\", expected true or false"),
        ("StringList", "\"a", "string list. | a quote is never closed: \"a"),
        ("StringList", "\"a\"b", "string list. | unexpected text after a quoted value: b"),
        ("StringList", "[\"a\"", "string list. | not valid JSON: EOF while parsing a list at line 1 column 4"),
        ("StringList", "[[1]]", "string list. | found a list of the number 1, expected a text"),
        ("StringMap", "a", "string map. | expected `key=value` at \"a\"; a map is written k1=v1,k2=v2 or as JSON"),
        ("StringMap", "a=1,a=2", "string map. | duplicate key `a`"),
        ("StringMap", "{\"a\": }", "string map. | not valid JSON: expected value at line 1 column 7"),
        (
            "MapList",
            "[1]",
            "map list. | found a list of the number 1, expected a list of maps such as [{\"key\": \"value\"}]",
        ),
    ] {
        assert_eq!(
            read_value(data_type, Supplied::Text(text.to_owned())),
            Err(vec![format!("Parameter type error. The value supplied for P is not a valid {sentence}")]),
            "{data_type} {text}"
        );
    }
}

#[test]
fn parameters_file_may_be_a_request_or_plain_values() {
    let parameters = json!({
        "S": {"type": "String"}, "L": {"type": "StringList"}, "I": {"type": "Integer"}, "B": {"type": "Boolean"},
        "M": {"type": "StringMap"}, "Ms": {"type": "MapList"},
    });
    let bound = json!({"S": "v", "L": ["a", "b"], "I": 5, "B": true, "M": {"k": "v"}, "Ms": [{"k": 1}, {"k": 2}]});
    let request = json!({
        "S": ["v"], "L": ["a", "b"], "I": ["5"], "B": ["true"], "M": [r#"{"k":"v"}"#], "Ms": [r#"{"k":1}"#, r#"{"k":2}"#],
    });
    let texts = json!({
        "S": "v", "L": ["a", "b"], "I": "5", "B": "true", "M": r#"{"k":"v"}"#, "Ms": r#"[{"k":1},{"k":2}]"#,
    });
    for file in [
        bound.clone(),
        texts,
        request.clone(),
        json!({"Parameters": request}),
        json!({"DocumentName": "d", "DocumentVersion": "1", "Mode": "Auto", "ClientToken": "t", "Parameters": request}),
    ] {
        assert_eq!(from_file(&parameters, &file), Ok(bound.clone()), "{file}");
    }
    assert_eq!(
        from_file(&json!({"Ms": {"type": "MapList"}}), &json!({"Ms": [r#"[{"k":1},{"k":2}]"#]})),
        Ok(json!({"Ms": [{"k": 1}, {"k": 2}]}))
    );
    assert_eq!(from_file(&json!({"S": {"type": "String"}}), &json!({"S": 5})), Ok(json!({"S": "5"})));
}

#[test]
fn request_with_targets_or_other_options_is_rejected() {
    let parameters = json!({"S": {"type": "String"}});
    for (file, sentence) in [
        (
            json!(["S"]),
            "Cannot read the parameters: expected a map of names and values, found a list of the text \"S\".",
        ),
        (
            json!({"Parameters": {"S": ["v"]}, "Targets": []}),
            "Cannot read the parameters: `Targets` of a request is not supported here; \
             remove it and start one execution per target.",
        ),
        (
            json!({"Parameters": {"S": ["v"]}, "Mode": "Interactive"}),
            "Cannot read the parameters: `Mode` \"Interactive\" of a request is not supported here; `Auto` is.",
        ),
    ] {
        assert_eq!(from_file(&parameters, &file), Err(vec![sentence.to_owned()]));
    }
}

#[test]
fn parameter_may_be_named_like_a_request_member() {
    let parameters = json!({"Parameters": {"type": "StringMap"}});
    assert_eq!(from_file(&parameters, &json!({"Parameters": {"a": "b"}})), Ok(json!({"Parameters": {"a": "b"}})));
    assert_eq!(
        from_file(&parameters, &json!({"DocumentName": "d", "Parameters": {"Parameters": ["{}"]}})),
        Ok(json!({"Parameters": {}}))
    );
}

#[test]
fn values_of_the_wrong_shape_are_type_errors() {
    let problem = |wanted: &str, why: &str| {
        Err(vec![format!("Parameter type error. The value supplied for P is not a valid {wanted}. | {why}")])
    };
    for (data_type, value, expected) in [
        ("String", json!(["a", "b"]), problem("string", "String takes one value; found a list of 2")),
        ("String", json!([]), problem("string", "String takes one value; found a list of 0")),
        ("String", json!({"a": 1}), problem("string", "found a map of 1 entry, expected a text")),
        ("String", json!(null), problem("string", "found null, expected a text")),
        ("Integer", json!(1.5), problem("integer", "found the number 1.5, expected a whole number")),
        ("StringMap", json!(["{}", "{}"]), problem("string map", "StringMap takes one value; found a list of 2")),
        (
            "StringMap",
            json!("[]"),
            problem("string map", "found an empty list, expected a map such as {\"key\": \"value\"}"),
        ),
    ] {
        assert_eq!(from_file(&json!({"P": {"type": data_type}}), &json!({"P": value})), expected);
    }
}

#[test]
fn all_binding_problems_are_reported_together() {
    let parameters = json!({
        "InstanceId": {"type": "AWS::EC2::Instance::Id"},
        "Action": {"type": "String", "allowedValues": ["Install", "Uninstall"]},
        "Names": {"type": "StringList", "allowedPattern": "^[a-z]+$", "maxItems": 1},
        "Text": {"type": "String", "minChars": 2, "maxChars": 3},
        "Count": {"type": "Integer", "default": 1},
        "Needed": {"type": "String"},
        "Image": {"type": "String", "default": "{{ssm:/ami}}"},
    });
    let supplied = texts(&[
        ("instanceID", "i-1"),
        ("InstanceId", "i-1"),
        ("Action", "install"),
        ("Names", "ok,No"),
        ("Text", "ä"),
        ("Count", "many"),
        ("Unheard", "x"),
    ]);
    assert_eq!(
        bind_json(&parameters, &supplied).unwrap_err(),
        [
            "Undefined execution inputs: [instanceID, Unheard]. | did you mean `InstanceId` instead of `instanceID`?",
            "Parameter \"InstanceId\" has value \"i-1\" that does not match the pattern ^m?i-([a-z0-9]{8}|[a-z0-9]{17})$.",
            "Parameter \"Action\" has value \"install\" not found in [Install, Uninstall].",
            "Parameter \"Names\" has 2 items; it takes at most 1.",
            "Parameter \"Names\" has value \"No\" that does not match the pattern ^[a-z]+$.",
            "Parameter \"Text\" has a value of 1 characters; it takes 2 to 3.",
            "Parameter type error. The value supplied for Count is not a valid integer. \
             | found the text \"many\", expected a whole number",
            "Missing required parameter: Needed in user inputs.",
            "The default of parameter \"Image\" cannot be used: {{ ssm:/ami }} has no value: \
             ssm:/ami is not known here. | supply `Image`",
        ]
    );
}

#[test]
fn constraints_compare_values_as_text() {
    for (entry, text, fits) in [
        (json!({"type": "Boolean", "allowedValues": ["true", "false"]}), "true", true),
        (json!({"type": "Boolean", "allowedValues": [true]}), "false", false),
        (json!({"type": "Boolean", "allowedPattern": "^(true|false)$"}), "True", true),
        (json!({"type": "Integer", "allowedValues": [1, "2"]}), "2", true),
        (json!({"type": "Integer", "allowedPattern": "^[1-5]$"}), "6", false),
        (json!({"type": "StringList", "allowedValues": ["a", "b"]}), "b,a,a", true),
        (json!({"type": "StringList", "minItems": 1}), "", false),
        (json!({"type": "StringList", "maxChars": 2}), "ab,cd", true),
        (json!({"type": "StringMap", "allowedPattern": r#"\{"k":"[a-z]+"\}"#}), "k=abc", true),
        (json!({"type": "StringMap", "maxItems": 1}), "a=1,b=2", false),
        (json!({"type": "MapList", "allowedPattern": r#"\{"k":\d\}"#}), r#"[{"k": 1}, {"k": 22}]"#, false),
        (json!({"type": "String", "allowedPattern": "(?!.*--)[a-z-]+"}), "a-b", true),
        (json!({"type": "AWS::S3::Bucket::Name"}), "my.bucket", true),
        (json!({"type": "AWS::S3::Bucket::Name"}), "My_Bucket", false),
        (json!({"type": "List<AWS::IAM::Role::Arn>"}), "arn:aws:iam::123456789012:role/a,b", false),
    ] {
        assert_eq!(bind_json(&json!({"P": entry}), &texts(&[("P", text)])).is_ok(), fits, "{entry} {text}");
    }
}

#[test]
fn invalid_allowed_pattern_is_a_problem() {
    let sentence = |pattern: &str, text: &str| {
        let parameters = json!({"P": {"type": "String", "allowedPattern": pattern}});
        bind_json(&parameters, &texts(&[("P", text)])).unwrap_err().join("")
    };
    assert_eq!(
        sentence("[z-a]", "b"),
        "Parameter \"P\" cannot be checked against its pattern [z-a]: \
         the pattern has a range from `z` to `a`, which comes before it."
    );
    assert_eq!(
        sentence(r"^((a|a)+)+(?!x)b\1$", &"a".repeat(60)),
        "Parameter \"P\" cannot be checked against its pattern ^((a|a)+)+(?!x)b\\1$: matching was aborted after \
         1000000 backtracking steps; nested repetitions such as (a+)+ are slow."
    );
}

#[test]
fn defaults_are_resolved_and_not_checked_against_constraints() {
    let parameters = json!({
        "Name": {"type": "String", "default": "{{ Prefix }}-in-{{ global:REGION }}"},
        "Prefix": {"type": "String", "default": "{{ Images }}", "allowedPattern": "^$"},
        "Images": {"type": "StringList", "default": ["{{ Image }}"]},
        "Image": {"type": "String"},
        "All": {"type": "StringList", "default": ["x", "{{ Images }}"]},
        "Count": {"type": "Integer", "default": "{{ Digits }}"},
        "Digits": {"type": "String", "default": "7", "allowedValues": ["a"]},
        "Flag": {"type": "Boolean", "default": false},
        "Map": {"type": "StringMap", "default": "{}"},
        "Empty": {"type": "String", "default": "", "minChars": 3},
    });
    assert_eq!(
        bind_json(&parameters, &texts(&[("Image", "{{ Count }}")])).map(|bound| bound.to_string()),
        Ok(json!({
            "Name": "{{ Count }}-in-eu-central-1", "Prefix": "{{ Count }}", "Images": ["{{ Count }}"],
            "Image": "{{ Count }}", "All": ["x", "{{ Count }}"], "Count": 7, "Digits": "7", "Flag": false, "Map": {},
            "Empty": "",
        })
        .to_string())
    );
}

#[test]
fn unusable_defaults_report_their_reason() {
    let parameters = json!({
        "A": {"type": "String", "default": "{{ step.Out }}"},
        "B": {"type": "String", "default": "{{ variable:v }}"},
        "C": {"type": "String", "default": "{{ Nobody }}"},
        "D": {"type": "String", "default": "{{ global:DATE }}"},
        "E": {"type": "Integer", "default": "{{ F }}"},
        "F": {"type": "String", "default": "many"},
        "G": {"type": "String", "default": "{{ A }}"},
    });
    assert_eq!(
        bind_json(&parameters, &IndexMap::new()).unwrap_err(),
        [
            "The default of parameter \"A\" cannot be used: {{ step.Out }} has no value: a default cannot contain an output of a step. | supply `A`",
            "The default of parameter \"B\" cannot be used: {{ variable:v }} has no value: a default cannot contain a variable. | supply `B`",
            "The default of parameter \"C\" cannot be used: {{ Nobody }} has no value: parameter `Nobody` is not declared. | supply `C`",
            "The default of parameter \"D\" cannot be used: {{ global:DATE }} has no value: global:DATE is not known here. | supply `D`",
            "The default of parameter \"E\" cannot be used: found the text \"many\", expected a whole number. | supply `E`",
        ]
    );
}

#[test]
fn cycles_among_defaults_are_reported() {
    let parameters = json!({
        "A": {"type": "String", "default": "{{ B }}"},
        "B": {"type": "String", "default": "{{ C }} {{ D }}"},
        "C": {"type": "String", "default": "{{ B }}"},
        "D": {"type": "String", "default": "d"},
        "E": {"type": "String", "default": "{{ E }}"},
    });
    assert_eq!(
        bind_json(&parameters, &IndexMap::new()).unwrap_err(),
        [
            "The defaults of parameters refer to each other in a cycle: B -> C -> B. | supply `B`",
            "The defaults of parameters refer to each other in a cycle: E -> E. | supply `E`",
        ]
    );
    assert_eq!(
        bind_json(&parameters, &texts(&[("B", "b"), ("E", "e")])),
        Ok(json!({"A": "b", "B": "b", "C": "b", "D": "d", "E": "e"}))
    );
}

#[test]
fn long_chains_of_defaults_neither_recurse_nor_explode() {
    let chain = |body: &dyn Fn(usize) -> String, length: usize| {
        let entries = (0..length).map(|at| (format!("P{at}"), json!({"type": "String", "default": body(at)})));
        let last = (format!("P{length}"), json!({"type": "String", "default": "x"}));
        Value::Object(entries.chain([last]).collect())
    };
    let long = chain(&|at| format!("{{{{ P{} }}}}", at + 1), 20_000);
    assert_eq!(bind_json(&long, &IndexMap::new()).unwrap()["P0"], json!("x"));
    let doubling = chain(&|at| format!("{{{{ P{0} }}}}{{{{ P{0} }}}}", at + 1), 100);
    let problem = bind_json(&doubling, &IndexMap::new()).unwrap_err().join("");
    assert!(problem.contains("grow beyond 8 MiB"), "{problem}");
}

proptest! {
    #[test]
    fn any_text_parses_or_is_rejected(text in r#"([\[\]{}"',=:a-c1 \\]|\{"a":|true){0,16}"#, which in 0..6_usize) {
        let wanted = DataType::ALL[which];
        for given in [Supplied::Text(text.clone()), Supplied::Request(vec![text.clone()]), Supplied::Json(json!({"a": text}))] {
            if let Ok(value) = given.read(wanted) {
                prop_assert!(crate::expression::accepts(&value, wanted));
            }
        }
    }

    #[test]
    fn quoted_items_round_trip(items in prop::collection::vec(any::<String>(), 1..4)) {
        let quoted: Vec<String> =
            items.iter().map(|item| format!("\"{}\"", item.replace('\\', r"\\").replace('"', "\\\""))).collect();
        prop_assert_eq!(Supplied::Text(quoted.join(" , ")).read(DataType::StringList).map_err(|error| error.to_string()), Ok(json!(items)));
    }
}
