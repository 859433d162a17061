//! `--sensitive`: no output or file of a run contains the secret, and functions receive the real value.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::harness::{Outcome, Situation};

/// Contains every character that some encoding escapes: quotes, a slash, a backslash, an umlaut, a blank.
const SECRET: &str = "S3cret \"pässwörd\"/with\\slash+more";

/// The bootstrap and the functions: `take` returns the checksum of its input; `give` logs and returns a secret that
/// only it knows.
const FUNCTIONS: [(&str, &str); 4] = [
    (
        "take",
        "event=$(cat); echo \"got $event\" >&2; printf '{\"sum\": \"%s\", \"got\": %s}' \"$(printf %s \"$event\" | cksum)\" \"$event\"",
    ),
    (
        "fail",
        "event=$(cat); echo \"cannot use $event\" >&2; printf '{\"errorType\": \"Wrong\", \"errorMessage\": \"no use for %s\", \
         \"stackTrace\": [\"at %s\"]}' \"$(printf %s \"$event\" | sed 's/[\\\\\"]/\\\\&/g')\" \"$(printf %s \"$event\" | base64 | tr -d '\\n')\"; exit 1",
    ),
    (
        "give",
        "cat >/dev/null; echo \"made $(cat ../made)\" >&2; printf '{\"token\": \"%s\", \"pin\": 42, \"user\": \"bob\"}' \"$(cat ../made)\"",
    ),
    ("same", "cat"),
];

fn situation() -> Situation {
    let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    let mut situation = Situation::new().functions();
    for (name, script) in FUNCTIONS {
        template.push_str(&format!(
            "  {name}:\n    Type: AWS::Serverless::Function\n    Properties: {{FunctionName: {name}, Handler: {name}, \
             Runtime: provided.al2023, CodeUri: code/, Timeout: 60}}\n"
        ));
        situation = situation.file(&format!("code/{name}.sh"), format!("{script}\n"));
    }
    situation.file("template.yaml", template)
}

/// The secret in every encoding that reveals it.
fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string().trim_matches('"').to_owned();
    let json_in_json = Value::from(json.as_str()).to_string().trim_matches('"').to_owned();
    let ascii: String = json.chars().fold(String::new(), |text, letter| {
        if letter.is_ascii() { text + &letter.to_string() } else { text + &format!("\\u{:04x}", u32::from(letter)) }
    });
    let percent = |safe: &str| {
        secret.bytes().fold(String::new(), |text, byte| {
            let letter = char::from(byte);
            let stays = letter.is_ascii_alphanumeric() || safe.contains(letter);
            if stays { text + &letter.to_string() } else { text + &format!("%{byte:02X}") }
        })
    };
    let mut forms = vec![secret.to_owned(), json.clone(), json_in_json, ascii];
    forms.extend([percent("-_.~"), percent("-_.~/"), percent("-_.~").replace("%20", "+")]);
    for text in [secret, &json] {
        for offset in 0..3 {
            // Without the characters that contain bits of neighbours.
            let encoded = STANDARD.encode(format!("{}{text}", "x".repeat(offset)));
            let own = encoded.trim_end_matches('=');
            forms.push(own.get((offset * 8_usize).div_ceil(6)..own.len() - 1).unwrap().to_owned());
        }
    }
    forms
}

/// Asserts that no output or file of the run has the secret in any encoding.
fn assert_clean(outcome: &Outcome, folder: &Path, secret: &str) {
    let forms = forms(secret);
    let mut all = vec![("stdout".to_owned(), outcome.stdout.clone()), ("stderr".to_owned(), outcome.stderr.clone())];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let ours = path.ends_with("made") || path.ends_with("password") || path.ends_with("p.json");
            if path.is_dir() {
                folders.push(path);
            } else if !ours {
                all.push((path.display().to_string(), String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()));
            }
        }
    }
    assert!(all.len() > 5, "the functions are among the files");
    for (place, text) in &all {
        for form in &forms {
            assert!(!text.contains(form.as_str()), "{place} has {form:?}:\n{text}");
        }
    }
}

const BOOK: &str = "parameters: {Password: {type: String}, Many: {type: StringList, default: [a]}}\n\
                    variables: {Copy: {type: String, default: 'copy of {{ Password }}'}}\n\
                    outputs: [take.Payload, again.Payload, again.LogResult]\n";

