//! The credentials and the context of scripts, against a scripted STS.

use serde_json::{Value, json};

use super::role::assume_role_response;
use super::stub::{Answer, Stub};
use crate::harness::Situation;
use crate::scripts::{RUN, payload, script};

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                        <GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/Operator/x</Arn>\
                        <UserId>u</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata>\
                        <RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>";

/// Answers with keys `AKIDROLE1`, `AKIDROLE2`, …, of this expiry, and with the identity.
fn sts(expiration: fn(usize) -> String) -> Stub {
    Stub::start(move |request, before| {
        if request.body.contains("Action=AssumeRole&") {
            Answer::new(200, assume_role_response("AssumeRole", &format!("AKIDROLE{before}"), &expiration(before)))
        } else {
            Answer::new(200, IDENTITY)
        }
    })
}

fn situation(text: &str, sts: &Stub) -> Situation {
    let situation = script(text);
    let book = std::fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let role = "assumeRole: arn:aws:iam::123456789012:role/Operator\nmainSteps:";
    situation
        .file("book.yaml", book.replacen("mainSteps:", role, 1))
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDCALLER")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_ENDPOINT_URL_STS", &sts.url)
}

#[test]
fn script_acts_as_the_role_of_the_execution() {
    let sts = sts(|_| "2099-01-01T00:00:00Z".to_owned());
    let text = "import os\ndef main(e, c):\n    return {'key': os.environ['AWS_ACCESS_KEY_ID'], 'account': \
                c['global:ACCOUNT_ID'], 'token': len(os.environ['AWS_SESSION_TOKEN'])}";
    let outcome = situation(text, &sts).run(&RUN);
    let seen: Value = serde_json::from_str(&payload(&outcome)).unwrap();
    assert_eq!(seen, json!({"key": "AKIDROLE0", "account": "123456789012", "token": 1}));
    assert_eq!(sts.requests().len(), 2, "the account is asked for once");
}

#[test]
fn credentials_that_end_too_early_are_renewed_for_the_second_script() {
    // Those of the first answer hold for ten minutes: long enough for a call, and too short for a script.
    let sts = sts(|before| {
        let minutes = if before == 0 { 10 } else { 60 };
        let now = runwright::clock::Clock::time_of_day(&runwright::clock::SystemClock);
        runwright::clock::after(now, std::time::Duration::from_secs(minutes * 60)).to_string()
    });
    let situation = situation("import os\ndef main(e, c):\n    return os.environ['AWS_ACCESS_KEY_ID']", &sts);
    let book = std::fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let step = book.split_once("mainSteps:\n").unwrap().1.replace("name: work", "name: again");
    let situation = situation.file("book.yaml", book + &step);
    let outcome = situation.run(&RUN);
    let keys: Vec<Value> = outcome.json()["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["Outputs"]["Payload"][0].clone())
        .collect();
    // The first ones are new: there are no better ones.
    assert_eq!(keys, [json!("AKIDROLE0"), json!("AKIDROLE1")], "{}", outcome.text());
}

#[test]
fn script_calls_the_endpoints_of_the_profile() {
    let text =
        "import os\ndef main(e, c):\n    return {n: v for n, v in sorted(os.environ.items()) if 'ENDPOINT' in n}";
    let config = "[profile dev]\nregion = eu-central-1\nservices = local\nendpoint_url = http://127.0.0.1:7\n\n[services \
                  local]\nec2 =\n  endpoint_url = http://127.0.0.1:8\nelastic_load_balancing_v2 =\n  endpoint_url = \
                  http://127.0.0.1:9\n\n[services other]\niam =\n  endpoint_url = http://127.0.0.1:6\n";
    let endpoints = |name: &str, value: &str| {
        let situation = script(text)
            .file(".aws/config", config)
            .env("AWS_PROFILE", "dev")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env(name, value);
        serde_json::from_str::<Value>(&payload(&situation.run(&RUN))).unwrap()
    };
    let of_profile = json!({
        "AWS_ENDPOINT_URL": "http://127.0.0.1:7",
        "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:8",
        "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "http://127.0.0.1:9",
    });
    let all = json!({"AWS_ENDPOINT_URL": "http://127.0.0.1:5"});
    assert_eq!((endpoints("UNRELATED", ""), endpoints("AWS_ENDPOINT_URL", "http://127.0.0.1:5")), (of_profile, all));
}
