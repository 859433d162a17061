//! `assumeRole` of a document, against a scripted STS.

use super::stub::{Answer, Stub};
use super::{STEP, situation};
use crate::harness::Situation;

const ROLE: &str = "arn:aws:iam::123456789012:role/Operator";

/// The response of STS to this operation.
pub(super) fn assume_role_response(operation: &str, key: &str, expiration: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
         <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/x/x</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>{expiration}</Expiration></Credentials></{operation}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
    )
}

fn access_denied() -> Answer {
    Answer::new(
        403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User AKIDCALLER is not authorized \
         to perform: sts:AssumeRole</Message></Error><RequestId>r</RequestId></ErrorResponse>",
    )
}

/// An STS stub: the n-th response has the key `AKIDROLEn`.
fn sts(expiration: &'static str) -> Stub {
    Stub::start(move |_, before| {
        Answer::new(200, assume_role_response("AssumeRole", &format!("AKIDROLE{before}"), expiration))
    })
}

fn lambda() -> Stub {
    Stub::start(|_, _| Answer::new(200, "{}"))
}

fn keys(lambda: &Stub) -> Vec<String> {
    lambda.requests().iter().map(|request| request.access_key().to_owned()).collect()
}

fn document(head: &str, sts: &Stub) -> Situation {
    let second = STEP.replace("name: a", "name: b");
    situation().runbook(head, &[STEP, &second]).env("AWS_ENDPOINT_URL_STS", &sts.url)
}

const PARAMETER: &str = "assumeRole: '{{ Role }}'\nparameters: {Role: {type: String, default: ''}}\n";

#[test]
fn calls_use_the_role_in_a_session_named_after_the_execution() {
    for (head, parameter) in
        [(format!("assumeRole: {ROLE}\n"), None), (PARAMETER.to_owned(), Some(format!("Role={ROLE}")))]
    {
        let (sts, lambda) = (sts("2099-01-01T00:00:00Z"), lambda());
        let situation = document(&head, &sts);
        let mut arguments = vec!["run", "book.yaml", "-q", "--output", "json", "--endpoint-url", &lambda.url];
        arguments.extend(parameter.iter().flat_map(|it| ["-p", it]));
        let outcome = situation.run(&arguments);
        assert_eq!(outcome.status, Some(0), "{}", outcome.text());
        let execution: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let id = execution["AutomationExecutionId"].as_str().unwrap();
        assert_eq!(keys(&lambda), ["AKIDROLE0", "AKIDROLE0"]);
        let requests = sts.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].access_key(), "AKIDCALLER");
        assert!(requests[0].body.contains("Action=AssumeRole&"), "{}", requests[0].body);
        assert!(
            requests[0].body.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FOperator"),
            "{}",
            requests[0].body
        );
        assert!(requests[0].body.contains(&format!("RoleSessionName=runwright-{id}")), "{}", requests[0].body);
    }
}