const STEPS: [&str; 4] = [
    "name: take, inputs: {FunctionName: take, LogType: Tail, InputPayload: {password: '{{ Password }}'}}",
    "name: fail, onFailure: Continue, isCritical: false, maxAttempts: 2, inputs: {FunctionName: fail, \
     InputPayload: {url: 'https://h/?p={{ Password }}', v: '{{ variable:Copy }}'}}",
    "name: missing, onFailure: Continue, isCritical: false, inputs: {FunctionName: '{{ Password }}'}",
    "name: again, inputs: {FunctionName: same, LogType: Tail, InputPayload: {got: '{{ take.Payload }}', \
     base64: '{{ take.LogResult }}'}}",
];

#[test]
fn sensitive_parameter_is_redacted_in_every_output_format() {
    let outputs: [&[&str]; 5] = [
        &[],
        &["--output", "json"],
        &["--output", "jsonl", "--show-logs"],
        &["--quiet", "--show-logs"],
        &["--output", "json", "--show-logs", "-vvv"],
    ];
    for output in outputs {
        let situation = situation().file("password", format!("{SECRET}\n")).runbook(BOOK, &STEPS);
        let base = ["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "1ms"];
        let arguments = [&base[..], &["-p", "Password=file://password", "--sensitive", "Password"], output].concat();
        let outcome = situation.run(&arguments);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        assert_clean(&outcome, situation.path(), SECRET);
        let all = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(all.contains("****"), "{all}");
        if output == ["--output", "json"] {
            let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
            let event = serde_json::json!({ "password": SECRET }).to_string();
            let child = std::process::Command::new("cksum")
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Write::write_all(&mut child.stdin.as_ref().unwrap(), event.as_bytes()).unwrap();
            let sum = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
            let taken = document["StepExecutions"][0]["Outputs"]["Payload"][0].as_str().unwrap();
            let expected = format!("{{\"sum\": \"{}\", \"got\": {{\"password\":\"****\"}}}}", sum.trim());
            assert_eq!((taken, &document["Parameters"]["Password"][0]), (expected.as_str(), &Value::from("****")));
            assert_eq!(document["Parameters"]["Many"][0], "a");
            let log = document["Outputs"]["again.LogResult"][0].as_str().unwrap();
            assert!(String::from_utf8(STANDARD.decode(log).unwrap()).unwrap().contains("START RequestId"));
        }
    }
}

#[test]
fn sensitive_output_is_redacted_in_earlier_log_lines() {
    let made = "tok/with+all-9911-of-it";
    let steps = [
        "name: make, inputs: {FunctionName: give}, outputs: [{Name: Token, Selector: $.token, Type: String}, \
         {Name: Pin, Selector: $.pin, Type: Integer}]",
        "name: use, inputs: {FunctionName: take, InputPayload: {with: 'Bearer {{ make.Token }}', pin: '{{ make.Pin }}'}}",
    ];
    let outputs = "outputs: [make.Token, make.Pin, make.Payload, use.Payload]\n";
    let run = |sensitive: &[&str]| {
        let situation = situation().file("made", made).runbook(outputs, &steps);
        let base = ["run", "book.yaml", "--functions", "template.yaml", "--show-logs", "--output", "json"];
        let outcome = situation.run(&[&base[..], sensitive].concat());
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        assert_clean(&outcome, situation.path(), made);
        let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let outputs = document["Outputs"].as_object().unwrap();
        let shown: Vec<String> = outputs.values().take(3).map(|texts| texts[0].as_str().unwrap().to_owned()).collect();
        (shown, outcome.stderr)
    };
    let (shown, log) = run(&["--sensitive", "make.Token"]);
    assert_eq!(shown, ["****", "42", "{\"token\": \"****\", \"pin\": 42, \"user\": \"bob\"}"]);
    assert!(log.contains("made ****\n") && log.contains("{\"with\":\"Bearer ****\",\"pin\":42}"), "{log}");
    let (shown, log) = run(&["--sensitive", "make.*", "-vvv"]);
    assert_eq!(shown, ["****", "****", "****"]);
    assert!(log.contains("made ****\n"), "{log}");
}

#[test]
fn invalid_sensitive_values_are_reported_redacted() {
    let head = "parameters: {Word: {type: String, allowedPattern: '^[a-z]+$'}, Size: {type: String, allowedValues: [s, m]}, \
                Pin: {type: Integer}, Words: {type: StringList, allowedPattern: '^[a-z]+$'}}\n";
    let situation = situation().runbook(head, &["name: a, inputs: {FunctionName: same}"]);
    let base = ["run", "book.yaml", "--functions", "template.yaml", "--sensitive", "*"];
    let values = ["-p", "Word=Hunter22", "-p", "Size=XL", "-p", "Pin=abc9", "-p", "Words=ok,Geheim1"];
    let outcome = situation.run(&[&base[..], &values].concat());
    let names = [
        "\"Word\" has value \"****\"",
        "\"Size\" has value \"****\"",
        "supplied for Pin",
        "\"Words\" has value \"****\"",
    ];
    outcome.assert(3, "", &[&names[..], &["4 problems with the parameters"]].concat());
    for value in ["Hunter22", "XL", "abc9", "Geheim1"] {
        assert!(!outcome.stderr.contains(value), "{}", outcome.text());
    }
}

#[test]
fn a_parameters_file_that_cannot_be_read_is_not_quoted() {
    let situation = situation()
        .file("p.json", "{\"Password\": \"hunter-22\",\n \"Many\": [\"hunter-22\" 7]}")
        .runbook(BOOK, &["name: a, inputs: {FunctionName: same}"]);
    let outcome = situation.run(&["run", "book.yaml", "--sensitive", "Password", "--parameters", "file://p.json"]);
    assert_eq!(outcome.status, Some(3));
    assert_clean(&outcome, situation.path(), "hunter-22");
}

#[test]
fn plan_redacts_like_run() {
    let situation = situation().runbook(
        "parameters: {Password: {type: String}}\n",
        &[
            "name: a, inputs: {FunctionName: 'f-{{ Password }}', Qualifier: '1'}",
            "name: b, inputs: {FunctionName: same}",
        ],
    );
    for form in ["text", "json"] {
        let arguments = ["plan", "book.yaml", "-p", "Password=hunter-22", "--sensitive", "pass*", "--output", form];
        let outcome = situation.run(&arguments);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        assert_clean(&outcome, situation.path(), "hunter-22");
        assert!(outcome.stdout.contains("f-****"), "{}", outcome.stdout);
    }
}

#[test]
fn sensitive_name_without_a_match_is_rejected() {
    let situation = situation().runbook(BOOK, &STEPS);
    for (name, help) in
        [("Pasword", "`Password`?"), ("take.Paylod", "`take.Payload`?"), ("lookup.Token", "step.Output")]
    {
        let outcome = situation.run(&["run", "book.yaml", "-p", "Password=x", "--sensitive", name]);
        outcome.assert(2, "", &[&format!("--sensitive {name}: "), help]);
    }
}

#[test]
fn credentials_never_appear() {
    let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let token = "IQoJb3JpZ2luX2VjEXAMPLEwJalrXUtnFEMIK7MDENGbPxRfiCY==";
    // The caller passes them to a function that prints them.
    let tells = "echo \"with $AWS_SECRET_ACCESS_KEY\" >&2; printf '{\"key\": \"%s\"}' \"$AWS_SECRET_ACCESS_KEY\"";
    let situation = situation()
        .file("code/same.sh", tells)
        .env("AWS_SECRET_ACCESS_KEY", key)
        .env("AWS_SESSION_TOKEN", token)
        .runbook("outputs: [a.Payload]\n", &["name: a, inputs: {FunctionName: same, InputPayload: {}}"]);
    let base = ["run", "book.yaml", "--functions", "template.yaml", "--show-logs", "-vvv", "--output", "jsonl"];
    let outcome = situation.run(&[&base[..], &["--pass-env", "AWS_SECRET_ACCESS_KEY"]].concat());
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("{\\\"key\\\": \\\"****\\\"}"), "{}", outcome.stdout);
    assert_clean(&outcome, situation.path(), key);
    assert_clean(&outcome, situation.path(), token);
}

