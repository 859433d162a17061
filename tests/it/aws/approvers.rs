//! Approvers identified through STS, and SNS topics for pending approvals, against services on loopback.

use std::process::Output;

use super::situation;
use super::stub::{Answer, Stub};
use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Operators/anna";
const USER: &str = "arn:aws:iam::123456789012:user/people/bob";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:Automation-approvals";

/// An STS stub that identifies the caller by access key.
fn sts() -> Stub {
    Stub::start(|request, _| {
        let arn = match request.access_key() {
            "AKIDCALLER" => SESSION,
            "AKIDBOB" => USER,
            _ => {
                return Answer::new(
                    403,
                    "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security \
                     token included in the request is invalid.</Message></Error><RequestId>r</RequestId></ErrorResponse>",
                );
            }
        };
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>{arn}</Arn><UserId>u</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        );
        Answer::new(200, body)
    })
}

fn book(approvers: &str, more: &str) -> String {
    format!(
        "schemaVersion: '0.3'\nmainSteps:\n  - name: ask\n    action: aws:approve\n    inputs:\n      \
         Approvers: [{approvers}]\n      Message: Restart web-1?\n{more}"
    )
}

fn until_waiting(situation: &Situation) {
    situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
}

fn signal(situation: &Situation, key: &str) -> Output {
    let mut command = situation.command(&["signal", "last", "approve", "--as-aws-identity"]);
    command.env("AWS_ACCESS_KEY_ID", key).output().unwrap()
}

#[test]
fn approver_is_the_aws_identity_or_the_role_of_its_session() {
    let sts = sts();
    for approvers in
        ["arn:aws:iam::123456789012:role/people/Operators", SESSION, "nobody, arn:aws:iam::123456789012:role/Operators"]
    {
        let situation = situation().env("AWS_ENDPOINT_URL_STS", &sts.url).file("book.yaml", book(approvers, ""));
        let run = situation.start(&["run", "book.yaml", "-q"]);
        until_waiting(&situation);
        let non_approver = signal(&situation, "AKIDBOB");
        assert_eq!(non_approver.status.code(), Some(2));
        let said = String::from_utf8(non_approver.stderr).unwrap();
        assert!(said.contains(&format!("{USER} is not an approver of step ask")), "{said}");
        let as_user = situation.run(&["signal", "last", "approve"]);
        assert_eq!(
            (as_user.status, as_user.stderr.contains("operator is not an approver of")),
            (Some(2), true),
            "{approvers}"
        );
        assert_eq!(signal(&situation, "AKIDCALLER").status.code(), Some(0), "{approvers}");
        assert_eq!(situation.end(run).status, Some(0));
        let shown = situation.run(&["executions", "events", "last"]);
        assert!(shown.stdout.contains(SESSION), "{}", shown.text());
    }
}

#[test]
fn starter_cannot_approve_under_the_same_arn() {
    let sts = sts();
    let approvers = format!("{SESSION}, bob");
    let situation = situation().env("AWS_ENDPOINT_URL_STS", &sts.url).file("book.yaml", book(&approvers, ""));
    let run = situation.start(&["run", "book.yaml", "-q", "--as-aws-identity", "--no-self-approval"]);
    until_waiting(&situation);
    let own = signal(&situation, "AKIDCALLER");
    let said = String::from_utf8(own.stderr).unwrap();
    assert!(own.status.code() == Some(2) && said.contains(&format!("{SESSION} started the execution")), "{said}");
    let unknown = signal(&situation, "AKIDNOBODY");
    assert_eq!(unknown.status.code(), Some(2));
    let refused = String::from_utf8(unknown.stderr).unwrap();
    let texts = ["sts:GetCallerIdentity", "InvalidClientTokenId", "--as-aws-identity"];
    assert_eq!(texts.map(|text| refused.contains(text)), [true; 3], "{refused}");
    // The user whose ARN ends with the name.
    assert_eq!(signal(&situation, "AKIDBOB").status.code(), Some(0));
    assert_eq!(situation.end(run).status, Some(0));
}

#[test]
fn topic_is_notified_in_its_region_and_a_failure_is_only_a_warning() {
    let notify = format!("      NotificationArn: {TOPIC}\n");
    let (accepting, refusing) = (
        Stub::start(|_, _| {
            Answer::new(
                200,
                "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>m\
                 </MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>",
            )
        }),
        Stub::start(|_, _| {
            Answer::new(
                403,
                "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not authorized to \
                 perform: SNS:Publish</Message></Error><RequestId>r</RequestId></ErrorResponse>",
            )
        }),
    );
    for (sns, is_refusing) in [(&accepting, false), (&refusing, true)] {
        let situation = situation().env("AWS_ENDPOINT_URL_SNS", &sns.url).file("book.yaml", book("operator", &notify));
        let run = situation.start(&["run", "book.yaml", "-q"]);
        until_waiting(&situation);
        assert_eq!(situation.run(&["signal", "last", "approve"]).status, Some(0));
        let outcome = situation.end(run);
        assert_eq!(outcome.status, Some(0), "{}", outcome.text());
        let warning = outcome.stderr.lines().find(|line| line.starts_with("warning"));
        assert_eq!(warning.is_some(), is_refusing, "{}", outcome.text());
        if let Some(warning) = warning {
            let texts = ["step ask", "NotificationArn", TOPIC, "AuthorizationError"];
            assert_eq!(texts.map(|text| warning.contains(text)), [true; 4], "{warning}");
        }
    }
    let requests = accepting.requests();
    assert_eq!(requests.len(), 1);
    let (body, signed) = (&requests[0].body, requests[0].header("authorization"));
    assert!(signed.contains("/us-east-1/sns/"), "{signed}");
    for part in ["Action=Publish", "Automation-approvals", "Restart+web-1", "runwright+signal", "Subject=book"] {
        assert!(body.contains(part) || body.replace("%20", "+").contains(part), "{part}: {body}");
    }
}

#[test]
fn invalid_topic_arn_is_a_warning() {
    let notify = format!("      NotificationArn: {TOPIC}\n");
    let situation = Situation::new().file("book.yaml", book("operator", &notify));
    let run = situation.start(&["run", "book.yaml", "-q"]);
    until_waiting(&situation);
    assert_eq!(situation.run(&["signal", "last", "approve"]).status, Some(0));
    let outcome = situation.end(run);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    assert!(outcome.stderr.contains("notification for step ask failed; NotificationArn"), "{}", outcome.text());
}
