//! Outcomes of the attempt for each kind of reply.

use std::sync::Arc;

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

fn reply_options() -> Read<'static> {
    Read { inputs: &INPUTS, expected: Expected::Result, asked_for_log: false, limit: None }
}

#[test]
fn success_sets_document_and_payload_outputs() {
    let rows = [
        (r#"{"b": 1, "a": [1.0, 2]}"#, json!({"b": 1, "a": [1.0, 2]}), r#"{"b": 1, "a": [1.0, 2]}"#),
        (r#""i-0123""#, json!("i-0123"), "i-0123"),
        ("null", json!(null), "null"),
        ("", json!(null), "null"),
        ("7", json!(7), "7"),
    ];
    for (payload, document, text) in rows {
        let result = read(reply(payload), &reply_options()).unwrap();
        assert_eq!(
            (result.document, json!(result.outputs)),
            (Some(document), json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": text})),
            "{payload}"
        );
    }
}

#[test]
fn function_error_reports_type_message_and_stack_trace() {
    for kind in ["Handled", "Unhandled"] {
        let mut failing = reply(
            r#"{"errorType":"ValueError","errorMessage":"no such host","stackTrace":["  File \"a.py\", line 3\n    raise\n"]}"#,
        );
        failing.function_error = Some(kind.to_owned());
        failing.log_result = Some("bGluZSAxCmxpbmUgMgo=".to_owned());
        let error = read(failing, &reply_options()).unwrap_err();
        let cause = error.failure.cause.unwrap();
        assert_eq!(
            (
                error.failure.message.as_str(),
                cause.class,
                cause.progress,
                cause.log_tail.as_deref(),
                cause.reported_error.as_ref().map(|it| it.trace.clone()),
                error.outputs.get("FunctionError"),
                error.outputs.get("LogResult"),
            ),
            (
                &*format!("Function f failed ({kind}): ValueError: no such host"),
                ErrorClass::Function,
                CallReach::Ran,
                Some("line 1\nline 2\n"),
                Some(vec!["  File \"a.py\", line 3".to_owned(), "    raise".to_owned()]),
                Some(&json!(kind)),
                None,
            )
        );
    }
}

#[test]
fn function_error_with_unreadable_reply_is_shown_verbatim() {
    for (payload, said) in [("", "it gave no reason"), ("killed", "killed"), ("[1]", "[1]")] {
        let mut failing = reply(payload);
        failing.function_error = Some("Unhandled".to_owned());
        let error = read(failing, &reply_options()).unwrap_err();
        assert_eq!(error.failure.message, format!("Function f failed (Unhandled): {said}"));
    }
}

#[test]
fn non_json_reply_fails_and_reports_that_the_function_ran() {
    let error = read(reply("<html>"), &reply_options()).unwrap_err();
    let cause = error.failure.cause.unwrap();
    assert_eq!((cause.class, cause.progress), (ErrorClass::Response, CallReach::Ran));
    assert!(error.failure.message.contains("its reply is not JSON"), "{}", error.failure.message);
}

#[test]
fn oversized_result_fails_with_size_and_limit() {
    let error = read(reply(r#""0123456789""#), &Read { limit: Some(10), ..reply_options() }).unwrap_err();
    assert_eq!(
        error.failure.message,
        "Function f ran and returned 12 bytes; a step takes at most 10. Return less, or raise --max-result-size."
    );
}

#[test]
fn event_invocation_has_no_payload() {
    let mut accepted = reply("");
    accepted.status_code = 202;
    accepted.executed_version = None;
    let result = read(accepted, &Read { expected: Expected::Queued, ..reply_options() }).unwrap();
    assert_eq!((result.document, json!(result.outputs)), (None, json!({"StatusCode": 202})));
}

#[test]
fn log_result_output_requires_log_type_tail() {
    let mut tail = reply("1");
    tail.log_result = Some("bG9n".to_owned());
    let result = read(tail, &Read { asked_for_log: true, ..reply_options() }).unwrap();
    assert_eq!(result.outputs.get("LogResult"), Some(&json!("bG9n")));
}

#[test]
fn unusual_success_gets_a_notice() {
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
        let notice = read(reply, &Read { expected, ..reply_options() }).unwrap().notice;
        assert_eq!(notice.is_some(), said.is_some(), "{status_code} {payload} {expected:?} {notice:?}");
        assert!(notice.unwrap_or_default().contains(said.unwrap_or_default()), "{status_code} {payload} {expected:?}");
    }
}

fn task(inputs: &Value, attempt: u32, sending: u32) -> Task {
    Task {
        execution: "e-1".into(),
        step: "restart".into(),
        step_execution: "s-1".into(),
        action: crate::runbook::Action::INVOKE_LAMBDA_FUNCTION,
        inputs: Arc::new(
            inputs.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        ),
        request: None,
        attempt,
        sending,
        result_limit: None,
        poll_interval: None,
        idempotency_token: true,
        targets: None,
        children: None,
        observations: None,
        progress: None,
        created: IndexMap::new(),
    }
}

/// The client context of an invocation with a token, and its notice.
fn context_with_token(inputs: &Value, attempt: u32, sending: u32) -> (Option<Value>, Option<String>) {
    let task = task(inputs, attempt, sending);
    let mut request = InvokeRequest::from_resolved(|name| task.inputs.get(name)).unwrap();
    let notice = identify(&mut request, &task);
    let context = match request.invocation {
        Invocation::RequestResponse { client_context, .. } => {
            client_context.map(|it| serde_json::from_str(&decoded(&it).unwrap()).unwrap())
        }
        Invocation::Event | Invocation::DryRun => None,
    };
    (context, notice)
}

#[test]
fn idempotency_token_identifies_execution_step_and_attempt() {
    let custom = json!({
        "runwrightExecutionId": "e-1",
        "runwrightStepName": "restart",
        "runwrightStepExecutionId": "s-1",
        "runwrightAttempt": "2",
        "runwrightIdempotencyToken": "e-1/s-1/2",
    });
    let f = json!({"FunctionName": "f"});
    assert_eq!(context_with_token(&f, 2, 1), (Some(json!({"custom": custom})), None));
    assert_eq!(
        context_with_token(&f, 2, 3),
        context_with_token(&f, 2, 1),
        "every sending of an attempt has the same token"
    );
    assert_ne!(context_with_token(&f, 3, 1), context_with_token(&f, 2, 1), "every attempt has its own token");
    let with_env = json!({"FunctionName": "f", "ClientContext": {"env": {"locale": "de"}}});
    assert_eq!(context_with_token(&with_env, 2, 1), (Some(json!({"env": {"locale": "de"}, "custom": custom})), None));
}

#[test]
fn custom_client_context_of_the_author_is_preserved() {
    for custom in [json!({"mine": 1}), json!({}), json!(null)] {
        let context = json!({"custom": custom});
        let inputs = json!({"FunctionName": "f", "ClientContext": context});
        assert_eq!(context_with_token(&inputs, 1, 1), (Some(context), None));
    }
}

#[test]
fn invocation_without_client_context_has_no_token() {
    for kind in ["Event", "DryRun"] {
        assert_eq!(context_with_token(&json!({"FunctionName": "f", "InvocationType": kind}), 1, 1), (None, None));
    }
}

#[test]
fn oversized_client_context_omits_the_token_with_a_notice() {
    let context = |length: usize| json!({"env": {"note": "x".repeat(length)}});
    let context_of_length =
        |length: usize| context_with_token(&json!({"FunctionName": "f", "ClientContext": context(length)}), 1, 1);
    let crowded = (0..2_600).find(|length| context_of_length(*length).1.is_some()).unwrap();
    assert_eq!(context_of_length(crowded - 1).0.unwrap()["custom"]["runwrightAttempt"], "1");
    let (left, notice) = context_of_length(crowded);
    assert_eq!(left, Some(context(crowded)));
    insta::assert_snapshot!(notice.unwrap(), @"Function f was not given an idempotency token: with it `ClientContext` has 3584 bytes in base64, and Lambda takes 3583. Shorten the step's `ClientContext`.");
}
