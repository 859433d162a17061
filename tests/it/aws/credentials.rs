//! Credentials and regions from every source, and the message without any.

use super::stub::{Answer, Stub};
use super::{situation, without_credentials};
use crate::harness::Situation;

/// A Lambda stub that responds to every request.
fn lambda() -> Stub {
    Stub::start(|_, _| Answer::new(200, "{}"))
}

/// The access key and the region that the only call of a run was signed with.
fn signed_by(situation: &Situation, arguments: &[&str]) -> (String, String) {
    let lambda = lambda();
    let mut all = vec!["run", "book.yaml", "-q", "--endpoint-url", &lambda.url];
    all.extend(arguments);
    let outcome = situation.run(&all);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let requests = lambda.requests();
    assert_eq!(requests.len(), 1);
    let scope: Vec<&str> = requests[0].header("authorization").split('/').collect();
    (requests[0].access_key().to_owned(), scope[2].to_owned())
}

const EXPIRY: &str = "2099-01-01T00:00:00Z";

fn credentials_document(key: &str) -> String {
    serde_json::json!({
        "Version": 1, "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z", "AccountId": "1",
        "AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "SessionToken": "t", "Expiration": EXPIRY,
    })
    .to_string()
}

const CONFIG: &str = "\
[default]
region = eu-west-1
[profile keys]
region = eu-west-2
[profile process]
region = eu-west-3
credential_process = ./credentials.sh
[profile sso]
region = eu-north-1
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Operator
[sso-session corp]
sso_region = eu-north-1
sso_start_url = https://corp.awsapps.com/start
[profile broken]
region = eu-west-1
credential_process = sh -c 'echo no vault >&2; exit 3'
[profile half]
region = eu-west-1
aws_access_key_id = AKIDHALF
";

fn with_profiles() -> Situation {
    without_credentials()
        .file(".aws/config", CONFIG)
        .file(".aws/credentials", "[keys]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n")
        .file(
            "credentials.sh",
            format!("#!/bin/sh\necho one >> started\necho '{}'\n", credentials_document("AKIDPROCESS")),
        )
}

#[test]
fn credentials_from_environment() {
    assert_eq!(signed_by(&situation(), &[]), ("AKIDCALLER".to_owned(), "eu-central-1".to_owned()));
    assert_eq!(signed_by(&situation(), &["--region", "us-west-2"]).1, "us-west-2");
}

#[test]
fn credentials_from_a_profile() {
    let expected = ("AKIDPROFILE".to_owned(), "eu-west-2".to_owned());
    assert_eq!(signed_by(&with_profiles(), &["--profile", "keys"]), expected);
    assert_eq!(signed_by(&with_profiles().env("AWS_PROFILE", "keys"), &[]), expected);
}

#[test]
fn credentials_from_a_process_that_is_started_once() {
    use std::os::unix::fs::PermissionsExt as _;
    let situation = with_profiles();
    let script = situation.path().join("credentials.sh");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(signed_by(&situation, &["--profile", "process"]), ("AKIDPROCESS".to_owned(), "eu-west-3".to_owned()));
    assert_eq!(std::fs::read_to_string(situation.path().join("started")).unwrap(), "one\n");
}

#[test]
#[cfg(feature = "sso")]
fn credentials_from_identity_center() {
    let portal = Stub::start(|request, _| {
        assert_eq!(request.header("x-amz-sso_bearer_token"), "token-of-the-browser");
        let credentials = serde_json::json!({
            "roleCredentials":
                {"accessKeyId": "AKIDSSO", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4_070_908_800_000_u64}
        });
        Answer::new(200, credentials.to_string())
    });
    let token = serde_json::json!({
        "accessToken": "token-of-the-browser", "expiresAt": EXPIRY, "region": "eu-north-1",
        "startUrl": "https://corp.awsapps.com/start",
    });
    // The file name is the SHA-1 of the session name, as the AWS CLI writes it.
    let cache = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
    let situation = with_profiles().file(cache, token.to_string());
    let situation = situation.env("AWS_ENDPOINT_URL_SSO", &portal.url);
    assert_eq!(signed_by(&situation, &["--profile", "sso"]), ("AKIDSSO".to_owned(), "eu-north-1".to_owned()));
    assert_eq!(portal.request_lines(), ["GET /federation/credentials?role_name=Operator&account_id=123456789012"]);
}

