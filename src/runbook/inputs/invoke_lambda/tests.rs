use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{ClientContextProblem, FunctionName, FunctionNameProblem, InputProblem, Invocation, InvokeRequest};

fn request(inputs: &Value) -> Result<InvokeRequest, InputProblem> {
    InvokeRequest::from_resolved(|name| inputs.get(name))
}

fn payload(inputs: &Value) -> String {
    String::from_utf8(request(inputs).unwrap().payload).unwrap()
}

#[test]
fn function_name_accepts_four_forms() {
    let forms = [
        ("my-fn", "my-fn", None),
        ("my_fn.v2:live", "my_fn.v2", Some("live")),
        ("my-fn:$LATEST", "my-fn", Some("$LATEST")),
        ("123456789012:function:my-fn", "my-fn", None),
        ("function:my-fn:7", "my-fn", Some("7")),
        ("arn:aws:lambda:eu-west-1:123456789012:function:my-fn", "my-fn", None),
        ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:my-fn:live", "my-fn", Some("live")),
        ("arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:my-fn", "my-fn", None),
        (
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:my-fn:$LATEST.PUBLISHED",
            "my-fn",
            Some("$LATEST.PUBLISHED"),
        ),
    ];
    for (text, name, qualifier) in forms {
        let function = FunctionName::parse(text).unwrap();
        assert_eq!((function.as_str(), function.name(), function.qualifier()), (text, name, qualifier));
    }
}

#[test]
fn invalid_function_names_are_rejected() {
    let form = |text: &str| FunctionNameProblem::Form(text.to_owned());
    let qualifier = |text: &str| FunctionNameProblem::Qualifier(text.to_owned());
    let length = |length, most, of| FunctionNameProblem::Length { length, most, of };
    let long = |count: usize| "f".repeat(count);
    let cases = [
        (String::new(), FunctionNameProblem::Empty),
        ("my fn".into(), form("my fn")),
        ("arn:aws:s3:::bucket".into(), form("arn:aws:s3:::bucket")),
        ("arn:aws:lambda".into(), form("arn:aws:lambda")),
        (
            "arn:gcp:lambda:eu-west-1:123456789012:function:f".into(),
            form("arn:gcp:lambda:eu-west-1:123456789012:function:f"),
        ),
        ("fn:".into(), qualifier("")),
        ("fn:a:b".into(), qualifier("a:b")),
        (long(65), length(65, 64, "for a name")),
        (format!("123456789012:function:{}", long(141)), length(141, 140, "for a name within an ARN")),
        (format!("my-fn:{}", long(251)), length(257, 256, "in all")),
        (format!("my-fn:{}", long(129)), length(129, 128, "for a qualifier")),
    ];
    for (text, problem) in cases {
        assert_eq!(FunctionName::parse(&text), Err(problem), "{text}");
    }
}

#[test]
fn minimal_inputs_are_a_synchronous_call_with_empty_payload() {
    assert_eq!(
        request(&json!({ "FunctionName": "f" })).unwrap(),
        InvokeRequest {
            function: FunctionName::parse("f").unwrap(),
            qualifier: None,
            invocation: Invocation::RequestResponse { log_tail: false, client_context: None },
            payload: b"{}".to_vec(),
        }
    );
}