#[test]
fn profile_credentials_are_redacted_and_emulator_placeholders_are_not() {
    let key = "aHR0cHM6Ly9leGFtcGxlLm9yZy9zZWNyZXQta2V5";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // A server that knows the key returns it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut read = [0; 4096];
            let mut request = Vec::new();
            while !request.ends_with(b"{}") {
                let count = std::io::Read::read(&mut stream, &mut read).unwrap();
                request.extend_from_slice(&read[..count]);
            }
            let body = format!("{{\"key\": \"{key}\", \"kind\": \"test\"}}");
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
        }
    });
    for secret in [key, "test"] {
        let situation = situation()
            .file("aws", format!("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {secret}\n"))
            .env("AWS_SHARED_CREDENTIALS_FILE", "aws")
            .runbook("outputs: [a.Payload]\n", &["name: a, inputs: {FunctionName: same, InputPayload: {}}"]);
        let outcome = situation.run(&["run", "book.yaml", "--region", "us-east-1", "--endpoint-url", &url, "-vvv"]);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        let shown = if secret == key { "****" } else { key };
        assert_eq!(outcome.stdout, format!("a.Payload = {{\"key\": \"{shown}\", \"kind\": \"test\"}}\n"));
        if secret == key {
            fs::remove_file(situation.path().join("aws")).unwrap();
            assert_clean(&outcome, situation.path(), key);
        }
    }
}

