//! Classification of HTTP responses that pass through the whole SDK.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use crate::aws::CallError;
use crate::event::{CallReach, ErrorClass};
use crate::lambda::{InvokeReply, LambdaClient};
use crate::runbook::inputs::invoke_lambda::{FunctionName, Invocation, InvokeRequest};

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl HttpConnector for Answer {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(*name, *value);
        }
        let response = response.body(SdkBody::from(self.body.clone())).unwrap();
        HttpConnectorFuture::ready(Ok(response.try_into().unwrap()))
    }
}

async fn invoke(answer: Answer) -> Result<InvokeReply, CallError> {
    let connector = SharedHttpConnector::new(answer);
    let client = LambdaClient::in_process(http_client_fn(move |_, _| connector.clone()), None);
    let request = InvokeRequest {
        function: FunctionName::parse("f").unwrap(),
        qualifier: None,
        invocation: Invocation::RequestResponse { log_tail: false, client_context: None },
        payload: b"{}".to_vec(),
    };
    client.invoke(request).await
}

fn error(status: u16, code: &'static str) -> Answer {
    Answer {
        status,
        headers: vec![("x-amzn-errortype", code), ("x-amzn-requestid", "id-1")],
        body: r#"{"Type":"User","Message":"said","message":"said"}"#.to_owned(),
    }
}

/// Every error of the model of the Invoke API, in the table of spec 7.
#[tokio::test]
async fn every_modelled_error_has_its_class() {
    use CallReach::{MayHaveRun, NotRun};
    use ErrorClass::{Configuration, NotFound, Payload, Permission, Throttled, Transient};
    let rows = [
        (400, "InvalidParameterValueException", Payload, NotRun),
        (400, "InvalidRequestContentException", Payload, NotRun),
        (400, "NoPublishedVersionException", Configuration, NotRun),
        (400, "RecursiveInvocationException", Configuration, NotRun),
        (400, "SnapStartException", Configuration, NotRun),
        (403, "EFSMountFailureException", Configuration, NotRun),
        (403, "S3FilesMountFailureException", Configuration, NotRun),
        (403, "AccessDeniedException", Permission, NotRun),
        (404, "ResourceNotFoundException", NotFound, NotRun),
        (408, "EFSMountConnectivityException", Transient, NotRun),
        (408, "EFSMountTimeoutException", Transient, NotRun),
        (408, "S3FilesMountConnectivityException", Transient, NotRun),
        (408, "S3FilesMountTimeoutException", Transient, NotRun),
        (408, "SnapStartTimeoutException", Transient, NotRun),
        (409, "DurableExecutionAlreadyStartedException", Configuration, NotRun),
        (409, "ResourceConflictException", Transient, NotRun),
        (409, "SnapStartNotReadyException", Transient, NotRun),
        (410, "EFSIOException", Transient, MayHaveRun),
        (413, "RequestTooLargeException", Payload, NotRun),
        (413, "SerializedRequestEntityTooLargeException", Payload, NotRun),
        (415, "UnsupportedMediaTypeException", Payload, NotRun),
        (429, "TooManyRequestsException", Throttled, NotRun),
        (500, "ServiceException", Transient, MayHaveRun),
        (502, "EC2AccessDeniedException", Configuration, NotRun),
        (502, "EC2ThrottledException", Throttled, NotRun),
        (502, "EC2UnexpectedException", Transient, NotRun),
        (502, "ENILimitReachedException", Configuration, NotRun),
        (502, "InvalidRuntimeException", Configuration, NotRun),
        (502, "InvalidSecurityGroupIDException", Configuration, NotRun),
        (502, "InvalidSubnetIDException", Configuration, NotRun),
        (502, "InvalidZipFileException", Configuration, NotRun),
        (502, "KMSAccessDeniedException", Configuration, NotRun),
        (502, "KMSDisabledException", Configuration, NotRun),
        (502, "KMSInvalidStateException", Configuration, NotRun),
        (502, "KMSNotFoundException", Configuration, NotRun),
        (502, "ResourceNotReadyException", Transient, NotRun),
        (502, "SubnetIPAddressLimitReachedException", Configuration, NotRun),
    ];
    for (status, code, class, progress) in rows {
        let call_error = invoke(error(status, code)).await.unwrap_err();
        let cause = &call_error.cause;
        assert_eq!(
            (cause.class, cause.progress, cause.code.as_deref(), cause.http_status, cause.request_id.as_deref()),
            (class, progress, Some(code), Some(status), Some("id-1")),
            "{code}"
        );
        assert!(
            call_error.message.starts_with(&format!("Lambda answered {code} ({status}): said")),
            "{}",
            call_error.message
        );
    }
}