#[test]
fn every_input_reaches_the_request() {
    let inputs = json!({
        "FunctionName": ["f"],
        "Qualifier": 3,
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "ClientContext": { "custom": 1 },
        "InputPayload": { "b": [1, "x\"y"], "a": null },
    });
    assert_eq!(
        request(&inputs).unwrap(),
        InvokeRequest {
            function: FunctionName::parse("f").unwrap(),
            qualifier: Some("3".to_owned()),
            invocation: Invocation::RequestResponse {
                log_tail: true,
                client_context: Some(STANDARD.encode(r#"{"custom":1}"#)),
            },
            payload: br#"{"b":[1,"x\"y"],"a":null}"#.to_vec(),
        }
    );
}

#[test]
fn asynchronous_request_omits_log_type_and_client_context() {
    for (word, invocation) in [("Event", Invocation::Event), ("DryRun", Invocation::DryRun)] {
        let inputs = json!({ "FunctionName": "f", "InvocationType": word, "LogType": "Tail", "ClientContext": {} });
        assert_eq!(request(&inputs).unwrap().invocation, invocation);
    }
}

#[test]
fn input_payload_overrides_payload_and_text_is_sent_verbatim() {
    let text = "{ \"a\" : 1 }";
    assert_eq!(payload(&json!({ "FunctionName": "f", "Payload": text })), text);
    assert_eq!(payload(&json!({ "FunctionName": "f", "Payload": text, "InputPayload": { "b": 2 } })), r#"{"b":2}"#);
    assert_eq!(payload(&json!({ "FunctionName": "f", "Payload": text, "InputPayload": null })), text);
    assert_eq!(payload(&json!({ "FunctionName": "f", "Payload": { "c": [] } })), r#"{"c":[]}"#);
    assert_eq!(payload(&json!({ "FunctionName": "f", "Payload": "  " })), "{}");
    assert_eq!(payload(&json!({ "FunctionName": "f", "InputPayload": "[1]" })), "[1]");
}

#[test]
fn equal_qualifiers_are_accepted_and_different_ones_rejected() {
    let twice = json!({ "FunctionName": "f:live", "Qualifier": "live" });
    assert_eq!(request(&twice).unwrap().qualifier, None);
    let two = json!({ "FunctionName": "f:live", "Qualifier": "7" });
    let problem = InputProblem::QualifierConflict { in_name: "live".to_owned(), beside: "7".to_owned() };
    assert_eq!(request(&two), Err(problem));
}

#[test]
fn client_context_is_a_map_json_text_or_base64() {
    let context = |value: Value| match request(&json!({ "FunctionName": "f", "ClientContext": value }))?.invocation {
        Invocation::RequestResponse { client_context, .. } => Ok(client_context),
        other => panic!("{other:?}"),
    };
    let encoded = STANDARD.encode(r#"{"a":1}"#);
    assert_eq!(context(json!({ "a": 1 })), Ok(Some(encoded.clone())));
    assert_eq!(context(json!(r#"{"a":1}"#)), Ok(Some(encoded.clone())));
    assert_eq!(context(json!(encoded)), Ok(Some(encoded)));
    assert_eq!(context(json!("")), Ok(None));
    let form = Err(InputProblem::ClientContext(ClientContextProblem::Form));
    assert_eq!(context(json!("hello")), form);
    assert_eq!(context(json!([1])), form);
    assert_eq!(context(json!(STANDARD.encode("[1]"))), form);
    // The limit is 3,583 bytes of base64; base64 has lengths of multiples of four.
    let sized = |bytes: usize| json!({ "a": "x".repeat(bytes - r#"{"a":""}"#.len()) });
    assert_eq!(context(sized(2685)).map(|text| text.map(|text| text.len())), Ok(Some(3580)));
    assert_eq!(context(sized(2688)), Err(InputProblem::ClientContext(ClientContextProblem::Length(3584))));
}

#[test]
fn invalid_inputs_are_reported_with_help() {
    let cases = [
        (json!({}), "`FunctionName` is missing; name the function to invoke"),
        (json!({ "FunctionName": { "a": 1 } }), "`FunctionName` must be a text, and is a map"),
        (json!({ "FunctionName": ["a", "b"] }), "`FunctionName` must be a text, and is a list of 2"),
        (
            json!({ "FunctionName": "f", "InvocationType": "sync" }),
            "`InvocationType` cannot be `sync`; it is `RequestResponse`, `Event` or `DryRun`",
        ),
        (json!({ "FunctionName": "f", "LogType": "All" }), "`LogType` cannot be `All`; it is `None` or `Tail`"),
        (
            json!({ "FunctionName": "f", "Qualifier": "a b" }),
            "`a b` is not a version or an alias; give a number, `$LATEST`, or the name of an alias",
        ),
        (
            json!({ "FunctionName": "f", "Payload": "{\"a\": \"x\ny\"}" }),
            "`Payload` is not JSON (control character (\\u0000-\\u001F) found while parsing a string at line 1 column 8); \
             if a value in it has quotes or line breaks, use `InputPayload`, which needs no escaping",
        ),
        (
            json!({ "FunctionName": "f", "Payload": "eyJh\nIjoxfQ==" }),
            "`Payload` is not JSON (expected value at line 1 column 1); it looks like base64 of JSON: give the JSON itself",
        ),
    ];
    for (inputs, message) in cases {
        assert_eq!(request(&inputs).unwrap_err().to_string(), message);
    }
}

#[test]
fn payload_limit_depends_on_the_invocation_type() {
    let inputs = |kind: &str, bytes: usize| json!({ "FunctionName": "f", "InvocationType": kind, "InputPayload": ["x".repeat(bytes - 4)] });
    for (kind, limit) in [("RequestResponse", 6_291_456), ("DryRun", 6_291_456), ("Event", 1_048_576)] {
        assert_eq!(request(&inputs(kind, limit)).unwrap().payload.len(), limit);
        let problem = request(&inputs(kind, limit + 1)).unwrap_err();
        assert!(
            matches!(problem, InputProblem::PayloadTooLarge { bytes, limit: most, invocation }
                if bytes == limit + 1 && most == limit && invocation == kind),
            "{problem}"
        );
    }
}