#[test]
fn credentials_from_a_web_identity() {
    let sts = Stub::start(|request, _| {
        assert!(request.body.contains("WebIdentityToken=token-of-the-cluster"), "{}", request.body);
        Answer::new(200, super::role::assume_role_response("AssumeRoleWithWebIdentity", "AKIDWEB", EXPIRY))
    });
    let situation = without_credentials()
        .file("token", "token-of-the-cluster")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", "token")
        .env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod")
        .env("AWS_ENDPOINT_URL_STS", &sts.url);
    assert_eq!(signed_by(&situation, &[]).0, "AKIDWEB");
}

#[test]
fn credentials_from_a_container() {
    let agent = Stub::start(|request, _| {
        assert_eq!(request.header("authorization"), "Bearer of-the-task");
        Answer::new(200, credentials_document("AKIDTASK"))
    });
    let situation = without_credentials()
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v2/credentials", agent.url))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer of-the-task");
    assert_eq!(signed_by(&situation, &[]).0, "AKIDTASK");
}

/// Instance metadata supplies the region too.
#[test]
fn credentials_from_instance_metadata() {
    let metadata = Stub::start(|request, _| match request.path.as_str() {
        "/latest/api/token" => Answer::new(200, "session").header("x-aws-ec2-metadata-token-ttl-seconds", "21600"),
        path if path.ends_with("security-credentials/") => Answer::new(200, "instance-role"),
        path if path.ends_with("security-credentials/instance-role") => {
            Answer::new(200, credentials_document("AKIDINSTANCE"))
        }
        path if path.ends_with("placement/region") => Answer::new(200, "ap-south-1"),
        _ => Answer::new(404, ""),
    });
    let situation = without_credentials()
        .env("AWS_EC2_METADATA_DISABLED", "false")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url);
    assert_eq!(signed_by(&situation, &[]), ("AKIDINSTANCE".to_owned(), "ap-south-1".to_owned()));
}

#[test]
fn lambda_endpoint_is_read_from_the_environment() {
    for name in ["AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"] {
        let lambda = lambda();
        let outcome = situation().env(name, &lambda.url).run(&["run", "book.yaml", "-q"]);
        assert_eq!((outcome.status, lambda.requests().len()), (Some(0), 1), "{name}: {}", outcome.text());
    }
}

#[test]
fn missing_credentials_are_reported_with_advice() {
    let keyless = || without_credentials().env("AWS_REGION", "eu-west-1");
    let forbidden = Stub::start(|_, _| Answer::new(403, "forbidden"));
    let with_metadata =
        keyless().env("AWS_EC2_METADATA_DISABLED", "false").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &forbidden.url);
    let with_container = keyless().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &forbidden.url);
    let with_token_file =
        keyless().env("AWS_WEB_IDENTITY_TOKEN_FILE", "gone").env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod");
    let none = "no AWS credentials were found";
    let advice = ["AWS_ACCESS_KEY_ID", "--profile", "--functions"];
    let rows: [(Situation, &[&str], &[&str]); 9] = [
        (without_credentials(), &[], &["no region is set", "--region", "AWS_REGION", "--functions"]),
        (keyless(), &[], &[&[none], &advice[..]].concat()),
        (with_metadata, &[], &[&[none, "instance metadata", "forbidden"], &advice[..]].concat()),
        (with_container, &[], &[&["credentials", "403"], &advice[..]].concat()),
        (
            with_profiles().env("AWS_REGION", "eu-west-1"),
            &["--profile", "nope"],
            &[&[none, "profile `nope`"], &advice[..]].concat(),
        ),
        (
            with_profiles(),
            &["--profile", "half"],
            &["profile `half`", "missing aws_secret_access_key", "~/.aws/config"],
        ),
        (
            with_profiles(),
            &["--profile", "broken"],
            &["profile `broken`", "`credential_process`", "exit status: 3", "no vault"],
        ),
        (with_profiles(), &["--profile", "sso"], &["profile `sso`", "`aws sso login --profile sso`"]),
        (with_token_file, &[], &["web identity", "token file", "No such file"]),
    ];
    for (situation, flags, texts) in rows {
        situation.run(&[&["run", "book.yaml", "-q"], flags].concat()).assert(2, "", &[&["error: "], texts].concat());
    }
}
