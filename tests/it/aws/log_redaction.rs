//! Redaction of calls to AWS in the logs of `-v`, `-vv`, `-vvv` and `RUNWRIGHT_LOG`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::role::assume_role_response;
use super::stub::{Answer, Stub};
use super::without_credentials;
use crate::harness::{Outcome, Situation};

const SENT: &str = "sent-correct-horse";
const REPLIED: &str = "replied-battery-staple";
const LOGGED: &str = "logged-tr0ub4dor";
const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLEwJalrXUtnFEMIK7MDENG";
const OF_ROLE: &str = "roleXUtnFEMIK7MDENGbPxRfiCYEXAMPLE";
const MALFORMED: &str = "malformedXUtnFEMIK7MDENGbPxRf";

/// Every log filter; the last ones are for the SDK.
const FILTERS: [&str; 3] = [
    "trace",
    "debug",
    "aws_smithy_runtime=trace,aws_sigv4=trace,aws_runtime=trace,aws_config=trace,hyper=trace,hyper_util=trace",
];

/// A run whose call is signed with role credentials; a credentials file with two lines assumes the role.
fn run(more: &[&str], filter: Option<&str>) -> Outcome {
    let sts = Stub::start(|_, _| {
        let answer = assume_role_response("AssumeRole", "AKIDROLE", "2099-01-01T00:00:00Z");
        Answer::new(200, answer.replace(">s<", &format!(">{OF_ROLE}<")).replace(">t<", &format!(">token{OF_ROLE}<")))
    });
    let lambda = Stub::start(|_, _| {
        Answer::new(200, format!("{{\"token\": \"{REPLIED}\"}}")).header("x-amz-log-result", STANDARD.encode(LOGGED))
    });
    let step = "name: a, inputs: {FunctionName: f, LogType: Tail, InputPayload: {password: '{{ Password }}'}}, \
                outputs: [{Name: Token, Selector: $.token, Type: String}]";
    let head = "assumeRole: arn:aws:iam::123456789012:role/Operator\nparameters: {Password: {type: String}}\n";
    let credentials = format!(
        "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {KEY}\naws_session_token = {TOKEN}\n\
         [half]\n{MALFORMED}! = x\n"
    );
    let mut situation: Situation = without_credentials()
        .runbook(head, &[step])
        .file("aws", credentials)
        .env("AWS_SHARED_CREDENTIALS_FILE", "aws")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ENDPOINT_URL_STS", &sts.url)
        .env("LOG_SENSITIVE_BODIES", "true")
        .env("LOG_SIGNABLE_BODY", "true");
    if let Some(filter) = filter {
        situation = situation.env("RUNWRIGHT_LOG", filter);
    }
    let password = format!("Password={SENT}");
    let base = ["run", "book.yaml", "--quiet", "--endpoint-url", &lambda.url, "-p", &password];
    let outcome = situation.run(&[&base[..], more].concat());
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_eq!(lambda.requests()[0].body, format!("{{\"password\":\"{SENT}\"}}"));
    outcome
}

fn assert_free(outcome: &Outcome) {
    let encoded = STANDARD.encode(LOGGED);
    for secret in [SENT, REPLIED, LOGGED, &encoded, KEY, TOKEN, OF_ROLE, MALFORMED] {
        let line = outcome.stderr.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[test]
fn no_log_level_shows_payloads_outputs_or_credentials() {
    for level in ["-v", "-vv", "-vvv"] {
        let outcome = run(&[level], None);
        assert_free(&outcome);
        // The level shows its own messages.
        assert!(outcome.stderr.contains("assuming the role"), "{level}: {}", outcome.stderr);
        let tells_of_the_sdk = outcome.stderr.contains("DEBUG") && outcome.stderr.contains("aws_smithy_runtime");
        assert_eq!(tells_of_the_sdk, level == "-vvv", "{level}: {}", outcome.stderr);
    }
    for filter in FILTERS {
        assert_free(&run(&[], Some(filter)));
    }
}

#[test]
fn no_log_level_shows_a_sensitive_output() {
    for filter in [None, Some("trace")] {
        let more = ["-vvv", "--show-logs", "--output", "json", "--sensitive", "Password", "--sensitive", "a.*"];
        let outcome = run(&more, filter);
        assert_free(&outcome);
        assert!(![SENT, REPLIED, LOGGED].iter().any(|secret| outcome.stdout.contains(secret)), "{}", outcome.stdout);
    }
}