const MAKE: &str =
    "name: make, inputs: {FunctionName: give}, outputs: [{Name: Token, Selector: $.token, Type: String}]";

#[test]
fn sensitive_names_of_the_configuration_apply_where_they_match() {
    let situation = situation()
        .file("password", format!("{SECRET}\n"))
        .file("runwright.toml", "sensitive = [\"Password\", \"NobodyHasThis\"]\nfunctions = \"template.yaml\"\n")
        .runbook(BOOK, &STEPS);
    let outcome = situation.run(&["run", "book.yaml", "-p", "Password=file://password", "--retry-delay", "1ms"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_clean(&outcome, situation.path(), SECRET);
}

#[test]
fn reports_and_exported_files_are_redacted() {
    let made = "tok/with+all-9911-of-it";
    let situation = situation().file("made", made).runbook("", &[MAKE]);
    let outcome = situation.run(&[
        "run",
        "book.yaml",
        "--functions",
        "template.yaml",
        "--sensitive",
        "make.Token",
        "--report",
        "junit=report.xml",
        "--export",
        "TOKEN=make.Token",
        "--export-file",
        "out.env",
    ]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_clean(&outcome, situation.path(), made);
    assert_eq!(fs::read_to_string(situation.path().join("out.env")).unwrap(), "TOKEN=****\n");
}

#[test]
fn secret_export_is_marked_in_the_pipeline() {
    let made = "tok/with+all-9911-of-it";
    let arguments = [
        "run",
        "book.yaml",
        "--functions",
        "template.yaml",
        "--sensitive",
        "make.Token",
        "--export",
        "TOKEN=make.Token",
    ];
    let azure = situation().file("made", made).runbook("", &[MAKE]).env("TF_BUILD", "True").run(&arguments);
    let found: Vec<&str> = azure.stderr.lines().filter(|line| line.contains(made)).collect();
    assert_eq!(found, [format!("##vso[task.setvariable variable=TOKEN;isOutput=true;issecret=true]{made}")]);

    let github = situation().file("made", made).file("output", "").runbook("", &[MAKE]).env("GITHUB_ACTIONS", "true");
    let file = github.path().join("output");
    let github = github.env("GITHUB_OUTPUT", file.to_str().unwrap());
    let outcome = github.run(&arguments);
    let found: Vec<&str> = outcome.stderr.lines().filter(|line| line.contains(made)).collect();
    assert_eq!(found, [format!("::add-mask::{made}")], "{}", outcome.stderr);
    assert!(fs::read_to_string(file).unwrap().contains(made));
}

#[test]
fn invoke_redacts_secrets_in_its_reply() {
    let situation = situation().file("event", format!("{{\"key\": {}}}", Value::from(SECRET)));
    let outcome = situation.run(&[
        "invoke",
        "same",
        "--functions",
        "template.yaml",
        "--payload",
        "file://event",
        "--sensitive",
        "Payload",
        "--log-type",
        "Tail",
    ]);
    assert_eq!((outcome.status, outcome.stdout.contains("****")), (Some(0), true), "{}", outcome.stdout);
    fs::remove_file(situation.path().join("event")).unwrap();
    assert_clean(&outcome, situation.path(), SECRET);
}
