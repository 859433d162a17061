//! Redaction of events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::{
    ActionResult, AttemptEnded, CallReach, Cause, ErrorClass, Event, ExecutionEnded, Failure, FailureStage,
    FailureType, Next, Outcome, Recorded, ReportedError, Status, StepEnded, StepReused, StepStarted,
};
use crate::name::{OutputName, StepExecutionId};

fn patterns(texts: &[&str]) -> Patterns {
    Patterns::new(texts.iter().filter_map(|text| Pattern::new(text)).collect())
}

fn secrets_of(values: &[Value]) -> Secrets {
    let secrets = Secrets::default();
    for value in values {
        secrets.register(value);
    }
    secrets
}

fn runbook(steps: &str) -> Runbook {
    let text = format!("{{schemaVersion: '0.3', parameters: {{Pin: {{type: Integer}}}}, mainSteps: [{steps}]}}");
    let document = crate::document::read("test", text.as_bytes()).unwrap();
    crate::runbook::load(&document).runbook.unwrap()
}

const LOOKUP: &str = "{name: lookup, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}, outputs: [\
                      {Name: Token, Selector: $.token, Type: String}, {Name: Code, Selector: $.code, Type: Integer}]}";

fn recorded(event: Event) -> Recorded {
    Recorded { sequence: 0, at: jiff::Timestamp::UNIX_EPOCH, event }
}

fn step_started(step: &str, inputs: &Value) -> Recorded {
    let inputs = inputs.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    recorded(Event::StepStarted(Arc::new(StepStarted {
        step: step.into(),
        step_execution: StepExecutionId::new("s"),
        inputs: Arc::new(inputs),
        unset: vec![],
        hidden: Vec::new(),
    })))
}

/// The same event, with the names of its redacted parts.
fn with_redacted_names(mut recorded: Recorded, names: &[&str]) -> Recorded {
    match &mut recorded.event {
        Event::StepStarted(started) => {
            Arc::make_mut(started).hidden = names.iter().map(|name| (*name).to_owned()).collect();
        }
        Event::StepEnded(ended) => {
            Arc::make_mut(ended).hidden = names.iter().map(|name| OutputName::from(*name)).collect();
        }
        other => panic!("{other:?} has no redacted names"),
    }
    recorded
}

fn step_ended(outputs: &Value, document: Option<Value>) -> Recorded {
    let outputs: IndexMap<OutputName, Value> =
        outputs.as_object().unwrap().iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect();
    recorded(Event::StepEnded(Arc::new(StepEnded {
        status: Status::Success,
        outputs: Arc::new(outputs),
        document: document.map(Arc::new),
        failure: None,
        next: Next::End,
        hidden: Vec::new(),
    })))
}