#[test]
fn expired_role_credentials_are_renewed() {
    let (sts, lambda) = (sts("2026-01-01T00:00:00Z"), lambda());
    let outcome = document(&format!("assumeRole: {ROLE}\n"), &sts).run(&[
        "run",
        "book.yaml",
        "-q",
        "--endpoint-url",
        &lambda.url,
    ]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let keys = keys(&lambda);
    assert_ne!(keys[0], keys[1], "the second call is signed with newer credentials");
    assert_eq!(sts.requests().len(), keys[1].strip_prefix("AKIDROLE").unwrap().parse::<usize>().unwrap() + 1);
}

/// The account is that of the caller, and AWS is asked only by a runbook that names it.
#[test]
fn account_of_the_caller_is_known_to_a_runbook_that_refers_to_it() {
    let sts = Stub::start(|_, _| {
        Answer::new(
            200,
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:sts::123456789012:assumed-role/x/x</Arn><Account>123456789012</Account></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
        )
    });
    let lambda = lambda();
    let named = STEP.replace("inputs: {", "inputs: {InputPayload: {account: '{{ global:ACCOUNT_ID }}'}, ");
    let sent = |step: &str| {
        let situation = situation().runbook("", &[step]).env("AWS_ENDPOINT_URL_STS", &sts.url);
        let outcome = situation.run(&["run", "book.yaml", "-q", "--endpoint-url", &lambda.url]);
        assert_eq!(outcome.status, Some(0), "{}", outcome.text());
        (lambda.requests().last().unwrap().body.clone(), sts.requests().len())
    };
    assert_eq!([sent(STEP), sent(&named)], [("{}".to_owned(), 0), (r#"{"account":"123456789012"}"#.to_owned(), 1)]);
}

/// A wait may last longer than the credentials of a role, which end after an hour at the latest.
#[test]
fn credentials_are_renewed_between_the_polls_of_a_wait() {
    let sts = sts("2026-01-01T00:00:00Z");
    let service = Stub::start(|_, before| {
        let state = if before < 3 { "Pending" } else { "Active" };
        Answer::new(200, serde_json::json!({ "FunctionName": "f", "State": state }).to_string())
    });
    let book = format!(
        "schemaVersion: '0.3'\nassumeRole: {ROLE}\nmainSteps:\n  - {{name: wait, action: 'aws:waitForAwsResourceProperty', \
         inputs: {{Service: lambda, Api: GetFunctionConfiguration, FunctionName: f, PropertySelector: $.State, \
         DesiredValues: [Active]}}}}\n"
    );
    let situation = situation().file("wait.yaml", book).env("AWS_ENDPOINT_URL_STS", &sts.url);
    let run = ["run", "wait.yaml", "-q", "--endpoint-url", &service.url, "--poll-interval", "10ms"];
    let outcome = situation.run(&run);
    let mut keys = keys(&service);
    let polls = keys.len();
    keys.dedup();
    assert_eq!((outcome.status, polls, keys.len()), (Some(0), 4, 4), "{}", outcome.text());
}

#[test]
fn empty_role_uses_the_caller_and_the_flag_overrides_the_document() {
    let other = "arn:aws:iam::210987654321:role/Other";
    let fixed = format!("assumeRole: {ROLE}\n");
    let rows = [
        (PARAMETER, None, None),
        (&*fixed, Some(""), None),
        (&*fixed, Some(other), Some("210987654321")),
        ("", Some(other), Some("210987654321")),
    ];
    for (head, flag, account) in rows {
        let (sts, lambda) = (sts("2099-01-01T00:00:00Z"), lambda());
        let mut arguments = vec!["run", "book.yaml", "-q", "--endpoint-url", &lambda.url];
        arguments.extend(flag.iter().flat_map(|it| ["--assume-role", it]));
        let outcome = document(head, &sts).run(&arguments);
        assert_eq!(outcome.status, Some(0), "{}", outcome.text());
        let expected = if account.is_some() { "AKIDROLE0" } else { "AKIDCALLER" };
        assert_eq!(
            (keys(&lambda), sts.requests().len()),
            (vec![expected.to_owned(); 2], usize::from(account.is_some()))
        );
        assert!(account.is_none_or(|account| sts.requests()[0].body.contains(account)));
    }
}

#[test]
fn local_functions_need_no_role() {
    let sts = sts("2099-01-01T00:00:00Z");
    let situation = Situation::new()
        .functions()
        .runbook(&format!("assumeRole: {ROLE}\n"), &["name: a, inputs: {FunctionName: say}"])
        .env("AWS_ENDPOINT_URL_STS", &sts.url);
    let outcome = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "-v"]);
    assert_eq!((outcome.status, sts.requests().len()), (Some(0), 0), "{}", outcome.text());
    assert!(outcome.stderr.contains("no role is assumed"), "{}", outcome.text());
}

#[test]
fn invalid_or_denied_role_ends_the_command() {
    let (refusing, lambda) = (Stub::start(|_, _| access_denied()), lambda());
    let run = |head: &str, more: &[&str]| {
        let mut arguments = vec!["run", "book.yaml", "-q", "--endpoint-url", &lambda.url];
        arguments.extend(more);
        document(head, &refusing).run(&arguments)
    };
    let invalid = "The format of the supplied assume role ARN isn't valid";
    let user = run("assumeRole: arn:aws:iam::123456789012:user/me\n", &[]);
    user.assert(3, "", &[invalid, "document is arn:aws:iam::123456789012:user/me\n", "--assume-role ''"]);
    run(PARAMETER, &["-p", "Role=Operator"]).assert(3, "", &[invalid, "document is Operator\n", "--assume-role ''"]);
    run("", &["--assume-role", "Operator"]).assert(
        2,
        "",
        &[invalid, "--assume-role is Operator\n", "--assume-role ''"],
    );
    let denied = run(&format!("assumeRole: {ROLE}\n"), &[]);
    denied.assert(2, "", &["unable to be assumed", ROLE, "AccessDenied", "sts:AssumeRole", "trust policy"]);
    assert_eq!(lambda.requests().len(), 0);
}

#[test]
fn role_denied_during_the_execution_fails_the_step() {
    let sts = Stub::start(|_, before| {
        if before == 0 {
            Answer::new(200, assume_role_response("AssumeRole", "AKIDROLE0", "2026-01-01T00:00:00Z"))
        } else {
            access_denied()
        }
    });
    let lambda = lambda();
    let situation = document(&format!("assumeRole: {ROLE}\n"), &sts);
    let outcome = situation.run(&["run", "book.yaml", "-q", "--endpoint-url", &lambda.url]);
    outcome.assert(1, "", &["step b: Failed", "AccessDenied", "sts:AssumeRole", "did not run", "book: Failed"]);
    assert_eq!(situation.history("last"), "a Success, b Failed (Setup NotRun), Failed");
}

#[test]
fn role_secrets_never_appear_even_after_renewal() {
    let secret = |number: usize| format!("SecretKeyOfTheRole{number}/with+more");
    let token = |number: usize| format!("SessionTokenOfTheRole{number}//with+more==");
    // Every response of STS has expired already, so that each call gets new credentials.
    let sts = Stub::start(move |_, before| {
        let text = assume_role_response("AssumeRole", "AKIDROLE", "2001-01-01T00:00:00Z");
        let text = text.replace(">s</SecretAccessKey>", &format!(">{}</SecretAccessKey>", secret(before)));
        Answer::new(200, text.replace(">t</SessionToken>", &format!(">{}</SessionToken>", token(before))))
    });
    let lambda = Stub::start(move |_, before| {
        Answer::new(200, serde_json::json!({"knows": [secret(before), token(before)], "call": before}).to_string())
    });
    let situation = document(&format!("assumeRole: {ROLE}\n"), &sts);
    let outcome = situation.run(&["run", "book.yaml", "--output", "jsonl", "-vvv", "--endpoint-url", &lambda.url]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let all = format!("{}{}", outcome.stdout, outcome.stderr);
    for number in 0..2 {
        assert!(!all.contains(&secret(number)) && !all.contains(&token(number)), "{all}");
        let shown = format!("\"document\":{{\"knows\":[\"****\",\"****\"],\"call\":{number}}}");
        assert!(outcome.stdout.contains(&shown), "{}", outcome.stdout);
    }
}