/// Proxies and emulators respond without an error name.
#[tokio::test]
async fn error_without_a_name_is_classified_by_status() {
    let rows = [
        (301, ErrorClass::Setup, CallReach::NotRun),
        (307, ErrorClass::Setup, CallReach::NotRun),
        (400, ErrorClass::Payload, CallReach::NotRun),
        (401, ErrorClass::Permission, CallReach::NotRun),
        (403, ErrorClass::Permission, CallReach::NotRun),
        (404, ErrorClass::NotFound, CallReach::NotRun),
        (408, ErrorClass::Transient, CallReach::MayHaveRun),
        (429, ErrorClass::Throttled, CallReach::NotRun),
        (500, ErrorClass::Transient, CallReach::MayHaveRun),
        (502, ErrorClass::Transient, CallReach::MayHaveRun),
        (503, ErrorClass::Transient, CallReach::MayHaveRun),
    ];
    for (status, class, progress) in rows {
        for body in ["", "<html>busy</html>", "{}", "\u{0}\u{1}"] {
            let call_error = invoke(Answer { status, headers: Vec::new(), body: body.to_owned() }).await.unwrap_err();
            assert_eq!(
                (call_error.cause.class, call_error.cause.progress),
                (class, progress),
                "{status} {body:?}: {call_error}"
            );
        }
    }
}

#[tokio::test]
async fn retry_after_is_parsed_as_seconds() {
    let rows = [("3", Some(3_000)), ("0.5", Some(500)), ("-1", None), ("soon", None), ("1e300", None), ("NaN", None)];
    for (value, wait) in rows {
        let mut answer = error(429, "TooManyRequestsException");
        answer.headers.push(("retry-after", value));
        assert_eq!(invoke(answer).await.unwrap_err().cause.retry_after, wait, "{value}");
    }
}

#[tokio::test]
async fn reply_is_returned_unchanged() {
    let answer = Answer {
        status: 200,
        headers: vec![
            ("x-amz-function-error", "Unhandled"),
            ("x-amz-executed-version", "$LATEST"),
            ("x-amz-log-result", "bG9n"),
            ("x-amzn-requestid", "id-2"),
        ],
        body: "not json".to_owned(),
    };
    assert_eq!(
        invoke(answer).await,
        Ok(InvokeReply {
            status_code: 200,
            function_error: Some("Unhandled".to_owned()),
            log_result: Some("bG9n".to_owned()),
            executed_version: Some("$LATEST".to_owned()),
            payload: b"not json".to_vec(),
            request_id: Some("id-2".to_owned()),
        })
    );
}

/// The table in `docs/behaviour.md` equals the table of the code: each name once, with its class and whether the
/// function ran; and each class has a row that says whether the call is retried.
#[test]
fn documented_error_table_matches_the_code() {
    let page = include_str!("../../../docs/behaviour.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| class | errors |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut documented = Vec::new();
    for row in &rows {
        let names = row[1].split('`').skip(1).step_by(2);
        let names = names.filter(|name| !name.starts_with("--") && *name != "FunctionError");
        documented.extend(names.map(|name| (name, row[0].trim_matches('`'), row[2])));
    }
    let mut coded: Vec<_> = super::CODES
        .iter()
        .map(|(name, class, progress)| {
            let said = match progress {
                CallReach::NotRun => "did not run",
                CallReach::MayHaveRun => "may have run",
                CallReach::Ran => "ran",
            };
            (*name, class.as_str(), said)
        })
        .collect();
    documented.sort_unstable();
    coded.sort_unstable();
    assert_eq!(documented, coded);
    let again: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].trim_matches('`'), row[3])).collect();
    for class in EVERY_CLASS {
        let said =
            if class == ErrorClass::Throttled { "within the window, then with attempts" } else { "with attempts" };
        assert!(again.contains(&(class.as_str(), said)), "{class:?}");
    }
}

const EVERY_CLASS: [ErrorClass; 10] = [
    ErrorClass::Function,
    ErrorClass::Throttled,
    ErrorClass::Transient,
    ErrorClass::Permission,
    ErrorClass::Configuration,
    ErrorClass::Payload,
    ErrorClass::NotFound,
    ErrorClass::Response,
    ErrorClass::Timeout,
    ErrorClass::Setup,
];

#[test]
fn every_named_error_has_a_remedy() {
    let without: Vec<&str> = super::CODES
        .iter()
        .filter(|(name, class, _)| super::remedy(Some(name), None, *class).is_none())
        .map(|(name, ..)| *name)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[tokio::test]
async fn throttle_reason_selects_the_remedy() {
    let throttled = |reason: &str| Answer {
        status: 429,
        headers: vec![("x-amzn-errortype", "TooManyRequestsException")],
        body: format!(r#"{{"Reason":"{reason}","message":"Rate Exceeded."}}"#),
    };
    let mut remedies = Vec::new();
    for reason in [
        "CallerRateLimitExceeded",
        "ConcurrentInvocationLimitExceeded",
        "ConcurrentSnapshotCreateLimitExceeded",
        "FunctionInvocationRateLimitExceeded",
        "ReservedFunctionConcurrentInvocationLimitExceeded",
        "ReservedFunctionInvocationRateLimitExceeded",
        "SomethingNew",
    ] {
        let call_error = invoke(throttled(reason)).await.unwrap_err();
        assert_eq!(
            call_error.message,
            format!("Lambda answered TooManyRequestsException (429): Rate Exceeded ({reason})")
        );
        remedies.push(call_error.cause.remedy.unwrap());
    }
    let distinct: std::collections::BTreeSet<&String> = remedies.iter().collect();
    assert_eq!(distinct.len(), remedies.len(), "{remedies:#?}");
}
