//! The error report when Lambda rejects a call: step, function, attempt, request id, possible effects, and remedy.

use super::situation;
use super::stub::{Answer, Stub};

#[test]
fn service_error_reports_code_request_id_reach_and_remedy() {
    let rows: [(Answer, &str, [&str; 3]); 5] = [
        (
            Answer::error(502, "KMSAccessDeniedException", "Lambda was unable to decrypt the environment variables"),
            "Configuration KMSAccessDeniedException NotRun",
            ["KMSAccessDeniedException (HTTP 502)", "did not run", "Lambda may not decrypt the function's environment"],
        ),
        (
            Answer::error(500, "ServiceException", "Internal error"),
            "Transient ServiceException MayHaveRun",
            ["ServiceException (HTTP 500)", "may have run", "if the function may run twice"],
        ),
        (
            Answer::error(403, "ExpiredTokenException", "The security token included in the request is expired"),
            "Permission ExpiredTokenException NotRun",
            ["ExpiredTokenException (HTTP 403)", "did not run", "sign in again"],
        ),
        (
            Answer::error(403, "InvalidSignatureException", "Signature expired: 20200101T000000Z is now earlier than 20260101T000000Z")
                .header("date", "Wed, 01 Jan 2020 00:00:00 GMT"),
            "Permission InvalidSignatureException NotRun",
            ["InvalidSignatureException (HTTP 403)", "did not run", "min ahead of the server's"],
        ),
        (
            Answer::new(429, r#"{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded."}"#)
                .header("x-amzn-errortype", "TooManyRequestsException")
                .header("x-amzn-requestid", "request-1"),
            "Throttled TooManyRequestsException NotRun",
            ["TooManyRequestsException (HTTP 429)", "did not run", "reserved concurrency"],
        ),
    ];
    for (answer, class, [code, reach, remedy]) in rows {
        let lambda = Stub::start(move |_, _| answer.clone());
        let step = "name: restart, maxAttempts: 2, inputs: {FunctionName: restart-service}";
        let situation = situation().runbook("", &[step]);
        let outcome = situation.run(&[
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
        let texts =
            ["step restart attempt 2 of 2 failed", "restart-service", code, "request-1", reach, remedy, "book: Failed"];
        outcome.assert(1, "", &texts);
        assert_eq!(situation.history("last"), format!("restart attempt 2, restart Failed ({class}), Failed"));
    }
}
