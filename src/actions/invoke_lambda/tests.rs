//! Replies, and what they make of the attempt.

use serde_json::json;

use super::*;

fn reply(payload: &str) -> InvokeReply {
    InvokeReply {
        status_code: 200,
        function_error: None,
        log_result: None,
        executed_version: Some("$LATEST".to_owned()),
        payload: payload.as_bytes().to_vec(),
        request_id: Some("id".to_owned()),
    }
}

static INPUTS: LazyLock<IndexMap<String, Value>> =
    LazyLock::new(|| IndexMap::from([("FunctionName".to_owned(), json!("f"))]));

fn how() -> Read<'static> {
    Read { inputs: &INPUTS, expected: Expected::Result, asked_for_log: false, limit: None }
}

#[test]
fn the_result_is_the_document_and_its_text_the_payload() {
    let rows = [
        (r#"{"b": 1, "a": [1.0, 2]}"#, json!({"b": 1, "a": [1.0, 2]}), r#"{"b": 1, "a": [1.0, 2]}"#),
        (r#""i-0123""#, json!("i-0123"), "i-0123"),
        ("null", json!(null), "null"),
        ("", json!(null), "null"),
        ("7", json!(7), "7"),
    ];
    for (payload, document, text) in rows {
        let result = read(reply(payload), &how()).unwrap();
        assert_eq!(
            (result.document, json!(result.outputs)),
            (Some(document), json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": text})),
            "{payload}"
        );
    }
}

#[test]
fn a_function_error_of_either_kind_fails_with_all_that_the_function_said() {
    for kind in ["Handled", "Unhandled"] {
        let mut failing = reply(
            r#"{"errorType":"ValueError","errorMessage":"no such host","stackTrace":["  File \"a.py\", line 3\n    raise\n"]}"#,
        );
        failing.function_error = Some(kind.to_owned());
        failing.log_result = Some("bGluZSAxCmxpbmUgMgo=".to_owned());
        let error = read(failing, &how()).unwrap_err();
        let cause = error.failure.cause.unwrap();
        assert_eq!(
            (
                error.failure.message.as_str(),
                cause.class,
                cause.progress,
                cause.log_tail.as_deref(),
                cause.function_error.as_ref().map(|it| it.trace.clone()),
                error.outputs.get("FunctionError"),
                error.outputs.get("LogResult"),
            ),
            (
                &*format!("Function f failed ({kind}): ValueError: no such host"),
                ErrorClass::Function,
                Progress::Ran,
                Some("line 1\nline 2\n"),
                Some(vec!["  File \"a.py\", line 3".to_owned(), "    raise".to_owned()]),
                Some(&json!(kind)),
                None,
            )
        );
    }
}

#[test]
fn a_function_error_without_a_readable_reply_is_shown_as_it_came() {
    for (payload, said) in [("", "it gave no reason"), ("killed", "killed"), ("[1]", "[1]")] {
        let mut failing = reply(payload);
        failing.function_error = Some("Unhandled".to_owned());
        let error = read(failing, &how()).unwrap_err();
        assert_eq!(error.failure.message, format!("Function f failed (Unhandled): {said}"));
    }
}

#[test]
fn a_reply_that_is_no_json_fails_and_says_that_the_function_ran() {
    let error = read(reply("<html>"), &how()).unwrap_err();
    let cause = error.failure.cause.unwrap();
    assert_eq!((cause.class, cause.progress), (ErrorClass::Response, Progress::Ran));
    assert!(error.failure.message.contains("its reply is not JSON"), "{}", error.failure.message);
}

#[test]
fn a_result_over_the_limit_fails_with_both_numbers() {
    let error = read(reply(r#""0123456789""#), &Read { limit: Some(10), ..how() }).unwrap_err();
    assert_eq!(
        error.failure.message,
        "Function f ran and returned 12 bytes; a step takes at most 10. Return less, or raise --max-result-size."
    );
}

#[test]
fn an_event_has_no_payload() {
    let mut accepted = reply("");
    accepted.status_code = 202;
    accepted.executed_version = None;
    let result = read(accepted, &Read { expected: Expected::Queued, ..how() }).unwrap();
    assert_eq!((result.document, json!(result.outputs)), (None, json!({"StatusCode": 202})));
}

#[test]
fn the_log_is_an_output_only_when_the_author_asked_for_it() {
    let mut tail = reply("1");
    tail.log_result = Some("bG9n".to_owned());
    let result = read(tail, &Read { asked_for_log: true, ..how() }).unwrap();
    assert_eq!(result.outputs.get("LogResult"), Some(&json!("bG9n")));
}

#[test]
fn an_odd_success_is_noticed_and_a_plain_one_is_not() {
    let shaped = r#"{"errorType": "ValueError", "errorMessage": "no such host"}"#;
    let rows = [
        (200, Some("$LATEST"), shaped, Expected::Result, None),
        (200, None, shaped, Expected::Result, Some("has the shape of an error (ValueError: no such host)")),
        (200, None, r#"{"errorMessage": "no type"}"#, Expected::Result, None),
        (200, None, r#""Task timed out""#, Expected::Result, None),
        (202, None, "", Expected::Queued, None),
        (200, None, shaped, Expected::Queued, Some("may have run it at once")),
        (204, None, "", Expected::Checked, None),
        (200, None, "{}", Expected::Checked, Some("was not to be run, and the answer is HTTP 200 instead of 204")),
    ];
    for (status_code, version, payload, expected, said) in rows {
        let reply = InvokeReply { status_code, executed_version: version.map(str::to_owned), ..reply(payload) };
        let notice = read(reply, &Read { expected, ..how() }).unwrap().notice;
        assert_eq!(notice.is_some(), said.is_some(), "{status_code} {payload} {expected:?} {notice:?}");
        assert!(notice.unwrap_or_default().contains(said.unwrap_or_default()), "{status_code} {payload} {expected:?}");
    }
}
