//! What an operator reads when Lambda refuses a call: step, function, attempt, request id, what may have happened, and
//! what to do.

use super::situation;
use super::stub::{Answer, Stub};

#[test]
fn an_error_names_all_that_an_operator_needs() {
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
    let told = rows.map(|answer| {
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
    insta::assert_snapshot!(hours.replace_all(&told.join("\n\n"), "H h M min"));
}
