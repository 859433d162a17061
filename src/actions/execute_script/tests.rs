use super::*;

fn evaluate(reply: ScriptReply) -> Result<(String, Value), (FailureStage, String)> {
    let outcome = ExecuteScript { runner: None, limits_payload: true }.evaluate(reply);
    outcome
        .map(|result| (result.outputs.get("Payload").unwrap().as_str().unwrap().to_owned(), result.document.unwrap()))
        .map_err(|error| (error.failure.stage, error.failure.message))
}

#[test]
fn payload_is_json_text_and_a_string_is_itself() {
    for (value, text) in [
        (json!({"a": [1, true, null]}), r#"{"a":[1,true,null]}"#),
        (json!("plain"), "plain"),
        (json!(1.5), "1.5"),
        (Value::Null, "null"),
    ] {
        let expected = Ok((text.to_owned(), json!({ "Payload": value })));
        assert_eq!(evaluate(ScriptReply::Returned(value)), expected);
    }
}

#[test]
fn exception_is_told_as_the_service_tells_it() {
    let raised = ScriptReply::Raised {
        error_type: Some("KeyError".to_owned()),
        message: "'expected_control_id'".to_owned(),
        trace: vec![
            r#"  File "/tmp/x/customer_script.py", line 4, in parse_event"#.to_owned(),
            "    my_control_id = event['expected_control_id']".to_owned(),
        ],
    };
    let message = "Step fails when it is Poll action status for completion. Traceback (most recent call last):\n  File \
                   \"/tmp/x/customer_script.py\", line 4, in parse_event\n    my_control_id = \
                   event['expected_control_id']\n\nKeyError - 'expected_control_id'. Please refer to Automation Service \
                   Troubleshooting Guide for more diagnosis details.";
    assert_eq!(evaluate(raised), Err((FailureStage::Invocation, message.to_owned())));
}

#[test]
fn payload_at_the_limits_passes_and_one_above_fails() {
    let text = |bytes| ScriptReply::Returned(Value::String("x".repeat(bytes)));
    let list = |items| ScriptReply::Returned(json!(vec![0; items]));
    let passes = |reply| evaluate(reply).map(drop).map_err(|(stage, _)| stage);
    assert_eq!(
        [passes(text(102_400)), passes(text(102_401)), passes(list(100)), passes(list(101))],
        [Ok(()), Err(FailureStage::PostVerification), Ok(()), Err(FailureStage::PostVerification)]
    );
}