#[test]
fn secret_is_found_in_every_encoding() {
    let secrets = secrets_of(&[json!("p\"a/s s\\wörd")]);
    let rows = [
        (r#"it is p"a/s s\wörd, really"#, "it is ****, really"),
        (r#"{"a":"p\"a/s s\\wörd"}"#, r#"{"a":"****"}"#),
        (r#"{"a":"{\"b\":\"p\\\"a/s s\\\\wörd\"}"}"#, r#"{"a":"{\"b\":\"****\"}"}"#),
        (r#"{"a":"p\"a\/s s\\w\u00f6rd"}"#, r#"{"a":"****"}"#),
        (r#"b"{\"a\":\"p\\\"a/s s\\\\w\xc3\xb6rd\"}""#, r#"b"{\"a\":\"****\"}""#),
        ("https://h/?q=p%22a%2Fs%20s%5Cw%C3%B6rd&x=1", "https://h/?q=****&x=1"),
        ("q=p%22a%2fs+s%5cw%c3%b6rd", "q=****"),
        ("p\"a/s s\\w", "p\"a/s s\\w"),
        ("the message shows p\"a/s s… and no more", "the message shows ****… and no more"),
    ];
    assert_eq!(rows.map(|(text, _)| secrets.text(text)), rows.map(|(_, masked)| masked));
}

#[test]
fn base64_is_redacted_at_all_three_alignments() {
    let secret = "correct horse battery";
    let secrets = secrets_of(&[json!(secret)]);
    for before in ["", "x", "xy", "xyz"] {
        let encoded = STANDARD.encode(format!("{before}{secret}zyx"));
        // Redaction decodes and re-encodes it; without a known alignment it masks the part.
        let again = STANDARD.encode(format!("{before}****zyx"));
        assert_eq!(secrets.text(&format!("log: {encoded}.")), format!("log: {again}."));
        let within = format!("x/{encoded}.");
        let masked = secrets.text(&within).into_owned();
        let own = STANDARD.encode(format!("{before}{secret}"));
        assert!(masked.contains("****") && !masked.contains(own.get(8..20).unwrap()), "{masked}");
    }
}

#[test]
fn short_secret_is_redacted_as_a_whole_value_only() {
    let secrets = secrets_of(&[json!(["no", "x1"]), json!(1234)]);
    let value = json!({
        "answer": "no", "text": "no, nothing is known", "nested": "{\"answer\": \"no\", \"x1\": [\"x1\"]}",
        "code": 1234, "port": 12345, "message": "code 1234 of a1234 and 12345"
    });
    assert_eq!(
        *secrets.value(&value),
        json!({
            "answer": "****", "text": "no, nothing is known",
            "nested": "{\"answer\": \"****\", \"****\": [\"****\"]}",
            "code": "****", "port": 12345, "message": "code **** of a1234 and 12345"
        })
    );
}

#[test]
fn parts_of_structured_secrets_are_redacted() {
    let secrets = secrets_of(&[json!({
        "list": ["first-one", "second-one"],
        "key": "-----BEGIN KEY-----\nMIIEow\nIBAAKCAQEA7\n-----END KEY-----\n",
        "json": "{\"user\":\"operator\",\"password\":\"hunter22\"}"
    })]);
    let text = "second-one first-one IBAAKCAQEA7 hunter22 password MIIEow";
    assert_eq!(secrets.text(text), "**** **** **** **** password MIIEow");
}

#[test]
fn patterns_match_parameters_and_outputs() {
    let patterns = patterns(&["Password", "*Secret*", "lookup.*", "get.Token", "log.StatusCode"]);
    let names = ["Password", "password", "MySecretKey", "PasswordOld", "lookup"];
    assert_eq!(names.map(|name| patterns.names(name)), [true, true, true, false, false]);
    let outputs = [
        ("lookup", "Token"),
        ("lookup", "Payload"),
        ("lookup", "StatusCode"),
        ("log", "StatusCode"),
        ("get", "Token"),
        ("get", "Payload"),
        ("any", "TheSecret"),
        ("any", "Password"),
    ];
    assert_eq!(
        outputs.map(|(step, output)| patterns.names_output(step, output)),
        [true, true, false, true, true, false, true, false]
    );
}

#[test]
fn sensitive_output_is_registered_before_its_event_is_redacted() {
    let secrets = Secrets::new(patterns(&["lookup.Token"]));
    let runbook = runbook(LOOKUP);
    let document = json!({"token": "tok-4711", "other": "seen"});
    let result = ActionResult { document: Some(document.clone()), ..ActionResult::default() };
    secrets.register_result(runbook.steps().get("lookup").unwrap(), &Ok(result));
    let outputs = json!({"StatusCode": 200, "Payload": document.to_string(), "Token": "tok-4711"});
    let mut events = vec![
        step_started("lookup", &json!({"FunctionName": "f"})),
        step_ended(&outputs, Some(document)),
        step_started("other", &json!({"Payload": "{\"with\":\"Bearer tok-4711\"}"})),
        recorded(Event::ExecutionEnded(Arc::new(ExecutionEnded {
            status: Status::Success,
            outputs: IndexMap::from([("lookup.Token".to_owned(), vec!["tok-4711".to_owned()])]),
            failure_message: None,
        }))),
    ];
    secrets.rewrite(&runbook, &mut events);
    let masked = vec![
        step_started("lookup", &json!({"FunctionName": "f"})),
        with_redacted_names(
            step_ended(
                &json!({"StatusCode": 200, "Payload": "{\"token\":\"****\",\"other\":\"seen\"}", "Token": "****"}),
                Some(json!({"token": "****", "other": "seen"})),
            ),
            &["Payload", "Token", "OutputPayload"],
        ),
        with_redacted_names(step_started("other", &json!({"Payload": "{\"with\":\"Bearer ****\"}"})), &["Payload"]),
        recorded(Event::ExecutionEnded(Arc::new(ExecutionEnded {
            status: Status::Success,
            outputs: IndexMap::from([("lookup.Token".to_owned(), vec!["****".to_owned()])]),
            failure_message: None,
        }))),
    ];
    assert_eq!(events, masked);
}

#[test]
fn short_value_that_a_model_calls_sensitive_is_redacted_only_as_a_whole() {
    let secrets = Secrets::default();
    let runbook = runbook(LOOKUP);
    let document = json!({"token": "00000", "account": "100000000000"});
    let hidden = vec![json!("00000")];
    let result = ActionResult { document: Some(document.clone()), secrets: hidden, ..ActionResult::default() };
    secrets.register_result(runbook.steps().get("lookup").unwrap(), &Ok(result));
    let mut events = vec![
        step_started("lookup", &json!({})),
        step_ended(&json!({"Token": "00000"}), Some(document)),
        step_started("other", &json!({"FunctionName": "f-100000000000"})),
    ];
    secrets.rewrite(&runbook, &mut events);
    let masked = vec![
        step_started("lookup", &json!({})),
        with_redacted_names(
            step_ended(&json!({"Token": "****"}), Some(json!({"token": "****", "account": "100000000000"}))),
            &["Token", "OutputPayload"],
        ),
        step_started("other", &json!({"FunctionName": "f-100000000000"})),
    ];
    assert_eq!(events, masked);
}

#[test]
fn unsearchable_value_redacts_its_source_and_its_uses() {
    let secrets = Secrets::new(patterns(&["lookup.Code"]));
    let using = "{name: use, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f, InputPayload: \
                 {code: '{{ lookup.Code }}', text: 'is {{ lookup.Code }}', other: '{{ Pin }}', plain: 7}}}";
    let runbook = runbook(&format!("{LOOKUP}, {using}"));
    let mut events = vec![
        step_started("lookup", &json!({})),
        step_ended(&json!({"Payload": "{\"code\":7}", "Code": 7}), Some(json!({"code": 7}))),
        step_started("use", &json!({"InputPayload": {"code": 7, "text": "is 7", "other": 1, "plain": 7}})),
    ];
    secrets.rewrite(&runbook, &mut events);
    let masked = vec![
        step_started("lookup", &json!({})),
        with_redacted_names(
            step_ended(&json!({"Payload": "****", "Code": "****"}), Some(json!("****"))),
            &["Payload", "Code", "OutputPayload"],
        ),
        with_redacted_names(
            step_started("use", &json!({"InputPayload": {"code": "****", "text": "****", "other": 1, "plain": 7}})),
            &["InputPayload"],
        ),
    ];
    assert_eq!(events, masked);
}

#[test]
fn log_that_begins_within_a_secret_is_redacted() {
    let secrets = secrets_of(&[json!("hunter-twenty-two")]);
    let log = |begin: &str| format!("{begin} and so on\n{}", "line\n".repeat(900));
    assert_eq!(log("twenty-two").len() / 1000, 4);
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, "m");
    let mut cause = Cause::new(ErrorClass::Function, CallReach::Ran);
    cause.log_tail = Some(log("twenty-two"));
    failure.cause = Some(Box::new(cause));
    let ended = |failure| {
        vec![recorded(Event::AttemptEnded(Arc::new(AttemptEnded {
            attempt: 1,
            outcome: Outcome::Failed { failure },
            retry_at: None,
        })))]
    };
    let mut events = ended(failure.clone());
    secrets.rewrite(&runbook(LOOKUP), &mut events);
    failure.cause.as_mut().unwrap().log_tail = Some(log("****"));
    assert_eq!(events, ended(failure));
    let encoded = STANDARD.encode(log("twenty-two"));
    assert_eq!(*secrets.text(&encoded), STANDARD.encode(log("****")));
}

#[test]
fn too_many_secrets_redact_every_text() {
    let secrets = secrets_of(&[json!("0123456789abcdef".repeat(40_000))]);
    assert_eq!((&*secrets.text("anything"), &*secrets.text("no")), ("****", "no"));
}

#[test]
fn emulator_placeholder_credentials_are_not_redacted() {
    let secrets = Secrets::default();
    secrets.register_credential("test");
    assert!(!secrets.is_active());
    secrets.register_credential("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_eq!(secrets.text("with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "with ****");
}

/// Events with these texts in every field that can hold one.
fn events(texts: &[String]) -> Vec<Recorded> {
    let text = |at: usize| texts.get(at % texts.len()).cloned().unwrap_or_default();
    let nested = json!({ "a": [text(0), {"b": json!({"c": text(1)}).to_string()}], "n": 1, "t": true });
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, text(2));
    failure.details.insert("More".to_owned(), vec![text(3)]);
    let mut cause = Cause::new(ErrorClass::Function, CallReach::Ran);
    cause.code = Some(text(4));
    cause.remedy = Some(text(5));
    cause.request_id = Some(text(6));
    cause.log_tail = Some(format!("START\n{}\nEND\n", text(7)));
    cause.reported_error = Some(ReportedError {
        kind: "Unhandled".to_owned(),
        error_type: Some(text(8)),
        message: Some(text(9)),
        trace: vec![text(10), text(11)],
        payload: json!({"errorMessage": text(9)}).to_string(),
    });
    failure.cause = Some(Box::new(cause));
    vec![
        step_started("lookup", &json!({"Payload": text(12), "InputPayload": nested.clone()})),
        recorded(Event::AttemptEnded(Arc::new(AttemptEnded {
            attempt: 1,
            outcome: Outcome::Failed { failure: failure.clone() },
            retry_at: None,
        }))),
        step_ended(
            &json!({"Payload": nested.to_string(), "LogResult": STANDARD.encode(text(13)), "Other": text(14)}),
            Some(nested),
        ),
        recorded(Event::ExecutionEnded(Arc::new(ExecutionEnded {
            status: Status::Failed,
            outputs: IndexMap::from([("lookup.Other".to_owned(), vec![text(14), text(15)])]),
            failure_message: Some(text(16)),
        }))),
    ]
}

/// A secret in one of the encodings that it may have within another text.
fn encode_secret(secret: &str, way: usize) -> String {
    let percent: String = secret.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    let json = json!(secret).to_string();
    match way {
        0 => secret.to_owned(),
        1 => json,
        2 => json!({ "x": json }).to_string(),
        3 => percent,
        4 => STANDARD.encode(secret),
        5 => STANDARD.encode(format!("a{secret}b")),
        _ => format!("{secret:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn redacted_event_has_no_secret(
        secret in "[A-Zà-ÿ\"\\\\/\n §$%&=+]{3}[Q-Z]{6,20}[A-Z\"\\\\ ]{0,3}",
        around in proptest::collection::vec(("[a-p ]{0,8}", 0_usize..7, "[a-p ]{0,8}"), 17),
    ) {
        let texts: Vec<String> =
            around.iter().map(|(before, way, after)| format!("{before} {} {after}", encode_secret(&secret, *way))).collect();
        let secrets = secrets_of(&[json!(secret)]);
        let mut events = events(&texts);
        secrets.rewrite(&runbook(LOOKUP), &mut events);
        let kept = serde_json::to_string(&events).unwrap();
        for way in 0..7 {
            let wrapped = encode_secret(&secret, way);
            // The last character of base64 and the quotes around a string are not part of the secret.
            let own = wrapped.trim_matches(['"', '=']);
            let own = if way == 5 { own.get(2..own.len() - 3).unwrap() } else { own };
            prop_assert!(!kept.contains(own), "{own} in {kept}");
            let escaped = json!(own).to_string();
            prop_assert!(!kept.contains(escaped.trim_matches('"')), "{escaped} in {kept}");
        }
        for text in kept.split('"').filter_map(|text| STANDARD.decode(text).ok()) {
            prop_assert!(!String::from_utf8_lossy(&text).contains(&secret));
        }
    }

    #[test]
    fn event_without_a_secret_is_unchanged(
        secrets in proptest::collection::vec("[Q-Z]{1,30}", 1..5),
        texts in proptest::collection::vec("[a-p0-9 \\\\\"%+/={}\\[\\]…é\n]{0,60}", 1..17),
    ) {
        let secrets = secrets_of(&secrets.into_iter().map(Value::from).collect::<Vec<_>>());
        let before = events(&texts);
        let mut after = before.clone();
        secrets.rewrite(&runbook(LOOKUP), &mut after);
        prop_assert_eq!(after, before);
    }

    #[test]
    fn redaction_terminates_and_is_idempotent(secret in ".{4,20}", text in ".{0,200}") {
        prop_assume!(!secret.contains('*'));
        let secrets = secrets_of(&[json!(secret)]);
        let masked = secrets.text(&text).into_owned();
        prop_assert!(secret.trim().is_empty() || !masked.contains(&secret));
    }
}

#[test]
fn reused_result_is_redacted_by_the_current_patterns() {
    let kept = |outputs: Value, failure: Option<Failure>| {
        recorded(Event::StepReused(Arc::new(StepReused {
            step: "lookup".into(),
            step_execution: StepExecutionId::new("s"),
            inputs: Arc::default(),
            started_at: jiff::Timestamp::UNIX_EPOCH,
            ended_at: jiff::Timestamp::UNIX_EPOCH,
            iteration: None,
            hidden: Vec::new(),
            ended: Arc::new(StepEnded {
                status: Status::Success,
                outputs: Arc::new(
                    outputs
                        .as_object()
                        .unwrap()
                        .iter()
                        .map(|(it, value)| (OutputName::from(it.as_str()), value.clone()))
                        .collect(),
                ),
                document: Some(Arc::new(json!({"token": "hunter2hunter2"}))),
                failure,
                next: Next::Step("after".into()),
                hidden: Vec::new(),
            }),
        })))
    };
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, "failed");
    let mut cause = Cause::new(ErrorClass::Function, CallReach::Ran);
    cause.reported_error = Some(ReportedError {
        kind: "Unhandled".to_owned(),
        error_type: None,
        message: None,
        trace: Vec::new(),
        payload: "short".to_owned(),
    });
    failure.cause = Some(Box::new(cause));
    let runbook = runbook(LOOKUP);

    // A value that occurs in later texts.
    let secrets = Secrets::new(patterns(&["lookup.Token"]));
    let mut events =
        vec![kept(json!({"Token": "hunter2hunter2"}), None), step_started("after", &json!({"key": "hunter2hunter2"}))];
    secrets.rewrite(&runbook, &mut events);
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("hunter2"), "{text}");

    // A payload that is redacted as a whole, and an error that contains it.
    let secrets = Secrets::new(patterns(&["lookup.Payload"]));
    let mut events = vec![kept(json!({"Payload": "short"}), Some(failure))];
    secrets.rewrite(&runbook, &mut events);
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("short"), "{text}");
}

#[test]
fn observation_is_redacted_as_a_value_and_by_the_outputs_of_its_step() {
    let runbook = runbook(LOOKUP);
    let step = runbook.steps().get("lookup");
    let observe = |secrets: &Secrets, observed: Observation| {
        let seen = AttemptObserved { attempt: 1, polls: 1, observed, property: None };
        let before = secrets.observation(step, seen.clone()).observed;
        let mut events = [recorded(Event::AttemptObserved(Arc::new(seen)))];
        secrets.rewrite(&runbook, &mut events);
        let [Recorded { event: Event::AttemptObserved(stored), .. }] = events else {
            panic!("it stays an observation")
        };
        (before, stored.observed.clone())
    };
    let value = |text: &str| Observation::Value(text.to_owned());
    let error = |text: &str| Observation::Error(text.to_owned());
    let known = secrets_of(&[json!("hunter2-hunter2"), json!("no")]);
    let by_name = Secrets::new(patterns(&["lookup.Code"]));
    let seen = [
        observe(&known, value("id hunter2-hunter2")),
        observe(&known, error("hunter2-hunter2")),
        observe(&known, value("no")),
        observe(&by_name, value("1234")),
        observe(&by_name, error("ThrottlingException")),
    ];
    let throttled = || error("ThrottlingException");
    let wanted = [
        (value("id ****"), value("id ****")),
        (error("****"), error("****")),
        (value("****"), value("****")),
        // The runner redacts it before the engine decides on it.
        (value("****"), value("1234")),
        (throttled(), throttled()),
    ];
    assert_eq!(seen, wanted);
}
