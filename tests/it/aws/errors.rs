//! The error report when Lambda rejects a call: step, function, attempt, request id, possible effects, and remedy.

use super::situation;
use super::stub::{Answer, Stub};

#[test]
fn lambda_error_names_step_function_attempt_and_remedy() {
    let rows = [
        Answer::error(502, "KMSAccessDeniedException", "Lambda was unable to decrypt the environment variables"),
        Answer::error(500, "ServiceException", "Internal error"),
        Answer::error(403, "ExpiredTokenException", "The security token included in the request is expired"),
        Answer::error(403, "InvalidSignatureException", "Signature expired: 20200101T000000Z is now earlier than 20260101T000000Z")
            .header("date", "Wed, 01 Jan 2020 00:00:00 GMT"),
        Answer::new(429, r#"{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded."}"#)
            .header("x-amzn-errortype", "TooManyRequestsException")
            .header("x-amzn-requestid", "request-1"),
    ];
    let reports = rows.map(|answer| {
        let lambda = Stub::start(move |_, _| answer.clone());
        let step = "name: restart, maxAttempts: 2, inputs: {FunctionName: restart-service}";
        let outcome = situation().runbook("", &[step]).run(&[
            "run",
            "book.yaml",
            "--retry-delay",
            "0",
            "--throttle-window",
            "0s",
            "--endpoint-url",
            &lambda.url,
        ]);
        assert_eq!(lambda.requests().len(), 2);
        outcome.told()
    });
    let hours = fancy_regex::Regex::new(r"\d+ h \d+ min").unwrap();
    insta::assert_snapshot!(hours.replace_all(&reports.join("\n\n"), "H h M min"));
}
